"""What the tap reads, against the sandbox's truth, and how few calls it takes."""

from __future__ import annotations

import inspect
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.platforms.tiktok_shop.protocol import APP_SECRET
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_tiktok_shop.streams import STREAMS
from tap_tiktok_shop.tap import TapTikTokShop
from tap_toolkit.fetch import Arrived
from tap_toolkit.ledger import LEDGER
from tap_toolkit.testing import Run, discover, repeated, run_tap

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Reader = Callable[..., Run]
Row = dict[str, str]


@pytest.fixture(scope="session")
def truth(sandbox: Sandbox) -> Callable[[str], list[Row]]:
    """TikTok Shop's part of a table of the truth."""
    return lambda table: [row for row in sandbox.truth(table) if row["platform"] == "tiktok_shop"]


def test_everything_is_read_and_nothing_twice(full: Run, truth: Callable[[str], list[Row]]) -> None:
    assert full.exit_code == 0, full.log
    expected = {(row["shop_id"], row["order_id"]): row for row in truth("orders")}
    orders = {(order["shop_id"], order["id"]): order for order in full.records("orders")}
    assert orders.keys() == expected.keys()
    assert len(full.records("orders")) == len(expected) > 500
    assert {key: order["update_time"] for key, order in orders.items()} == {
        key: row["updated_at"] for key, row in expected.items()
    }
    products = {(p["shop_id"], p["id"]): (p["title"], p["update_time"]) for p in full.records("products")}
    assert products == {(r["shop_id"], r["product_id"]): (r["name"], r["updated_at"]) for r in truth("products")}
    assert {(s["shop_id"], s["name"], s["region"]) for s in full.records("shops")} == {
        (row["shop_id"], row["name"], row["region"]) for row in truth("shops")
    }
    for stream in STREAMS:
        assert full.records(stream.name), stream.name
        assert repeated(full.records(stream.name), stream.keys) == []


def test_amounts_add_up_to_the_satang(full: Run, truth: Callable[[str], list[Row]]) -> None:
    expected = {row["order_id"]: row for row in truth("orders")}
    units: Counter[tuple[str, str]] = Counter()
    insured = 0
    for order in full.records("orders"):
        pay = {name: Decimal(text) for name, text in order["payment"].items() if name != "currency"}
        lines = order["line_items"]
        assert pay["sub_total"] == sum(Decimal(line["sale_price"]) for line in lines)
        assert pay["original_total_product_price"] == sum(Decimal(line["original_price"]) for line in lines)
        for name in ("seller_discount", "platform_discount"):
            assert pay[name] == sum(Decimal(line[name]) for line in lines)
        assert pay["total_amount"] == pay["sub_total"] + pay["shipping_fee"] + pay["item_insurance_fee"]
        insured += pay["item_insurance_fee"] > 0
        if total := expected[order["id"]]["total_amount"]:
            assert pay["total_amount"] - pay["item_insurance_fee"] == Decimal(total)
        assert len({line["id"] for line in lines}) == len(lines)
        units.update((order["id"], line["sku_id"]) for line in lines)
    assert insured
    wanted: Counter[tuple[str, str]] = Counter()
    for item in truth("order_items"):
        wanted[item["order_id"], item["variant_id"]] += int(item["units"])
    assert units == wanted, "a line for each unit"


def test_transactions_are_what_the_statements_and_the_orders_are_paid(
    full: Run, truth: Callable[[str], list[Row]]
) -> None:
    of_statement: defaultdict[str, Decimal] = defaultdict(Decimal)
    of_order: defaultdict[str, Decimal] = defaultdict(Decimal)
    fees: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in full.records("statement_transactions"):
        of_statement[row["statement_id"]] += row["settlement_amount"]
        order = row["order_id"] or row["adjustment_order_id"]
        of_order[order] += row["settlement_amount"]
        fees[order] -= row["fee_tax_amount"]
        parts = ("revenue_amount", "shipping_cost_amount", "fee_tax_amount", "adjustment_amount")
        assert row["settlement_amount"] == sum(row[name] for name in parts)
    statements = {row["id"]: row["settlement_amount"] for row in full.records("statements")}
    assert of_statement == statements
    settled = {row["order_id"]: row for row in truth("orders") if row["is_settled"] == "true"}
    assert of_order == {order: Decimal(row["payout"]) for order, row in settled.items()}
    assert fees == {order: Decimal(row["fees"]) for order, row in settled.items()}
    assert {row["payment_status"] for row in full.records("statements")} == {"PAID", "PROCESSING", "FAILED"}
    for row in full.records("statements"):
        assert (row.get("payment_time") is not None) == (row["payment_status"] == "PAID")


def test_refunds_name_the_units_they_are_for(full: Run, truth: Callable[[str], list[Row]]) -> None:
    lines = {order["id"]: {line["id"] for line in order["line_items"]} for order in full.records("orders")}
    complete: defaultdict[str, Decimal] = defaultdict(Decimal)
    for entry in full.records("returns"):
        parts = entry["return_line_items"]
        assert {part["order_line_item_id"] for part in parts} <= lines[entry["order_id"]]
        total = Decimal(entry["refund_amount"]["refund_total"])
        assert total == sum(Decimal(part["refund_amount"]["refund_total"]) for part in parts)
        if entry["return_status"] == "RETURN_OR_REFUND_REQUEST_COMPLETE":
            complete[entry["order_id"]] += total
    refunds = {row["order_id"]: Decimal(row["refund_amount"]) for row in truth("orders")}
    assert complete
    assert all(refunds[order] == amount for order, amount in complete.items())


def test_the_ledger_accounts_for_every_window_and_record(full: Run) -> None:
    windows = full.records("sync_windows")
    assert repeated(windows, ("run_id", "stream", "account_id", "window_start")) == []
    rows = Counter[str]()
    for window in windows:
        rows[window["stream"]] += window["rows"]
        assert window["status"] == "done"
    assert rows == Counter({stream.name: len(full.records(stream.name)) for stream in STREAMS})
    totals = [(w["rows"], w["platform_total"]) for w in windows if w["stream"] in ("orders", "products", "returns")]
    assert totals
    assert sum(rows for rows, _ in totals) <= sum(total for _, total in totals)
    assert full.records("rejected_records") == []


def test_exactly_a_thousand_orders_in_a_window_cost_exactly_ten_calls(
    settings_of: Callable[..., Config], reading: Reader, tmp_path: Path
) -> None:
    """And their money one for each statement and one for each hundred of it."""
    with running_sandbox(
        orders=2858, days=5, shops=1, as_of=AS_OF, app_rps=0, shop_rps=0, channels="tiktok_shop"
    ) as sandbox:
        shops = [str(shop) for shop in sandbox.channel_shop_ids["tiktok_shop"]]
        settings = {**settings_of(sandbox, tmp_path / "tokens", shops), "start_date": "2026-10-15T17:00:00Z"}
        done = reading(settings, "orders")
        (window,) = [w for w in done.records("sync_windows") if w["stream"] == "orders"]
        counted = sandbox.stats()["calls"]
    assert (window["rows"], window["requests"]) == (1000, 10)
    assert counted["/order/202309/orders/search"] == {shops[0]: 10}
    assert counted["/authorization/202309/shops"] == {shops[0]: 1}


def test_transactions_cost_a_call_for_each_page_of_a_statement(only: Reader, sandbox: Sandbox) -> None:
    sandbox.reset_stats()
    done = only("statement_transactions")
    calls = sandbox.stats()["calls"]
    below = sum(sum(shops.values()) for path, shops in calls.items() if path.endswith("/statement_transactions"))
    pages: Counter[str] = Counter(row["statement_id"] for row in done.records("statement_transactions"))
    again = len([w for w in done.records("sync_windows") if w["stream"] == "statement_transactions"])
    # A window's neighbour shares its edge, which may cost a statement.
    assert sum(-(-rows // 100) for rows in pages.values()) <= below <= len(pages) + again


def test_performance_is_off_unless_it_is_asked_for_and_has_whole_local_days(
    config: Config, full: Run, only: Reader, sandbox: Sandbox
) -> None:
    off = {name: value for name, value in config.items() if name != "shop_performance"}
    streams = {stream["tap_stream_id"] for stream in discover("tap-tiktok-shop", off)["streams"]}
    assert streams == {stream.name for stream in STREAMS} - {"shop_performance"} | {*LEDGER}
    days = sorted(row["start_date"] for row in full.records("shop_performance"))
    assert (days[0], days[-1]) == (sandbox.health()["opens"], "2026-10-20"), "the day that ends at the clock's instant"
    assert all(row["gmv"]["currency"] == "THB" for row in full.records("shop_performance"))
    sandbox.reset_stats()
    only("shop_performance")
    assert set(sandbox.stats()["calls"]["/authorization/202309/shops"].values()) == {2}, "the key, and the time zone"


def test_a_field_nobody_documented_is_kept(only: Reader, sandbox: Sandbox) -> None:
    new = {"kind": "unknown_field", "field": "loyalty_tier", "value": 3}
    sandbox.faults({"match": {"path": "orders/search"}, "times": None, **new})
    extras = [order["extra_fields"] for order in only("orders").records("orders") if order.get("extra_fields")]
    assert extras
    assert all(extra == {"loyalty_tier": 3} for extra in extras)


def test_no_secret_and_no_personal_data_leaves_the_tap(
    full: Run, sandbox: Sandbox, config: Config, tmp_path: Path
) -> None:

    env = {"TAP_TIKTOK_SHOP_LOGLEVEL": "DEBUG"}
    sandbox.expire_tokens(platform="tiktok_shop")
    debug = run_tap("tap-tiktok-shop", {**config, "shop_ids": config["shop_ids"][:1]}, env=env)
    assert debug.exit_code == 0, debug.log
    text = full.stdout + full.log + debug.stdout + debug.log
    known = sandbox.secrets()["tiktok_shop"]
    secrets = {APP_SECRET, *known["app_secret"], *known["tokens"], *known["ciphers"]}
    assert len(secrets) > 6
    assert [secret for secret in secrets if secret in text] == []
    assert not re.search("[?&](app_secret|sign|refresh_token|auth_code)=", text)
    assert "PII-" not in text
    assert "1199000" not in json.dumps([order["user_id"] for order in full.records("orders")])
    buyers = {order["user_id"] for order in full.records("orders")}
    assert all(re.fullmatch("[0-9a-f]{64}", buyer) for buyer in buyers)
    assert 1 < len(buyers) < len(full.records("orders"))


def test_the_tap_is_thin() -> None:
    for stream in STREAMS:
        source = inspect.getsource(stream)
        assert len([line for line in source.splitlines() if line.strip()]) <= 12, stream.name
    assert TapTikTokShop.stream_types == STREAMS


@pytest.mark.parametrize("name", ["orders", "products", "returns", "statements", "statement_transactions"])
def test_answers_as_documented_are_decoded_into_the_class_of_their_rows(config: Config, name: str) -> None:
    """Or else each row would cost half as much again, and nobody would see it."""
    tap = TapTikTokShop(config=config)
    arrived = [event for event in tap.streams[name].begin().reading.events() if isinstance(event, Arrived)]
    tap.fetcher.close()
    types = Counter(type(row).__name__ for event in arrived for row in event.rows)
    assert types.keys() == {"Row"}
    assert types["Row"] > 10
