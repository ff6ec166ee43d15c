"""How long a whole run of tap-facebook-ads takes, beside the best schedule that the platform permits.

    .venv/bin/python -m tests.benchmarks.facebook_schedule [--reports NAME …] [--fastest 5] [--slowest 60]
                                                           [--latency 0.1]

Three accounts with 2,016 ads, 30 days, reports that take 5 to 60 seconds, answers that take a tenth of a second more
than it takes to make them. By default two runs: the reports that are read unasked, and six heavy ones.

Nothing can be faster than

- *the longest report's chain*: its account's time zone must be known to say which days are wanted, then it is ordered,
  takes the time it takes, and its pages come one after the other, for each is named by the one before;
- *the answers*: the server has one thread, and cannot answer before it has made the answers. What a report's pages
  cost is measured after the run, on a server that does nothing else, by reading them again, without the latency, which
  calls side by side share.

What else may bound a schedule does not bound this one. Meta documents no limit of reports at once, so all may be under
way together. Its quotas (an order is 3 points and any other call 1, of 9,000 in five minutes for each account) would
bear many times the calls: the share that a run used is printed, and no call may be refused. The reports are those that
the tap ordered: which days one is asked for is not part of the schedule.

Starting the tap, looking whether a report is done, and converting and writing rows count as losses, all of them; so
does what the server takes to invent the business when it is first asked.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talat_sandbox.testing import Sandbox, running_sandbox
from tests.benchmarks.environments import ours
from tests.benchmarks.measure import Command, Sample, run
from tests.benchmarks.rows import Bench
from tests.benchmarks.table import Line

_AS_OF = "2026-10-20T17:00:00Z"  # midnight in Bangkok
_SINCE = "2026-09-20T17:00:00Z"
_ACCOUNTS, _CAMPAIGNS = 3, 112  # of six ads each
AIM = 1.2
RUNS: Mapping[str, Sequence[str]] = {
    "default": ("daily_account", "daily_campaign", "daily_adset", "daily_ad"),
    "heavy": (
        "daily_adset",
        "daily_ad",
        "daily_ad_with_creative",
        "performance_creative",
        "campaign_age_gender",
        "campaign_region",
    ),
}


@dataclass(frozen=True)
class Bound:
    """What no schedule can be faster than, in seconds, and of what it is made."""

    longest_report: float
    its_calls: float
    answers: float

    @property
    def seconds(self) -> float:
        """The larger of the two reasons."""
        return max(self.longest_report + self.its_calls, self.answers)


@dataclass(frozen=True)
class Schedule:
    """A run, how many rows it wrote, what it could have taken at best, and what the sandbox saw of it."""

    sample: Sample
    rows: int
    bound: Bound
    stats: Mapping[str, Any]


def bound(sandbox: Sandbox, jobs: Mapping[str, Mapping[str, Any]], latency: float) -> Bound:
    """The bound of a run, from the reports that it ordered; each is read again to see what its pages cost alone."""
    zone = sum(_seconds(sandbox, f"act_{sandbox.ad_account_ids[0]}?fields=name,currency,timezone_name"))
    pages = {job: _seconds(sandbox, f"{job}/insights?limit=500") for job in jobs}
    chains = {job: sum(pages[job]) for job in jobs}
    # An order's answer is a number; asking for the time zone stands for it, so that nothing is ordered here.
    last = max(jobs, key=lambda job: jobs[job]["took"] + chains[job])
    made = sum(seconds - latency for times in pages.values() for seconds in times)
    return Bound(jobs[last]["took"], 2 * zone + chains[last], made)


def _seconds(sandbox: Sandbox, path: str) -> list[float]:
    """The time of each page of an answer, one after the other."""
    times = []
    address: str | None = f"{sandbox.url}/v26.0/{path}"
    while address:
        began = time.perf_counter()
        request = urllib.request.Request(address, headers={"Authorization": f"Bearer {sandbox.facebook_token}"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            body = json.load(answer)
        address = body.get("paging", {}).get("next")
        times.append(time.perf_counter() - began)
    return times


def measure(sandbox: Sandbox, reports: Sequence[str], folder: Path) -> tuple[Sample, int]:
    """One run of the tap with its default streams and these reports; also how many rows it wrote."""
    config, out = folder / "config.json", folder / "out.jsonl"
    settings = {
        "account_ids": list(sandbox.ad_account_ids),
        "access_token": sandbox.facebook_token,
        "api_url": sandbox.url,
        "start_date": _SINCE,
        "end_date": _AS_OF,
        "reports": list(reports),
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    sample = run(Command([ours("tap-facebook-ads"), "--config", str(config)]), stdout=out)
    with out.open("rb") as lines:
        return sample, sum(line.startswith(b'{"type":"RECORD"') for line in lines)


def show(name: str, sample: Sample, rows: int, found: Bound, stats: Mapping[str, Any]) -> None:
    """Print what was aimed at and what was reached."""
    jobs = stats["jobs"].values()
    late = [job["seen"] - job["ordered"] - job["took"] for job in jobs]
    quota = max(stats["usage_peak"].values())
    print(
        f"{name}: {sample.wall:.1f} s, at best {found.seconds:.1f} s, ratio {sample.wall / found.seconds:.2f} "
        f"(aim {AIM}); CPU {sample.cpu:.1f} s, {sample.rss:.0f} MB, {rows} rows\n"
        f"  at best: the longest report {found.longest_report:.1f} s + its calls {found.its_calls:.1f} s; "
        f"all answers {found.answers:.1f} s\n"
        f"  {len(late)} reports, the first ordered after {min(job['ordered'] for job in jobs):.1f} s, "
        f"the last after {max(job['ordered'] for job in jobs):.1f} s, "
        f"{sum(job['took'] for job in jobs):.0f} s in all; the last done after "
        f"{max(job['ordered'] + job['took'] for job in jobs):.1f} s, "
        f"read after {max(job['read'] for job in jobs):.1f} s\n"
        f"  seen done {sum(late) / len(late):.1f} s late, at most {max(late):.1f} s; {stats['total_calls']} calls, "
        f"{quota:.1f} % of a quota at most, {stats['limit_violations']} refused",
        flush=True,
    )


def run_schedule(reports: Sequence[str], fastest: float = 5, slowest: float = 60, latency: float = 0.1) -> Schedule:
    """One run in a business of its own, whose reports take so many seconds, and each answer so many more."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_sandbox(
            shops=_ACCOUNTS,
            campaigns=_CAMPAIGNS,
            days=40,
            as_of=_AS_OF,
            job_ms=round(1000 * fastest),
            job_ms_max=round(1000 * slowest),
            latency_ms=round(1000 * latency),
        ) as sandbox,
    ):
        sample, rows = measure(sandbox, reports, Path(folder))
        stats = sandbox.stats()
        return Schedule(sample, rows, bound(sandbox, stats["jobs"], latency), stats)


def lines(bench: Bench) -> list[Line]:
    """Both runs, once each: the reports take the time they take, whatever else the machine does."""
    table = []
    for name, reports in RUNS.items():
        found = run_schedule(reports)
        bench.say(f"  {name}: {found.sample.wall:.1f} s, CPU {found.sample.cpu:.1f} s, {found.sample.rss:.0f} MB")
        work = f"Facebook Ads, 30 days of 2,016 ads, {name} reports"
        table.append(Line(work, found.sample.wall, "s", "best schedule", found.bound.seconds, AIM, "within"))
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--reports", nargs="+", metavar="NAME", help="these reports instead of the two runs")
    parser.add_argument("--fastest", type=float, default=5, metavar="SECONDS", help="the shortest report")
    parser.add_argument("--slowest", type=float, default=60, metavar="SECONDS", help="the longest report")
    parser.add_argument("--latency", type=float, default=0.1, metavar="SECONDS", help="what each answer takes at least")
    options = parser.parse_args()
    runs = {"chosen": options.reports} if options.reports else RUNS
    for name, reports in runs.items():
        found = run_schedule(reports, options.fastest, options.slowest, options.latency)
        show(name, found.sample, found.rows, found.bound, found.stats)


if __name__ == "__main__":
    main()
