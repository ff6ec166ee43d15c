"""The quotas of each property: what is used up within sliding windows of real time, as every answer tells.

https://developers.google.com/analytics/devguides/reporting/data/v1/quotas
"""

from __future__ import annotations

from talat_sandbox.limits import Window
from talat_sandbox.platforms.ga4.protocol import ApiError
from talat_sandbox.stats import Stats

_HOUR, _DAY = 3600.0, 86400.0
CONCURRENT = "concurrentRequests"
SERVER_ERRORS = "serverErrorsPerProjectPerHour"
THRESHOLDED = "potentiallyThresholdedRequestsPerHour"
#: Standard properties: how much in which window, and what is said when it is used up.
QUOTAS = {
    "tokensPerDay": (200_000, _DAY, "Exhausted property tokens per day. These quota tokens will return in under 24 "
                     "hours. To learn more, see https://developers.google.com/analytics/devguides/reporting/data/v1/"
                     "quotas"),
    "tokensPerHour": (40_000, _HOUR, "Exhausted property tokens per hour. These quota tokens will return in under an "
                      "hour."),
    "tokensPerProjectPerHour": (14_000, _HOUR, "Exhausted property tokens for a project per hour. These quota tokens "
                                "will return in under an hour."),
    SERVER_ERRORS: (10, _HOUR, "Exhausted server errors quota. This project may send requests to this property in "
                    "under an hour."),
    THRESHOLDED: (120, _HOUR, "Exhausted potentially thresholded requests quota. This quota will refresh in under an "
                  "hour."),
}  # fmt: skip
_CONCURRENT = 10


class Quotas:
    """Counts tokens by property; there is one project. `set_remaining` lets others use the rest of a quota up."""

    def __init__(self, stats: Stats) -> None:
        self._stats = stats
        self._windows: dict[tuple[str, str], Window] = {}
        self._others: dict[tuple[str, str], int] = {}

    def set_remaining(self, account: str, quota: str, remaining: int) -> None:
        """Let so much of a quota remain now. Raises ValueError for an unknown one."""
        if quota not in QUOTAS:
            raise ValueError(f"no quota {quota}; there are {', '.join(QUOTAS)}")
        self._others[account, quota] = QUOTAS[quota][0] - self._used(account, quota) - remaining

    def check(self, account: str, thresholded: bool) -> None:
        """Raise ApiError when one of the quotas that a request needs is used up."""
        for quota, (_, _, message) in QUOTAS.items():
            if (quota != THRESHOLDED or thresholded) and self.remaining(account, quota) <= 0:
                self._stats.limit_violations[account] += 1
                raise ApiError("RESOURCE_EXHAUSTED", message)

    def charge(self, account: str, tokens: int, thresholded: bool) -> dict[str, dict[str, int]]:
        """Count a request; return what it has used and what remains, as an answer tells."""
        told = {}
        for quota in QUOTAS:
            amount = {SERVER_ERRORS: 0, THRESHOLDED: int(thresholded)}.get(quota, tokens)
            if amount:
                self._window(account, quota).add(amount)
            told[quota] = _status(amount, self.remaining(account, quota))
        return {**told, CONCURRENT: _status(0, _CONCURRENT)}

    def server_error(self, account: str) -> None:
        """Count an answer of 500 and above."""
        self._window(account, SERVER_ERRORS).add(1)

    def remaining(self, account: str, quota: str) -> int:
        """Return what is left, others' use included."""
        left = QUOTAS[quota][0] - self._used(account, quota) - self._others.get((account, quota), 0)
        return max(0, left)

    def _used(self, account: str, quota: str) -> int:
        return self._window(account, quota).total()

    def _window(self, account: str, quota: str) -> Window:
        key = (account, quota)
        if key not in self._windows:
            self._windows[key] = Window(QUOTAS[quota][1])
        return self._windows[key]


def _status(consumed: int, remaining: int) -> dict[str, int]:
    return {"consumed": consumed, "remaining": remaining}
