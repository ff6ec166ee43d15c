"""Where a stream's rows come from: a paged listing, then more calls for the rows it names.

These classes are declarations; a stream names paths, parameters and sizes, and the reading is the same for all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import KW_ONLY, dataclass, field, replace
from datetime import timedelta, tzinfo
from typing import Any, NamedTuple, Protocol, TypeVar

from tap_toolkit.answers import Row, Rows, dig, objects, rows_in, unlike
from tap_toolkit.errors import SkipWindow, Split
from tap_toolkit.http import Params
from tap_toolkit.paging import Bounds, Pages
from tap_toolkit.room import Packed
from tap_toolkit.windows import Window

T = TypeVar("T")


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

    def submit(self, task: Callable[..., T], *args: Any) -> Future[T]:
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


class Stage(Protocol):
    """More calls for the rows of a listing, or of the stage before: see :mod:`tap_toolkit.details`."""

    def resolved(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Rows]:
        """The rows they bring, for a stage after this one."""

    def begun(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Batch]:
        """The same, perhaps still on their way."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing, paged or not, whole or by windows, perhaps followed by details.

    ``path`` may hold ``{account}``. ``rows``: where the rows are; an object there is one row. ``key`` and ``version``
    tell rows apart when a page repeats them; without a ``key`` all of a row does. ``keep``: values
    of the answer copied into each row. ``lines``: what is listed is not the rows, but holds them, in the list of that
    name; its other fields are copied into each. A ``body`` makes it a POST, and the window's bounds then go into it.
    """

    path: str
    rows: str
    key: str
    _: KW_ONLY
    version: str = ""
    params: Params = ()
    window: Bounds | None = None
    paging: Pages | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    lines: str = ""
    body: Mapping[str, Any] | None = None
    details: tuple[Stage, ...] = ()

    def then(self, detail: Stage) -> Listing:
        """The same listing with more calls for its rows."""
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
    def reads(self) -> Sequence[str]:
        """All that is read of an answer, where its rows are the stream's own and have a key."""
        if self.details or self.keep or self.lines or not (self.rows and self.key):
            return ()
        return (self.rows, *(self.paging.reads if self.paging else ()))

    def _pages(self, scope: Scope, window: Window | None, seen: set[Any]) -> Iterator[Rows]:
        walk = Walk(self, scope, window, seen)
        try:
            yield from walk.pages()
        except Split as refused:
            if not walk.halves:
                raise SkipWindow(f"{refused} It cannot be asked for in smaller pieces.") from None
            for half in walk.halves:
                yield from self._pages(scope, half, seen)

    def pages(self, scope: Scope, window: Window | None = None, seen: set[Any] | None = None) -> Iterator[Rows]:
        """The rows page by page, without those in ``seen``; raises :class:`Split` where it is too long."""
        return Walk(self, scope, window, set() if seen is None else seen).pages()


class Walk:
    """One pass over a listing, or one window of it: what its way of paging asks and is told."""

    def __init__(self, listing: Listing, scope: Scope, window: Window | None, seen: set[Any]) -> None:
        self._listing, self._scope, self._seen = listing, scope, seen
        self.window, self.path, self.key = window, listing.path, listing.key
        bounds = listing.window.params(window, scope) if listing.window and window else []
        self._params = [*listing.params] if listing.body is not None else [*listing.params, *bounds]
        self._body = None if listing.body is None else {**listing.body, **dict(bounds)}

    def pages(self) -> Iterator[Rows]:
        """The rows page by page."""
        if self._listing.paging:
            yield from self._listing.paging.walk(self)
        else:
            body = self.ask()
            if fresh := self.fresh(body, self.listed(body, told=False)):
                yield fresh

    @property
    def halves(self) -> Sequence[Window]:
        """The window in two parts; none where it cannot be parted, or is not what the listing is asked for."""
        bounds = self._listing.window
        return bounds.halves(self.window, self._scope) if bounds and self.window else ()

    def ask(self, place: Params = ()) -> Any:
        """The answer at a place of the listing."""
        self._scope.wait_for_room()
        path = self.path.format(account=self._scope.account)
        return self._scope.ask(path, [*self._params, *place], self._body, reads=self._listing.reads, page=True)

    def expect(self, total: int) -> None:
        """Note how many rows the platform itself says there are."""
        self._scope.expect(total)

    def glance(self, body: Any) -> Rows:
        """The rows of an answer that is only looked at."""
        rows = dig(body, self._listing.rows)
        return objects(lambda row, reason: None, rows, self.path) if isinstance(rows, list) else []

    def listed(self, body: Any, *, told: bool) -> Rows:
        """The answer's rows, or what holds them. ``told``: an answer without any says so."""
        return objects(self._scope.reject, rows_in(body, self._listing.rows, self.path, told=told), self.path)

    def fresh(self, body: Any, rows: Rows) -> Rows:
        """The rows of an answer that did not come before in this window."""
        listing = self._listing
        if listing.lines:
            rows = [line for holder in rows for line in self._lines(holder)]
        if not listing.key:
            fresh = unlike(rows, self._seen)
        else:
            fresh = []
            for row in rows:
                identity = (str(row.get(listing.key)), str(row.get(listing.version)) if listing.version else "")
                if row.get(listing.key) is not None:
                    if identity in self._seen:
                        continue
                    self._seen.add(identity)
                fresh.append(row)
        kept = {name: dig(body, path) for path, name in listing.keep.items()}
        return [{**row, **kept} for row in fresh] if kept else fresh

    def _lines(self, holder: Row) -> Rows:
        name = self._listing.lines
        lines = holder.get(name)
        if not isinstance(lines, list):
            self._scope.reject(holder, f"{self.path} listed it without {name}")
            return []
        rest = {field: value for field, value in holder.items() if field != name}
        return [{**rest, **line} for line in objects(self._scope.reject, lines, self.path)]


@dataclass(frozen=True, slots=True)
class Several:
    """Listings that are read one after the other, as one."""

    sources: tuple[Source, ...]

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of all of them."""
        for source in self.sources:
            yield from source.read(scope)
