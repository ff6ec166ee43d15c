"""What Lazada's API shows, read whole and by page, is what the truth says; personal fields are marked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from plugins.sandbox.tests.lazada_api import AS_OF, FINANCE, ORDERS, PRODUCTS, REVERSE, SELLER, SG, START, TH, Client
from talat_sandbox.platforms.lazada.finance import FEES
from talat_sandbox.testing import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(as_of=AS_OF, orders_per_day=30, days=60, channels="lazada", products=60) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


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
