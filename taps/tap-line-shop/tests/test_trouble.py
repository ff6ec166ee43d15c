"""Shops and answers in trouble, and many workers: the same rows, or a gap that says why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from talat_sandbox.platforms.line_shop.protocol import api_key
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, run_tap

Reader = Callable[..., Run]
Config = dict[str, Any]


def by_account(records: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(record["shop_id"], []).append(record)
    return groups


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    one = only("orders", "products", concurrency=1)
    many = only("orders", "products", concurrency=16)
    for stream in ("orders", "products"):
        assert by_account(one.records(stream)) == by_account(many.records(stream))
    assert one.state == many.state


def test_a_shop_whose_key_was_deleted_is_skipped_until_it_has_a_new_one(
    settings_of: Callable[..., Config], orders_of: Callable[..., dict[str, str]]
) -> None:
    with running_sandbox(
        orders_per_day=60, days=4, products=3, as_of="2026-10-20T17:00:00Z", shop_rps=0, channels="line_shop"
    ) as sandbox:
        config = settings_of(sandbox)
        dead, alive = config["api_keys"]
        sandbox.revoke(int(dead))
        done = run_tap("tap-line-shop", config)
        assert done.exit_code == 1
        assert f"shop {dead} was skipped" in done.last_line
        assert "Make a new key in LINE OA Plus" in done.last_line
        assert "Traceback" not in done.log
        assert set(by_account(done.records("orders"))) == set(by_account(done.records("products"))) == {alive}
        skipped = [w for w in done.records("sync_windows") if w["status"] == "skipped"]
        assert {(w["stream"], w["account_id"]) for w in skipped} == {("orders", dead), ("products", dead)}
        renewed = {**config, "api_keys": {alive: api_key(int(alive)), dead: api_key(int(dead), 2)}}
        mended = run_tap("tap-line-shop", renewed, state=done.state)
        assert mended.exit_code == 0, mended.log
        read = {o["orderNumber"] for run in (done, mended) for o in run.records("orders")}
        assert read == set(orders_of(sandbox))


def test_a_key_without_a_permission_skips_the_stream_alone(only: Reader, sandbox: Sandbox, shops: list[str]) -> None:
    fault = {"path": "/products", "shop_id": shops[0]}
    sandbox.faults({"match": fault, "kind": "error", "code": "HTTP 403", "times": None})
    done = only("orders", "products")
    assert done.exit_code == 1
    assert f"products of shop {shops[0]} was skipped" in done.last_line
    assert "permission" in done.last_line
    assert set(by_account(done.records("products"))) == {shops[1]}
    assert set(by_account(done.records("orders"))) == set(shops)


def test_a_window_that_fails_is_a_gap_that_the_next_run_fills(
    only: Reader, sandbox: Sandbox, full: Run, shops: list[str]
) -> None:
    conflict = {"kind": "error", "code": "HTTP 409", "times": 1}
    sandbox.faults({"match": {"path": "/orders/", "shop_id": shops[0]}, "after": 30, **conflict})
    done = only("orders")
    assert done.exit_code == 1
    assert "CONFLICT" in done.last_line
    (gap,) = [w for w in done.records("sync_windows") if w["status"] == "gap"]
    assert gap["account_id"] == shops[0]
    filled = only("orders", state=done.state)
    assert filled.exit_code == 0
    read = {o["orderNumber"] for o in [*done.records("orders"), *filled.records("orders")]}
    assert read == {o["orderNumber"] for o in full.records("orders")}


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": "HTTP 500-599"},
        {"kind": "error", "code": "malformed"},
        {"kind": "http_status", "status": 502},
        {"kind": "truncate"},
        {"kind": "truncate", "honest_length": True},
        {"kind": "reset"},
        {"kind": "rate_limit", "retry_after": 1},
    ],
    ids=lambda fault: "-".join(map(str, fault.values())),
)
def test_passing_trouble_costs_no_row(only: Reader, sandbox: Sandbox, full: Run, fault: dict[str, Any]) -> None:
    sandbox.faults(*({"match": {"path": path}, "times": 2, **fault} for path in ("/orders", "/orders/", "/products")))
    done = only("orders", "products")
    assert done.exit_code == 0, done.log
    for stream in ("orders", "products"):
        assert by_account(done.records(stream)) == by_account(full.records(stream))


def test_a_refusal_for_rate_is_waited_for_as_long_as_line_says(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "/products"}, "kind": "rate_limit", "retry_after": 2})
    sandbox.reset_stats()
    done = only("products", concurrency=1)
    assert "Retrying in 2.0 s" in done.log
    assert sandbox.stats()["span_seconds"] >= 2
    assert done.exit_code == 0


def test_a_platform_under_maintenance_ends_the_run(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "/myshop/"}, "kind": "error", "code": "malformed", "times": None})
    done = only("orders", concurrency=1)
    assert done.exit_code == 1
    assert "maintenance" in done.last_line
    assert done.records("orders") == []


def test_an_order_that_is_gone_is_told_and_not_asked_for_again(only: Reader, sandbox: Sandbox, full: Run) -> None:
    sandbox.faults({"match": {"path": "/orders/"}, "kind": "error", "code": "HTTP 404", "after": 5, "times": 1})
    sandbox.reset_stats()
    done = only("orders")
    assert done.exit_code == 0
    (rejected,) = done.records("rejected_records")
    assert "404" in rejected["reason"] or "NOT_FOUND" in rejected["reason"]
    assert rejected["record"]["orderNumber"] not in {o["orderNumber"] for o in done.records("orders")}
    assert len(done.records("orders")) == len(full.records("orders")) - 1
    calls = sandbox.stats()["calls"]
    assert sum(calls[f"/myshop/v1/orders/{rejected['record']['orderNumber']}"].values()) == 1
    assert "PII-" not in done.stdout


def test_what_cannot_be_used_is_kept_with_its_reason(only: Reader, sandbox: Sandbox, full: Run) -> None:
    bad = {"kind": "bad_record", "field": "totalPrice", "value": "a lot", "times": 1}
    sandbox.faults({"match": {"path": "/orders/"}, **bad})
    done = only("orders")
    assert done.exit_code == 0
    (rejected,) = done.records("rejected_records")
    assert rejected["reason"] == "totalPrice is not a number"
    assert rejected["record"]["totalPrice"] == "a lot"
    assert len(done.records("orders")) == len(full.records("orders")) - 1
    assert "PII-" not in done.stdout
