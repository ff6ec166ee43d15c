"""Listings by numbered pages: newest first, or from the beginning again; rows move while they are read."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_toolkit.details import ChangedSince, Detail
from tap_toolkit.errors import SkipRecord, SkipWindow
from tap_toolkit.fetch import Arrived, Fetcher, Finished
from tap_toolkit.paging import NumberedPages
from tap_toolkit.sources import Listing
from tap_toolkit.windows import Window, days, iso
from taps.toolkit.tests.memory_api import EPOCH, Api

PAGES = NumberedPages(param="page", pages="pages", number="page", total="total", size=10)
NEWEST = Listing("list", "rows", "id", paging=replace(PAGES, newest_first="at"))
WHOLE = Listing("list", "rows", "id", paging=PAGES)
DAY = Window(EPOCH, EPOCH + days(1))


class Pages(Api):
    """Rows by id and time, the latest first; ``between`` happens after each page that was sent."""

    def __init__(self, times: dict[int, datetime | str]) -> None:
        super().__init__({})
        self.times = times

    def between(self) -> None:
        """What changes."""

    def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
        if path != "list":
            return {"id": int(path.rpartition("/")[2]), "whole": True}
        times = {i: iso(at) if isinstance(at, datetime) else at for i, at in self.times.items()}
        ids = sorted(times, key=lambda i: (times[i], i), reverse=True)
        page = int(params["page"])
        rows = [{"id": i, "at": times[i]} for i in ids[10 * (page - 1) : 10 * page]]
        answer = {"rows": rows, "page": page, "pages": -(-len(ids) // 10), "total": len(ids)}
        self.between()
        return answer


def read(api: Api, source: Any, *windows: Window | None) -> tuple[list[int], list[Finished], list[Any]]:
    """The ids that were read, how each window ended, and whole rows."""
    fetcher = Fetcher(api, 2)  # type: ignore[arg-type]
    events = list(fetcher.read(source, {"0": list(windows)}, pad=timedelta(0)).events())
    fetcher.close()
    rows = [row for event in events if isinstance(event, Arrived) for row in event.rows]
    return [row["id"] for row in rows], [event for event in events if isinstance(event, Finished)], rows


def hourly(count: int) -> dict[int, datetime | str]:
    return {n: EPOCH + timedelta(hours=n) for n in range(count)}


@given(st.integers(0, 200), st.lists(st.integers(0, 220), min_size=2, max_size=6, unique=True))
def test_windows_of_a_listing_that_cannot_be_asked_for_one_are_exact(count: int, edges: list[int]) -> None:
    moments = [EPOCH + timedelta(hours=edge) for edge in sorted(edges)]
    windows = [Window(*pair) for pair in itertools.pairwise(moments)]
    ids, ended, _ = read(Pages(hourly(count)), NEWEST, *windows)
    assert sorted(ids) == list(range(min(edges), max(min(count, max(edges)), min(edges))))
    assert len(ids) == len(set(ids))
    assert [event.error for event in ended] == [None] * len(windows)


@settings(max_examples=100)
@given(st.integers(0, 10_000))
def test_what_changes_while_pages_are_read_is_the_next_windows_and_nothing_else_is_missed(seed: int) -> None:
    dice = random.Random(seed)

    class Drifting(Pages):
        def between(self) -> None:
            for changed in dice.sample(range(200), 3) if still_reading else ():
                self.times[changed] = later[0]
            later[0] += timedelta(seconds=1)

    end = EPOCH + timedelta(hours=200)
    later, still_reading = [end], [True]
    api = Drifting(hourly(200))
    first, _, _ = read(api, NEWEST, Window(EPOCH, EPOCH + days(2)), Window(EPOCH + days(2), end))
    still_reading.clear()
    moved = [i for i, at in api.times.items() if isinstance(at, datetime) and at >= end]
    second, _, _ = read(api, NEWEST, Window(end, end + days(1)))
    assert set(first) | set(second) == set(range(200))
    assert set(second) >= set(moved)


def test_the_newest_rows_cost_no_search_and_older_ones_few_calls() -> None:
    api = Pages(hourly(5_000))
    read(api, NEWEST, Window(EPOCH + timedelta(hours=4985), EPOCH + timedelta(hours=5_000)))
    assert len(api.calls) == 2
    api.calls.clear()
    ids, _, _ = read(api, NEWEST, Window(EPOCH, EPOCH + days(1)))
    assert sorted(ids) == list(range(24))
    assert len(api.calls) <= 1 + 9 + 4


@pytest.mark.parametrize("odd", ["2999-01-01T00:00:00Z", "a day", ""])
def test_a_row_that_names_no_time_that_has_been_is_read(odd: str) -> None:
    api = Pages({**hourly(30), 99: odd})
    ids, (ended,), _ = read(api, NEWEST, DAY)
    assert sorted(ids) == [*range(24), 99]
    assert ended.error is None


def test_a_page_that_is_not_the_one_asked_for_is_a_gap() -> None:
    class Stuck(Pages):
        def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
            return super().answer(path, account, {**params, "page": "1"})

    ids, (ended,), _ = read(Stuck(hourly(30)), NEWEST, Window(EPOCH, EPOCH + days(2)))
    assert sorted(ids) == list(range(20, 30))
    assert isinstance(ended.error, SkipWindow)
    assert "circles" in str(ended.error)


def test_a_listing_whose_size_changes_is_read_from_its_beginning_again() -> None:
    class Shrinking(Pages):
        def between(self) -> None:
            if len(self.calls) in (1, 3):
                del self.times[max(self.times)]

    api = Shrinking(hourly(35))
    ids, (ended,), _ = read(api, WHOLE, None)
    assert sorted(ids) == list(range(35)), "those that were deleted had been read"
    assert len(ids) == len(set(ids))
    assert ended.error is None
    assert Counter(dict(call.params)["page"] for call in api.calls)["1"] == 3


def test_a_long_listing_may_begin_again_at_its_very_end() -> None:
    """A hundred pages without anything new are no circle when they are read for the second time."""

    class Shrinking(Pages):
        def between(self) -> None:
            if len(self.calls) == 119:
                del self.times[max(self.times)]

    ids, (ended,), _ = read(Shrinking(hourly(1200)), WHOLE, None)
    assert ended.error is None
    assert sorted(ids) == list(range(1200))


@pytest.mark.parametrize("source", [NEWEST, WHOLE], ids=["newest", "whole"])
@pytest.mark.parametrize("pages", [None, "some"])
def test_an_answer_that_does_not_say_how_many_pages_there_are_is_a_gap(source: Any, pages: Any) -> None:
    class Silent(Pages):
        def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
            return {**super().answer(path, account, params), "pages": pages}

    _, (ended,), _ = read(Silent(hourly(30)), source, Window(EPOCH, EPOCH + days(2)))
    assert isinstance(ended.error, SkipWindow)
    assert "how many pages" in str(ended.error)


def test_a_listing_that_never_holds_still_is_a_gap() -> None:
    class Growing(Pages):
        def between(self) -> None:
            self.times[len(self.times)] = EPOCH

    _, (ended,), _ = read(Growing(hourly(35)), WHOLE, None)
    assert isinstance(ended.error, SkipWindow)
    assert "changes faster" in str(ended.error)


def test_a_detail_may_have_its_id_in_the_path_and_be_all_of_an_answer() -> None:
    api = Pages(hourly(3))
    api.trouble = lambda call: SkipRecord("gone") if call.path == "one/1" else None
    ids, (ended,), rows = read(api, NEWEST.then(Detail("one/{id}", "", "id")), DAY)
    assert sorted(ids) == [0, 2]
    assert all(row["whole"] for row in rows)
    assert [row["id"] for row, _ in ended.job.rejected] == [1]


def test_the_future_is_after_now() -> None:
    api = Pages({1: iso(datetime.now(UTC) - timedelta(minutes=1))})
    assert read(api, NEWEST, DAY)[0] == []


def test_given_pages_in_no_lasting_order_then_fewer_rows_than_are_counted_are_not_all() -> None:
    class Shuffled(Pages):
        """The order turns round after the first page, so that its rows come again and others do not."""

        def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
            answer = super().answer(path, account, params)
            return {**answer, "rows": answer["rows"] if answer["page"] == 1 else [{"id": i} for i in range(3)]}

    times: dict[int, datetime | str] = dict.fromkeys(range(23), EPOCH)
    counted = replace(WHOLE, paging=replace(PAGES, counted=True))
    ids, (ended,), _ = read(Pages(times), counted, DAY)
    assert (len(ids), ended.error) == (23, None)
    _, (ended,), _ = read(Shuffled(times), counted, DAY)
    assert isinstance(ended.error, SkipWindow)
    assert str(ended.error) == "list says that it has 23 rows, and shows 13."


def test_given_a_listing_that_is_cut_off_then_as_many_rows_are_not_believed() -> None:
    times: dict[int, datetime | str] = dict.fromkeys(range(23), EPOCH)
    for most, fits in ((24, True), (23, False)):
        api = Pages(times)
        _, (ended,), _ = read(api, replace(WHOLE, paging=replace(PAGES, most=most)), None)
        assert (ended.error is None) == fits
        assert len(api.calls) == (3 if fits else 1)


def test_given_a_time_of_change_then_ties_with_the_windows_beginning_are_kept() -> None:
    times = {1: EPOCH - timedelta(seconds=1), 2: EPOCH, 3: EPOCH, 4: EPOCH + days(2), 5: "never"}
    source = WHOLE.then(ChangedSince("at"))
    assert sorted(read(Pages(times), source, DAY)[0]) == [2, 3, 4, 5]
    assert sorted(read(Pages(times), source, None)[0]) == [1, 2, 3, 4, 5]
