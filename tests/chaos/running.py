"""Taps that something happens to while they run, what their runs together must have read, and consent."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, executable
from tests.subjects import Config, Subject

SECONDS = 120


class Running:
    """A tap under way; its stdout and stderr go to files of a folder."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, sandbox: Sandbox) -> None:
        self.process, self._folder, self._sandbox = process, folder, sandbox

    def after(self, calls: int) -> None:
        """Wait until the sandbox has had so many more calls; the tap must still run then."""
        wanted = self._sandbox.stats()["total_calls"] + calls
        self.until(lambda: self._sandbox.stats()["total_calls"] >= wanted)

    def until(self, reached: Any) -> None:
        """Wait until this is true; the tap must still run then."""
        end = time.monotonic() + SECONDS
        while not reached():
            assert self.process.poll() is None, (self._folder / "log").read_text("utf-8")[-2000:]
            assert time.monotonic() < end
            time.sleep(0.01)

    def end(self) -> Run:
        """Wait for its end."""
        code = self.process.wait(SECONDS)
        out, log = ((self._folder / name).read_text("utf-8") for name in ("out", "log"))
        return Run(code, out[: out.rfind("\n") + 1], log)


@contextmanager
def running(
    subject: Subject, config: Config, sandbox: Sandbox, folder: Path, state: dict[str, Any] | None = None
) -> Iterator[Running]:
    """Start a tap; it does not outlive the block."""
    folder.mkdir(parents=True)
    (folder / "tap.json").write_text(json.dumps(config), encoding="utf-8")
    command = [executable(subject.name), "--config", str(folder / "tap.json")]
    if state is not None:
        (folder / "state.json").write_text(json.dumps(state), encoding="utf-8")
        command += ["--state", str(folder / "state.json")]
    with (folder / "out").open("wb") as out, (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=out, stderr=log)
    try:
        yield Running(process, folder, sandbox)
    finally:
        process.kill()
        process.wait()


def check_complete(subject: Subject, sandbox: Sandbox, *runs: Run) -> None:
    """All rows of the truth were read by these runs together, and the last of each is the present one."""
    for table in subject.tables:
        records = (record for run in runs for record in run.records(table.stream))
        assert table.latest(records) == table.expected(sandbox), table.stream


def consent(subject: Subject, config: Config, folder: Path, choice: str) -> None:
    """Run the tap's ``authorize`` and make this choice on the platform's page, as an account's owner does."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "tap.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    command = [executable(subject.name), "authorize", "--config", str(file), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        shown = ""
        for line in process.stdout:
            shown += line
            if link := re.fullmatch(r"    (http\S+)\n", line):
                urllib.request.urlopen(f"{link[1]}&approve={choice}", timeout=SECONDS).close()
                break
        shown += process.stdout.read()
        assert process.wait(SECONDS) == 0, shown
