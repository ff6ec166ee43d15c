"""Plain Singer: a tap and a loader in a shell's pipe, their settings in files."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tap_toolkit.testing import Message, Run, executable, run
from tests.chaos.pipes import Tables
from tests.subjects import Config, Subject


@dataclass
class Pipe:
    """A tap into a loader, as ``tap --config … | target --config … > state.jsonl`` in one folder.

    ``target_config`` has the loader's settings; those of DuckDB are filled in.
    """

    folder: Path
    subject: Subject
    config: Config
    target: str = "target-duckdb"
    target_config: Config = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.target == "target-duckdb":
            place = {"path": str(self.folder / "warehouse.duckdb"), "default_target_schema": self.subject.schema}
            self.target_config = {**place, **self.target_config}

    @property
    def tables(self) -> Tables:
        """What is in the DuckDB file."""
        return Tables(self.subject, self.folder / "warehouse.duckdb")

    def run(self, *, catalog: Message | None = None, state: Message | None = None, **env: str) -> Run:
        """Run both to their ends; the exit code is the first failure's, stdout the loader's states."""
        tap = [executable(self.subject.name), *self._option("config", self.config)]
        for name, value in (("catalog", catalog), ("state", state)):
            if value is not None:
                tap += self._option(name, value)
        target = [executable(self.target), "--config", self._write("target", self.target_config)]
        line = f"set -o pipefail; {shlex.join(tap)} | {shlex.join(target)}"
        return run("bash", "-c", line, env=env, cwd=self.folder)

    def succeed(self, *, catalog: Message | None = None, state: Message | None = None, **env: str) -> Message:
        """Run; the state to go on from. Raises AssertionError with the log when anything failed."""
        done = self.run(catalog=catalog, state=state, **env)
        assert done.exit_code == 0, done.log
        return dict(done.messages[-1])

    def _option(self, name: str, value: Mapping[str, Any]) -> list[str]:
        return [f"--{name}", self._write(name, value)]

    def _write(self, name: str, value: Mapping[str, Any]) -> str:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return str(path)
