"""Consent, tokens, codes, limits and lists of TikTok's API for business, as far as its documentation is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from plugins.sandbox.tests.tiktok_ads_api import ACCOUNT, ALL, SMALL, TikTok
from talat_sandbox.platforms.tiktok_ads.protocol import APP_ID, APP_SECRET, LONG_TERM_TOKEN, MESSAGES
from talat_sandbox.testing import Sandbox, running_sandbox

APP = {"app_id": APP_ID, "secret": APP_SECRET}


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox(**SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def tiktok(shared: Sandbox) -> TikTok:
    return TikTok(shared)


@pytest.fixture
def own() -> Iterator[TikTok]:
    """An account in a sandbox that a test may break."""
    with running_sandbox(**{**SMALL, "orders_per_day": 5, "days": 4}) as running:
        yield TikTok(running)


def test_consent_gives_a_code_that_works_once_and_a_token_for_the_accounts_chosen(own: TikTok) -> None:
    link = {"app_id": APP_ID, "state": "s&1", "redirect_uri": "http://127.0.0.1:9/back"}
    status, page, _ = own.send("GET", f"/portal/auth?{urlencode(link)}")
    assert status == 200
    assert ACCOUNT in page.decode()
    status, _, headers = own.send("GET", f"/portal/auth?{urlencode({**link, 'approve': ACCOUNT})}")
    answer = parse_qs(urlsplit(headers["Location"]).query)
    assert (status, answer["state"]) == (302, ["s&1"])
    proof = {**APP, "auth_code": answer["auth_code"][0]}
    assert own.code("oauth2/access_token/", {**proof, "secret": "wrong"}) == 40101
    granted = own.data("oauth2/access_token/", proof)
    assert granted["advertiser_ids"] == [ACCOUNT]
    assert own.code("oauth2/access_token/", proof) == 40110
    one = TikTok(own.sandbox, granted["access_token"])
    assert [row["advertiser_id"] for row in one.data("oauth2/advertiser/get/", **APP)["list"]] == [ACCOUNT]
    assert one.code("campaign/get/") == 0
    assert TikTok(own.sandbox, one.token, "7100000000000000002").code("campaign/get/") == 40001
    assert one.code("oauth2/revoke_token/", {**APP, "access_token": one.token}) == 0
    assert one.code("campaign/get/") == 40105


def test_tokens_and_permissions(own: TikTok) -> None:
    assert TikTok(own.sandbox, "").code("campaign/get/") == 40104
    assert TikTok(own.sandbox, "unknown").code("campaign/get/") == 40105
    stranger = TikTok(own.sandbox, account="7100000000000000099")
    assert stranger.ask("campaign/get/")["message"] == "No permission to operate advertiser 7100000000000000099."
    own.sandbox.deny(account=ACCOUNT, path="gmv_max")
    assert own.code("gmv_max/store/list/") == 40133
    assert own.code("campaign/get/") == 0
    own.sandbox.revoke(account=ACCOUNT)
    assert own.code("campaign/get/") == 40001
    own.sandbox.expire_tokens(platform="tiktok_ads")
    assert own.code("campaign/get/") == 40105


def test_every_code_comes_with_http_200_and_its_message(tiktok: TikTok, shared: Sandbox) -> None:
    for code, message in MESSAGES.items():
        shared.faults({"match": {"path": "campaign/get/"}, "kind": "error", "code": code})
        answer = tiktok.ask("campaign/get/")
        assert (answer["code"], answer["message"], answer["data"]) == (code, message, {})
    shared.faults({"match": {"path": "campaign/get/"}, "kind": "http_status", "status": 504})
    status, body, _ = tiktok.send("GET", "/open_api/v1.3/campaign/get/")
    assert (status, body[:6]) == (504, b"<html>")


@pytest.mark.parametrize("path", ["campaign/get", "no/such/path/"])
def test_the_slash_belongs_to_the_path(tiktok: TikTok, path: str) -> None:
    assert tiktok.send("GET", f"/open_api/v1.3/{path}")[0] == 404


def test_too_many_calls_are_refused() -> None:
    with running_sandbox(**{**SMALL, "days": 2, "app_rps": 2}) as running:
        codes = [TikTok(running).code("gmv_max/store/list/") for _ in range(4)]
        assert 40100 in codes
        assert running.stats()["limit_violations_by_key"]["gmv_max/store/list/"] == codes.count(40100)


def test_objects_are_listed_by_id_the_newest_first_and_deleted_ones_on_request(tiktok: TikTok, shared: Sandbox) -> None:
    books = {
        row["campaign_id"]: row
        for row in shared.truth("campaigns")
        if row["account_id"] == ACCOUNT and row["objective"] != "PRODUCT_GMV_MAX"
    }
    everything = tiktok.rows("campaign/get/", filtering=ALL, page_size=1)
    ids = [int(row["campaign_id"]) for row in everything]
    assert ids == sorted(ids, reverse=True)
    assert {row["campaign_id"] for row in everything} == set(books)
    for row in everything:
        of_books = books[row["campaign_id"]]
        assert row["campaign_name"] == of_books["name"]
        assert row["operation_status"] == of_books["status"]
        if of_books["daily_budget"]:
            assert (row["budget_mode"], Decimal(str(row["budget"]))) == (
                "BUDGET_MODE_DAY",
                Decimal(of_books["daily_budget"]),
            )
    usual = tiktok.rows("ad/get/")
    deleted = tiktok.rows("ad/get/", filtering={"primary_status": "STATUS_DELETE"})
    assert deleted
    assert {ad["secondary_status"] for ad in deleted} == {"AD_STATUS_DELETE"}
    assert len(usual) + len(deleted) == len(tiktok.rows("ad/get/", filtering=ALL))
    groups = {group["adgroup_id"] for group in tiktok.rows("adgroup/get/", filtering=ALL)}
    assert {ad["adgroup_id"] for ad in usual} <= groups
    assert tiktok.rows("ad/get/", fields=["ad_id"], page_size=1000)[0].keys() == {"ad_id"}


def test_who_looks_after_an_account_is_a_planted_person(tiktok: TikTok) -> None:
    (account,) = tiktok.data("advertiser/info/", advertiser_ids=[ACCOUNT])["list"]
    assert (account["currency"], account["timezone"]) == ("THB", "Asia/Bangkok")
    assert account["email"].startswith("PII-")
    assert isinstance(account["create_time"], int)


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("campaign/get/", {"page_size": 1001}),
        ("campaign/get/", {"page": 0}),
        ("campaign/get/", {"filtering": "STATUS_ALL"}),
        ("campaign/get/", {"filtering": {"primary_status": "DELETED"}}),
        ("campaign/get/", {"fields": ["no_such_field"]}),
        ("gmv_max/campaign/get/", {}),
        ("gmv_max/campaign/get/", {"filtering": {"gmv_max_promotion_types": ["PRODUCT"]}}),
        ("gmv_max/campaign/get/", {"filtering": {"gmv_max_promotion_types": ["PRODUCT_GMV_MAX"]}, "page_size": 101}),
        ("advertiser/info/", {"advertiser_ids": ACCOUNT}),
    ],
)
def test_wrong_parameters_of_lists_are_refused(tiktok: TikTok, path: str, params: dict[str, Any]) -> None:
    assert tiktok.code(path, **params) == 40002


def test_page_size_is_ten_unless_it_is_named(tiktok: TikTok) -> None:
    assert tiktok.data("ad/get/", filtering=ALL)["page_info"]["page_size"] == 10


def test_all_that_was_handed_out_is_known_as_secret(tiktok: TikTok, shared: Sandbox) -> None:
    kinds: Callable[[], dict[str, list[str]]] = lambda: shared.secrets()["tiktok_ads"]  # noqa: E731
    assert LONG_TERM_TOKEN in kinds()["tokens"]
    assert kinds()["app_secret"] == [APP_SECRET]
