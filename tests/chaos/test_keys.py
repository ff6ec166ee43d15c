"""Keys of every stream over many rows of many accounts: whole, unique, and in none null or empty."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import repeated
from tests.chaos.conftest import Open
from tests.chaos.reading import Reader
from tests.subjects import NAMES, SUBJECTS, Subject

ACCOUNTS = 8
ORDERS = 4_000
ROWS = 7_000
DAYS = 8


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening(
        shops=3 * ACCOUNTS // 2,  # some channels do without every third, which is abroad
        days=20,
        orders_per_day=ORDERS // 20,
        products=40,
        campaigns=4,
        latency_ms=0,
        job_ms=1,
        job_ms_max=5,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Taps of one API share the tokens that they have renewed."""
    return tmp_path_factory.mktemp("keys")


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_no_row_of_any_stream_shares_its_key_or_lacks_a_part_of_it(
    subject: Subject, sandbox: Sandbox, folder: Path
) -> None:
    reader = Reader(subject, sandbox, folder, **subject.everything)
    done = reader.read()
    assert done.exit_code == 0, done.log
    assert not done.records("rejected_records")
    assert len(subject.accounts(sandbox)) >= ACCOUNTS
    sizes = {}
    for stream, keys in reader.keys.items():
        if stream == "rejected_records":
            continue
        records = done.records(stream)
        assert keys
        assert repeated(records, keys) == [], stream
        sizes[stream] = len(records)
    assert min(sizes.values()) >= ACCOUNTS, sizes
    assert sum(sizes.values()) >= ROWS * subject.share // 100, sizes
