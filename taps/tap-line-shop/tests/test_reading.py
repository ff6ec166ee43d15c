"""What the tap reads, against the sandbox's truth, and how few calls it takes."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_line_shop.streams import STREAMS
from tap_line_shop.tap import TapLineShop
from tap_toolkit.fetch import Arrived
from tap_toolkit.testing import Run, repeated, run_tap

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Reader = Callable[..., Run]


def truth(sandbox: Sandbox, table: str) -> list[dict[str, str]]:
    shops = {str(shop) for shop in sandbox.channel_shop_ids["line_shop"]}
    return [row for row in sandbox.truth(table) if row["shop_id"] in shops]


def test_everything_is_read_and_nothing_twice(full: Run, sandbox: Sandbox) -> None:
    assert full.exit_code == 0, full.log
    expected = {(row["shop_id"], row["order_id"]): row for row in truth(sandbox, "orders")}
    orders = {(o["shop_id"], o["orderNumber"]): o for o in full.records("orders")}
    assert orders.keys() == expected.keys()
    assert len(full.records("orders")) == len(expected) > 150
    for key, row in expected.items():
        assert orders[key]["lastUpdatedAt"] == row["updated_at"]
        assert not row["total_amount"] or Decimal(orders[key]["totalPrice"]) == Decimal(row["total_amount"])
    products = {(p["shop_id"], str(p["id"])): p for p in full.records("products")}
    assert products.keys() == {(row["shop_id"], row["product_id"]) for row in truth(sandbox, "products")}
    assert all(product["variants"] for product in products.values())
    for stream in STREAMS:
        assert repeated(full.records(stream.name), stream.keys) == []


def test_every_line_of_every_order_is_read_to_the_satang(full: Run, sandbox: Sandbox) -> None:
    lines = Counter(
        (order["orderNumber"], str(item["productId"]), str(item["variantId"]), item["sku"], item["quantity"],
         Decimal(item["price"] if item["discountedPrice"] is None else item["discountedPrice"]) * item["quantity"])
        for order in full.records("orders") for item in order["orderItems"]
    )  # fmt: skip
    expected = Counter(
        (
            row["order_id"],
            row["product_id"],
            row["variant_id"],
            row["sku"],
            int(row["units"]),
            Decimal(row["line_value"]),
        )
        for row in truth(sandbox, "order_items")
    )
    assert lines == expected


def test_the_ledger_accounts_for_every_window_and_record(full: Run, sandbox: Sandbox) -> None:
    windows = full.records("sync_windows")
    assert repeated(windows, ("run_id", "stream", "account_id", "window_start")) == []
    rows = Counter[str]()
    for window in windows:
        rows[window["stream"]] += window["rows"]
        assert window["status"] == "done"
        # What LINE counts in a list of orders is all that there are, and not what a window has.
        assert window["platform_total"] == (window["rows"] if window["stream"] == "products" else None)
    assert rows == Counter({stream.name: len(full.records(stream.name)) for stream in STREAMS})
    assert full.records("rejected_records") == []


def test_a_thousand_orders_cost_a_thousand_and_ten_calls(settings_of: Callable[..., Config], reader: Any) -> None:
    """Ten pages, and a call for each order, for the list has no items."""
    with running_sandbox(
        orders=8334, days=10, shops=1, as_of=AS_OF, app_rps=0, shop_rps=0, channels="line_shop"
    ) as sandbox:
        done = reader(settings_of(sandbox, start_date="2026-10-01T00:00:00Z"))("orders")
        (window,) = [w for w in done.records("sync_windows") if w["stream"] == "orders"]
        assert (window["rows"], window["requests"]) == (1000, 1010)
        calls = sandbox.stats()["calls"]
        assert sum(sum(shops.values()) for path, shops in calls.items() if "/orders" in path) == 1010


def test_nothing_but_reading_is_asked_for(full: Run, only: Reader, sandbox: Sandbox) -> None:
    """A key can also ship and cancel, and shipping writes to the buyer."""
    numbers = {order["orderNumber"] for order in full.records("orders")}
    sandbox.reset_stats()
    only("orders", "products")
    known = {"/myshop/v1/orders", "/myshop/v1/products", *(f"/myshop/v1/orders/{number}" for number in numbers)}
    assert set(sandbox.stats()["calls"]) == known


def test_the_rate_is_line_s_own_unless_told(settings_of: Callable[..., Config]) -> None:
    """At 16 calls a second neither the limit of a second nor that of a minute is met."""
    with running_sandbox(
        orders_per_day=120, days=2, products=3, as_of=AS_OF, shop_rps=50, channels="line_shop"
    ) as sandbox:
        settings = settings_of(sandbox, start_date="2026-10-15T00:00:00Z")
        del settings["requests_per_second"]
        done = run_tap("tap-line-shop", settings)
        seen = sandbox.stats()
    assert done.exit_code == 0, done.log
    assert seen["limit_violations"] == 0
    assert 20 < seen["total_calls"] <= 16 * (seen["span_seconds"] + 1)


def test_a_field_nobody_documented_is_kept(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "/orders/"}, "kind": "unknown_field", "field": "loyaltyTier", "times": 1})
    extras = [o["extra_fields"] for o in only("orders").records("orders") if o.get("extra_fields")]
    assert extras == [{"loyaltyTier": {"new": 1}}]


def test_no_secret_and_no_personal_data_leaves_the_tap(
    full: Run, sandbox: Sandbox, config: Config, shops: list[str]
) -> None:
    sandbox.faults({"match": {"path": "/orders/"}, "kind": "unknown_field", "field": "buyerPhone", "value": "PII-1"})
    debug = run_tap("tap-line-shop", {**config, "shop_ids": shops[:1]}, env={"TAP_LINE_SHOP_LOGLEVEL": "DEBUG"})
    text = full.stdout + full.log + debug.stdout + debug.log
    assert "DEBUG" in debug.log
    assert "'buyerPhone', whose name is a person's" in debug.log
    secrets = sandbox.secrets()["line_shop"]["api_keys"]
    assert len(secrets) == 2
    assert [secret for secret in secrets if secret in text] == []
    assert "PII-" not in text
    assert all(o["shippingAddress"].keys() == {"province", "country"} for o in full.records("orders"))


def test_the_tap_is_thin() -> None:
    for stream in STREAMS:
        declaration = inspect.getsource(stream).partition("    def ")[0]
        assert len([line for line in declaration.splitlines() if line.strip()]) <= 12, stream.name
    assert TapLineShop.stream_types == STREAMS


def test_products_as_documented_are_decoded_into_the_class_of_their_rows(config: Config) -> None:
    """Or else each row would cost half as much again, and nobody would see it."""
    tap = TapLineShop(config=config)
    arrived = [event for event in tap.streams["products"].begin().reading.events() if isinstance(event, Arrived)]
    tap.fetcher.close()
    assert {type(row).__name__ for event in arrived for row in event.rows} == {"Row"}


def test_statuses_are_kept_as_sent_also_new_ones(only: Reader, sandbox: Sandbox) -> None:
    fields = ("orderStatus", "paymentStatus", "shipmentStatus")
    where = {"match": {"path": "/orders/"}, "kind": "bad_record"}
    sandbox.faults(*({**where, "field": field, "value": "PARTLY_NEW"} for field in fields))
    (order,) = [o for o in only("orders").records("orders") if o["orderStatus"] == "PARTLY_NEW"]
    assert {order[field] for field in fields} == {"PARTLY_NEW"}


def test_amounts_are_numbers_with_the_digits_that_were_sent(full: Run) -> None:
    records = [line for line in full.stdout.splitlines() if line.startswith('{"type":"RECORD","stream":"orders"')]
    texts = [text for line in records for text in re.findall(r'"totalPrice":([^,}]+)', line)]
    assert texts
    assert all(re.fullmatch(r"\d+(\.\d{1,2})?", text) for text in texts)
    assert json.loads(texts[0]) >= 0
