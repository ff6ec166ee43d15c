"""Listings that say how many rows they have: from the last page to the first nothing is missed, and no call wasted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_toolkit.details import Detail
from tap_toolkit.errors import Split
from tap_toolkit.fetch import Fetcher, Finished
from tap_toolkit.http import Call, Meter
from tap_toolkit.paging import DayRange, FromTheEnd, Paging, TimeRange
from tap_toolkit.records import Converter, UnusableError
from tap_toolkit.sources import Listing, Several
from tap_toolkit.windows import Window, days

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
DAY = Window(EPOCH, EPOCH + days(1))
BY_ROWS = FromTheEnd(param="offset", size_param="limit", by_rows=True, total="total", size=10, most=60)
LIST = Listing("list", "rows", "id", window=TimeRange("from", "to"), paging=BY_ROWS)


class Shelf:
    """Rows at one instant each; ``before`` is called with the number of each call, and may change them."""

    def __init__(self, count: int, before: Callable[[Shelf, int], None] = lambda shelf, call: None) -> None:
        step = 86400 // max(count, 1)
        self.rows = [(n, int(EPOCH.timestamp()) + n * step) for n in range(count)]
        self.before, self.holds = before, 10
        self.calls: list[dict[str, str]] = []

    refusal_fields = ()

    def call(self, call: Call, meter: Meter | None = None) -> Any:
        if call.page:
            call.page()
        params = dict(call.params)
        if call.path == "detail":
            ids = params["ids"].removeprefix("[").removesuffix("]").split(",")
            return [{"id": int(number), "parts": [number]} for number in ids]
        self.before(self, len(self.calls))
        self.calls.append(params)
        listed = [n for n, at in self.rows if int(params.get("from", 0)) <= at <= int(params.get("to", 10**12))]
        start = int(params["offset"]) if "offset" in params else (int(params["page"]) - 1) * self.holds
        rows = [{"id": n} for n in listed[start : start + self.holds]]
        return {"rows": rows, "total": len(listed)}


def read(
    shelf: Any, source: Any, window: Window | None = DAY, zone: tzinfo = UTC
) -> tuple[list[dict[str, Any]], Finished]:
    fetcher = Fetcher(shelf, 2)
    events = list(fetcher.read(source, {"a": [window]}, pad=timedelta(0), zone=lambda _: zone).events())
    fetcher.close()
    rows = [row for event in events if not isinstance(event, Finished) for row in event.rows]
    (ended,) = [event for event in events if isinstance(event, Finished)]
    return rows, ended


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return sorted(row["id"] for row in rows)


@given(st.integers(0, 60))
def test_as_many_calls_as_there_are_pages_and_no_row_twice(count: int) -> None:
    shelf = Shelf(count)
    rows, ended = read(shelf, LIST)
    assert ids(rows) == list(range(count))
    assert len(shelf.calls) == max(1, -(-count // 10))
    assert ended.job.total == count
    assert [call["offset"] for call in shelf.calls] == ["0", *map(str, range((count - 1) // 10 * 10, 0, -10))]


@given(st.integers(11, 60), st.lists(st.tuples(st.integers(0, 8), st.integers(0, 59)), max_size=8))
def test_rows_that_leave_while_pages_are_read_hide_none_of_the_others(
    count: int, leaving: list[tuple[int, int]]
) -> None:
    def before(shelf: Shelf, call: int) -> None:
        gone = {place for when, place in leaving if when == call}
        shelf.rows = [row for place, row in enumerate(shelf.rows) if place not in gone]

    shelf = Shelf(count, before)
    rows, ended = read(shelf, LIST)
    assert ended.error is None
    assert {row[0] for row in shelf.rows} <= set(ids(rows))
    assert len(ids(rows)) == len(set(ids(rows)))


def test_a_row_that_leaves_the_first_page_costs_one_call_more() -> None:
    shelf = Shelf(35, lambda shelf, call: shelf.rows.pop(3) and None if call == 2 else None)
    rows, _ = read(shelf, LIST)
    assert ids(rows) == list(range(35))
    assert [call["offset"] for call in shelf.calls] == ["0", "30", "20", "10", "0"]


def test_a_window_of_more_rows_than_are_shown_is_halved() -> None:
    shelf = Shelf(100)
    rows, ended = read(shelf, LIST)
    assert ended.error is None
    assert ids(rows) == list(range(100))
    assert max(int(call["offset"]) for call in shelf.calls) < 60
    assert len(shelf.calls) <= 1 + 5 + 5 + 1


def test_pages_that_hold_fewer_rows_than_asked_for_are_known_by_the_first() -> None:
    shelf = Shelf(20)
    shelf.holds = 3
    rows, _ = read(shelf, LIST)
    assert ids(rows) == list(range(20))
    assert len(shelf.calls) == 7


def test_numbered_pages_are_counted_from_their_first() -> None:
    shelf = Shelf(25)
    numbered = Listing("list", "rows", "id", paging=FromTheEnd(param="page", first=1, total="total", size=10))
    rows, _ = read(shelf, numbered, None)
    assert ids(rows) == list(range(25))
    assert [call["page"] for call in shelf.calls] == ["1", "3", "2"]


def test_pages_that_go_round_in_circles_are_a_gap() -> None:
    class Circle(Shelf):
        def call(self, call: Call, meter: Meter | None = None) -> Any:
            return {**super().call(call, meter), "rows": [{"id": 1}, {"id": 2}]}

    _, ended = read(Circle(30), LIST)
    assert "goes round in circles" in str(ended.error)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ({"rows": [], "total": 7}, "says that it has 7 rows, and shows none"),
        ({"rows": [{"id": 1}], "total": True}, "there is no total"),
        ({"rows": [{"id": 1}]}, "there is no total"),
        ({"rows": "text", "total": 1}, "another shape"),
    ],
)
def test_an_answer_that_is_none_is_a_gap(answer: Any, says: str) -> None:
    class Odd(Shelf):
        def call(self, call: Call, meter: Meter | None = None) -> Any:
            return answer

    _, ended = read(Odd(0), LIST)
    assert says in str(ended.error)


def test_a_platform_that_counts_otherwise_than_it_lists_is_read_and_both_figures_are_told() -> None:
    class Boaster(Shelf):
        def call(self, call: Call, meter: Meter | None = None) -> Any:
            answer = super().call(call, meter)
            return {**answer, "total": answer["total"] + 1}

    rows, ended = read(Boaster(15), LIST)
    assert (ids(rows), ended.error, ended.job.total) == (list(range(15)), None, 16)


def test_details_are_carried_into_the_listings_rows() -> None:
    detail = Detail("detail", "", ids="id", param="ids", size=5, form="[{}]", take={"parts": "lines"})
    rows, _ = read(Shelf(12), LIST.then(detail))
    assert [row for row in rows if row["id"] == 7] == [{"id": 7, "lines": ["7"]}]
    assert len(rows) == 12


class Answers:
    """Answers one after the other, and remembers what was asked; after the last, empty ones."""

    refusal_fields = ()

    def __init__(self, *answers: Any) -> None:
        self.answers, self.calls = list(answers), list[dict[str, str]]()

    def call(self, call: Call, meter: Meter | None = None) -> Any:
        if call.page:
            call.page()
        self.calls.append(dict(call.params))
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_rows_inside_of_what_is_listed_have_its_other_fields_and_are_told_apart_themselves() -> None:
    held = [{"id": 1, "to": "x", "lines": [{"line": 1}, {"line": 2}, 5]}, {"id": 2, "lines": None}]
    listing = Listing("list", "rows", "line", lines="lines")
    more = [{"id": 3, "lines": [{"line": 3}]}]
    rows, ended = read(Answers({"rows": held}, {"rows": more}), Several((listing, listing)), None)
    assert ended.error is None
    assert rows == [{"id": 1, "to": "x", "line": 1}, {"id": 1, "to": "x", "line": 2}, {"id": 3, "line": 3}]
    reasons = [reason for _, reason in ended.job.rejected]
    assert reasons == ["list listed what is not an object", "list listed it without lines"]


def test_pages_without_a_sign_go_on_until_one_is_empty() -> None:
    paging = Paging(param="offset", first="0", more="", size=3, size_param="limit", by_rows=True)
    api = Answers([{"n": 1}, {"n": 2}], [{"n": 3}])
    rows, _ = read(api, Listing("list", "", "", paging=paging), None)
    assert [row["n"] for row in rows] == [1, 2, 3]
    assert [call["offset"] for call in api.calls] == ["0", "2", "3"]


def test_a_row_that_is_twice_on_a_page_hides_none_of_the_next() -> None:
    paging = Paging(param="offset", first="0", more="", size=2, size_param="limit", by_rows=True)
    api = Answers([{"n": 1}, {"n": 1}], [{"n": 2}])
    rows, _ = read(api, Listing("list", "", "n", paging=paging), None)
    assert [row["n"] for row in rows] == [1, 2]
    assert [call["offset"] for call in api.calls] == ["0", "1", "2"]


def test_days_are_local_and_halved_at_midnight() -> None:
    bangkok = ZoneInfo("Asia/Bangkok")
    window = Window(datetime(2026, 9, 19, 17, tzinfo=UTC), datetime(2026, 9, 22, 3, tzinfo=UTC))
    api = Answers(Split("too much"), [{"n": 1}], [{"n": 2}])
    rows, ended = read(api, Listing("list", "", "n", window=DayRange("first", "last")), window, bangkok)
    assert ended.error is None
    assert [row["n"] for row in rows] == [1, 2]
    assert api.calls == [
        {"first": "2026-09-20", "last": "2026-09-22"},
        {"first": "2026-09-20", "last": "2026-09-20"},
        {"first": "2026-09-21", "last": "2026-09-22"},
    ]
    single = Window(datetime(2026, 9, 19, 17, tzinfo=UTC), datetime(2026, 9, 20, 17, tzinfo=UTC))
    _, ended = read(Answers(Split("too much")), Listing("l", "", "n", window=DayRange("a", "b")), single, bangkok)
    assert "cannot be asked for in smaller pieces" in str(ended.error)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("1,100.44", Decimal("1100.44")),
        ("-1,234,567.80", Decimal("-1234567.80")),
        ("12.5", Decimal("12.5")),
        (Decimal("0.10"), Decimal("0.10")),
        (7, 7),
        ("", None),
    ],
)
def test_money_with_thousands_separators_is_exact(sent: Any, kept: Any) -> None:
    grouped = {"type": ["number", "null"], "x-sql-datatype": "decimal", "x-grouped": True}
    assert Converter({"properties": {"amount": grouped}})({"amount": sent})["amount"] == kept


@pytest.mark.parametrize("sent", ["1,10.44", "1.100,44", ",100", "a lot", "1,100.44 THB"])
def test_money_that_is_grouped_in_another_way_is_refused(sent: str) -> None:
    grouped = {"type": ["number", "null"], "x-sql-datatype": "decimal", "x-grouped": True}
    with pytest.raises(UnusableError, match="is not a number"):
        Converter({"properties": {"amount": grouped}})({"amount": sent})
    with pytest.raises(UnusableError):
        Converter({"properties": {"amount": {**grouped, "x-grouped": False}}})({"amount": "1,100.44"})
