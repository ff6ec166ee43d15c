"""Sandboxes whose secrets are remembered, and the search for them in all that is left behind."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tests.chaos.artefacts import Witness, check
from tests.moments import last_month
from tests.subjects import ADS, CHANNELS, FEW, SUBJECTS

AS_OF = last_month(20, "17:00:00")
# Small, and slow enough that a run has a middle.
SMALL: dict[str, Any] = {
    "as_of": AS_OF, "orders_per_day": 20, "days": 40, "shops": 2, "products": 8, "campaigns": 2, "app_rps": 0,
    "shop_rps": 0, "job_ms": 10, "job_ms_max": 40, "latency_ms": 10, "channels": CHANNELS, "ads": ADS,
}  # fmt: skip

#: In `make test` each test of these suites runs for the taps that differ most, and for one of the others.
IN_TURN = sorted({subject.name for subject in SUBJECTS} - {subject.name for subject in FEW})

Open = Callable[..., AbstractContextManager[Sandbox]]
_WITNESS = pytest.StashKey[tuple[Witness, Path]]()


@pytest.fixture(scope="session")
def opening(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Open:
    """Opens a sandbox like SMALL: ``with opening(days=5) as sandbox``.

    Nothing that these suites leave may hold a secret, or a person's data, of any of them.
    """
    witness = Witness()
    request.config.stash[_WITNESS] = witness, tmp_path_factory.getbasetemp()

    @contextmanager
    def sandbox(**options: Any) -> Iterator[Sandbox]:
        with running_sandbox(**{**SMALL, **options}) as running:
            yield running
            witness.hear(running)

    return sandbox


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """After the last of these suites, search for what their sandboxes have handed out."""
    yield
    if (nextitem is None or "tests/chaos" not in nextitem.nodeid) and _WITNESS in item.config.stash:
        witness, left = item.config.stash[_WITNESS]
        check(witness, [left])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the taps whose turn it is not, unless tests are chosen by name."""
    if config.option.keyword:
        return
    left_out = [item for item in items if "tests/chaos" in item.nodeid and not _takes_part(item)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in set(left_out)]


def _takes_part(item: pytest.Item) -> bool:
    chosen = getattr(item, "callspec", None)
    given = chosen.params.get("subject", chosen.params.get("name")) if chosen else None
    tap = getattr(given, "name", given)
    if tap not in IN_TURN:
        return True
    test = item.nodeid.partition("[")[0]
    return IN_TURN[zlib.crc32(test.encode()) % len(IN_TURN)] == tap
