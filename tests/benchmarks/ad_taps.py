"""Each tap of ads alone: what one account's objects and 30 days of figures cost in calls, and how long they take.

The fewest calls are what a platform's rules permit whoever reads the tap's default streams: full pages, as many days in
a call as it answers, two calls around a report that it prepares, and one for what it tells of each object alone. One
call's answer serves all that is in it: an account's own row has the time zone, too. The least time follows from the
calls that were made, so many at once as ``concurrency`` or the platform says, or from those that must follow each
other: a token, the time zone, an order, a look, a page. Starting the tap and waiting before it looks again are losses.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.environments import ours
from tests.benchmarks.measure import BenchmarkError, Command, Contestant, Sample, alternate, run
from tests.benchmarks.rows import Bench
from tests.benchmarks.table import Line
from tests.benchmarks.taps import lines_of

_LATENCY = 0.15
_CONCURRENCY = 16
_CAMPAIGNS = 20  # of two ad groups with three ads each
_JOB = 0.5  # seconds that a report takes
_DAYS = 30
_SINCE, _UNTIL = "2026-10-01T17:00:00Z", "2026-10-31T17:00:00Z"  # midnights in Bangkok
#: Without them a tap has its defaults.
_CHOICES = ("reports", "custom_reports")

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """What a stream costs at least: pages of ``page`` rows, or of ``page`` objects where ``of`` names them.

    ``around``: further calls for each span of days; ``once``: further calls in all; ``each``: what is told of one
    object at a time. ``daily``: an answer is of one day, else of all 30.
    """

    page: int = 1_000_000
    of: str = ""
    around: int = 0
    once: int = 0
    each: tuple[str, ...] = ()
    daily: bool = False

    def fewest(self, rows: Collection[Row]) -> int:
        """Calls for these rows. A day without rows is asked for, too."""
        spans = [rows]
        if self.daily:
            days = defaultdict(list)
            for row in rows:
                days[row["date"]].append(row)
            spans = [*days.values(), *([[]] * (_DAYS - len(days)))]
        pages = sum(self.around + max(1, -(-self._size(span) // self.page)) for span in spans)
        apart = {tuple(row[name] for name in self.each) for row in rows} if self.each else ()
        return pages + self.once + len(apart)

    def _size(self, rows: Collection[Row]) -> int:
        return len({row[self.of] for row in rows}) if self.of else len(rows)


@dataclass(frozen=True)
class Limits:
    """A platform's rules: those of each stream, and of all ``other`` streams alike.

    ``chain``: calls that must follow each other; ``jobs``: one of them orders a report; ``at_once``: calls that the
    platform answers side by side; ``token``: calls for a token, which others keep, or have for good.
    """

    chain: int
    token: int = 0
    streams: Mapping[str, Rule] = field(default_factory=dict)
    other: Rule = Rule()
    jobs: bool = False
    at_once: int = _CONCURRENCY

    def fewest(self, streams: Mapping[str, Collection[Row]]) -> int:
        """Calls for the rows of all streams."""
        return self.token + sum(self.streams.get(name, self.other).fewest(rows) for name, rows in streams.items())

    def least(self, calls: float) -> float:
        """The least seconds for so many calls."""
        return max(calls / self.at_once, self.chain) * _LATENCY + (_JOB if self.jobs else 0)


LIMITS: Mapping[str, Limits] = {
    # A report is an order, a look and its pages; the account's own row has its time zone.
    "tap-facebook-ads": Limits(
        chain=4,
        streams={name: Rule(page=500) for name in ("ad_accounts", "campaigns", "adsets", "ads", "adcreatives")},
        other=Rule(page=500, around=2),
        jobs=True,
    ),
    # Of GMV Max's campaigns what is set, and of products and creatives the names, are told one by one.
    "tap-tiktok-ads": Limits(
        chain=6,
        streams={
            "gmv_max_campaigns": Rule(page=100, each=("campaign_id",)),
            "gmv_max_daily_campaign": Rule(page=1000, once=1),
            "gmv_max_daily_product": Rule(page=1000, each=("campaign_id",)),
            "gmv_max_daily_creative": Rule(page=1000, each=("campaign_id", "item_group_id")),
        },
        other=Rule(page=1000),
    ),
    # An answer has all rows, of whatever days.
    "tap-google-ads": Limits(chain=3, token=1),
    # GMV Max tells sums alone, so that days are differences, and one sum more is asked for.
    "tap-shopee-ads": Limits(
        chain=2,
        streams={
            "shop_hourly": Rule(daily=True),
            "campaigns": Rule(page=100, once=1),
            "campaign_daily": Rule(page=100, of="campaign_id"),
            "gms_daily": Rule(daily=True, once=1),
            "gms_item_daily": Rule(page=100, daily=True, once=1),
        },
    ),
    # Campaigns do not tell their status and are listed by it; figures are sums of what is asked for, a day.
    "tap-lazada-ads": Limits(chain=1, streams={"campaigns": Rule(page=200, once=2)}, other=Rule(page=100, daily=True)),
    # A report is an order, a look and a file.
    "tap-line-ads": Limits(
        chain=4,
        streams={name: Rule(page=100) for name in ("ad_accounts", "campaigns", "adgroups", "ads")},
        other=Rule(around=2),
        jobs=True,
    ),
    "tap-ga4": Limits(chain=3, token=1, other=Rule(page=250_000), at_once=10),
}


@dataclass(frozen=True)
class Reading:
    """A tap that reads an account of a sandbox, and what the first, unmeasured reading found."""

    tap: str
    command: Command
    sandbox: Any
    rows: int
    fewest: int

    def measure(self) -> Sample:
        """Read everything. Figures: `span` as the sandbox saw it, `calls` and `refused`."""
        self.sandbox.reset_stats()
        sample = run(self.command)
        stats = self.sandbox.stats()
        figures = {"span": stats["span_seconds"], "calls": stats["total_calls"], "refused": stats["limit_violations"]}
        return Sample(sample.wall, sample.cpu, sample.rss, figures)


def measure(bench: Bench) -> list[Line]:
    """Every tap of ads in turn."""
    lines = []
    with readings(bench) as found:
        medians = alternate({it.tap: Contestant(it.measure) for it in found}, bench.rounds, bench.say)
        for it in found:
            figures = medians[it.tap].figures
            work, least = f"{it.tap}, {it.rows:,} rows", LIMITS[it.tap].least(figures["calls"])
            lines += [
                Line(f"{work}: calls", figures["calls"], "", "fewest", it.fewest, kind="within"),
                Line(f"{work}: span of calls", figures["span"], "s", "least possible", least, kind="within"),
            ]
    return [*lines, *(Line(f"{tap}: lines of Python", lines_of(tap), "") for tap in LIMITS)]


@contextmanager
def readings(bench: Bench) -> Iterator[list[Reading]]:
    """The taps over one account of each platform, each read once, so that nothing is rendered anew."""
    # Not above: who measures peak memory must be small, and these are not.
    from talat_sandbox.testing import running_sandbox
    from tests.subjects import SUBJECTS

    bench.say(f"  founding a business with {_CAMPAIGNS} campaigns on each platform")
    with (
        tempfile.TemporaryDirectory(prefix="talat-bench-") as name,
        running_sandbox(
            shops=1,
            orders=6000,
            days=_DAYS,
            campaigns=_CAMPAIGNS,
            as_of=_UNTIL,
            channels="all",
            ads="all",
            latency_ms=round(1000 * _LATENCY),
            job_ms=round(1000 * _JOB),
            job_ms_max=round(1000 * _JOB),
            app_rps=0,
            shop_rps=0,
            token_seconds=86400,
        ) as sandbox,
    ):
        found = []
        for subject in (subject for subject in SUBJECTS if subject.name in LIMITS):
            folder = Path(name) / subject.name
            folder.mkdir()
            config = subject.config(sandbox, folder, concurrency=_CONCURRENCY, start_date=_SINCE, end_date=_UNTIL)
            if len(config[subject.accounts_setting]) != 1:
                raise BenchmarkError(f"{subject.name} has more than one account")
            path, messages = folder / "config", folder / "messages"
            path.write_text(json.dumps({k: v for k, v in config.items() if k not in _CHOICES}), "utf-8")
            command = Command([ours(subject.name), "--config", str(path)])
            run(command, stdout=messages)
            streams = _read(messages)
            rows = sum(map(len, streams.values()))
            found.append(Reading(subject.name, command, sandbox, rows, LIMITS[subject.name].fewest(streams)))
        yield found


def _read(messages: Path) -> Mapping[str, Sequence[Row]]:
    """The rows of each stream, an empty one's too. Raises BenchmarkError where a window was not read."""
    streams: dict[str, list[Row]] = {}
    with messages.open("rb") as lines:
        for message in map(json.loads, lines):
            if message["type"] == "SCHEMA":
                streams.setdefault(message["stream"], [])
            elif message["type"] == "RECORD":
                streams[message["stream"]].append(message["record"])
    windows, rejected = streams.pop("sync_windows"), streams.pop("rejected_records", [])
    if rejected or any(window["status"] != "done" for window in windows):
        raise BenchmarkError(f"{messages.parent.name} did not read everything")
    return streams
