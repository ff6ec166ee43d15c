"""Metrics of the integrated report: texts all, a hyphen where there is nothing to tell.

Money is in the account's currency, shares are per cent. `total_complete_payment_rate` is a value, whatever its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from talat_sandbox.business.ad_figures import Figures
from talat_sandbox.tables import money

NOTHING = "-"


def share(part: int, whole: int) -> str:
    """Return so many per cent, with two digits."""
    return money(part * 10_000 // whole) if whole else NOTHING


def each(satang: int, count: int) -> str:
    """Return money for one of so many."""
    return money((satang + count // 2) // count) if count else NOTHING


def times(part: int, whole: int) -> str:
    """Return a ratio with two digits."""
    return money(part * 100 // whole) if whole else NOTHING


def _count(of: Callable[[Figures], int]) -> Callable[[Figures], str]:
    return lambda it: str(of(it))


_SPEND: dict[str, Callable[[Figures], str]] = {
    "spend": lambda it: money(it.spend),
    "billed_cost": lambda it: money(it.spend),
    "impressions": _count(lambda it: it.impressions),
    "gross_impressions": _count(lambda it: it.impressions * 103 // 100),
    "clicks": _count(lambda it: it.clicks),
    "ctr": lambda it: share(it.clicks, it.impressions),
    "cpc": lambda it: each(it.spend, it.clicks),
    "cpm": lambda it: each(it.spend * 1000, it.impressions),
}
_RESULTS: dict[str, Callable[[Figures], str]] = {
    "conversion": _count(lambda it: it.conversions),
    "real_time_conversion": _count(lambda it: it.conversions),
    "result": _count(lambda it: it.conversions),
    "complete_payment": _count(lambda it: it.conversions),
    "cost_per_conversion": lambda it: each(it.spend, it.conversions),
    "cost_per_result": lambda it: each(it.spend, it.conversions),
    "cost_per_complete_payment": lambda it: each(it.spend, it.conversions),
    "conversion_rate_v2": lambda it: share(it.conversions, it.clicks),
    "result_rate": lambda it: share(it.conversions, it.impressions),
    "complete_payment_rate": lambda it: share(it.conversions, it.clicks),
    "total_complete_payment_rate": lambda it: money(it.value),
    "value_per_complete_payment": lambda it: each(it.value, it.conversions),
    "complete_payment_roas": lambda it: times(it.value, it.spend),
    "total_landing_page_view": _count(lambda it: it.link_clicks),
    "web_event_add_to_cart": _count(lambda it: it.carts),
    "initiate_checkout": _count(lambda it: it.carts * 6 // 10),
}
#: What cannot be told of a part of an audience.
_WHOLE: dict[str, Callable[[Figures], str]] = {
    "reach": _count(lambda it: it.reach),
    "frequency": lambda it: times(it.impressions, it.reach),
    "cost_per_1000_reached": lambda it: each(it.spend * 1000, it.reach),
    "video_play_actions": _count(lambda it: it.plays),
    "video_watched_2s": _count(lambda it: (it.plays + it.p25) // 2),
    "video_watched_6s": _count(lambda it: it.thruplays),
    "video_views_p25": _count(lambda it: it.p25),
    "video_views_p50": _count(lambda it: it.p50),
    "video_views_p75": _count(lambda it: it.p75),
    "video_views_p100": _count(lambda it: it.p100),
    "average_video_play": lambda it: times(it.p25 * 4 + it.p100 * 6, it.plays),
    "average_video_play_per_user": lambda it: times(it.p25 * 5 + it.p100 * 7, it.plays),
    "engaged_view": _count(lambda it: it.thruplays * 9 // 10),
    "engaged_view_15s": _count(lambda it: it.p75),
    "likes": _count(lambda it: it.clicks * 3 // 10),
    "comments": _count(lambda it: it.clicks // 25),
    "shares": _count(lambda it: it.clicks // 40),
    "follows": _count(lambda it: it.clicks // 60),
    "profile_visits": _count(lambda it: it.clicks // 15),
    "engagements": _count(lambda it: it.clicks * 14 // 10),
    "engagement_rate": lambda it: share(it.clicks * 14 // 10, it.impressions),
}
#: Split into cash and vouchers only for the whole account, by days.
CASH: dict[str, Callable[[Figures], str]] = {
    "cash_spend": lambda it: money(it.spend),
    "voucher_spend": lambda it: money(0),
}
AUDIENCE = _SPEND | _RESULTS
BASIC = AUDIENCE | _WHOLE


def tell(figures: Figures, names: Iterable[str]) -> dict[str, str]:
    """Return some metrics of what was counted."""
    known = {**BASIC, **CASH}
    return {name: known[name](figures) for name in names}
