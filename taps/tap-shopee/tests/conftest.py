"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, StreamReader, run_tap

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(orders_per_day=30, days=40, as_of=AS_OF, products=12, app_rps=0, shop_rps=0) as running:
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
def config(sandbox: Sandbox, token_store: Path) -> Config:
    return {
        "partner_id": sandbox.partner_id,
        "partner_key": sandbox.partner_key,
        "shop_ids": list(sandbox.shop_ids),
        "api_url": sandbox.url,
        "start_date": "2026-09-01T00:00:00Z",
        "end_date": "2026-10-20T17:00:01Z",
        "refresh_tokens": {str(shop): token for shop, token in sandbox.refresh_tokens.items()},
        "token_store": str(token_store),
        "pii_salt": "salt",
        "requests_per_second": 0,
    }


@pytest.fixture(scope="session")
def full(config: Config) -> Run:
    """Everything, read once."""
    return run_tap("tap-shopee", config)


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "orders", state=…)``."""
    return StreamReader("tap-shopee", config)


@pytest.fixture(scope="session")
def only(config: Config, reading: StreamReader) -> Callable[..., Run]:
    """Read some streams only; settings may be given by name."""
    return reading.of(config)
