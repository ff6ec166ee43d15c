"""Google Ads' streams: each is a report, whole or by days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from tap_google_ads.gaql import DATE, FIELDS, Report, column
from tap_toolkit.answers import Row
from tap_toolkit.http import Params
from tap_toolkit.paging import WholeDays
from tap_toolkit.sources import Listing, Scope
from tap_toolkit.streams import PlatformStream, schema_of
from tap_toolkit.windows import Window, Windows, days

# Google keeps days for 37 months, which are 1,123 days at least.
KEPT = days(1122)
_STREAM = "customers/{account}/googleAds:searchStream"
_TEXT = {"type": ["string", "null"]}  # all can be written as one
_NANO = Decimal("1e-9")
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Days(WholeDays):
    """A report's query over the days of a window."""

    report: Report

    def params(self, window: Window, scope: Scope) -> Params:
        """The member ``query``."""
        return [("query", self.report.query(*window.dates(scope.zone)))]


class GoogleAdsStream(PlatformStream):
    """A report as a stream. Records have fields by their columns' names, in one level."""

    account_field = "customer_id"
    report: ClassVar[Report]
    #: Where a field's column is found: JSON's names, one below the other, down to the column's.
    tree: ClassVar[Tree]
    #: What is not sent is none of it.
    zeros: ClassVar[Mapping[str, int]]
    exact: ClassVar[tuple[str, ...]]

    @classmethod
    def of(cls, report: Report, lookback: int = 0) -> type[GoogleAdsStream]:
        """The stream of a report; so many days are read again."""
        path, daily = _STREAM, report.is_daily
        body = {} if daily else {"query": report.query()}
        windows = Windows(span=days(report.span), lookback=days(lookback), pad=days(0), retention=KEPT, period="day")
        own = {name: FIELDS[name] for name in report.selected if name in FIELDS}
        facts = {
            "__doc__": f"The report {report.name} [FROM {report.resource}].",
            "__module__": cls.__module__,
            "name": report.name,
            "keys": tuple(dict.fromkeys(["customer_id", *map(column, report.identity)])),
            "cursor": column(DATE) if daily else None,
            "windows": windows if daily else None,
            "source": Listing(path, "results", "", body=body, window=Days(report) if daily else None),
            "report": report,
            "tree": _tree(report.selected),
            "zeros": {column(name): 0 for name, it in own.items() if it["type"] in ("integer", "number")},
            "exact": tuple(column(name) for name, it in own.items() if "x-sql-datatype" in it),
        }
        return type(report.name, (cls,), facts)

    @classmethod
    def full_schema(cls) -> dict[str, Any]:
        """The customer, what tells rows apart, and what is selected."""
        known = {column(name): FIELDS.get(name, _TEXT) for name in ("customer.id", *cls.report.selected)}
        keys = {name: {**known[name], "type": "string"} for name in cls.keys}
        return schema_of({**known, **keys})

    def prepare(self, row: Row, account: str) -> Row:
        """The row in one level; counts that were not sent are 0, and parts of a key that have no value ``unknown``.

        Doubles lose what is behind their ninth digit, which is all that a warehouse keeps.
        """
        found: Row = {**self.zeros}
        _flatten(row, self.tree, found)
        for name in self.exact:
            value = found[name]
            if isinstance(value, Decimal) and value.is_finite():
                found[name] = value.quantize(_NANO).normalize() + 0
        for name in self.keys:
            if found.get(name) in (None, ""):
                found[name] = "unknown"
        row.clear()  # what is kept of a rejected row is this very object: by these names its personal fields are known
        row.update(found)
        return super().prepare(row, account)


def _tree(fields: tuple[str, ...]) -> Tree:
    tree: Tree = {}
    for field in fields:
        *path, last = map(_camel, field.split("."))
        inner = tree
        for name in path:
            inner = inner.setdefault(name, {})
        inner[last] = column(field)
    return tree


def _flatten(value: Mapping[str, Any], tree: Tree, found: Row) -> None:
    """Put what is selected under its column's name, and what is not under its own; resource names come unasked."""
    for name, inner in value.items():
        place = tree.get(name)
        if isinstance(place, str):
            found[place] = inner
        elif place is not None and isinstance(inner, Mapping):
            _flatten(inner, place, found)
        elif name != "resourceName":
            found[name] = inner


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
