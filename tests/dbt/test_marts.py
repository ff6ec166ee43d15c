"""The marts on both engines against a second, plain computation over the same raw records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.dbt import reference
from tests.dbt.conftest import Warehouse
from tests.dbt.rawdata import BANGKOK, BLUE, BOTTLE, LAMP, RAW, RED, SINGAPORE

COMPLETE_UNTIL = date(2026, 5, 20)
WARNINGS = {"warn_order_of_unknown_shop", "warn_item_of_unknown_product", "warn_unknown_order_status"}


def picked(row: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in wanted}


def test_build_passes_every_test_and_warns_of_what_the_records_lack(warehouse: Warehouse) -> None:
    statuses = warehouse.done.statuses()

    assert warehouse.done.code == 0, warehouse.done.output
    assert set(statuses.values()) <= {"success", "pass", "warn", "no-op"}
    assert {name for name, status in statuses.items() if status == "warn"} == WARNINGS


def test_daily_performance_is_what_the_definitions_say(warehouse: Warehouse) -> None:
    expected = reference.daily(RAW, COMPLETE_UNTIL)

    found = {
        (row["shop_id"], row["date"]): row for row in warehouse.query("select * from marts.mart_daily_performance")
    }

    assert set(found) == set(expected)
    for key, row in expected.items():
        assert picked(found[key], row) == row, key


def test_shop_performance_is_what_the_definitions_say(warehouse: Warehouse) -> None:
    expected = reference.monthly(RAW)

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
    assert len(found) == 10


def test_revenue_drop_is_raised_for_the_monday_that_fell(warehouse: Warehouse) -> None:
    rows = warehouse.query("select * from alerts.alert_revenue_drop where value > 0 order by alert_date")

    found = [(row["alert_date"], row["severity"], row["value"], row["expected"]) for row in rows]
    assert found == [(date(2026, 5, 11), "critical", Decimal("399.99"), Decimal(1000))]
    assert rows[0]["alert_id"] == f"revenue_drop:shopee:{BANGKOK}:2026-05-11"
    assert rows[0]["message"] == (
        "On 2026-05-11 revenue of Baan Talat fell 60 % below the same weekday of the last four weeks."
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
    }
