"""What several tests share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from tap_toolkit.secret_manager import SecretManagerTokenStore
from taps.toolkit.tests.secret_service import SecretManager, running_secret_manager
from taps.toolkit.tests.told_server import Server


@pytest.fixture
def cloud() -> Iterator[SecretManager]:
    with running_secret_manager() as service:
        yield service


@pytest.fixture
def secret_store(cloud: SecretManager) -> Callable[..., SecretManagerTokenStore]:
    """Makes a store of its own on the same secrets, as another process would."""

    def make(lease_seconds: float = 60) -> SecretManagerTokenStore:
        return SecretManagerTokenStore("shop-data", client=cloud.client, lease_seconds=lease_seconds, poll=0.005)

    return make


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Waits are recorded and not waited for."""
    waits: list[float] = []
    monkeypatch.setattr("backoff._sync.time", SimpleNamespace(sleep=waits.append, monotonic=time.monotonic))
    return waits
