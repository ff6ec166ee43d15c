"""Days are the account's: neither the machine's time zone nor the hour of the run changes a record."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.ledger import LEDGER
from tap_toolkit.testing import Run
from tap_toolkit.windows import instant
from tests.chaos.conftest import Open
from tests.chaos.reading import Reader
from tests.moments import last_month
from tests.subjects import NAMES, SUBJECTS, Subject

# Half past midnight and noon of the invented accounts, in Bangkok: for half of the world another day than in UTC.
MOMENTS = [last_month(19, "17:30:00"), last_month(20, "05:00:00")]


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening(days=10, orders_per_day=24, as_of=MOMENTS[0], latency_ms=0, job_ms=1, job_ms_max=5) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For tokens, which the first run with a refresh token uses up for the others."""
    return tmp_path_factory.mktemp("time")


def lines(run: Run, *without: str) -> list[str]:
    """The records as the tap wrote them, but for the moment at which it did, in order within each account."""
    found = [line.partition(',"time_extracted"')[0] for line in run.stdout.splitlines() if '"RECORD"' in line[:20]]
    return sorted(line for line in found if not any(f'"stream":"{name}"' in line[:80] for name in without))


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_the_machines_time_zone_changes_no_byte(subject: Subject, sandbox: Sandbox, folder: Path) -> None:
    sandbox.set_clock(MOMENTS[0])
    reader = Reader(subject, sandbox, folder)
    reference = reader.read(env={"TZ": "UTC"})
    assert reference.exit_code == 0, reference.log
    clocks = (*LEDGER, *subject.snapshots)
    assert len(lines(reference, *clocks)) > subject.share
    for zone in ("Asia/Bangkok", "America/Los_Angeles", "Pacific/Kiritimati"):
        elsewhere = reader.read(env={"TZ": zone})
        assert lines(elsewhere, *clocks) == lines(reference, *clocks), zone
        assert elsewhere.state == reference.state, zone


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_a_run_after_midnight_and_the_next_at_noon_on_another_machine_leave_no_hour_out(
    subject: Subject, sandbox: Sandbox, folder: Path
) -> None:
    state, latest = None, {}
    for moment, zone in zip(MOMENTS, ["America/Los_Angeles", "Pacific/Kiritimati"], strict=True):
        sandbox.set_clock(moment)
        reader = Reader(subject, sandbox, folder)
        done = reader.read(*(table.stream for table in subject.tables), state=state, env={"TZ": zone})
        assert done.exit_code == 0, done.log
        state = done.state
        for table in subject.tables:
            latest.setdefault(table.stream, []).extend(done.records(table.stream))
            assert table.latest(latest[table.stream]) == table.expected(sandbox), (table.stream, moment)
    for entry in done.state["bookmarks"].values():
        for spans in entry.get("accounts", {}).values():
            assert instant(spans["covered"][-1][1]) == instant(moment) + timedelta(seconds=1)
