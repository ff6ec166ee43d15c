"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.platforms.google.accounts import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, StreamReader, run_tap, summed

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Figures = dict[tuple[str, ...], list[Decimal]]
TAP = "tap-google-ads"


def read_figures(records: Iterable[Mapping[str, Any]], *keys: str) -> Figures:
    """The figures of records by some of their fields; spend is in the currency itself."""
    names = ("spend", "impressions", "clicks", "conversions", "conversions_value")
    spent = ({**record, "spend": Decimal(record["cost_micros"]) / 1_000_000} for record in records)
    return summed(spent, keys, names)


def book_figures(sandbox: Sandbox, *keys: str, shown: str = "campaign_id") -> Figures:
    """The same of the truth at the sandbox's present moment, by some of its columns."""
    names = ("spend", "impressions", "clicks", "conversions", "conversion_value")
    rows = [row for row in sandbox.truth("ads_daily") if row["platform"] == "google_ads" and row[shown]]
    assert rows
    return summed(rows, keys, names)


def settings_for(sandbox: Sandbox, **more: Any) -> Config:
    """Everything from the business's opening to its clock."""
    return {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "refresh_token": REFRESH_TOKEN,
        "api_url": sandbox.url,
        "token_url": f"{sandbox.url}{TOKEN}",
        "requests_per_second": 0,
        "start_date": "2026-09-01T00:00:00Z",
        "end_date": "2026-10-20T17:00:01Z",
        **more,
    }


@pytest.fixture(scope="session")
def figures() -> Callable[..., Figures]:
    """Figures of records by some of their fields: ``figures(records, "customer_id", "date")``."""
    return read_figures


@pytest.fixture(scope="session")
def books() -> Callable[..., Figures]:
    """Figures of the truth by some of its columns: ``books(sandbox, "account_id", "date")``."""
    return book_figures


@pytest.fixture(scope="session")
def settings() -> Callable[..., Config]:
    """The settings for any sandbox: ``settings(sandbox, concurrency=1)``."""
    return settings_for


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(ads="google_ads", orders_per_day=30, days=40, as_of=AS_OF, products=12) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()


@pytest.fixture(scope="session")
def config(sandbox: Sandbox) -> Config:
    return settings_for(sandbox)


@pytest.fixture(scope="session")
def full(config: Config) -> Run:
    """Everything, once."""
    return run_tap(TAP, config)


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "campaigns", state=…)``."""
    return StreamReader(TAP, config)


@pytest.fixture(scope="session")
def only(config: Config, reading: StreamReader) -> Callable[..., Run]:
    """Read some streams only; settings may be given by name."""
    return reading.of(config)
