"""The campaigns of a shop, what is set for them, and the account's money."""

from __future__ import annotations

from typing import Any

import orjson

from talat_sandbox.business.ad_platforms import ACTIVE, DELETED
from talat_sandbox.business.ad_terms import EXACT, keywords
from talat_sandbox.business.ads import Campaign
from talat_sandbox.business.dice import Dice
from talat_sandbox.platforms.shopee.protocol import ApiError
from talat_sandbox.platforms.shopee_ads.call import GMS, AdsCall
from talat_sandbox.platforms.shopee_ads.figures import money

_LISTED = 5000
_TYPES = {"": ("manual", "auto"), "all": ("manual", "auto"), "manual": ("manual",), "auto": ("auto",)}
_INFO = {1: "common_info", 2: "manual_bidding_info", 3: "auto_bidding_info", 4: "auto_product_ads_info"}
_TOP_UP = 2_000_000  # satang at the Thai price level


def placement(campaign: Campaign) -> str:
    """Return where a campaign's ads are shown."""
    return "search" if campaign.kind.keywords else "all"


def campaign_ids(call: AdsCall) -> bytes:
    """GET get_product_level_campaign_id_list: what is deleted is not listed any more."""
    kinds = _TYPES.get(str(call.values.get("ad_type", "")))
    if kinds is None:
        raise ApiError("error_param", f"ad_type must be one of {', '.join(filter(None, _TYPES))}.")
    offset, limit = call.integer("offset", 0, 1 << 31), call.integer("limit", _LISTED, _LISTED)
    listed = [it for it in call.made if it.kind.name in kinds and it.effective_status(call.as_of) != DELETED]
    return orjson.dumps(
        {
            "shop_id": call.shop.shop_id,
            "region": call.shop.region.code,
            "has_next_page": offset + limit < len(listed),
            "campaign_list": [
                {"ad_type": it.kind.name, "campaign_id": it.object_id} for it in listed[offset : offset + limit]
            ],
        }
    )


def campaign_settings(call: AdsCall) -> bytes:
    """GET get_product_level_campaign_setting_info: the parts that `info_type_list` names, of up to 100 campaigns."""
    wanted = call.numbers("info_type_list", len(_INFO))
    if not {*wanted} <= {*_INFO}:
        raise ApiError("error_param", "info_type_list may name 1, 2, 3 and 4.")
    return orjson.dumps(
        {
            "shop_id": call.shop.shop_id,
            "region": call.shop.region.code,
            "campaign_list": [
                {"campaign_id": it.object_id, **{_INFO[kind]: _settings(call, it)[_INFO[kind]] for kind in wanted}}
                for it in call.campaigns()
            ],
        }
    )


def gms_eligibility(call: AdsCall) -> bytes:
    """GET check_create_gms_product_campaign_eligibility: a shop has one such campaign at most."""
    has_one = any(it.kind.name == GMS and it.effective_status(call.as_of) == ACTIVE for it in call.made)
    return orjson.dumps({"is_eligible": not has_one, "reason": "active_campaign" if has_one else ""})


def balance(call: AdsCall) -> bytes:
    """GET get_total_balance: topped up whenever the next day might not be paid for."""
    today = call.number(call.today)
    spent = sum(figures.spend for day in range(today + 1) for _, figures in call.days.day(day, call.as_of))
    top_up = _TOP_UP * call.shop.region.price_percent // 100
    return orjson.dumps({"data_timestamp": call.as_of, "total_balance": money(top_up - spent % top_up)})


def toggles(call: AdsCall) -> bytes:
    """GET get_shop_toggle_info."""
    return orjson.dumps({"data_timestamp": call.as_of, "auto_top_up": True, "campaign_surge": False})


def _settings(call: AdsCall, campaign: Campaign) -> dict[str, Any]:
    version = campaign.version(call.as_of) or campaign.versions[0]
    status = campaign.account.platform.statuses[version.status]
    if version.status == ACTIVE and campaign.start > call.as_of:
        status = "scheduled"
    sets = call.portfolio.sets_of(campaign)
    ads = call.portfolio.of(campaign)
    items = list(dict.fromkeys(ad.creative.product.item_id for ad in ads))
    dice = Dice(f"{campaign.account.key}|settings|{campaign.object_id}")
    return {
        "common_info": {
            "ad_type": campaign.kind.name,
            "ad_name": version.name,
            "campaign_status": status,
            "bidding_method": "manual" if campaign.kind.keywords else "auto",
            "campaign_placement": placement(campaign),
            "campaign_budget": money(version.budget),
            "campaign_duration": {"start_time": campaign.start, "end_time": campaign.stop or 0},
            "item_id_list": items,
        },
        "manual_bidding_info": {
            "enhanced_cpc": False,
            "selected_keywords": [
                {
                    "keyword": keyword.text,
                    "status": "normal",
                    "match_type": "exact" if keyword.match_type == EXACT else "broad",
                    "bid_price_per_click": money(dice.between(100, 900)),
                }
                for ad_set in sets
                for keyword in keywords(ad_set)
            ],
            "discovery_ads_locations": [],
        },
        "auto_bidding_info": {"roas_target": 0.0 if campaign.kind.keywords else dice.between(30, 90) / 10},
        "auto_product_ads_info": [],
    }
