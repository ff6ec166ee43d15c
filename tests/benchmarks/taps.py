"""Each shop's tap alone: what orders cost in calls, how much of the waiting is done side by side, how large it is.

The fewest calls are what the platform's page sizes permit: a page for each hundred orders and, where items come apart,
a call for each batch of them. The least time follows from the calls that were made: so many at once as ``concurrency``
says, and the pages of a window one after the other, where each is named by the one before. Finding out who an account
is, renewing its token and starting the tap count as losses.
"""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.environments import ROOT, ours
from tests.benchmarks.measure import BenchmarkError, Command, Contestant, Sample, alternate, run
from tests.benchmarks.rows import Bench
from tests.benchmarks.table import Line

_LATENCY = 0.15
_CONCURRENCY = 16
_ORDERS = 20_000
_PAGE = 100
_LINES = 250
#: Orders whose items come with one call; None where the listing has them.
BATCHES: Mapping[str, int | None] = {"tap-shopee": 50, "tap-lazada": 50, "tap-tiktok-shop": None, "tap-line-shop": 1}


@dataclass(frozen=True)
class Reading:
    """A tap that reads the orders of a sandbox, and what the first, unmeasured reading found."""

    tap: str
    command: Command
    sandbox: Any
    orders: int
    windows: list[int]

    @property
    def fewest(self) -> float:
        """Calls for a thousand orders that fill every page."""
        batch = BATCHES[self.tap]
        return 1000 / _PAGE + (1000 / batch if batch else 0)

    def least(self, calls: float) -> float:
        """The least seconds for so many calls: side by side, or the longest window's one after the other."""
        follow = max(-(-orders // _PAGE) for orders in self.windows) + bool(BATCHES[self.tap])
        return max(calls / _CONCURRENCY, follow) * _LATENCY

    def measure(self) -> Sample:
        """Read everything. Figures: `span` as the sandbox saw it, `calls` and `refused`."""
        self.sandbox.reset_stats()
        sample = run(self.command)
        stats = self.sandbox.stats()
        figures = {"span": stats["span_seconds"], "calls": stats["total_calls"], "refused": stats["limit_violations"]}
        return Sample(sample.wall, sample.cpu, sample.rss, figures)


def measure(bench: Bench) -> list[Line]:
    """Every shop's tap in turn."""
    lines = []
    with readings(bench) as found:
        medians = alternate({it.tap: Contestant(it.measure) for it in found}, bench.rounds, bench.say)
        for it in found:
            figures = medians[it.tap].figures
            calls = figures["calls"] * 1000 / it.orders
            lines += [
                Line(f"{it.tap}, {it.orders:,} orders: calls for 1,000", calls, "", "fewest", it.fewest, 1.1, "within"),
                Line(
                    f"{it.tap}, {it.orders:,} orders, 150 ms a call, {_CONCURRENCY} at once: span of calls",
                    figures["span"],
                    "s",
                    "least possible",
                    it.least(figures["calls"]),
                    1.25,
                    "within",
                ),
            ]
    return [*lines, *(Line(f"{tap}: lines of Python", lines_of(tap), "", aim=_LINES, kind="below") for tap in BATCHES)]


@contextmanager
def readings(bench: Bench) -> Iterator[list[Reading]]:
    """The taps over one business that sells on all platforms, each read once, so that nothing is rendered anew."""
    # Not above: who measures peak memory must be small, and these are not.
    from talat_sandbox.testing import running_sandbox
    from tap_toolkit.testing import discover, selecting
    from tests.subjects import SUBJECTS

    bench.say(f"  founding a business with {_ORDERS} orders on Shopee, and others elsewhere")
    with (
        tempfile.TemporaryDirectory(prefix="talat-bench-") as name,
        running_sandbox(
            orders=_ORDERS,
            days=30,
            as_of="2026-10-31T17:00:00Z",
            channels="all",
            latency_ms=150,
            app_rps=0,
            shop_rps=0,
            token_seconds=86400,
        ) as sandbox,
    ):
        found = []
        for subject in (subject for subject in SUBJECTS if subject.name in BATCHES):
            folder = Path(name) / subject.name
            folder.mkdir()
            config = subject.config(sandbox, folder, concurrency=_CONCURRENCY)
            paths = {"config": json.dumps(config)}
            paths["catalog"] = json.dumps(selecting(discover(subject.name, config), ["orders", "sync_windows"]))
            for option, text in paths.items():
                (folder / option).write_text(text, "utf-8")
            argv = [ours(subject.name), *(w for o in paths for w in (f"--{o}", str(folder / o)))]
            messages = folder / "messages"
            run(Command(argv), stdout=messages)
            orders, windows = _counted(messages)
            if orders != sum(row["platform"] == subject.platform for row in sandbox.truth("orders")):
                raise BenchmarkError(f"{subject.name} read {orders} orders, which are not all")
            found.append(Reading(subject.name, Command(argv), sandbox, orders, windows))
        yield found


def _counted(messages: Path) -> tuple[int, list[int]]:
    """The orders among the messages, and how many each window had."""
    orders, windows = 0, []
    with messages.open("rb") as lines:
        for message in map(json.loads, lines):
            if message["type"] != "RECORD":
                continue
            if message["stream"] == "orders":
                orders += 1
            elif message["stream"] == "sync_windows":
                windows.append(message["record"]["rows"])
    return orders, windows


def lines_of(tap: str) -> int:
    """Lines of Python of a tap: without blank ones, docstrings and comments."""
    count = 0
    for path in sorted((ROOT / "taps" / tap).glob("tap_*/*.py")):
        text = path.read_text("utf-8")
        told: set[int] = set()
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Expr(value=ast.Constant(value=str())):
                    told.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        code = (line.strip() for number, line in enumerate(text.splitlines(), 1) if number not in told)
        count += sum(bool(line) and not line.startswith("#") for line in code)
    return count
