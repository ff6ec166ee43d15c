"""Runs that go on from the state of the last, and days that are told anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_ga4.reports import Report
from tap_toolkit.testing import Run

Config = dict[str, Any]
Figures = dict[tuple[str, ...], list[Decimal]]
ORIGINS = {
    "name": "origins",
    "dimensions": ["sessionSource", "sessionMedium", "sessionCampaignName"],
    "metrics": ["sessions", "engagedSessions", "totalUsers", "ecommercePurchases", "purchaseRevenue"],
}


@pytest.fixture
def own() -> Iterator[Sandbox]:
    with running_sandbox(
        orders_per_day=45, days=12, as_of="2026-10-15T05:00:00Z", products=12, ads="ga4,google_ads"
    ) as running:
        yield running


def test_a_later_run_reads_the_look_back_again_and_ends_with_the_truth(
    own: Sandbox,
    settings: Callable[..., Config],
    reading: Callable[..., Run],
    by_origin: Callable[..., Figures],
    books: Callable[..., Figures],
) -> None:
    config = settings(own, custom_reports=[ORIGINS], lookback_days=5, end_date="2026-10-15T05:00:01Z")
    first = reading(config, "origins")
    known = by_origin(first.records("origins"))
    assert known == books(own)

    own.advance(2 * 86400)
    second = reading({**config, "end_date": "2026-10-17T05:00:01Z"}, "origins", state=first.state)
    assert second.exit_code == 0, second.log
    dates = {row["date"] for row in second.records("origins")}
    # Five days before the last one that was read, in whole days, to today.
    assert (min(dates), max(dates)) == ("2026-10-10", "2026-10-17")
    told = by_origin(second.records("origins"))
    assert {**known, **told} == books(own)
    assert any(known[key] != told[key] for key in told if key in known), "some figures were restated"


def test_without_a_look_back_only_the_day_that_was_not_over_is_read_again(
    own: Sandbox, settings: Callable[..., Config], reading: Callable[..., Run]
) -> None:
    config = settings(own, reports=["daily_totals"], lookback_days=0, end_date="2026-10-15T05:00:01Z")
    first = reading(config, "daily_totals")
    second = reading({**config, "end_date": "2026-10-16T05:00:01Z"}, "daily_totals", state=first.state)
    assert {row["date"] for row in second.records("daily_totals")} <= {"2026-10-15", "2026-10-16"}


def test_an_earlier_start_reads_the_days_before(
    own: Sandbox, settings: Callable[..., Config], reading: Callable[..., Run]
) -> None:
    config = settings(own, lookback_days=0, end_date="2026-10-14T17:00:00Z")
    late = reading({**config, "start_date": "2026-10-09T17:00:00Z"}, "daily_totals")
    early = reading(config, "daily_totals", state=late.state)
    days = [
        {r["date"] for r in run.records("daily_totals") if r["property_id"] == "370000001"} for run in (late, early)
    ]
    assert (min(days[0]), max(days[1])) == ("2026-10-10", "2026-10-09")
    assert not days[0] & days[1]


def test_days_are_the_propertys_own(own: Sandbox, settings: Callable[..., Config], reading: Callable[..., Run]) -> None:
    """At 16:30 UTC it is the next day in Singapore, and not yet in Bangkok."""
    own.set_clock("2026-10-15T16:30:00Z")
    run = reading(settings(own, start_date="2026-10-14T00:00:00Z", end_date="2026-10-15T16:30:01Z"), "daily_totals")
    last = {row["property_id"]: row["date"] for row in run.records("daily_totals")}
    assert last["370000001"] == "2026-10-15"
    assert last["370000003"] == "2026-10-16"


def test_the_key_is_the_property_the_day_and_every_dimension() -> None:
    report = Report("r", ("sessionSource", "customEvent:plan_type"), ("sessions",))
    assert report.keys == ("property_id", "date", "session_source", "custom_event_plan_type")
