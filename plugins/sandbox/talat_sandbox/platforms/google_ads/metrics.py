"""Metrics as JSON values: money is in millionths of the currency except for values of conversions."""

from __future__ import annotations

from collections.abc import Callable

from talat_sandbox.business.ad_figures import Figures

MICROS = 10_000  # millionths in a satang


def _micros(it: Figures) -> int:
    return it.spend * MICROS


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


METRICS: dict[str, Callable[[Figures], object]] = {
    "metrics.impressions": lambda it: str(it.impressions),
    "metrics.clicks": lambda it: str(it.clicks),
    "metrics.cost_micros": lambda it: str(_micros(it)),
    "metrics.interactions": lambda it: str(it.clicks),
    "metrics.conversions": lambda it: float(it.conversions),
    "metrics.conversions_value": lambda it: it.value / 100,
    "metrics.all_conversions": lambda it: float(it.conversions),
    "metrics.all_conversions_value": lambda it: it.value / 100,
    "metrics.view_through_conversions": lambda _: "0",
    "metrics.video_trueview_views": lambda it: str(it.plays),
    "metrics.ctr": lambda it: _ratio(it.clicks, it.impressions),
    "metrics.average_cpc": lambda it: _ratio(_micros(it), it.clicks),
    "metrics.average_cpm": lambda it: _ratio(_micros(it) * 1000, it.impressions),
    "metrics.average_cost": lambda it: _ratio(_micros(it), it.clicks),
    "metrics.cost_per_conversion": lambda it: _ratio(_micros(it), it.conversions),
    "metrics.search_impression_share": lambda it: 0.0999 if it.impressions < 20 else 0.34,
    "metrics.search_budget_lost_impression_share": lambda _: 0.21,
    "metrics.search_rank_lost_impression_share": lambda _: 0.45,
    "metrics.absolute_top_impression_percentage": lambda _: 0.18,
}
