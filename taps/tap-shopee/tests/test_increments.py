"""What one run leaves to the next, and rows that change while pages and windows are read."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Reader = Callable[..., Run]


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


@pytest.mark.parametrize(
    ("stream", "path", "table"), [("orders", "get_order_list", "orders"), ("products", "get_item_list", "products")]
)
def test_rows_that_move_while_pages_are_read_are_not_lost(stream: str, path: str, table: str, reading: Reader) -> None:
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
            done = reading(settings, stream)
        assert done.exit_code == 0, done.log
        key, column = ("order_sn", "order_id") if stream == "orders" else ("item_id", "product_id")
        assert {str(r[key]) for r in done.records(stream)} == {row[column] for row in sandbox.truth(table)}


@pytest.mark.parametrize("half_open", [False, True])
def test_no_row_is_lost_or_doubled_at_an_edge_whichever_way_the_platform_reads_it(
    half_open: bool, config: Config, reading: Reader, tmp_path: Path
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
        first = reading({**settings, "end_date": edge}, "orders")
        state = json.loads(json.dumps(first.state))
        second = reading({**settings, "start_date": edge}, "orders")
    before = {o["order_sn"]: o["update_time"] for o in first.records("orders")}
    after = {o["order_sn"]: o["update_time"] for o in second.records("orders")}
    assert state["bookmarks"]["orders"]["accounts"][str(settings["shop_ids"][0])]["covered"][0][1] == edge
    assert before.keys().isdisjoint(after)
    assert before | after == truth
