"""Where a stream's rows come from: a paged listing, then details for the ids it names.

These classes are declarations; a stream names paths, parameters and sizes, and the reading is the same for all.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, NamedTuple, Protocol

from tap_toolkit.answers import Row as Row
from tap_toolkit.answers import Rows as Rows
from tap_toolkit.answers import dig as dig
from tap_toolkit.answers import objects, rows_in, told_in, unlike
from tap_toolkit.errors import SkipRecord, SkipWindow, Split
from tap_toolkit.http import Params
from tap_toolkit.room import Packed
from tap_toolkit.windows import Window, epoch_of

# Detail calls of a middle stage that may run ahead of the stage after it.
_AHEAD = 4
# Pages without a new row, one after the other, before a listing is taken for one that never ends.
_MOST_IDLE = 100


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


@dataclass(frozen=True, slots=True)
class DayRange:
    """The two local days that bound a listing, both belonging to it: for windows of whole days (`Windows.period`)."""

    start: str
    end: str

    def params(self, window: Window, zone: tzinfo) -> Params:
        """The first and the last day of the window, as ``2026-09-20``."""
        first, last = window.dates(zone)
        return [(self.start, first.isoformat()), (self.end, last.isoformat())]

    def halves(self, window: Window, zone: tzinfo) -> Sequence[Window]:
        """Halves of whole local days; none for a single day."""
        first, last = window.dates(zone)
        if first == last:
            return ()
        middle = first + timedelta(days=((last - first).days + 1) // 2)
        cut = datetime.combine(middle, time(0), zone).astimezone(UTC)
        return Window(window.start, cut), Window(cut, window.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a listing goes on: by a cursor or offset that the answer carries (``next``), else by page numbers.

    ``more`` is true in the answer while there is more; empty: as long as a page has rows. ``size`` rows a page are
    asked for by ``size_param``. ``by_rows``: not pages are counted, but the rows that came.
    ``first`` empty and ``skip_first``: the first page is asked for by saying nothing.
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

    def params(self, position: str) -> Params:
        """What asks for the page at a position."""
        size = [(self.size_param, str(self.size))]
        return size if self.skip_first and position == self.first else [(self.param, position), *size]

    def following(self, body: Any, position: str, rows: int) -> str:
        """The position after this one, where so many rows came; empty where the answer does not say."""
        if not self.next:
            return str(int(position) + (rows if self.by_rows else 1))
        following = dig(body, self.next)
        return "" if following is None else str(following)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromTheEnd:
    """How a listing goes on whose answers say how many rows it has (``total``): from its last page to its first.

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

    def params(self, page: int, holds: int) -> Params:
        """What asks for a page, counted from 0, of pages that hold so many rows."""
        position = page * holds if self.by_rows else page + self.first
        return [(self.param, str(position)), (self.size_param, str(self.size))]


@dataclass(frozen=True, slots=True)
class Detail:
    """A second call for the rows of a first: ``size`` ids at a time, or one call a row.

    ``rows``: where the answer's rows are; ``unwrap``: the field of each that holds it. ``ids``: the field that names a
    row, in the listing and in the detail. ``keep``: fields carried over from the listing's row, by new name;
    ``take``: the row stays the listing's, and these fields of the detail are carried into it. ``when``: only rows where
    this field is true. ``many``: one row may have any number of details. ``form``: how a list of ids is written.
    """

    path: str
    rows: str
    ids: str
    param: str
    _: KW_ONLY
    size: int = 1
    params: Params = ()
    post: bool = False
    unwrap: str = ""
    keep: Mapping[str, str] = field(default_factory=dict)
    take: Mapping[str, str] = field(default_factory=dict)
    when: str = ""
    many: bool = False
    form: str = "{}"

    def fetch(self, scope: Scope, batch: Rows, reads: Sequence[str] = ()) -> Rows:
        """The details of a batch, in its order. An id that cannot be had is rejected alone. ``reads``: see `Scope.ask`.

        Raises :class:`SkipWindow` where the answer holds no rows at all.
        """
        ids = [str(row[self.ids]) for row in batch]
        try:
            if self.post:
                answer = scope.ask(self.path, self.params, {self.param: ids}, reads=reads)
            else:
                answer = scope.ask(
                    self.path, [(self.param, self.form.format(",".join(ids))), *self.params], reads=reads
                )
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
                details.append(self._carry(row, detail) if self.keep or self.take else detail)
            else:
                scope.reject(row, f"listed, but {self.path} did not return {self.ids}")
        return details

    def _carry(self, listed: Row, row: Row) -> Row:
        if self.take:
            return {**listed, **{name: row[origin] for origin, name in self.take.items() if origin in row}}
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
        reads = () if self.unwrap or self.keep or self.take or self.many else (self.rows,)
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
    of the answer copied into each row. ``lines``: what is listed is not the rows, but holds them, in the list of that
    name; its other fields are copied into each.
    """

    path: str
    rows: str
    key: str
    _: KW_ONLY
    version: str = ""
    params: Params = ()
    window: Bounds | DayRange | None = None
    paging: Paging | FromTheEnd | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    lines: str = ""
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
        if self.details or self.keep or self.lines or not (self.rows and self.key):
            return ()
        return (self.rows, *(self.paging.reads if self.paging else ()))

    def _pages(self, scope: Scope, window: Window | None, seen: set[Any]) -> Iterator[Rows]:
        try:
            yield from self.pages(scope, window, seen)
        except Split as refused:
            halves = self._halves(scope, window)
            if not halves:
                raise SkipWindow(f"{refused} It cannot be asked for in smaller pieces.") from None
            for half in halves:
                yield from self._pages(scope, half, seen)

    def pages(self, scope: Scope, window: Window | None = None, seen: set[Any] | None = None) -> Iterator[Rows]:
        """The rows page by page, without those in ``seen``; raises :class:`Split` where it is too long."""
        seen = set() if seen is None else seen
        params = [*self.params]
        if self.window and window:
            if isinstance(self.window, DayRange):
                params += self.window.params(window, scope.zone)
            else:
                params += self.window.params(window, scope.pad)
        paging = self.paging
        if isinstance(paging, FromTheEnd):
            yield from self._from_the_end(scope, params, paging, seen)
            return
        position = paging.first if paging else ""
        visited: set[str] = set()
        idle = 0
        while True:
            body = self._ask(scope, [*params, *(paging.params(position) if paging else [])])
            told = paging is not None and bool(paging.more) and dig(body, paging.more) is not None
            rows = self._listed(scope, body, told)
            more = bool(paging and (dig(body, paging.more) if paging.more else rows))
            if more and paging and paging.one_page_windows and window and window.divisible:
                raise Split(f"{self.path} has more than a page in {window}.")
            if paging and paging.total and isinstance(total := dig(body, paging.total), int):
                scope.expect(total)
            if fresh := self._fresh(scope, body, rows, seen):
                yield fresh
            if not more or paging is None:
                return
            visited.add(position)
            position = paging.following(body, position, len(rows))
            if position in visited:
                raise SkipWindow(f"{self.path} goes round in circles: page {position!r} came again.")
            idle = 0 if fresh else idle + 1
            if idle >= _MOST_IDLE:
                raise SkipWindow(
                    f"{self.path} goes on without end: {idle} pages had nothing new, and more are promised."
                )

    def _halves(self, scope: Scope, window: Window | None) -> Sequence[Window]:
        if window is None:
            return ()
        if isinstance(self.window, DayRange):
            return self.window.halves(window, scope.zone)
        return window.halves() if window.divisible else ()

    def _from_the_end(self, scope: Scope, params: Params, paging: FromTheEnd, seen: set[Any]) -> Iterator[Rows]:
        known: set[str] = set()
        shown: set[frozenset[str]] = set()
        began, holds, pages = -1, paging.size, [0]
        for attempt in itertools.count():
            before = len(known)
            for page in pages:
                body = self._ask(scope, [*params, *paging.params(page, holds)])
                total = self._total(body, paging)
                if paging.most and total > paging.most:
                    raise Split(f"{self.path} has {total} rows, of which it shows {paging.most}.")
                scope.expect(total)
                rows = self._listed(scope, body, told=True)
                names = frozenset(str(row.get(paging.key or self.key)) for row in rows)
                if page and names and names in shown:
                    raise SkipWindow(f"{self.path} goes round in circles: page {page + 1} has what another had.")
                shown.add(names)
                known |= names
                if fresh := self._fresh(scope, body, rows, seen):
                    yield fresh
                if page == 0:
                    # A page may hold fewer rows than were asked for.
                    holds = len(names) or paging.size
                if began < 0:
                    began = total
                # Those that have left are known, too: only as many as there were at first are surely all.
                if page <= 1 and len(known) >= began:
                    return
            if attempt and (len(known) >= total or len(known) == before):
                if not known and total:
                    raise SkipWindow(f"{self.path} says that it has {total} rows, and shows none.")
                return  # if the platform counts otherwise than it lists, sync_windows has both figures
            if attempt:
                shown.clear()
            pages = [*reversed(range(1, -(-total // holds))), 0]

    def _total(self, body: Any, paging: FromTheEnd) -> int:
        found = dig(body, paging.total)
        if isinstance(found, str) and found.isdecimal():
            return int(found)
        if type(found) is int:
            return found
        raise SkipWindow(f"{self.path} answered in another shape: there is no {paging.total}. It is asked again later.")

    def _ask(self, scope: Scope, params: Params) -> Any:
        scope.wait_for_room()
        return scope.ask(self.path.format(account=scope.account), params, reads=self._reads, page=True)

    def _listed(self, scope: Scope, body: Any, told: bool) -> Rows:
        """The answer's rows, or what holds them."""
        return objects(scope.reject, rows_in(body, self.rows, self.path, told=told), self.path)

    def _fresh(self, scope: Scope, body: Any, rows: Rows, seen: set[Any]) -> Rows:
        """The rows of an answer that did not come before in this window."""
        if self.lines:
            rows = [line for holder in rows for line in self._lines(scope, holder)]
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

    def _lines(self, scope: Scope, holder: Row) -> Rows:
        lines = holder.get(self.lines)
        if not isinstance(lines, list):
            scope.reject(holder, f"{self.path} listed it without {self.lines}")
            return []
        rest = {name: value for name, value in holder.items() if name != self.lines}
        return [{**rest, **line} for line in objects(scope.reject, lines, self.path)]


@dataclass(frozen=True, slots=True)
class Several:
    """Listings that are read one after the other, as one."""

    sources: tuple[Source, ...]

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of all of them."""
        for source in self.sources:
            yield from source.read(scope)
