"""Runs what is compared: pipelines of processes, in turns, with their time, CPU and memory.

A process's peak memory, as the kernel reports it, begins with that of whoever started it. So this process must stay
small: it imports nothing large and holds no data.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

_LOG_TAIL = 3000
# Whoever forbids bytecode makes every process compile its imports anew, which is nobody's speed.
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


class BenchmarkError(Exception):
    """A contestant failed, or did not do the whole work; the message has the end of its log."""


@dataclass(frozen=True)
class Command:
    """A process to measure."""

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None


@dataclass(frozen=True)
class Sample:
    """One run: wall and CPU seconds of all its processes, peak MB of the largest one, and figures of its own."""

    wall: float
    cpu: float
    rss: float
    figures: Mapping[str, float] = field(default_factory=dict)


def run(*commands: Command, stdin: Path | None = None, stdout: Path | None = None) -> Sample:
    """Run commands as a shell's pipeline. Raises BenchmarkError when one of them fails.

    ``stdin`` and ``stdout`` are files; without them the first reads and the last writes nothing.
    """
    with tempfile.TemporaryFile() as log:
        began = time.perf_counter()
        processes = _start(commands, stdin, stdout, log)
        usages = []
        for process in processes:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            usages.append(usage)
        wall = time.perf_counter() - began
        for process, command in zip(processes, commands, strict=True):
            if process.returncode:
                raise BenchmarkError(f"{command.argv[0]} ended with {process.returncode}:\n{_tail(log)}")
    return Sample(
        wall, sum(usage.ru_utime + usage.ru_stime for usage in usages), max(usage.ru_maxrss for usage in usages) / 1024
    )


def _start(
    commands: Sequence[Command], stdin: Path | None, stdout: Path | None, log: IO[bytes]
) -> list[subprocess.Popen[bytes]]:
    processes: list[subprocess.Popen[bytes]] = []
    with Path(stdin or os.devnull).open("rb") as source, Path(stdout or os.devnull).open("wb") as sink:
        upstream: IO[bytes] = source
        for number, command in enumerate(commands):
            last = number == len(commands) - 1
            process = subprocess.Popen(
                list(command.argv),
                stdin=upstream,
                stdout=sink if last else subprocess.PIPE,
                stderr=log,
                env={**_ENVIRONMENT, **command.env},
                cwd=command.cwd,
            )
            if upstream is not source:
                upstream.close()  # it is the next process's alone, so that a broken pipe is noticed
            if process.stdout:
                upstream = process.stdout
            processes.append(process)
    return processes


def _tail(log: IO[bytes]) -> str:
    log.seek(0, os.SEEK_END)
    log.seek(max(0, log.tell() - _LOG_TAIL))
    return log.read().decode(errors="replace")


@dataclass(frozen=True)
class Contestant:
    """Something to run. ``once``: so slow and so steady that one round must do."""

    run: Callable[[], Sample]
    once: bool = False


def alternate(contestants: Mapping[str, Contestant], rounds: int, say: Callable[[str], None]) -> dict[str, Sample]:
    """The median of each contestant, all run in turns, so that a noisy minute strikes everybody."""
    samples: dict[str, list[Sample]] = {name: [] for name in contestants}
    for number in range(rounds):
        for name, contestant in contestants.items():
            if number and contestant.once:
                continue
            sample = contestant.run()
            samples[name].append(sample)
            more = "".join(f", {what} {value:g}" for what, value in sample.figures.items())
            say(f"  {name}: {sample.wall:.2f} s, CPU {sample.cpu:.2f} s, {sample.rss:.0f} MB{more}")
    return {name: _median(found) for name, found in samples.items()}


def _median(samples: Sequence[Sample]) -> Sample:
    names = samples[0].figures
    return Sample(
        statistics.median(sample.wall for sample in samples),
        statistics.median(sample.cpu for sample in samples),
        statistics.median(sample.rss for sample in samples),
        {name: statistics.median(sample.figures[name] for sample in samples) for name in names},
    )
