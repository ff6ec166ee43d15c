"""What the report of GMV Max tells, by level. Orders and their value are paid and organic ones together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from talat_sandbox.business.ad_figures import Figures
from talat_sandbox.business.ads import Ad
from talat_sandbox.platforms.tiktok_ads.metrics import each, share, times
from talat_sandbox.platforms.tiktok_ads.objects import stamp
from talat_sandbox.tables import money

_SALES: dict[str, Callable[[Figures], str]] = {
    "cost": lambda it: money(it.spend),
    "orders": lambda it: str(it.conversions),
    "cost_per_order": lambda it: each(it.spend, it.conversions),
    "gross_revenue": lambda it: money(it.value),
    "roi": lambda it: times(it.value, it.spend),
}
_NET: dict[str, Callable[[Figures], str]] = {"net_cost": lambda it: money(it.spend)}
_VIEWS: dict[str, Callable[[Figures], str]] = {
    "product_impressions": lambda it: str(it.impressions),
    "product_clicks": lambda it: str(it.clicks),
    "product_click_rate": lambda it: share(it.clicks, it.impressions),
    "ad_click_rate": lambda it: share(it.clicks, it.impressions),
    "ad_conversion_rate": lambda it: share(it.conversions, it.clicks),
    "ad_video_view_rate_2s": lambda it: share((it.plays + it.p25) // 2, it.impressions),
    "ad_video_view_rate_6s": lambda it: share(it.thruplays, it.impressions),
    "ad_video_view_rate_p25": lambda it: share(it.p25, it.impressions),
    "ad_video_view_rate_p50": lambda it: share(it.p50, it.impressions),
    "ad_video_view_rate_p75": lambda it: share(it.p75, it.impressions),
    "ad_video_view_rate_p100": lambda it: share(it.p100, it.impressions),
}
_FIGURES = {**_SALES, **_NET, **_VIEWS}


class Level(NamedTuple):
    """Which dimensions stand together, beside one of time; the filters they need; what can be told, and of whom."""

    dimensions: Sequence[set[str]]
    required: tuple[str, ...]
    metrics: frozenset[str]
    attributes: tuple[str, ...] = ()
    by_hour: bool = True


LEVELS = (
    Level([{"advertiser_id"}], (), frozenset({*_SALES, *_NET})),
    Level(
        [{"campaign_id"}], ("gmv_max_promotion_types",), frozenset({*_SALES, *_NET, "roas_bid"}),
        ("campaign_name", "operation_status", "schedule_type", "schedule_start_time", "schedule_end_time", "bid_type"),
    ),
    Level(
        [{"item_group_id"}, {"campaign_id", "item_group_id"}], ("campaign_ids",),
        frozenset({*_SALES, "product_status"}), ("product_name", "product_image_url", "bid_type"),
    ),
    Level(
        [{"item_id"}, {"campaign_id", "item_group_id", "item_id"}], ("campaign_ids", "item_group_ids"),
        frozenset({*_SALES, *_VIEWS, "creative_delivery_status"}),
        ("title", "tt_account_name", "tt_account_profile_image_url", "shop_content_type"), by_hour=False,
    ),
)  # fmt: skip


def describe(ad: Ad, figures: Figures, metrics: Iterable[str], names: Iterable[str], as_of: int) -> dict[str, str]:
    """Return the metrics asked for, and of the attributes asked for those in `names`; the others are left out."""
    campaign, product = ad.campaign, ad.creative.product
    version = campaign.version(as_of)
    assert version is not None, "it delivered"
    attributes = {
        "campaign_name": version.name,
        "operation_status": campaign.account.platform.statuses[version.status],
        "schedule_type": "SCHEDULE_START_END" if campaign.stop else "SCHEDULE_FROM_NOW",
        "schedule_start_time": stamp(campaign.start) or "",
        "schedule_end_time": stamp(campaign.stop) or "-",
        "bid_type": "CUSTOM",
        "product_name": product.name,
        "product_image_url": f"https://p16.example.com/product/{product.item_id}.jpeg",
        "title": ad.creative.body,
        "tt_account_name": "PII-somchai.shop",
        "tt_account_profile_image_url": "https://p16.example.com/avatar/PII-somchai.jpeg",
        "shop_content_type": "VIDEO",
    }
    states = {
        "product_status": "available",
        "creative_delivery_status": "DELIVERING" if figures.spend else "IN_QUEUE",
        "roas_bid": "4.00",
    }
    told = {name: attributes[name] for name in metrics if name in names}
    for name in metrics:
        if name in states:
            told[name] = states[name]
        elif name in _FIGURES:
            told[name] = _FIGURES[name](figures)
    return {**told, "currency": campaign.account.shop.region.currency}
