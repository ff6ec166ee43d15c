"""What one run leaves to the next, and rows that change while pages and windows are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Reader = Callable[..., Run]


def orders_of(sandbox: Sandbox) -> dict[str, str]:
    """The time of the last change of each order, by the truth."""
    return {row["order_id"]: row["updated_at"] for row in sandbox.truth("orders") if row["platform"] == "lazada"}


def alone(sandbox: Sandbox, config: Config, folder: Path) -> Config:
    """Settings for a sandbox of one shop."""
    sellers = list(sandbox.channel_shop_ids["lazada"])
    return {**config, "api_url": sandbox.url, "seller_ids": sellers, "token_store": str(folder / "tokens")}


def test_a_state_follows_every_window_and_a_second_run_reads_only_what_is_new(only: Reader, sandbox: Sandbox) -> None:
    first = only("orders")
    finished = [w for w in first.records("sync_windows") if w["stream"] == "orders"]
    assert len(first.states) >= len(finished)
    sandbox.reset_stats()
    second = only("orders", state=first.state)
    assert second.exit_code == 0
    assert len(second.records("orders")) < 10
    assert sum(map(len, sandbox.stats()["calls"].values())) <= 6
    assert second.state == first.state


def test_late_updates_are_read_by_the_next_run(config: Config, sandbox: Sandbox, only: Reader, full: Run) -> None:
    streams = {
        "orders": ("order_id", "updated_at"),
        "reverse_orders": ("reverse_order_line_id", "return_order_line_gmt_modified"),
        "transactions": ("transaction_key", "paid_status"),
    }
    try:
        sandbox.set_clock("2026-10-05T00:00:00Z")
        first = only(*streams, end_date="2026-10-05T00:00:01Z")
        sandbox.set_clock(AS_OF)
        second = only(*streams, state=first.state)
    finally:
        sandbox.set_clock(AS_OF)
    for stream, (key, value) in streams.items():
        runs = [{row[key]: row[value] for row in run.records(stream)} for run in (first, second, full)]
        assert runs[0] | runs[1] == runs[2], stream
        assert runs[0].items() - runs[2].items(), f"{stream} has changed"
        assert len(first.records(stream)) > 5
    assert 0 < len(second.records("orders")) < len(full.records("orders"))


def test_moving_the_start_back_reads_the_earlier_span(only: Reader, full: Run) -> None:
    late = only("orders", start_date="2026-10-10T00:00:00Z")
    early = only("orders", state=late.state)
    # Beside the earlier span only the look-back of an hour is read.
    again = [o["updated_at"] for o in early.records("orders") if o["updated_at"] >= "2026-10-10T00:00:00Z"]
    assert all(moment >= "2026-10-20T16:00:00Z" for moment in again)
    both = [*late.records("orders"), *early.records("orders")]
    assert {o["order_id"] for o in both} == {o["order_id"] for o in full.records("orders")}


def test_a_row_from_the_future_moves_no_bookmark(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "/orders/get"}, "kind": "future_update_time", "times": None})
    done = only("orders")
    assert any(o["updated_at"].startswith("2099") for o in done.records("orders"))
    assert "2099" not in json.dumps(done.state)


@pytest.mark.parametrize("end", [AS_OF, "2026-10-20T17:00:01Z"], ids=["out of the window", "to its end"])
def test_orders_that_move_while_pages_are_read_are_not_lost(
    end: str, config: Config, reading: Reader, tmp_path: Path
) -> None:
    """After each of five pages its first order changes, and so does the last of all."""
    with running_sandbox(
        orders=1400, days=10, shops=1, products=6, as_of=AS_OF, channels="lazada", app_rps=0, shop_rps=0
    ) as sandbox:
        settings = {**alone(sandbox, config, tmp_path), "start_date": "2026-10-06T17:00:00Z"}
        sandbox.faults({"match": {"path": "/orders/get"}, "kind": "drift", "times": 5})
        first = reading({**settings, "end_date": end}, "orders")
        assert sandbox.stats()["faults"] == {"drift": 5}
        assert first.exit_code == 0, first.log
        truth = orders_of(sandbox)
        read = {o["order_id"]: o["updated_at"] for o in first.records("orders")}
        assert {number for number, moment in truth.items() if moment < end} <= read.keys()
        second = reading(settings, "orders", state=first.state)
        read |= {o["order_id"]: o["updated_at"] for o in second.records("orders")}
        assert read == truth
        assert len(truth) > 500


@pytest.mark.parametrize("half_open", [False, True])
def test_no_row_is_lost_or_doubled_at_an_edge_whichever_way_the_platform_reads_it(
    half_open: bool, config: Config, reading: Reader, tmp_path: Path
) -> None:
    """Lazada does not say whether a window's end belongs to it: the same rows must come out of either reading."""
    with running_sandbox(
        orders_per_day=40, days=25, shops=1, as_of=AS_OF, channels="lazada", half_open=half_open, app_rps=0, shop_rps=0
    ) as sandbox:
        settings = alone(sandbox, config, tmp_path)
        truth = orders_of(sandbox)
        # A window ends exactly when an order was updated, and the next begins there.
        edge = sorted(truth.values())[len(truth) // 2]
        first = reading({**settings, "end_date": edge}, "orders")
        second = reading({**settings, "start_date": edge}, "orders")
    before = {o["order_id"]: o["updated_at"] for o in first.records("orders")}
    after = {o["order_id"]: o["updated_at"] for o in second.records("orders")}
    seller = str(settings["seller_ids"][0])
    assert first.state["bookmarks"]["orders"]["accounts"][seller]["covered"][0][1] == edge
    assert before.keys().isdisjoint(after)
    assert before | after == truth
