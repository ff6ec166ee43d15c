"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, run_tap, standing

#: A Friday evening, when the day's rates are out.
AS_OF = "2026-10-23T17:00:00Z"
#: By its clock the tap knows which of the bank's files has a day.
CLOCK = "2026-10-23T18:00:00Z"
Config = dict[str, Any]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(days=20, as_of=AS_OF, shops=1, products=1) as running:
        yield running


@pytest.fixture(autouse=True)
def as_it_was(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()
    sandbox.set_clock(AS_OF)
    sandbox.reset_stats()


@pytest.fixture(scope="session")
def config(sandbox: Sandbox) -> Config:
    return {
        "api_url": sandbox.url,
        "start_date": "2026-10-01T00:00:00Z",
        "end_date": "2026-10-23T17:00:01Z",
        "requests_per_second": 0,
    }


@pytest.fixture(scope="session")
def read(config: Config) -> Callable[..., Run]:
    """Run the tap as a process; settings may be given by name, None for one that is not set; its clock may go on."""

    def run(*args: str, state: object = None, stands: bool = True, **settings: Any) -> Run:
        tap = standing("tap-exchange-rates", CLOCK) if stands else "tap-exchange-rates"
        return run_tap(tap, {**config, **settings}, *args, state=state)

    return run
