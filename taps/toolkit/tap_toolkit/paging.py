"""How a listing is told which span is wanted, and how it goes on from page to page.

These classes are declarations, each with the one walk that loses no row of such a listing.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from tap_toolkit.answers import Row, Rows, dig, unlike
from tap_toolkit.errors import SkipWindow, Split
from tap_toolkit.http import Params
from tap_toolkit.windows import Window, epoch_of, instant

if TYPE_CHECKING:
    from tap_toolkit.sources import Scope, Walk

# Pages without a new row, one after the other, before a listing is taken for one that never ends.
_MOST_IDLE = 100
# Times that a listing whose size changes is read from its beginning again.
_MOST_RESTARTS = 5


def epoch_seconds(moment: datetime) -> str:
    """The instant as whole seconds since 1970."""
    return str(epoch_of(moment))


class Bounds(Protocol):
    """How a listing is told which span is wanted."""

    def params(self, window: Window, scope: Scope) -> Params:
        """The parameters for a window, asked for from the scope's pad before its start."""

    def halves(self, window: Window, scope: Scope) -> Sequence[Window]:
        """The window in two parts that can be asked for; none where it is too short."""
        return halves(window)


@dataclass(frozen=True, slots=True)
class TimeRange(Bounds):
    """The two parameters that bound a listing, both taken as belonging to the span.

    ``text`` writes an instant; for a listing that is asked for by a POST it may be any JSON value.
    """

    start: str
    end: str
    text: Callable[[datetime], Any] = epoch_seconds

    def params(self, window: Window, scope: Scope) -> Params:
        """From the pad before the start to the end, so that no reading of the platform's edges loses a row."""
        return [(self.start, self.text(window.start - scope.pad)), (self.end, self.text(window.end))]


class WholeDays(Bounds, Protocol):
    """A span that is told in local days: for windows of whole days (`Windows.period`)."""

    def halves(self, window: Window, scope: Scope) -> Sequence[Window]:
        """Halves of whole local days; none for a single day."""
        first, last = window.dates(scope.zone)
        if first == last:
            return ()
        middle = first + timedelta(days=((last - first).days + 1) // 2)
        cut = datetime.combine(middle, time(0), scope.zone).astimezone(UTC)
        return Window(window.start, cut), Window(cut, window.end)


@dataclass(frozen=True, slots=True)
class DayRange(WholeDays):
    """The two local days that bound a listing, both belonging to it."""

    start: str
    end: str

    def params(self, window: Window, scope: Scope) -> Params:
        """The first and the last day of the window, as ``2026-09-20``."""
        first, last = window.dates(scope.zone)
        return [(self.start, first.isoformat()), (self.end, last.isoformat())]


def halves(window: Window) -> Sequence[Window]:
    """A window in two; none where it is too short."""
    return window.halves() if window.divisible else ()


class Pages(Protocol):
    """A way of paging."""

    @property
    def reads(self) -> Sequence[str]:
        """All that it reads of an answer, beside the rows."""

    def walk(self, walk: Walk) -> Iterator[Rows]:
        """The rows page by page, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """A listing goes on by a cursor or offset that the answer carries (``next``), else by page numbers.

    ``more`` is true in the answer while there is more; empty: as long as a page has rows. ``size`` rows a page are
    asked for by ``size_param``. ``by_rows``: not pages are counted, but the rows that came, of those that are alike
    one. ``first`` empty and ``skip_first``: the first page is asked for by saying nothing. ``most`` results are shown
    of any listing: one whose ``total`` is not below is halved.
    ``one_page_windows``: rows move between numbered pages while they are read, so that one would be missed. Such a
    listing is only believed when it fits one page; a fuller window is halved.
    """

    param: str
    first: str
    more: str
    next: str = ""
    size: int = 100
    size_param: str = "page_size"
    total: str = ""
    most: int = 0
    skip_first: bool = False
    one_page_windows: bool = False
    by_rows: bool = False

    @property
    def reads(self) -> Sequence[str]:
        """All that it reads of an answer."""
        return [path for path in (self.next, self.more, self.total) if path]

    def of_size(self, size: int) -> Paging:
        """The same with other pages."""
        return replace(self, size=size)

    def walk(self, walk: Walk) -> Iterator[Rows]:
        """From the first page to the last. Raises :class:`Split` where a window is too long."""
        position = self.first
        visited: set[str] = set()
        idle = 0
        while True:
            body = walk.ask(self._params(position))
            more = bool(dig(body, self.more)) if self.more else None
            if more and self.one_page_windows and walk.halves:
                raise Split(f"{walk.path} has more than a page in {walk.window}.")
            if self.total and isinstance(total := dig(body, self.total), int):
                if 0 < self.most <= total and walk.halves:
                    raise Split(f"{walk.path} has {total} rows in {walk.window}, and shows {self.most} at most.")
                walk.expect(total)
            rows = walk.listed(body, told=bool(self.more) and dig(body, self.more) is not None)
            if fresh := walk.fresh(body, rows):
                yield fresh
            if not (rows if more is None else more):
                return
            visited.add(position)
            position = self._following(body, position, rows)
            if position in visited:
                raise _circles(walk, position)
            idle = 0 if fresh else idle + 1
            _check_idle(walk, idle)

    def _params(self, position: str) -> Params:
        size = [(self.size_param, str(self.size))]
        return size if self.skip_first and position == self.first else [(self.param, position), *size]

    def _following(self, body: Any, position: str, rows: Rows) -> str:
        """The position after this one, where these rows came; empty where the answer does not say."""
        if not self.next:
            return str(int(position) + (len(unlike(rows, set())) if self.by_rows else 1))
        following = dig(body, self.next)
        return "" if following is None else str(following)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedPages:
    """Pages have numbers, from ``first`` on, and the answer says how many there are (``pages``).

    Perhaps it says, too, which page it is (``number``), and how many rows there are (``total``): where that changes
    between pages, rows have moved, and the listing is read from its beginning once more.
    ``newest_first``: the time of change by which rows are sorted, the latest first, in a listing that cannot be asked
    for a span. It is read from the first page that reaches into the window to the first that reaches behind it.
    What changes meanwhile moves to the first page, beyond the window's end and into the next run's; all else moves
    back, if at all, so that it may come twice but is never missed.
    ``most`` rows are shown of any listing: one of as many or more is not believed (:class:`Split`). ``counted``: rows
    are in no order that lasts from page to page, so that fewer than the total are not all (:class:`SkipWindow`).
    """

    param: str
    pages: str
    number: str = ""
    total: str = ""
    first: int = 1
    size: int = 100
    size_param: str = "page_size"
    newest_first: str = ""
    most: int = 0
    counted: bool = False

    @property
    def reads(self) -> Sequence[str]:
        """All that it reads of an answer."""
        return [path for path in (self.pages, self.number, self.total) if path]

    def walk(self, walk: Walk) -> Iterator[Rows]:
        """From the first page, or the first of the window, to the last of either."""
        idle = restarts = reached = came = 0
        total: int | None = None
        position, body = self._begin(walk)
        while True:
            more = position < self._last(walk, body)
            before = total
            if isinstance(found := dig(body, self.total) if self.total else None, int):
                total = found
                if 0 < self.most <= total:
                    raise Split(f"{walk.path} has {total} rows, and shows {self.most} at most.")
                if not self.newest_first:
                    walk.expect(total)
            fresh = walk.fresh(body, walk.listed(body, told=True))
            came += len(fresh)
            rows, window = fresh, walk.window
            if self.newest_first and window:
                moments = [self._moment(row) for row in fresh]
                rows = [row for row, at in zip(fresh, moments, strict=True) if at is None or _within(at, window)]
                more = more and not any(at < window.start for at in moments if at)
            if rows:
                yield rows
            if not self.newest_first and before not in (None, total):
                restarts += 1
                if restarts > _MOST_RESTARTS:
                    raise SkipWindow(f"{walk.path} changes faster than it can be read. It is asked again later.")
                reached, idle = max(reached, position), 0
                position, body = self._begin(walk)
                continue
            if not more:
                if self.counted and total is not None and came < total:
                    raise SkipWindow(f"{walk.path} says that it has {total} rows, and shows {came}.")
                return
            # On pages that are read again nothing need be new.
            idle = 0 if fresh or position <= reached else idle + 1
            _check_idle(walk, idle)
            position += 1
            body = self._page(walk, position)

    def _last(self, walk: Walk, body: Any) -> int:
        """The number of the last page, which is the first where there is none. Raises :class:`SkipWindow`."""
        count = dig(body, self.pages)
        if not isinstance(count, int):  # taken for one page, it would lose all others
            raise SkipWindow(
                f"{walk.path} answered in another shape: {self.pages} does not say how many pages there are. "
                "It is asked again later."
            )
        return self.first + max(1, count) - 1

    def _page(self, walk: Walk, position: int) -> Any:
        """The answer at a position. Raises :class:`SkipWindow` where it is that of another."""
        body = walk.ask([(self.param, str(position)), (self.size_param, str(self.size))])
        sent = dig(body, self.number) if self.number else None
        if sent is not None and str(sent) != str(position):
            raise _circles(walk, str(position))
        return body

    def _begin(self, walk: Walk) -> tuple[int, Any]:
        """The first page, or of a listing that is sorted the first that is not all later than the window."""
        low = self.first
        body = self._page(walk, low)
        high = self._last(walk, body)
        if high <= low or not (self.newest_first and walk.window and self._is_later(walk, body, walk.window)):
            return low, body
        while low + 1 < high:
            middle = (low + high) // 2
            if self._is_later(walk, self._page(walk, middle), walk.window):
                low = middle
            else:
                high = middle
        # Asked for once more: since it was looked at, rows may have moved to it from a page that then was looked at.
        return high, self._page(walk, high)

    def _is_later(self, walk: Walk, body: Any, window: Window) -> bool:
        """Whether all rows of an answer changed after the window."""
        moments = [self._moment(row) for row in walk.glance(body)]
        return bool(moments) and all(at is not None and at >= window.end for at in moments)

    def _moment(self, row: Row) -> datetime | None:
        """When a row changed; None where it does not say, or names a time to come: such a row is always read."""
        try:
            at = instant(str(row.get(self.newest_first)))
        except ValueError:
            return None
        return at if at <= datetime.now(UTC) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FromTheEnd:
    """A listing whose answers say how many rows it has (``total``) is read from its last page to its first.

    Rows that change while they are read leave the window, and all behind them move up. Read forwards, one would be
    missed for each; read backwards, one comes twice. The first page comes first, to tell the total, and once more in
    the end if rows are missing then. Pages are asked for by number, from ``first`` on, or ``by_rows``, by the number
    of rows before them. A window of more than ``most`` rows, where it is given, is halved. ``key`` tells apart what
    is counted, where that is not the listing's own key.
    """

    param: str
    total: str
    size: int = 100
    size_param: str = "page_size"
    first: int = 0
    by_rows: bool = False
    most: int = 0
    key: str = ""

    @property
    def reads(self) -> Sequence[str]:
        """All that it reads of an answer."""
        return [self.total]

    def walk(self, walk: Walk) -> Iterator[Rows]:
        """The first page, the last to the second, and the first again if need be."""
        known: set[str] = set()
        shown: set[frozenset[str]] = set()
        began, holds, pages = -1, self.size, [0]
        for attempt in itertools.count():
            before = len(known)
            for page in pages:
                body = walk.ask(self._params(page, holds))
                total = self._total(walk, body)
                if self.most and total > self.most:
                    raise Split(f"{walk.path} has {total} rows, of which it shows {self.most}.")
                walk.expect(total)
                rows = walk.listed(body, told=True)
                names = frozenset(str(row.get(self.key or walk.key)) for row in rows)
                if page and names and names in shown:
                    raise _circles(walk, str(page + 1))
                shown.add(names)
                known |= names
                if fresh := walk.fresh(body, rows):
                    yield fresh
                if page == 0:
                    # A page may hold fewer rows than were asked for.
                    holds = len(names) or self.size
                if began < 0:
                    began = total
                # Those that have left are known, too: only as many as there were at first are surely all.
                if page <= 1 and len(known) >= began:
                    return
            if attempt and (len(known) >= total or len(known) == before):
                if not known and total:
                    raise SkipWindow(f"{walk.path} says that it has {total} rows, and shows none.")
                return  # if the platform counts otherwise than it lists, sync_windows has both figures
            if attempt:
                shown.clear()
            pages = [*reversed(range(1, -(-total // holds))), 0]

    def _params(self, page: int, holds: int) -> Params:
        """What asks for a page, counted from 0, of pages that hold so many rows."""
        position = page * holds if self.by_rows else page + self.first
        return [(self.param, str(position)), (self.size_param, str(self.size))]

    def _total(self, walk: Walk, body: Any) -> int:
        found = dig(body, self.total)
        if isinstance(found, str) and found.isdecimal():
            return int(found)
        if type(found) is int:
            return found
        raise SkipWindow(f"{walk.path} answered in another shape: there is no {self.total}. It is asked again later.")


def _within(moment: datetime, window: Window) -> bool:
    return window.start <= moment < window.end


def _check_idle(walk: Walk, idle: int) -> None:
    if idle >= _MOST_IDLE:
        raise SkipWindow(f"{walk.path} goes on without end: {idle} pages had nothing new, and more are promised.")


def _circles(walk: Walk, position: str) -> SkipWindow:
    return SkipWindow(f"{walk.path} goes round in circles: page {position!r} came again, or another in its place.")
