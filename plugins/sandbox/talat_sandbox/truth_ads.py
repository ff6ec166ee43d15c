"""The truth about advertising: what the ads did, as it is known at an instant.

Dates are local days of the ad account. Orders are dated by themselves, not by the click that won them.
"""

from __future__ import annotations

from collections.abc import Iterator

from talat_sandbox.business.ads import DAILY
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import local_date
from talat_sandbox.tables import Row, Table, money

PLATFORM = "facebook_ads"


def _ads_daily(business: Business, as_of: int) -> Iterator[Row]:
    for shop in business.shops:
        portfolio, days = business.advertising.portfolio(shop), business.advertising.days(shop)
        for day in range(business.day_of(shop, as_of) + 1):
            date = local_date(shop.region.time_zone, business.day_start(shop, day)).isoformat()
            for place, it in days.day(day, as_of):
                ad = portfolio.ads[place]
                yield (
                    date, PLATFORM, portfolio.account.account_id, ad.campaign.object_id, ad.ad_set.object_id,
                    ad.object_id, shop.region.currency, money(it.spend), it.impressions, it.clicks, it.conversions,
                    money(it.value),
                )  # fmt: skip


def _campaigns(business: Business, as_of: int) -> Iterator[Row]:
    for shop in business.shops:
        portfolio = business.advertising.portfolio(shop)
        for campaign in portfolio.campaigns:
            version = campaign.version(as_of)
            if version:
                yield (
                    PLATFORM, portfolio.account.account_id, campaign.object_id, version.name, version.status,
                    campaign.objective, money(version.budget if campaign.budget_kind == DAILY else None), shop.shop_id,
                    " ".join(str(product.item_id) for product in campaign.products),
                )  # fmt: skip


def _ad_accounts(business: Business, _: int) -> Iterator[Row]:
    for shop in business.shops:
        account, region = business.advertising.portfolio(shop).account, shop.region
        yield (PLATFORM, account.account_id, account.name, region.currency, region.time_zone, shop.shop_id)


AD_TABLES = {
    "ads_daily": Table(
        (
            "date", "platform", "account_id", "campaign_id", "adset_id", "ad_id", "currency", "spend", "impressions",
            "clicks", "conversions", "conversion_value",
        ),
        _ads_daily,
    ),
    "campaigns": Table(
        (
            "platform", "account_id", "campaign_id", "name", "status", "objective", "daily_budget", "shop_id",
            "product_ids",
        ),
        _campaigns,
    ),
    "ad_accounts": Table(
        ("platform", "account_id", "name", "currency", "time_zone", "shop_id"), _ad_accounts
    ),
}  # fmt: skip
