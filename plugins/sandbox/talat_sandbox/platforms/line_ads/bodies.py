"""Accounts, campaigns, ad groups and ads as LINE shows them. Money is in micros of the account's currency."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from talat_sandbox.business.ads import Ad, AdAccount, AdSet, Campaign

_NEVER = "1970-01-01T00:00:00Z"
Body = dict[str, object]


def account_body(account: AdAccount) -> Body:
    """Return an ad account."""
    region = account.shop.region
    opened = _time(account, account.opened)
    return {
        "id": account.text,
        "name": account.name,
        "productType": "PERFORMANCE",
        "currency": region.currency,
        "timezone": region.time_zone,
        "country": region.code,
        "configuredStatus": "ACTIVE",
        "deliveryStatus": "ACTIVE",
        "deliveryStatusReasons": [],
        "lineAccount": {"name": account.shop.name, "lineId": f"@{account.shop.shop_id}"},
        "contactEmail": f"PII-ads-{account.shop.index}@example.com",
        "createdDate": opened,
        "modifiedDate": opened,
    }


def campaign_body(campaign: Campaign, as_of: int) -> Body:
    """Return a campaign; it has no budget of its own."""
    account = campaign.account
    stop = _NEVER if campaign.stop is None else _time(account, campaign.stop)
    return {
        **_common(campaign, account, as_of),
        "campaignObjective": campaign.objective,
        "spendingLimitType": "NONE",
        "spendingLimitMicro": None,
        "startDate": _time(account, campaign.start),
        "endDate": stop,
        "activeCbo": False,
    }


def ad_group_body(ad_set: AdSet, as_of: int) -> Body:
    """Return an ad group with its daily budget."""
    version = ad_set.version(as_of) or ad_set.versions[0]
    first, last = ad_set.ages
    return {
        **_common(ad_set, ad_set.campaign.account, as_of),
        "campaignId": ad_set.campaign.object_id,
        "bidType": "CPC",
        "autoBidType": "CONVERSION",
        "bidStrategy": "LOWEST_COST",
        "bidAmountMicro": None,
        "dailyBudgetMicro": version.budget * 10_000,
        "targeting": {"country": ad_set.campaign.account.shop.region.code, "ageMin": first, "ageMax": last},
    }


def ad_body(ad: Ad, as_of: int) -> Body:
    """Return an ad with its creative."""
    creative = ad.creative
    return {
        **_common(ad, ad.campaign.account, as_of),
        "campaignId": ad.campaign.object_id,
        "adgroupId": ad.ad_set.object_id,
        "creative": {
            "id": creative.object_id,
            "format": "VIDEO" if creative.is_video else "IMAGE",
            "title": creative.title,
            "description": creative.body,
        },
    }


def _common(thing: Campaign | AdSet | Ad, account: AdAccount, as_of: int) -> Body:
    version, words = thing.version(as_of) or thing.versions[0], account.platform.statuses
    effective = thing.effective_status(as_of)
    return {
        "id": thing.object_id,
        "name": version.name,
        "configuredStatus": words[version.status],
        "deliveryStatus": words.get(effective, "NOT_DELIVERING"),
        "deliveryStatusReasons": [] if effective in words else [{"code": effective}],
        "createdDate": _time(account, thing.created),
        "modifiedDate": _time(account, version.at),
    }


def _time(account: AdAccount, instant: int) -> str:
    return datetime.fromtimestamp(instant, ZoneInfo(account.shop.region.time_zone)).isoformat()
