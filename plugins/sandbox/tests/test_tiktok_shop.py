"""TikTok Shop's signature, limits, errors, tokens and pages, as far as its documentation is known."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from talat_sandbox.platforms.tiktok_shop.protocol import APP_KEY, APP_SECRET, SERVICE_ID, sign
from talat_sandbox.testing import Sandbox, running_sandbox
from talat_sandbox.web import Request

AS_OF, END, DAY = "2026-11-20T17:00:00Z", 1795194000, 86400
SHOPS = "/authorization/202309/shops"
ORDERS, PRODUCTS = "/order/202309/orders/search", "/product/202502/products/search"
RETURNS, STATEMENTS = "/return_refund/202309/returns/search", "/finance/202309/statements"
PERFORMANCE = "/analytics/202405/shop/performance"


@dataclass
class TikTok:
    """A client written from the documentation, sharing no code with the sandbox; as one shop's seller."""

    sandbox: Sandbox
    seller: str
    token: str = ""
    cipher: str = ""
    seen: list[str] = field(default_factory=list)

    def send(self, method: str, target: str, body: bytes | None = None, token: str = "") -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            connection.request(method, target, body, {"x-tts-access-token": token} if token else {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        finally:
            connection.close()

    def tokens(self, method: str, grant: str, **proof: str) -> Any:
        query = {"app_key": APP_KEY, "app_secret": APP_SECRET, **proof, "grant_type": grant}
        return self.send("GET", f"/api/v2/token/{method}?{urlencode(query)}")[1]

    def login(self, refresh: str = "") -> Any:
        """Renew the tokens and ask for the shop's key."""
        answer = self.tokens("refresh", "refresh_token", refresh_token=refresh or f"sandbox-refresh-{self.seller}")
        if not answer["code"]:
            self.token = answer["data"]["access_token"]
            self.cipher = self.call(SHOPS)[1]["data"]["shops"][0]["cipher"]
        return answer

    def call(
        self, path: str, body: Any = None, method: str = "", signed_body: Any = None, **params: Any
    ) -> tuple[int, Any]:
        query = {"app_key": APP_KEY, "timestamp": int(time.time())}
        if path != SHOPS:
            query["shop_cipher"] = self.cipher
        query = {name: str(value) for name, value in {**query, **params}.items() if value is not None}
        content = None if body is None else json.dumps(body).encode()
        signed = content if signed_body is None else signed_body
        text = f"{APP_SECRET}{path}{''.join(name + query[name] for name in sorted(query))}"
        message = text.encode() + (signed or b"") + APP_SECRET.encode()
        query["sign"] = params.get("sign") or hmac.new(APP_SECRET.encode(), message, hashlib.sha256).hexdigest()
        method = method or ("GET" if body is None else "POST")
        return self.send(method, f"{path}?{urlencode(query)}", content, self.token)

    def code(self, path: str, body: Any = None, **params: Any) -> int:
        return int(self.call(path, body, **params)[1]["code"])

    def data(self, path: str, body: Any = None, **params: Any) -> Any:
        status, answer = self.call(path, body, **params)
        assert (status, answer["code"]) == (200, 0), answer
        return answer["data"]

    def rows(self, path: str, name: str, body: Any = None, size: int = 100, **params: Any) -> list[Any]:
        """All rows, page by page."""
        found, token = [], None
        while token != "":
            page = self.data(path, body, page_size=size, page_token=token, **params)
            found, token = found + page[name], page["next_page_token"]
        return found


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox(as_of=AS_OF, orders_per_day=30, days=40, products=130, channels="tiktok_shop") as running:
        yield running


@pytest.fixture(scope="module")
def shop(shared: Sandbox) -> TikTok:
    seller = TikTok(shared, str(shared.channel_shop_ids["tiktok_shop"][0]))
    seller.login()
    return seller


@pytest.fixture
def own() -> Iterator[TikTok]:
    """A seller in a sandbox that a test may break."""
    with running_sandbox(as_of=AS_OF, orders_per_day=10, days=5, channels="tiktok_shop") as running:
        seller = TikTok(running, str(running.channel_shop_ids["tiktok_shop"][0]))
        seller.login()
        yield seller


SEARCH = "app_key=6mockkey01&page_size=100&shop_cipher=TTP_mockCipher01%3D%3D&sort_field=update_time&sort_order=ASC"
BODY = b'{"update_time_ge":1789948800,"update_time_lt":1790035200}'


@pytest.mark.parametrize(
    ("request_", "secret", "expected"),
    [
        (
            Request("GET", SHOPS, "app_key=29a39d&timestamp=1623812664&sign=x&access_token=y"),
            "e59af819cc",
            "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
        ),
        (
            Request("POST", ORDERS, f"{SEARCH}&timestamp=1790000000", BODY),
            "ttsMockSecretForDocs0001",
            "8c5585dae87ec65497b4347412fb8eba209f5619e6398141ff41230ae80bef40",
        ),
        (
            Request("POST", ORDERS, f"page_token=aDU2dHIzcw%2B%2F%3D%3Dmock&{SEARCH}&timestamp=1790000000", BODY),
            "ttsMockSecretForDocs0001",
            "9359ab4994307e538533549ee7b5b5a45f72d6a83cd409ddb29a7a155a5fbe88",
        ),
    ],
)
def test_given_a_published_vector_when_signed_then_it_matches(request_: Request, secret: str, expected: str) -> None:
    assert sign(request_, secret) == expected


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        ({"sign": "0" * 64}, 106001, 401),
        ({"timestamp": "soon"}, 36009004, 400),
        ({"timestamp": int(time.time()) - 400}, 36009004, 400),
        ({"timestamp": int(time.time()) + 600}, 36009004, 400),
        ({"app_key": "6other"}, 36009004, 400),
        ({"shop_cipher": "TTP_mockCipher01=="}, 36009004, 400),
    ],
)
def test_given_a_bad_common_parameter_when_called_then_the_call_is_refused(
    shop: TikTok, change: dict[str, Any], code: int, status: int
) -> None:
    answer = shop.call(SHOPS, **change)
    assert (answer[0], answer[1]["code"]) == (status, code)
    assert answer[1]["message"]
    assert answer[1]["request_id"]
    assert "data" not in answer[1]


def test_given_a_body_when_signed_with_other_spaces_then_it_is_refused(shop: TikTok) -> None:
    body = {"update_time_ge": END - DAY, "update_time_lt": END}
    assert shop.code(ORDERS, body, page_size=1) == 0
    assert shop.code(ORDERS, body, signed_body=json.dumps(body, separators=(",", ":")).encode(), page_size=1) == 106001


@pytest.mark.parametrize(
    ("path", "body", "params", "code"),
    [
        (ORDERS, {}, {"page_size": 101}, 11050001),
        (ORDERS, {}, {}, 11050001),
        (ORDERS, {}, {"page_size": 10, "page_token": "abc"}, 11050001),
        (ORDERS, {}, {"page_size": 10, "sort_field": "id"}, 11050001),
        (ORDERS, {"update_time_ge": "1"}, {"page_size": 10}, 11050001),
        (ORDERS, {"update_time_ge": 9, "update_time_lt": 1}, {"page_size": 10}, 11050001),
        (ORDERS, {"order_status": "SOLD"}, {"page_size": 10}, 11050001),
        (ORDERS, [], {"page_size": 10}, 36009021),
        (ORDERS, None, {"page_size": 10}, 36009010),
        (ORDERS, {}, {"page_size": 10, "shop_cipher": None}, 106013),
        (ORDERS, {}, {"page_size": 10, "shop_cipher": "TTP_mockCipher01=="}, 36004004),
        ("/order/202401/orders/search", {}, {"page_size": 10}, 36009014),
        ("/order/202309/orders/find", {}, {"page_size": 10}, 36009009),
        ("/order/202309/orders", None, {"ids": ",".join(["1"] * 51)}, 11050001),
        ("/order/202309/orders", None, {}, 11050001),
        (PRODUCTS, {"status": "SOLD"}, {"page_size": 10}, 12019118),
        (STATEMENTS, None, {"page_size": 10}, 98001004),
        (STATEMENTS, None, {"page_size": 10, "sort_field": "id"}, 98001004),
        ("/finance/202501/statements/1/statement_transactions", None, {"sort_field": "order_create_time"}, 98001004),
        (PERFORMANCE, None, {"start_date_ge": "2026-01-01", "end_date_lt": "2026-11-01"}, 36009004),
        (PERFORMANCE, None, {"start_date_ge": "yesterday", "end_date_lt": "2026-11-01"}, 36009004),
    ],
)
def test_given_a_call_beyond_the_contract_when_sent_then_it_is_refused(
    shop: TikTok, path: str, body: Any, params: dict[str, Any], code: int
) -> None:
    assert shop.code(path, body, **params) == code


def test_given_no_sort_field_when_statements_are_asked_for_then_the_message_says_so(shop: TikTok) -> None:
    assert shop.call(STATEMENTS, page_size=10)[1]["message"] == "SortField is a required field"


def test_given_more_than_a_page_when_paged_then_every_order_comes_once_in_order(shop: TikTok, shared: Sandbox) -> None:
    body, sort = {"update_time_ge": 0, "update_time_lt": END + 1}, {"sort_field": "update_time"}
    for direction in ("ASC", "DESC"):
        paged = shop.rows(ORDERS, "orders", body, size=7, sort_order=direction, **sort)
        assert paged == shop.rows(ORDERS, "orders", body, sort_order=direction, **sort)
        times = [order["update_time"] for order in paged]
        assert times == sorted(times, reverse=direction == "DESC")
    truth = {row["order_id"] for row in shared.truth("orders") if row["shop_id"] == shop.seller}
    assert [order["id"] for order in paged if order["id"] in truth] == [order["id"] for order in paged]
    assert len(paged) == len(truth)
    token = shop.data(ORDERS, body, page_size=7)["next_page_token"]
    assert "+" in token
    assert "/" in token
    assert token.endswith("=")


def test_given_a_span_when_searched_then_orders_leave_its_end_out_and_products_do_not(shop: TikTok) -> None:
    order = shop.rows(ORDERS, "orders", {}, sort_field="update_time")[5]
    at = order["update_time"]

    def found(low: int, high: int) -> bool:
        return order["id"] in [
            row["id"] for row in shop.rows(ORDERS, "orders", {"update_time_ge": low, "update_time_lt": high})
        ]

    assert (found(at, at + 1), found(at - 9, at), found(at + 1, at + DAY)) == (True, False, False)
    product = shop.rows(PRODUCTS, "products", {})[0]
    at = product["update_time"]
    inside = shop.rows(PRODUCTS, "products", {"update_time_ge": at - 9, "update_time_le": at})
    assert product["id"] in [row["id"] for row in inside]


def test_given_filters_when_searched_then_they_partition_the_orders(shop: TikTok) -> None:
    everything = {order["id"]: order["status"] for order in shop.rows(ORDERS, "orders", {})}
    for status in set(everything.values()):
        filtered = shop.rows(ORDERS, "orders", {"order_status": status})
        assert {row["id"] for row in filtered} == {number for number, one in everything.items() if one == status}
    half = {"create_time_ge": END - 20 * DAY, "create_time_lt": END, "update_time_ge": END - 10 * DAY}
    times = [(row["create_time"], row["update_time"]) for row in shop.rows(ORDERS, "orders", half)]
    assert times
    assert all(made >= END - 20 * DAY and changed >= END - 10 * DAY for made, changed in times)


def test_given_statements_when_time_passes_then_their_payment_changes(own: TikTok) -> None:
    own.sandbox.advance(20 * DAY)
    ids = {"sort_field": "statement_time", "statement_time_lt": END + 13 * DAY}
    before = own.rows(STATEMENTS, "statements", **ids)
    own.sandbox.advance(9 * DAY)
    after = {row["id"]: row for row in own.rows(STATEMENTS, "statements", **ids)}
    assert before
    assert after.keys() >= {row["id"] for row in before}
    assert all(row["payment_status"] == "PAID" and row["payment_time"] for row in after.values())
    waiting = own.rows(STATEMENTS, "statements", sort_field="statement_time", payment_status="PROCESSING")
    assert all("payment_time" not in row for row in waiting)


def test_given_performance_when_read_by_day_then_it_adds_up_and_today_is_not_there(shop: TikTok) -> None:
    span = {"start_date_ge": "2026-11-10", "end_date_lt": "2026-11-25"}
    answer = shop.data(PERFORMANCE, granularity="1D", **span)
    days = answer["performance"]["intervals"]
    assert answer["latest_available_date"] == "2026-11-20"
    assert [day["start_date"] for day in days] == [f"2026-11-{number}" for number in range(10, 21)]
    (whole,) = shop.data(PERFORMANCE, **span)["performance"]["intervals"]
    assert Decimal(whole["gmv"]["amount"]) == sum(Decimal(day["gmv"]["amount"]) for day in days)
    for day in days:
        parts = sum(Decimal(part["amount"]) for part in day["gmv_breakdowns"])
        assert parts == Decimal(day["gmv"]["amount"])


def test_given_tokens_when_they_end_rotate_or_are_withdrawn_then_each_has_its_code(own: TikTok) -> None:
    assert own.code(SHOPS) == 0
    own.sandbox.expire_tokens(platform="tiktok_shop")
    assert own.code(SHOPS) == 105002
    assert own.login()["code"] == 36004004, "the first refresh token works once"
    query = {"service_id": SERVICE_ID, "redirect_uri": "http://localhost:1/", "state": "7"}
    page = http.client.HTTPConnection("127.0.0.1", own.sandbox.port)
    page.request("GET", f"/open/authorize?{urlencode({**query, 'approve': own.seller})}")
    back = parse_qs(urlsplit(page.getresponse().headers["Location"]).query)
    page.close()
    assert (back["state"], back["app_key"], back["shop_region"]) == (["7"], [APP_KEY], ["TH"])
    bought = own.tokens("get", "authorized_code", auth_code=back["code"][0])
    assert bought["code"] == 0
    assert abs(bought["data"]["access_token_expire_in"] - time.time() - 14400) < 60, "a point in time"
    assert own.tokens("get", "authorized_code", auth_code=back["code"][0])["code"] == 36004004
    assert own.tokens("get", "authorization_code", auth_code="x")["code"] == 36009004, "authorized_code"
    first = bought["data"]["refresh_token"]
    assert own.login(first)["code"] == 0
    assert own.login(first)["code"] == 36004004
    assert own.code(ORDERS, {}, page_size=1) == 0
    own.sandbox.revoke(account=own.seller)
    assert own.code(ORDERS, {}, page_size=1) == 101000


def test_given_one_consent_for_all_shops_when_called_then_each_has_its_own_key(own: TikTok) -> None:
    main = TikTok(own.sandbox, "0")
    main.login()
    shops = main.data(SHOPS)["shops"]
    assert [shop["id"] for shop in shops] == [str(shop) for shop in own.sandbox.channel_shop_ids["tiktok_shop"]]
    assert len({shop["cipher"] for shop in shops} | {own.cipher}) == 3
    mine = own.rows(ORDERS, "orders", {})
    assert main.rows(ORDERS, "orders", {}) == mine
    assert main.rows(ORDERS, "orders", {}, shop_cipher=shops[1]["cipher"]) != mine
    own.cipher = main.cipher
    assert own.code(ORDERS, {}, page_size=1) == 36004004, "a key belongs to a consent"


def test_given_a_missing_header_or_a_denied_scope_when_called_then_the_codes_differ(own: TikTok) -> None:
    token, own.token = own.token, ""
    assert own.code(SHOPS) == 36009004
    own.token = "never-issued"
    assert own.code(SHOPS) == 101000
    own.token = token
    own.sandbox.deny(path="/finance/", account=own.seller)
    assert own.code(STATEMENTS, page_size=1, sort_field="statement_time") == 105005
    assert own.code(ORDERS, {}, page_size=1) == 0


def test_given_a_rate_limit_when_exceeded_then_it_is_refused_as_429_and_counted() -> None:
    with running_sandbox(days=2, orders_per_day=5, shop_rps=3, app_rps=0, channels="tiktok_shop") as sandbox:
        seller = TikTok(sandbox, str(sandbox.channel_shop_ids["tiktok_shop"][0]))
        seller.login()
        answers = [seller.call(ORDERS, {}, page_size=1) for _ in range(12)]
        refused = [status for status, answer in answers if answer["code"] == 36009002]
        assert set(refused) == {429}
        assert sandbox.stats()["limit_violations"] == len(refused) > 0


@pytest.mark.parametrize("kind", ["page_size", "empty_page"])
def test_given_a_fault_that_changes_what_is_asked_then_the_signature_is_of_what_came(own: TikTok, kind: str) -> None:
    whole = own.rows(ORDERS, "orders", {}, size=5)
    own.sandbox.faults({"kind": kind, "rows": 2, "match": {"path": ORDERS}, "times": 2, "after": 1})
    assert own.rows(ORDERS, "orders", {}, size=5) == whole


def test_given_drift_when_pages_are_read_then_the_touched_orders_come_last(own: TikTok) -> None:
    sort = {"sort_field": "update_time", "sort_order": "ASC"}
    before = [order["id"] for order in own.rows(ORDERS, "orders", {}, **sort)]
    own.sandbox.faults({"kind": "drift", "match": {"path": ORDERS}, "times": 1})
    seen = [order["id"] for order in own.rows(ORDERS, "orders", {}, size=4, **sort)]
    assert set(seen) == set(before)
    after = own.rows(ORDERS, "orders", {}, **sort)
    assert {order["id"] for order in after[-2:]} == {before[0], before[-1]}
    assert {order["update_time"] for order in after[-2:]} == {END}
