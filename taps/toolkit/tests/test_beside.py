"""Calls that do not hang on one another: at once, and told as if they had been asked one by one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from tap_toolkit import room
from tap_toolkit.beside import beside
from tap_toolkit.errors import SkipWindow
from tap_toolkit.fetch import Arrived, Fetcher, Finished, Job
from tap_toolkit.sources import Batch, Listing, Scope
from taps.toolkit.tests.memory_api import PAGES, Api, plan_of, rows_of

COUNT = 12


class Asking:
    """A source that asks for numbers side by side; ``begun`` are those whose tasks have begun."""

    def __init__(self, task: Callable[[Scope, int], Any], count: int = COUNT, ahead: int = 3) -> None:
        self.task, self.count, self.ahead = task, count, ahead
        self.begun: list[int] = []

    def read(self, scope: Scope) -> Iterator[Batch]:
        for number, found in beside(scope, self._noted, range(self.count), ahead=self.ahead):
            yield Batch(1, [{"id": number, "found": found}])

    def _noted(self, scope: Scope, number: int) -> Any:
        self.begun.append(number)
        return self.task(scope, number)


def read(source: Asking, workers: int, api: Api | None = None) -> tuple[list[tuple[int, Any]], Job, Any]:
    fetcher = Fetcher(api or Api({}), workers)  # type: ignore[arg-type]
    rows = []
    for event in fetcher.read(source, {"0": [None]}, pad=timedelta(0)).events():
        if isinstance(event, Arrived):
            rows += [(row["id"], row["found"]) for row in event.rows]
        else:
            finished: Finished = event
    fetcher.close()
    return rows, finished.job, finished.error


def test_as_many_are_on_their_way_as_may_be_and_results_come_in_order() -> None:
    together = threading.Barrier(4)

    def task(scope: Scope, number: int) -> int:
        together.wait(60)  # nobody goes on before there are four
        return -number

    rows, _, error = read(Asking(task, ahead=3), workers=4)
    assert (rows, error) == ([(number, -number) for number in range(COUNT)], None)


def test_no_more_run_ahead_than_are_said_to() -> None:
    begun, gate = threading.Semaphore(0), threading.Event()

    def task(scope: Scope, number: int) -> bool:
        begun.release()
        return gate.wait(60)

    fetcher = Fetcher(Api({}), 8)  # type: ignore[arg-type]
    events = fetcher.read(Asking(task, ahead=2), {"0": [None]}, pad=timedelta(0)).events()
    assert all(begun.acquire(timeout=60) for _ in range(3))
    assert not begun.acquire(timeout=0.2)
    gate.set()
    assert len([event for event in events if isinstance(event, Arrived)]) == COUNT
    fetcher.close()


@pytest.mark.parametrize("workers", [1, 8])
def test_what_fails_is_raised_in_its_turn_and_what_has_not_begun_by_then_never_does(workers: int) -> None:
    def task(scope: Scope, number: int) -> int:
        if number in (2, 4):
            raise SkipWindow(f"no {number}")
        return number

    source = Asking(task)
    rows, _, error = read(source, workers)
    assert rows == [(0, 0), (1, 1)]
    assert str(error) == "no 2"
    assert max(source.begun) <= 2 + source.ahead


def test_rejected_rows_and_totals_are_told_in_order_and_not_of_what_comes_after_a_failure() -> None:
    later = threading.Event()

    def task(scope: Scope, number: int) -> int:
        if number == 0:
            later.wait(60)  # the first is the last to be done
        scope.reject({"id": number}, "no good")
        scope.expect(100 - number)
        if number == 1:
            later.set()
        if number == 3:
            raise SkipWindow("no")
        return number

    _, job, _ = read(Asking(task), workers=4)
    assert [row["id"] for row, _ in job.rejected] == [0, 1, 2, 3]
    assert job.total == 100


def test_a_task_waits_for_no_room_so_that_callers_go_on_to_what_is_written_next() -> None:
    """The only caller is the second window's when the room fills up; the first window needs it."""
    listing = Listing("list", "rows", "id", paging=PAGES)
    begun, full = threading.Event(), threading.Event()

    def task(scope: Scope, number: int) -> list[int]:
        if scope.window == second:
            begun.set()
            assert full.wait(60)
        return [row["id"] for page in listing.pages(scope) for row in page]

    class Filling(Asking):
        def read(self, scope: Scope) -> Iterator[Batch]:
            if scope.window == first:
                assert begun.wait(60)
                fetcher.room.rows = 2 * room.ROOM
                full.set()
            yield from super().read(scope)

    fetcher = Fetcher(Api(rows_of(1, 30)), 1, windows_at_once=2)  # type: ignore[arg-type]
    first, second = plan_of(1, 2)["0"]
    reading = fetcher.read(Filling(task, count=1), {"0": [first, second]}, pad=timedelta(0))
    watch = threading.Timer(20, reading.give_up, "0")
    watch.start()
    found = [event.rows[0]["found"] for event in reading.events() if isinstance(event, Arrived)]
    watch.cancel()
    assert found == [list(range(30))] * 2
    fetcher.close()
