"""Meta's own Python client against the sandbox: what it sends is understood, what it gets it can read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.adreportrun import AdReportRun
from facebook_business.adobjects.adsinsights import AdsInsights
from facebook_business.adobjects.campaign import Campaign
from facebook_business.adobjects.user import User
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from talat_sandbox.testing import Sandbox

EVERY = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED"]


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[FacebookAdsApi]:
    """The client with its proof of the app's secret, sent to the sandbox."""
    session = FacebookSession(sandbox.facebook_app_id, sandbox.facebook_app_secret, sandbox.facebook_token)
    session.GRAPH = sandbox.url
    yield FacebookAdsApi(session)
    session.requests.close()


@pytest.fixture
def account(api: FacebookAdsApi, sandbox: Sandbox) -> AdAccount:
    return AdAccount(f"act_{sandbox.ad_account_ids[0]}", api=api)


def test_given_the_user_when_asked_for_accounts_then_they_can_be_read(api: FacebookAdsApi, sandbox: Sandbox) -> None:
    accounts = User("me", api=api).get_ad_accounts(fields=["account_id", "currency", "name"])
    assert [account["account_id"] for account in accounts] == list(sandbox.ad_account_ids)


def test_given_campaigns_when_walked_by_cursor_then_all_come(account: AdAccount, sandbox: Sandbox) -> None:
    params = {"limit": 1, "effective_status": ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED"]}
    cursor = account.get_campaigns(fields=[Campaign.Field.name, Campaign.Field.updated_time], params=params)
    names = {campaign["id"]: campaign["name"] for campaign in cursor}
    truth = [row for row in sandbox.truth("campaigns") if row["account_id"] == sandbox.ad_account_ids[0]]
    assert names == {row["campaign_id"]: row["name"] for row in truth}
    assert cursor.total() == 4


def test_given_ads_when_asked_with_their_creatives_then_those_are_objects(account: AdAccount) -> None:
    with pytest.warns(UserWarning, match="does not allow field creative"):  # the client knows no nested fields
        ads = list(account.get_ads(fields=["name", "adset_id", "creative{id,name,body}"], params={"limit": 5}))
    assert len(ads) > 5
    assert all(ad["creative"]["body"] for ad in ads)
    assert {ad["adset_id"] for ad in ads} == {ad_set["id"] for ad_set in account.get_ad_sets()}
    assert len(account.get_ad_creatives(fields=["name"], params={"limit": 100})) == 20


def test_given_insights_when_asked_at_once_then_rows_come_page_by_page(account: AdAccount, sandbox: Sandbox) -> None:
    params: dict[str, Any] = {
        "level": "ad", "time_increment": 1, "time_range": {"since": "2026-11-01", "until": "2026-11-10"}, "limit": 7,
        "filtering": [{"field": "ad.effective_status", "operator": "IN", "value": EVERY}],
        "action_attribution_windows": ["7d_click", "1d_view"],
    }  # fmt: skip
    fields = [AdsInsights.Field.ad_id, AdsInsights.Field.spend, AdsInsights.Field.actions]
    rows = list(account.get_insights(fields=fields, params=params))
    truth = [
        row
        for row in sandbox.truth("ads_daily")
        if row["account_id"] == sandbox.ad_account_ids[0] and "2026-11-01" <= row["date"] <= "2026-11-10"
    ]
    assert {(row["ad_id"], row["date_start"]) for row in rows} == {(row["ad_id"], row["date"]) for row in truth}
    assert any("7d_click" in stats for row in rows for stats in row.get("actions", []))


def test_given_a_report_when_asked_for_then_the_client_can_follow_and_read_it(account: AdAccount) -> None:
    params = {"level": "campaign", "date_preset": "last_30d", "breakdowns": ["age", "gender"]}
    run = account.get_insights(fields=["campaign_id", "impressions"], params=params, is_async=True)
    assert isinstance(run, AdReportRun)
    deadline = time.monotonic() + 10
    while run.api_get()[AdReportRun.Field.async_status] != "Job Completed":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    rows = list(run.get_result(params={"limit": 10}))
    at_once = list(account.get_insights(fields=["campaign_id", "impressions"], params={**params, "limit": 500}))
    assert [dict(row) for row in rows] == [dict(row) for row in at_once]
    assert {row["gender"] for row in rows} == {"female", "male", "unknown"}


def test_given_wrong_calls_when_made_then_the_client_raises_what_they_are(
    account: AdAccount, api: FacebookAdsApi, sandbox: Sandbox
) -> None:
    with pytest.raises(FacebookRequestError) as caught:
        account.get_insights(params={"breakdowns": ["age", "country"]})
    assert (caught.value.http_status(), caught.value.api_error_code()) == (400, 100)
    assert "is invalid" in caught.value.api_error_message()
    with pytest.raises(FacebookRequestError) as caught:
        Campaign("120210000099999999", api=api).api_get(fields=["name"])
    assert (caught.value.api_error_code(), caught.value.api_error_subcode()) == (100, 33)
    session = FacebookSession(access_token="nobody's")
    session.GRAPH = sandbox.url
    try:
        with pytest.raises(FacebookRequestError) as caught:
            AdAccount(account["id"], api=FacebookAdsApi(session)).api_get()
    finally:
        session.requests.close()
    assert (caught.value.api_error_code(), caught.value.api_error_type()) == (190, "OAuthException")


def test_given_a_batch_when_executed_then_each_answer_reaches_its_caller(
    account: AdAccount, api: FacebookAdsApi, sandbox: Sandbox
) -> None:
    batch, got, failed = api.new_batch(), [], []
    for number in (*sandbox.ad_account_ids, "1"):
        AdAccount(f"act_{number}", api=api).api_get(
            fields=["name"], batch=batch, success=lambda answer: got.append(answer.json()),
            failure=lambda answer: failed.append(answer.error().api_error_code()),
        )  # fmt: skip
    assert batch.execute() is None
    assert [answer["id"] for answer in got] == [f"act_{number}" for number in sandbox.ad_account_ids]
    assert failed == [100]
    assert account.api_get(fields=["name"])["name"] == got[0]["name"]
