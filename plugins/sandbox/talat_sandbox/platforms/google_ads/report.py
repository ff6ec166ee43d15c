"""The rows of a query: the parts of an account, day by day, added up by all that is selected of them but metrics."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import orjson

from talat_sandbox.business.ad_days import AdDays
from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_shares import split
from talat_sandbox.business.ads import Portfolio
from talat_sandbox.platforms.google_ads.fields import ATTRIBUTES, HISTORICAL, SEGMENTS
from talat_sandbox.platforms.google_ads.gaql import Condition, Query
from talat_sandbox.platforms.google_ads.metrics import METRICS
from talat_sandbox.platforms.google_ads.places import Place, places, segmented
from talat_sandbox.platforms.google_ads.protocol import camel
from talat_sandbox.platforms.google_ads.rules import DATES, PARTED, REGION, check, on_rows

_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
_split = lru_cache(maxsize=20_000)(split)


@dataclass(frozen=True, slots=True)
class Book:
    """An account at an instant. `opens` is the first day, `today` the present one, both local."""

    portfolio: Portfolio
    days: AdDays
    opens: date
    today: date
    as_of: int


@dataclass(slots=True)
class _Row:
    values: dict[str, object]
    parts: list[Figures] = field(default_factory=list)


def rows(query: Query, book: Book, version: str) -> list[dict[str, Any]]:
    """Return the rows of a query as JSON objects. Raises GoogleAdsError for what Google refuses."""
    first, last = check(query, book.today, version)
    conditions = on_rows(query)
    names = [name for name in query.fields if name not in METRICS]
    shown = [*names, *_resource_names(query)]
    kept = [
        (place, {name: _value(name, place) for name in shown if not _date_part(name)})
        for place in segmented(places(query.resource, book.portfolio, book.as_of), [n for n in names if _parts(n)])
        if all(_holds(it, _value(it.field, place)) for it in conditions if it.field not in METRICS)
    ]
    found: dict[bytes, _Row] = {}
    is_segmented = any(name.startswith("segments.") for name in query.fields)
    if not is_segmented:
        for _, values in kept:
            found.setdefault(_key(values), _Row(values))
    if is_segmented or any(name in METRICS for name in query.fields):
        _fill(found, kept, book, (first, last), [name for name in names if _date_part(name)])
    answered = []
    for row in found.values():
        total = add(row.parts) if row.parts else Figures()
        values = {**row.values, **{name: METRICS[name](total) for name in query.fields if name in METRICS}}
        if all(_holds(it, METRICS[it.field](total)) for it in conditions if it.field in METRICS):
            answered.append(values)
    for name, descending in reversed(query.order):
        answered.sort(key=lambda values: _sortable(values.get(name)), reverse=descending)
    return [_nested(values) for values in answered[: query.limit]]


def _fill(
    found: dict[bytes, _Row],
    kept: list[tuple[Place, dict[str, object]]],
    book: Book,
    span: tuple[date, date],
    date_names: list[str],
) -> None:
    """Add each day's figures to the rows; a part without any makes none."""
    day = max(span[0], book.opens)
    while day <= min(span[1], book.today):
        known = dict(book.days.day((day - book.opens).days, book.as_of))
        of_day: dict[str, object] = {name: _date_value(name, day) for name in date_names}
        for place, values in kept:
            figures = _figures(place, known)
            if figures and any((*figures[:4], *figures[5:12], figures.conversions)):
                whole = values | of_day
                found.setdefault(_key(whole), _Row(whole)).parts.append(figures)
        day += timedelta(1)


def _figures(place: Place, known: Mapping[int, Figures]) -> Figures | None:
    listed = [known[ad] for ad in place.ads if ad in known]
    if not listed:
        return None
    total = add(listed)
    for weights, turn in place.shares:
        total = _split(total, weights)[turn]
    return total


def _resource_names(query: Query) -> list[str]:
    """Return the names of all resources of which something is selected: they come unasked."""
    heads = {query.resource, *(name.rpartition(".")[0] for name in query.fields)}
    return sorted(name for head in heads if (name := f"{head}.resource_name") in ATTRIBUTES)


def _value(name: str, place: Place) -> object:
    if name in place.dims:
        return place.dims[name]
    getter = ATTRIBUTES.get(name) or SEGMENTS.get(name) or HISTORICAL.get(name)
    return getter(place) if getter else None


def _parts(name: str) -> bool:
    return name in (*PARTED, REGION)


def _date_part(name: str) -> bool:
    return name.startswith("segments.") and name.removeprefix("segments.") in DATES


def _date_value(name: str, day: date) -> object:
    match name.removeprefix("segments."):
        case "week":
            return (day - timedelta(day.weekday())).isoformat()
        case "month":
            return day.replace(day=1).isoformat()
        case "quarter":
            return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1).isoformat()
        case "year":
            return day.year
        case "day_of_week":
            return _WEEKDAYS[day.weekday()]
        case _:
            return day.isoformat()


def _key(values: Mapping[str, object]) -> bytes:
    return orjson.dumps(values)


def _holds(condition: Condition, value: object) -> bool:
    """Whether a value is as a condition wants it; numbers are compared as such, whatever they are written as."""
    texts = [_sortable(text) for text in condition.values]
    own = _sortable(str(value).lower() if isinstance(value, bool) else value)
    if isinstance(value, bool):
        texts = [_sortable(text.lower()) for text in condition.values]
    match condition.operator:
        case "=" | "IN":
            return own in texts
        case "!=" | "NOT IN":
            return own not in texts
        case "LIKE":
            return fnmatch.fnmatchcase(str(value).lower(), condition.values[0].lower().replace("%", "*"))
        case "BETWEEN":
            return texts[0] <= own <= texts[1]
        case ">":
            return own > texts[0]
        case ">=":
            return own >= texts[0]
        case "<":
            return own < texts[0]
        case "<=":
            return own <= texts[0]
        case _:
            return False


def _sortable(value: object) -> tuple[float, str]:
    """Return what a value is ordered by: numbers, also those that are written as text, before texts."""
    try:
        return float(str(value)), ""
    except ValueError:
        return float("inf"), "" if value is None else str(value)


def _nested(values: Mapping[str, object]) -> dict[str, Any]:
    """Return a row with its values where their names say, those without value left out."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        if value is not None:
            *path, last = map(camel, name.split("."))
            inner = row
            for part in path:
                inner = inner.setdefault(part, {})
            inner[last] = value
    return row


def field_mask(names: Iterable[str]) -> str:
    """Return what was selected, as answers name it."""
    return ",".join(".".join(map(camel, name.split("."))) for name in names)
