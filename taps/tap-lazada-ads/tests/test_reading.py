"""What the tap reads, against the books of the invented business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_lazada_ads.streams import METRICS, STREAMS
from tap_toolkit.testing import Run, repeated

Figures = Callable[..., dict[tuple[str, ...], Any]]
Reader = Callable[..., Run]


@pytest.mark.parametrize(
    ("stream", "keys", "columns"),
    [
        ("campaign_daily", ("seller_id", "campaignId", "date"), ("account_id", "campaign_id", "date")),
        (
            "adgroup_daily",
            ("seller_id", "campaignId", "adgroupId", "date"),
            ("account_id", "campaign_id", "adset_id", "date"),
        ),
    ],
)
def test_every_day_is_what_the_books_say_though_reports_have_no_days(
    full: Run,
    sandbox: Sandbox,
    figures: Figures,
    books: Figures,
    stream: str,
    keys: tuple[str, ...],
    columns: tuple[str, ...],
) -> None:
    assert full.exit_code == 0, full.log
    found = figures(full.records(stream), *keys)
    assert found == books(sandbox, *columns)
    assert len(found) > 200


def test_shops_days_are_the_sums_and_keywords_those_of_their_ad_groups(
    full: Run, sandbox: Sandbox, figures: Figures, books: Figures
) -> None:
    shop = {
        (str(row["seller_id"]), row["date"]): [
            row["spend"], row["impressions"], row["clicks"], row["unitsSold"], row["revenue"],
        ]
        for row in full.records("shop_daily")
    }  # fmt: skip
    assert {key: values for key, values in shop.items() if any(values)} == books(sandbox, "account_id", "date")
    words = figures(full.records("keyword_daily"), "adgroupId", "date")
    groups = figures(full.records("adgroup_daily"), "adgroupId", "date")
    assert words == {key: groups[key] for key in words}
    assert len(words) > 50


def test_every_campaign_is_read_also_what_is_deleted_without_figures_of_a_day(full: Run, sandbox: Sandbox) -> None:
    truth = {row["campaign_id"]: row for row in sandbox.truth("campaigns") if row["platform"] == "lazada_ads"}
    campaigns = {str(row["campaignId"]): row for row in full.records("campaigns")}
    assert set(campaigns) == set(truth)
    for number, row in campaigns.items():
        assert (row["campaignName"], row["onlineStatus"]) == (truth[number]["name"], truth[number]["status"])
        assert row["dailyBudget"] == Decimal(truth[number]["daily_budget"])
        assert not METRICS & set(row)
        assert row["endDate"] != "-"
    assert {"1", "9"} <= {row["onlineStatus"] for row in campaigns.values()}


def test_today_is_provisional_and_without_names(full: Run) -> None:
    for stream in ("campaign_daily", "adgroup_daily", "keyword_daily", "shop_daily"):
        records = full.records(stream)
        assert {row["date"] for row in records if row["provisional"]} == {"2026-10-20"}
        assert min(row["date"] for row in records) < "2026-09-22"
    nameless = {row["date"] for row in full.records("campaign_daily") if row["campaignName"] is None}
    assert "2026-10-20" in nameless <= {"2026-10-19", "2026-10-20"}


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


def test_money_is_exact_and_rows_bear_its_currency_and_the_days_time_zone(full: Run) -> None:
    schemas = {m["stream"]: m["schema"]["properties"] for m in full.messages if m["type"] == "SCHEMA"}
    for stream in ("shop_daily", "campaign_daily", "adgroup_daily", "keyword_daily"):
        assert schemas[stream]["spend"]["x-sql-datatype"] == "decimal"
        for row in full.records(stream):
            assert (row["currency"], row["time_zone"]) == ("THB", "Asia/Bangkok")
            assert isinstance(row["spend"], int | Decimal)
            assert not row.get("extra_fields")


def test_a_day_costs_one_call_for_each_report(only: Reader, sandbox: Sandbox) -> None:
    sandbox.reset_stats()
    assert only("campaign_daily", "shop_daily", start_date="2026-10-09T17:00:00Z").exit_code == 0
    calls = Counter({path.rpartition("/")[2]: sum(by.values()) for path, by in sandbox.stats()["calls"].items()})
    assert calls["getDiscoveryReportCampaign"] == calls["getReportOverview"] == 3 * 11


def test_the_last_14_days_are_read_again_and_restated_figures_are_in(
    tmp_path: Path, reading: Reader, settings: Callable[..., Any], figures: Figures, books: Figures
) -> None:
    """Loaded by key, each reading leaves what the books say at its moment."""
    keys = ("seller_id", "campaignId", "productType", "date")
    with running_sandbox(
        orders_per_day=60, days=20, as_of="2026-10-20T10:00:00Z", products=12, channels="lazada", ads="lazada_ads",
        campaigns=3, shop_rps=0,
    ) as sandbox:  # fmt: skip
        table: dict[tuple[Any, ...], Any] = {}
        state: Any = None
        seen = []
        for day in ("2026-10-20", "2026-10-23"):
            sandbox.set_clock(f"{day}T10:00:00Z")
            asked = settings(sandbox, tmp_path, end_date=f"{day}T10:00:01Z", start_date="2026-09-29T00:00:00Z")
            done = reading(asked, "campaign_daily", state=state)
            assert done.exit_code == 0, done.log
            state = done.state
            table |= {tuple(row[key] for key in keys): row for row in done.records("campaign_daily")}
            seen.append(books(sandbox, "account_id", "campaign_id", "date"))
            assert figures(table.values(), "seller_id", "campaignId", "date") == seen[-1]
        assert {key: seen[1].get(key) for key in seen[0]} != seen[0]
        assert min(row["date"] for row in done.records("campaign_daily")) == "2026-10-06"
