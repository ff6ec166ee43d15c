"""Running a tap as its users do, for tests: a process of its own, its settings in a file, its messages read back."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tap_toolkit.forked import Forks
from tap_toolkit.ledger import LEDGER

Message = dict[str, Any]

_SECONDS = 300
_FORKS = Forks()
# The settings that decide which streams there are.
_REPORTS = ("reports", "custom_reports")


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


def standing(tap: str, moment: str) -> list[str]:
    """The command of a tap for which the clock stands at a moment: by it it knows what is today and what is still kept.

    Signatures and tokens have the real time.
    """
    code = (
        "from tap_toolkit.tap import PlatformTap; from tap_toolkit.windows import instant; "
        f"from {tap.replace('-', '_')}.__main__ import main; PlatformTap.now = instant({moment!r}); main()"
    )
    return [sys.executable, "-c", code]


def run_tap(
    name: str | Sequence[str],
    config: Mapping[str, Any] | None,
    *args: str,
    state: object = None,
    catalog: Mapping[str, Any] | None = None,
    env: Mapping[str, str] | None = None,
) -> Run:
    """Run a tap to its end, by its name or by the command for one that is not installed.

    ``state`` may be anything, also what is not a state. By its name a tap is forked from an interpreter that knows it.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [executable(name)] if isinstance(name, str) else list(name)
        for option, value in (("config", config), ("state", state), ("catalog", catalog)):
            if value is not None:
                path = Path(folder) / f"{option}.json"
                path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
                command += [f"--{option}", str(path)]
        done = _run_forked(name, [*command, *args], env or {}) if isinstance(name, str) else None
        return done or run(*command, *args, env=env)


def _run_forked(tap: str, command: Sequence[str], env: Mapping[str, str]) -> Run | None:
    """None while another is running. What pytest says of each test in the environment is no other environment."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with contextlib.ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(3)]
        module = f"{tap.replace('-', '_')}.tap"
        exit_code = _FORKS.run(module, command, {**known, **env}, files, _SECONDS)
        if exit_code is None:
            return None
        for file in files:
            file.seek(0)
        return Run(exit_code, files[1].read().decode(), files[2].read().decode())


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


class StreamReader:
    """Reads chosen streams of a tap, with its ledger, by a catalog as a person would make it.

    The tap is asked for its catalog by settings that are right, once for each choice of reports.
    """

    def __init__(self, tap: str, right: Mapping[str, Any]) -> None:
        self._tap, self._right = tap, {name: value for name, value in right.items() if name not in _REPORTS}
        self._catalogs: dict[str, Message] = {}

    def catalog(self, settings: Mapping[str, Any]) -> Message:
        """All that there is to select with some settings."""
        reports = {name: settings[name] for name in _REPORTS if name in settings}
        key = json.dumps(reports)
        if key not in self._catalogs:
            self._catalogs[key] = discover(self._tap, {**self._right, **reports})
        return self._catalogs[key]

    def __call__(
        self, settings: Mapping[str, Any], *streams: str, state: object = None, env: Mapping[str, str] | None = None
    ) -> Run:
        """Run the tap to its end."""
        chosen = selecting(self.catalog(settings), [*streams, *LEDGER])
        return run_tap(self._tap, settings, state=state, catalog=chosen, env=env)

    def of(self, settings: Mapping[str, Any]) -> Callable[..., Run]:
        """What reads by these settings, and by others given by name: ``read("orders", state=…, concurrency=1)``."""

        def read(*streams: str, state: object = None, env: Mapping[str, str] | None = None, **more: Any) -> Run:
            return self({**settings, **more}, *streams, state=state, env=env)

        return read


def summed(
    rows: Iterable[Mapping[str, Any]], keys: Sequence[str], names: Sequence[str]
) -> dict[tuple[str, ...], list[Decimal]]:
    """Figures by name added up by key, without those that are all zero; null and absent ones are zero."""
    sums: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * len(names))
    for row in rows:
        key = tuple(str(row[name]) for name in keys)
        sums[key] = [total + Decimal(row.get(name) or 0) for total, name in zip(sums[key], names, strict=True)]
    return {key: figures for key, figures in sums.items() if any(figures)}


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
