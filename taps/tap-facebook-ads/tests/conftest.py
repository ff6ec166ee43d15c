"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, StreamReader, run_tap

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
Figures = dict[str, Decimal]
NAMES = ("spend", "impressions", "clicks", "conversions", "conversion_value")


def purchases(stats: Sequence[Mapping[str, Any]] | None) -> Decimal:
    """The one kind of purchase that is counted."""
    return sum((Decimal(s["value"]) for s in stats or () if s["action_type"] == "omni_purchase"), Decimal(0))


def of_row(row: Mapping[str, Any]) -> Figures:
    """A record's figures; what is absent is zero."""
    return {
        "spend": Decimal(row.get("spend") or 0),
        "impressions": Decimal(row.get("impressions") or 0),
        "clicks": Decimal(row.get("clicks") or 0),
        "conversions": purchases(row.get("actions")),
        "conversion_value": purchases(row.get("action_values")),
    }


def summed(rows: Iterable[tuple[tuple[str, ...], Figures]]) -> dict[tuple[str, ...], Figures]:
    """Figures added up by key, without those that are all zero."""
    sums: dict[tuple[str, ...], Figures] = defaultdict(lambda: dict.fromkeys(NAMES, Decimal(0)))
    for key, values in rows:
        for name in NAMES:
            sums[key][name] += values[name]
    return {key: values for key, values in sums.items() if any(values.values())}


def read_figures(records: Iterable[Mapping[str, Any]], *keys: str) -> dict[tuple[str, ...], Figures]:
    """The figures of records by some of their fields."""
    return summed((tuple(str(record[key]) for key in keys), of_row(record)) for record in records)


def book_figures(sandbox: Sandbox, *keys: str) -> dict[tuple[str, ...], Figures]:
    """The truth at the sandbox's present moment, by some of its columns."""
    rows = sandbox.truth("ads_daily")
    assert rows
    return summed((tuple(row[key] for key in keys), {name: Decimal(row[name] or 0) for name in NAMES}) for row in rows)


def settings_for(sandbox: Sandbox, **more: Any) -> Config:
    """Everything from the business's opening to its clock."""
    return {
        "account_ids": list(sandbox.ad_account_ids),
        "access_token": sandbox.facebook_token,
        "api_url": sandbox.url,
        "start_date": "2026-09-01T00:00:00Z",
        "end_date": "2026-10-20T17:00:01Z",
        **more,
    }


@pytest.fixture(scope="session")
def figures() -> Callable[..., dict[tuple[str, ...], Figures]]:
    """Figures of records by some of their fields: ``figures(records, "account_id", "date_start")``."""
    return read_figures


@pytest.fixture(scope="session")
def books() -> Callable[..., dict[tuple[str, ...], Figures]]:
    """Figures of the truth by some of its columns: ``books(sandbox, "account_id", "date")``."""
    return book_figures


@pytest.fixture(scope="session")
def settings() -> Callable[..., Config]:
    """The settings for any sandbox: ``settings(sandbox, concurrency=1)``."""
    return settings_for


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(orders_per_day=30, days=40, as_of=AS_OF, products=12, job_ms=10, job_ms_max=60) as running:
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
    """Everything that is read without being asked for, once."""
    return run_tap("tap-facebook-ads", config)


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "daily_ad", state=…)``."""
    return StreamReader("tap-facebook-ads", config)


@pytest.fixture(scope="session")
def only(config: Config, reading: StreamReader) -> Callable[..., Run]:
    """Read some streams only; settings may be given by name."""
    return reading.of(config)
