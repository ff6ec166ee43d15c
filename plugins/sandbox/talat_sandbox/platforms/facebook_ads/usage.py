"""Quotas of each ad account, and the headers that tell how much of them is used.

Two quotas count calls in a long window, one for insights and one for everything else; a score, in which a read is 1 and
a write 3, counts all of them in a short one. https://developers.facebook.com/docs/marketing-api/overview/rate-limiting
"""

from __future__ import annotations

import math
from collections.abc import Callable

import orjson

from talat_sandbox.limits import Window
from talat_sandbox.options import Options
from talat_sandbox.platforms.facebook_ads.protocol import GraphError
from talat_sandbox.stats import Stats

INSIGHTS, MANAGEMENT = "ads_insights", "ads_management"
_CODES = {INSIGHTS: 80000, MANAGEMENT: 80004}
_BASE = {INSIGHTS: 190_000, MANAGEMENT: 100_000}
_EACH_ACTIVE_AD = {INSIGHTS: 400, MANAGEMENT: 40}
_SCORE_SECONDS = 300
_TIER = "standard_access"
_WAIT = "There have been too many calls from this ad-account. Wait a bit and try again."


class Usage:
    """Counts calls by account. `active_ads` tells how many ads of an account deliver now: Meta's quotas grow with them.

    Windows are real time. What is refused does not count, so an account stays refused until its window frees up.
    """

    def __init__(self, options: Options, stats: Stats, active_ads: Callable[[str], int]) -> None:
        self._options, self._stats, self._active_ads = options, stats, active_ads
        self._windows: dict[tuple[str, str], Window] = {}
        self._others: dict[str, int] = {}

    def charge(self, account: str, kind: str, method: str) -> None:
        """Count a call. Raises GraphError when the account has used up what it may."""
        full = self._percent(account, kind) >= 100
        if full or self._score_percent(account) >= 100:
            self._stats.limit_violations[account] += 1
            self._stats.usage(account, self._most(account, kind))
            raise limit_error(kind) if full else limit_error("")
        self._window(account, kind).add(1)
        self._window(account, "").add(3 if method == "POST" else 1)
        self._stats.usage(account, self._most(account, kind))

    def set_others(self, account: str, percent: int) -> None:
        """Let other tools use so many percent of the account's quotas, until it is set again."""
        self._others[account] = percent

    def headers(self, account: str, kind: str, regain_minutes: int | None = None) -> list[tuple[str, str]]:
        """Return the usage headers of an answer about an account; without one only the app's."""
        if not account:
            return [("X-App-Usage", _json(_counts(self._app_percent(MANAGEMENT))))]
        percent, score = self._percent(account, kind), self._score_percent(account)
        regain = self._regain_minutes(account, kind, percent) if regain_minutes is None else regain_minutes
        tier = {"ads_api_access_tier": _TIER}
        of_account = {"acc_id_util_pct": round(score, 2), "reset_time_duration": self._reset_seconds(account)}
        of_kind = {"type": kind, **_counts(percent), "estimated_time_to_regain_access": regain}
        of_insights = {
            "app_id_util_pct": round(self._app_percent(INSIGHTS), 2),
            "acc_id_util_pct": round(self._percent(account, INSIGHTS), 2),
        }
        return [
            ("X-App-Usage", _json(_counts(self._app_percent(kind)))),
            ("X-Ad-Account-Usage", _json({**of_account, **tier})),
            ("X-Business-Use-Case-Usage", _json({account: [{**of_kind, **tier}]})),
            ("X-Fb-Ads-Insights-Throttle", _json({**of_insights, **tier})),
        ]

    def _window(self, account: str, kind: str) -> Window:
        key = (account, kind)
        if key not in self._windows:
            self._windows[key] = Window(self._options.usage_seconds if kind else _SCORE_SECONDS)
        return self._windows[key]

    def _quota(self, account: str, kind: str) -> int:
        fixed = self._options.insights_quota if kind == INSIGHTS else self._options.management_quota
        return fixed or _BASE[kind] + _EACH_ACTIVE_AD[kind] * self._active_ads(account)

    def _percent(self, account: str, kind: str) -> float:
        used = self._window(account, kind).total() * 100 / self._quota(account, kind)
        return used + self._others.get(account, 0)

    def _score_percent(self, account: str) -> float:
        return self._window(account, "").total() * 100 / self._options.score_quota + self._others.get(account, 0)

    def _most(self, account: str, kind: str) -> float:
        return max(self._percent(account, kind), self._score_percent(account))

    def _app_percent(self, kind: str) -> float:
        """Return the app's own use: the mean of what it used of its accounts' quotas."""
        accounts = [account for account, found in self._windows if found == kind]
        used = (self._window(account, kind).total() * 100 / self._quota(account, kind) for account in accounts)
        return sum(used) / max(1, len(accounts))

    def _regain_minutes(self, account: str, kind: str, percent: float) -> int:
        if percent < 100:
            return 0
        if self._others.get(account, 0) >= 100:
            return math.ceil(self._options.usage_seconds / 60)
        room = self._quota(account, kind) * (100 - self._others.get(account, 0)) / 100
        return max(1, math.ceil(self._window(account, kind).frees_in(math.ceil(room)) / 60))

    def _reset_seconds(self, account: str) -> int:
        """Return when the score allows calls again, or while it does, when all of it is free."""
        room = math.ceil(self._options.score_quota * max(0, 100 - self._others.get(account, 0)) / 100)
        over = self._score_percent(account) >= 100
        return math.ceil(self._window(account, "").frees_in(max(1, room) if over else 1))


def limit_error(kind: str) -> GraphError:
    """Return the refusal for one of the two quotas, or for the score."""
    if not kind:
        return GraphError(17, "User request limit reached", 2446079, is_transient=True)
    return GraphError(
        _CODES[kind],
        f"(#{_CODES[kind]}) {_WAIT}",
        2446079,
        is_transient=False,
        error_user_title="Ad account has too many API calls",
        error_user_msg=_WAIT,
    )


def _counts(percent: float) -> dict[str, int]:
    return {"call_count": int(percent), "total_cputime": int(percent), "total_time": int(percent)}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
