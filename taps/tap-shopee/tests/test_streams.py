"""What the tap reads, against the sandbox's truth."""

from __future__ import annotations

import datetime
import json
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_shopee.streams import STREAMS
from tap_shopee.tap import TapShopee
from tap_toolkit.testing import Run, discover, executable, repeated, run, run_tap, selecting

AS_OF = "2026-10-20T17:00:00Z"
LEDGER = {"sync_windows", "rejected_records"}
Config = dict[str, Any]
Reader = Callable[..., Run]


def by_account(records: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(record["shop_id"], []).append(record)
    return groups


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


def test_exactly_a_thousand_orders_in_a_window_cost_exactly_thirty_calls(config: Config, tmp_path: Path) -> None:
    with running_sandbox(orders=1000, days=10, shops=1, as_of=AS_OF, app_rps=0, shop_rps=0) as sandbox:
        settings = {
            **config,
            "api_url": sandbox.url,
            "shop_ids": list(sandbox.shop_ids),
            "token_store": str(tmp_path / "tokens"),
            "start_date": "2026-10-06T17:00:00Z",
        }
        done = run_tap("tap-shopee", settings, catalog=selecting(discover("tap-shopee", settings), ["orders", *LEDGER]))
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


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    one = only("orders", "escrow", "returns", concurrency=1)
    many = only("orders", "escrow", "returns", concurrency=16)
    for stream in ("orders", "escrow", "returns"):
        assert by_account(one.records(stream)) == by_account(many.records(stream))
    assert one.state == many.state


def test_a_state_follows_every_window_and_a_second_run_reads_only_what_is_new(only: Reader, sandbox: Sandbox) -> None:
    first = only("orders")
    finished = [w for w in first.records("sync_windows") if w["stream"] == "orders"]
    assert len(first.states) >= len(finished)
    sandbox.reset_stats()
    second = only("orders", state=first.state)
    assert second.exit_code == 0
    assert second.records("orders") == [] or len(second.records("orders")) < 10
    assert sum(map(len, sandbox.stats()["calls"].values())) <= 6
    assert second.state == first.state


def test_late_updates_are_read_by_the_next_run(config: Config, sandbox: Sandbox, only: Reader) -> None:
    before = "2026-10-05T00:00:00Z"
    try:
        sandbox.set_clock(before)
        first = only("orders", "returns", "escrow", end_date="2026-10-05T00:00:01Z")
        sandbox.set_clock("2026-10-20T17:00:00Z")
        second = only("orders", "returns", "escrow", state=first.state)
    finally:
        sandbox.set_clock("2026-10-20T17:00:00Z")
    latest = {o["order_sn"]: o for o in [*first.records("orders"), *second.records("orders")]}
    truth = {row["order_id"]: row for row in sandbox.truth("orders")}
    assert {sn: o["update_time"] for sn, o in latest.items()} == {sn: row["updated_at"] for sn, row in truth.items()}
    assert 0 < len(second.records("orders")) < len(truth)


def test_moving_the_start_back_reads_the_earlier_span(only: Reader, full: Run) -> None:
    late = only("orders", start_date="2026-10-10T00:00:00Z")
    early = only("orders", state=late.state)
    # Beside the earlier span only the look-back of half an hour is read.
    again = [o["update_time"] for o in early.records("orders") if o["update_time"] >= "2026-10-10T00:00:00Z"]
    assert all(moment >= "2026-10-20T16:30:00Z" for moment in again)
    both = [*late.records("orders"), *early.records("orders")]
    assert {o["order_sn"] for o in both} == {o["order_sn"] for o in full.records("orders")}


def test_a_row_from_the_future_moves_no_bookmark(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "get_order_detail"}, "kind": "future_update_time", "times": 1})
    done = only("orders")
    assert any(o["update_time"].startswith("2099") for o in done.records("orders"))
    assert "2099" not in json.dumps(done.state)


def test_a_dead_shop_is_skipped_and_the_others_are_read(only: Reader, sandbox: Sandbox) -> None:
    dead, *others = sandbox.shop_ids
    sandbox.faults({"match": {"shop_id": dead}, "kind": "error", "code": "partner_shop_no_link", "times": None})
    done = only("shop", "orders", "products")
    assert done.exit_code == 1
    assert f"shop {dead} was skipped" in done.last_line
    assert "tap-shopee authorize" in done.last_line
    assert "Traceback" not in done.log
    for stream in ("shop", "orders", "products"):
        assert set(by_account(done.records(stream))) == set(others)
    skipped = [w for w in done.records("sync_windows") if w["status"] == "skipped"]
    assert {(w["stream"], w["account_id"]) for w in skipped} == {(s, str(dead)) for s in ("shop", "orders", "products")}
    sandbox.clear_faults()
    mended = only("orders", state=done.state)
    assert mended.exit_code == 0
    assert set(by_account(mended.records("orders"))) >= {dead}


def test_a_stream_without_permission_is_skipped_and_the_others_are_read(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults(
        {
            "match": {"path": "returns/get_return_list"},
            "kind": "error",
            "code": "error_auth",
            "message": "No permission to current api",
            "times": None,
        }
    )
    done = only("returns", "escrow")
    assert done.exit_code == 1
    assert "returns of shop" in done.last_line
    assert "permission" in done.last_line
    assert done.records("returns") == []
    assert done.records("escrow")


def test_a_window_that_fails_is_a_gap_that_the_next_run_fills(only: Reader, sandbox: Sandbox, full: Run) -> None:
    shop = sandbox.shop_ids[0]
    sandbox.faults(
        {"match": {"path": "get_order_list", "shop_id": shop}, "kind": "error", "code": "error_new_and_odd", "times": 1}
    )
    done = only("orders")
    assert done.exit_code == 1
    assert "error_new_and_odd" in done.last_line
    gaps = [w for w in done.records("sync_windows") if w["status"] == "gap"]
    assert len(gaps) == 1
    filled = only("orders", state=done.state)
    assert filled.exit_code == 0
    read = {o["order_sn"] for o in [*done.records("orders"), *filled.records("orders")]}
    assert read == {o["order_sn"] for o in full.records("orders")}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": "error_server"},
        {"kind": "http_status", "status": 502},
        {"kind": "truncate"},
        {"kind": "truncate", "honest_length": True},
        {"kind": "reset"},
        {"kind": "rate_limit"},
        {"kind": "rate_limit", "status": 429, "retry_after": 1},
        {"kind": "expire_token"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_passing_trouble_costs_no_row(only: Reader, sandbox: Sandbox, full: Run, fault: dict[str, Any]) -> None:
    sandbox.faults({"match": {"path": "get_order_detail"}, "times": 2, "after": 3, **fault})
    done = only("orders")
    assert done.exit_code == 0, done.log
    assert by_account(done.records("orders")) == by_account(full.records("orders"))


def test_what_cannot_be_used_is_kept_with_its_reason(only: Reader, sandbox: Sandbox, full: Run) -> None:
    sandbox.faults(
        {
            "match": {"path": "get_order_detail"},
            "kind": "bad_record",
            "field": "total_amount",
            "value": "a lot",
            "times": 1,
        }
    )
    done = only("orders")
    assert done.exit_code == 0
    (rejected,) = done.records("rejected_records")
    assert rejected["reason"] == "total_amount is not a number"
    assert rejected["record"]["total_amount"] == "a lot"
    assert len(done.records("orders")) == len(full.records("orders")) - 1
    assert "PII-" not in done.stdout


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


def test_two_taps_at_once_share_one_token_pair(only: Reader, sandbox: Sandbox) -> None:
    from concurrent.futures import ThreadPoolExecutor

    sandbox.expire_tokens()
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: only("orders"), range(3)))
    assert [r.exit_code for r in runs] == [0, 0, 0], runs[0].log
    assert by_account(runs[0].records("orders")) == by_account(runs[2].records("orders"))


def test_singer_capabilities(config: Config, only: Reader, full: Run, tmp_path: Any) -> None:
    about = json.loads(run(executable("tap-shopee"), "--about", "--format=json").stdout)
    assert {
        "about",
        "catalog",
        "discover",
        "state",
        "stream-maps",
        "schema-flattening",
        "batch",
        "structured-logging",
    } <= set(about["capabilities"])
    settings = about["settings"]["properties"]
    assert settings["partner_key"]["secret"]
    for name in ("partner_id", "partner_key", "shop_ids", "start_date", "token_store", "pii_salt"):
        assert settings[name]["title"]
        assert settings[name]["description"]
        assert settings[name]["type"]
    mapped = only("shop", stream_maps={"shop": {"shop_id": "shop_id", "title": "shop_name.upper()", "__else__": None}})
    assert {tuple(sorted(r)) for r in mapped.records("shop")} == {("shop_id", "title")}
    wrong = only("shop", stream_maps={"shop": {"title": "shop_name.upper()", "__else__": None}})
    assert wrong.exit_code == 1
    assert "Setting stream_maps cannot be used" in wrong.last_line
    assert "Traceback" not in wrong.log
    flat = only("shop_performance", flattening_enabled=True, flattening_max_depth=1)
    assert all("target__comparator" in r for r in flat.records("shop_performance"))
    batches = only(
        "orders",
        batch_config={
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": f"file://{tmp_path}", "prefix": "b-"},
        },
    )
    manifests = [m for m in batches.messages if m["type"] == "BATCH"]
    import gzip
    from pathlib import Path

    lines = [
        json.loads(line)
        for message in manifests
        for path in message["manifest"]
        for line in gzip.decompress(Path(path.removeprefix("file://")).read_bytes()).splitlines()
    ]
    assert {r["order_sn"] for r in lines} == {o["order_sn"] for o in full.records("orders")}
    assert batches.state == only("orders").state


def test_fields_can_be_left_out_by_the_catalog(config: Config) -> None:
    catalog = selecting(discover("tap-shopee", config), ["orders"])
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "payment_method"]:
                entry["metadata"]["selected"] = False
    done = run_tap("tap-shopee", config, catalog=catalog)
    assert done.records("orders")
    assert not any("payment_method" in o for o in done.records("orders"))


def test_test_says_in_a_sentence_whether_the_credentials_work(config: Config, sandbox: Sandbox) -> None:
    works = run_tap("tap-shopee", config, "--test")
    assert works.exit_code == 0
    assert works.stdout.count("the credentials work (") == 3
    wrong = run_tap("tap-shopee", {**config, "partner_key": "x" * 48}, "--test")
    assert wrong.exit_code == 1
    assert "error_sign" in wrong.log
    assert "Traceback" not in wrong.log


def test_structured_logs_carry_the_progress(only: Reader) -> None:
    assert "windows done" in only("orders").log
    assert "seconds throttled" in only("orders").log


def test_the_tap_is_thin() -> None:
    import inspect

    for stream in STREAMS:
        source = inspect.getsource(stream)
        declaration = source.partition("    def ")[0]
        assert len([line for line in declaration.splitlines() if line.strip()]) <= 12, stream.name
    assert TapShopee.stream_types == STREAMS


@pytest.mark.parametrize(
    ("stream", "path", "table"), [("orders", "get_order_list", "orders"), ("products", "get_item_list", "products")]
)
def test_rows_that_move_while_pages_are_read_are_not_lost(stream: str, path: str, table: str) -> None:
    """The sandbox updates one row that a page listed and one that no page has listed yet, after each of four pages."""
    with running_sandbox(orders=900, days=10, shops=1, products=250, as_of=AS_OF, app_rps=0, shop_rps=0) as sandbox:
        sandbox.faults({"match": {"path": path}, "kind": "drift", "times": 4})
        with tempfile.TemporaryDirectory() as tokens:
            settings = {
                "partner_id": sandbox.partner_id,
                "partner_key": sandbox.partner_key,
                "shop_ids": list(sandbox.shop_ids),
                "api_url": sandbox.url,
                "start_date": "2026-10-01T00:00:00Z",
                "end_date": "2026-10-20T17:00:01Z",
                "refresh_tokens": {str(shop): token for shop, token in sandbox.refresh_tokens.items()},
                "token_store": tokens,
                "requests_per_second": 0,
            }
            done = run_tap("tap-shopee", settings, catalog=selecting(discover("tap-shopee", settings), [stream]))
        assert done.exit_code == 0, done.log
        key, column = ("order_sn", "order_id") if stream == "orders" else ("item_id", "product_id")
        assert {str(r[key]) for r in done.records(stream)} == {row[column] for row in sandbox.truth(table)}


@pytest.mark.parametrize("half_open", [False, True])
def test_no_row_is_lost_or_doubled_at_an_edge_whichever_way_the_platform_reads_it(
    half_open: bool, config: Config, tmp_path: Path
) -> None:
    """Shopee does not say whether a window's end belongs to it: the same rows must come out of either reading."""
    with running_sandbox(
        orders_per_day=40, days=40, shops=1, as_of=AS_OF, half_open=half_open, app_rps=0, shop_rps=0
    ) as sandbox:
        settings = {
            **config,
            "api_url": sandbox.url,
            "shop_ids": list(sandbox.shop_ids),
            "token_store": str(tmp_path / "tokens"),
        }
        truth = {row["order_id"]: row["updated_at"] for row in sandbox.truth("orders")}
        # A window ends exactly when an order was updated, and the next begins there.
        edge = sorted(truth.values())[len(truth) // 2]
        catalog = selecting(discover("tap-shopee", settings), ["orders"])
        first = run_tap("tap-shopee", {**settings, "end_date": edge}, catalog=catalog)
        state = json.loads(json.dumps(first.state))
        second = run_tap("tap-shopee", {**settings, "start_date": edge}, catalog=catalog)
    before = {o["order_sn"]: o["update_time"] for o in first.records("orders")}
    after = {o["order_sn"]: o["update_time"] for o in second.records("orders")}
    assert state["bookmarks"]["orders"]["accounts"][str(settings["shop_ids"][0])]["covered"][0][1] == edge
    assert before.keys().isdisjoint(after)
    assert before | after == truth
