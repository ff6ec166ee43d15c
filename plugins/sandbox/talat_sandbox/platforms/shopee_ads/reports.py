"""Reports by day, by hour, and of GMV Max, whose reports are one sum over the whole span."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

import orjson

from talat_sandbox.business.ad_days import HOURS
from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_shares import split
from talat_sandbox.business.ads import Ad, Campaign
from talat_sandbox.platforms.shopee.protocol import ApiError
from talat_sandbox.platforms.shopee_ads.call import GMS, AdsCall, refusal, written
from talat_sandbox.platforms.shopee_ads.campaigns import placement
from talat_sandbox.platforms.shopee_ads.figures import campaign_metrics, gms_metrics, shop_metrics

_PAGE, _MOST = 50, 100
_HOUR = 3600


def shop_daily(call: AdsCall) -> bytes:
    """GET get_all_cpc_ads_daily_performance: a row a day of all the shop's ads; a day without any has none."""
    rows = [(day, [figures for _, figures in _day(call, day)]) for day in call.dates()]
    return orjson.dumps([{"date": written(day), **shop_metrics(add(parts))} for day, parts in rows if parts])


def shop_hourly(call: AdsCall) -> bytes:
    """GET get_all_cpc_ads_hourly_performance: a row for each hour of one day that has begun."""
    day = call.day("performance_date")
    parts = [figures for _, figures in _day(call, day)]
    begun = (call.as_of - call.business.day_start(call.shop, call.number(day))) // _HOUR + 1
    hours = split(add(parts), HOURS[: min(begun, 24)]) if parts else []
    return orjson.dumps(
        [{"date": written(day), "hour": hour, **shop_metrics(figures)} for hour, figures in enumerate(hours)]
    )


def campaign_daily(call: AdsCall) -> bytes:
    """GET get_product_campaign_daily_performance: for each campaign asked for, a row for each day that it had any."""
    dates, campaigns = call.dates(), call.campaigns()
    found: defaultdict[int, dict[date, list[Figures]]] = defaultdict(dict)
    for day in dates:
        for ad, figures in _day(call, day):
            found[ad.campaign.object_id].setdefault(day, []).append(figures)
    return orjson.dumps(
        [
            {
                "shop_id": call.shop.shop_id,
                "region": call.shop.region.code,
                "campaign_list": [
                    {
                        "campaign_id": campaign.object_id,
                        "ad_type": campaign.kind.name,
                        "campaign_placement": placement(campaign),
                        "ad_name": (campaign.version(call.as_of) or campaign.versions[0]).name,
                        "metrics_list": [
                            {"date": written(day), **campaign_metrics(add(parts))}
                            for day, parts in found[campaign.object_id].items()
                        ],
                    }
                    for campaign in campaigns
                ],
            }
        ]
    )


def gms_campaign(call: AdsCall) -> bytes:
    """POST get_gms_campaign_performance: one sum; impressions are a fraction's type here, and only here."""
    campaign, found = _gms(call)
    metrics = gms_metrics(add([Figures(), *(figures for _, figures in found)]))
    return orjson.dumps(
        {"campaign_id": campaign.object_id, "report": {**metrics, "impression": float(metrics["impression"])}}
    )


def gms_items(call: AdsCall) -> bytes:
    """POST get_gms_item_performance: one sum for each item that had any, by its number."""
    limit = call.integer("limit", _PAGE, _MOST, "error_query_limit_max")
    offset = call.integer("offset", 0, 1 << 31)
    campaign, found = _gms(call)
    items: defaultdict[int, list[Figures]] = defaultdict(list)
    for ad, figures in found:
        items[ad.creative.product.item_id].append(figures)
    page = sorted(items)[offset : offset + limit]
    return orjson.dumps(
        {
            "campaign_id": campaign.object_id,
            "result_list": [{"item_id": item, "report": gms_metrics(add(items[item]))} for item in page],
            "total": len(items),
            "has_next_page": offset + limit < len(items),
        }
    )


def gms_deleted_items(call: AdsCall) -> bytes:
    """POST list_gms_user_deleted_item: the seller has taken none out."""
    return orjson.dumps(
        {"campaign_id": _gms_campaign(call).object_id, "item_id_list": [], "total": 0, "has_next_page": False}
    )


def _day(call: AdsCall, day: date) -> Iterator[tuple[Ad, Figures]]:
    for place, figures in call.days.day(call.number(day), call.as_of):
        yield call.portfolio.ads[place], figures


def _gms(call: AdsCall) -> tuple[Campaign, Iterable[tuple[Ad, Figures]]]:
    campaign = _gms_campaign(call)
    found = [(ad, figures) for day in call.dates() for ad, figures in _day(call, day) if ad.campaign is campaign]
    return campaign, found


def _gms_campaign(call: AdsCall) -> Campaign:
    """Return the campaign that is asked for, or the shop's. Raises ApiError when there is none."""
    asked = call.values.get("campaign_id")
    if asked is not None and not isinstance(asked, int):
        raise ApiError("error_param", "campaign_id must be an integer.")
    for campaign in call.made:
        if campaign.kind.name == GMS and asked in (None, campaign.object_id):
            return campaign
    raise refusal("ads_error_product_gms_campaign_not_found")
