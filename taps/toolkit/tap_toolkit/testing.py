"""Running a tap as its users do, for tests: a process of its own, its settings in a file, its messages read back."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

Message = dict[str, Any]

_SECONDS = 300


@dataclass(frozen=True)
class Run:
    """What a tap did: its exit code, stdout as messages (fractions are decimals) and stderr as text."""

    exit_code: int
    stdout: str
    log: str

    @functools.cached_property
    def messages(self) -> list[Message]:
        """Every line of stdout. Raises :class:`ValueError` when one is not a message."""
        return [json.loads(line, parse_float=Decimal) for line in self.stdout.splitlines()]

    def records(self, stream: str) -> list[Message]:
        """The records of a stream, in order."""
        return [m["record"] for m in self.messages if m["type"] == "RECORD" and m["stream"] == stream]

    @property
    def states(self) -> list[Message]:
        """The values of all STATE messages, in order."""
        return [m["value"] for m in self.messages if m["type"] == "STATE"]

    @property
    def state(self) -> Message:
        """The last STATE; empty when there was none."""
        return self.states[-1] if self.states else {}

    @property
    def last_line(self) -> str:
        """The last line of the log."""
        return self.log.strip().splitlines()[-1]


class Clock:
    """Time that passes only by sleeping, and how long each sleep was."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        """Seconds, from 1,000 on."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.slept.append(seconds)
        self.now += seconds


def executable(name: str) -> str:
    """Where the environment that runs the tests has a command."""
    return str(Path(sysconfig.get_path("scripts")) / name)


def run_tap(
    name: str | Sequence[str],
    config: Mapping[str, Any] | None,
    *args: str,
    state: object = None,
    catalog: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run a tap to its end, by its name or by the command for one that is not installed.

    ``state`` may be anything, also what is not a state.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [executable(name)] if isinstance(name, str) else list(name)
        for option, value in (("config", config), ("state", state), ("catalog", catalog)):
            if value is not None:
                path = Path(folder) / f"{option}.json"
                path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
                command += [f"--{option}", str(path)]
        return run(*command, *args, env=env)


def run(*command: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, stdin: str = "") -> Run:
    """Run any command to its end."""
    done = subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        env={**os.environ, **(env or {})},
        cwd=cwd,
        check=False,
    )
    return Run(done.returncode, done.stdout, done.stderr)


def selecting(catalog: Message, streams: Sequence[str]) -> Message:
    """The catalog with only these streams selected."""
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = stream["tap_stream_id"] in streams
    return catalog


def discover(name: str, config: Mapping[str, Any]) -> Message:
    """The tap's catalog."""
    found = run_tap(name, config, "--discover")
    if found.exit_code:
        raise AssertionError(found.log)
    catalog: Message = json.loads(found.stdout)
    return catalog


def repeated(records: Sequence[Message], keys: Sequence[str]) -> list[tuple[Any, ...]]:
    """Keys that are not total: null, empty, or borne by two records."""
    seen: set[tuple[Any, ...]] = set()
    bad: list[tuple[Any, ...]] = []
    for record in records:
        key = tuple(record.get(name) for name in keys)
        if key in seen or None in key or "" in key:
            bad.append(key)
        seen.add(key)
    return bad
