"""Tokens, consent, call limits and planned faults of Lazada's API."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from plugins.sandbox.tests.lazada_api import AS_OF, ORDERS, SELLER, SG, START, TH, Client
from talat_sandbox.platforms.lazada.protocol import APP_KEY
from talat_sandbox.testing import running_sandbox
from talat_sandbox.vault import Vault


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_sandbox(as_of=AS_OF, orders_per_day=30, days=60, channels="lazada", products=60) as running:
        yield Client(running)


@pytest.fixture
def own() -> Iterator[Client]:
    """Of a sandbox that a test may break."""
    with running_sandbox(as_of=AS_OF, orders_per_day=4, days=3, channels="lazada") as running:
        yield Client(running)


def test_given_a_refresh_token_when_used_then_both_are_new_and_the_list_has_another_name(own: Client) -> None:
    first = Vault.first_refresh_token(TH)
    answer = own.refresh(TH)
    assert answer["country_user_info_list"][0]["seller_id"] == str(TH)
    assert "country_user_info" not in answer
    assert answer["refresh_token"] != first
    assert answer["expires_in"] == 14400
    assert own.refresh(TH, first)["code"] == "IllegalRefreshToken"
    assert own.refresh(TH)["code"] == "0"


def test_given_tokens_in_trouble_when_used_then_the_codes_are_lazadas(own: Client) -> None:
    own.refresh(TH)
    own.sandbox.expire_tokens(TH)
    assert own.call(TH, SELLER)["code"] == "IllegalAccessToken"
    own.refresh(TH)
    own.sandbox.deny(TH, "/rest/seller/get")
    assert own.call(TH, SELLER)["code"] == "InsufficientPermission"
    own.sandbox.revoke(TH)
    assert own.call(TH, ORDERS, update_after=START)["code"] == "IllegalAccessToken"
    assert own.refresh(TH)["code"] == "IllegalRefreshToken"
    assert own.call(TH + 1, SELLER)["code"] == "0"


def test_given_a_seller_who_consents_when_the_code_is_redeemed_then_there_are_tokens_once(own: Client) -> None:
    asked = {"response_type": "code", "client_id": APP_KEY, "redirect_uri": "http://127.0.0.1:1/back", "state": "s&t"}
    connection = http.client.HTTPConnection("127.0.0.1", own.sandbox.port, timeout=30)
    connection.request("GET", f"/oauth/authorize?{urlencode(asked)}")
    page = connection.getresponse().read().decode()
    assert f"approve={TH}" in page
    connection.request("GET", f"/oauth/authorize?{urlencode({**asked, 'approve': str(SG)})}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == ["s&t"]
    granted = own.send("/auth/token/create", {"code": query["code"][0]})
    assert granted["country_user_info"] == [
        {"country": "sg", "seller_id": str(SG), "user_id": str(SG + 100_000), "short_code": "SG1MOCK03"}
    ]
    own.tokens[SG] = granted["access_token"]
    assert own.get(SG, SELLER)["seller_id"] == SG
    assert own.send("/auth/token/create", {"code": query["code"][0]})["code"] == "InvalidCode"


def test_given_too_many_calls_when_sent_then_the_ban_names_its_seconds() -> None:
    with running_sandbox(as_of=AS_OF, orders_per_day=2, days=2, channels="lazada", app_rps=3, shop_rps=0) as running:
        own = Client(running)
        answers = [own.call(TH, SELLER) for _ in range(5)]
        assert "ban will last 1 seconds" in answers[-1]["message"]
        assert answers[-1]["code"] == "ApiCallLimit"
    with running_sandbox(as_of=AS_OF, orders_per_day=2, days=2, channels="lazada", app_rps=0, shop_rps=3) as running:
        own = Client(running)
        assert [own.call(TH, SELLER)["code"] for _ in range(5)][-1] == "SellerCallLimit"


def test_given_faults_when_they_strike_then_the_signature_still_holds(client: Client) -> None:
    client.sandbox.faults({"match": {"path": ORDERS, "account": str(TH)}, "kind": "page_size", "rows": 2})
    page = client.get(TH, ORDERS, update_after=START, limit=100)
    assert page["count"] == 2
    client.sandbox.faults({"match": {"path": ORDERS}, "kind": "error", "code": "901"})
    assert client.call(TH, ORDERS, update_after=START)["type"] == "ISP"
    client.sandbox.faults({"match": {"path": ORDERS}, "kind": "future_update_time"})
    listed = client.get(TH, ORDERS, update_after=START, limit=1)["orders"]
    assert listed[0]["updated_at"].startswith("2099")


def test_given_drift_when_a_page_was_listed_then_its_first_order_is_the_lists_last(own: Client) -> None:
    asked = {"update_after": START, "sort_by": "updated_at", "sort_direction": "ASC"}
    before = own.get(TH, ORDERS, **asked)["orders"]
    own.sandbox.faults({"match": {"path": ORDERS}, "kind": "drift"})
    own.get(TH, ORDERS, **asked)
    after = own.get(TH, ORDERS, **asked)["orders"]
    assert {order["order_id"] for order in after} == {order["order_id"] for order in before}
    assert {order["order_id"] for order in after[-2:]} == {before[0]["order_id"], before[-1]["order_id"]}
