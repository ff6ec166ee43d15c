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


class Window:
    """What was used up within the last so many seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._taken: deque[tuple[float, int]] = deque()
        self._total = 0

    def add(self, amount: int) -> None:
        """Count a use."""
        self._taken.append((time.monotonic(), amount))
        self._total += amount

    def total(self) -> int:
        """Return the sum of what has not left the window yet."""
        gone = time.monotonic() - self._seconds
        while self._taken and self._taken[0][0] <= gone:
            self._total -= self._taken.popleft()[1]
        return self._total

    def frees_in(self, limit: int) -> float:
        """Return the seconds until less than `limit` is used; 0 when that is so already."""
        left = self.total()
        for at, amount in self._taken:
            if left < limit:
                return 0.0
            left -= amount
            if left < limit:
                return max(0.0, at + self._seconds - time.monotonic())
        return 0.0
