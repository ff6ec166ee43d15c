"""Streams read ahead of their turn: written as if read one after the other, and no more than there is room for."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_toolkit import ahead, room
from tap_toolkit.ahead import Begun, ReadAhead
from tap_toolkit.answers import Rows
from tap_toolkit.errors import SkipAccount, TapError
from tap_toolkit.fetch import Arrived, Fetcher, Finished
from tap_toolkit.http import Call
from tap_toolkit.room import Packed
from tap_toolkit.sources import Batch
from taps.toolkit.tests.memory_api import DETAILED, Api, plan_of, rows_of

Written = dict[str, list[int]]


@dataclass(eq=False)
class Stream:
    """Windows of accounts, read from a source."""

    fetcher: Fetcher
    accounts: int
    windows: int
    source: Any = DETAILED

    def begin(self) -> Begun:
        plan = plan_of(self.accounts, self.windows)
        return Begun(self.fetcher.read(self.source, plan, pad=timedelta(0)), plan, {})


@dataclass
class Whole:
    """A source that keeps its pages back until its window is whole, as reports do, and loses the first once."""

    pages: int

    def read(self, scope: Any) -> Any:
        kept = []
        for number in [0, *range(self.pages)]:
            scope.wait_for_room()
            scope.ask("list", (("cursor", "0"),))
            kept.append(scope.keep([{"id": number * 100 + n} for n in range(100)]))
        yield from kept[1:]


def write(
    streams: Sequence[Stream], fetcher: Fetcher, seen: Callable[[Stream], None] = lambda stream: None
) -> list[Any]:
    """What was written, stream by stream: the rows of each account in their order. Fails when nothing goes on."""
    written: list[Any] = []

    def main() -> None:
        try:
            reader = ReadAhead(streams, fetcher)  # type: ignore[arg-type]
            for stream in streams:
                reading, _, _ = reader.begun(stream)  # type: ignore[arg-type]
                rows: Written = defaultdict(list)
                written.append(rows)
                for event in reading.events():
                    seen(stream)
                    if isinstance(event, Arrived):
                        rows[event.job.account] += [row["id"] for row in event.rows]
                    elif isinstance(event, Finished) and isinstance(event.error, SkipAccount):
                        reading.give_up(event.job.account)
                        reader.give_up(event.job.account)
        except ZeroDivisionError as error:
            written.append(error)

    thread = threading.Thread(target=main, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive(), "nothing goes on"
    fetcher.close()
    return written


def fetcher_of(api: Api, workers: int, windows_at_once: int = 0) -> Fetcher:
    return Fetcher(api, workers, windows_at_once=windows_at_once)  # type: ignore[arg-type]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 6), st.sampled_from([DETAILED, Whole(3)])), max_size=5),
    st.sampled_from([(1, 0), (2, 0), (4, 0), (1, 16), (3, 16)]),
    st.sampled_from([10, 200, 20_000]),
)
def test_whatever_is_read_ahead_it_is_written_as_one_after_the_other(
    shape: list[tuple[int, int, Any]], threads: tuple[int, int], space: int
) -> None:
    def run(workers: int, at_once: int, jitter: float) -> list[Any]:
        fetcher = fetcher_of(Api(rows_of(3, 100), jitter), workers, at_once)
        found = write([Stream(fetcher, *one) for one in shape], fetcher)
        assert (fetcher.room.rows, fetcher.room.windows) == (0, 0)
        return found

    with mock.patch.object(room, "ROOM", space):
        assert run(*threads, 0.001) == run(1, 0, 0)


def test_the_next_streams_are_asked_for_while_a_window_of_the_first_is_waited_for() -> None:
    api = Api(rows_of(1, 48))
    asked = threading.Event()

    class Slow:
        def read(self, scope: Any) -> Any:
            assert asked.wait(20), "the third stream was not read ahead"
            rows: Rows = [{"id": 0}]
            yield Batch(1, rows)

    class Last:
        def read(self, scope: Any) -> Any:
            asked.set()
            yield from ()

    fetcher = fetcher_of(api, 2, 8)
    streams = [Stream(fetcher, 1, 1, Slow()), Stream(fetcher, 1, 2), Stream(fetcher, 1, 1, Last())]
    assert write(streams, fetcher)[0] == {"0": [0]}


def test_rows_read_ahead_wait_until_there_is_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROOM", 60)
    fetcher = fetcher_of(Api(rows_of(1, 24 * 8)), 4, 16)
    waited: list[int] = []

    class Slow:
        def read(self, scope: Any) -> Any:
            while not waited or waited[-1] != fetcher.room.rows or waited[-1] <= 60:
                waited.append(fetcher.room.rows)
                time.sleep(0.2)
            yield from ()

    written = write([Stream(fetcher, 1, 1, Slow()), *(Stream(fetcher, 1, 8) for _ in range(4))], fetcher)
    assert [len(rows["0"]) for rows in written[1:]] == [192 + 7] * 4  # what lies on an edge comes on both sides
    # Each of the fifteen other readers may be reading a page when they see that there is no room.
    assert 60 < max(waited) <= 60 + 15 * 10


def test_no_stream_is_begun_while_many_windows_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_WINDOWS", 15)
    fetcher = fetcher_of(Api(rows_of(1, 10)), 4)
    most = 0

    def count(stream: Stream) -> None:
        nonlocal most
        time.sleep(0.001)
        most = max(most, fetcher.room.windows)

    write([Stream(fetcher, 1, 10) for _ in range(8)], fetcher, count)
    assert 10 < most <= 15 + 10


def test_an_account_that_is_refused_is_not_asked_for_again_by_the_streams_ahead() -> None:
    api = Api(rows_of(2, 72))
    api.trouble = lambda call: SkipAccount("dead") if call.account == "1" else None
    fetcher = fetcher_of(api, 1)
    written = write([Stream(fetcher, 2, 3) for _ in range(5)], fetcher)
    assert [set(rows) for rows in written] == [{"0"}] * 5
    assert sum(call.account == "1" for call in api.calls) == 1


def test_what_fails_ahead_fails_when_its_turn_comes() -> None:
    later = threading.Event()

    class Broken:
        def read(self, scope: Any) -> Any:
            later.set()
            raise ZeroDivisionError
            yield  # which makes it an iterator

    api = Api(rows_of(1, 48))

    def trouble(call: Call) -> TapError | None:
        assert later.wait(20)
        return None

    api.trouble = trouble
    fetcher = fetcher_of(api, 2, 4)
    first, *failed = write([Stream(fetcher, 1, 2), Stream(fetcher, 1, 1, Broken())], fetcher)
    assert first["0"][-1] == 47
    assert isinstance(failed[-1], ZeroDivisionError)
    assert failed[0] == {}


def test_a_stream_read_by_itself_begins_when_it_is_asked_for() -> None:
    fetcher = fetcher_of(Api(rows_of(1, 10)), 1)
    begun = ReadAhead().begun(Stream(fetcher, 1, 1))  # type: ignore[arg-type]
    assert [len(event.rows) for event in begun.reading.events() if isinstance(event, Arrived)] == [5, 5]


def test_rows_are_the_same_when_they_were_packed() -> None:
    rows = [{"id": 2**70 + n, "spend": Decimal("1.10"), "name": "โปรโมชั่น", "more": [{"a": None}]} for n in range(500)]
    packed = Packed(rows)
    assert packed.rows() == rows
    assert str(packed.rows()[0]["spend"]) == "1.10"
    assert packed.size < 50
