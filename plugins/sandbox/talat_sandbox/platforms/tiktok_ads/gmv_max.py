"""GMV Max: shops, campaigns, and their report by product and by creative. Its days are the ad account's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_shares import split
from talat_sandbox.business.ads import Ad, Campaign
from talat_sandbox.platforms.tiktok_ads.audiences import hours
from talat_sandbox.platforms.tiktok_ads.call import MOST_IDS, Call, texts, wrong
from talat_sandbox.platforms.tiktok_ads.gmv_metrics import LEVELS, Level, describe
from talat_sandbox.platforms.tiktok_ads.objects import (
    ALL,
    BC_ID,
    NOT_DELETED,
    STATUSES,
    Body,
    amount,
    chosen,
    fits,
    is_gmv_max,
    only,
    show_campaign,
    stamp,
)
from talat_sandbox.platforms.tiktok_ads.protocol import MISSING_OBJECT, ApiError
from talat_sandbox.platforms.tiktok_ads.report import DAY_DIMENSION, HOUR_DIMENSION, Key, counted, day_begins

MOST_CAMPAIGNS, MOST_STORES = 100, 10
_PROMOTIONS = ("PRODUCT_GMV_MAX", "LIVE_GMV_MAX")


class GmvMax:
    """The endpoints of GMV Max."""

    def stores(self, call: Call) -> Body:
        """GET gmv_max/store/list/: the one shop that the account advertises."""
        shop = call.shop
        store = {
            "store_id": str(shop.shop_id),
            "store_name": shop.name,
            "store_code": f"{shop.region.code}LC{shop.index:06d}",
            "is_gmv_max_available": True,
            "store_status": "ACTIVE",
            "store_authorized_bc_id": BC_ID,
            "is_owner_bc": True,
            "targeting_region_codes": [shop.region.code],
            "thumbnail_url": f"https://p16.example.com/store/{shop.shop_id}.jpeg",
        }
        return {"store_list": [store]}

    def campaigns(self, call: Call) -> Body:
        """GET gmv_max/campaign/get/."""
        asked = call.filtering()
        if unknown := asked.keys() - {"gmv_max_promotion_types", "store_ids", "primary_status"}:
            raise wrong(f"filtering: {min(unknown)} is not supported.")
        promotions = texts(asked.get("gmv_max_promotion_types"), "gmv_max_promotion_types")
        if not promotions or any(name not in _PROMOTIONS for name in promotions):
            raise wrong(f"gmv_max_promotion_types: must be some of {', '.join(_PROMOTIONS)}.")
        stores = texts(asked.get("store_ids", [str(call.shop.shop_id)]), "store_ids", MOST_STORES)
        status = asked.get("primary_status", NOT_DELETED)
        if status not in STATUSES:
            raise wrong(f"primary_status: must be one of {', '.join(STATUSES)}.")
        found = chosen(call.portfolio.campaigns, status, call.as_of)
        if str(call.shop.shop_id) not in stores or "PRODUCT_GMV_MAX" not in promotions:
            found = []
        found = sorted((it for it in found if is_gmv_max(it)), key=lambda campaign: -campaign.object_id)
        page = call.page(found, MOST_CAMPAIGNS)
        return {**page, "list": [only(_listed(it, call.as_of), call.texts("fields")) for it in page["list"]]}

    def detail(self, call: Call) -> Body:
        """GET campaign/gmv_max/info/: what a campaign promotes, and how."""
        wanted = call.param("campaign_id")
        for campaign in call.portfolio.campaigns:
            if str(campaign.object_id) == wanted and is_gmv_max(campaign) and campaign.version(call.as_of):
                return _detailed(campaign, call.as_of)
        raise ApiError(MISSING_OBJECT, f"Campaign {wanted} does not exist.")

    def report(self, call: Call) -> Body:
        """GET gmv_max/report/get/."""
        return call.page(_rows(call))


def _listed(campaign: Campaign, as_of: int) -> Body:
    shown = show_campaign(campaign, as_of)
    names = ("advertiser_id", "campaign_id", "campaign_name", "operation_status", "secondary_status")
    return {
        **{name: shown[name] for name in names},
        "objective_type": "PRODUCT_SALES",
        "create_time": shown["create_time"],
        "modify_time": shown["modify_time"],
        "roi_protection_compensation_status": "NOT_ELIGIBLE",
    }


def _detailed(campaign: Campaign, as_of: int) -> Body:
    version = campaign.version(as_of)
    assert version is not None, "it exists"
    return {
        "advertiser_id": campaign.account.text,
        "campaign_id": str(campaign.object_id),
        "campaign_name": version.name,
        "operation_status": campaign.account.platform.statuses[version.status],
        "store_id": str(campaign.account.shop.shop_id),
        "store_authorized_bc_id": BC_ID,
        "shopping_ads_type": "PRODUCT",
        "product_specific_type": "CUSTOMIZED_PRODUCTS",
        "item_group_ids": [str(product.item_id) for product in campaign.products],
        "optimization_goal": "VALUE",
        "deep_bid_type": "VO_MIN_ROAS",
        "roas_bid": amount(400),
        "budget": amount(version.budget),
        "schedule_type": "SCHEDULE_START_END" if campaign.stop else "SCHEDULE_FROM_NOW",
        "schedule_start_time": stamp(campaign.start),
        "schedule_end_time": stamp(campaign.stop),
        "roi_protection_enabled": False,
        "identity_list": [{"identity_id": "7300000000000000001", "display_name": "PII-@somchai.shop"}],
    }


def _rows(call: Call) -> list[Body]:
    """Return all rows of a report, in no order that would mean anything."""
    stores = call.texts("store_ids", most=1)
    if stores != [str(call.shop.shop_id)]:
        raise wrong("store_ids: must be the list of one store that the advertiser may promote.")
    dimensions, metrics = call.texts("dimensions"), call.texts("metrics")
    if not dimensions or not metrics:
        raise wrong("dimensions and metrics are required.")
    time = next((name for name in dimensions if name in (DAY_DIMENSION, HOUR_DIMENSION)), "")
    ids = tuple(name for name in dimensions if name != time)
    level = _level(ids, time)
    if unknown := [name for name in metrics if name not in level.metrics and name not in level.attributes]:
        raise wrong(f"metrics: {unknown[0]} is not supported for these dimensions.")
    filters = _filters(call, level)
    sums = dict[Key, list[Figures]]()
    shown = dict[Key, Ad]()
    for ad, day, figures in counted(call, call.days(time)):
        if not is_gmv_max(ad) or not _counts(call, ad, filters):
            continue
        named = {
            "advertiser_id": call.portfolio.account.text,
            "campaign_id": str(ad.campaign.object_id),
            "item_group_id": ad.shown_ids[0],
            "item_id": str(ad.object_id),
        }
        for when, part in _times(call, time, day, figures):
            key = (*(named[name] for name in ids), *when)
            sums.setdefault(key, []).append(part)
            shown[key] = ad
    told = {key: add(rows) for key, rows in sums.items()}
    # Of creatives grouped by all there is, those without cost are left out.
    kept = [key for key in sorted(told, key=lambda key: key[-1][::-1]) if len(ids) < 3 or told[key].spend]
    one_each = all(len(filters[name]) == 1 for name in level.required if name != "gmv_max_promotion_types")
    names = level.attributes if len(ids) == 1 and one_each else ()
    return [
        {
            "dimensions": dict(zip([*ids, *([time] if time else [])], key, strict=True)),
            "metrics": describe(shown[key], told[key], metrics, names, call.as_of),
        }
        for key in kept
    ]


def _level(ids: tuple[str, ...], time: str) -> Level:
    for level in LEVELS:
        if set(ids) in level.dimensions and (time != HOUR_DIMENSION or level.by_hour):
            return level
    raise wrong(f"dimensions: {', '.join(ids)} are not supported together.")


def _filters(call: Call, level: Level) -> dict[str, list[str]]:
    asked = call.filtering()
    if unknown := asked.keys() - {*level.required, "campaign_statuses"}:
        raise wrong(f"filtering: {min(unknown)} is not supported for these dimensions.")
    found = {name: texts(value, name, MOST_IDS) for name, value in asked.items()}
    if missing := [name for name in level.required if not found.get(name)]:
        raise wrong(f"filtering: {missing[0]} is required for these dimensions.")
    return found


def _counts(call: Call, ad: Ad, filters: dict[str, list[str]]) -> bool:
    campaign = ad.campaign
    status = ALL if "STATUS_ALL" in filters.get("campaign_statuses", ()) else NOT_DELETED
    return (
        fits(campaign, status, call.as_of)
        and "PRODUCT" in filters.get("gmv_max_promotion_types", ["PRODUCT"])
        and str(campaign.object_id) in filters.get("campaign_ids", [str(campaign.object_id)])
        and ad.shown_ids[0] in filters.get("item_group_ids", [ad.shown_ids[0]])
    )


def _times(call: Call, time: str, day: date, figures: Figures) -> Iterator[tuple[Sequence[str], Figures]]:
    """Yield a day's figures by the dimension of time."""
    if time == HOUR_DIMENSION:
        begun = hours(day.isoformat(), call.as_of - day_begins(call, day))
        parts = split(figures, [weight for _, weight in begun])
        yield from ((when, part) for (when, _), part in zip(begun, parts, strict=True) if any(part[:-2]))
    else:
        yield (f"{day.isoformat()} 00:00:00",) if time else (), figures
