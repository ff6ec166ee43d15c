"""Listings below a listing, listings that are asked for by a POST, and listings that show only so many rows."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest

from tap_toolkit.answers import Row
from tap_toolkit.details import Children, Detail
from tap_toolkit.errors import SkipRecord, SkipWindow
from tap_toolkit.paging import Paging, TimeRange
from tap_toolkit.sources import Listing, Scope, Source
from tap_toolkit.windows import Window, epoch_of
from taps.toolkit.tests.memory_api import EPOCH

TOKENS = Paging(param="token", first="", next="next", more="next", skip_first=True, total="total", most=8)
PARENTS = Listing("parents", "rows", "id", paging=TOKENS)
BELOW = Children(Listing("parents/{id}/rows", "rows", "id", paging=TOKENS), "id", {"id": "parent", "at": "at"})


class Job:
    """A scope whose calls are answered by the subclass."""

    account = "1"
    window: Window | None = None
    pad = timedelta(0)

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], Mapping[str, Any] | None]] = []
        self.rejected: list[tuple[Row, str]] = []
        self.total = 0

    def ask(self, path: str, params: Any, body: Any = None, *, reads: Any = (), page: bool = False) -> Any:
        self.calls.append((path, dict(params), body))
        return self.answer(path, dict(params), body)

    def answer(self, path: str, params: dict[str, str], body: Any) -> Any:
        raise NotImplementedError

    def wait_for_room(self) -> None: ...

    def expect(self, total: int) -> None:
        self.total = total

    def reject(self, row: Row, reason: str) -> None:
        self.rejected.append((row, reason))

    def rows(self, source: Source) -> list[Row]:
        """All rows, or what was raised on the way."""
        return [row for batch in source.read(self) for row in batch.taken()]  # type: ignore[arg-type]


class Tree(Job):
    """Three parents on two pages; below each, two pages of one row."""

    def answer(self, path: str, params: dict[str, str], body: Any) -> Any:
        if path == "parents":
            rows = [{"id": "c d", "at": 3}, {"id": None}] if params.get("token") else [{"id": "a", "at": 1}]
            return {"rows": rows, "next": "" if params.get("token") else "+/="}
        if path == "parents/gone/rows":
            raise SkipRecord("it is gone")
        return {"rows": [{"id": path + params.get("token", "")}], "next": "" if params.get("token") else "2"}


def test_each_parent_is_read_page_by_page_and_its_children_know_it() -> None:
    job = Tree()
    rows = job.rows(PARENTS.then(BELOW))
    assert [(row["id"], row["parent"], row["at"]) for row in rows] == [
        ("parents/a/rows", "a", 1),
        ("parents/a/rows2", "a", 1),
        ("parents/c%20d/rows", "c d", 3),
        ("parents/c%20d/rows2", "c d", 3),
    ]
    assert [path for path, _, _ in job.calls].count("parents") == 2
    assert job.rejected == [({"id": None}, "has no id to ask parents/{id}/rows for")]


def test_a_parent_that_has_nothing_to_show_is_kept_aside_and_the_others_are_read() -> None:
    class Gone(Tree):
        def answer(self, path: str, params: dict[str, str], body: Any) -> Any:
            if path == "parents":
                return {"rows": [{"id": "gone"}, {"id": "b"}], "next": ""}
            return super().answer(path, params, body)

    job = Gone()
    assert len(job.rows(PARENTS.then(BELOW))) == 2
    assert job.rejected == [({"id": "gone"}, "it is gone")]


def test_children_of_another_shape_are_a_gap() -> None:
    class Odd(Tree):
        def answer(self, path: str, params: dict[str, str], body: Any) -> Any:
            return super().answer(path, params, body) if path == "parents" else {"rows": "text"}

    with pytest.raises(SkipWindow, match="parents/a/rows answered in another shape"):
        Odd().rows(PARENTS.then(BELOW))


class Many(Job):
    """So many rows a second of the window, of which it shows eight at most, in one page."""

    def answer(self, path: str, params: dict[str, str], body: Any) -> Any:
        ids = list(range(body["from"], body["to"]))
        return {"rows": [{"id": i} for i in ids[:8]], "next": "", "total": len(ids)}


def test_a_body_makes_it_a_post_and_has_the_bounds_while_the_page_is_in_the_query() -> None:
    job = Many()
    job.window = Window(EPOCH, EPOCH + timedelta(seconds=3))
    bounds = TimeRange("from", "to", text=epoch_of)
    job.rows(Listing("list", "rows", "id", params=[("sort", "up")], window=bounds, paging=TOKENS, body={"all": True}))
    start = epoch_of(EPOCH)
    assert job.calls == [("list", {"sort": "up", "page_size": "100"}, {"all": True, "from": start, "to": start + 3})]
    assert job.total == 3


def test_a_listing_that_does_not_show_all_is_halved_until_it_does() -> None:
    job = Many()
    job.window = Window(EPOCH, EPOCH + timedelta(seconds=30))
    rows = job.rows(
        Listing("list", "rows", "id", window=TimeRange("from", "to", text=epoch_of), paging=TOKENS, body={})
    )
    assert [row["id"] - epoch_of(EPOCH) for row in rows] == list(range(30))


class Sums(Job):
    """Two shops on one page; of those asked for, each has a sum over the span for each of its two ads."""

    def answer(self, path: str, params: dict[str, str], body: Any) -> Any:
        if path == "shops":
            return {"rows": [{"id": "a"}, {"id": "b"}]}
        return {"shops": [{"id": name, "ads": [{"ad": 1}, {"ad": 2}]} for name in params["ids"].split(",")]}

    def submit(self, task: Any, *args: Any) -> Future[list[Row]]:
        done: Future[list[Row]] = Future()
        done.set_result(task(*args))
        return done

    follow = submit


class AdsOf(Detail):
    """Rows that lie a level deeper than what the answer lists."""

    def opened(self, scope: Scope, rows: list[Row]) -> list[Row]:
        return [{"id": row["id"], **ad} for row in rows for ad in row["ads"]]


def test_details_of_a_span_are_told_it_and_may_lie_deeper_than_what_is_listed() -> None:
    job = Sums()
    job.window = Window(EPOCH, EPOCH + timedelta(seconds=3))
    ads = AdsOf(
        "sums", "shops", "id", "ids", size=9, many=True, window=TimeRange("from", "to"), params=[("all", "yes")]
    )
    rows = job.rows(Listing("shops", "rows", "id").then(ads))
    assert rows == [{"id": name, "ad": number} for name in "ab" for number in (1, 2)]
    start = epoch_of(EPOCH)
    asked = {"ids": "a,b", "all": "yes", "from": str(start), "to": str(start + 3)}
    assert [call for call in job.calls if call[0] == "sums"] == [("sums", asked, None)]
