"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.platforms.line_ads.protocol import ACCESS_KEY, GROUP, SECRET_KEY
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, StreamReader, run_tap

AS_OF = "2026-10-20T17:00:00Z"
ACCOUNTS = ("A49799313413", "A49799313414")
Config = dict[str, Any]
Figures = dict[tuple[str, ...], list[Decimal]]
READ = ("cost", "impressions", "clicks", "cv", "cv_value")
BOOKED = ("spend", "impressions", "clicks", "conversions", "conversion_value")


def settings_for(sandbox: Sandbox, **more: Any) -> Config:
    """Everything from the business's opening to its clock."""
    return {
        "account_ids": list(ACCOUNTS),
        "group_id": GROUP,
        "access_key": ACCESS_KEY,
        "secret_key": SECRET_KEY,
        "api_url": sandbox.url,
        "start_date": "2026-09-20T00:00:00Z",
        "end_date": "2026-10-20T17:00:01Z",
        "requests_per_second": 0,
        **more,
    }


def added(rows: list[Mapping[str, Any]], keys: tuple[str, ...], names: tuple[str, ...]) -> Figures:
    """Figures added up by some of the rows' fields."""
    found: defaultdict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(names))
    for row in rows:
        key = tuple(str(row[name]) for name in keys)
        found[key] = [whole + Decimal(row[name] or 0) for whole, name in zip(found[key], names, strict=True)]
    return dict(found)


@pytest.fixture(scope="session")
def settings() -> Callable[..., Config]:
    """The settings for any sandbox: ``settings(sandbox, concurrency=1)``."""
    return settings_for


@pytest.fixture(scope="session")
def figures() -> Callable[..., Figures]:
    """Records' figures by some fields: ``figures(records, "account_id", "date")``."""
    return lambda records, *keys: added(records, keys, READ)


@pytest.fixture(scope="session")
def books() -> Callable[..., Figures]:
    """The truth by some of its columns: ``books(sandbox, "account_id", "date")``."""

    def of(sandbox: Sandbox, *keys: str) -> Figures:
        rows = [row for row in sandbox.truth("ads_daily") if row["platform"] == "line_ads"]
        return added(rows, keys, BOOKED)

    return of


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(
        orders_per_day=60, days=25, as_of=AS_OF, products=12, channels="line_shop", ads="line_ads", job_ms=20
    ) as running:
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
    """Everything, read once."""
    return run_tap("tap-line-ads", config)


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "daily_ad", state=…)``."""
    return StreamReader("tap-line-ads", config)
