"""TikTok's own SDK for business, made from its documentation, reads the sandbox as it reads TikTok."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import business_api_client as sdk
import httpx
import pytest
from business_api_client.tiktok_business.tiktok_exceptions import TiktokSDKError

from talat_sandbox.platforms.tiktok_ads.protocol import APP_ID, APP_SECRET
from talat_sandbox.testing import Sandbox, running_sandbox

ACCOUNT = "7100000000000000001"
DAYS = ("2026-10-23", "2026-11-20")
# What TikTok says of every object and nobody sets.
OWN = {"advertiser_id", "create_time", "modify_time", "operation_status", "secondary_status"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(
        channels="tiktok_shop", ads="tiktok_ads", orders_per_day=60, days=28, as_of="2026-11-20T10:00:00Z",
        products=12, campaigns=8, seed=7,
    ) as running:  # fmt: skip
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Any:
    configuration = sdk.Configuration()
    configuration.host = sandbox.url
    return sdk.ApiClient(configuration)


@pytest.fixture(scope="module")
def token(client: Any, sandbox: Sandbox) -> str:
    consent = {"app_id": APP_ID, "state": "7", "redirect_uri": "https://shop.example/", "approve": "all"}
    back = httpx.get(f"{sandbox.url}/portal/auth", params=consent).headers["Location"]
    proof = sdk.Oauth2AccessTokenBody(
        app_id=APP_ID, secret=APP_SECRET, auth_code=parse_qs(urlsplit(back).query)["auth_code"][0]
    )
    granted = sdk.AuthenticationApi(client).oauth2_access_token(body=proof)["data"]
    assert ACCOUNT in granted["advertiser_ids"]
    return str(granted["access_token"])


def whole(ask: Callable[..., Any], *args: Any, **params: Any) -> list[Any]:
    """All rows, page by page."""
    found: list[Any] = []
    while True:
        data = ask(*args, page=1 + len(found) // 20, page_size=20, **params)["data"]
        found += data["list"]
        if len(found) == data["page_info"]["total_number"]:
            return found


def spent(sandbox: Sandbox, gmv_max: bool) -> dict[tuple[str, str], Decimal]:
    """What each campaign of a kind spent on each day, as the truth has it."""
    kinds = {row["campaign_id"]: row["objective"] for row in sandbox.truth("campaigns")}
    found: dict[tuple[str, str], Decimal] = {}
    for row in sandbox.truth("ads_daily"):
        if row["account_id"] == ACCOUNT and (kinds[row["campaign_id"]] == "PRODUCT_GMV_MAX") == gmv_max:
            key = (row["campaign_id"], row["date"])
            found[key] = found.get(key, Decimal(0)) + Decimal(row["spend"])
    return found


def by_day(rows: list[Any], metric: str) -> dict[tuple[str, str], Decimal]:
    return {
        (row["dimensions"]["campaign_id"], row["dimensions"]["stat_time_day"][:10]): Decimal(row["metrics"][metric])
        for row in rows
    }


def test_given_objects_when_listed_then_they_are_the_truth_in_the_words_of_the_sdk(
    client: Any, token: str, sandbox: Sandbox
) -> None:
    campaigns = whole(
        sdk.CampaignCreationApi(client).campaign_get, ACCOUNT, token,
        filtering=sdk.FilteringCampaignGet(primary_status="STATUS_ALL"),
    )  # fmt: skip
    truth = {
        row["campaign_id"]: row["name"]
        for row in sandbox.truth("campaigns")
        if row["account_id"] == ACCOUNT and row["objective"] != "PRODUCT_GMV_MAX"
    }
    assert {row["campaign_id"]: row["campaign_name"] for row in campaigns} == truth
    groups = whole(
        sdk.AdgroupApi(client).adgroup_get, ACCOUNT, token, filtering=sdk.FilteringAdgroupGet(campaign_ids=[*truth])
    )
    ads = whole(sdk.AdApi(client).ad_get, ACCOUNT, token, filtering=sdk.FilteringAdGet(campaign_ids=[*truth]))
    assert {row["adgroup_id"] for row in ads} == {row["adgroup_id"] for row in groups}
    told = {"campaign_id", "campaign_automation_type", "is_smart_performance_campaign"}
    assert campaigns[0].keys() - sdk.CampaignCreateBody.attribute_map.values() <= OWN | told
    assert groups[0].keys() - sdk.AdgroupCreateBody.attribute_map.values() <= OWN | {"adgroup_id"}
    assert ads[0].keys() - sdk.AdcreateCreatives.attribute_map.values() <= OWN | {"campaign_id", "adgroup_id", "ad_id"}


def test_given_a_report_when_read_then_each_day_is_the_truth(client: Any, token: str, sandbox: Sandbox) -> None:
    everything = {"field_name": "campaign_status", "filter_type": "IN", "filter_value": json.dumps(["STATUS_ALL"])}
    rows = whole(
        sdk.ReportingApi(client).report_integrated_get, "BASIC", token,
        advertiser_id=ACCOUNT, service_type="AUCTION", data_level="AUCTION_CAMPAIGN",
        dimensions=["campaign_id", "stat_time_day"], metrics=["spend", "impressions"],
        start_date=DAYS[0], end_date=DAYS[1], filtering=[everything],
    )  # fmt: skip
    assert by_day(rows, "spend") == spent(sandbox, gmv_max=False)


def test_given_gmv_max_when_read_then_each_day_is_the_truth(client: Any, token: str, sandbox: Sandbox) -> None:
    (store,) = sdk.StoreApi(client).gmv_max_store_list(ACCOUNT, token)["data"]["store_list"]
    rows = whole(
        sdk.ReportingApi(client).gmv_max_report_get, ACCOUNT, [store["store_id"]], ["campaign_id", "stat_time_day"],
        ["cost", "orders"], *DAYS, token,
        filtering=sdk.FilteringGmvMaxReportGet(gmv_max_promotion_types=["PRODUCT"], campaign_statuses=["STATUS_ALL"]),
    )  # fmt: skip
    assert by_day(rows, "cost") == spent(sandbox, gmv_max=True)
    campaign = rows[0]["dimensions"]["campaign_id"]
    detail = sdk.CampaignCreationApi(client).campaign_gmv_max_info(ACCOUNT, campaign, token)["data"]
    told = {"campaign_id", "roi_protection_enabled"}
    assert detail.keys() - sdk.GmvMaxCreateBody.attribute_map.values() <= OWN | told


def test_given_wrong_calls_when_made_then_the_sdk_raises_what_they_are(client: Any, token: str) -> None:
    campaigns = sdk.CampaignCreationApi(client)
    with pytest.raises(TiktokSDKError, match="Error Code: 40105"):
        campaigns.campaign_get(ACCOUNT, "never-issued")
    with pytest.raises(TiktokSDKError, match="Error Code: 40002, message: page_size"):
        campaigns.campaign_get(ACCOUNT, token, page_size=1001)
