"""Lazada's signature, limits, errors, tokens and figures, as its documentation has them."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from talat_sandbox.platforms.lazada.finance import FEES
from talat_sandbox.platforms.lazada.protocol import APP_KEY, APP_SECRET, sign
from talat_sandbox.testing import Sandbox, running_sandbox
from talat_sandbox.vault import Vault

AS_OF = "2026-11-20T17:00:00Z"
START = "2026-08-01T00:00:00+07:00"
TH, SG = 100100100, 100100102
ORDERS, ITEMS, PRODUCTS = "/orders/get", "/orders/items/get", "/products/get"
REVERSE, FINANCE, SELLER = "/reverse/getreverseordersforseller", "/finance/transaction/details/get", "/seller/get"
TOKEN = "50000mockLazadaToken001"
COMMON = {"app_key": "500123", "sign_method": "sha256", "timestamp": "1790000000000"}
VECTORS: list[tuple[str, dict[str, str], str]] = [
    (
        "/orders/get",
        {
            "access_token": TOKEN,
            "limit": "100",
            "offset": "0",
            "sort_by": "updated_at",
            "sort_direction": "ASC",
            "update_after": "2026-09-20T00:00:00+07:00",
            "update_before": "2026-09-21T00:00:00+07:00",
        },
        "53DF40C4B92328CAE0A2A90CE9BD5D3D67B151641FF24549FD26D307309A9C74",
    ),
    (
        "/orders/items/get",
        {"access_token": TOKEN, "order_ids": "[900100200300001,900100200300002]"},
        "145854A4FB5F139E841481224CA91CD90774B5702CCEA3DF1B0DC593DA6C2318",
    ),
    ("/seller/get", {"access_token": TOKEN}, "E25C91A3FD83FD96C865E23E96BC0EBAE193D34B575F938F10CF8C8E740679ED"),
    (
        "/auth/token/create",
        {"code": "0_500123_mockCode0001"},
        "6C1356D7DDDF8B929D53330B94ED7EF30EE261F4348BE7990A650B79DB41BAF3",
    ),
    (
        "/auth/token/refresh",
        {"refresh_token": "50001mockRefresh001"},
        "A2047C21E0B7308D62D83130D8377C7C36204D266AE71CC563D3F51AF9BE8AD7",
    ),
]


@dataclass
class Client:
    """A client written from the documentation, sharing no code with the sandbox."""

    sandbox: Sandbox
    tokens: dict[int, str] = field(default_factory=dict)
    refresh_tokens: dict[int, str] = field(default_factory=dict)

    def send(self, path: str, params: dict[str, str], method: str = "GET", change: dict[str, str] | None = None) -> Any:
        query = {
            "app_key": APP_KEY,
            "timestamp": str(int(time.time() * 1000)),
            "sign_method": "sha256",
            **params,
            **(change or {}),
        }
        base = path + "".join(name + query[name] for name in sorted(query) if query[name] and name != "sign")
        query.setdefault("sign", hmac.new(APP_SECRET.encode(), base.encode(), hashlib.sha256).hexdigest().upper())
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            if method == "POST":
                connection.request("POST", f"/rest{path}", urlencode(query))
            else:
                connection.request(method, f"/rest{path}?{urlencode(query)}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def refresh(self, shop: int, token: str = "") -> Any:
        token = token or self.refresh_tokens.get(shop) or Vault.first_refresh_token(shop)
        answer = self.send("/auth/token/refresh", {"refresh_token": token})
        if answer["code"] == "0":
            self.tokens[shop], self.refresh_tokens[shop] = answer["access_token"], answer["refresh_token"]
        return answer

    def call(
        self, shop: int, path: str, method: str = "GET", change: dict[str, str] | None = None, **params: Any
    ) -> Any:
        if shop not in self.tokens:
            assert self.refresh(shop)["code"] == "0"
        texts = {name: str(value) for name, value in params.items()}
        return self.send(path, {"access_token": self.tokens[shop], **texts}, method, change)

    def get(self, shop: int, path: str, **params: Any) -> Any:
        answer = self.call(shop, path, **params)
        assert answer["code"] == "0", answer
        return answer["result"] if path == REVERSE else answer["data"]

    def orders(self, shop: int) -> list[dict[str, Any]]:
        """Return all orders, each with its units under `items`."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(shop, ORDERS, update_after=START, sort_by="updated_at", sort_direction="ASC",
                            limit=100, offset=len(found))  # fmt: skip
            found += page["orders"]
            if len(found) == page["countTotal"]:
                break
        units: dict[int, list[dict[str, Any]]] = {}
        for place in range(0, len(found), 50):
            ids = ",".join(str(order["order_id"]) for order in found[place : place + 50])
            units |= {entry["order_id"]: entry["order_items"] for entry in self.get(shop, ITEMS, order_ids=f"[{ids}]")}
        return [{**order, "items": units[order["order_id"]]} for order in found]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(as_of=AS_OF, orders_per_day=30, days=60, channels="lazada", products=60) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture
def own() -> Iterator[Client]:
    """Of a sandbox that a test may break."""
    with running_sandbox(as_of=AS_OF, orders_per_day=4, days=3, channels="lazada") as running:
        yield Client(running)


@pytest.mark.parametrize(("path", "params", "expected"), VECTORS)
def test_given_a_vector_when_signed_then_it_matches(path: str, params: dict[str, str], expected: str) -> None:
    assert sign(path, {**COMMON, **params, "sign": "x", "empty": ""}) == expected


def test_given_the_official_vector_when_signed_then_it_matches() -> None:
    params = {"access_token": "test", "app_key": "123456", "order_id": "1234", "sign_method": "sha256"}
    signed = sign("/order/get", {**params, "timestamp": "1517820392000"}, "helloworld")
    assert signed == "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sign": "0" * 64}, "IncompleteSignature"),
        ({"sign": ""}, "MissingParameter"),
        ({"app_key": "1"}, "IncompleteSignature"),
        ({"timestamp": "soon"}, "InvalidParameter"),
        ({"timestamp": str(int((time.time() - 7300) * 1000))}, "InvalidParameter"),
        ({"timestamp": str(int(time.time()))}, "InvalidParameter"),
        ({"access_token": "never-issued"}, "IllegalAccessToken"),
    ],
)
def test_given_a_bad_system_parameter_when_called_then_it_is_refused(
    client: Client, change: dict[str, str], code: str
) -> None:
    answer = client.call(TH, SELLER, change=change)
    assert answer["code"] == code
    assert answer["type"] == "ISV"
    assert "data" not in answer


def test_given_a_lowercase_signature_when_called_then_it_is_refused(client: Client) -> None:
    params = {"app_key": APP_KEY, "sign_method": "sha256", "timestamp": str(int(time.time() * 1000))}
    params["access_token"] = client.refresh(TH)["access_token"] if TH not in client.tokens else client.tokens[TH]
    right = sign(SELLER, params)
    assert client.send(SELLER, params, change={"sign": right.lower()})["code"] == "IncompleteSignature"
    assert client.send(SELLER, params, change={"sign": right})["code"] == "0"


def test_given_a_form_when_posted_then_it_is_signed_like_a_query(client: Client) -> None:
    assert client.call(TH, SELLER, "POST")["data"]["seller_id"] == TH
    wanted: dict[str, Any] = {"update_after": START, "limit": 3}
    listed = client.call(TH, ORDERS, "POST", **wanted)["data"]
    assert listed == client.get(TH, ORDERS, **wanted)
    assert listed["count"] == 3


GOOD: dict[str, dict[str, Any]] = {
    ORDERS: {"update_after": START},
    ITEMS: {"order_ids": "[1]"},
    PRODUCTS: {"filter": "all"},
    FINANCE: {"start_time": "2026-11-01", "end_time": "2026-11-07"},
    REVERSE: {},
    "/order/get": {},
}


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        (ORDERS, {"update_after": ""}, "MissingParameter"),
        (ORDERS, {"update_after": "2026-09-20"}, "17"),
        (ORDERS, {"update_after": "2026-09-20T00:00:00"}, "17"),
        (ORDERS, {"limit": 101}, "19"),
        (ORDERS, {"limit": 0}, "19"),
        (ORDERS, {"offset": 5001}, "14"),
        (ORDERS, {"offset": -1}, "14"),
        (ORDERS, {"sort_direction": "UP"}, "74"),
        (ORDERS, {"sort_by": "price"}, "75"),
        (ORDERS, {"status": "happy"}, "36"),
        (ITEMS, {"order_ids": "1,2"}, "56"),
        (ITEMS, {"order_ids": "[]"}, "39"),
        (ITEMS, {"order_ids": "[1]"}, "37"),
        (ITEMS, {"order_ids": f"[{','.join(map(str, range(51)))}]"}, "38"),
        (PRODUCTS, {"filter": ""}, "MissingParameter"),
        (PRODUCTS, {"filter": "some"}, "36"),
        (PRODUCTS, {"limit": 51}, "19"),
        (PRODUCTS, {"offset": 10_001}, "14"),
        (FINANCE, {"start_time": "20 Sep 2026"}, "17"),
        (FINANCE, {"start_time": "2026-01-01"}, "1000012"),
        (FINANCE, {"start_time": "2026-09-01"}, "ServiceTimeout"),
        (FINANCE, {"limit": 501}, "19"),
        (FINANCE, {"trans_type": "77"}, "1000014"),
        (REVERSE, {"page_size": 101}, "InvalidParameter"),
        (REVERSE, {"page_no": 0}, "InvalidParameter"),
        (REVERSE, {"ReverseOrderLineModifiedTimeRangeStart": "today"}, "InvalidParameter"),
        ("/order/get", {"order_id": "1"}, "16"),
        ("/orders/search", {}, "InvalidApiPath"),
    ],
)
def test_given_a_call_beyond_the_contract_when_sent_then_the_code_is_lazadas(
    client: Client, path: str, change: dict[str, Any], code: str
) -> None:
    assert client.call(TH, path, **{**GOOD.get(path, {}), **change})["code"] == code


@pytest.mark.parametrize(("number", "code"), [("", "105"), ("1", "106")])
def test_given_a_reverse_order_that_is_none_when_asked_then_the_inner_flag_says_so(
    client: Client, number: str, code: str
) -> None:
    answer = client.call(TH, REVERSE, reverse_order_id=number)
    assert (answer["code"], answer["result"]["success"], answer["result"]["errorCode"]) == ("0", False, code)


def test_given_orders_when_listed_by_page_then_each_comes_once_in_order(client: Client) -> None:
    orders = client.orders(TH)
    assert len({order["order_id"] for order in orders}) == len(orders) > 100
    moments = [datetime.fromisoformat(order["updated_at"]) for order in orders]
    assert moments == sorted(moments)
    some = client.get(TH, ORDERS, update_after=START, status="canceled", limit=100)["orders"]
    assert some
    assert all("canceled" in order["statuses"] for order in some)
    assert any(len(order["statuses"]) > 1 for shop in (TH, TH + 1, SG) for order in client.orders(shop))


def test_given_everything_over_http_when_figured_then_it_equals_the_truth(client: Client, sandbox: Sandbox) -> None:
    truth = {row["order_id"]: row for row in sandbox.truth("orders") if row["platform"] == "lazada"}
    assert len(truth) > 500
    refunds: dict[str, Decimal] = defaultdict(Decimal)
    booked: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    read = 0
    for shop in sandbox.channel_shop_ids["lazada"]:
        page = client.get(shop, REVERSE, page_size=100)
        assert page["total"] == len(page["items"]) > 5
        for entry in page["items"]:
            for line in entry["reverse_order_lines"]:
                if line["reverse_status"] == "REFUND_SUCCESS":
                    refunds[str(entry["trade_order_id"])] += Decimal(line["refund_amount"]) / 100
        for first, last in (("2026-09-01", "2026-10-15"), ("2026-10-16", "2026-11-21")):
            offset = 0
            while rows := client.get(shop, FINANCE, start_time=first, end_time=last, limit=500, offset=offset):
                offset += len(rows)
                for row in rows:
                    booked[row["order_no"]].append((row["fee_type"], Decimal(row["amount"].replace(",", ""))))
        for order in client.orders(shop):
            read += 1
            row = truth[str(order["order_id"])]
            assert row["shop_id"] == str(shop)
            items = order["items"]
            assert int(row["units"]) == len(items) == order["items_count"]
            goods = sum(Decimal(repr(item["item_price"])) for item in items)
            assert goods == Decimal(order["price"])
            paid = Decimal(order["price"]) - Decimal(repr(order["voucher"])) + Decimal(repr(order["shipping_fee"]))
            assert paid == sum(Decimal(repr(x["paid_price"])) + Decimal(repr(x["shipping_amount"])) for x in items)
            if row["total_amount"]:
                assert Decimal(row["total_amount"]) == paid
            assert row["refund_amount"] == f"{refunds[row['order_id']]:.2f}"
            statuses = {item["status"] for item in items}
            assert statuses == set(order["statuses"])
            assert (row["status"] == "cancelled") == (statuses == {"canceled"})
            assert (row["status"] in ("completed", "refunded")) == (statuses <= {"delivered", "confirmed", "returned"})
            entries = booked.get(row["order_id"], [])
            assert bool(entries) == (row["is_settled"] == "true")
            if entries:
                assert sum(amount for _, amount in entries) == Decimal(row["payout"])
                assert -sum(amount for fee, amount in entries if fee in FEES) == Decimal(row["fees"])
    assert read == len(truth)


def test_given_an_update_time_when_read_then_it_is_the_truths(client: Client, sandbox: Sandbox) -> None:
    truth = {row["order_id"]: row for row in sandbox.truth("orders") if row["platform"] == "lazada"}
    for shop, offset in ((TH, "+0700"), (SG, "+0800")):
        for order in client.orders(shop):
            assert order["updated_at"].endswith(f" {offset}")
            moment = datetime.fromisoformat(order["updated_at"])
            assert moment == datetime.fromisoformat(truth[str(order["order_id"])]["updated_at"])


def test_given_products_when_listed_then_they_are_the_truths_deleted_ones_by_themselves(
    client: Client, sandbox: Sandbox
) -> None:
    truth = {row["product_id"]: row for row in sandbox.truth("products") if row["shop_id"] == str(TH)}
    found: dict[str, dict[str, Any]] = {}
    for state in ("all", "deleted"):
        offset = 0
        while rows := client.get(TH, PRODUCTS, filter=state, limit=50, offset=offset)["products"]:
            offset += len(rows)
            found |= {str(row["item_id"]): row for row in rows}
            assert {row["status"] == "Deleted" for row in rows} == {state == "deleted"}
    assert found.keys() == truth.keys()
    for number, product in found.items():
        assert product["attributes"]["name"] == truth[number]["name"]
        assert len(product["skus"]) == max(1, int(truth[number]["variants"]))


def test_given_personal_fields_when_rendered_then_they_are_marked(client: Client) -> None:
    order = client.orders(TH)[0]
    for name in ("customer_first_name", "tax_code", "national_registration_number", "extra_attributes"):
        assert "PII-" in order[name]
    assert all("PII-" in value for name, value in order["address_shipping"].items() if value and name != "country")
    assert str(order["items"][0]["buyer_id"]).startswith("1199000")
    assert "PII-" in client.get(TH, SELLER)["email"]


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
