"""Customers and answers in trouble: the same rows, or a gap that says why."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.platforms.google_ads.accounts import MANAGER, SUSPENDED
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run

Config = dict[str, Any]
Reader = Callable[..., Run]
FIRST, SECOND = "4820000001", "4820000002"


def rows_of(run: Run, stream: str) -> list[str]:
    return sorted(str(sorted(record.items())) for record in run.records(stream))


def test_passing_trouble_changes_nothing(only: Reader, full: Run, sandbox: Sandbox) -> None:
    match = {"path": "searchStream", "account": FIRST}
    sandbox.faults(
        {"match": match, "kind": "error", "code": "internalError.TRANSIENT_ERROR"},
        {"match": match, "kind": "truncate", "after": 1},
        {"match": match, "kind": "rate_limit", "retry_after": 1},
        {"match": match, "kind": "http_status", "status": 502},
        {"match": match, "kind": "expire_token"},
        {"match": match, "kind": "duplicate"},
    )
    done = only("campaigns", "asset_group_performance")
    assert done.exit_code == 0, done.log
    assert {fault["times"] for fault in sandbox.clear_faults()} == {0}, "all have struck"
    for stream in ("campaigns", "asset_group_performance"):
        assert rows_of(done, stream) == rows_of(full, stream)


def test_what_takes_google_too_long_is_asked_for_by_fewer_days(only: Reader, full: Run, sandbox: Sandbox) -> None:
    slow = {"kind": "error", "code": "internalError.DEADLINE_EXCEEDED", "times": 3}
    sandbox.faults({"match": {"path": "searchStream", "account": FIRST}, **slow})
    done = only("campaign_performance", start_date="2026-10-15T00:00:00Z")
    assert done.exit_code == 0, done.log
    expected = [row for row in full.records("campaign_performance") if row["date"] >= "2026-10-15"]
    assert rows_of(done, "campaign_performance") == sorted(str(sorted(row.items())) for row in expected)
    windows = {window["account_id"]: window for window in done.records("sync_windows")}
    assert windows[FIRST]["requests"] == 5, "three in vain, and one for each half"


def test_a_day_that_takes_google_too_long_is_a_gap_that_says_so(only: Reader, full: Run, sandbox: Sandbox) -> None:
    slow = {"kind": "error", "code": "internalError.DEADLINE_EXCEEDED", "times": None}
    sandbox.faults({"match": {"path": "searchStream", "account": FIRST}, **slow})
    done = only("campaign_performance", start_date="2026-10-18T17:00:00Z", end_date="2026-10-20T17:00:00Z")
    assert done.exit_code == 1
    assert "Google took too long. It was sent 3 times in vain. It cannot be asked for in smaller pieces." in done.log
    (gap,) = [window for window in done.records("sync_windows") if window["status"] == "gap"]
    assert (gap["account_id"], gap["requests"]) == (FIRST, 6), "two days, and the first of them"
    sandbox.clear_faults()
    rest = only(
        "campaign_performance", start_date="2026-10-18T17:00:00Z", end_date="2026-10-20T17:00:00Z", state=done.state
    )
    found = [row for row in rest.records("campaign_performance") if row["customer_id"] == FIRST]
    days = ("2026-10-19", "2026-10-20")
    assert found == [
        row for row in full.records("campaign_performance") if row["customer_id"] == FIRST and row["date"] in days
    ]
    assert found


def test_a_value_that_is_no_number_is_rejected_with_its_reason(only: Reader, sandbox: Sandbox) -> None:
    match = {"path": "searchStream", "account": FIRST}
    sandbox.faults({"kind": "bad_record", "match": match, "field": "costMicros", "value": "much", "times": None})
    done = only("campaign_performance", start_date="2026-10-15T00:00:00Z")
    assert done.exit_code == 0, done.log
    (rejected,) = done.records("rejected_records")
    assert rejected["reason"] == "cost_micros is not an integer"
    assert rejected["record"]["cost_micros"] == "much"


def test_a_number_may_come_as_text_and_a_text_as_number(only: Reader, sandbox: Sandbox) -> None:
    match = {"path": "searchStream", "account": FIRST}
    sandbox.faults(
        {"kind": "bad_record", "match": match, "field": "conversions", "value": "2.5"},
        {"kind": "bad_record", "match": match, "field": "name", "value": 7},
    )
    rows = only("campaign_performance", start_date="2026-10-15T00:00:00Z").records("campaign_performance")
    assert any((row["conversions"], row["campaign_name"]) == (Decimal("2.5"), "7") for row in rows)


def test_a_customer_that_cannot_be_read_does_not_stop_the_others(only: Reader, full: Run, sandbox: Sandbox) -> None:
    """One is suspended, one is none of the manager's: both are skipped and recorded."""
    named = [str(SUSPENDED), "4829999999", FIRST]
    done = only("campaigns", "campaign_performance", customer_ids=named, login_customer_id=str(MANAGER))
    assert done.exit_code == 1
    assert f"customer {SUSPENDED} was skipped" in done.last_line
    assert "suspended or cancelled: take it out of customer_ids" in done.last_line
    assert "customer 4829999999 was skipped" in done.last_line
    assert "Set login_customer_id to the manager" in done.last_line
    for stream in ("campaigns", "campaign_performance"):
        expected = [row for row in full.records(stream) if row["customer_id"] == FIRST]
        assert done.records(stream) == expected
    skipped = {
        (window["stream"], window["account_id"])
        for window in done.records("sync_windows")
        if window["status"] == "skipped"
    }
    assert skipped == {(s, c) for s in ("campaigns", "campaign_performance") for c in named[:2]}
    assert str(SUSPENDED) not in str(done.state)


def test_without_a_manager_the_customer_itself_is_asked_and_the_refusal_says_what_to_set(only: Reader) -> None:
    done = only("campaigns", customer_ids=[FIRST])
    assert done.exit_code == 1
    assert "Set login_customer_id to the manager" in done.last_line


@pytest.fixture
def own() -> Any:
    with running_sandbox(ads="google_ads", as_of="2026-10-20T17:00:00Z", days=12, orders_per_day=4, shops=2) as made:
        yield made


def test_a_report_that_is_denied_is_left_out_for_its_customer_alone(
    own: Sandbox, reading: Reader, settings: Callable[..., Config]
) -> None:
    own.deny(account=FIRST, path="FROM search_term_view")
    done = reading(settings(own), "search_terms", "customers")
    assert done.exit_code == 1
    assert f"search_terms of customer {FIRST} was skipped" in done.last_line
    assert {row["customer_id"] for row in done.records("search_terms")} == {SECOND}
    assert {row["customer_id"] for row in done.records("customers")} == {FIRST, SECOND}


def test_a_project_without_operations_ends_the_run_and_the_next_goes_on(
    reading: Reader, settings: Callable[..., Config]
) -> None:
    """The manager's query and three windows have been answered; the state has them."""
    given: Any = {"ads": "google_ads", "as_of": "2026-10-20T17:00:00Z", "days": 60, "orders_per_day": 4, "shops": 1}
    with running_sandbox(**given, operations_a_day=4) as poor:
        asked = settings(poor, start_date="2026-07-01T00:00:00Z", concurrency=1)
        done = reading(asked, "campaign_performance")
    assert done.exit_code == 1
    assert "operations of a day are used up: run again tomorrow" in done.last_line
    assert done.state["bookmarks"]["campaign_performance"]["accounts"]
    with running_sandbox(**given) as rich:
        asked = {**asked, **settings(rich, start_date="2026-07-01T00:00:00Z")}
        rest, whole = reading(asked, "campaign_performance", state=done.state), reading(asked, "campaign_performance")
    assert rest.exit_code == 0, rest.log
    assert len(rest.records("campaign_performance")) < len(whole.records("campaign_performance"))
    key = ("customer_id", "campaign_id", "date")
    both = {
        tuple(row[name] for name in key): row for run in (done, rest) for row in run.records("campaign_performance")
    }
    assert both == {tuple(row[name] for name in key): row for row in whole.records("campaign_performance")}


def test_a_report_that_google_refuses_is_a_gap_and_the_others_are_read(only: Reader) -> None:
    wrong = {"name": "wrong", "query": "SELECT campaign.nme FROM campaign"}
    done = only("wrong", "customers", custom_reports=[wrong])
    assert done.exit_code == 1
    assert "Unrecognized field in the query: 'campaign.nme'" in done.last_line
    assert "change the report" in done.last_line
    assert len(done.records("customers")) == 3
