"""``meltano run`` killed with -9 in the middle: what its next run says, and that the tables are complete after it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import executable
from tests.chaos.artefacts import assert_clean
from tests.chaos.conftest import Open
from tests.chaos.pipes import SECONDS, Expected, Pipeline, Tables, wait_until_gone
from tests.meltano.test_meltano import Project
from tests.subjects import FEW, SUBJECTS, Subject


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening(latency_ms=40) as running:
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A copy of the repository with its plugins installed."""
    return Project(tmp_path_factory.mktemp("meltano") / "project")


def environment(subject: Subject, config: dict[str, Any]) -> dict[str, str]:
    """The tap's settings, as Meltano takes them in place of the demo's."""
    prefix = subject.name.upper().replace("-", "_")
    return {f"{prefix}_{k.upper()}": v if isinstance(v, str) else json.dumps(v) for k, v in config.items()}


def children(pid: int) -> list[int]:
    """All processes below one."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    direct = [int(word) for word in found.stdout.split()]
    return direct + [below for child in direct for below in children(child)]


def killed_in_the_middle(
    project: Project, command: list[str], env: dict[str, str], sandbox: Sandbox, calls: int, whole: bool
) -> str:
    """Start the command, kill it -9 (``whole``: and its children) after so many calls, wait for orphans; its output."""
    sandbox.reset_stats()
    process = subprocess.Popen(
        [executable("meltano"), *command], cwd=project.folder, env=project.env | env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + SECONDS
    while sandbox.stats()["total_calls"] < calls:
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < until
        time.sleep(0.02)
    below = children(process.pid)
    assert len(below) >= 2, "the tap and the target"
    if whole:
        os.killpg(process.pid, signal.SIGKILL)
        for pid in below:
            # One in the group of the first may be gone already.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    else:
        process.kill()
    wait_until_gone(below)
    return process.communicate()[0]


@pytest.mark.parametrize(
    ("subject", "whole"),
    [
        pytest.param(subject, whole, id=f"{subject.name} {'meltano and its children' if whole else 'meltano alone'}")
        for number, subject in enumerate(SUBJECTS)
        # In `make test` each tap dies one death.
        for whole in ([False, True] if FEW is SUBJECTS else [number % 2 > 0])
    ],
)
def test_after_a_kill_the_next_run_completes_the_tables_and_the_state(
    subject: Subject, whole: bool, sandbox: Sandbox, project: Project, tmp_path: Path
) -> None:
    config = subject.config(sandbox, project.folder)
    sandbox.reset_stats()
    expected = Expected(sandbox, Pipeline(subject, config, tmp_path / "quiet"))
    quiet = sandbox.stats()["total_calls"]
    database = tmp_path / "meltano.duckdb"
    env = environment(subject, config) | {"TARGET_DUCKDB_PATH": str(database)}
    state_id = f"demo:{subject.name}-to-target-duckdb:{whole}"
    command = ["run", f"--state-id-suffix={whole}", subject.name, "target-duckdb"]

    calls = random.Random(str(command)).randint(min(25, quiet // 4), min(50, quiet // 2))
    # A few calls at a time: the run must not be over before the signal comes.
    slow = environment(subject, {"concurrency": 2})
    said = killed_in_the_middle(project, command, env | slow, sandbox, calls, whole)
    # For five minutes Meltano takes it for running; then it sees that nobody is.
    refused = project.meltano(*command, **env)
    assert refused.exit_code == 1
    assert f"Another '{state_id}' pipeline is already running" in refused.stdout + refused.log
    assert "--force" in refused.stdout + refused.log
    if whole:
        forget_heartbeats(project, timedelta(minutes=6))
        done = project.succeed(*command, **env)
    else:
        done = project.succeed(command[0], "--force", *command[1:], **env)
    state = json.loads(project.succeed("state", "get", state_id).stdout.splitlines()[-1])["singer_state"]
    expected.check(Tables(subject, database), state)
    assert_clean(subject, sandbox, database, said, refused.stdout + refused.log, done.stdout + done.log)


def forget_heartbeats(project: Project, ago: timedelta) -> None:
    """Let the last sign of life of every run be so long ago."""
    with sqlite3.connect(project.folder / ".meltano" / "meltano.db") as db:
        moment = (datetime.now(UTC) - ago).strftime("%Y-%m-%d %H:%M:%S.%f")
        changed = db.execute("update runs set last_heartbeat_at = ? where state = 'RUNNING'", [moment])
        assert changed.rowcount
    db.close()
