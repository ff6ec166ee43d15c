"""What the tap reads, against the books of the invented business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_shopee_ads.streams import STREAMS
from tap_toolkit.testing import Run, repeated

Figures = Callable[..., dict[tuple[str, ...], Any]]
Reader = Callable[..., Run]


@pytest.mark.parametrize("stream", ["shop_daily", "shop_hourly"])
def test_every_day_of_a_shop_is_what_the_books_say(
    full: Run, sandbox: Sandbox, figures: Figures, books: Figures, stream: str
) -> None:
    assert full.exit_code == 0, full.log
    found = figures(full.records(stream), "shop_id", "date")
    assert found == books(sandbox, "account_id", "date")
    assert len(found) > 100


def test_every_day_of_a_campaign_is_what_the_books_say(
    full: Run, sandbox: Sandbox, figures: Figures, books: Figures
) -> None:
    """But of those that are deleted, which are listed no more: what they spent is in the shop's days."""
    deleted = {row["campaign_id"] for row in sandbox.truth("campaigns") if row["status"] == "deleted"}
    truth = books(sandbox, "account_id", "campaign_id", "date", kinds=("manual", "auto"))
    found = figures(full.records("campaign_daily"), "shop_id", "campaign_id", "date")
    assert found == {key: values for key, values in truth.items() if key[1] not in deleted}
    assert 100 < len(found) < len(truth)


def test_every_day_of_gmv_max_is_what_the_books_say_though_it_is_told_in_sums(
    full: Run, sandbox: Sandbox, figures: Figures, books: Figures
) -> None:
    found = figures(full.records("gms_daily"), "shop_id", "campaign_id", "date")
    assert found == books(sandbox, "account_id", "campaign_id", "date", kinds=("gms",))
    items = figures(full.records("gms_item_daily"), "shop_id", "campaign_id", "item_id", "date")
    assert items == books(sandbox, "account_id", "campaign_id", "adset_id", "date", kinds=("gms",))
    assert len(items) > len(found) > 60


def test_every_campaign_that_is_listed_is_read_as_the_books_have_it(full: Run, sandbox: Sandbox) -> None:
    truth = {
        row["campaign_id"]: row
        for row in sandbox.truth("campaigns")
        if row["platform"] == "shopee_ads" and row["objective"] != "gms" and row["status"] != "deleted"
    }
    campaigns = {str(row["campaign_id"]): row for row in full.records("campaigns")}
    assert set(campaigns) == set(truth)
    for number, row in campaigns.items():
        expected = truth[number]
        assert (row["ad_name"], row["campaign_status"]) == (expected["name"], expected["status"])
        assert row["campaign_budget"] == Decimal(expected["daily_budget"])
        assert {*map(str, row["item_id_list"])} <= {*expected["product_ids"].split()}
        assert row["start_time"].endswith("Z")
    assert {"ongoing"} < {row["campaign_status"] for row in campaigns.values()}
    assert any(row["manual_bidding_info"]["selected_keywords"] for row in campaigns.values())


def test_keys_are_total_and_the_ledger_accounts_for_every_record(full: Run) -> None:
    counted = Counter[str]()
    for window in full.records("sync_windows"):
        counted[window["stream"]] += window["rows"]
        assert window["status"] == "done"
    for stream in STREAMS:
        records = full.records(stream.name)
        assert records, stream.name
        assert counted[stream.name] == len(records)
        assert repeated(records, stream.keys) == []
    assert full.records("rejected_records") == []


def test_money_is_exact_and_rows_bear_its_currency_and_the_days_time_zone(full: Run, sandbox: Sandbox) -> None:
    accounts = {
        row["account_id"]: (row["currency"], row["time_zone"])
        for row in sandbox.truth("ad_accounts")
        if row["platform"] == "shopee_ads"
    }
    schemas = {m["stream"]: m["schema"]["properties"] for m in full.messages if m["type"] == "SCHEMA"}
    for stream in STREAMS:
        for record in full.records(stream.name):
            assert (record["currency"], record["time_zone"]) == accounts[str(record["shop_id"])]
    assert {accounts[str(row["shop_id"])] for row in full.records("balance")} == {*accounts.values()}
    for stream, field in (("shop_daily", "expense"), ("gms_daily", "broad_gmv"), ("campaigns", "campaign_budget")):
        assert schemas[stream][field]["x-sql-datatype"] == "decimal"
    assert all(isinstance(row["expense"], int | Decimal) for row in full.records("shop_daily"))


def test_hours_are_those_that_have_begun(full: Run, as_of: datetime) -> None:
    today = as_of.date().isoformat()
    hours = {row["hour"] for row in full.records("shop_hourly") if (row["date"], row["currency"]) == (today, "THB")}
    assert hours == set(range(18))


def test_a_single_day_is_asked_for_with_another_and_read_alone(only: Reader, full: Run, as_of: datetime) -> None:
    day = as_of.date().isoformat()
    done = only("shop_daily", "campaign_daily", start_date=f"{day}T00:00:00Z", end_date=f"{day}T00:00:01Z")
    assert done.exit_code == 0, done.log
    for stream in ("shop_daily", "campaign_daily"):
        assert {row["date"] for row in done.records(stream)} == {day}
        whole = [row for row in full.records(stream) if row["date"] == day]
        assert sorted(map(str, done.records(stream))) == sorted(map(str, whole))


def test_calls_do_not_grow_with_campaigns_or_days(only: Reader, sandbox: Sandbox) -> None:
    sandbox.reset_stats()
    assert only("shop_daily", "campaign_daily", "campaigns").exit_code == 0
    calls = Counter({path: sum(by.values()) for path, by in sandbox.stats()["calls"].items()})
    # Two windows of 28 days for each of three shops.
    assert calls["/api/v2/ads/get_all_cpc_ads_daily_performance"] == 6
    assert calls["/api/v2/ads/get_product_campaign_daily_performance"] == 6
    assert calls["/api/v2/ads/get_product_level_campaign_setting_info"] == 3


def test_what_is_older_than_six_months_is_not_asked_for_and_told(only: Reader, full: Run) -> None:
    done = only("shop_daily", start_date="2020-01-01T00:00:00Z")
    assert done.exit_code == 0, done.log
    assert "the platform keeps 180 days" in done.log
    assert sorted(map(str, done.records("shop_daily"))) == sorted(map(str, full.records("shop_daily")))
