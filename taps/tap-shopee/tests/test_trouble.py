"""Shops and answers in trouble, many workers and several taps: the same rows, or a gap that says why."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run

Reader = Callable[..., Run]


def by_account(records: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(record["shop_id"], []).append(record)
    return groups


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    one = only("orders", "escrow", "returns", concurrency=1)
    many = only("orders", "escrow", "returns", concurrency=16)
    for stream in ("orders", "escrow", "returns"):
        assert by_account(one.records(stream)) == by_account(many.records(stream))
    assert one.state == many.state


def test_two_taps_at_once_share_one_token_pair(only: Reader, sandbox: Sandbox) -> None:
    sandbox.expire_tokens()
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: only("orders"), range(3)))
    assert [r.exit_code for r in runs] == [0, 0, 0], runs[0].log
    assert by_account(runs[0].records("orders")) == by_account(runs[2].records("orders"))


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
