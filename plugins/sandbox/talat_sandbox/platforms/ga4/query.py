"""A request for a report, held to the API's rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from talat_sandbox.platforms.ga4.names import DEMOGRAPHIC, DIMENSIONS, METRICS, misfits
from talat_sandbox.platforms.ga4.protocol import (
    EARLIEST,
    MOST_DIMENSIONS,
    MOST_METRICS,
    MOST_RANGES,
    MOST_ROWS,
    USUAL_ROWS,
    ApiError,
)

_SCHEMA = "https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema"
_FIELDS = {
    "dateRanges", "dimensions", "metrics", "limit", "offset", "keepEmptyRows", "returnPropertyQuota", "orderBys",
    "property", "currencyCode", "metricAggregations",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """A report: its names, the one range of local days (both included), the page, and how rows are sorted."""

    dimensions: list[str]
    metrics: list[str]
    since: date
    until: date
    limit: int
    offset: int
    orders: list[tuple[str, bool]]
    tells_quota: bool

    @property
    def is_thresholded(self) -> bool:
        """Whether rows of few users are withheld."""
        return bool(DEMOGRAPHIC & {*self.dimensions})


def parse(body: Mapping[str, Any], today: date, currency: str) -> Query:
    """Return the query of a body. Raises ApiError as the API refuses it."""
    for name in body:
        if name not in _FIELDS:
            raise _wrong(f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    dimensions, metrics = _names(body, "dimensions"), _names(body, "metrics")
    for kind, names, known in (("dimension", dimensions, DIMENSIONS), ("metric", metrics, METRICS)):
        for name in names:
            if name not in known:
                raise _wrong(
                    f"Field {name} is not a valid {kind}. For a list of valid dimensions and metrics, see {_SCHEMA}"
                )
        if len({*names}) < len(names):
            raise _wrong(f"Duplicate {kind}s are not allowed.")
    for names, most, kind in ((dimensions, MOST_DIMENSIONS, "dimensions"), (metrics, MOST_METRICS, "metrics")):
        if len(names) > most:
            raise _wrong(f"Requests are limited to {most} {kind} within a nested request. This request is for "
                         f"{len(names)} {kind}.")  # fmt: skip
    if not metrics:
        raise _wrong("At least one metric is required.")
    if misfit := misfits(dimensions, metrics):
        raise _wrong(
            f"Please remove {', '.join(misfit)} to make the request compatible. The request's dimensions & metrics are "
            "incompatible. To learn more, see https://ga-dev-tools.google/ga4/dimensions-metrics-explorer/"
        )
    if body.get("currencyCode", currency) != currency:
        raise _wrong("This sandbox shows money in the property's currency only.")
    ranges = body.get("dateRanges") or []
    if not 1 <= len(ranges) <= MOST_RANGES:
        raise _wrong(f"At least one and at most {MOST_RANGES} date ranges are required.")
    if len(ranges) > 1:
        raise _wrong("This sandbox serves one date range.")
    since, until = (_day(ranges[0].get(name, ""), today) for name in ("startDate", "endDate"))
    if since > until:
        raise _wrong(f"Invalid date range: startDate {since} is after endDate {until}.")
    if since < date.fromisoformat(EARLIEST):
        raise _wrong(f"startDate must be at or after {EARLIEST}.")
    orders = [_order(order, dimensions, metrics) for order in body.get("orderBys") or []]
    limit = min(_number(body, "limit", USUAL_ROWS), MOST_ROWS)
    tells_quota = bool(body.get("returnPropertyQuota"))
    return Query(dimensions, metrics, since, until, limit, _number(body, "offset", 0), orders, tells_quota)


def _names(body: Mapping[str, Any], field: str) -> list[str]:
    return [str(entry.get("name", "")) for entry in body.get(field) or []]


def _day(text: object, today: date) -> date:
    if text in ("today", "yesterday"):
        return today - timedelta(text == "yesterday")
    if found := re.fullmatch(r"(\d+)daysAgo", str(text)):
        return today - timedelta(int(found[1]))
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", str(text)):
            return date.fromisoformat(str(text))
    except ValueError:
        pass
    raise _wrong(f"Invalid date: {text}. Dates are YYYY-MM-DD, NdaysAgo, yesterday or today.")


def _order(order: Mapping[str, Any], dimensions: list[str], metrics: list[str]) -> tuple[str, bool]:
    by_dimension, by_metric = order.get("dimension") or {}, order.get("metric") or {}
    name = str(by_dimension.get("dimensionName") or by_metric.get("metricName") or "")
    if name not in (*dimensions, *metrics):
        raise _wrong(f"Field {name} in orderBys is not among the request's dimensions and metrics.")
    return name, bool(order.get("desc"))


def _number(body: Mapping[str, Any], field: str, default: int) -> int:
    value = str(body.get(field, default))
    if not value.isdecimal() or (field == "limit" and value == "0"):
        raise _wrong(f"Invalid value at '{field}' (TYPE_INT64), {value}")
    return int(value)


def _wrong(message: str) -> ApiError:
    return ApiError("INVALID_ARGUMENT", message)
