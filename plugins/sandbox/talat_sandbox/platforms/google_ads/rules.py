"""What may be asked of which resource, and over which days.

https://developers.google.com/google-ads/api/docs/reporting/segmentation
"""

from __future__ import annotations

from datetime import date

from talat_sandbox.platforms.google_ads.fields import ATTRIBUTES, HISTORICAL, SEGMENTS
from talat_sandbox.platforms.google_ads.gaql import Condition, Query, dates
from talat_sandbox.platforms.google_ads.metrics import METRICS
from talat_sandbox.platforms.google_ads.places import RESOURCES
from talat_sandbox.platforms.google_ads.protocol import GoogleAdsError

#: Segments that are a day or the span around it. A query that selects one must name the days.
DATES = ("date", "week", "month", "quarter", "year", "day_of_week")
PARTED = ("segments.device", "segments.ad_network_type")
REGION = "segments.geo_target_region"
TERMS = ("segments.search_term_match_type", "segments.keyword.info.text", "segments.keyword.info.match_type")
_KEPT_MONTHS = 37
_FINE = {"segments.date", "segments.week", "segments.day_of_week"}

# What else a row may show beside the resource that is asked for.
_ABOVE = {
    "customer": (),
    "campaign": ("campaign_budget",),
    "campaign_budget": (),
    "ad_group": ("campaign",),
    "ad_group_ad": ("campaign", "ad_group"),
    "ad_group_criterion": ("campaign", "ad_group"),
    "keyword_view": ("campaign", "ad_group", "ad_group_criterion"),
    "search_term_view": ("campaign", "ad_group"),
    "campaign_search_term_view": ("campaign",),
    "shopping_performance_view": ("campaign",),
    "asset_group": ("campaign",),
    "geographic_view": ("campaign",),
}
_WITHOUT_METRICS = ("campaign_budget", "ad_group_criterion")


def check(query: Query, today: date, version: str) -> tuple[date, date]:
    """Return the first and the last day that a query is about. Raises GoogleAdsError for what Google refuses."""
    resource = query.resource
    if resource not in RESOURCES:
        raise _query("BAD_RESOURCE_TYPE_IN_FROM_CLAUSE", f"Resource type {resource} is invalid in the FROM clause.")
    filtered = [condition.field for condition in query.conditions]
    for name in (*query.fields, *filtered, *(field for field, _ in query.order)):
        _check_field(name, resource)
    for name in filtered:
        if name.startswith("segments.") and not _is_date(name) and name not in query.fields:
            raise _query(
                "EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
                f"The following field must be present in SELECT clause: '{name}'.",
            )
    spans = [dates(condition, today) for condition in query.conditions if _is_date(condition.field)]
    first, last = max((a for a, _ in spans), default=date.min), min((b for _, b in spans), default=date.max)
    if any(_is_date(name) for name in query.fields) and not (first.year > 1990 and last.year < 2100):
        raise _query(
            "EXPECTED_FILTERS_ON_DATE_RANGE",
            "Queries including core date segments must also include a finite date range filter.",
        )
    kept = months_before(today, _KEPT_MONTHS)
    if _FINE & {*query.fields} and first < kept:
        code = "INVALID_DATE" if version < "v24" else "REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED"
        raise GoogleAdsError(f"dateRangeError.{code}", f"Days are kept since {kept}.")
    return first, last


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or the last of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))


def on_rows(query: Query) -> list[Condition]:
    """Return the conditions that are not about days."""
    return [condition for condition in query.conditions if not _is_date(condition.field)]


def _is_date(name: str) -> bool:
    return name.removeprefix("segments.") in DATES and name.startswith("segments.")


def _check_field(name: str, resource: str) -> None:
    kind = name.partition(".")[0]
    known = name in ATTRIBUTES or name in SEGMENTS or name in METRICS or name in HISTORICAL or _is_date(name)
    if not known and name not in (*PARTED, *TERMS, REGION):
        raise _query("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'.")
    refused = ""
    if kind == "metrics":
        if resource in _WITHOUT_METRICS or (name in HISTORICAL and resource != "keyword_view"):
            refused = "METRIC_IN_SELECT_OR_WHERE_CLAUSE"
    elif kind == "segments":
        only = "shopping_performance_view" if name in SEGMENTS else "search_term_view" if name in TERMS else resource
        only = "geographic_view" if name == REGION else only
        if resource != only or resource in _WITHOUT_METRICS:
            refused = "SEGMENT_IN_SELECT_OR_WHERE_CLAUSE"
    elif kind not in ("customer", resource, *_ABOVE[resource]):
        refused = "RESOURCE_TYPE_IN_SELECT_CLAUSE"
    if refused:
        raise _query(f"PROHIBITED_{refused}", f"Cannot select or filter on '{name}' with resource '{resource}'.")


def _query(code: str, message: str) -> GoogleAdsError:
    return GoogleAdsError(f"queryError.{code}", message)
