"""Which orders, returns and settlements changed in a span of time, without holding any order in memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from talat_sandbox.business.life import Event, Life

NEVER = 2**32 - 1


class Track:
    """Events of one kind in one creation bucket, by time; each is valid until the next event of its subject.

    12 bytes an event: times are unsigned 32-bit epoch seconds.
    """

    __slots__ = ("_ends", "_ids", "_times")

    def __init__(self, events: Iterable[tuple[int, int, int]]) -> None:
        ordered = sorted(events)
        self._times = array("I", (at for at, _, _ in ordered))
        self._ids = array("I", (subject for _, subject, _ in ordered))
        self._ends = array("I", (end for _, _, end in ordered))

    def __len__(self) -> int:
        return len(self._times)

    def current(self, first: int, last: int, as_of: int) -> Iterator[tuple[int, int]]:
        """Yield (subject, time) of what lies in [first, last] and is still the newest of its subject at `as_of`."""
        low = bisect_left(self._times, max(0, first))
        high = bisect_right(self._times, max(0, min(last, as_of)))
        for place in range(low, high):
            if self._ends[place] > as_of:
                yield self._ids[place], self._times[place]


@dataclass(frozen=True, slots=True)
class DayIndex:
    """All events of the orders that one shop got on one local day.

    An order's subject is its number in the day, a return's is four times that plus its part.
    """

    created: Track
    updated: Track
    released: Track
    return_created: Track
    return_updated: Track

    @property
    def size(self) -> int:
        """Number of events held."""
        return len(self.created) + len(self.updated) + len(self.return_updated)


def index_day(lives: Iterable[Life]) -> DayIndex:
    """Return the index of the lives of one day's orders, in the order of their numbers."""
    created: list[tuple[int, int, int]] = []
    updated: list[tuple[int, int, int]] = []
    released: list[tuple[int, int, int]] = []
    return_created: list[tuple[int, int, int]] = []
    return_updated: list[tuple[int, int, int]] = []
    for number, life in enumerate(lives):
        created.append((life.created, number, NEVER))
        updated.extend(_spans(number, life.events))
        if life.released is not None:
            released.append((life.released, number, NEVER))
        for part, entry in enumerate(life.returns, 1):
            return_created.append((entry.events[0].at, number * 4 + part, NEVER))
            return_updated.extend(_spans(number * 4 + part, entry.events))
    return DayIndex(Track(created), Track(updated), Track(released), Track(return_created), Track(return_updated))


def _spans(subject: int, events: tuple[Event, ...]) -> Iterator[tuple[int, int, int]]:
    for place, event in enumerate(events):
        end = events[place + 1].at if place + 1 < len(events) else NEVER
        yield event.at, subject, end
