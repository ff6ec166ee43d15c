"""More calls for the rows of a listing: details by their ids, or listings that lie below them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import KW_ONLY, dataclass, field, replace
from urllib.parse import quote

from tap_toolkit.answers import Row, Rows, objects, rows_in, told_in, unlike
from tap_toolkit.errors import SkipRecord, Split
from tap_toolkit.http import Params
from tap_toolkit.paging import Bounds
from tap_toolkit.sources import Batch, Listing, Scope
from tap_toolkit.windows import instant

# Detail calls of a middle stage that may run ahead of the stage after it.
_AHEAD = 4


@dataclass(frozen=True, slots=True)
class Detail:
    """A second call for the rows of a first: ``size`` ids at a time, or one call a row.

    ``rows``: where the answer's rows are, empty where the answer is the row; ``unwrap``: the field of each that holds
    it. ``ids``: the field that names a row, in the listing and in the detail. ``param`` names the ids in the query, and
    ``form`` says how a list of them is written; without ``param``, ``path`` holds ``{id}`` instead.
    ``keep``: fields carried over from the listing's row, by new name; ``take``: the row stays the listing's, and these
    fields of the detail are carried into it. ``when``: only rows where this field is true. ``many``: one row may have
    any number of details, and so may a batch, where nothing is carried over. ``window``: the details are of a span,
    which is told like a listing's.
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
    take: Mapping[str, str] = field(default_factory=dict)
    when: str = ""
    many: bool = False
    form: str = "{}"
    window: Bounds | None = None

    def opened(self, scope: Scope, rows: Rows) -> Rows:
        """The details in what an answer lists; overridden where they lie deeper."""
        return rows

    def fetch(self, scope: Scope, batch: Rows, reads: tuple[str, ...] = ()) -> Rows:
        """The details of a batch, in its order. An id that cannot be had is rejected alone. ``reads``: see `Scope.ask`.

        Raises :class:`SkipWindow` where the answer holds no rows at all.
        """
        ids = [str(row[self.ids]) for row in batch]
        bounds = self.window.params(scope.window, scope) if self.window and scope.window else ()
        params = [*self.params, *bounds]
        try:
            if self.post:
                answer = scope.ask(self.path, params, {self.param: ids}, reads=reads)
            elif not self.param:
                answer = scope.ask(self.path.format(id=quote(ids[0], safe="")), params, reads=reads)
            else:
                answer = scope.ask(self.path, [(self.param, self.form.format(",".join(ids))), *params], reads=reads)
        except (SkipRecord, Split) as refused:
            if len(batch) == 1:
                scope.reject(batch[0], str(refused))
                return []
            middle = len(batch) // 2
            return self.fetch(scope, batch[:middle], reads) + self.fetch(scope, batch[middle:], reads)
        rows = rows_in(answer, self.rows, self.path, told=told_in(answer, self.rows))
        if self.unwrap:
            rows = [row.get(self.unwrap) if isinstance(row, dict) else row for row in rows]
        found = self.opened(scope, objects(scope.reject, rows, self.path))
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
        reads = () if self.unwrap or self.keep or self.take or self.many or not self.rows else (self.rows,)
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
class ChangedSince:
    """Of a listing that cannot be asked for a span: the rows that by a ``field`` have changed since a window began.

    One that changed at the very instant at which it begins is among them, and so is one that does not say when.
    """

    field: str

    def resolved(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Rows]:
        """The rows, page by page."""
        for page in pages:
            yield [row for row in page if self._changed(scope, row)]

    def begun(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Batch]:
        """The same; they are there already."""
        for rows in self.resolved(scope, pages):
            yield Batch(len(rows), rows)

    def _changed(self, scope: Scope, row: Row) -> bool:
        try:
            return scope.window is None or instant(str(row.get(self.field))) >= scope.window.start
        except ValueError:
            return True


@dataclass(frozen=True, slots=True)
class Children:
    """A listing for each row of the one before, whose path holds the row's id as ``{id}``: a call a page of each.

    ``ids``: the field that names a parent. ``keep``: fields of the parent copied into each child, by new name. The
    parents of a window are read one after the other, their windows side by side.
    """

    listing: Listing
    ids: str
    keep: Mapping[str, str] = field(default_factory=dict)

    def resolved(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Rows]:
        """The children, page by page. A parent that has none to show is rejected alone."""
        for page in pages:
            for parent in page:
                if parent.get(self.ids) in (None, ""):
                    scope.reject(parent, f"has no {self.ids} to ask {self.listing.path} for")
                    continue
                try:
                    yield from self._below(scope, parent)
                except SkipRecord as refused:
                    scope.reject(parent, str(refused))

    def begun(self, scope: Scope, pages: Iterable[Rows]) -> Iterator[Batch]:
        """The same; they are there already."""
        for rows in self.resolved(scope, pages):
            yield Batch(len(rows), rows)

    def _below(self, scope: Scope, parent: Row) -> Iterator[Rows]:
        path = self.listing.path.replace("{id}", quote(str(parent[self.ids]), safe=""))
        for page in replace(self.listing, path=path).pages(scope):
            for row in page:
                for origin, name in self.keep.items():
                    row[name] = parent.get(origin)
            yield page
