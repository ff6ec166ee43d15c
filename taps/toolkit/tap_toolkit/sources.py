"""Where a stream's rows come from: a paged listing, then details for the ids it names.

These classes are declarations; a stream names paths, parameters and sizes, and the reading is the same for all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

from tap_toolkit.answers import Row as Row
from tap_toolkit.answers import Rows as Rows
from tap_toolkit.answers import dig as dig
from tap_toolkit.answers import objects, rows_in, told_in, unlike
from tap_toolkit.errors import SkipRecord, SkipWindow, Split
from tap_toolkit.http import Params
from tap_toolkit.room import Packed
from tap_toolkit.windows import Window, epoch_of, instant

# Detail calls of a middle stage that may run ahead of the stage after it.
_AHEAD = 4
# Pages without a new row, one after the other, before a listing is taken for one that never ends.
_MOST_IDLE = 100
# Times that a listing whose size changes is read from its beginning again.
_MOST_RESTARTS = 5


class Batch(NamedTuple):
    """Rows that are there or on their way, and how many they are expected to be."""

    size: int
    rows: Rows | Packed | Future[Rows]

    def taken(self) -> Rows:
        """The rows, when they are there; raises what fetching them raised."""
        if isinstance(self.rows, Packed):
            return self.rows.rows()
        return self.rows.result() if isinstance(self.rows, Future) else self.rows


class Scope(Protocol):
    """What a source reads for, and the means to do it: one account and one window of a stream."""

    account: str
    window: Window | None
    pad: timedelta

    @property
    def zone(self) -> tzinfo:
        """The account's time zone, for a stream whose windows are local periods."""

    def ask(
        self,
        path: str,
        params: Params,
        body: Mapping[str, Any] | None = None,
        *,
        reads: Sequence[str] = (),
        page: bool = False,
    ) -> Any:
        """The decoded answer; raises what the platform's error table decides.

        ``page``: of the listing that the job walks; it goes before details.
        ``reads``: dotted paths of all that is read of it, the stream's own rows first; they may then be typed rows.
        """

    def submit(self, task: Callable[..., Rows], *args: Any) -> Future[Rows]:
        """Run a task beside others. Tasks must not wait for tasks."""

    def follow(self, task: Callable[..., Rows], *args: Any) -> Future[Rows]:
        """The same, but begun when the job's next page is on its way, or there is none: more calls hang on that."""

    def wait_for_room(self) -> None:
        """Block while too many rows wait to be written."""

    def keep(self, rows: Rows) -> Batch:
        """Rows for later, when all of their window are there; counted among those that wait, and perhaps packed."""

    def reject(self, row: Row, reason: str) -> None:
        """Keep a row that cannot be used, with its reason."""

    def expect(self, total: int) -> None:
        """Note how many rows the platform itself says there are."""


class Source(Protocol):
    """Anything that yields a window's rows in a repeatable order, ready or on their way."""

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of one window of one account."""


def _within(moment: datetime, window: Window) -> bool:
    return window.start <= moment < window.end


def epoch_seconds(moment: datetime) -> str:
    """The instant as whole seconds since 1970."""
    return str(epoch_of(moment))


class Bounds(Protocol):
    """How a listing is told which span is wanted."""

    def params(self, window: Window, pad: timedelta) -> Params:
        """The parameters for a window, asked for from ``pad`` before its start."""


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The two parameters that bound a listing, both taken as belonging to the span."""

    start: str
    end: str
    text: Callable[[datetime], str] = epoch_seconds

    def params(self, window: Window, pad: timedelta) -> Params:
        """From ``pad`` before the start to the end, so that no reading of the platform's edges loses a row."""
        return [(self.start, self.text(window.start - pad)), (self.end, self.text(window.end))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a listing goes on: by a cursor or offset that the answer carries (``next``), else by page numbers.

    ``more`` is true in the answer while there is more, or ``pages`` is their number; ``number`` is that of the page
    which was sent. ``size`` rows a page are asked for by ``size_param``.
    ``first`` empty and ``skip_first``: the first page is asked for by saying nothing.
    ``one_page_windows``: rows move between numbered pages while they are read, so that one would be missed. Such a
    listing is only believed when it fits one page; a fuller window is halved. ``restarts``: the same for a listing
    without time: where ``total`` changes between pages, it is read from the beginning once more.
    """

    param: str
    first: str
    more: str = ""
    pages: str = ""
    number: str = ""
    next: str = ""
    size: int = 100
    size_param: str = "page_size"
    total: str = ""
    skip_first: bool = False
    one_page_windows: bool = False
    restarts: bool = False

    def of_size(self, size: int) -> Paging:
        """The same with other pages."""
        return replace(self, size=size)

    def params(self, position: str) -> Params:
        """What asks for the page at a position."""
        size = [(self.size_param, str(self.size))]
        return size if self.skip_first and position == self.first else [(self.param, position), *size]

    @property
    def reads(self) -> tuple[str, ...]:
        """All that is read of an answer beside its rows."""
        return tuple(filter(None, (self.next, self.more, self.pages, self.number, self.total)))

    def count(self, body: Any) -> int | None:
        """How many pages there are, where the answer says so."""
        pages = dig(body, self.pages) if self.pages else None
        return pages if isinstance(pages, int) else None

    def tells(self, body: Any) -> bool:
        """Whether the answer says if there is more."""
        return dig(body, self.pages or self.more) is not None

    def has_more(self, body: Any, position: str) -> bool:
        """Whether there is a page after the one at a position."""
        if not self.pages:
            return bool(dig(body, self.more))
        return int(position) - int(self.first) + 1 < (self.count(body) or 0)

    def is_at(self, body: Any, position: str) -> bool:
        """Whether the answer is the page at a position, as far as it says which it is."""
        sent = dig(body, self.number) if self.number else None
        return sent is None or str(sent) == position

    def following(self, body: Any, position: str) -> str:
        """The position after this one; empty where the answer does not say."""
        if not self.next:
            return str(int(position) + 1)
        following = dig(body, self.next)
        return "" if following is None else str(following)


@dataclass(frozen=True, slots=True)
class Detail:
    """A second call for the rows of a first: ``size`` ids at a time, or one call a row.

    ``param`` names the ids in the query; without one, ``path`` holds ``{id}`` instead. An empty ``rows``: the answer is
    the row.
    ``rows``: where the answer's rows are; ``unwrap``: the field of each that holds it. ``ids``: the field that names a
    row, in the listing and in the detail. ``keep``: fields carried over from the listing's row, by new name.
    ``when``: only rows where this field is true. ``many``: one row may have any number of details.
    """

    path: str
    rows: str
    ids: str
    param: str = ""
    _: KW_ONLY
    size: int = 1
    params: Params = ()
    post: bool = False
    unwrap: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    when: str = ""
    many: bool = False

    def fetch(self, scope: Scope, batch: Rows, reads: Sequence[str] = ()) -> Rows:
        """The details of a batch, in its order. An id that cannot be had is rejected alone. ``reads``: see `Scope.ask`.

        Raises :class:`SkipWindow` where the answer holds no rows at all.
        """
        ids = [str(row[self.ids]) for row in batch]
        try:
            if self.post:
                answer = scope.ask(self.path, self.params, {self.param: ids}, reads=reads)
            elif not self.param:
                answer = scope.ask(self.path.format(id=quote(ids[0], safe="")), self.params, reads=reads)
            else:
                answer = scope.ask(self.path, [(self.param, ",".join(ids)), *self.params], reads=reads)
        except (SkipRecord, Split) as refused:
            if len(batch) == 1:
                scope.reject(batch[0], str(refused))
                return []
            middle = len(batch) // 2
            return self.fetch(scope, batch[:middle], reads) + self.fetch(scope, batch[middle:], reads)
        rows = rows_in(answer, self.rows, self.path, told=told_in(answer, self.rows))
        if self.unwrap:
            rows = [row.get(self.unwrap) if isinstance(row, dict) else row for row in rows]
        found = objects(scope.reject, rows, self.path)
        if self.many:
            return [self._carry(batch[0], row) for row in unlike(found, set())]
        by_id = {str(row.get(self.ids)): row for row in found}
        details: Rows = []
        for row, name in zip(batch, ids, strict=True):
            if detail := by_id.get(name):
                details.append(self._carry(row, detail) if self.keep else detail)
            else:
                scope.reject(row, f"listed, but {self.path} did not return {self.ids}")
        return details

    def _carry(self, listed: Row, row: Row) -> Row:
        for origin, name in self.keep.items():
            if origin in listed:
                row[name] = listed[origin]
        return row

    def batches(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Rows]:
        """Full batches, filled across pages, so that no call goes half empty but the last."""
        waiting: Rows = []
        for page in pages:
            for row in page:
                if row.get(self.ids) in (None, ""):
                    scope.reject(row, f"has no {self.ids} to ask {self.path} for")
                elif not self.when or row.get(self.when):
                    waiting.append(row)
            while len(waiting) >= self.size:
                yield waiting[: self.size]
                waiting = waiting[self.size :]
        if waiting:
            yield waiting

    def begun(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Batch]:
        """The details, under way side by side."""
        reads = () if self.unwrap or self.keep or self.many or not self.rows else (self.rows,)
        for batch in self.batches(scope, pages):
            yield Batch(len(batch), scope.follow(self.fetch, scope, batch, reads))

    def resolved(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Rows]:
        """The details themselves, a few calls ahead of whoever reads them."""
        pending: deque[Future[Rows]] = deque()
        for batch in self.batches(scope, pages):
            pending.append(scope.submit(self.fetch, scope, batch))
            if len(pending) > _AHEAD:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing, paged or not, whole or by windows, perhaps followed by details.

    ``path`` may hold ``{account}``. ``rows``: where the rows are; an object there is one row. ``key`` and ``version``
    tell rows apart when a page repeats them; without a ``key`` all of a row does. ``keep``: values
    of the answer copied into each row. ``newest_first``: the time by which the platform sorts, the latest first, where
    it cannot be asked for a span (see :meth:`pages`).
    """

    path: str
    rows: str
    key: str
    _: KW_ONLY
    version: str = ""
    params: Params = ()
    window: Bounds | None = None
    paging: Paging | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    newest_first: str = ""
    details: tuple[Detail, ...] = ()

    def then(self, detail: Detail) -> Listing:
        """The same listing with one more call for its rows."""
        return replace(self, details=(*self.details, detail))

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of a window. Raises what the platform's table decides for the listing's own calls."""
        pages: Iterable[Rows] = self._pages(scope, scope.window, set())
        if not self.details:
            for page in pages:
                yield Batch(len(page), page)
            return
        for detail in self.details[:-1]:
            pages = detail.resolved(scope, pages)
        yield from self.details[-1].begun(scope, pages)

    @property
    def _reads(self) -> Sequence[str]:
        """All that is read of an answer, where its rows are the stream's own and have a key."""
        if self.details or self.keep or not (self.rows and self.key):
            return ()
        return (self.rows, *(self.paging.reads if self.paging else ()))

    def _pages(self, scope: Scope, window: Window | None, seen: set[Any]) -> Iterator[Rows]:
        try:
            yield from self.pages(scope, window, seen)
        except Split as refused:
            if window is None or not window.divisible:
                raise SkipWindow(f"{refused} It cannot be asked for in smaller pieces.") from None
            for half in window.halves():
                yield from self._pages(scope, half, seen)

    def pages(self, scope: Scope, window: Window | None = None, seen: set[Any] | None = None) -> Iterator[Rows]:
        """The rows page by page, without those in ``seen``; raises :class:`Split` where it is too long.

        ``newest_first``: from the first page that reaches into the window to the first that reaches behind it. What
        changes meanwhile moves to the first page, beyond the window's end and into the next run's; all else moves back,
        if at all, so that it may come twice but is never missed.
        """
        seen = set() if seen is None else seen
        params = [*self.params]
        if self.window and window:
            params += self.window.params(window, scope.pad)
        paging = self.paging
        visited: set[str] = set()
        idle = restarts = 0
        total: int | None = None
        position, body = self._begin(scope, window, params)
        while True:
            more = bool(paging and paging.has_more(body, position))
            if more and paging and paging.one_page_windows and window and window.divisible:
                raise Split(f"{self.path} has more than a page in {window}.")
            before = total
            if paging and paging.total and isinstance(total := dig(body, paging.total), int) and not self.newest_first:
                scope.expect(total)
            fresh = self._fresh(scope, body, seen)
            rows = fresh
            if self.newest_first and window:
                moments = [self._moment(row) for row in fresh]
                rows = [row for row, at in zip(fresh, moments, strict=True) if at is None or _within(at, window)]
                more = more and not any(at < window.start for at in moments if at)
            if rows:
                yield rows
            if paging and paging.restarts and before not in (None, total):
                restarts += 1
                if restarts > _MOST_RESTARTS:
                    raise SkipWindow(f"{self.path} changes faster than it can be read. It is asked again later.")
                visited.clear()
                position, body = self._begin(scope, window, params)
                continue
            if not more or paging is None:
                return
            visited.add(position)
            position = paging.following(body, position)
            if position in visited:
                raise self._circles(position)
            idle = 0 if fresh else idle + 1
            if idle >= _MOST_IDLE:
                raise SkipWindow(
                    f"{self.path} goes on without end: {idle} pages had nothing new, and more are promised."
                )
            body = self._page(scope, params, position)

    def _page(self, scope: Scope, params: Params, position: str) -> Any:
        """The answer at a position. Raises :class:`SkipWindow` where it is that of another."""
        scope.wait_for_room()
        place = self.paging.params(position) if self.paging else []
        body = scope.ask(self.path.format(account=scope.account), [*params, *place], reads=self._reads, page=True)
        if self.paging and not self.paging.is_at(body, position):
            raise self._circles(position)
        return body

    def _circles(self, position: str) -> SkipWindow:
        return SkipWindow(f"{self.path} goes round in circles: page {position!r} came again, or another in its place.")

    def _begin(self, scope: Scope, window: Window | None, params: Params) -> tuple[str, Any]:
        """The first page, or of a listing that is sorted the first that is not all later than the window."""
        position = self.paging.first if self.paging else ""
        body = self._page(scope, params, position)
        if not (self.newest_first and window and self.paging and self._is_later(body, window)):
            return position, body
        low = int(position)
        high = low + (self.paging.count(body) or 1) - 1
        if high <= low:
            return position, body
        while low + 1 < high:
            middle = (low + high) // 2
            if self._is_later(self._page(scope, params, str(middle)), window):
                low = middle
            else:
                high = middle
        # Asked for once more: since it was looked at, rows may have moved to it from a page that then was looked at.
        return str(high), self._page(scope, params, str(high))

    def _is_later(self, body: Any, window: Window) -> bool:
        """Whether all rows of an answer changed after the window."""
        rows = dig(body, self.rows)
        moments = [self._moment(row) for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return bool(moments) and all(at is not None and at >= window.end for at in moments)

    def _moment(self, row: Row) -> datetime | None:
        """When a row changed; None where it does not say, or names a time to come: such a row is always read."""
        try:
            at = instant(str(row.get(self.newest_first)))
        except ValueError:
            return None
        return at if at <= datetime.now(UTC) else None

    def _fresh(self, scope: Scope, body: Any, seen: set[Any]) -> Rows:
        """The answer's rows that did not come before in this window."""
        told = self.paging is not None and self.paging.tells(body)
        rows = objects(scope.reject, rows_in(body, self.rows, self.path, told=told), self.path)
        if not self.key:
            fresh = unlike(rows, seen)
        else:
            fresh = []
            for row in rows:
                identity = (str(row.get(self.key)), str(row.get(self.version)) if self.version else "")
                if row.get(self.key) is not None:
                    if identity in seen:
                        continue
                    seen.add(identity)
                fresh.append(row)
        kept = {name: dig(body, path) for path, name in self.keep.items()}
        return [{**row, **kept} for row in fresh] if kept else fresh
