"""One sandbox for all tests of this tap, with its clock standing still within the six months that Shopee keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.platforms.shopee_ads.protocol import ADS_APP
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, StreamReader, run_tap, summed

#: In the middle of a day of the shops'.
AS_OF = (datetime.now(UTC) - timedelta(days=20)).replace(hour=10, minute=0, second=0, microsecond=0)
DAYS = 40
NAMES = ("spend", "impressions", "clicks", "conversions", "conversion_value")
FIELDS = ("expense", "impression", "clicks", "broad_order", "broad_gmv")
Config = dict[str, Any]
Figures = dict[tuple[str, ...], list[Decimal]]


@pytest.fixture(scope="session")
def figures() -> Callable[..., Figures]:
    """Spend, impressions, clicks, orders and their value of records, by some of their fields."""
    return lambda records, *keys: summed(records, keys, FIELDS)


@pytest.fixture(scope="session")
def books() -> Callable[..., Figures]:
    """The same of the truth by some of its columns, of all campaigns or those of some kinds."""

    def read(sandbox: Sandbox, *keys: str, kinds: tuple[str, ...] = ("manual", "auto", "gms")) -> Figures:
        kind = {row["campaign_id"]: row["objective"] for row in sandbox.truth("campaigns")}
        rows = [row for row in sandbox.truth("ads_daily") if row["platform"] == "shopee_ads"]
        assert rows
        return summed((row for row in rows if kind[row["campaign_id"]] in kinds), keys, NAMES)

    return read


@pytest.fixture(scope="session")
def as_of() -> datetime:
    """When the sandbox's clock stands."""
    return AS_OF


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(
        orders_per_day=90,
        days=DAYS,
        as_of=AS_OF.isoformat(),
        products=12,
        campaigns=6,
        ads="shopee_ads",
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
        return {
            "partner_id": ADS_APP.partner_id,
            "partner_key": ADS_APP.key,
            "shop_ids": list(sandbox.shop_ids),
            "api_url": sandbox.url,
            "start_date": (AS_OF - timedelta(days=DAYS + 2)).isoformat(),
            "end_date": (AS_OF + timedelta(seconds=1)).isoformat(),
            "refresh_tokens": {str(shop): token for shop, token in sandbox.refresh_tokens.items()},
            "token_store": str(token_store),
            "requests_per_second": 0,
            "account_requests_per_second": 0,
            **more,
        }

    return settings_for


@pytest.fixture(scope="session")
def config(sandbox: Sandbox, token_store: Path, settings: Callable[..., Config]) -> Config:
    return settings(sandbox, token_store)


@pytest.fixture(scope="session")
def full(config: Config) -> Run:
    """Everything, read once."""
    return run_tap("tap-shopee-ads", config)


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "campaigns", state=…)``."""
    return StreamReader("tap-shopee-ads", config)


@pytest.fixture(scope="session")
def only(config: Config, reading: StreamReader) -> Callable[..., Run]:
    """Read some streams only; settings may be given by name."""
    return reading.of(config)
