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
        groups.setdefault(record["seller_id"], []).append(record)
    return groups


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    one = only("orders", "transactions", "reverse_orders", concurrency=1)
    many = only("orders", "transactions", "reverse_orders", concurrency=16)
    for stream in ("orders", "transactions", "reverse_orders"):
        assert by_account(one.records(stream)) == by_account(many.records(stream))
    assert one.state == many.state


def test_two_taps_at_once_share_one_token_pair(only: Reader, sandbox: Sandbox) -> None:
    sandbox.expire_tokens()
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: only("orders"), range(3)))
    assert [r.exit_code for r in runs] == [0, 0, 0], runs[0].log
    assert by_account(runs[0].records("orders")) == by_account(runs[2].records("orders"))


def test_a_dead_seller_is_skipped_and_the_others_are_read(only: Reader, sandbox: Sandbox) -> None:
    dead, *others = sandbox.channel_shop_ids["lazada"]
    sandbox.faults({"match": {"account": dead}, "kind": "error", "code": "SellerNotVerified", "times": None})
    done = only("seller", "orders", "products")
    assert done.exit_code == 1
    assert f"seller {dead} was skipped" in done.last_line
    assert "verification" in done.last_line
    assert "Traceback" not in done.log
    for stream in ("seller", "orders", "products"):
        assert set(by_account(done.records(stream))) == set(others)
    skipped = [w for w in done.records("sync_windows") if w["status"] == "skipped"]
    assert {(w["stream"], w["account_id"]) for w in skipped} == {
        (s, str(dead)) for s in ("seller", "orders", "products")
    }
    sandbox.clear_faults()
    mended = only("orders", state=done.state)
    assert mended.exit_code == 0
    assert set(by_account(mended.records("orders"))) >= {dead}


def test_a_stream_without_permission_is_skipped_and_the_others_are_read(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults(
        {
            "match": {"path": "reverse/getreverseordersforseller"},
            "kind": "error",
            "code": "InsufficientPermission",
            "times": None,
        }
    )
    done = only("reverse_orders", "transactions")
    assert done.exit_code == 1
    assert "reverse_orders of seller" in done.last_line
    assert "InsufficientPermission" in done.last_line
    assert done.records("reverse_orders") == []
    assert done.records("transactions")


def test_a_window_that_fails_is_a_gap_that_the_next_run_fills(only: Reader, sandbox: Sandbox, full: Run) -> None:
    shop = sandbox.channel_shop_ids["lazada"][0]
    sandbox.faults(
        {"match": {"path": "orders/get", "account": shop}, "kind": "error", "code": "error_new_and_odd", "times": 1}
    )
    done = only("orders")
    assert done.exit_code == 1
    assert "error_new_and_odd" in done.last_line
    gaps = [w for w in done.records("sync_windows") if w["status"] == "gap"]
    assert len(gaps) == 1
    filled = only("orders", state=done.state)
    assert filled.exit_code == 0
    read = {o["order_id"] for o in [*done.records("orders"), *filled.records("orders")]}
    assert read == {o["order_id"] for o in full.records("orders")}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": "6", "message": "unexpected internal error"},
        {"kind": "rate_limit"},
        {"kind": "reset"},
        {"kind": "expire_token"},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_passing_trouble_costs_no_row(only: Reader, sandbox: Sandbox, full: Run, fault: dict[str, Any]) -> None:
    sandbox.faults({"match": {"path": "orders/items/get"}, "times": 2, "after": 3, **fault})
    done = only("orders")
    assert done.exit_code == 0, done.log
    assert by_account(done.records("orders")) == by_account(full.records("orders"))


def test_what_cannot_be_used_is_kept_with_its_reason(only: Reader, sandbox: Sandbox) -> None:
    quiet = only("orders", start_date="2026-10-10T00:00:00Z")
    listing = {"path": "/orders/get", "account": sandbox.channel_shop_ids["lazada"][0]}
    sandbox.faults({"match": listing, "kind": "bad_record", "field": "price", "value": "a lot", "times": 1})
    done = only("orders", start_date="2026-10-10T00:00:00Z")
    assert done.exit_code == 0
    (rejected,) = done.records("rejected_records")
    assert rejected["reason"] == "price is not a number"
    assert rejected["record"]["price"] == "a lot"
    assert len(done.records("orders")) == len(quiet.records("orders")) - 1
    assert "PII-" not in done.stdout


def test_an_order_whose_units_cannot_be_had_is_rejected_alone(only: Reader, sandbox: Sandbox) -> None:
    """One bad id spoils its whole batch: it is halved until the id stands alone."""
    quiet = only("orders", start_date="2026-10-10T00:00:00Z")
    victim = next(o for o in quiet.records("orders") if o["seller_id"] == sandbox.channel_shop_ids["lazada"][0])
    listing = {"path": "/orders/get", "account": victim["seller_id"]}
    sandbox.faults({"match": listing, "kind": "bad_record", "field": "order_id", "value": 12345, "times": 1})
    done = only("orders", start_date="2026-10-10T00:00:00Z")
    assert done.exit_code == 0, done.log
    (rejected,) = done.records("rejected_records")
    assert "37" in rejected["reason"]
    assert len(done.records("orders")) == len(quiet.records("orders")) - 1
