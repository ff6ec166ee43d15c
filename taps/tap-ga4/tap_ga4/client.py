"""GA4's Data API: errors, and the quotas of which every answer tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tap_toolkit.errors import SkipAccount, load_rules
from tap_toolkit.http import ApiClient, Call, Meter, Signed

#: Tokens of a standard property; one of Analytics 360 has ten times as many.
HOURLY = {"tokensPerHour": 40_000, "tokensPerProjectPerHour": 14_000, "potentiallyThresholdedRequestsPerHour": 120}
PER_DAY, DAILY = "tokensPerDay", 200_000
_SHARED = 0.1  # of a day's tokens are left to others, for all tools draw on the same
# After ten answers of 500 and above within an hour Google shuts the property for us.
SERVER_ERRORS, FEWEST_ERRORS = "serverErrorsPerProjectPerHour", 2
#: Seconds to wait after a refusal, by what its text names; Google sends no ``Retry-After``.
_WAITS = (("concurrent", 30.0), ("thresholded", 1800.0), ("per hour", 900.0))


class Ga4Client(ApiClient):
    """Sends the token as a header, and keeps within each property's quotas."""

    rules = load_rules("tap_ga4")
    prefix = "/v1beta/properties/"
    refusal_fields = ("error",)
    throttled_seconds = 60

    def __init__(self, **common: Any) -> None:
        super().__init__(**common)
        self._spent: dict[str, str] = {}

    def sign(self, call: Call, token: str) -> Signed:
        """The token."""
        return Signed(headers={"Authorization": f"Bearer {token}"})

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """``error``: its status, and behind a slash the reason where its details have one."""
        if not isinstance(body, Mapping):
            return "", "an answer that is not an object"
        error = body.get("error")
        if not isinstance(error, Mapping):
            return None
        details = error.get("details")
        reasons = [entry.get("reason") for entry in details or [] if isinstance(entry, Mapping)]
        code = "/".join(str(part) for part in (error.get("status"), *reasons[:1]) if part)
        return code, str(error.get("message") or "")

    def wait_told(self, message: str) -> float | None:
        """By which quota is used up."""
        return next((seconds for text, seconds in _WAITS if text in message.casefold()), None)

    def ready(self, call: Call) -> None:
        """Raise :class:`SkipAccount` for a property of which no more should be asked in this run."""
        if reason := self._spent.get(call.account):
            raise SkipAccount(reason)

    def call(self, call: Call, meter: Meter | None = None) -> Any:
        """The answer; the quota that it tells of sets the pace."""
        answer = super().call(call, meter)
        quota = answer.get("propertyQuota") if isinstance(answer, Mapping) else None
        if isinstance(quota, Mapping):
            self._pace(call.account, quota)
        return answer

    def _pace(self, account: str, quota: Mapping[str, Any]) -> None:
        left = {name: it["remaining"] for name, it in quota.items() if isinstance(it, Mapping) and "remaining" in it}
        used = [100 - 100 * left[name] / _size(most, left[name]) for name, most in HOURLY.items() if name in left]
        if used:
            self.budget.usage(max(used), account)
        if left.get(PER_DAY, DAILY) < _SHARED * DAILY:
            self._spent[account] = (
                f"Of the property's tokens of a day {left[PER_DAY]} are left, which other tools need, too. The next "
                "run after midnight in California goes on."
            )
        if left.get(SERVER_ERRORS, FEWEST_ERRORS) < FEWEST_ERRORS:
            self._spent[account] = (
                "Google has had so many errors of its own within the hour that one more would shut the property. The "
                "next run after an hour goes on."
            )


def _size(standard: int, left: int) -> int:
    """How much a quota is in all, of which so much is left."""
    return standard if left <= standard else standard * 10
