"""What several tests of token stores share."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tap_toolkit.secret_manager import SecretManagerTokenStore
from taps.toolkit.tests.secret_service import SecretManager, running_secret_manager


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
