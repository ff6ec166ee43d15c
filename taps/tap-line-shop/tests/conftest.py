"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from talat_sandbox.platforms.line_shop.protocol import api_key
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, StreamReader, run_tap

AS_OF = "2026-10-20T17:00:00Z"
Config = dict[str, Any]


def settings_for(sandbox: Sandbox, **more: Any) -> Config:
    """Settings to read all shops of a sandbox, to the end of its last second."""
    return {
        "api_keys": {str(shop): api_key(shop) for shop in sandbox.channel_shop_ids["line_shop"]},
        "api_url": sandbox.url,
        "start_date": "2026-09-25T00:00:00Z",
        "end_date": "2026-10-20T17:00:01Z",
        "lookback_days": 0,
        "requests_per_second": 0,
        **more,
    }


@pytest.fixture(scope="session")
def settings_of() -> Callable[..., Config]:
    return settings_for


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(
        orders_per_day=75, days=20, as_of=AS_OF, products=12, app_rps=0, shop_rps=0, channels="line_shop"
    ) as running:
        yield running


@pytest.fixture(autouse=True)
def no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()


@pytest.fixture(scope="session")
def shops(sandbox: Sandbox) -> list[str]:
    return [str(shop) for shop in sandbox.channel_shop_ids["line_shop"]]


@pytest.fixture(scope="session")
def config(sandbox: Sandbox) -> Config:
    return settings_for(sandbox)


@pytest.fixture(scope="session")
def full(config: Config) -> Run:
    """Everything, read once."""
    return run_tap("tap-line-shop", config)


@pytest.fixture(scope="session")
def reader(config: Config) -> Callable[[Config], Callable[..., Run]]:
    """Makes what reads some streams only; settings may be given by name."""
    return StreamReader("tap-line-shop", config).of


@pytest.fixture(scope="session")
def only(config: Config, reader: Callable[[Config], Callable[..., Run]]) -> Callable[..., Run]:
    return reader(config)


@pytest.fixture
def orders_of() -> Callable[..., dict[str, str]]:
    """The truth of LINE's orders: when each was last updated."""

    def truth(sandbox: Sandbox, as_of: str | None = None) -> dict[str, str]:
        rows = sandbox.truth("orders", as_of)
        return {row["order_id"]: row["updated_at"] for row in rows if row["platform"] == "line_shop"}

    return truth
