"""This repository as others get it: a clone, and the packages built from it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tests.anywhere.machine import UV, offline
from tests.checkout import copy_checkout
from tests.moments import last_month
from tests.subjects import ADS, CHANNELS

SMALL: dict[str, Any] = {
    "as_of": last_month(20, "17:00:00"), "orders_per_day": 6, "days": 12, "shops": 2, "products": 6, "campaigns": 1,
    "app_rps": 0, "shop_rps": 0, "job_ms": 5, "job_ms_max": 20, "channels": CHANNELS, "ads": ADS,
}  # fmt: skip


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(**SMALL) as running:
        yield running


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what all that read the sandbox share: tokens that can be used once."""
    return tmp_path_factory.mktemp("tokens")


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git repository that holds this one as it is now, committed."""
    folder = tmp_path_factory.mktemp("clone")
    copy_checkout(folder)
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false"]
    for command in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message=all"],
    ):
        subprocess.run(["git", *who, *command], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="session")
def wheels(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of every package, built from the sources."""
    return build(clone, tmp_path_factory.mktemp("wheels"), "--wheel")


def build(source: Path, out: Path, *kinds: str) -> Path:
    """Build every package; without kinds the sdists, and from those the wheels."""
    command = [UV, "build", "--quiet", "--all-packages", *kinds, "--out-dir", str(out), str(source)]
    subprocess.run(command, check=True, capture_output=True, env=offline())
    return out
