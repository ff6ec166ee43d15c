"""Sellers, answers and people in trouble: the same rows, or a sentence that says why."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, executable, run, run_tap

Config = dict[str, Any]
Reader = Callable[..., Run]
START = "2026-10-09T17:00:00Z"


def by_seller(run: Run, stream: str) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for record in run.records(stream):
        groups.setdefault(record["seller_id"], []).append(record)
    return groups


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    streams = ("adgroup_daily", "keyword_daily")
    one, many = (only(*streams, start_date="2026-10-15T17:00:00Z", concurrency=number) for number in (1, 16))
    for stream in streams:
        assert by_seller(one, stream) == by_seller(many, stream)
    assert one.state == many.state


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": "INTERNAL_ERROR", "inside": True, "times": 2},
        {"kind": "error", "code": "ServiceTimeout"},
        {"kind": "rate_limit"},
        {"kind": "reset"},
        {"kind": "expire_token"},
    ],
    ids=lambda fault: str(fault.get("code") or fault["kind"]),
)
def test_passing_trouble_changes_no_row(only: Reader, full: Run, sandbox: Sandbox, fault: dict[str, Any]) -> None:
    sandbox.faults({"match": {"path": "getDiscoveryReportCampaign"}, **fault})
    done = only("campaign_daily", start_date="2026-10-14T17:00:00Z")
    assert done.exit_code == 0, done.log
    expected = [row for row in full.records("campaign_daily") if row["date"] >= "2026-10-15"]
    assert sorted(map(str, done.records("campaign_daily"))) == sorted(map(str, expected))


def test_a_seller_who_has_not_accepted_the_terms_is_skipped_and_told(only: Reader, sandbox: Sandbox) -> None:
    seller, *others = sandbox.channel_shop_ids["lazada"]
    refused = {"code": "FAIL", "message": "The seller did not accept the T&C", "inside": True, "times": None}
    sandbox.faults({"match": {"path": "/sponsor/", "account": str(seller)}, "kind": "error", **refused})
    done = only("campaigns", "campaign_daily", start_date=START)
    assert done.exit_code == 1
    assert f"campaigns of seller {seller} was skipped" in done.log
    assert "accept the terms of Sponsored Solutions" in done.last_line
    for stream in ("campaigns", "campaign_daily"):
        assert set(by_seller(done, stream)) == set(others)


def test_a_day_that_stays_broken_is_a_gap_that_the_next_run_fills(only: Reader, full: Run, sandbox: Sandbox) -> None:
    seller = sandbox.channel_shop_ids["lazada"][0]
    refused = {"code": "INTERNAL_ERROR", "inside": True, "times": 3, "after": 4}
    sandbox.faults({"match": {"path": "ReportAdgroup", "account": str(seller)}, "kind": "error", **refused})
    done = only("adgroup_daily", start_date=START, concurrency=1)
    assert done.exit_code == 1
    assert "inner/INTERNAL_ERROR" in done.last_line
    mended = only("adgroup_daily", start_date=START, state=done.state)
    assert mended.exit_code == 0
    rows = {str(row) for run in (done, mended) for row in run.records("adgroup_daily")}
    assert rows == {str(row) for row in full.records("adgroup_daily") if row["date"] >= "2026-10-10"}


def test_an_answer_without_a_count_or_rows_is_a_gap_and_not_an_empty_day(only: Reader, sandbox: Sandbox) -> None:
    for field in ("totalCount", "result"):
        broken = {"kind": "bad_record", "field": field, "value": "maintenance", "times": None}
        sandbox.faults({"match": {"path": "ReportKeyword"}, **broken})
        done = only("keyword_daily", start_date="2026-10-17T17:00:00Z")
        sandbox.clear_faults()
        assert done.exit_code == 1
        assert "another shape" in done.last_line


def test_more_rows_than_a_report_shows_are_read_campaign_by_campaign(only: Reader, full: Run, sandbox: Sandbox) -> None:
    """Without a campaign named, the report says that it has 10,001 rows."""
    many = {"kind": "bad_record", "field": "totalCount", "value": 10_001}
    sellers = sandbox.channel_shop_ids["lazada"]
    sandbox.faults(*({"match": {"path": "ReportKeyword", "account": str(seller)}, **many} for seller in sellers))
    day = {"start_date": "2026-10-16T17:00:00Z", "end_date": "2026-10-17T17:00:00Z"}
    done = only("keyword_daily", **day)
    assert done.exit_code == 0, done.log
    expected = [row for row in full.records("keyword_daily") if row["date"] == "2026-10-17"]
    assert sorted(map(str, done.records("keyword_daily"))) == sorted(map(str, expected))
    assert any("searchCampaignList" in path for path in sandbox.stats()["calls"])


def test_pages_smaller_than_asked_for_lose_no_row_and_one_that_comes_for_ever_is_a_gap(
    only: Reader, full: Run, sandbox: Sandbox
) -> None:
    everywhere: dict[str, Any] = {"match": {"path": "ReportAdgroup"}, "times": None}
    sandbox.faults({**everywhere, "kind": "page_size", "rows": 3})
    done = only("adgroup_daily", start_date="2026-10-15T17:00:00Z")
    assert done.exit_code == 0, done.log
    expected = [row for row in full.records("adgroup_daily") if row["date"] >= "2026-10-16"]
    assert sorted(map(str, done.records("adgroup_daily"))) == sorted(map(str, expected))
    sandbox.faults({**everywhere, "kind": "replay"})
    assert "goes round in circles" in only("adgroup_daily", start_date="2026-10-15T17:00:00Z").last_line


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("app_key", "", "Setting app_key is missing."),
        ("seller_ids", [], "There is no seller to read"),
        ("seller_ids", "S3CRET", "Setting seller_ids must be a list"),
        ("country", "xx", "Setting country"),
        ("start_date", "S3CRET", "Setting start_date is not a time"),
        ("requests_per_second", -1, "Setting requests_per_second must be at least 0"),
    ],
)
def test_a_malformed_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    done = run_tap("tap-lazada-ads", {**config, setting: value})
    assert done.exit_code == 1
    assert says in done.last_line
    assert done.stdout == ""
    assert "S3CRET" not in done.log


def test_an_app_without_the_api_group_is_told(only: Reader, sandbox: Sandbox) -> None:
    denied = {"kind": "error", "code": "InsufficientPermission", "times": None}
    sandbox.faults({"match": {"path": "/sponsor/"}, **denied})
    done = only("campaigns")
    assert done.exit_code == 1
    assert "Add the API group to the app" in done.last_line


def test_singer_capabilities_and_credentials(config: Config) -> None:
    about = json.loads(run(executable("tap-lazada-ads"), "--about", "--format=json").stdout)
    assert {"catalog", "discover", "state", "stream-maps", "batch"} <= set(about["capabilities"])
    settings = about["settings"]["properties"]
    assert settings["app_secret"]["secret"]
    assert settings["requests_per_second"]["default"] == 5
    assert "pii_salt" not in settings
    works = run_tap("tap-lazada-ads", config, "--test")
    assert works.exit_code == 0, works.log
    assert works.stdout.count("the credentials work (") == 3
    wrong = run_tap("tap-lazada-ads", {**config, "app_secret": "x" * 48}, "--test")
    assert wrong.exit_code == 1
    assert "IncompleteSignature" in wrong.log
