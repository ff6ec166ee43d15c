"""What the tap reads, against the books of the invented business."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.platforms.tiktok_ads.protocol import LONG_TERM_TOKEN
from talat_sandbox.testing import Sandbox
from tap_tiktok_ads.streams import REPORTS, STREAMS
from tap_toolkit.testing import Run, repeated, run_tap

Config = dict[str, Any]
Figures = Callable[..., dict[tuple[str, ...], list[Decimal]]]
Reader = Callable[..., Run]
LEVELS = {
    "daily_advertiser": ("advertiser_id", "account_id"),
    "daily_campaign": ("campaign_id", "campaign_id"),
    "daily_adgroup": ("adgroup_id", "adset_id"),
    "daily_ad": ("ad_id", "ad_id"),
}
OURS = ("spend", "impressions", "clicks", "complete_payment", "total_complete_payment_rate")
THEIRS = ("spend", "impressions", "clicks", "conversions", "conversion_value")
GMV_OURS, GMV_THEIRS = ("cost", "orders", "gross_revenue"), ("spend", "conversions", "conversion_value")


@pytest.fixture(scope="module")
def every(config: Config) -> Run:
    """All ready-made reports, of some weeks in two months."""
    some = {"start_date": "2026-09-27T17:00:00Z", "reports": list(REPORTS.reports)}
    return run_tap("tap-tiktok-ads", {**config, **some})


def test_every_level_of_every_day_is_what_the_books_say(
    full: Run, sandbox: Sandbox, figures: Figures, books: Figures
) -> None:
    assert full.exit_code == 0, full.log
    for stream, (ours, theirs) in LEVELS.items():
        found = figures(full.records(stream), OURS, "advertiser_id", ours, "date_start")
        assert found == books(sandbox, THEIRS, "account_id", theirs, "date"), stream
        assert len(found) > 60


def test_gmv_max_is_what_the_books_say_of_campaigns_products_and_creatives(
    full: Run, sandbox: Sandbox, figures: Figures, books: Figures
) -> None:
    ours = ("advertiser_id", "campaign_id", "item_group_id", "item_id", "date_start")
    theirs = ("account_id", "campaign_id", "adset_id", "ad_id", "date")
    for stream, left_out in (("campaign", (2, 3)), ("product", (3,))):
        keys, columns = ([n for p, n in enumerate(names) if p not in left_out] for names in (ours, theirs))
        found = figures(full.records(f"gmv_max_daily_{stream}"), GMV_OURS, *keys)
        assert found == books(sandbox, GMV_THEIRS, *columns, gmv_max=True), stream
        assert len(found) > 60
    creatives = figures(full.records("gmv_max_daily_creative"), ["cost"], *ours)
    assert creatives == books(sandbox, ["spend"], *theirs, gmv_max=True)


def test_no_spend_is_in_both_kinds_of_report_and_together_they_are_all(full: Run, sandbox: Sandbox) -> None:
    whole = sum(Decimal(r["spend"]) for r in sandbox.truth("ads_daily") if r["platform"] == "tiktok_ads")
    plain = sum(row["spend"] for row in full.records("daily_advertiser"))
    assert plain + sum(row["cost"] for row in full.records("gmv_max_daily_campaign")) == whole


def test_products_and_creatives_have_their_names(full: Run, sandbox: Sandbox) -> None:
    names = {row["product_id"]: row["name"] for row in sandbox.truth("products") if row["platform"] == "tiktok_shop"}
    for row in full.records("gmv_max_daily_product"):
        assert row["product_name"] == names[row["item_group_id"]]
    assert all(row["title"] and row["shop_content_type"] == "VIDEO" for row in full.records("gmv_max_daily_creative"))


def test_every_object_is_read_also_what_is_deleted(full: Run, sandbox: Sandbox) -> None:
    read = [*full.records("campaigns"), *full.records("gmv_max_campaigns")]
    campaigns = {(row["advertiser_id"], row["campaign_id"]): row for row in read}
    rows = [row for row in sandbox.truth("campaigns") if row["platform"] == "tiktok_ads"]
    truth = {(row["account_id"], row["campaign_id"]): row for row in rows}
    assert len(read) == len(campaigns)
    assert set(campaigns) == set(truth)
    for key, row in truth.items():
        assert campaigns[key]["campaign_name"] == row["name"]
        assert campaigns[key]["operation_status"] == row["status"]
        if row["daily_budget"]:
            assert campaigns[key]["budget"] == Decimal(row["daily_budget"])
    for stream in ("campaigns", "ad_groups", "ads", "gmv_max_campaigns"):
        assert any(row["secondary_status"].endswith("_DELETE") for row in full.records(stream)), stream
    groups = {row["adgroup_id"] for row in full.records("ad_groups")}
    assert {row["adgroup_id"] for row in full.records("ads")} == groups
    accounts = {row["account_id"]: row for row in sandbox.truth("ad_accounts") if row["platform"] == "tiktok_ads"}
    for advertiser in full.records("advertisers"):
        expected = accounts.pop(advertiser["advertiser_id"])
        assert (advertiser["currency"], advertiser["timezone"]) == (expected["currency"], expected["time_zone"])
        assert datetime.fromisoformat(advertiser["create_time"]).year == 2025
        (store,) = (s for s in full.records("gmv_max_stores") if s["advertiser_id"] == advertiser["advertiser_id"])
        assert store["store_id"] == expected["shop_id"]
    assert not accounts


def test_times_of_objects_are_utc(full: Run) -> None:
    for stream in ("campaigns", "ad_groups", "ads", "gmv_max_campaigns"):
        for row in full.records(stream):
            assert row["create_time"].endswith("Z")
            assert row["create_time"] <= row["modify_time"]


@pytest.mark.parametrize("name", REPORTS.reports)
def test_every_ready_made_report_has_rows_with_total_keys(every: Run, name: str, config: Config) -> None:
    assert every.exit_code == 0, every.log
    ((report,), _) = REPORTS.read({"reports": [name]})
    rows = every.records(name)
    assert len(rows) > 5
    assert repeated(rows, report.keys) == []
    assert all(row[key] not in (None, "") for row in rows for key in report.keys)
    assert {row["advertiser_id"] for row in rows} == set(config["advertiser_ids"])
    assert {(row["currency"], row["timezone"]) for row in rows} == {("THB", "Asia/Bangkok")}


@pytest.mark.parametrize("name", [name for name, report in REPORTS.reports.items() if report.get("breakdowns")])
def test_the_parts_of_a_day_are_the_day(every: Run, name: str, figures: Figures) -> None:
    level = REPORTS.reports[name]["level"]
    keys = ("advertiser_id", f"{level}_id", "date_start")
    whole, parts = (figures(every.records(stream), OURS, *keys) for stream in (f"daily_{level}", name))
    assert parts == whole
    assert len(every.records(name)) > 1.5 * len(every.records(f"daily_{level}"))


def test_months_are_whole_or_end_where_reading_did(every: Run, full: Run, figures: Figures) -> None:
    rows = every.records("performance_campaign")
    assert {(r["date_start"], r["date_stop"]) for r in rows} == {
        ("2026-09-01", "2026-09-30"), ("2026-10-01", "2026-10-21"),
    }  # fmt: skip
    days = [{**row, "date_start": f"{row['date_start'][:7]}-01"} for row in full.records("daily_campaign")]
    keys = ("campaign_id", "date_start")
    assert figures(rows, OURS, *keys) == figures(days, OURS, *keys)
    reach = sum(row["reach"] or 0 for row in rows)
    assert 0 < reach < sum(row["reach"] or 0 for row in full.records("daily_campaign")), "people are counted once"


def test_what_there_is_none_of_is_null_and_no_number(full: Run) -> None:
    rows = full.records("daily_ad")
    costless = [row for row in rows if not row["conversion"]]
    assert costless
    assert {row["cost_per_conversion"] for row in costless} == {None}
    assert all(row["conversion"] == 0 for row in costless)


def test_days_are_the_advertisers_own(full: Run) -> None:
    dates = {row["date_start"] for row in full.records("daily_advertiser")}
    assert "2026-10-21" not in dates, "local midnight of the 21st has no delivery yet"
    assert min(dates) >= "2026-09-15"
    assert {row["date_stop"] == row["date_start"] for row in full.records("daily_advertiser")} == {True}


def test_nobody_is_in_what_is_written(full: Run, every: Run, sandbox: Sandbox) -> None:
    assert "PII-" not in full.stdout + full.log + every.stdout + every.log
    for secret in (LONG_TERM_TOKEN, *sandbox.secrets()["tiktok_ads"]["app_secret"]):
        assert secret not in full.stdout + full.log


def test_the_second_run_reads_what_may_have_changed_and_ties_with_the_cursor(only: Reader, full: Run) -> None:
    again = only("campaigns", "ads", "daily_advertiser", "gmv_max_campaigns", state=full.state)
    assert again.exit_code == 0, again.log
    assert len(again.records("ads")) < len(full.records("ads")) / 2
    dates = [date.fromisoformat(row["date_start"]) for row in again.records("daily_advertiser")]
    assert min(dates) == date(2026, 9, 23), "28 days before the last"
    state = json.loads(json.dumps(full.state))
    changed = sorted(row["modify_time"] for row in full.records("ads"))
    tie = next(moment for moment in changed if changed.count(moment) > 1)
    begin = datetime.fromisoformat(tie) + timedelta(days=1)
    for account in state["bookmarks"]["ads"]["accounts"].values():
        (span,) = account["covered"]
        span[1] = begin.strftime("%Y-%m-%dT%H:%M:%SZ")
    ties = only("ads", state=state).records("ads")
    expected = sorted(row["ad_id"] for row in full.records("ads") if row["modify_time"] >= tie)
    assert sorted(row["ad_id"] for row in ties) == expected
    assert [row["modify_time"] for row in ties].count(tie) == changed.count(tie)


def test_records_unknown_to_the_schema_keep_their_fields(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"kind": "unknown_field", "match": {"path": "campaign/get/"}, "field": "brand_new", "value": "7"})
    rows = only("campaigns").records("campaigns")
    assert [row["extra_fields"]["brand_new"] for row in rows if "brand_new" in (row.get("extra_fields") or {})] == ["7"]


def test_a_value_that_is_no_number_is_rejected_with_its_reason(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"kind": "bad_record", "match": {"path": "report/"}, "field": "spend", "value": "much"})
    (rejected,) = only("daily_advertiser").records("rejected_records")
    assert rejected["reason"] == "spend is not a number"


def test_a_row_of_no_hour_says_that_there_are_none(only: Reader, sandbox: Sandbox) -> None:
    asked = {"reports": ["hourly_campaign"], "start_date": "2026-10-17T17:00:00Z"}
    whole = only("hourly_campaign", **asked).records("hourly_campaign")
    fault = {"kind": "bad_record", "field": "stat_time_hour", "value": "-"}
    sandbox.faults({**fault, "match": {"path": "report/"}})
    done = only("hourly_campaign", **asked)
    assert done.exit_code == 0, done.log
    assert not done.records("rejected_records")
    assert len(done.records("hourly_campaign")) == len(whole) - 1 > 10


def test_a_stream_class_is_a_short_table_of_facts() -> None:
    import inspect

    for stream in STREAMS:
        assert len(inspect.getsource(stream).splitlines()) <= 36, stream.name
