"""The marts on both engines against a second, plain computation over the same raw records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt import reference, reference_ads
from tests.dbt.conftest import CONTRACTS, Warehouse, enforced, models
from tests.dbt.rawads import BY_AD_SET, RAW_ADS, SALES, SINGAPOREAN, THAI, VIETNAMESE
from tests.dbt.rawdata import BANGKOK, BLUE, BOTTLE, LAMP, RAW, RED, SINGAPORE

COMPLETE_UNTIL = date(2026, 5, 20)
WARNINGS = {
    "warn_order_of_unknown_shop",
    "warn_item_of_unknown_product",
    "warn_unknown_order_status",
    "warn_unknown_campaign_status",
    "warn_ads_account_without_shop",
}


def picked(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in wanted}


def test_build_passes_every_test_and_warns_of_what_the_records_lack(warehouse: Warehouse) -> None:
    statuses = warehouse.done.statuses()

    assert warehouse.done.code == 0, warehouse.done.output
    assert set(statuses.values()) <= {"success", "pass", "warn", "no-op"}
    assert {name for name, status in statuses.items() if status == "warn"} == WARNINGS


def test_contracts_are_enforced_on_duckdb(duckdb_warehouse: Warehouse) -> None:
    assert enforced(duckdb_warehouse.done) == CONTRACTS


def test_every_column_of_every_model_is_described(duckdb_warehouse: Warehouse) -> None:
    built: dict[str, set[str]] = {}
    for row in duckdb_warehouse.query("select table_name, column_name from information_schema.columns"):
        built.setdefault(row["table_name"], set()).add(row["column_name"])

    for name, node in models(duckdb_warehouse.done).items():
        described = {column["name"] for column in node["columns"].values() if column["description"]}
        assert described == built[name], name
        assert node["description"], name


def test_daily_performance_is_what_the_definitions_say(warehouse: Warehouse) -> None:
    ads = reference_ads.shop_days(RAW_ADS)
    shops = reference.daily(RAW, COMPLETE_UNTIL, ads)
    expected = {key: reference_ads.beside(row, ads.get(key)) for key, row in shops.items()}

    found = {
        (row["shop_id"], row["date"]): row for row in warehouse.query("select * from marts.mart_daily_performance")
    }

    assert set(found) == set(expected)
    for key, row in expected.items():
        assert picked(found[key], row) == row, key


def test_shop_performance_is_what_the_definitions_say(warehouse: Warehouse) -> None:
    expected = reference.monthly(RAW, reference_ads.shop_days(RAW_ADS))

    found = {
        (row["shop_id"], row["month"]): row for row in warehouse.query("select * from marts.mart_shop_performance")
    }

    assert set(found) == set(expected)
    for key, row in expected.items():
        assert picked(found[key], row) == row, key


def test_product_performance_is_what_the_definitions_say(warehouse: Warehouse) -> None:
    expected = reference.products(RAW)

    rows = warehouse.query("select * from marts.mart_product_performance")
    found = {(row["shop_id"], row["date"], row["product_id"], row["variant_id"]): row for row in rows}

    assert set(found) == set(expected)
    for key, row in expected.items():
        assert picked(found[key], row) == row, key


def test_campaign_performance_is_what_the_definitions_say(warehouse: Warehouse) -> None:
    expected = reference_ads.campaigns(RAW_ADS)

    rows = warehouse.query("select * from marts.mart_campaign_performance")
    found = {(row["campaign_id"], row["date"]): row for row in rows}

    assert set(found) == set(expected)
    for key, row in expected.items():
        assert picked(found[key], row) == row, key


def test_channel_performance_is_what_the_definitions_say(warehouse: Warehouse) -> None:
    expected = reference_ads.channels(RAW_ADS, seen=COMPLETE_UNTIL)

    rows = warehouse.query("select * from marts.mart_ads_channel_performance")
    found = {(row["account_id"], row["date"]): row for row in rows}

    assert set(found) == set(expected)
    for key, row in expected.items():
        assert picked(found[key], row) == row, key


@pytest.mark.parametrize(
    ("account", "day", "figures"),
    [
        # Three kinds of purchase tell 11 purchases each; 3,099.95 over 1,000.55.
        (THAI, "2026-04-09", {"conversions": "11", "conversion_value": "3099.95", "roas": "3.098246", "cpa": "90.96"}),
        # 500 of its own, 320 of two ad sets that are not paused, 3,100 over 31 days, 300 until it was archived.
        (THAI, "2026-04-16", {"spend": "0", "conversions": "1", "budget": "1120.00"}),
        (THAI, "2026-05-19", {"spend": "650.00", "budget": "920.00", "budget_use": "0.706522"}),
        # 20.05 at 24.377096 is 488.77, twice; dong have no smaller unit.
        (SINGAPOREAN, "2026-04-10", {"spend": "40.10", "spend_thb": "977.54", "budget": "20.00"}),
        (VIETNAMESE, "2026-05-18", {"spend": "250000.00", "spend_thb": "315.50", "budget": "350000.00"}),
    ],
)
def test_channel_performance_by_hand(warehouse: Warehouse, account: str, day: str, figures: dict[str, str]) -> None:
    rows = warehouse.query(
        f"select * from marts.mart_ads_channel_performance "
        f"where account_id = '{account}' and date = cast('{day}' as date)"
    )

    assert [picked(row, figures) for row in rows] == [{name: Decimal(value) for name, value in figures.items()}]


def test_ads_without_a_shop_are_not_lost(warehouse: Warehouse) -> None:
    rows = warehouse.query("select * from marts.mart_daily_performance where platform = 'unmapped' order by date")

    found = [(row["shop_name"], row["currency"], row["date"].day, row["ads_spend"], row["revenue"]) for row in rows]
    assert found == [
        ("Ads without a shop", "THB", 18, Decimal("315.50"), 0),
        ("Ads without a shop", "THB", 19, Decimal("126.20"), 0),
    ]


def test_a_day_is_final_by_its_last_reading_and_today_never(warehouse: Warehouse) -> None:
    rows = warehouse.query(f"select * from marts.mart_campaign_performance where campaign_id = '{SALES}'")

    final = {row["date"].isoformat(): row["is_final"] for row in rows if row["date"] < date(2026, 5, 1)}
    assert final == {"2026-04-09": True, "2026-04-11": True, "2026-04-21": True, "2026-04-22": False}
    assert [(row["is_complete"], row["is_final"]) for row in rows if row["date"] == COMPLETE_UNTIL] == [(False, False)]


def test_only_the_campaign_that_spends_much_for_nothing_raises_alerts(warehouse: Warehouse) -> None:
    rows = warehouse.query("select * from alerts.alert_roas_below_target") + warehouse.query(
        "select * from alerts.alert_cpa_over_limit"
    )

    campaign = f"facebook_ads:{THAI}:{BY_AD_SET}:2026-05-19"
    assert [(row["alert_id"], row["severity"], row["value"]) for row in rows] == [
        (f"roas_below_target:{campaign}", "critical", Decimal(0)),
        (f"cpa_over_limit:{campaign}", "critical", Decimal(1080)),
    ]


@pytest.mark.parametrize(
    ("shop", "day", "figures"),
    [
        # Worked out by hand: the second computation must not err with the first.
        (BANGKOK, "2026-03-01", {"revenue": "417.00", "fees": "71.14", "payout": "333.52", "net_revenue": "345.86"}),
        (BANGKOK, "2026-03-02", {"revenue": "172.29", "average_order_value": "57.43", "refunds": "0.00"}),
        (BANGKOK, "2026-03-05", {"revenue": "576.00", "refunds": "300.00", "refund_rate": "0.520833"}),
        (BANGKOK, "2026-03-06", {"revenue": "1000.00", "refunds": "100.00", "payout": "500.00"}),
        # Twice 10.05 at 24.377096: 244.99 each, where 20.10 at once would give 489.98 as well; 0.55 gives 13.41.
        (SINGAPORE, "2026-04-10", {"revenue": "20.10", "revenue_thb": "489.98"}),
    ],
)
def test_daily_performance_by_hand(warehouse: Warehouse, shop: int, day: str, figures: dict[str, str]) -> None:
    rows = warehouse.query(
        f"select * from marts.mart_daily_performance where shop_id = '{shop}' and date = cast('{day}' as date)"
    )

    assert [picked(row, figures) for row in rows] == [{name: Decimal(value) for name, value in figures.items()}]


def test_a_product_shows_its_price_stock_and_name_of_today(warehouse: Warehouse) -> None:
    rows = warehouse.query(
        "select distinct product_id, variant_id, sku, product_name, variant_name, current_price, current_stock "
        f"from marts.mart_product_performance where shop_id = '{BANGKOK}'"
    )

    found = {(row.pop("product_id"), row.pop("variant_id")): tuple(row.values()) for row in rows}
    assert found == {
        (str(BOTTLE), str(BLUE)): ("BTL-BLU", "Water bottle, new name", "Blue", Decimal("199.00"), 57),
        (str(BOTTLE), str(RED)): ("BTL-RED", "Water bottle, new name", "Red", Decimal("250.00"), 0),
        (str(LAMP), "0"): ("LMP", "Desk lamp", None, Decimal("62.05"), 7),
    }


def test_a_month_carries_the_last_rating_known_by_its_end(warehouse: Warehouse) -> None:
    rows = warehouse.query("select * from marts.mart_shop_performance order by month")

    ratings = {
        (row["shop_id"], row["month"].month): (row["shop_rating"], row["failing_metrics"], row["rating_date"])
        for row in rows
        if row["shop_id"] == str(BANGKOK)
    }
    assert ratings == {
        (str(BANGKOK), 3): (2, 1, date(2026, 3, 20)),
        (str(BANGKOK), 4): (4, 1, date(2026, 4, 30)),
        (str(BANGKOK), 5): (4, 1, date(2026, 4, 30)),
    }


def test_pipeline_runs_count_windows_gaps_and_calls(warehouse: Warehouse) -> None:
    rows = warehouse.query("select * from marts.mart_pipeline_runs")

    figures = ("status", "windows", "gaps", "records", "requests", "seconds_throttled", "calls_per_1000_rows")
    found = {(row["run_id"], row["stream"], row["shop_id"]): tuple(row[name] for name in figures) for row in rows}
    assert found["01", "orders", str(BANGKOK)] == ("partial", 2, 1, 10, 7, Decimal("0.125"), Decimal("700.00"))
    assert found["02", "orders", str(BANGKOK)] == ("done", 1, 0, 40, 6, Decimal(0), Decimal("150.00"))
    assert found["01", "shop", str(BANGKOK)] == ("failed", 1, 1, 0, 0, Decimal(0), None)
    assert found["02", "returns", str(SINGAPORE)] == ("skipped", 1, 0, 0, 0, Decimal(0), None)
    assert found["20", "daily_ad", THAI] == ("done", 2, 0, 10, 4, Decimal(1), Decimal("400.00"))
    assert found["20", "daily_ad", VIETNAMESE] == ("failed", 1, 1, 5, 2, Decimal("0.5"), Decimal("400.00"))
    assert len(found) == 22


def test_revenue_drop_is_raised_for_the_monday_that_fell(warehouse: Warehouse) -> None:
    rows = warehouse.query("select * from alerts.alert_revenue_drop where value > 0 order by alert_date")

    found = [(row["alert_date"], row["severity"], row["value"], row["expected"]) for row in rows]
    assert found == [(date(2026, 5, 11), "critical", Decimal("399.99"), Decimal(1000))]
    assert rows[0]["alert_id"] == f"revenue_drop:shopee:{BANGKOK}:2026-05-11"
    assert rows[0]["message"] == (
        "On 2026-05-11 revenue of Baan Talat on shopee fell 60 % below the same weekday of the last four weeks."
    )


def test_data_freshness_tells_what_is_behind_open_or_rejected(warehouse: Warehouse) -> None:
    rows = warehouse.query("select * from alerts.alert_data_freshness")

    found = {row["alert_id"]: (row["severity"], row["value"]) for row in rows}
    assert found == {
        f"hours_behind:shopee:escrow:{BANGKOK}": ("critical", Decimal(27)),
        f"hours_behind:shopee:shop:{BANGKOK}": ("critical", Decimal(435)),
        f"hours_behind:shopee:returns:{SINGAPORE}": ("critical", Decimal(9999)),
        f"open_gaps:shopee:escrow:{BANGKOK}": ("warning", Decimal(1)),
        f"open_gaps:shopee:returns:{SINGAPORE}": ("warning", Decimal(1)),
        f"rejected_records:shopee:orders:{BANGKOK}": ("warning", Decimal(1)),
        f"hours_behind:facebook_ads:daily_ad:{VIETNAMESE}": ("critical", Decimal(9999)),
        f"open_gaps:facebook_ads:daily_ad:{VIETNAMESE}": ("warning", Decimal(1)),
    }
