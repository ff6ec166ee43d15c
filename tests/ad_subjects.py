"""The taps of ads and analytics, as the suites of the whole see them."""

from __future__ import annotations

from pathlib import Path

from talat_sandbox.platforms.google import accounts as google
from talat_sandbox.platforms.google_ads.accounts import MANAGER
from talat_sandbox.platforms.line_ads import protocol as line_ads
from talat_sandbox.platforms.tiktok_ads import protocol as tiktok
from talat_sandbox.testing import Sandbox
from tap_facebook_ads.streams import REPORTS
from tap_ga4.reports import DATA
from tap_tiktok_ads.streams import REPORTS as TIKTOK_REPORTS
from tests.subject import Config, Subject, Table, of


def _facebook(sandbox: Sandbox, folder: Path) -> Config:
    return {
        "account_ids": list(sandbox.ad_account_ids),
        "access_token": sandbox.facebook_token,
        "app_id": sandbox.facebook_app_id,
        "app_secret": sandbox.facebook_app_secret,
        "reports": ["daily_ad", "daily_account"],
    }


def _advertisers(sandbox: Sandbox) -> list[str]:
    accounts = (row for row in sandbox.truth("ad_accounts") if row["platform"] == "tiktok_ads")
    return [row["account_id"] for row in accounts]


def _tiktok_ads(sandbox: Sandbox, folder: Path) -> Config:
    return {
        "advertiser_ids": _advertisers(sandbox),
        "access_token": tiktok.LONG_TERM_TOKEN,
        "app_id": tiktok.APP_ID,
        "app_secret": tiktok.APP_SECRET,
        "reports": ["daily_ad", "daily_advertiser", "gmv_max_daily_creative"],
        "requests_per_second": 0,
    }


def _google(sandbox: Sandbox) -> Config:
    """A consent that was given elsewhere."""
    return {
        "client_id": google.CLIENT_ID,
        "client_secret": google.CLIENT_SECRET,
        "refresh_token": google.REFRESH_TOKEN,
        "token_url": f"{sandbox.url}{google.TOKEN}",
        "requests_per_second": 0,
    }


def _google_customers(sandbox: Sandbox) -> list[str]:
    return [row["account_id"] for row in sandbox.truth("ad_accounts") if row["platform"] == "google_ads"]


def _google_ads(sandbox: Sandbox, folder: Path) -> Config:
    customers = {"login_customer_id": str(MANAGER), "customer_ids": _google_customers(sandbox)}
    return {**_google(sandbox), **customers}


def _line_ads_accounts(sandbox: Sandbox) -> list[str]:
    truth = sandbox.truth("ad_accounts")
    return [row["account_id"] for row in truth if row["platform"] == "line_ads"]


def _line_ads(sandbox: Sandbox, folder: Path) -> Config:
    return {
        "account_ids": _line_ads_accounts(sandbox),
        "group_id": line_ads.GROUP,
        "access_key": line_ads.ACCESS_KEY,
        "secret_key": line_ads.SECRET_KEY,
        "requests_per_second": 0,
    }


def _properties(sandbox: Sandbox) -> list[str]:
    return sorted({row["property_id"] for row in sandbox.truth("ga4_daily")})


def _forgive(sandbox: Sandbox) -> None:
    """Forget errors of its own, of which Google permits ten in an hour: plans of faults make more."""
    for account in _properties(sandbox):
        sandbox.set_quota(account, "serverErrorsPerProjectPerHour", 10)


def _ga4(sandbox: Sandbox, folder: Path) -> Config:
    """A ready-made report that the truth knows, one by hand, and one beside them."""
    dimensions = ["sessionSource", "sessionMedium", "sessionCampaignName"]
    by_hand = {"name": "origins", "dimensions": dimensions, "metrics": ["engagedSessions", "purchaseRevenue"]}
    reports = {"reports": ["daily_campaigns", "daily_devices"], "custom_reports": [by_hand]}
    return {**_google(sandbox), "property_ids": _properties(sandbox), **reports}


FACEBOOK_ADS = Subject(
    name="tap-facebook-ads",
    platform="facebook_ads",
    settings=_facebook,
    accounts=lambda sandbox: list(sandbox.ad_account_ids),
    accounts_setting="account_ids",
    tables=(
        Table(
            "daily_ad",
            "ads_daily",
            {"account_id": "account_id", "ad_id": "ad_id", "date_start": "date"},
            {"spend": "spend", "impressions": "impressions", "clicks": "clicks"},
            only=of("facebook_ads"),
            call="/insights",
        ),
        Table(
            "campaigns",
            "campaigns",
            {"account_id": "account_id", "id": "campaign_id"},
            {"name": "name", "status": "status", "objective": "objective"},
            only=of("facebook_ads"),
            call="/campaigns",
        ),
        Table(
            "ad_accounts",
            "ad_accounts",
            {"account_id": "account_id"},
            {"name": "name", "currency": "currency", "timezone_name": "time_zone"},
            only=of("facebook_ads"),
        ),
    ),
    listing="/insights",
    detail="/insights",
    token="oauth/access_token",
    dated="/campaigns",
    choices=lambda sandbox: ["1"],
    rotates=False,
    dead_token={"kind": "error", "code": 190, "subcode": 467},
    calls=("/insights", "/campaigns", "/act_"),
    troubles=(
        {"kind": "rate_limit", "regain_minutes": 0},
        {"kind": "job", "outcome": "failed"},
        {"kind": "job", "outcome": "skipped"},
        {"kind": "job", "outcome": "unreadable"},
        {"kind": "job", "outcome": "lingering", "ms": 300},
    ),
    silent=("effective_status", "budget_remaining"),
    everything={"reports": list(REPORTS.reports)},
)

TIKTOK_ADS = Subject(
    name="tap-tiktok-ads",
    platform="tiktok_ads",
    settings=_tiktok_ads,
    accounts=_advertisers,
    accounts_setting="advertiser_ids",
    tables=(
        Table(
            "daily_ad",
            "ads_daily",
            {"advertiser_id": "account_id", "ad_id": "ad_id", "date_start": "date"},
            {"spend": "spend", "impressions": "impressions", "clicks": "clicks"},
            # Of GMV Max the truth has a shop's product in an ad group's place.
            only=lambda row: row["platform"] == "tiktok_ads" and row["adset_id"].startswith("178"),
            call="report/integrated/get/",
        ),
        Table(
            "campaigns",
            "campaigns",
            {"advertiser_id": "account_id", "campaign_id": "campaign_id"},
            {"campaign_name": "name", "operation_status": "status", "objective_type": "objective"},
            only=lambda row: row["platform"] == "tiktok_ads" and row["objective"] != "PRODUCT_GMV_MAX",
            call="/v1.3/campaign/get/",
        ),
        Table(
            "advertisers",
            "ad_accounts",
            {"advertiser_id": "account_id"},
            {"name": "name", "currency": "currency", "timezone": "time_zone"},
            only=of("tiktok_ads"),
        ),
    ),
    listing="report/integrated/get/",
    detail="report/integrated/get/",
    token="oauth2/access_token/",
    dated="/v1.3/campaign/get/",
    choices=lambda sandbox: ["all"],
    rotates=False,
    renews=False,
    dead_token={"kind": "error", "code": 40105},
    calls=("report/integrated/get/", "gmv_max/", "/v1.3/campaign/get/", "advertiser/info/"),
    troubles=({"kind": "rate_limit"},),
    silent=("secondary_status",),
    everything={"reports": list(TIKTOK_REPORTS.reports)},
)

GOOGLE_ADS = Subject(
    name="tap-google-ads",
    platform="google_ads",
    settings=_google_ads,
    accounts=_google_customers,
    accounts_setting="customer_ids",
    tables=(
        Table(
            "ad_performance",
            "ads_daily",
            {"customer_id": "account_id", "ad_id": "ad_id", "date": "date"},
            {"impressions": "impressions", "clicks": "clicks", "conversions": "conversions"},
            only=lambda row: row["platform"] == "google_ads" and row["ad_id"] != "",
        ),
        Table(
            "campaigns",
            "campaigns",
            {"customer_id": "account_id", "campaign_id": "campaign_id"},
            {
                "campaign_name": "name",
                "campaign_status": "status",
                "campaign_advertising_channel_type": "objective",
            },
            only=of("google_ads"),
        ),
        Table(
            "customers",
            "ad_accounts",
            {"customer_id": "account_id"},
            {"customer_descriptive_name": "name", "customer_currency_code": "currency"},
            only=of("google_ads"),
        ),
    ),
    listing="googleAds:searchStream",
    detail="googleAds:searchStream",
    token=google.TOKEN,
    dated="",
    choices=lambda sandbox: [],
    rotates=False,
    dead_token={"kind": "error", "code": "invalid_grant"},
    calls=("googleAds:searchStream",),
    troubles=(
        {"kind": "expire_token"},
        {"kind": "rate_limit"},
        {"kind": "rate_limit", "retry_after": 1},
        {"kind": "error", "code": "internalError.TRANSIENT_ERROR"},
    ),
    method="POST",
    consents=False,
    mend="give whoever consented access",
    paged=False,
    share=30,
)

LINE_ADS = Subject(
    name="tap-line-ads",
    platform="line_ads",
    settings=_line_ads,
    accounts=_line_ads_accounts,
    accounts_setting="account_ids",
    tables=(
        Table(
            "daily_ad",
            "ads_daily",
            {"account_id": "account_id", "ad_id": "ad_id", "date": "date"},
            {"cost": "spend", "impressions": "impressions", "clicks": "clicks", "cv": "conversions"},
            # A file has no types that could change.
            only=of("line_ads"),
        ),
        Table(
            "campaigns",
            "campaigns",
            {"account_id": "account_id", "id": "campaign_id"},
            {"name": "name", "configuredStatus": "status", "campaignObjective": "objective"},
            only=of("line_ads"),
            call="/campaigns",
        ),
        Table(
            "ad_accounts",
            "ad_accounts",
            {"account_id": "account_id"},
            {"name": "name", "currency": "currency", "timezone": "time_zone"},
            only=of("line_ads"),
        ),
    ),
    listing="/pfreports",
    detail="/pfreports",
    token="no token",
    dated="/campaigns",
    choices=lambda sandbox: [],
    rotates=False,
    dead_token={},
    calls=("/pfreports", "/campaigns", "/api/v3/groups"),
    troubles=({"kind": "rate_limit"}, {"kind": "job", "outcome": "failed"}),
    consents=False,
    mend="Check group_id and account_ids",
    share=5,
    # Reports are files, and of the objects, which have pages, an account has two here.
    paged=False,
)

_ORIGIN = {
    "property_id": "property_id",
    "date": "date",
    "session_source": "source",
    "session_medium": "medium",
    "session_campaign_name": "campaign",
}
GA4 = Subject(
    name="tap-ga4",
    platform="ga4",
    settings=_ga4,
    accounts=_properties,
    accounts_setting="property_ids",
    tables=(
        Table(
            "daily_campaigns",
            "ga4_daily",
            _ORIGIN,
            {
                "sessions": "sessions",
                "engaged_sessions": "engaged_sessions",
                "total_users": "users",
                "ecommerce_purchases": "transactions",
                "purchase_revenue": "revenue",
            },
        ),
        Table(
            "origins",
            "ga4_daily",
            _ORIGIN,
            {"engaged_sessions": "engaged_sessions", "purchase_revenue": "revenue"},
        ),
    ),
    listing=":runReport",
    detail=":runReport",
    token=google.TOKEN,
    dated="",
    choices=lambda sandbox: [],
    rotates=False,
    dead_token={"kind": "error", "code": "invalid_grant"},
    calls=(":runReport",),
    troubles=({"kind": "expire_token"}, {"kind": "error", "code": "ABORTED", "status": 409}),
    refill=_forgive,
    everything={"reports": DATA["default"]},
    method="POST",
    consents=False,
    mend="make whoever reads a Viewer",
    paged=False,
    share=5,
)
