"""Asynchronous reports: started by POST, polled, then read. They take real time."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from talat_sandbox.business.dice import Dice
from talat_sandbox.options import Options
from talat_sandbox.platforms.facebook_ads.protocol import GraphError
from talat_sandbox.platforms.facebook_ads.query import Query

_KEPT_JOBS = 5000
_DONE = ("Job Completed", "Job Failed", "Job Skipped")
TOO_MUCH = "Please reduce the amount of data you're asking for, then retry your request"


@dataclass
class Job:
    """One report. `fate` is what a planned fault says about it; its figures are those of `as_of`, when it was done.

    That is the business instant at which somebody first saw it done, for nothing happens here unasked.
    """

    run_id: str
    account: str
    query: Query
    started: float
    asked_at: int
    seconds: float
    fate: Mapping[str, Any]
    as_of: int = 0
    status: str = "Job Not Started"
    percent: int = 0
    error: dict[str, object] = field(default_factory=dict)

    def look(self, now: int, is_too_big: Callable[[Query, int], bool]) -> None:
        """Bring status and percent up to date; `now` is the business instant."""
        if self.status in _DONE:
            return
        elapsed = (time.monotonic() - self.started) / self.seconds
        outcome = self.fate.get("outcome")
        if outcome == "stalled":
            self.percent = int(self.fate.get("percent", 0))
            self.status = "Job Running" if self.percent else "Job Not Started"
            return
        # All rows are there a moment before the job is done with them.
        self.percent = min(100, int(elapsed * 100 / 0.85))
        self.status = "Job Not Started" if elapsed < 0.05 else "Job Started" if elapsed < 0.15 else "Job Running"
        lingers = float(self.fate.get("ms", 2000)) / 1000 / self.seconds if outcome == "lingering" else 0
        if elapsed < 1 + lingers:
            return
        self.as_of = now
        if outcome == "failed":
            message = str(self.fate.get("message", "An unknown error occurred."))
            self._fail(int(self.fate.get("code", 2)), self.fate.get("subcode"), message)
        elif outcome == "skipped":
            self.status = "Job Skipped"
        elif is_too_big(self.query, now):
            self._fail(100, 1487534, TOO_MUCH)
        else:
            self.status, self.percent = "Job Completed", 100

    def show(self) -> dict[str, object]:
        """Return the job as Meta shows it."""
        return {
            "id": self.run_id,
            "account_id": self.account,
            "time_ref": self.asked_at,
            "time_completed": self.as_of if self.status == "Job Completed" else 0,
            "async_status": self.status,
            "async_percent_completion": self.percent,
            "is_running": self.status not in _DONE,
            "date_start": self.query.spans[0].first.isoformat(),
            "date_stop": self.query.spans[-1].last.isoformat(),
            **self.error,
        }

    def check_readable(self) -> None:
        """Raise GraphError unless the rows can be read."""
        if self.status != "Job Completed":
            raise GraphError(
                2601,
                "Error accessing adreport job.",
                1815107,
                is_transient=True,
                error_user_title="Loading Async Ads Report Failed",
                error_user_msg="Sorry, the report cannot be loaded successfully. Please check if your job status is "
                "completed instead of failed or running before fetching the data.",
            )
        if self.fate.get("outcome") == "unreadable":
            raise GraphError(2, "Service temporarily unavailable", 1504044, status=500, is_transient=True)

    def _fail(self, code: int, subcode: object, message: str) -> None:
        self.status, self.percent = "Job Failed", min(self.percent, 90)
        self.error = {
            "error_code": code,
            **({"error_subcode": subcode} if subcode else {}),
            "error_message": message,
            "error_user_title": "The report could not be made",
            "error_user_msg": message,
        }


class Jobs:
    """All reports that were asked for; the oldest are forgotten."""

    def __init__(self, seed: int, options: Options) -> None:
        self._seed, self._options = seed, options
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._numbers = count(6_023_920_000_000_000 + secrets.randbelow(10**12))
        self._started = 0

    def start(self, account: str, query: Query, now: int, fate: Mapping[str, Any]) -> Job:
        """Start a report; `now` is the business instant."""
        low = self._options.job_ms
        self._started += 1
        dice = Dice(f"{self._seed}|job|{self._started}")
        seconds = max(0.001, dice.between(low, max(low, self._options.job_ms_max)) / 1000)
        job = Job(str(next(self._numbers)), account, query, time.monotonic(), now, seconds, fate)
        self._jobs[job.run_id] = job
        if len(self._jobs) > _KEPT_JOBS:
            self._jobs.popitem(last=False)
        return job

    def find(self, run_id: str) -> Job | None:
        """Return the report of a number."""
        return self._jobs.get(run_id)
