"""Sliding-window rate limits."""

from __future__ import annotations

import time
from collections import deque


class RateLimit:
    """At most `per_second` answers within any second for each key; 0 means no limit."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._taken: dict[str, deque[float]] = {}

    def allows(self, key: str) -> bool:
        """Count one request against a key; false when it comes too fast. Refused requests do not count."""
        if self.per_second <= 0:
            return True
        taken = self._taken.setdefault(key, deque())
        now = time.monotonic()
        while taken and taken[0] <= now - 1.0:
            taken.popleft()
        if len(taken) >= self.per_second:
            return False
        taken.append(now)
        return True
