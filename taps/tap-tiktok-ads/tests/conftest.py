"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.platforms.tiktok_ads.protocol import LONG_TERM_TOKEN
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, StreamReader, run_tap, summed

AS_OF = "2026-10-20T17:00:00Z"
TAP = "tap-tiktok-ads"
Config = dict[str, Any]
Figures = dict[tuple[str, ...], list[Decimal]]
SMALL: dict[str, Any] = {
    "channels": "tiktok_shop", "ads": "tiktok_ads", "orders_per_day": 60, "days": 36, "as_of": AS_OF, "products": 12,
    "campaigns": 8, "seed": 7, "app_rps": 0,
}  # fmt: skip
ACCOUNTS = ["7100000000000000001", "7100000000000000002"]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(**SMALL) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()


def settings_for(sandbox: Sandbox, **more: Any) -> Config:
    """Everything from the business's opening to its clock."""
    return {
        "advertiser_ids": ACCOUNTS,
        "access_token": LONG_TERM_TOKEN,
        "api_url": sandbox.url,
        "start_date": "2026-09-01T00:00:00Z",
        "end_date": "2026-10-20T17:00:01Z",
        "requests_per_second": 0,
        **more,
    }


@pytest.fixture(scope="session")
def settings() -> Callable[..., Config]:
    """The settings for any sandbox: ``settings(sandbox, concurrency=1)``."""
    return settings_for


@pytest.fixture(scope="session")
def config(sandbox: Sandbox) -> Config:
    return settings_for(sandbox)


@pytest.fixture(scope="session")
def full(config: Config) -> Run:
    """Everything that is read without being asked for, once."""
    return run_tap(TAP, config)


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "daily_ad", state=…)``."""
    return StreamReader(TAP, config)


@pytest.fixture(scope="session")
def only(config: Config, reading: StreamReader) -> Callable[..., Run]:
    """Read some streams only; settings may be given by name."""
    return reading.of(config)


@pytest.fixture(scope="session")
def figures() -> Callable[..., Figures]:
    """Figures of records by some of their fields: ``figures(records, ("spend", "clicks"), "ad_id", "date_start")``."""
    return lambda records, names, *keys: summed(records, keys, names)


@pytest.fixture(scope="session")
def books() -> Callable[..., Figures]:
    """The truth of GMV Max, or of all else: ``books(sandbox, ("spend", "clicks"), "ad_id", "date")``."""

    def read(sandbox: Sandbox, names: Sequence[str], *keys: str, gmv_max: bool = False) -> Figures:
        kinds = {row["campaign_id"]: row["objective"] for row in sandbox.truth("campaigns")}
        rows = [row for row in sandbox.truth("ads_daily") if row["platform"] == "tiktok_ads"]
        assert rows
        shown = (row for row in rows if (kinds[row["campaign_id"]] == "PRODUCT_GMV_MAX") == gmv_max)
        return summed(shown, keys, names)

    return read
