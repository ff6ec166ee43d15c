"""Shops and answers in trouble, many workers and several taps: the same rows, or a gap that says why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run

Reader = Callable[..., Run]


def by_account(records: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        groups[record["shop_id"]].append(record)
    return groups


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    streams = ("orders", "returns", "statement_transactions")
    one, many = only(*streams, concurrency=1), only(*streams, concurrency=16)
    assert one.exit_code == many.exit_code == 0
    for stream in streams:
        assert by_account(one.records(stream)) == by_account(many.records(stream))
    assert one.state == many.state


def test_two_taps_at_once_share_one_token_pair(only: Reader, sandbox: Sandbox, shop_ids: list[str]) -> None:
    sandbox.expire_tokens(platform="tiktok_shop")
    sandbox.reset_stats()
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: only("orders"), range(3)))
    assert [run.exit_code for run in runs] == [0, 0, 0], runs[0].log
    assert by_account(runs[0].records("orders")) == by_account(runs[2].records("orders"))
    assert sandbox.stats()["calls"]["/api/v2/token/refresh"] == dict.fromkeys(shop_ids, 1)


@pytest.mark.parametrize("code", [36004004, 105002])
def test_a_dead_shop_is_skipped_and_the_others_are_read(
    only: Reader, sandbox: Sandbox, shop_ids: list[str], code: int
) -> None:
    dead, other = shop_ids
    sandbox.faults({"match": {"account": dead, "method": "POST"}, "kind": "error", "code": code, "times": None})
    done = only("orders", "products")
    assert done.exit_code == 1
    assert f"shop {dead} was skipped" in done.last_line
    assert "tap-tiktok-shop authorize" in done.last_line
    assert "Traceback" not in done.log
    for stream in ("orders", "products"):
        assert set(by_account(done.records(stream))) == {other}
    skipped = [window for window in done.records("sync_windows") if window["status"] == "skipped"]
    assert {(window["stream"], window["account_id"]) for window in skipped} == {("orders", dead), ("products", dead)}
    sandbox.clear_faults()
    mended = only("orders", state=done.state)
    assert mended.exit_code == 0
    assert dead in by_account(mended.records("orders"))


def test_a_stream_without_its_scope_is_skipped_and_the_others_are_read(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "/analytics/"}, "kind": "error", "code": 105005, "times": None})
    done = only("shop_performance", "statements")
    assert done.exit_code == 1
    assert "shop_performance of shop" in done.last_line
    assert "scope" in done.last_line
    assert done.records("shop_performance") == []
    assert done.records("statements")


def test_a_window_that_fails_is_a_gap_that_the_next_run_fills(
    only: Reader, sandbox: Sandbox, full: Run, shop_ids: list[str]
) -> None:
    failing = {"match": {"path": "orders/search", "account": shop_ids[0]}, "kind": "error", "code": 77777777}
    sandbox.faults({**failing, "times": 1})
    done = only("orders")
    assert done.exit_code == 1
    assert "77777777" in done.last_line
    assert len([window for window in done.records("sync_windows") if window["status"] == "gap"]) == 1
    filled = only("orders", state=done.state)
    assert filled.exit_code == 0
    read = {order["id"] for order in [*done.records("orders"), *filled.records("orders")]}
    assert read == {order["id"] for order in full.records("orders")}


@pytest.mark.parametrize(
    "faults",
    [
        [
            {"kind": "error", "code": 36009003},
            {"kind": "error", "code": 36009004, "message": "Invalid timestamp"},
            {"kind": "error", "code": 36009004, "message": "The date range exceeds limit."},
            {"kind": "expire_token"},
        ],
        [
            {"kind": "http_status", "status": 503},
            {"kind": "truncate"},
            {"kind": "truncate", "honest_length": True},
            {"kind": "reset"},
        ],
        [{"kind": "rate_limit"}, {"kind": "rate_limit", "retry_after": 1}],
    ],
    ids=["refusals", "broken answers", "limits"],
)
def test_passing_trouble_costs_no_row(only: Reader, sandbox: Sandbox, full: Run, faults: list[dict[str, Any]]) -> None:
    where = {"match": {"path": "orders/search"}, "times": 1}
    sandbox.reset_stats()
    sandbox.faults(*({**where, "after": 2 + number, **fault} for number, fault in enumerate(faults)))
    done = only("orders")
    assert done.exit_code == 0, done.log
    assert sum(sandbox.stats()["faults"].values()) == len(faults)
    assert by_account(done.records("orders")) == by_account(full.records("orders"))


def test_what_cannot_be_used_is_kept_with_its_reason(only: Reader, sandbox: Sandbox, full: Run) -> None:
    wrong = {"kind": "bad_record", "field": "settlement_amount", "value": "a lot"}
    sandbox.faults({"match": {"path": "/finance/202309/statements"}, "times": 1, **wrong})
    done = only("statements")
    assert done.exit_code == 0
    (rejected,) = done.records("rejected_records")
    assert rejected["reason"] == "settlement_amount is not a number"
    assert rejected["record"]["settlement_amount"] == "a lot"
    assert len(done.records("statements")) == len(full.records("statements")) - 1


def test_a_rejected_order_is_kept_without_what_is_a_persons(only: Reader, sandbox: Sandbox) -> None:
    wrong = {"kind": "bad_record", "field": "is_cod", "value": "perhaps"}
    sandbox.faults({"match": {"path": "orders/search"}, "times": None, **wrong})
    done = only("orders")
    assert done.records("rejected_records")
    assert {row["reason"] for row in done.records("rejected_records")} == {"is_cod is neither true nor false"}
    assert "PII-" not in done.stdout
    assert "1199000" not in str([row["record"]["user_id"] for row in done.records("rejected_records")])


def test_a_listing_that_goes_round_in_circles_is_a_gap(only: Reader, sandbox: Sandbox, shop_ids: list[str]) -> None:
    where = {"match": {"path": "orders/search", "account": shop_ids[0]}, "times": None}
    sandbox.faults({**where, "kind": "page_size", "rows": 5}, {**where, "kind": "replay"})
    done = only("orders", start_date="2026-10-16T00:00:00Z")
    assert done.exit_code == 1
    assert "circles" in done.last_line
    assert set(by_account(done.records("orders"))) == set(shop_ids)
