"""Sandboxes whose secrets are remembered, and the search for them in all that the session leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tests.chaos.artefacts import Witness, check
from tests.subjects import CHANNELS

AS_OF = "2026-10-20T17:00:00Z"
# Small, and slow enough that a run has a middle.
SMALL: dict[str, Any] = {
    "as_of": AS_OF, "orders_per_day": 20, "days": 40, "shops": 2, "products": 8, "campaigns": 2, "app_rps": 0,
    "shop_rps": 0, "channels": CHANNELS, "job_ms": 10, "job_ms_max": 40, "latency_ms": 10,
}  # fmt: skip

Open = Callable[..., AbstractContextManager[Sandbox]]


@pytest.fixture(scope="session")
def opening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    """Opens a sandbox like SMALL: ``with opening(days=5) as sandbox``.

    In the end nothing that the session's tests have left may hold a secret, or a person's data, of any of them.
    """
    witness = Witness()

    @contextmanager
    def sandbox(**options: Any) -> Iterator[Sandbox]:
        with running_sandbox(**{**SMALL, **options}) as running:
            yield running
            witness.hear(running)

    yield sandbox
    check(witness, [tmp_path_factory.getbasetemp()])
