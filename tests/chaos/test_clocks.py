"""Clocks that are ten minutes wrong, and rows from the future: nothing is lost and no bookmark runs ahead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import run_tap
from tests.chaos.conftest import Open
from tests.chaos.pipes import spans
from tests.chaos.running import check_complete
from tests.subjects import NAMES, SUBJECTS, Subject

TEN_MINUTES = 600


@pytest.fixture
def skewed(opening: Open, tmp_path: Path) -> Open:
    """Opens a sandbox whose own clock, for signatures and tokens, is so many seconds ahead of this machine's."""

    @contextmanager
    def sandbox(seconds: int, **options: Any) -> Iterator[Sandbox]:
        code = f"import time\n_true = time.time\ntime.time = lambda: _true() + {seconds}\n"
        (tmp_path / "sitecustomize.py").write_text(code)
        with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
            patch.setenv("PYTHONPATH", str(tmp_path))
            running = stack.enter_context(opening(**options))
            patch.undo()  # the clock of taps is right
            yield running

    return sandbox


@pytest.mark.parametrize("seconds", [TEN_MINUTES, -TEN_MINUTES], ids=["behind", "ahead"])
@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_a_machine_whose_clock_is_ten_minutes_wrong_reads_everything(
    subject: Subject, seconds: int, skewed: Open, tmp_path: Path
) -> None:
    with skewed(seconds, latency_ms=0) as sandbox:
        run = run_tap(subject.name, subject.config(sandbox, tmp_path))
        assert run.exit_code == 0, run.log
        check_complete(subject, sandbox, run)
        errors = sandbox.stats()["errors"]
        refused = {code: times for code, times in errors.items() if code not in subject.nothing}
        # Only signed calls are refused, each that was on its way when the first answer told the time.
        assert sum(refused.values()) <= 8, refused


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_what_happens_in_minutes_that_a_fast_clock_called_read_is_read_by_the_next_run(
    subject: Subject, skewed: Open, tmp_path: Path
) -> None:
    here = datetime.now(UTC).replace(microsecond=0)
    there = here - timedelta(seconds=TEN_MINUTES)
    with skewed(-TEN_MINUTES, as_of=there.isoformat(), orders_per_day=3000, days=2, latency_ms=0) as sandbox:
        config = subject.config(sandbox, tmp_path, end_date=None)
        first = run_tap(subject.name, config)
        ends = {windows[-1].end for windows in spans(first.state).values()}
        assert max(ends) > there + timedelta(minutes=8), "it believes its own clock"
        before = subject.tables[0].expected(sandbox)
        sandbox.set_clock((here - timedelta(seconds=120)).isoformat())
        assert subject.tables[0].expected(sandbox) != before
        second = run_tap(subject.name, config, state=first.state)
        assert second.exit_code == 0, second.log
        check_complete(subject, sandbox, first, second)


# Where nothing but days is told, no row has a time of change that could lie in the future.
@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject.dated], ids=lambda s: s.name)
def test_rows_from_the_future_are_kept_and_move_no_bookmark(subject: Subject, opening: Open, tmp_path: Path) -> None:
    with opening(latency_ms=0) as sandbox:
        config = subject.config(sandbox, tmp_path)
        quiet = run_tap(subject.name, config)
        sandbox.faults({"kind": "future_update_time", "match": {"path": subject.dated}, "times": None})
        run = run_tap(subject.name, config)
        assert run.exit_code == 0, run.log
        assert run.stdout.count('"2099-01-01T00:00:00Z"') >= len(subject.accounts(sandbox))
        assert spans(run.state) == spans(quiet.state)
        assert len(run.stdout.splitlines()) == len(quiet.stdout.splitlines()), "and no other row is missing"
