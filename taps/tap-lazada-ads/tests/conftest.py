"""One sandbox for all tests of this tap, with its clock standing still in the middle of a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.platforms.lazada.protocol import APP_KEY, APP_SECRET
from talat_sandbox.testing import Sandbox, running_sandbox
from talat_sandbox.vault import Vault
from tap_toolkit.testing import Run, StreamReader, run_tap, summed

AS_OF, END = "2026-10-20T10:00:00Z", "2026-10-20T10:00:01Z"
NAMES = ("spend", "impressions", "clicks", "conversions", "conversion_value")
FIELDS = ("spend", "impressions", "clicks", "storeOrders", "storeRevenue")
Config = dict[str, Any]
Figures = dict[tuple[str, ...], list[Decimal]]


@pytest.fixture(scope="session")
def figures() -> Callable[..., Figures]:
    """Spend, impressions, clicks, orders and their value of records, by some of their fields."""
    return lambda records, *keys: summed(records, keys, FIELDS)


@pytest.fixture(scope="session")
def books() -> Callable[..., Figures]:
    """The same of the truth by some of its columns."""

    def read(sandbox: Sandbox, *keys: str) -> Figures:
        rows = [row for row in sandbox.truth("ads_daily") if row["platform"] == "lazada_ads"]
        assert rows
        return summed(rows, keys, NAMES)

    return read


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(
        orders_per_day=120,
        days=30,
        as_of=AS_OF,
        products=12,
        channels="lazada",
        ads="lazada_ads",
        campaigns=5,
        app_rps=0,
        shop_rps=0,
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()


@pytest.fixture(scope="session")
def token_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by all tests, as it is by all taps of a machine: the first refresh token works once."""
    return tmp_path_factory.mktemp("tokens")


@pytest.fixture(scope="session")
def settings() -> Callable[..., Config]:
    """The settings for any sandbox: everything from its opening to its clock."""

    def settings_for(sandbox: Sandbox, token_store: Path, **more: Any) -> Config:
        sellers = sandbox.channel_shop_ids["lazada"]
        return {
            "app_key": APP_KEY,
            "app_secret": APP_SECRET,
            "seller_ids": list(sellers),
            "api_url": sandbox.url,
            "start_date": "2026-09-19T00:00:00Z",
            "end_date": END,
            "refresh_tokens": {str(seller): Vault.first_refresh_token(seller) for seller in sellers},
            "token_store": str(token_store),
            "requests_per_second": 0,
            **more,
        }

    return settings_for


@pytest.fixture(scope="session")
def config(sandbox: Sandbox, token_store: Path, settings: Callable[..., Config]) -> Config:
    return settings(sandbox, token_store)


@pytest.fixture(scope="session")
def full(config: Config) -> Run:
    """Everything, read once."""
    return run_tap("tap-lazada-ads", config)


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "campaigns", state=…)``."""
    return StreamReader("tap-lazada-ads", config)


@pytest.fixture(scope="session")
def only(config: Config, reading: StreamReader) -> Callable[..., Run]:
    """Read some streams only; settings may be given by name."""
    return reading.of(config)
