"""The truth about advertising: what the ads did, as it is known at an instant.

Dates are local days of the ad account. Facebook dates orders by themselves, not by the click that won them; others may
date them by the click. `ceiling_ppm` is in parts of a million, `scale` money of the account's currency, the size of an
anomaly percent, or hours for late data; `clicked_at` is UTC.
"""

from __future__ import annotations

from collections.abc import Iterator

from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_platforms import DAILY
from talat_sandbox.business.ad_wins import wins
from talat_sandbox.business.analytics import Analytics, property_id
from talat_sandbox.business.model import Business, Hit
from talat_sandbox.business.shops import iso, local_date
from talat_sandbox.tables import Row, Table, money


def _ads_daily(business: Business, as_of: int) -> Iterator[Row]:
    for advertising in business.advertised:
        for shop in advertising.shops:
            portfolio, days = advertising.portfolio(shop), advertising.days(shop)
            for day in range(business.day_of(shop, as_of) + 1):
                date = local_date(shop.region.time_zone, business.day_start(shop, day)).isoformat()
                rows: dict[tuple[int, str, str], list[Figures]] = {}
                for place, figures in days.day(day, as_of):
                    ad = portfolio.ads[place]
                    rows.setdefault((ad.campaign.object_id, *ad.shown_ids), []).append(figures)
                for (campaign, ad_set, ad_id), parts in rows.items():
                    it = add(parts)
                    yield (
                        date, advertising.platform.platform, portfolio.account.text, campaign, ad_set, ad_id,
                        shop.region.currency, money(it.spend), it.impressions, it.clicks, it.conversions,
                        money(it.value),
                    )  # fmt: skip


def _campaigns(business: Business, as_of: int) -> Iterator[Row]:
    for advertising in business.advertised:
        platform = advertising.platform
        for shop in advertising.shops:
            portfolio = advertising.portfolio(shop)
            for campaign in portfolio.campaigns:
                version = campaign.version(as_of)
                if version:
                    yield (
                        platform.platform, portfolio.account.text, campaign.object_id, version.name,
                        platform.statuses[version.status], campaign.objective,
                        money(version.budget if campaign.budget_kind == DAILY else None), shop.shop_id,
                        " ".join(str(product.item_id) for product in campaign.products),
                    )  # fmt: skip


def _ad_accounts(business: Business, _: int) -> Iterator[Row]:
    for advertising in business.advertised:
        for shop in advertising.shops:
            account, region = advertising.portfolio(shop).account, shop.region
            yield (
                advertising.platform.platform, account.text, account.name, region.currency, region.time_zone,
                shop.shop_id,
            )  # fmt: skip


def _response_curves(business: Business, as_of: int) -> Iterator[Row]:
    for advertising in business.campaigning:
        for shop in advertising.shops:
            portfolio = advertising.portfolio(shop)
            for campaign, curve in zip(portfolio.campaigns, advertising.days(shop).curves, strict=True):
                if campaign.created <= as_of:
                    yield (
                        advertising.platform.platform, portfolio.account.text, campaign.object_id, curve.form,
                        curve.ceiling, money(curve.scale),
                    )  # fmt: skip


def _planted_anomalies(business: Business, as_of: int) -> Iterator[Row]:
    for advertising in business.campaigning:
        for shop in advertising.shops:
            today = business.day_of(shop, as_of)
            for it in (planted for planted in advertising.days(shop).anomalies if planted.first <= today):
                first, last = (
                    local_date(shop.region.time_zone, business.day_start(shop, day)).isoformat()
                    for day in (it.first, it.last)
                )
                yield (
                    advertising.platform.platform, advertising.portfolio(shop).account.text,
                    it.campaign.object_id if it.campaign else "", first, last, it.kind, it.size,
                )  # fmt: skip


def _ad_wins(business: Business, as_of: int) -> Iterator[Row]:
    for channel in business.channels:
        for shop in channel.shops:
            for day in range(channel.day_of(shop, as_of) + 1):
                date = local_date(shop.region.time_zone, channel.day_start(shop, day)).isoformat()
                for ref, win in sorted(wins(business, channel, shop, day).items()):
                    if channel.life(ref).created <= as_of:
                        account, order_id = win.ad.campaign.account, channel.serial(Hit(ref, 0, 0))
                        yield (
                            channel.channel.platform, shop.shop_id, order_id, date, account.platform.platform,
                            account.text, win.ad.campaign.object_id, *win.ad.shown_ids, iso(win.clicked),
                        )  # fmt: skip


def _ga4_daily(business: Business, as_of: int) -> Iterator[Row]:
    analytics = Analytics(business)
    for shop in business.shops if business.measured else ():
        for day in range(business.day_of(shop, as_of) + 1):
            date = local_date(shop.region.time_zone, business.day_start(shop, day)).isoformat()
            for it in analytics.day(shop, day, as_of):
                yield (
                    property_id(shop), date, *it.origin, it.sessions, it.engaged, it.users, it.transactions,
                    money(it.revenue),
                )  # fmt: skip


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
    "response_curves": Table(
        ("platform", "account_id", "campaign_id", "form", "ceiling_ppm", "scale"), _response_curves
    ),
    "planted_anomalies": Table(
        ("platform", "account_id", "campaign_id", "first_date", "last_date", "kind", "size"), _planted_anomalies
    ),
    "ad_wins": Table(
        (
            "platform", "shop_id", "order_id", "order_date", "ad_platform", "account_id", "campaign_id", "adset_id",
            "ad_id", "clicked_at",
        ),
        _ad_wins,
    ),
    "ga4_daily": Table(
        (
            "property_id", "date", "source", "medium", "campaign", "sessions", "engaged_sessions", "users",
            "transactions", "revenue",
        ),
        _ga4_daily,
    ),
}  # fmt: skip
