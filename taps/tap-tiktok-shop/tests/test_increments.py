"""What one run leaves to the next, and rows that change while pages and windows are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from talat_sandbox.platforms.tiktok_shop.products import MOST_RESULTS
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_tiktok_shop.streams import PRODUCTS
from tap_toolkit.testing import Run

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Reader = Callable[..., Run]


def test_a_state_follows_every_window_and_a_second_run_reads_only_what_is_new(only: Reader, sandbox: Sandbox) -> None:
    first = only("orders")
    finished = [window for window in first.records("sync_windows") if window["stream"] == "orders"]
    assert len(first.states) >= len(finished)
    sandbox.reset_stats()
    second = only("orders", state=first.state)
    assert second.exit_code == 0
    assert len(second.records("orders")) < 10
    assert sum(sandbox.stats()["calls"]["/order/202309/orders/search"].values()) == 2, "the look-back of each shop"
    assert second.state == first.state


def test_late_updates_payments_and_adjustments_are_read_by_the_next_run(only: Reader, sandbox: Sandbox) -> None:
    streams = ("orders", "returns", "statements", "statement_transactions")
    try:
        sandbox.set_clock("2026-10-05T00:00:00Z")
        first = only(*streams, end_date="2026-10-05T00:00:01Z")
    finally:
        sandbox.set_clock(AS_OF)
    second, whole = only(*streams, state=first.state), only(*streams)
    for stream, key in zip(streams, ("id", "return_id", "id", "id"), strict=True):
        before, after = ({row[key]: row for row in run.records(stream)} for run in (first, second))
        assert before | after == {row[key]: row for row in whole.records(stream)}, stream
        assert any(before[name] != after[name] for name in before.keys() & after.keys()) == (
            stream != "statement_transactions"
        ), "what was paid for an order stays; what is adjusted is a transaction of its own"
    assert 0 < len(second.records("orders")) < len(whole.records("orders"))


def test_moving_the_start_back_reads_the_earlier_span(only: Reader, full: Run) -> None:
    late = only("orders", start_date="2026-10-10T00:00:00Z")
    early = only("orders", state=late.state)
    again = [o["update_time"] for o in early.records("orders") if o["update_time"] >= "2026-10-10T00:00:00Z"]
    assert all(moment >= "2026-10-20T16:45:00Z" for moment in again), "beside it only the look-back"
    both = [*late.records("orders"), *early.records("orders")]
    assert {order["id"] for order in both} == {order["id"] for order in full.records("orders")}


def test_a_row_from_the_future_moves_no_bookmark(only: Reader, sandbox: Sandbox, full: Run) -> None:
    sandbox.faults({"match": {"path": "orders/search"}, "kind": "future_update_time", "times": None})
    done = only("orders")
    assert any(order["update_time"].startswith("2099") for order in done.records("orders"))
    assert "2099" not in str(done.state)
    assert done.state["bookmarks"]["orders"] == full.state["bookmarks"]["orders"]


def test_orders_that_move_while_pages_are_read_are_not_lost(
    settings_of: Callable[..., Config], reading: Reader, tmp_path: Path
) -> None:
    """The sandbox updates one order that a page listed and one that no page has listed yet, after each of four."""
    with running_sandbox(
        orders=1500, days=6, shops=1, as_of=AS_OF, app_rps=0, shop_rps=0, channels="tiktok_shop"
    ) as sandbox:
        shops = [str(shop) for shop in sandbox.channel_shop_ids["tiktok_shop"]]
        settings = settings_of(sandbox, tmp_path / "tokens", shops)
        sandbox.faults({"match": {"path": "orders/search"}, "kind": "drift", "times": 4})
        done = reading(settings, "orders")
        assert done.exit_code == 0, done.log
        truth = {r["order_id"]: r["updated_at"] for r in sandbox.truth("orders") if r["platform"] == "tiktok_shop"}
        assert sandbox.stats()["faults"] == {"drift": 4}
    assert {row["id"]: row["update_time"] for row in done.records("orders")} == truth


def test_no_row_is_lost_or_doubled_at_an_edge(only: Reader, full: Run) -> None:
    """A window ends exactly when an order was updated, and the next begins there."""
    truth = {order["id"]: order["update_time"] for order in full.records("orders")}
    edge = sorted(truth.values())[len(truth) // 2]
    before, after = only("orders", end_date=edge), only("orders", start_date=edge)
    first, second = ({o["id"]: o["update_time"] for o in run.records("orders")} for run in (before, after))
    assert first.keys().isdisjoint(second)
    assert first | second == truth


def test_the_most_that_a_query_shows_is_known() -> None:
    """The toolkit halves what is more; a business with so many products would take a test too long."""
    assert PRODUCTS.paging
    assert PRODUCTS.paging.most == MOST_RESULTS
