"""Reports that a platform prepares on request: ask, wait, fetch.

A report that is lost is asked for again; one that is too large is cut into pieces, and these again, until the platform
can bear them. What cannot be cut further is a gap of its own: the other pieces are read all the same.
"""

from __future__ import annotations

import abc
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from tap_toolkit.answers import Row, Rows
from tap_toolkit.errors import Retry, SkipWindow, Split
from tap_toolkit.sources import Batch, Scope

Piece = TypeVar("Piece")

# Seconds until a report is first looked at, which is also the least until it is looked at again, and the most.
_LEAST, _MOST = 0.5, 15.0
# In between a fifth of its age, or what it says is left of its time; but at least a twenty-fifth of its age.
_PART, _SMALL_PART = 5, 25


class Progress(NamedTuple):
    """How far a report is. ``percent`` says whether anything happens at all; only ``done`` says that it can be read."""

    done: bool
    percent: int = 0


class Pieces(NamedTuple, Generic[Piece]):
    """What a piece is cut into: side by side, or (``joined``) the same rows with some of the fields each."""

    pieces: Sequence[Piece] = ()
    joined: bool = False


@dataclass(slots=True, eq=False)
class _Part(Generic[Piece]):
    """A piece on its way: asked for, cut up, or over."""

    piece: Piece
    job: str | None = None
    began: float = 0.0
    due: float = 0.0
    sent: int = 0
    over: bool = False
    batches: Sequence[Batch] = ()
    gap: str = ""
    parts: list[_Part[Piece]] = field(default_factory=list)
    joined: bool = False

    def leaves(self) -> Iterator[_Part[Piece]]:
        """What is still to be done, in order."""
        for part in self.parts:
            yield from part.leaves()
        if not self.parts and not self.over:
            yield self

    def gaps(self) -> Iterator[str]:
        """Why something could not be had."""
        if self.gap:
            yield self.gap
        for part in self.parts:
            yield from part.gaps()


class JobSource(abc.ABC, Generic[Piece]):
    """Rows that come as reports. A platform says how to ask, look, fetch and cut.

    ``identity``: the fields that tell a report's rows apart. ``patience``: seconds until a report that is not ready is
    given up, a sixth of that when it has not begun. ``tries``: how often a lost report is asked for before it is cut.
    ``at_once``: reports of one window that the platform prepares side by side. ``most_gaps``: pieces that cannot be had
    before the rest of a window is given up, so that a platform that refuses everything is not asked a thousand times.
    """

    identity: Sequence[str]
    patience: float = 1800.0
    tries: int = 2
    at_once: int = 8
    most_gaps: int = 8
    clock: Callable[[], float] = staticmethod(time.monotonic)
    sleep: Callable[[float], None] = staticmethod(time.sleep)

    @abc.abstractmethod
    def whole(self, scope: Scope) -> Piece:
        """The window as one piece."""

    def submit(self, scope: Scope, piece: Piece) -> str:
        """Ask for a piece; its report's id, or nothing for one that can be fetched without, as all can unless told."""
        return ""

    def look(self, scope: Scope, job: str) -> Progress:
        """How far a report is. Raises :class:`Split` when it failed for size, :class:`SkipWindow` when it is lost."""
        return Progress(done=True)

    @abc.abstractmethod
    def fetch(self, scope: Scope, piece: Piece, job: str) -> Iterator[Rows]:
        """The rows of a report that is done, by pages."""

    @abc.abstractmethod
    def cut(self, scope: Scope, piece: Piece) -> Pieces[Piece]:
        """Smaller pieces with the same rows; none when there are none."""

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of a window, in the order of its pieces.

        Raises :class:`SkipWindow` at the end when there are pieces that could not be had.
        """
        queue = deque([_Part(self.whole(scope))])
        gaps: list[str] = []
        while queue:
            first = queue[0]
            if first.parts and not first.joined:
                queue.popleft()
                queue.extendleft(reversed(first.parts))
                continue
            work = [leaf for part in queue for leaf in part.leaves()][: self.at_once]
            if next(first.leaves(), None) is None:
                queue.popleft()
                gaps += first.gaps()
                if not first.parts:
                    yield from first.batches
                elif rows := self._rows(first):
                    yield Batch(len(rows), rows)
                if len(gaps) >= self.most_gaps:
                    break
            else:
                self._go_on(scope, work)
        if gaps:
            more = f" (and {len(gaps) - 1} more pieces)" if len(gaps) > 1 else ""
            raise SkipWindow(gaps[0] + more)

    def _go_on(self, scope: Scope, work: Sequence[_Part[Piece]]) -> None:
        """Ask for what was not asked for; else wait for the report that is due first, and look at it."""
        fresh = [part for part in work if part.job is None]
        for part in fresh:
            self._guarded(scope, part, self._begin)
        if not fresh:
            part = min(work, key=lambda part: part.due)
            if (wait := part.due - self.clock()) > 0:
                self.sleep(wait)
            self._guarded(scope, part, self._look)

    def _guarded(self, scope: Scope, part: _Part[Piece], step: Callable[[Scope, _Part[Piece]], None]) -> None:
        try:
            step(scope, part)
        except Split as large:
            self._cut(scope, part, str(large))
        except (Retry, SkipWindow) as lost:
            part.job = None
            part.sent += 1
            if part.sent >= self.tries:
                self._cut(scope, part, f"{lost} It was asked for {part.sent} times.")

    def _begin(self, scope: Scope, part: _Part[Piece]) -> None:
        part.job = self.submit(scope, part.piece)
        part.began = self.clock()
        part.due = part.began + _LEAST
        if not part.job:
            self._fetch(scope, part)

    def _look(self, scope: Scope, part: _Part[Piece]) -> None:
        job = part.job or ""
        progress = self.look(scope, job)
        if progress.done:
            self._fetch(scope, part)
            return
        now = self.clock()
        age = now - part.began
        if age > (self.patience if progress.percent else self.patience / 6):
            raise SkipWindow(f"Report {job} was not ready after {age:.0f} s, at {progress.percent} %.")
        part.due = now + until_next_look(age, progress.percent)

    def _fetch(self, scope: Scope, part: _Part[Piece]) -> None:
        part.batches = [scope.keep(page) for page in self.fetch(scope, part.piece, part.job or "") if page]
        part.over = True

    def _cut(self, scope: Scope, part: _Part[Piece], why: str) -> None:
        try:
            pieces, joined = self.cut(scope, part.piece)
        except (Split, Retry, SkipWindow) as error:
            pieces, joined, why = (), False, f"{why} It could not be cut up: {error}"
        part.parts = [_Part(piece) for piece in pieces]
        part.joined = joined
        part.over = True
        if not pieces:
            part.gap = f"{part.piece}: {why} It cannot be asked for in smaller pieces."

    def _rows(self, part: _Part[Piece]) -> Rows:
        if not part.parts:
            return [row for batch in part.batches for row in batch.taken()]
        found = [self._rows(inner) for inner in part.parts]
        if not part.joined:
            return [row for rows in found for row in rows]
        # A row that lacks some of its fields would say that they are zero.
        return [] if any(part.gaps()) else joined(found, self.identity)


def until_next_look(age: float, percent: int) -> float:
    """Seconds until a report is looked at again, which was asked for ``age`` seconds ago and is so far.

    A run ends with its slowest report, so what is nearly ready is looked at more often: it is seen done some hundredths
    of its age late, and only one that does not tell its progress as much as a fifth.
    """
    left = age * (100 - percent) / percent if percent else age
    return min(_MOST, max(_LEAST, age / _SMALL_PART, min(age / _PART, left)))


def joined(parts: Sequence[Rows], identity: Sequence[str]) -> Rows:
    """The rows of all parts, those that agree in ``identity`` made one, in the order they first came."""
    rows: dict[tuple[Any, ...], Row] = {}
    for part in parts:
        for row in part:
            rows.setdefault(tuple(row.get(name) for name in identity), {}).update(row)
    return list(rows.values())
