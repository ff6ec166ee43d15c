"""The taps of what marketplaces sell of ads, as the suites of the whole see them."""

from __future__ import annotations

from pathlib import Path

from talat_sandbox.platforms.lazada import protocol as lazada
from talat_sandbox.platforms.shopee_ads.protocol import ADS_APP
from talat_sandbox.testing import Sandbox
from talat_sandbox.vault import Vault
from tests.subject import Config, Subject, Table, of


def _shopee_ads(sandbox: Sandbox, folder: Path) -> Config:
    return {
        "partner_id": ADS_APP.partner_id,
        "partner_key": ADS_APP.key,
        "shop_ids": list(sandbox.shop_ids),
        "refresh_tokens": {str(shop): token for shop, token in sandbox.refresh_tokens.items()},
        "token_store": str(folder / "tokens"),
        "requests_per_second": 0,
        "account_requests_per_second": 0,
    }


def _sellers(sandbox: Sandbox) -> list[str]:
    return [str(seller) for seller in sandbox.channel_shop_ids["lazada"]]


def _lazada_ads(sandbox: Sandbox, folder: Path) -> Config:
    sellers = sandbox.channel_shop_ids["lazada"]
    return {
        "app_key": lazada.APP_KEY,
        "app_secret": lazada.APP_SECRET,
        "seller_ids": list(sellers),
        "refresh_tokens": {str(seller): Vault.first_refresh_token(seller) for seller in sellers},
        "token_store": str(folder / "tokens"),
        "requests_per_second": 0,
    }


SHOPEE_ADS = Subject(
    name="tap-shopee-ads",
    platform="shopee_ads",
    settings=_shopee_ads,
    accounts=lambda sandbox: [str(shop) for shop in sandbox.shop_ids],
    accounts_setting="shop_ids",
    tables=(
        # In a business of two campaigns a shop, which has neither GMV Max nor what is deleted and listed no more.
        Table(
            "campaign_daily",
            "ads_daily",
            {"shop_id": "account_id", "date": "date", "campaign_id": "campaign_id"},
            {
                "expense": "spend",
                "impression": "impressions",
                "clicks": "clicks",
                "broad_order": "conversions",
                "broad_gmv": "conversion_value",
            },
            only=of("shopee_ads"),
            call="ads/get_product_campaign_daily_performance",
            summed=True,
        ),
        Table(
            "campaigns",
            "campaigns",
            {"shop_id": "account_id", "campaign_id": "campaign_id"},
            {"ad_name": "name", "campaign_status": "status", "campaign_budget": "daily_budget"},
            only=of("shopee_ads"),
        ),
    ),
    listing="ads/get_product_level_campaign_id_list",
    detail="ads/get_product_campaign_daily_performance",
    token="auth/access_token/get",
    dated="",
    choices=lambda sandbox: [str(shop) for shop in sandbox.shop_ids],
    rotates=True,
    dead_token={"kind": "error", "code": "error_shop_refresh_token"},
    calls=(
        "ads/get_product_level_campaign_id_list",
        "ads/get_product_campaign_daily_performance",
        "ads/get_product_level_campaign_setting_info",
    ),
    # Where nothing is said of a time, the tap waits a minute.
    troubles=({"kind": "expire_token"}, {"kind": "rate_limit", "retry_after": 1}),
    snapshots=("balance", "toggles"),
    nothing=("ads_error_product_gms_campaign_not_found",),
    # A shop has two campaigns here, listed for each stream once; its pages begin at a row, not at a number.
    tiny=(1, 10),
    circles="goes on without end",
    listed=("campaign_daily", "campaigns"),
)

LAZADA_ADS = Subject(
    name="tap-lazada-ads",
    platform="lazada_ads",
    settings=_lazada_ads,
    accounts=_sellers,
    accounts_setting="seller_ids",
    tables=(
        Table(
            "adgroup_daily",
            "ads_daily",
            {"seller_id": "account_id", "date": "date", "campaignId": "campaign_id", "adgroupId": "adset_id"},
            {
                "spend": "spend",
                "impressions": "impressions",
                "clicks": "clicks",
                "storeOrders": "conversions",
                "storeRevenue": "conversion_value",
            },
            only=of("lazada_ads"),
            call="report/getDiscoveryReportAdgroup",
        ),
        Table(
            "campaigns",
            "campaigns",
            {"seller_id": "account_id", "campaignId": "campaign_id"},
            {"campaignName": "name", "onlineStatus": "status", "dailyBudget": "daily_budget"},
            only=of("lazada_ads"),
            call="campaign/searchCampaignList",
        ),
    ),
    listing="report/getDiscoveryReportAdgroup",
    detail="report/getDiscoveryReportAdgroup",
    token="auth/token/refresh",
    dated="",
    choices=_sellers,
    rotates=True,
    dead_token={"kind": "error", "code": "IllegalRefreshToken"},
    calls=("report/getDiscoveryReportAdgroup", "campaign/searchCampaignList"),
    troubles=(
        {"kind": "expire_token"},
        {"kind": "rate_limit"},
        {"kind": "error", "code": "INTERNAL_ERROR", "inside": True},
    ),
    api="lazada",
    share=5,
)
