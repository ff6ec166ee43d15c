"""What the tap reads, against the sandbox's truth, and how few calls it takes."""

from __future__ import annotations

import datetime
import inspect
import json
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_shopee.streams import STREAMS
from tap_shopee.tap import TapShopee
from tap_toolkit.fetch import Arrived
from tap_toolkit.testing import Run, repeated, run_tap

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Reader = Callable[..., Run]


def test_everything_is_read_and_nothing_twice(full: Run, sandbox: Sandbox) -> None:
    assert full.exit_code == 0, full.log
    truth = {(row["shop_id"], row["order_id"]): row for row in sandbox.truth("orders")}
    orders = full.records("orders")
    assert {(str(o["shop_id"]), o["order_sn"]) for o in orders} == set(truth)
    assert len(orders) == len(truth) > 1000
    for order in orders:
        expected = truth[str(order["shop_id"]), order["order_sn"]]
        assert order["update_time"] == expected["updated_at"]
        assert (order["total_amount"] or 0) == Decimal(expected["total_amount"] or 0)
    settled = {key for key, row in truth.items() if row["is_settled"] == "true"}
    assert {(str(e["shop_id"]), e["order_sn"]) for e in full.records("escrow")} == settled
    products = {(str(p["shop_id"]), str(p["item_id"])) for p in full.records("products")}
    assert products == {(row["shop_id"], row["product_id"]) for row in sandbox.truth("products")}
    assert len(full.records("shop")) == 3
    for stream in STREAMS:
        assert full.records(stream.name), stream.name
        assert repeated(full.records(stream.name), stream.keys) == []


def test_the_ledger_accounts_for_every_window_and_record(full: Run, sandbox: Sandbox) -> None:
    windows = full.records("sync_windows")
    assert repeated(windows, ("run_id", "stream", "account_id", "window_start")) == []
    rows = Counter[str]()
    for window in windows:
        rows[window["stream"]] += window["rows"]
        assert window["status"] == "done"
    assert rows == Counter({stream.name: len(full.records(stream.name)) for stream in STREAMS})
    totals = [(w["rows"], w["platform_total"]) for w in windows if w["stream"] == "products"]
    assert totals
    assert all(rows == total for rows, total in totals)
    assert full.records("rejected_records") == []


def test_a_thousand_orders_cost_thirty_calls(only: Reader, sandbox: Sandbox) -> None:
    """As few as whole pages of 100 and whole batches of 50 allow, by the ledger and by the sandbox's own count."""
    sandbox.reset_stats()
    done = only("orders")
    calls = sandbox.stats()["calls"]
    counted = sum(sum(shops.values()) for path, shops in calls.items() if "/order/" in path)
    windows = [w for w in done.records("sync_windows") if w["stream"] == "orders"]
    assert sum(w["requests"] for w in windows) == counted
    fewest = sum(max(1, -(-w["rows"] // 100)) + -(-w["rows"] // 50) for w in windows)
    # A window's neighbour shares its edge, which may cost a page.
    assert counted <= fewest + len(windows)
    large = [w for w in windows if w["rows"] > 100]
    assert large
    for window in large:
        assert window["requests"] <= 0.030 * window["rows"] + 2


def test_exactly_a_thousand_orders_in_a_window_cost_exactly_thirty_calls(
    config: Config, reading: Reader, tmp_path: Path
) -> None:
    with running_sandbox(orders=1000, days=10, shops=1, as_of=AS_OF, app_rps=0, shop_rps=0) as sandbox:
        settings = {
            **config,
            "api_url": sandbox.url,
            "shop_ids": list(sandbox.shop_ids),
            "token_store": str(tmp_path / "tokens"),
            "start_date": "2026-10-06T17:00:00Z",
        }
        done = reading(settings, "orders")
        (window,) = [w for w in done.records("sync_windows") if w["stream"] == "orders"]
        assert (window["rows"], window["requests"]) == (len(sandbox.truth("orders")), 30)
        assert window["rows"] == 1000


def test_a_shops_time_zone_is_asked_for_once_and_its_day_is_the_shops(only: Reader, sandbox: Sandbox) -> None:
    sandbox.reset_stats()
    done = only("shop_performance")
    assert set(sandbox.stats()["calls"]["/api/v2/shop/get_shop_info"].values()) == {1}
    days = {r["snapshot_date"] for r in done.records("shop_performance")}
    now = datetime.datetime.now(datetime.UTC)
    hours = (datetime.timedelta(hours=7), datetime.timedelta(hours=8))
    assert days <= {
        (now + offset - back).date().isoformat()
        for offset in hours
        for back in (datetime.timedelta(0), datetime.timedelta(minutes=5))
    }


def test_a_field_nobody_documented_is_kept(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults(
        {"match": {"path": "get_order_detail"}, "kind": "unknown_field", "field": "loyalty_tier", "times": 1}
    )
    done = only("orders")
    extras = [o["extra_fields"] for o in done.records("orders") if o.get("extra_fields")]
    assert any("loyalty_tier" in extra for extra in extras)


def test_no_secret_and_no_personal_data_leaves_the_tap(full: Run, sandbox: Sandbox, config: Config) -> None:
    debug = run_tap("tap-shopee", {**config, "shop_ids": config["shop_ids"][:1]}, env={"TAP_SHOPEE_LOGLEVEL": "DEBUG"})
    text = full.stdout + full.log + debug.stdout + debug.log
    flat = json.dumps(sandbox.secrets())
    secrets = {s for s in re.findall(r'"([^"]{16,})"', flat) if not s.isalpha()} | {sandbox.partner_key}
    assert len(secrets) > 3
    assert [s for s in secrets if s in text] == []
    assert "PII-" not in text
    buyers = {o["buyer_user_id"] for o in full.records("orders")} - {None}
    assert buyers
    assert all(re.fullmatch("[0-9a-f]{64}", buyer) for buyer in buyers)


def test_the_tap_is_thin() -> None:
    for stream in STREAMS:
        source = inspect.getsource(stream)
        declaration = source.partition("    def ")[0]
        assert len([line for line in declaration.splitlines() if line.strip()]) <= 12, stream.name
    assert TapShopee.stream_types == STREAMS


@pytest.mark.parametrize("name", ["orders", "products", "returns"])
def test_answers_as_documented_are_decoded_into_the_class_of_their_rows(config: Config, name: str) -> None:
    """Or else each row would cost half as much again, and nobody would see it."""
    tap = TapShopee(config=config)
    arrived = [event for event in tap.streams[name].begin().reading.events() if isinstance(event, Arrived)]
    tap.fetcher.close()
    types = Counter(type(row).__name__ for event in arrived for row in event.rows)
    assert types.keys() == {"Row"}
    assert types["Row"] > 10
