"""Advertisers, campaigns, ad groups and ads, as TikTok shows them: times in UTC, money as numbers of major units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from talat_sandbox.business.ad_platforms import ACTIVE, DAILY, DELETED
from talat_sandbox.business.ads import Ad, AdAccount, AdSet, Campaign
from talat_sandbox.platforms.tiktok_ads.call import MOST_IDS, Call, texts, wrong

#: What is left out unless it is asked for.
NOT_DELETED, ALL, ONLY_DELETED = "STATUS_NOT_DELETE", "STATUS_ALL", "STATUS_DELETE"
STATUSES = (NOT_DELETED, ALL, ONLY_DELETED)
BC_ID = "7000000000000000009"
# A list takes the ids of its own level and of those above.
_BY_IDS = ("campaign_ids", "adgroup_ids", "ad_ids")
_AGES = ((18, "AGE_18_24"), (25, "AGE_25_34"), (35, "AGE_35_44"), (45, "AGE_45_54"), (55, "AGE_55_100"))
_REASONS = {"CAMPAIGN_PAUSED": "CAMPAIGN_DISABLE", "ADSET_PAUSED": "ADGROUP_DISABLE", DELETED: "DELETE"}

Thing = Campaign | AdSet | Ad
Body = dict[str, Any]


def stamp(instant: int | None) -> str | None:
    """Return an epoch second as TikTok writes times of objects, in UTC."""
    return None if instant is None else datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%d %H:%M:%S")


def amount(satang: int) -> orjson.Fragment:
    """Return money as a JSON number that is exact: 80.5, 40."""
    whole, rest = divmod(satang, 100)
    return orjson.Fragment(f"{whole}.{rest:02d}".rstrip("0").rstrip("."))


def chosen(things: Sequence[Any], status: str, as_of: int) -> list[Any]:
    """Return those that exist at an instant and have a status."""
    return [thing for thing in things if thing.version(as_of) and fits(thing, status, as_of)]


def fits(thing: Thing, status: str, as_of: int) -> bool:
    """Whether an object, by itself or with what it belongs to, is deleted or not, as a status wants it."""
    return status == ALL or (thing.effective_status(as_of) == DELETED) == (status == ONLY_DELETED)


def is_gmv_max(thing: Thing) -> bool:
    """Whether it belongs to a campaign of GMV Max, which other endpoints show."""
    campaign = thing if isinstance(thing, Campaign) else thing.campaign
    return campaign.kind.organic


def advertiser(account: AdAccount) -> Body:
    """Return an account, with who looks after it."""
    region = account.shop.region
    return {
        "advertiser_id": account.text,
        "name": account.name,
        "company": account.shop.name,
        "currency": region.currency,
        "timezone": region.time_zone,
        "display_timezone": region.time_zone,
        "country": region.code,
        "industry": "292408",
        "status": "STATUS_ENABLE",
        "role": "ROLE_ADVERTISER",
        "balance": amount(120_050),
        "create_time": account.opened,
        "owner_bc_id": BC_ID,
        "contacter": "PII-Somchai Jaidee",
        "email": "PII-owner@mail.example",
        "telephone_number": "PII-+66********77",
        "cellphone_number": "PII-+66********88",
        "address": "PII-99 Sukhumvit Road",
        "license_no": "PII-0105500000000",
    }


def show_campaign(campaign: Campaign, as_of: int) -> Body:
    """Return a campaign at an instant."""
    version = campaign.version(as_of)
    assert version is not None, "it exists"
    has_budget = campaign.budget_kind == DAILY or bool(version.budget)
    return {
        "advertiser_id": campaign.account.text,
        "campaign_id": str(campaign.object_id),
        "campaign_name": version.name,
        "objective_type": campaign.objective,
        "campaign_type": "REGULAR_CAMPAIGN",
        "campaign_automation_type": "MANUAL",
        "budget": amount(version.budget),
        "budget_mode": _budget_mode(campaign.budget_kind) if has_budget else "BUDGET_MODE_INFINITE",
        "operation_status": campaign.account.platform.statuses[version.status],
        "secondary_status": _secondary(campaign, "CAMPAIGN", as_of),
        "is_smart_performance_campaign": False,
        "create_time": stamp(campaign.created),
        "modify_time": stamp(version.at),
    }


def show_ad_group(ad_set: AdSet, as_of: int) -> Body:
    """Return an ad group at an instant."""
    version, campaign = ad_set.version(as_of), ad_set.campaign
    assert version is not None, "it exists"
    low, high = ad_set.ages
    return {
        "advertiser_id": campaign.account.text,
        "campaign_id": str(campaign.object_id),
        "adgroup_id": str(ad_set.object_id),
        "adgroup_name": version.name,
        "optimization_goal": "REACH" if campaign.objective == "REACH" else "CONVERT",
        "billing_event": "CPM" if campaign.objective == "REACH" else "OCPM",
        "bid_type": "BID_TYPE_NO_BID",
        "bid_price": 0,
        "deep_bid_type": None,
        "budget": amount(version.budget),
        "budget_mode": "BUDGET_MODE_DAY" if version.budget else "BUDGET_MODE_INFINITE",
        "placement_type": "PLACEMENT_TYPE_NORMAL",
        "placements": ["PLACEMENT_TIKTOK"],
        "location_ids": ["1605651" if campaign.account.shop.region.code == "TH" else "1880251"],
        "age_groups": [name for age, name in _AGES if low <= age < high],
        "gender": "GENDER_UNLIMITED",
        "schedule_type": "SCHEDULE_START_END" if campaign.stop else "SCHEDULE_FROM_NOW",
        "schedule_start_time": stamp(campaign.start),
        "schedule_end_time": stamp(campaign.stop),
        "click_attribution_window": "SEVEN_DAYS",
        "view_attribution_window": "ONE_DAY",
        "operation_status": campaign.account.platform.statuses[version.status],
        "secondary_status": _secondary(ad_set, "ADGROUP", as_of),
        "create_time": stamp(ad_set.created),
        "modify_time": stamp(version.at),
    }


def show_ad(ad: Ad, as_of: int) -> Body:
    """Return an ad at an instant."""
    version, creative = ad.version(as_of), ad.creative
    assert version is not None, "it exists"
    return {
        "advertiser_id": ad.campaign.account.text,
        "campaign_id": str(ad.campaign.object_id),
        "adgroup_id": str(ad.ad_set.object_id),
        "ad_id": str(ad.object_id),
        "ad_name": version.name,
        "ad_format": "SINGLE_VIDEO" if creative.is_video else "SINGLE_IMAGE",
        "video_id": f"v10033g50000{creative.object_id}" if creative.is_video else None,
        "image_ids": [],
        "tiktok_item_id": None,
        "identity_type": "CUSTOMIZED_USER",
        "identity_id": str(ad.campaign.account.account_id - 10**15),
        "ad_text": creative.body,
        "call_to_action": "SHOP_NOW",
        "landing_page_url": f"https://shop.example.com/{creative.product.item_id}",
        "operation_status": ad.campaign.account.platform.statuses[version.status],
        "secondary_status": _secondary(ad, "AD", as_of),
        "create_time": stamp(ad.created),
        "modify_time": stamp(version.at),
    }


class Objects:
    """The lists of an account: newest ids first, deleted objects only when they are asked for."""

    def campaigns(self, call: Call) -> Body:
        """GET campaign/get/."""
        return self._list(call, call.portfolio.campaigns, "campaign", show_campaign)

    def ad_groups(self, call: Call) -> Body:
        """GET adgroup/get/."""
        return self._list(call, call.portfolio.ad_sets, "adgroup", show_ad_group)

    def ads(self, call: Call) -> Body:
        """GET ad/get/."""
        return self._list(call, call.portfolio.ads, "ad", show_ad)

    def _list(self, call: Call, things: Sequence[Any], level: str, show: Callable[[Any, int], Body]) -> Body:
        asked = call.filtering()
        by_ids = _BY_IDS[: _BY_IDS.index(f"{level}_ids") + 1]
        if unknown := asked.keys() - {"primary_status", *by_ids}:
            raise wrong(f"filtering: {min(unknown)} is not supported.")
        status = asked.get("primary_status", NOT_DELETED)
        if status not in STATUSES:
            raise wrong(f"primary_status: must be one of {', '.join(STATUSES)}.")
        found = [thing for thing in chosen(things, status, call.as_of) if not is_gmv_max(thing)]
        for name in [name for name in by_ids if name in asked]:
            ids = set(texts(asked[name], name, MOST_IDS))
            found = [thing for thing in found if show(thing, call.as_of)[name.removesuffix("s")] in ids]
        found.sort(key=lambda thing: -thing.object_id)
        page = call.page(found)
        return {**page, "list": [only(show(thing, call.as_of), call.texts("fields")) for thing in page["list"]]}


def only(body: Body, fields: Sequence[str]) -> Body:
    """Return the fields asked for, all of them where none is named. Raises ApiError for one there is none of."""
    if unknown := [name for name in fields if name not in body]:
        raise wrong(f"fields: {unknown[0]} is not supported.")
    return {name: body[name] for name in fields} if fields else body


def _budget_mode(kind: str) -> str:
    return "BUDGET_MODE_DAY" if kind == DAILY else "BUDGET_MODE_TOTAL"


def _secondary(thing: Thing, level: str, as_of: int) -> str:
    status = thing.effective_status(as_of)
    if status == ACTIVE:
        return f"{level}_STATUS_{'ENABLE' if level == 'CAMPAIGN' else 'DELIVERY_OK'}"
    return f"{level}_STATUS_{_REASONS.get(status, 'DISABLE')}"
