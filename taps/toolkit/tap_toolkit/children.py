"""Listings below the rows of a listing: of each statement its transactions, and the like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from tap_toolkit.errors import SkipRecord
from tap_toolkit.sources import Batch, Listing, Row, Rows, Scope


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
