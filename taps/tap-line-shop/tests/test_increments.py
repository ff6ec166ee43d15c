"""What one run leaves to the next, and rows that change while pages and windows are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Reader = Callable[..., Run]
Truth = Callable[..., dict[str, str]]


def updated(*runs: Run) -> dict[str, str]:
    """When each order was last updated, the last that was read counting."""
    return {o["orderNumber"]: o["lastUpdatedAt"] for run in runs for o in run.records("orders")}


def test_a_second_run_reads_only_the_look_back(only: Reader, sandbox: Sandbox) -> None:
    first = only("orders")
    sandbox.reset_stats()
    second = only("orders", state=first.state)
    assert second.exit_code == 0
    assert all(moment >= "2026-10-20T16:00:00Z" for moment in updated(second).values())
    assert sum(map(len, sandbox.stats()["calls"].values())) <= 2 + len(updated(second))
    assert second.state == first.state


def test_fourteen_days_are_read_again_unless_told(only: Reader, config: Config, reader: Any, full: Run) -> None:
    usual = {name: value for name, value in config.items() if name != "lookback_days"}
    again = reader(usual)("orders", state=full.state)
    assert updated(again) == {n: moment for n, moment in updated(full).items() if moment >= "2026-10-06T17:00:01Z"}
    assert 0 < len(updated(only("orders", state=full.state, lookback_days=2))) < len(updated(again)) < len(
        updated(full)
    )  # fmt: skip


def test_late_updates_are_read_by_the_next_run(only: Reader, sandbox: Sandbox, orders_of: Truth) -> None:
    try:
        sandbox.set_clock("2026-10-12T00:00:00Z")
        first = only("orders", end_date="2026-10-12T00:00:01Z")
    finally:
        sandbox.set_clock(AS_OF)
    second = only("orders", state=first.state)
    assert updated(first, second) == orders_of(sandbox)
    assert 0 < len(updated(second)) < len(orders_of(sandbox))
    assert set(updated(first)) & set(updated(second)), "orders that have changed since"


def test_moving_the_start_back_reads_the_earlier_span(only: Reader, full: Run) -> None:
    late = only("orders", start_date="2026-10-15T00:00:00Z")
    early = only("orders", state=late.state)
    again = [moment for moment in updated(early).values() if moment >= "2026-10-15T00:00:00Z"]
    assert all(moment >= "2026-10-20T16:00:00Z" for moment in again)
    assert updated(late, early) == updated(full)


def test_a_gap_in_the_middle_is_filled_without_reading_what_is_around_it(only: Reader, full: Run) -> None:
    state = json.loads(json.dumps(full.state))
    for account in state["bookmarks"]["orders"]["accounts"].values():
        account["covered"] = [
            ["2026-09-25T00:00:00Z", "2026-10-08T00:00:00Z"],
            ["2026-10-09T00:00:00Z", "2026-10-20T17:00:01Z"],
        ]
    filled = only("orders", state=state)
    inside = {n: moment for n, moment in updated(full).items() if moment.startswith("2026-10-08")}
    beyond = {n: moment for n, moment in updated(full).items() if moment >= "2026-10-20T16:00:01Z"}
    assert inside
    assert updated(filled) == inside | beyond
    assert filled.state["bookmarks"]["orders"] == full.state["bookmarks"]["orders"]


def test_a_row_from_the_future_moves_no_bookmark(only: Reader, sandbox: Sandbox, full: Run) -> None:
    for path in ("/orders/", "/orders"):  # in a detail, and in the list
        sandbox.faults({"match": {"path": path}, "kind": "future_update_time", "times": 1})
        done = only("orders")
        assert set(updated(done)) == set(updated(full)), path
        assert "2099" not in json.dumps(done.state)
        assert done.state["bookmarks"]["orders"] == full.state["bookmarks"]["orders"]


def test_orders_that_move_while_pages_are_read_are_not_lost(
    settings_of: Callable[..., Config], reader: Any, orders_of: Truth
) -> None:
    """The sandbox updates one order that a page listed and one that no page has listed yet, after each page."""
    with running_sandbox(
        orders=3000, days=10, shops=1, products=4, as_of=AS_OF, app_rps=0, shop_rps=0, channels="line_shop"
    ) as sandbox:
        before = orders_of(sandbox)
        sandbox.faults({"match": {"path": "/orders"}, "kind": "drift", "times": None})
        only = reader(settings_of(sandbox, end_date=AS_OF))
        first = only("orders")
        assert first.exit_code == 0, first.log
        moved = {n for n, moment in orders_of(sandbox).items() if moment != before[n]}
        assert len(moved) >= 4
        # What moved is beyond the window's end; its next update is the next run's.
        assert updated(first).keys() >= before.keys() - moved
        sandbox.clear_faults()
        second = only("orders", state=first.state, end_date="2026-10-20T17:00:01Z")
        assert updated(first, second) == orders_of(sandbox)


def test_a_window_ends_exactly_where_the_next_begins(only: Reader, full: Run) -> None:
    moments = sorted(updated(full).values())
    edge = moments[len(moments) // 2]
    first = only("orders", end_date=edge)
    second = only("orders", start_date=edge)
    assert updated(first).keys().isdisjoint(updated(second))
    assert updated(first, second) == updated(full)
    assert edge in updated(second).values()


def test_products_that_are_deleted_while_pages_are_read_hide_no_other(
    settings_of: Callable[..., Config], reader: Any
) -> None:
    """A product less moves all behind it one place up, over the edge of a page."""
    with running_sandbox(
        orders_per_day=2, days=2, shops=1, products=350, as_of=AS_OF, app_rps=0, shop_rps=0, channels="line_shop"
    ) as sandbox:
        sandbox.faults({"match": {"path": "/products"}, "kind": "drift", "times": 2})
        done = reader(settings_of(sandbox))("products")
        assert done.exit_code == 0, done.log
        there = {row["product_id"] for row in sandbox.truth("products") if row["platform"] == "line_shop"}
        assert {str(p["id"]) for p in done.records("products")} == there
        assert len(done.records("products")) == len(there)
        (window,) = [w for w in done.records("sync_windows") if w["stream"] == "products"]
        assert window["requests"] > 4, "it began again"
