"""The rate budget, under a clock that the test turns."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_toolkit.ratelimit import RateBudget


class Clock:
    """Time that passes only by sleeping, and the moments when calls began."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def budget(clock: Clock, **rates: float) -> RateBudget:
    return RateBudget(clock=clock, sleep=clock.sleep, began=0.0, **rates)


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.5)), min_size=1, max_size=120),
    st.integers(1, 12),
    st.integers(1, 6),
)
def test_no_window_of_a_second_ever_holds_more_calls_than_allowed(
    calls: list[tuple[str, float]], app_rate: int, account_rate: int
) -> None:
    clock = Clock()
    limits = budget(clock, app_rate=app_rate, account_rate=account_rate)
    granted: list[tuple[str, float]] = []
    for account, idle in calls:
        clock.now += idle
        limits.acquire(account)
        granted.append((account, clock.now))
    for account, limit in [(None, app_rate), *((name, account_rate) for name in "abc")]:
        times = [moment for name, moment in granted if account in (None, name)]
        for first, beyond in zip(times, times[limit:], strict=False):
            assert beyond - first > 1.0


def test_the_full_rate_is_used() -> None:
    clock = Clock()
    limits = budget(clock, app_rate=10)
    for _ in range(101):
        limits.acquire("a")
    assert clock.now - 1000.0 == pytest.approx(10, rel=0.03)


def test_rates_below_one_a_second_are_kept() -> None:
    clock = Clock()
    limits = budget(clock, app_rate=0.5)
    limits.acquire("a")
    limits.acquire("a")
    assert clock.now - 1000.0 == pytest.approx(2, rel=0.03)


def test_the_first_call_waits_out_the_window_of_a_run_that_ended_just_before() -> None:
    clock = Clock()
    limits = RateBudget(app_rate=5, clock=clock, sleep=clock.sleep, began=999.75)
    assert limits.acquire("a") == pytest.approx(0.75)


def test_without_a_limit_nobody_waits() -> None:
    clock = Clock()
    limits = RateBudget(clock=clock, sleep=clock.sleep, began=clock.now)
    assert [limits.acquire("a") for _ in range(1000)] == [0.0] * 1000


def test_a_refusal_for_rate_pauses_every_account_and_halves_the_rate() -> None:
    clock = Clock()
    limits = budget(clock, app_rate=10)
    limits.throttled("a", 4.0)
    assert limits.acquire("b") == pytest.approx(4.0)
    began = clock.now
    for _ in range(10):
        limits.acquire("b")
    assert clock.now - began > 1.8


def test_a_pause_of_one_account_leaves_the_others_alone() -> None:
    clock = Clock()
    limits = budget(clock)
    limits.pause(9.0, "a")
    assert limits.acquire("b") == 0.0
    assert limits.acquire("a") == pytest.approx(9.0)


def test_threads_share_one_budget() -> None:
    moments: list[float] = []
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            moments.append(seconds)

    frozen = RateBudget(app_rate=5, clock=lambda: 100.0, sleep=sleep, began=0.0)
    threads = [threading.Thread(target=lambda: [frozen.acquire("a") for _ in range(25)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # 200 calls at 5 a second: the last five begin 39 windows after the first.
    assert max(moments) == pytest.approx(39 * 1.02, rel=0.01)
