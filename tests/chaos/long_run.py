"""A first sync of a million orders, watched: ``python -m tests.chaos.long_run --orders 1000000``.

Memory must not grow with the number of orders, the state must stay small and come again and again, no limit of the
platform may be exceeded, and every order must be written once.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.ledger import LEDGER
from tap_toolkit.testing import discover, executable, selecting
from tests.benchmarks.table import Line, as_text
from tests.subjects import SHOPEE

#: A year of it, in windows of 15 days, for each of three shops.
DAYS, SHOPS = 365, 3
AS_OF = "2026-10-20T17:00:00Z"
#: What the platform allows, and what the tap is told of it.
ALLOWED, BUDGET = 1000, 900
STREAM = SHOPEE.tables[0].stream
_SAMPLES = 1000
_RECORD, _STATE, _KEY = b'{"type":"RECORD","stream":"%s"' % STREAM.encode(), b'{"type":"STATE"', b'"order_sn":"'


@dataclass
class Watched:
    """One run: what came out of it, and the resident memory, in MB, beside the number of orders written by then."""

    orders: int
    seconds: float = 0.0
    exit_code: int = -1
    rows: int = 0
    keys: set[str] = field(default_factory=set)
    missing: int = 0
    states: int = 0
    state_bytes: int = 0
    between_states: int = 0
    memory: list[tuple[int, float]] = field(default_factory=list)
    violations: int = 0
    calls: int = 0

    def peak(self, half: int) -> float:
        """The most memory while the first half of the orders was written (0), or the second (1)."""
        return max((mb for rows, mb in self.memory if rows and (rows > self.orders / 2) == bool(half)), default=0.0)

    def lines(self) -> list[Line]:
        """What was found beside what must be."""
        return [
            Line(f"{self.orders:,} orders: whole run", self.seconds, "s"),
            Line("calls", self.calls, ""),
            Line("orders missing", self.missing, "", aim=0, kind="below"),
            Line("orders written again", self.rows - len(self.keys), "", aim=0, kind="below"),
            Line("exit code", self.exit_code, "", aim=0, kind="below"),
            Line("calls above the platform's limit", self.violations, "", aim=0, kind="below"),
            Line("largest state", self.state_bytes, "bytes", aim=2000, kind="below"),
            Line("states", self.states, ""),
            Line("most orders between two states", self.between_states, "", aim=self.orders / 10, kind="below"),
            Line("peak memory, second half", self.peak(1), "MB", "first half", self.peak(0), aim=1.1, kind="within"),
        ]


def watch(orders: int, folder: Path) -> Watched:
    """Read so many orders from a sandbox of their own; ``folder`` is for settings and tokens."""
    with running_sandbox(orders=orders, days=DAYS, shops=SHOPS, as_of=AS_OF, app_rps=ALLOWED, shop_rps=0) as sandbox:
        config = SHOPEE.config(sandbox, folder, requests_per_second=BUDGET)
        catalog = selecting(discover(SHOPEE.name, config), [STREAM, *LEDGER])
        (folder / "tap.json").write_text(json.dumps(config), encoding="utf-8")
        (folder / "catalog.json").write_text(json.dumps(catalog), encoding="utf-8")
        sandbox.reset_stats()
        found = Watched(orders)
        with (folder / "log").open("wb") as log:
            command = [executable(SHOPEE.name), "--config", "tap.json", "--catalog", "catalog.json"]
            began = time.monotonic()
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=folder) as tap:
                assert tap.stdout
                _follow(found, tap.stdout, tap.pid)
                found.exit_code = tap.wait()
            found.seconds = time.monotonic() - began
        stats = sandbox.stats()
        found.violations, found.calls = stats["limit_violations"], stats["total_calls"]
        found.missing = sum(order not in found.keys for order in _truth(sandbox))
        return found


def _follow(found: Watched, output: IO[bytes], pid: int) -> None:
    since, every = 0, max(1, found.orders // _SAMPLES)
    for line in output:
        if line.startswith(_RECORD):
            begin = line.index(_KEY) + len(_KEY)
            found.keys.add(line[begin : line.index(b'"', begin)].decode())
            found.rows += 1
            since += 1
            if found.rows % every == 0:
                _sample(found, pid)
        elif line.startswith(_STATE):
            found.states += 1
            found.state_bytes = max(found.state_bytes, len(line))
            found.between_states, since = max(found.between_states, since), 0
    found.between_states = max(found.between_states, since)


def _sample(found: Watched, pid: int) -> None:
    """Note the memory of a process, unless it is gone and only its last lines are left."""
    with contextlib.suppress(OSError, StopIteration):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        resident = next(line for line in status if line.startswith("VmRSS"))
        found.memory.append((found.rows, int(resident.split()[1]) / 1024))


def _truth(sandbox: Sandbox) -> Iterator[str]:
    """The order ids that must be there, a line at a time: the whole table is larger than what is watched."""
    with urllib.request.urlopen(f"{sandbox.url}/_sandbox/truth/{SHOPEE.tables[0].truth}") as answer:
        for row in csv.DictReader(io.TextIOWrapper(answer, "utf-8")):
            yield row["order_id"]


def main() -> int:
    """Run, print one table; 1 when something in it does not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    with tempfile.TemporaryDirectory() as folder:
        lines = watch(parser.parse_args().orders, Path(folder)).lines()
    print(as_text(lines))
    return 0 if all(line.met is not False for line in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
