"""How fast a platform may be asked: by sliding windows over calls, and by what the platform says of its own count."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

_PROCESS_BEGAN = time.monotonic()

# Calls granted a window apart can arrive closer than that; platforms count arrivals.
_ARRIVAL_MARGIN = 1.02

#: Percent of a platform's allowance from which calls are spaced, and from which none is sent.
SLOW_AT, STOP_AT = 75.0, 90.0
# Seconds between calls at 75 % of an allowance; doubled with every three per cent more, they are 6 at 90 %, which the
# smallest allowance known (six hundred calls an hour) bears for ever.
_SPACING = 0.2
# Seconds until a used-up allowance is looked at again where the platform does not say when it frees up: doubled each
# time, because looking is a call too.
_LOOK_AGAIN, _LOOK_SELDOM = 10.0, 900.0
# Seconds after which a call looks again that lets pages go first, when these were granted their turn at the same time.
_TURN = 0.001


@dataclass(slots=True)
class _Moment:
    """When a call was granted; then, when it was sent."""

    at: float


class Turn(NamedTuple):
    """What a call got: after so many seconds, and what to tell when it was sent."""

    waited: float
    sent: Callable[[], None]


@dataclass(slots=True)
class SlidingWindow:
    """At most ``calls`` in any ``per`` seconds. Not thread-safe: :class:`RateBudget` holds the lock.

    A call counts from when it was granted, or, when that is known, from when it was sent.
    """

    calls: int
    per: float
    _granted: deque[_Moment] = field(default_factory=deque)
    _slowdown: float = 1.0

    def earliest(self, now: float) -> float:
        """The first moment at or after ``now`` when one more call fits."""
        if len(self._granted) < self.calls:
            return now
        return max(now, self._granted[0].at + self.per * self._slowdown * _ARRIVAL_MARGIN)

    def take(self, moment: _Moment) -> None:
        """Count a call."""
        self._granted.append(moment)
        if len(self._granted) > self.calls:
            self._granted.popleft()
        self._slowdown = max(1.0, self._slowdown * 0.99)

    def slow_down(self) -> None:
        """Halve the rate; it recovers by a hundredth with each call."""
        self._slowdown = min(16.0, self._slowdown * 2)


class RateBudget:
    """One budget for each (application, account), asked before every request by every thread.

    ``app_rate`` and ``account_rate`` are calls a second, 0 for no limit. The first call waits until a whole window has
    passed since the process began, because a run that ended just before may have used the window up.
    """

    def __init__(
        self,
        *,
        app_rate: float = 0,
        account_rate: float = 0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        began: float = _PROCESS_BEGAN,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._account_rate = account_rate
        self._app = _window(app_rate)
        self._accounts: dict[str, SlidingWindow | None] = {}
        windows = [w for w in (self._app, _window(account_rate)) if w]
        self._not_before = began + max((w.per for w in windows), default=0.0)
        self._paused: dict[str, float] = {}
        self._spacing: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._looks: dict[str, float] = {}
        self._pages: dict[str, set[object]] = {}

    def acquire(self, account: str, slots: threading.Semaphore | None = None, *, page: bool = False) -> Turn:
        """Wait until the account may be asked once more. Thread-safe.

        ``slots`` are for calls under way. One is held on return, but none while waiting, so that others may be asked;
        and nobody is let through who then waits for a slot, while answers tell that too much was asked already.
        A ``page`` of a listing goes before all else of its account, because more calls hang on it.
        """
        slots = slots or threading.Semaphore()
        waiter = object() if page else None
        waited = 0.0
        moment = _Moment(0.0)
        slots.acquire()
        while (wait := self._wait(account, moment, waiter)) > 0:
            slots.release()
            self._sleep(wait)
            waited += wait
            slots.acquire()
        return Turn(waited, partial(self._sent, moment))

    def _sent(self, moment: _Moment) -> None:
        # Threads that were granted calls at one time send them one after the other, and the platform counts arrivals.
        moment.at = self._clock()

    def _wait(self, account: str, granted: _Moment, page: object | None) -> float:
        """Take the present moment and return 0; or the seconds until it is worth asking again.

        Nothing is taken ahead of time: an answer that comes meanwhile may change the pace for all who wait.
        """
        names = {account, ""}
        with self._lock:
            now = self._clock()
            pages = self._pages.setdefault(account, set())
            limits = [limit for limit in (self._app, self._limit(account)) if limit]
            moment = max(now, self._not_before if limits else now)
            for name in names:
                moment = max(
                    moment, self._paused.get(name, now), self._last.get(name, -math.inf) + self._spacing.get(name, 0.0)
                )
            for limit in limits:
                moment = max(moment, limit.earliest(moment))
            if page is None and pages:
                moment = max(moment, now + _TURN)
            if moment > now:
                if page:
                    pages.add(page)
                return moment - now
            pages.discard(page)
            granted.at = now
            for limit in limits:
                limit.take(granted)
            for name in names:
                self._last[name] = now
        return 0.0

    def pause(self, seconds: float, account: str = "") -> None:
        """Let no call start for ``seconds``: of the account, or of the whole application when none is named."""
        with self._lock:
            until = self._clock() + seconds
            self._paused[account] = max(until, self._paused.get(account, until))

    def usage(self, percent: float, account: str = "", *, frees_in: float = 0) -> None:
        """How much of its allowance the platform says is used up, by the account or (unnamed) the application.

        From 75 % on calls are spaced, the more the fuller it is; from 90 % on none is sent for ``frees_in`` seconds.
        """
        with self._lock:
            if percent < SLOW_AT:
                self._spacing.pop(account, None)
            else:
                self._spacing[account] = _SPACING * 2 ** ((min(percent, STOP_AT) - SLOW_AT) / 3)
            if percent < STOP_AT:
                self._looks.pop(account, None)
                return
            if self._clock() < self._paused.get(account, 0.0) and not frees_in:
                return  # an answer to a call that was under way already
            if not frees_in:
                frees_in = self._looks.get(account, _LOOK_AGAIN)
                self._looks[account] = min(_LOOK_SELDOM, frees_in * 2)
        self.pause(frees_in, account)

    def throttled(self, account: str, seconds: float) -> None:
        """The platform refused for rate: pause the account, or the application when none is named; then half the rate.

        Shopee warns that storms over the limit get an application locked, so no worker may go on alone.
        """
        self.pause(seconds, account)
        with self._lock:
            for limit in (self._app, self._limit(account) if account else None):
                if limit:
                    limit.slow_down()

    def _limit(self, account: str) -> SlidingWindow | None:
        if account not in self._accounts:
            self._accounts[account] = _window(self._account_rate)
        return self._accounts[account]


def _window(rate: float) -> SlidingWindow | None:
    """Whole calls in a second, or one call in several seconds for rates below one."""
    if rate <= 0:
        return None
    return SlidingWindow(int(rate), int(rate) / rate) if rate >= 1 else SlidingWindow(1, 1 / rate)
