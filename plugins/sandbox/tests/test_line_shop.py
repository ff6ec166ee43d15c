"""LINE's MyShop API, by a client written from its documentation, and against the truth."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from talat_sandbox.platforms.line_shop.protocol import api_key
from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T17:00:00Z"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    json: Any


@dataclass
class Line:
    """A client of one shop."""

    sandbox: Sandbox
    shop: int
    key: str

    def send(self, path: str, method: str = "GET", **params: Any) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            query = urlencode({name.replace("__", "[]"): value for name, value in params.items()}, doseq=True)
            connection.request(method, f"/myshop/v1/{path}?{query}", headers={"X-API-KEY": self.key})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), json.loads(answer.read(), parse_float=Decimal))
        finally:
            connection.close()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.send(path, **params)
        assert answer.status == 200, answer.json
        return answer.json

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page = total = 1
        while page <= total:
            answer = self.get(path, page=page, perPage=100, **params)
            assert (answer["currentPage"], answer["perPage"]) == (page, 100)
            assert answer["totalPage"] == -(-answer["totalRow"] // 100)
            found += answer["data"]
            page, total = page + 1, answer["totalPage"]
        assert len(found) == answer["totalRow"]
        return found

    def refused(self, path: str, **params: Any) -> int:
        answer = self.send(path, **params)
        assert {"code", "message", "timestamp"} <= set(answer.json)
        assert answer.headers["x-line-oap-request-id"]
        return answer.status


def open_shop(**options: Any) -> Any:
    return running_sandbox(as_of=AS_OF, channels="line_shop", **{"orders_per_day": 250, "days": 40, **options})


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_shop() as running:
        yield running


@pytest.fixture(scope="module")
def line(sandbox: Sandbox) -> Line:
    shop = sandbox.channel_shop_ids["line_shop"][0]
    return Line(sandbox, shop, api_key(shop))


@pytest.fixture(scope="module")
def own() -> Iterator[Line]:
    with open_shop(orders_per_day=60, days=20) as running:
        shop = running.channel_shop_ids["line_shop"][0]
        yield Line(running, shop, api_key(shop))
        running.clear_faults()


def truth(line: Line, table: str) -> list[dict[str, str]]:
    mine = ("line_shop", str(line.shop))
    return [row for row in line.sandbox.truth(table) if (row.get("platform", mine[0]), row["shop_id"]) == mine]


NORMALISED = {"FINALIZED": "pending", "COMPLETED": "completed", "EXPIRED": "cancelled", "CANCELED": "cancelled"}


def test_orders_agree_with_the_truth(line: Line) -> None:
    orders = {row["orderNumber"]: row for row in line.rows("orders", sortBy="UPDATED_AT", orderBy="DESC")}
    expected = {row["order_id"]: row for row in truth(line, "orders")}
    assert orders.keys() == expected.keys()
    assert len(orders) > 500
    for number, row in expected.items():
        order = orders[number]
        refunded = (order["orderStatus"], order["paymentStatus"]) == ("COMPLETED", "REFUND")
        assert ("refunded" if refunded else NORMALISED[order["orderStatus"]]) == row["status"]
        assert order["lastUpdatedAt"] == row["updated_at"].replace("Z", ".000Z")
        assert order["checkoutAt"] == row["created_at"].replace("Z", ".000Z")
        assert order["totalPrice"] == order["subtotalPrice"] - order["discountAmount"] + order["shipmentPrice"]
        if row["total_amount"]:
            assert order["totalPrice"] == Decimal(row["total_amount"])
    seen = Counter((o["orderStatus"], o["paymentStatus"]) for o in orders.values())
    assert {
        *(("FINALIZED", payment) for payment in ("NO_PAYMENT", "PENDING", "PAID")),
        *(("COMPLETED", payment) for payment in ("PAID", "REFUND")),
        *(("CANCELED", payment) for payment in ("NO_PAYMENT", "REFUND")),
        ("EXPIRED", "NO_PAYMENT"),
    } == set(seen), seen
    assert all(bool(o.get("paidAt")) == (o["paymentStatus"] in ("PAID", "REFUND")) for o in orders.values())


def test_only_one_order_at_a_time_has_items(line: Line) -> None:
    listed = line.get("orders", perPage=40)["data"]
    assert not any("orderItems" in row for row in listed)
    discounts = set()
    lines = Counter(row["order_id"] for row in truth(line, "order_items"))
    for row in listed:
        order = line.get(f"orders/{row['orderNumber']}")
        assert {k: v for k, v in row.items() if k in order} == {k: v for k, v in order.items() if k != "orderItems"}
        paid = [(i["price"] if i["discountedPrice"] is None else i["discountedPrice"]) for i in order["orderItems"]]
        assert sum(p * i["quantity"] for p, i in zip(paid, order["orderItems"], strict=True)) == order["subtotalPrice"]
        assert len(paid) == lines[row["orderNumber"]]
        discounts |= {item["discountedPrice"] is None for item in order["orderItems"]}
    assert discounts == {True, False}


def test_products_agree_with_the_truth(line: Line) -> None:
    products = {str(row["id"]): row for row in line.rows("products")}
    expected = {row["product_id"]: row for row in truth(line, "products")}
    assert products.keys() == expected.keys()
    for product_id, row in expected.items():
        product = products[product_id]
        assert (product["name"], product["code"]) == (row["name"], row["sku"])
        assert product["isDisplay"] == (row["status"] == "NORMAL")
        assert product["hasOnlyDefaultVariant"] == (row["variants"] == "0")
        assert len(product["variants"]) == max(1, int(row["variants"]))
        for variant in product["variants"]:
            reserved = variant["reservedNumber"] + variant["readyToShipNumber"]
            assert variant["onHandNumber"] == variant["availableNumber"] + reserved
    some = [row["id"] for row in list(products.values())[:3]]
    assert [row["id"] for row in line.rows("products", ids=some)] == some
    assert [row["id"] for row in line.rows("products", ids__=some)] == some


def test_orders_are_sorted_and_filtered_as_asked(line: Line) -> None:
    updated = [row["lastUpdatedAt"] for row in line.rows("orders", sortBy="UPDATED_AT", orderBy="DESC")]
    assert updated == sorted(updated, reverse=True)
    assert [row["lastUpdatedAt"] for row in line.rows("orders", sortBy="UPDATED_AT", orderBy="ASC")] == updated[::-1]
    created = [row["checkoutAt"] for row in line.rows("orders", sortBy="CREATED_AT", orderBy="ASC")]
    assert created == sorted(created)
    numbers = [row["orderNumber"] for row in line.rows("orders", sortBy="ORDER_NO", orderBy="ASC")]
    assert numbers == sorted(numbers)
    wanted = ["CANCELED", "EXPIRED"]
    for style in ("orderStatus", "orderStatus__"):
        assert {row["orderStatus"] for row in line.rows("orders", **{style: wanted})} == set(wanted)
    assert {row["paymentMethod"] for row in line.rows("orders", paymentMethod="COD")} == {"COD"}
    assert [row["orderNumber"] for row in line.rows("orders", search=numbers[5])] == [numbers[5]]
    span = {"startAt": "2026-11-01T00:00:00.000Z", "endAt": "2026-11-05T00:00:00.000Z"}
    inside = line.rows("orders", **span)
    assert inside
    assert all(span["startAt"] <= row["checkoutAt"] <= span["endAt"] for row in inside)


def test_personal_data_are_planted_where_line_sends_them(line: Line) -> None:
    for row in line.get("orders", perPage=100)["data"]:
        address = row["shippingAddress"]
        personal = ("recipientName", "phoneNumber", "address", "subDistrict", "district", "postalCode")
        assert all("PII-" in address[name] for name in personal)
        assert "PII-" not in address["province"]
        assert all("PII-" in text for text in (row["customer"]["name"], row["phone"], row["email"]))
        if row["shipmentStatus"] in ("ON_DELIVERY", "SHIPPED_ALL"):
            assert "PII-" in row["shipmentDetail"]["trackingNumber"]


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("orders", {"page": 0}, 400),
        ("orders", {"perPage": 101}, 400),
        ("orders", {"perPage": "many"}, 400),
        ("orders", {"sortBy": "PRICE"}, 400),
        ("orders", {"orderStatus": "DONE"}, 400),
        ("orders", {"startAt": "yesterday"}, 400),
        ("products", {"perPage": 0}, 400),
        ("orders/TH000000AAAAAAAA", {}, 404),
        ("settlements/TH000000AAAAAAAA", {}, 404),
        ("nothing", {}, 404),
    ],
)
def test_bad_requests_are_told_by_the_status(line: Line, path: str, params: dict[str, Any], status: int) -> None:
    assert line.refused(path, **params) == status


def test_writing_is_not_served(line: Line) -> None:
    number = line.get("orders", perPage=1)["data"][0]["orderNumber"]
    assert line.send(f"orders/{number}/mark-as-ship", "POST").status == 404


def test_a_page_is_25_rows_unless_told_and_empty_behind_the_last(line: Line) -> None:
    first = line.get("orders")
    assert len(first["data"]) == first["perPage"] == 25
    assert line.get("orders", page=first["totalPage"] + 3)["data"] == []


def test_only_the_shops_own_key_reads_it_until_it_is_deleted(own: Line) -> None:
    for wrong in ("", "nobody", api_key(own.shop, 2), api_key(999)):
        assert Line(own.sandbox, own.shop, wrong).refused("products") == 401
    own.sandbox.deny(own.shop, "products")
    assert own.refused("products") == 403
    assert own.get("orders")["data"]
    own.sandbox.revoke(own.shop)
    assert own.refused("orders") == 401
    own.key = api_key(own.shop, 2)
    assert own.get("orders")["data"]
    assert own.key in own.sandbox.secrets()["line_shop"]["api_keys"]
    own.sandbox.expire_tokens()
    assert own.get("orders")["data"], "keys do not expire"


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "error", "code": "HTTP 409"}, 409, "CONFLICT"),
        ({"kind": "error", "code": "HTTP 500-599"}, 500, "INTERNAL_SERVER_ERROR"),
        ({"kind": "error", "code": "NEW_ONE", "status": 403}, 403, "NEW_ONE"),
        ({"kind": "rate_limit", "retry_after": 3}, 429, "TOO_MANY_REQUESTS"),
    ],
)
def test_faults_answer_as_line_does(own: Line, fault: dict[str, Any], status: int, code: str) -> None:
    own.sandbox.faults({"match": {"path": "/orders", "shop_id": own.shop}, **fault})
    answer = own.send("orders")
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers.get("Retry-After") == (str(fault["retry_after"]) if "retry_after" in fault else None)
    assert own.get("orders")["data"]


def test_a_refund_after_completion_changes_the_order(own: Line) -> None:
    with open_shop(orders_per_day=400, days=30, products=5) as sandbox:
        line = Line(sandbox, own.shop, api_key(own.shop))
        refunded = [r for r in line.rows("orders", paymentStatus="REFUND") if r["orderStatus"] == "COMPLETED"]
        assert refunded
        number, updated = refunded[-1]["orderNumber"], refunded[-1]["lastUpdatedAt"]
        sandbox.set_clock((datetime.fromisoformat(updated) - timedelta(seconds=1)).isoformat())
        before = line.get(f"orders/{number}")
        assert before["lastUpdatedAt"] < updated
        assert (before["orderStatus"], before["paymentStatus"]) in {("COMPLETED", "PAID"), ("FINALIZED", "PAID")}


def test_pages_drift(own: Line) -> None:
    own.sandbox.faults({"match": {"path": "orders"}, "kind": "drift"}, {"match": {"path": "products"}, "kind": "drift"})
    asked: dict[str, Any] = {"sortBy": "UPDATED_AT", "orderBy": "DESC", "perPage": 5}
    first = own.get("orders", **asked)["data"]
    again = own.get("orders", **asked)["data"]
    assert first[0]["orderNumber"] in {row["orderNumber"] for row in again[:2]}
    assert {row["lastUpdatedAt"] for row in again[:2]} == {AS_OF.replace("Z", ".000Z")}
    assert own.get("orders", page=2, **asked)["data"][0]["orderNumber"] in {row["orderNumber"] for row in first}
    before = own.get("products", perPage=5)
    after = own.get("products", perPage=5)
    assert after["totalRow"] == before["totalRow"] - 1
    assert before["data"][0]["id"] not in {row["id"] for row in after["data"]}


def test_a_minute_and_a_second_have_their_limits() -> None:
    with open_shop(orders_per_day=20, days=3, shop_rps=2, products=2) as sandbox:
        shop = sandbox.channel_shop_ids["line_shop"][0]
        line = Line(sandbox, shop, api_key(shop))
        first = [line.send("products") for _ in range(3)]
        assert [answer.status for answer in first] == [200, 200, 429]
        assert first[0].headers["RateLimit-Remaining"] == "39"
        assert line.send("orders").status == 200, "each resource has its own"
        assert sandbox.stats()["limit_violations"] == 1
        began = time.monotonic()
        while time.monotonic() - began < 1.1:
            time.sleep(0.1)
        assert line.send("products").status == 200
