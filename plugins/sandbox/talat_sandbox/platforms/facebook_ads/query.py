"""What an insights call asks for, checked against what Meta allows."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import NamedTuple

from talat_sandbox.business.ads import ADS, SETS, Ad, AdAccount, AdSet, Campaign
from talat_sandbox.business.shops import Shop, local_date
from talat_sandbox.platforms.facebook_ads import fields as known
from talat_sandbox.platforms.facebook_ads.breakdowns import GATED, check_breakdowns
from talat_sandbox.platforms.facebook_ads.call import Call
from talat_sandbox.platforms.facebook_ads.filters import Filter, read_filters
from talat_sandbox.platforms.facebook_ads.protocol import GraphError, parameter_error

LEVELS = ("account", "campaign", "adset", "ad")
_MONTHS = 37
_WINDOWS = (
    "1d_click", "7d_click", "28d_click", "1d_view", "7d_view", "28d_view", "1d_ev", "default", "dda", "skan_click",
    "skan_view", "incrementality",
)  # fmt: skip
_DEFAULT_FIELDS = ("account_id", "impressions", "spend")


class Span(NamedTuple):
    """Local days, both ends included."""

    first: date
    last: date


class Query(NamedTuple):
    """A checked question. `ads` are the account's ads that count, by index; `spans` get a row each.

    `is_named` says that the rows are about the very object whose id was asked for, not about what is below it.
    """

    shop: int
    level: str
    is_named: bool
    ads: range
    fields: tuple[str, ...]
    spans: tuple[Span, ...]
    breakdowns: tuple[str, ...]
    action_breakdowns: tuple[str, ...]
    windows: tuple[str, ...]
    filters: tuple[Filter, ...]
    sort: tuple[str, bool] | None
    summary: tuple[str, ...]

    @property
    def is_gated(self) -> bool:
        """Whether the account must have opted in to it."""
        return not GATED.isdisjoint(self.breakdowns)

    def delivery(self) -> Query:
        """Return what decides which objects and figures the rows are made of, whatever is shown of them."""
        return self._replace(fields=(), summary=(), windows=(), action_breakdowns=())


def read_query(call: Call, node: AdAccount | Campaign | AdSet | Ad, shop: Shop) -> Query:
    """Return what a call asks of an object. Raises GraphError, as Meta does, for what is not allowed."""
    own = LEVELS[(AdAccount, Campaign, AdSet, Ad).index(type(node))]
    level = call.param("level", own)
    if level not in LEVELS:
        raise parameter_error(f"Param level must be one of {{{', '.join(LEVELS)}}}.")
    level = max(level, own, key=LEVELS.index)
    breakdowns = tuple(call.names("breakdowns"))
    action_breakdowns = tuple(name for name in call.names("action_breakdowns") if name != "action_type")
    check_breakdowns(breakdowns, action_breakdowns)
    fields = tuple(call.names("fields")) or _DEFAULT_FIELDS
    summary = tuple(call.names("summary"))
    for name in (*fields, *(name for name in summary if name != "true")):
        if name not in known.INSIGHTS:
            raise parameter_error(
                f"{name} is not valid for fields param. please check "
                "https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values"
            )
    windows = tuple(call.names("action_attribution_windows"))
    for window in windows:
        if window not in _WINDOWS:
            raise parameter_error(f"Param action_attribution_windows must not hold {window}.")
    today = local_date(shop.region.time_zone, call.as_of)
    return Query(
        shop.index,
        level,
        level == own,
        _ads(node),
        fields,
        _spans(call, _range(call, today)),
        breakdowns,
        action_breakdowns,
        windows,
        read_filters(call),
        _sort(call),
        fields if summary == ("true",) or call.param("default_summary") == "true" else summary,
    )


def months_before(day: date, months: int) -> date:
    """Return the day so many months earlier, the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _ads(node: AdAccount | Campaign | AdSet | Ad) -> range:
    if isinstance(node, Ad):
        return range(node.index, node.index + 1)
    if isinstance(node, AdSet):
        return range(node.index * ADS, (node.index + 1) * ADS)
    if isinstance(node, Campaign):
        return range(node.index * SETS * ADS, (node.index + 1) * SETS * ADS)
    return range(10**9)


def _range(call: Call, today: date) -> Span:
    asked = call.value("time_range")
    if asked is None:
        return _preset(call.param("date_preset", "last_30d"), today)
    ends = (asked.get("since"), asked.get("until")) if isinstance(asked, dict) else ()
    try:
        span = Span(*(date.fromisoformat(str(end)) for end in ends))
    except (TypeError, ValueError):
        raise parameter_error("Param time_range must hold since and until as YYYY-MM-DD.") from None
    if span.first > span.last:
        raise parameter_error("The start date of the time range must not be after its end date.")
    if span.first < months_before(today, _MONTHS):
        raise GraphError(
            3018,
            "(#3018) The start date of the time range cannot be beyond 37 months from the current date",
            error_user_title="Invalid time range",
            error_user_msg="The start date of the time range cannot be beyond 37 months from the current date.",
        )
    return span


def _preset(name: str, today: date) -> Span:
    yesterday, day = today - timedelta(1), timedelta(1)
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    monday, sunday = today - day * today.weekday(), today - day * ((today.weekday() + 1) % 7)
    presets = {
        "today": Span(today, today),
        "yesterday": Span(yesterday, yesterday),
        **{f"last_{days}d": Span(today - day * days, yesterday) for days in (3, 7, 14, 28, 30, 90)},
        "this_week_mon_today": Span(monday, today),
        "this_week_sun_today": Span(sunday, today),
        "last_week_mon_sun": Span(monday - 7 * day, monday - day),
        "last_week_sun_sat": Span(sunday - 7 * day, sunday - day),
        "this_month": Span(month, today),
        "last_month": Span(months_before(month, 1), month - day),
        "this_quarter": Span(quarter, today),
        "last_quarter": Span(months_before(quarter, 3), quarter - day),
        "this_year": Span(year, today),
        "last_year": Span(months_before(year, 12), year - day),
        "maximum": Span(months_before(today, _MONTHS), today),
        "data_maximum": Span(months_before(today, _MONTHS), today),
    }
    if name not in presets:
        raise parameter_error(f"Param date_preset must be one of {{{', '.join(presets)}}}.")
    return presets[name]


def _spans(call: Call, whole: Span) -> tuple[Span, ...]:
    increment = call.param("time_increment", "all_days").strip('"')
    if increment == "all_days":
        return (whole,)
    if increment != "monthly" and not (increment.isdigit() and 1 <= int(increment) <= 90):
        raise parameter_error("Param time_increment must be between 1 and 90, monthly or all_days.")
    spans, first = [], whole.first
    while first <= whole.last:
        if increment == "monthly":
            last = first.replace(day=monthrange(first.year, first.month)[1])
        else:
            last = first + timedelta(int(increment) - 1)
        spans.append(Span(first, min(last, whole.last)))
        first = last + timedelta(1)
    return tuple(spans)


def _sort(call: Call) -> tuple[str, bool] | None:
    names = call.names("sort")
    if not names:
        return None
    field, _, direction = names[0].rpartition("_")
    if field not in ("spend", "impressions", "clicks", "reach") or direction not in ("ascending", "descending"):
        raise parameter_error(f"Param sort must not be {names[0]}.")
    return field, direction == "descending"
