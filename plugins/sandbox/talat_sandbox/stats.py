"""What clients did to the sandbox."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any


class Stats:
    """Counters since the start or the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything but the requests in flight."""
        self._calls: Counter[tuple[str, str]] = Counter()
        self._errors: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self.limit_violations: Counter[str] = Counter()
        self._peaks: dict[str, float] = {}
        self._jobs: dict[str, dict[str, Any]] = {}
        self._in_flight = getattr(self, "_in_flight", 0)
        self._most_in_flight = self._in_flight
        self._first: float | None = None
        self._last = 0.0

    def arrive(self, path: str, account: str) -> None:
        """Count a request to a platform."""
        if self._first is None:
            self._first = time.monotonic()
        self._calls[path, account] += 1
        self._in_flight += 1
        self._most_in_flight = max(self._most_in_flight, self._in_flight)

    def leave(self) -> None:
        """Count an answer that was sent."""
        self._in_flight = max(0, self._in_flight - 1)
        self._last = time.monotonic()

    def error(self, code: str) -> None:
        """Count an error answer by its platform code or HTTP status."""
        self._errors[code] += 1

    def fault(self, kind: str) -> None:
        """Count a fault of the plan that was applied."""
        self._faults[kind] += 1

    def usage(self, account: str, percent: float) -> None:
        """Remember how much of an account's quota was used at most."""
        self._peaks[account] = max(percent, self._peaks.get(account, 0.0))

    def job(self, run_id: str, step: str, **facts: Any) -> None:
        """Remember when a report was first `ordered` or `seen` done, or last `read`, and facts about it."""
        entry = self._jobs.setdefault(run_id, {})
        now = round(time.monotonic() - (self._first or 0.0), 3)
        entry[step] = now if step == "read" else entry.get(step, now)
        entry.update(facts)

    def report(self) -> dict[str, Any]:
        """Return all counters as JSON-ready values; `calls` by path, then by shop.

        `span_seconds` is the time from the first request's arrival to the last answer; `jobs` has, by report, the
        seconds from the first request until it was `ordered`, first `seen` done, last `read`, and how many it `took`.
        """
        calls: dict[str, dict[str, int]] = {}
        for (path, account), count in sorted(self._calls.items()):
            calls.setdefault(path, {})[account] = count
        return {
            "calls": calls,
            "total_calls": sum(self._calls.values()),
            "limit_violations": sum(self.limit_violations.values()),
            "limit_violations_by_key": dict(self.limit_violations),
            "usage_peak": {account: round(percent, 2) for account, percent in self._peaks.items()},
            "span_seconds": 0.0 if self._first is None else round(max(0.0, self._last - self._first), 4),
            "jobs": self._jobs,
            "max_concurrent_requests": self._most_in_flight,
            "errors": dict(self._errors),
            "faults": dict(self._faults),
        }
