"""Trouble: what is waited for, what is left to the next run, and what stops at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_ga4.reports import Report
from tap_ga4.streams import Daily
from tap_toolkit.answers import Row, Rows
from tap_toolkit.errors import SkipWindow
from tap_toolkit.sources import Batch
from tap_toolkit.testing import Run
from tap_toolkit.windows import Window

FIRST, SECOND = "370000001", "370000002"
Config = dict[str, Any]


@pytest.fixture
def own() -> Iterator[Sandbox]:
    with running_sandbox(orders_per_day=20, days=20, as_of="2026-10-20T17:00:00Z", products=12, ads="ga4") as running:
        yield running


def test_passing_trouble_costs_nothing_but_time(only: Callable[..., Run], sandbox: Sandbox) -> None:
    calm = only().records("origins")
    faults = (
        {"kind": "error", "code": "UNAVAILABLE"},
        {"kind": "expire_token"},
        {"kind": "reset"},
        {"kind": "truncate"},
        {"kind": "http_status", "status": 502},
    )
    for half in (faults[:2], faults[2:]):
        sandbox.faults(*({"match": {"account": FIRST}, "after": 2 * place, **it} for place, it in enumerate(half)))
        run = only()
        assert run.exit_code == 0, run.log
        assert run.records("origins") == calm
        assert [fault["times"] for fault in sandbox.clear_faults()] == [0] * len(half)


def test_a_property_that_may_not_be_read_leaves_the_others(
    own: Sandbox, settings: Callable[..., Config], reading: Callable[..., Run]
) -> None:
    own.revoke(account=FIRST)
    run = reading(settings(own), "daily_totals")
    assert run.exit_code == 1
    assert "make whoever reads a Viewer of the property" in run.last_line
    assert {row["property_id"] for row in run.records("daily_totals")} == {SECOND, "370000003"}


def test_a_day_that_cannot_be_had_is_a_gap_which_the_next_run_fills(only: Callable[..., Run], sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"account": FIRST}, "after": 2, "kind": "error", "code": "INTERNAL", "times": 3})
    broken = only("daily_totals", concurrency=1)
    assert broken.exit_code == 1
    (gap,) = [row for row in broken.records("sync_windows") if row["status"] == "gap"]
    mended = only("daily_totals", state=broken.state, lookback_days=0)
    assert mended.exit_code == 0, mended.log
    assert gap["window_start"] in {row["window_start"] for row in mended.records("sync_windows")}
    days = {row["date"] for run in (broken, mended) for row in run.records("daily_totals")}
    assert len(days) == 20


def test_the_days_tokens_are_not_used_up_and_the_next_run_goes_on(
    own: Sandbox, settings: Callable[..., Config], reading: Callable[..., Run]
) -> None:
    config = settings(own, property_ids=[FIRST, SECOND], concurrency=1)
    own.set_quota(FIRST, "tokensPerDay", 20_002)
    short = reading(config, "daily_totals")
    assert short.exit_code == 1
    assert "tokens of a day 199" in short.last_line
    assert {row["property_id"] for row in short.records("daily_totals") if row["date"] > "2026-10-15"} == {SECOND}
    assert own.stats()["limit_violations"] == 0
    own.set_quota(FIRST, "tokensPerDay", 150_000)
    rest = reading(config, "daily_totals", state=short.state)
    assert rest.exit_code == 0, rest.log
    both = [row["date"] for run in (short, rest) for row in run.records("daily_totals") if row["property_id"] == FIRST]
    assert len({*both}) == 20


@pytest.mark.parametrize(("cells", "first", "reason"), [
    ("metricValues", "much", "sessions is not an integer"),
    ("metricValues", "1.5", "sessions is not an integer"),
    ("metricValues", [1], "sessions is not an integer"),
    ("dimensionValues", "soon", "date is not a date"),
    ("dimensionValues", None, "date is not a date"),
])  # fmt: skip
def test_a_value_that_cannot_be_what_it_was_is_kept_aside_with_the_reason(
    only: Callable[..., Run], sandbox: Sandbox, cells: str, first: Any, reason: str
) -> None:
    calm = only(start_date="2026-10-15T00:00:00Z").records("origins")
    values = [first, *("1234" if cells == "metricValues" else "abc")]
    # The first answer tells the property's time zone.
    fault = {"kind": "bad_record", "field": cells, "value": [{"value": value} for value in values]}
    sandbox.faults({"match": {"account": FIRST}, "after": 1, **fault})
    run = only(start_date="2026-10-15T00:00:00Z")
    assert run.exit_code == 0, run.log
    (rejected,) = run.records("rejected_records")
    assert (rejected["stream"], rejected["reason"]) == ("origins", reason)
    assert run.records("origins") == calm[1:]


def test_numbers_may_come_as_numbers(only: Callable[..., Run], sandbox: Sandbox) -> None:
    values = [{"value": value} for value in (7, 6, 5, 4, 3.25)]
    fault = {"kind": "bad_record", "field": "metricValues", "value": values}
    sandbox.faults({"match": {"account": FIRST}, "after": 1, **fault})
    row = only(start_date="2026-10-15T00:00:00Z").records("origins")[0]
    assert (row["sessions"], row["ecommerce_purchases"], row["purchase_revenue"]) == (7, 4, Decimal("3.25"))


def test_a_refused_key_is_told_in_a_sentence(
    own: Sandbox, settings: Callable[..., Config], reading: Callable[..., Run]
) -> None:
    for said, mend in (("Invalid JWT Signature.", "this machine's clock"), ("account not found", "make another key")):
        own.faults({"match": {"path": "/token"}, "kind": "error", "code": "invalid_grant", "message": said})
        run = reading(settings(own), "daily_totals")
        assert run.exit_code == 1
        assert mend in run.last_line
        assert "Traceback" not in run.log


class Scope:
    """A scope whose platform gives these answers in turn."""

    account, pad, zone = FIRST, timedelta(0), UTC

    def __init__(self, answers: list[Any], days: int = 1) -> None:
        self.answers, self.asked, self.total = answers, 0, -1
        begin = datetime(2026, 10, 1, tzinfo=UTC)
        self.window = Window(begin, begin + timedelta(days=days))

    def ask(self, path: str, params: Any, body: Any = None, **how: Any) -> Any:
        self.asked += 1
        return self.answers.pop(0)

    def submit(self, task: Any, *args: Any) -> Future[Rows]:
        raise AssertionError("nothing is done beside")

    follow = submit

    def wait_for_room(self) -> None:
        pass

    def keep(self, rows: Rows) -> Batch:
        return Batch(len(rows), rows)

    def reject(self, row: Row, reason: str) -> None:
        raise AssertionError(reason)

    def expect(self, total: int) -> None:
        self.total = total


def answer(*sources: str, total: int, headers: tuple[str, ...] = ("date", "sessionSource")) -> Mapping[str, Any]:
    rows = [
        {"dimensionValues": [{"value": "20261001"}, {"value": it}], "metricValues": [{"value": "1"}]} for it in sources
    ]
    shown = {"rows": rows, "rowCount": total} if total else {}
    return {"dimensionHeaders": [{"name": n} for n in headers], "metricHeaders": [{"name": "sessions"}], **shown}


def read(scope: Scope) -> list[str]:
    source = Daily(Report("r", ("sessionSource",), ("sessions",)))
    return [row["session_source"] for batch in source.read(scope) for row in batch.taken()]


def test_a_report_that_changes_between_its_pages_is_read_from_its_beginning() -> None:
    scope = Scope([answer("a", total=2), answer("c", total=3), *(answer(it, total=3) for it in "abc")])
    assert (read(scope), scope.asked, scope.total) == (["a", "b", "c"], 5, 3)


def test_one_that_never_stands_still_is_left_to_the_next_run() -> None:
    with pytest.raises(SkipWindow, match="changes faster"):
        read(Scope([answer("a", total=total) for total in (2, 3, 4, 5, 6, 7)]))


def test_pages_that_end_too_early_are_no_end() -> None:
    with pytest.raises(SkipWindow, match="has 3 rows, of which GA4 shows 1"):
        read(Scope([answer("a", total=3), answer(total=3)]))


def test_other_columns_than_were_asked_for_are_never_taken_for_them() -> None:
    with pytest.raises(SkipWindow, match="other columns"):
        read(Scope([answer("a", total=1, headers=("sessionSource", "date"))]))


def test_no_rows_are_no_rows() -> None:
    assert read(Scope([answer(total=0)])) == []
