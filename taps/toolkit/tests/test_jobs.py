"""Reports that are waited for: sent again when lost, cut up when too large, and joined again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_toolkit.answers import Row, Rows
from tap_toolkit.errors import SkipAccount, SkipWindow, Split
from tap_toolkit.http import Params
from tap_toolkit.jobs import JobSource, Pieces, Progress, joined, until_next_look
from tap_toolkit.room import Packed
from tap_toolkit.sources import Batch
from tap_toolkit.windows import Window

FIELDS = ("spend", "clicks", "reach")


@dataclass(frozen=True)
class Part:
    """Days from ``first`` to ``last``, and some fields."""

    first: int
    last: int
    fields: tuple[str, ...] = FIELDS

    @property
    def cells(self) -> int:
        return (self.last - self.first + 1) * len(self.fields)


@dataclass
class Nowhere:
    """A scope that no test here asks anything of."""

    account: str = "a"
    window: Window | None = None
    pad: timedelta = timedelta(0)
    zone: tzinfo = UTC
    kept: int = 0

    def ask(self, path: str, params: Params, body: object = None, *, reads: object = (), page: bool = False) -> Any:
        raise AssertionError(path)

    def submit(self, task: Callable[..., Rows], *args: Any) -> Future[Rows]:
        raise AssertionError(task)

    follow = submit

    def wait_for_room(self) -> None:
        raise AssertionError

    def keep(self, rows: Rows) -> Batch:
        self.kept += len(rows)
        packed = Packed(rows)
        return Batch(packed.size, packed)

    def reject(self, row: Row, reason: str) -> None:
        raise AssertionError(reason)

    def expect(self, total: int) -> None:
        raise AssertionError(total)


@dataclass
class Platform(JobSource[Part]):
    """Prepares reports of at most ``most`` cells in ``seconds``; ``troubles`` befall pieces by their first day."""

    days: int = 8
    most: int = 10_000
    seconds: float = 7.0
    synchronous: bool = False
    troubles: dict[int, list[str]] = field(default_factory=dict)
    cursed: frozenset[tuple[int, str]] = frozenset()
    now: float = 0.0
    slept: float = 0.0
    submitted: list[Part] = field(default_factory=list)
    looks: Counter[str] = field(default_factory=Counter)
    begun: dict[str, tuple[float, Part, str]] = field(default_factory=dict)
    identity: Sequence[str] = ("day",)
    at_once: int = 4
    patience: float = 600.0

    def __post_init__(self) -> None:
        self.clock = lambda: self.now
        self.sleep = self._sleep

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def whole(self, scope: Any) -> Part:
        return Part(0, self.days - 1)

    def submit(self, scope: Any, piece: Part) -> str:
        if self.synchronous:
            return ""
        self.submitted.append(piece)
        waiting = self.troubles.get(piece.first, [])
        trouble = waiting.pop(0) if waiting else ""
        job = f"job{len(self.begun)}"
        self.begun[job] = (self.now, piece, trouble)
        return job

    def look(self, scope: Any, job: str) -> Progress:
        self.looks[job] += 1
        began, piece, trouble = self.begun[job]
        if trouble == "stalled":
            return Progress(done=False, percent=0)
        if trouble == "lingers":
            return Progress(done=False, percent=99)
        if self.now < began + self.seconds:
            return Progress(done=False, percent=10)
        if trouble == "lost":
            raise SkipWindow("lost.")
        if trouble == "dead":
            raise SkipAccount("dead.")
        if self._too_large(piece):
            raise Split("too large.")
        return Progress(done=True, percent=100)

    def _too_large(self, piece: Part) -> bool:
        held = {(day, name) for day in range(piece.first, piece.last + 1) for name in piece.fields}
        return piece.cells > self.most or bool(held & self.cursed)

    def fetch(self, scope: Any, piece: Part, job: str) -> Iterator[Rows]:
        if job and self.begun[job][2] == "unreadable":
            raise SkipWindow("unreadable.")
        if not job and self._too_large(piece):
            raise Split("too large.")
        days = range(piece.first, piece.last + 1)
        rows = [{"day": day, **{name: f"{name}{day}" for name in piece.fields}} for day in days]
        yield from (rows[:3], rows[3:])

    def cut(self, scope: Any, piece: Part) -> Pieces[Part]:
        if piece.first < piece.last:
            middle = (piece.first + piece.last) // 2
            return Pieces([Part(piece.first, middle, piece.fields), Part(middle + 1, piece.last, piece.fields)])
        if len(piece.fields) > 1:
            return Pieces([Part(piece.first, piece.last, (name,)) for name in piece.fields], joined=True)
        return Pieces()


def each_row(platform: Platform) -> Iterator[Row]:
    for batch in platform.read(Nowhere()):
        yield from batch.taken()


def rows_of(platform: Platform) -> Rows:
    return list(each_row(platform))


def expected(days: int) -> Rows:
    return [{"day": day, **{name: f"{name}{day}" for name in FIELDS}} for day in range(days)]


def test_a_report_is_waited_for_and_looked_at_less_and_less_often() -> None:
    platform = Platform(seconds=120)
    assert rows_of(platform) == expected(8)
    assert platform.submitted == [Part(0, 7)]
    assert platform.looks["job0"] < 30
    assert 120 <= platform.now < 136


def test_what_needs_no_report_is_fetched_at_once() -> None:
    platform = Platform(synchronous=True)
    assert rows_of(platform) == expected(8)
    assert (platform.now, platform.submitted) == (0.0, [])


@given(st.integers(1, 40), st.integers(1, 30), st.integers(1, 6))
def test_whatever_the_platform_can_bear_all_rows_come_once_and_in_order(days: int, most: int, at_once: int) -> None:
    platform = Platform(days=days, most=most, at_once=at_once)
    assert rows_of(platform) == expected(days)


def test_pieces_are_prepared_side_by_side() -> None:
    together, alone = Platform(days=32, most=6, at_once=16), Platform(days=32, most=6, at_once=1)
    assert rows_of(together) == rows_of(alone) == expected(32)
    assert together.now < alone.now / 4


@pytest.mark.parametrize("trouble", ["lost", "unreadable", "stalled", "lingers"])
def test_a_report_that_is_lost_is_asked_for_again(trouble: str) -> None:
    platform = Platform(troubles={0: [trouble]})
    assert rows_of(platform) == expected(8)
    assert platform.submitted == [Part(0, 7)] * 2


def test_one_that_has_not_begun_is_given_up_sooner_than_one_that_is_slow() -> None:
    stalled, slow = Platform(troubles={0: ["stalled"]}), Platform(troubles={0: ["lingers"]})
    assert rows_of(stalled) == rows_of(slow)
    assert 100 < stalled.now < 140
    assert 600 < slow.now < 640


def test_a_report_that_is_lost_twice_is_cut_up() -> None:
    platform = Platform(troubles={0: ["lost", "lost"]})
    assert rows_of(platform) == expected(8)
    assert platform.submitted == [Part(0, 7), Part(0, 7), Part(0, 3), Part(4, 7)]


def test_what_cannot_be_cut_further_is_a_gap_and_the_rest_is_read() -> None:
    platform = Platform(cursed=frozenset({(3, "reach")}))
    found: Rows = []
    with pytest.raises(SkipWindow, match=r"first=3.*reach.*too large\. It cannot be asked for in smaller pieces"):
        found.extend(each_row(platform))
    # A row without one of its fields would say that there was none: the whole row is missing.
    assert found == [row for row in expected(8) if row["day"] != 3]


def test_several_gaps_are_counted() -> None:
    platform = Platform(days=4, cursed=frozenset({(0, "spend"), (2, "spend"), (2, "clicks")}))
    with pytest.raises(SkipWindow, match=r"\(and 2 more pieces\)"):
        rows_of(platform)


def test_a_platform_that_refuses_everything_is_left_alone() -> None:
    platform = Platform(days=64, most=0)
    with pytest.raises(SkipWindow, match=r"\(and \d+ more pieces\)"):
        rows_of(platform)
    assert len(platform.submitted) < 64


def test_other_failures_end_the_window_at_once() -> None:
    with pytest.raises(SkipAccount):
        rows_of(Platform(troubles={0: ["dead"]}))


def test_trouble_while_a_piece_is_cut_is_a_gap() -> None:
    class Unknown(Platform):
        def cut(self, scope: Any, piece: Part) -> Pieces[Part]:
            raise SkipWindow("the ids cannot be had.")

    with pytest.raises(SkipWindow, match="could not be cut up: the ids cannot be had"):
        rows_of(Unknown(most=1))


def test_rows_are_counted_as_soon_as_they_are_there() -> None:
    scope = Nowhere()
    batch = next(Platform(days=8).read(scope))
    assert (len(batch.taken()), scope.kept) == (3, 8)


def test_one_that_tells_its_progress_is_seen_done_soon_after_and_one_that_does_not_a_fifth_late() -> None:
    for told, most_late in ((True, 0.05), (False, 0.25)):
        for takes in (5, 20, 60, 300):
            age, looks = 0.5, 1
            while age < takes:
                age += until_next_look(age, min(100, int(age / takes * 118)) if told else 0)
                looks += 1
            assert age - takes <= max(0.6, most_late * takes)
            assert looks < 45


def test_rows_are_joined_by_what_identifies_them() -> None:
    parts = [[{"day": 1, "a": 1}, {"day": 2, "a": 2}], [{"day": 2, "b": 3}, {"day": 4, "b": 5}]]
    assert joined(parts, ["day"]) == [{"day": 1, "a": 1}, {"day": 2, "a": 2, "b": 3}, {"day": 4, "b": 5}]
