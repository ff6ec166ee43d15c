"""The long run in small, so that it is known to work when somebody has the time for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.chaos.long_run import watch

ORDERS = 3_000


def test_a_short_long_run_finds_nothing_wrong_and_would_find_it(tmp_path: Path) -> None:
    found = watch(ORDERS, tmp_path)
    # So few orders are read before memory has reached what it stays at.
    judged = [line for line in found.lines() if line.met is not None and "memory" not in line.work]
    assert len(judged) >= 6
    assert all(line.met for line in judged), found
    assert found.rows == ORDERS
    assert found.states > 50
    assert found.peak(0) > 0
    assert found.peak(1) > 0
    worse = replace(found, rows=ORDERS + 1, missing=1, exit_code=1, violations=1, state_bytes=9999, between_states=999)
    assert not any(line.met for line in worse.lines() if line.met is not None and "memory" not in line.work)
