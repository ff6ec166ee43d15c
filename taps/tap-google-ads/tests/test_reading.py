"""What the tap reads, against the books of the invented business."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.platforms.google.accounts import CLIENT_SECRET, REFRESH_TOKEN
from talat_sandbox.platforms.google_ads.accounts import MANAGER, SUB_MANAGER, SUSPENDED
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_google_ads.gaql import READY_MADE, column
from tap_google_ads.streams import GoogleAdsStream
from tap_toolkit.testing import Run, repeated, run_tap

Config = dict[str, Any]
Figures = Callable[..., dict[tuple[str, ...], Any]]
Reader = Callable[..., Run]
BY_HAND = {"name": "by_weekday", "query": "SELECT segments.date, segments.day_of_week, metrics.clicks FROM customer"}


def test_every_level_of_every_day_is_what_the_books_say(
    full: Run, sandbox: Sandbox, figures: Figures, books: Figures
) -> None:
    assert full.exit_code == 0, full.log
    campaigns = figures(full.records("campaign_performance"), "customer_id", "campaign_id", "date")
    assert campaigns == books(sandbox, "account_id", "campaign_id", "date")
    ads = figures(full.records("ad_performance"), "customer_id", "ad_group_id", "ad_id", "date")
    assert ads == books(sandbox, "account_id", "adset_id", "ad_id", "date", shown="ad_id")
    sets = figures(full.records("ad_group_performance"), "customer_id", "ad_group_id", "date")
    sets |= figures(full.records("asset_group_performance"), "customer_id", "asset_group_id", "date")
    assert sets == books(sandbox, "account_id", "adset_id", "date")
    assert len(campaigns) > 200
    for parts in ("device_performance", "geo_performance"):
        assert figures(full.records(parts), "customer_id", "campaign_id", "date") == campaigns


def test_keywords_search_terms_and_products_make_no_more_than_their_campaigns(full: Run, figures: Figures) -> None:
    kinds = {row["campaign_id"]: row["campaign_advertising_channel_type"] for row in full.records("campaigns")}
    groups = [
        row for row in full.records("ad_group_performance") if kinds[row["campaign_id"]] == "SEARCH"
    ]  # fmt: skip
    words = figures(full.records("keyword_performance"), "customer_id", "ad_group_id", "date")
    assert words == figures(groups, "customer_id", "ad_group_id", "date")
    clicks = sum(row["clicks"] for row in full.records("keyword_performance"))
    assert 0.4 * clicks < sum(row["clicks"] for row in full.records("search_terms")) < clicks
    shown = [
        row
        for row in full.records("campaign_performance")
        if kinds[row["campaign_id"]] in ("SHOPPING", "PERFORMANCE_MAX")
    ]
    products = figures(full.records("shopping_performance"), "customer_id", "campaign_id", "date")
    assert products == figures(shown, "customer_id", "campaign_id", "date")
    assert {row["product_item_id"].islower() for row in full.records("shopping_performance")} == {True}
    assert full.records("performance_max_search_terms")
    scores = [row["quality_score"] for row in full.records("keywords") if row.get("quality_score")]
    assert scores
    assert all(1 <= score <= 10 for score in scores)


def test_customers_are_those_below_the_managers_but_suspended_ones(full: Run, sandbox: Sandbox) -> None:
    books = {
        row["account_id"]: (row["name"], row["currency"], row["time_zone"])
        for row in sandbox.truth("ad_accounts")
        if row["platform"] == "google_ads"
    }
    found = {
        row["customer_id"]: (
            row["customer_descriptive_name"], row["customer_currency_code"], row["customer_time_zone"],
        )
        for row in full.records("customers")
    }  # fmt: skip
    assert found == books
    assert f"Customer {SUSPENDED} is SUSPENDED and not read" in full.log
    assert str(MANAGER) not in {row["customer_id"] for row in full.records("campaigns")}
    for row in full.records("campaign_performance"):
        assert (row["customer_currency_code"], row["customer_time_zone"]) == books[row["customer_id"]][1:]


def test_every_object_is_read_removed_ones_too(full: Run, sandbox: Sandbox) -> None:
    campaigns = {(row["customer_id"], row["campaign_id"]): row for row in full.records("campaigns")}
    truth = {
        (row["account_id"], row["campaign_id"]): row
        for row in sandbox.truth("campaigns")
        if row["platform"] == "google_ads"
    }
    assert set(campaigns) == set(truth)
    for key, row in truth.items():
        campaign = campaigns[key]
        assert (campaign["campaign_name"], campaign["campaign_status"]) == (row["name"], row["status"])
        assert campaign["campaign_advertising_channel_type"] == row["objective"]
        budget = campaign.get("campaign_budget_amount_micros")
        assert Decimal(budget or 0) == Decimal(row["daily_budget"] or 0) * 1_000_000
    assert {"ENABLED", "PAUSED", "REMOVED"} == {row["campaign_status"] for row in campaigns.values()}
    budgets = {row["campaign_budget_id"] for row in full.records("campaign_budgets")}
    assert budgets == {row["campaign_budget_id"] for row in campaigns.values()}
    groups = {row["ad_group_id"] for row in full.records("ad_groups")}
    assert {row["ad_group_id"] for row in full.records("ads")} == groups
    assert {row["ad_group_id"] for row in full.records("keywords")} < groups
    assert {row["campaign_id"] for row in full.records("asset_groups")} < {number for _, number in campaigns}


def test_keys_are_total_and_the_ledger_accounts_for_every_record(full: Run) -> None:
    windows = full.records("sync_windows")
    counted = Counter[str]()
    for window in windows:
        counted[window["stream"]] += window["rows"]
        assert window["status"] == "done"
        assert window["requests"] == 1, "an operation for a window"
    for report in READY_MADE:
        keys, records = GoogleAdsStream.of(report).keys, full.records(report.name)
        assert keys[0] == "customer_id"
        assert records, report.name
        assert counted[report.name] == len(records)
        assert repeated(records, keys) == []
    assert full.records("rejected_records") == []


def test_money_and_counts_are_exact(full: Run) -> None:
    schemas = {m["stream"]: m["schema"]["properties"] for m in full.messages if m["type"] == "SCHEMA"}
    figures = schemas["campaign_performance"]
    assert figures["cost_micros"]["type"] == "integer"
    assert figures["conversions_value"]["x-sql-datatype"] == "decimal"
    assert set(figures["search_impression_share"]["type"]) == {"number", "null"}
    for row in full.records("campaign_performance"):
        assert isinstance(row["cost_micros"], int)
        assert Decimal(row["conversions_value"]) * 100 % 1 == 0
    assert not {"resource_name", "campaign_resource_name"} & set(figures)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Kiritimati"])
def test_days_are_the_customers_whatever_the_machines_time_zone(only: Reader, full: Run, zone: str) -> None:
    done = only("device_performance", env={"TZ": zone})
    assert sorted(map(str, done.records("device_performance"))) == sorted(map(str, full.records("device_performance")))
    assert done.state["bookmarks"]["device_performance"] == full.state["bookmarks"]["device_performance"]


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    def by_customer(run: Run, stream: str) -> dict[str, list[Any]]:
        groups: dict[str, list[Any]] = {}
        for record in run.records(stream):
            groups.setdefault(record["customer_id"], []).append(record)
        return groups

    one, many = (only("ads", "ad_performance", concurrency=number) for number in (1, 16))
    for stream in ("ads", "ad_performance"):
        assert by_customer(one, stream) == by_customer(many, stream)
    assert one.state == many.state


def test_the_last_days_are_read_again_and_conversions_that_came_late_are_in(
    reading: Reader, settings: Callable[..., Config], figures: Figures, books: Figures
) -> None:
    """Loaded by key, the second reading leaves what the books say at the second moment."""
    first, second = "2026-10-05T05:30:00Z", "2026-10-20T17:00:00Z"
    with running_sandbox(ads="google_ads", orders_per_day=60, days=40, as_of=first, products=12, shops=2) as sandbox:
        table: dict[tuple[str, ...], Any] = {}
        state: Any = None
        before = books(sandbox, "account_id", "campaign_id", "date")
        for moment in (first, second):
            sandbox.set_clock(moment)
            end = datetime.datetime.fromisoformat(moment) + datetime.timedelta(seconds=1)
            asked = settings(sandbox, start_date="2026-08-20T00:00:00Z", end_date=end.isoformat())
            done = reading(asked, "campaign_performance", state=state)
            assert done.exit_code == 0, done.log
            state, rows = done.state, done.records("campaign_performance")
            table |= {(row["customer_id"], row["campaign_id"], row["date"]): row for row in rows}
            found = figures(table.values(), "customer_id", "campaign_id", "date")
            assert found == books(sandbox, "account_id", "campaign_id", "date")
        assert {key: found[key] for key in before} != before
        dates = {row["date"] for row in rows}
        assert (min(dates), max(dates)) == ("2026-09-05", "2026-10-20")
        shorter = reading({**asked, "lookback_days": 3}, "campaign_performance", state=state)
        assert min(row["date"] for row in shorter.records("campaign_performance")) == "2026-10-18"


def test_what_google_no_longer_keeps_is_not_asked_for(only: Reader) -> None:
    done = only("campaign_performance", start_date="2015-01-01T00:00:00Z")
    assert done.exit_code == 0, done.log
    assert "campaign_performance: the platform keeps 1122 days: nothing before" in done.log


def test_reports_by_hand_are_read_by_the_day_with_keys_that_tell_rows_apart(only: Reader, full: Run) -> None:
    people = {"name": "people", "query": "SELECT customer_user_access.email_address FROM customer_user_access"}
    done = only("by_weekday", "people", custom_reports=[BY_HAND, people])
    assert done.exit_code == 0, done.log
    rows = done.records("by_weekday")
    assert repeated(rows, ("customer_id", "date", "day_of_week")) == []
    assert sum(row["clicks"] for row in rows) == sum(row["clicks"] for row in full.records("campaign_performance"))
    assert done.records("people")
    assert set(done.records("people")[0]) == {"customer_id", "customer_user_access_resource_name"}
    assert "PII-" not in done.stdout


def test_named_customers_are_reached_by_their_manager(only: Reader, sandbox: Sandbox) -> None:
    second = next(row["account_id"] for row in sandbox.truth("ad_accounts") if row["account_id"].endswith("0002"))
    dashed = f"{second[:3]}-{second[3:6]}-{second[6:]}"
    done = only("campaign_performance", customer_ids=[dashed], login_customer_id=str(SUB_MANAGER))
    assert done.exit_code == 0, done.log
    assert {row["customer_id"] for row in done.records("campaign_performance")} == {second}
    below = only("customers", login_customer_id=str(SUB_MANAGER))
    assert [row["customer_id"] for row in below.records("customers")] == [second]


def test_a_field_has_one_column() -> None:
    for report in READY_MADE:
        columns = [column(field) for field in report.selected]
        assert len(columns) == len(set(columns)), report.name


def test_fields_that_were_not_sent_are_nothing_and_those_nobody_knows_are_kept(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"kind": "unknown_field", "match": {"path": "searchStream"}, "field": "brandNew", "after": 1})
    done = only("campaign_performance", concurrency=1, start_date="2026-10-15T00:00:00Z")
    extra = [row["extra_fields"] for row in done.records("campaign_performance") if row.get("extra_fields")]
    assert extra == [{"brandNew": {"new": 1}}]
    sandbox.faults({"kind": "missing_field", "match": {"path": "searchStream"}, "field": "metrics", "after": 1})
    again = only("campaign_performance", concurrency=1, start_date="2026-10-15T00:00:00Z")
    bare = again.records("campaign_performance")
    assert any(row["clicks"] == row["conversions"] == 0 and row.get("search_impression_share") is None for row in bare)


def test_the_secrets_are_in_no_message_and_no_log(full: Run, sandbox: Sandbox, config: Config) -> None:
    debug = run_tap("tap-google-ads", config, env={"TAP_GOOGLE_ADS_LOGLEVEL": "DEBUG"})
    for secret in (CLIENT_SECRET, REFRESH_TOKEN, *sandbox.secrets()["google_ads"]["tokens"]):
        assert secret not in full.stdout + full.log
        assert secret not in debug.stdout + debug.log
