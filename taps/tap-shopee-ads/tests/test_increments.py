"""What one run leaves to the next: days that are restated, and days that are new."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from talat_sandbox.testing import running_sandbox
from tap_shopee_ads.streams import STREAMS
from tap_toolkit.testing import Run

Figures = Callable[..., dict[tuple[str, ...], Any]]
Reader = Callable[..., Run]
DAILY = ("shop_daily", "campaign_daily", "gms_daily", "gms_item_daily")


def test_the_last_eight_days_are_read_again_and_restated_figures_are_in(
    tmp_path: Path,
    reading: Reader,
    settings: Callable[..., dict[str, Any]],
    figures: Figures,
    books: Figures,
    as_of: datetime,
) -> None:
    """Loaded by key, each reading leaves what the books say at its moment."""
    keys = {stream.name: stream.keys for stream in STREAMS}
    with running_sandbox(
        orders_per_day=60, days=30, as_of=as_of.isoformat(), products=12, campaigns=3, ads="shopee_ads", shop_rps=0
    ) as sandbox:
        tables: dict[str, dict[tuple[Any, ...], Any]] = {name: {} for name in DAILY}
        state: Any = None
        seen = []
        for moment in (as_of, as_of + timedelta(days=3)):
            sandbox.set_clock(moment.isoformat())
            asked = settings(sandbox, tmp_path, end_date=(moment + timedelta(seconds=1)).isoformat())
            done = reading(asked, *DAILY, state=state)
            assert done.exit_code == 0, done.log
            state = done.state
            for name, table in tables.items():
                table |= {tuple(row[key] for key in keys[name]): row for row in done.records(name)}
            seen.append(books(sandbox, "account_id", "date"))
            assert figures(tables["shop_daily"].values(), "shop_id", "date") == seen[-1]
            for name, kinds in (("campaign_daily", ("manual", "auto")), ("gms_daily", ("gms",))):
                found = figures(tables[name].values(), "shop_id", "campaign_id", "date")
                assert found == books(sandbox, "account_id", "campaign_id", "date", kinds=kinds)
        assert {key: seen[1][key] for key in seen[0]} != seen[0]
        first = (as_of - timedelta(days=8)).date().isoformat()
        assert {min(row["date"] for row in done.records(name)) for name in DAILY} == {first}


def test_a_second_run_reads_eight_days_and_moving_the_start_back_the_earlier_ones(
    only: Reader, full: Run, as_of: datetime
) -> None:
    late = only("shop_daily", start_date=(as_of - timedelta(days=15)).isoformat())
    again = only("shop_daily", state=late.state, start_date=(as_of - timedelta(days=15)).isoformat())
    assert {row["date"] for row in again.records("shop_daily")} == {
        (as_of - timedelta(days=back)).date().isoformat() for back in range(9)
    }
    early = only("shop_daily", state=late.state)
    rows = {(row["shop_id"], row["date"]): row for row in [*late.records("shop_daily"), *early.records("shop_daily")]}
    assert rows == {(row["shop_id"], row["date"]): row for row in full.records("shop_daily")}
