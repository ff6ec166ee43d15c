"""What the tap reads, against the sandbox's truth, and how few calls it takes."""

from __future__ import annotations

import inspect
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from talat_sandbox.platforms.lazada.finance import FEES
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_lazada.streams import STREAMS
from tap_lazada.tap import TapLazada
from tap_toolkit.testing import Run, repeated, run_tap

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Reader = Callable[..., Run]


def truth(sandbox: Sandbox, table: str) -> list[dict[str, str]]:
    """The rows of a table of the truth that are of this platform."""
    return [row for row in sandbox.truth(table) if row["platform"] == "lazada"]


def test_everything_is_read_and_nothing_twice(full: Run, sandbox: Sandbox) -> None:
    assert full.exit_code == 0, full.log
    expected = {(row["shop_id"], row["order_id"]): row for row in truth(sandbox, "orders")}
    orders = full.records("orders")
    assert {(str(o["seller_id"]), o["order_id"]) for o in orders} == set(expected)
    assert len(orders) == len(expected) > 500
    for order in orders:
        row = expected[str(order["seller_id"]), order["order_id"]]
        assert order["updated_at"] == row["updated_at"]
        assert order["created_at"] == row["created_at"]
        if row["total_amount"]:
            paid = Decimal(order["price"]) - Decimal(order["voucher"]) + Decimal(order["shipping_fee"])
            assert paid == Decimal(row["total_amount"])
        assert len(order["item_list"]) == order["items_count"] == int(row["units"])
        assert {item["status"] for item in order["item_list"]} == set(order["statuses"])
    products = {(str(p["seller_id"]), p["item_id"]): p["updated_time"] for p in full.records("products")}
    assert products == {(row["shop_id"], row["product_id"]): row["updated_at"] for row in truth(sandbox, "products")}
    assert "Deleted" in {product["status"] for product in full.records("products")}
    assert {(str(s["seller_id"]), s["name"]) for s in full.records("seller")} == {
        (row["shop_id"], row["name"]) for row in truth(sandbox, "shops")
    }
    for stream in STREAMS:
        assert full.records(stream.name), stream.name
        assert repeated(full.records(stream.name), stream.keys) == []


def test_money_is_exact_in_each_of_its_three_writings(full: Run, sandbox: Sandbox) -> None:
    """Major units in orders, texts with separators in bookings, satang in reverse orders."""
    goods: dict[str, Decimal] = {}
    for order in full.records("orders"):
        goods[order["order_id"]] = sum((Decimal(item["item_price"]) for item in order["item_list"]), Decimal(0))
        assert goods[order["order_id"]] == Decimal(order["price"])
    booked: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
    for booking in full.records("transactions"):
        booked[booking["order_no"]].append((booking["fee_type"], Decimal(booking["amount"])))
    refunds: dict[str, Decimal] = defaultdict(Decimal)
    for line in full.records("reverse_orders"):
        if line["reverse_status"] == "REFUND_SUCCESS":
            refunds[line["trade_order_id"]] += Decimal(line["refund_amount"])
    assert len(refunds) > 10
    assert max(amount for entries in booked.values() for _, amount in entries) > 1000, "some have separators"
    settled = 0
    for row in truth(sandbox, "orders"):
        assert refunds[row["order_id"]] == Decimal(row["refund_amount"])
        entries = booked.get(row["order_id"], [])
        assert bool(entries) == (row["is_settled"] == "true")
        if entries:
            settled += 1
            assert sum(amount for _, amount in entries) == Decimal(row["payout"])
            assert -sum(amount for fee, amount in entries if fee in FEES) == Decimal(row["fees"])
    assert settled > 200


def test_a_vietnamese_amount_has_no_hundredths(only: Reader, full: Run) -> None:
    dong = only("reverse_orders", country="vn").records("reverse_orders")
    baht = {line["reverse_order_line_id"]: line["refund_amount"] for line in full.records("reverse_orders")}
    assert len(dong) == len(baht)
    assert all(line["refund_amount"] == 100 * baht[line["reverse_order_line_id"]] for line in dong)


def test_bookings_of_one_number_are_told_apart(full: Run) -> None:
    bookings = full.records("transactions")
    numbers = Counter((b["seller_id"], b["transaction_number"]) for b in bookings)
    assert max(numbers.values()) > 3
    assert len({(b["seller_id"], b["transaction_key"]) for b in bookings}) == len(bookings)
    assert {"Yes", "No"} == {b["paid_status"] for b in bookings}


def test_names_with_spaces_are_the_same_names(only: Reader, sandbox: Sandbox, full: Run) -> None:
    match = {"path": "finance/transaction/details/get"}
    sandbox.faults({"match": match, "kind": "unknown_field", "field": "WHT amount", "value": "1,234.50", "times": None})
    sandbox.faults({"match": match, "kind": "missing_field", "field": "WHT_amount", "times": None})
    done = only("transactions")
    assert Decimal("1234.50") in {booking["WHT_amount"] for booking in done.records("transactions")}
    assert len(done.records("transactions")) == len(full.records("transactions"))


def test_the_ledger_accounts_for_every_window_and_record(full: Run, sandbox: Sandbox) -> None:
    windows = full.records("sync_windows")
    assert repeated(windows, ("run_id", "stream", "account_id", "window_start")) == []
    rows = Counter[str]()
    for window in windows:
        rows[window["stream"]] += window["rows"]
        assert window["status"] == "done"
    assert rows == Counter({stream.name: len(full.records(stream.name)) for stream in STREAMS})
    assert any(w["platform_total"] for w in windows if w["stream"] == "orders")
    assert full.records("rejected_records") == []


def test_calls_are_as_few_as_whole_pages_and_whole_batches_allow(full: Run) -> None:
    windows = [w for w in full.records("sync_windows") if w["stream"] == "orders"]
    fewest = sum(max(1, -(-w["rows"] // 100)) + -(-w["rows"] // 50) for w in windows)
    # A window's neighbour shares its edge, which may cost a page.
    assert sum(w["requests"] for w in windows) <= fewest + len(windows)
    assert max(w["rows"] for w in windows) > 100


def alone(sandbox: Sandbox, config: Config, folder: Path) -> Config:
    """Settings for a sandbox of one shop."""
    sellers = list(sandbox.channel_shop_ids["lazada"])
    return {**config, "api_url": sandbox.url, "seller_ids": sellers, "token_store": str(folder / "tokens")}


def test_exactly_a_thousand_orders_in_a_window_cost_exactly_thirty_calls(
    config: Config, reading: Reader, tmp_path: Path
) -> None:
    # Of Shopee's orders 45 in a hundred are had here.
    with running_sandbox(
        orders=2223, days=10, shops=1, as_of=AS_OF, channels="lazada", app_rps=0, shop_rps=0
    ) as sandbox:
        settings = {**alone(sandbox, config, tmp_path), "start_date": "2026-10-06T17:00:00Z"}
        done = reading(settings, "orders")
        (window,) = [w for w in done.records("sync_windows") if w["stream"] == "orders"]
        assert (window["rows"], window["requests"]) == (1000, 30)
        calls = sandbox.stats()["calls"]
        assert sum(calls["/rest/orders/get"].values()) == 10
        assert sum(calls["/rest/orders/items/get"].values()) == 20
        assert len(truth(sandbox, "orders")) == 1000


def test_a_window_beyond_the_deepest_offset_is_halved(config: Config, reading: Reader, tmp_path: Path) -> None:
    with running_sandbox(
        orders=11_300, days=6, shops=1, as_of=AS_OF, channels="lazada", products=3, app_rps=0, shop_rps=0
    ) as sandbox:
        settings = {**alone(sandbox, config, tmp_path), "start_date": "2026-10-06T17:00:00Z"}
        done = reading(settings, "orders")
        assert done.exit_code == 0, done.log
        assert len(truth(sandbox, "orders")) > 5000
        assert {o["order_id"] for o in done.records("orders")} == {row["order_id"] for row in truth(sandbox, "orders")}
        assert len(done.records("orders")) == len(truth(sandbox, "orders"))
        assert sandbox.stats()["errors"] == {}, "no offset was too deep"


def test_bookings_are_asked_for_by_the_countrys_days(only: Reader, full: Run) -> None:
    starts = {w["window_start"] for w in full.records("sync_windows") if w["stream"] == "transactions"}
    assert all(start.endswith("T17:00:00Z") for start in starts)
    starts = {w["window_start"] for w in only("transactions", country="sg").records("sync_windows")}
    assert all(start.endswith("T16:00:00Z") for start in starts)


def test_a_field_nobody_documented_is_kept(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "/orders/get"}, "kind": "unknown_field", "field": "loyalty_tier", "times": None})
    done = only("orders")
    extras = [o["extra_fields"] for o in done.records("orders") if o.get("extra_fields")]
    assert any("loyalty_tier" in extra for extra in extras)


def test_no_secret_and_no_personal_data_leaves_the_tap(full: Run, sandbox: Sandbox, config: Config) -> None:
    debug = run_tap(
        "tap-lazada", {**config, "seller_ids": config["seller_ids"][:1]}, env={"TAP_LAZADA_LOGLEVEL": "DEBUG"}
    )
    text = full.stdout + full.log + debug.stdout + debug.log
    known = sandbox.secrets()
    secrets = {*known["lazada"]["tokens"], *known["lazada"]["app_secret"]}
    assert len(secrets) > 3
    assert [secret for secret in secrets if secret in text] == []
    assert "PII-" not in text
    assert known["pii_buyer_id_prefix"] + "000" not in text
    buyers = {item["buyer_id"] for order in full.records("orders") for item in order["item_list"]}
    buyers |= {line["buyer"]["buyer_id"] for line in full.records("reverse_orders")}
    assert len(buyers) > 100
    assert all(re.fullmatch("[0-9a-f]{64}", buyer) for buyer in buyers)


def test_the_tap_is_thin() -> None:
    for stream in STREAMS:
        declaration = inspect.getsource(stream).partition("    def ")[0]
        assert len([line for line in declaration.splitlines() if line.strip()]) <= 12, stream.name
    assert TapLazada.stream_types == STREAMS


def test_answers_with_nothing_unknown_fill_no_extra_fields(full: Run) -> None:
    """The schemas know all that the sandbox sends, nested or not."""
    for stream in STREAMS:
        assert not [record for record in full.records(stream.name) if record.get("extra_fields")], stream.name
    assert "unknown field" not in full.log
