"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.platforms.tiktok_shop.protocol import APP_KEY, APP_SECRET, SERVICE_ID
from talat_sandbox.testing import Sandbox, running_sandbox
from talat_sandbox.vault import Vault
from tap_toolkit.testing import Run, StreamReader, run_tap

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]
#: TikTok has a third of the orders, and two of the shops.
SMALL: dict[str, Any] = {
    "channels": "tiktok_shop", "orders_per_day": 60, "days": 30, "as_of": AS_OF, "products": 12, "app_rps": 0,
    "shop_rps": 0,
}  # fmt: skip


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(**SMALL) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()


@pytest.fixture(scope="session")
def shop_ids(sandbox: Sandbox) -> list[str]:
    return [str(shop) for shop in sandbox.channel_shop_ids["tiktok_shop"]]


@pytest.fixture(scope="session")
def token_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by all tests, as it is by all taps of a machine: the first refresh token works once."""
    return tmp_path_factory.mktemp("tokens")


def settings_for(sandbox: Sandbox, folder: Path, shops: Sequence[str]) -> Config:
    """Settings to read a sandbox whole, up to its clock; ``folder`` is for tokens."""
    return {
        "app_key": APP_KEY,
        "app_secret": APP_SECRET,
        "service_id": SERVICE_ID,
        "shop_ids": list(shops),
        "shop_performance": True,
        "api_url": sandbox.url,
        "auth_url": sandbox.url,
        "consent_url": f"{sandbox.url}/open/authorize",
        "start_date": "2026-09-01T00:00:00Z",
        "end_date": "2026-10-20T17:00:01Z",
        "refresh_tokens": {shop: Vault.first_refresh_token(int(shop)) for shop in shops},
        "token_store": str(folder),
        "pii_salt": "salt",
        "requests_per_second": 0,
    }


@pytest.fixture(scope="session")
def config(sandbox: Sandbox, token_store: Path, shop_ids: list[str]) -> Config:
    return settings_for(sandbox, token_store, shop_ids)


@pytest.fixture(scope="session")
def settings_of() -> Callable[..., Config]:
    """Settings for a sandbox of a test's own."""
    return settings_for


@pytest.fixture(scope="session")
def full(config: Config) -> Run:
    """Everything, read once."""
    return run_tap("tap-tiktok-shop", config)


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "orders", state=…)``."""
    return StreamReader("tap-tiktok-shop", config)


@pytest.fixture(scope="session")
def only(config: Config, reading: StreamReader) -> Callable[..., Run]:
    """Read some streams only; settings may be given by name."""
    return reading.of(config)
