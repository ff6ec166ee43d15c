"""Runs that go on from the state of the last, and figures that are told anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run

Config = dict[str, Any]
Figures = dict[tuple[str, ...], list[Decimal]]


@pytest.fixture
def own() -> Iterator[Sandbox]:
    with running_sandbox(
        orders_per_day=60, days=15, as_of="2026-10-15T05:00:00Z", products=12, channels="line_shop", ads="line_ads",
        job_ms=10,
    ) as running:  # fmt: skip
        yield running


def test_restated_days_are_read_again_until_they_are_the_truth(
    own: Sandbox,
    settings: Callable[..., Config],
    reading: Callable[..., Run],
    figures: Callable[..., Figures],
    books: Callable[..., Figures],
) -> None:
    config = settings(own, end_date="2026-10-15T05:00:01Z")
    first = reading(config, "daily_ad")
    known = figures(first.records("daily_ad"), "account_id", "date", "ad_id")
    assert known == books(own, "account_id", "date", "ad_id")
    own.advance(4 * 86400)
    second = reading({**config, "end_date": "2026-10-19T05:00:01Z"}, "daily_ad", state=first.state)
    assert second.exit_code == 0, second.log
    told = figures(second.records("daily_ad"), "account_id", "date", "ad_id")
    assert {**known, **told} == books(own, "account_id", "date", "ad_id")
    assert any(known[key] != told[key] for key in told if key in known and key[1] < "2026-10-14")


def test_the_look_back_is_what_the_setting_says(
    own: Sandbox, settings: Callable[..., Config], reading: Callable[..., Run]
) -> None:
    config = settings(own, lookback_days=3, end_date="2026-10-15T05:00:01Z")
    first = reading(config, "daily_ad_account")
    own.advance(86400)
    second = reading({**config, "end_date": "2026-10-16T05:00:01Z"}, "daily_ad_account", state=first.state)
    assert min(row["date"] for row in second.records("daily_ad_account")) == "2026-10-12"
    assert second.state["bookmarks"]["daily_ad_account"] != first.state["bookmarks"]["daily_ad_account"]
