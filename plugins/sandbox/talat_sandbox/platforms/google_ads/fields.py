"""The fields of rows: attributes of resources, and segments, as JSON values; whole numbers of 64 bits are texts."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from talat_sandbox.business.ad_platforms import DAILY, LIFETIME
from talat_sandbox.business.ads import Campaign
from talat_sandbox.business.dice import Dice
from talat_sandbox.platforms.google_ads.metrics import MICROS
from talat_sandbox.platforms.google_ads.places import Place, country_id

_GROUPS = {"SEARCH": "SEARCH_STANDARD", "SHOPPING": "SHOPPING_PRODUCT_ADS", "VIDEO": "VIDEO_TRUE_VIEW_IN_STREAM"}
_ADS = {"SEARCH": "RESPONSIVE_SEARCH_AD", "SHOPPING": "SHOPPING_PRODUCT_AD", "VIDEO": "VIDEO_RESPONSIVE_AD"}
_BIDDING = {"SEARCH": "MAXIMIZE_CONVERSIONS", "SHOPPING": "TARGET_ROAS", "VIDEO": "MANUAL_CPV"}
_SERVING = {"ELIGIBLE": "SERVING", "ENDED": "ENDED", "PENDING": "PENDING"}
_BUCKETS = ("BELOW_AVERAGE", "AVERAGE", "ABOVE_AVERAGE")
_MERCHANT = "512000000"

Getter = Callable[[Any], object]  # of a Place


def _status(thing: str) -> Getter:
    def found(place: Place) -> str:
        version = place.version(getattr(place, thing))
        return place.account.platform.statuses[version.status]

    return found


def _primary(place: Place) -> str:
    """Return what stops a campaign, if anything does."""
    campaign = _campaign(place)
    status = place.account.platform.statuses[place.version(campaign).status]
    if status != "REMOVED" and campaign.stop is not None and campaign.stop <= place.as_of:
        return "ENDED"
    if status != "ENABLED":
        return status
    return "PENDING" if campaign.start > place.as_of else "ELIGIBLE"


def _campaign(place: Place) -> Campaign:
    assert place.campaign is not None
    return place.campaign


def _named(path: str, *ids: Callable[[Any], object]) -> Getter:
    """Return what names a resource, which is no more than its ids joined."""
    return lambda place: f"customers/{place.account.account_id}/{path}/" + "~".join(str(each(place)) for each in ids)


def _local(place: Place, instant: int) -> str:
    zone = ZoneInfo(place.account.shop.region.time_zone)
    return datetime.fromtimestamp(instant, zone).strftime("%Y-%m-%d %H:%M:%S")


def _budget(kind: str) -> Getter:
    def found(place: Place) -> str | None:
        campaign = _campaign(place)
        amount = place.version(campaign).budget
        return str(amount * MICROS) if campaign.budget_kind == kind and amount else None

    return found


def _quality(part: str) -> Getter:
    """Return what tells a keyword's quality, fixed for each; one in ten has none yet."""

    def found(place: Place) -> int | str | None:
        assert place.keyword is not None
        dice = Dice(f"quality|{place.keyword.keyword_id}")
        score = None if dice.chance(100) else dice.between(3, 10)
        if part == "score" or score is None:
            return score
        return _BUCKETS[Dice(f"quality|{part}|{place.keyword.keyword_id}").below(3)]

    return found


def _b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _campaign_id(place: Place) -> int:
    return _campaign(place).object_id


def _set_id(place: Place) -> Any:
    return place.ad_set.object_id if place.ad_set else None


def _ad_id(place: Place) -> Any:
    return place.ad.object_id if place.ad else None


def _keyword_id(place: Place) -> Any:
    return place.keyword.keyword_id if place.keyword else None


def _budget_id(place: Place) -> int:
    return _campaign_id(place) + 5


_GROUP = _named("adGroups", _set_id)
_OF_CAMPAIGN = _named("campaigns", _campaign_id)
_CRITERION = _named("adGroupCriteria", _set_id, _keyword_id)

ATTRIBUTES: dict[str, Getter] = {
    "customer.resource_name": lambda it: f"customers/{it.account.account_id}",
    "customer.id": lambda it: str(it.account.account_id),
    "customer.descriptive_name": lambda it: it.account.name,
    "customer.currency_code": lambda it: it.account.shop.region.currency,
    "customer.time_zone": lambda it: it.account.shop.region.time_zone,
    "customer.manager": lambda _: False,
    "customer.test_account": lambda _: False,
    "customer.status": lambda _: "ENABLED",
    "customer.auto_tagging_enabled": lambda _: True,
    "customer.optimization_score": lambda _: 0.87,
    "campaign.resource_name": _OF_CAMPAIGN,
    "campaign.id": lambda it: str(_campaign_id(it)),
    "campaign.name": lambda it: it.version(it.campaign).name,
    "campaign.status": _status("campaign"),
    "campaign.primary_status": _primary,
    "campaign.serving_status": lambda it: _SERVING.get(_primary(it), "NONE"),
    "campaign.advertising_channel_type": lambda it: it.campaign.kind.name,
    "campaign.advertising_channel_sub_type": lambda _: None,
    "campaign.bidding_strategy_type": lambda it: _BIDDING.get(it.campaign.kind.name, "MAXIMIZE_CONVERSION_VALUE"),
    "campaign.start_date_time": lambda it: _local(it, it.campaign.start),
    "campaign.end_date_time": lambda it: None if it.campaign.stop is None else _local(it, it.campaign.stop),
    "campaign.campaign_budget": _named("campaignBudgets", _budget_id),
    "campaign_budget.resource_name": _named("campaignBudgets", _budget_id),
    "campaign_budget.id": lambda it: str(_budget_id(it)),
    "campaign_budget.name": lambda it: f"{it.version(it.campaign).name} budget",
    "campaign_budget.status": lambda it: "REMOVED" if _status("campaign")(it) == "REMOVED" else "ENABLED",
    "campaign_budget.amount_micros": _budget(DAILY),
    "campaign_budget.total_amount_micros": _budget(LIFETIME),
    "campaign_budget.period": lambda it: "DAILY" if it.campaign.budget_kind == DAILY else "CUSTOM_PERIOD",
    "campaign_budget.type": lambda _: "STANDARD",
    "campaign_budget.delivery_method": lambda _: "STANDARD",
    "campaign_budget.explicitly_shared": lambda _: False,
    "ad_group.resource_name": _GROUP,
    "ad_group.id": lambda it: str(_set_id(it)),
    "ad_group.name": lambda it: it.version(it.ad_set).name,
    "ad_group.status": _status("ad_set"),
    "ad_group.type": lambda it: _GROUPS[it.campaign.kind.name],
    "ad_group.campaign": _OF_CAMPAIGN,
    "ad_group.cpc_bid_micros": lambda _: "10000",
    "ad_group.effective_cpc_bid_micros": lambda _: "10000",
    "ad_group.target_cpa_micros": lambda _: None,
    "ad_group_ad.resource_name": _named("adGroupAds", _set_id, _ad_id),
    "ad_group_ad.ad.resource_name": _named("ads", _ad_id),
    "ad_group_ad.ad.id": lambda it: str(_ad_id(it)),
    "ad_group_ad.ad.name": lambda it: it.version(it.ad).name,
    "ad_group_ad.ad.type": lambda it: _ADS[it.campaign.kind.name],
    "ad_group_ad.ad.final_urls": lambda it: [f"https://shop.example.com/product/{it.ad.creative.product.item_id}"],
    "ad_group_ad.ad.responsive_search_ad.headlines": lambda it: _texts(it, it.ad.creative.title),
    "ad_group_ad.ad.responsive_search_ad.descriptions": lambda it: _texts(it, it.ad.creative.body),
    "ad_group_ad.status": _status("ad"),
    "ad_group_ad.ad_strength": lambda it: "GOOD" if it.campaign.kind.keywords else None,
    "ad_group_ad.policy_summary.approval_status": lambda _: "APPROVED",
    "ad_group_criterion.resource_name": _CRITERION,
    "ad_group_criterion.criterion_id": lambda it: str(_keyword_id(it)),
    "ad_group_criterion.type": lambda _: "KEYWORD",
    "ad_group_criterion.status": lambda _: "ENABLED",
    "ad_group_criterion.negative": lambda _: False,
    "ad_group_criterion.keyword.text": lambda it: it.keyword.text,
    "ad_group_criterion.keyword.match_type": lambda it: it.keyword.match_type,
    "ad_group_criterion.quality_info.quality_score": _quality("score"),
    "ad_group_criterion.quality_info.creative_quality_score": _quality("creative"),
    "ad_group_criterion.quality_info.post_click_quality_score": _quality("page"),
    "ad_group_criterion.quality_info.search_predicted_ctr": _quality("ctr"),
    "keyword_view.resource_name": _named("keywordViews", _set_id, _keyword_id),
    "search_term_view.resource_name": _named("searchTermViews", _campaign_id, _set_id, lambda it: _b64(it.term)),
    "search_term_view.search_term": lambda it: it.term,
    "search_term_view.ad_group": _GROUP,
    "search_term_view.status": lambda it: "ADDED" if it.keyword.text == it.term else "NONE",
    "campaign_search_term_view.resource_name": _named(
        "campaignSearchTermViews", _campaign_id, lambda it: _b64(it.term)
    ),
    "campaign_search_term_view.search_term": lambda it: it.term,
    "campaign_search_term_view.campaign": _OF_CAMPAIGN,
    "shopping_performance_view.resource_name": lambda it: f"customers/{it.account.account_id}/shoppingPerformanceView",
    "asset_group.resource_name": _named("assetGroups", _set_id),
    "asset_group.id": lambda it: str(_set_id(it)),
    "asset_group.name": lambda it: it.version(it.ad_set).name,
    "asset_group.status": _status("ad_set"),
    "asset_group.primary_status": lambda it: _primary(it).replace("ENDED", "NOT_ELIGIBLE"),
    "asset_group.ad_strength": lambda _: "GOOD",
    "asset_group.final_urls": lambda _: ["https://shop.example.com/"],
    "asset_group.campaign": _OF_CAMPAIGN,
    "geographic_view.resource_name": _named(
        "geographicViews", lambda it: country_id(it.country), lambda it: it.presence
    ),
    "geographic_view.country_criterion_id": lambda it: country_id(it.country),
    "geographic_view.location_type": lambda it: it.presence,
}  # fmt: skip

#: Segments beside dates, device, network and region; item ids come in small letters, whatever the feed has.
SEGMENTS: dict[str, Getter] = {
    "segments.product_item_id": lambda it: it.product.sku.lower(),
    "segments.product_title": lambda it: it.product.name,
    "segments.product_brand": lambda _: None,
    "segments.product_category_level1": lambda it: f"productCategoryConstants/LEVEL1~{it.product.category_id}",
    "segments.product_type_l1": lambda it: it.product.name.split()[0],
    "segments.product_merchant_id": lambda _: _MERCHANT,
    "segments.product_channel": lambda _: "ONLINE",
    "segments.product_country": lambda it: f"geoTargetConstants/{country_id(it.account.shop.region.code)}",
}


def _texts(place: Place, text: str) -> list[dict[str, str]] | None:
    return [{"text": text}] if _campaign(place).kind.keywords else None


#: Metrics that are the keyword's, as it is.
HISTORICAL: dict[str, Getter] = {
    "metrics.historical_quality_score": lambda it: _text(_quality("score")(it)),
    "metrics.historical_creative_quality_score": _quality("creative"),
    "metrics.historical_landing_page_quality_score": _quality("page"),
    "metrics.historical_search_predicted_ctr": _quality("ctr"),
}


def _text(value: object) -> str | None:
    return None if value is None else str(value)
