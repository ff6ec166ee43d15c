"""The rate budget, under a clock that the test turns."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_toolkit.ratelimit import RateBudget, SlidingWindow
from tap_toolkit.testing import Clock


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
    assert limits.acquire("a").waited == pytest.approx(0.75)


def test_without_a_limit_nobody_waits() -> None:
    clock = Clock()
    limits = RateBudget(clock=clock, sleep=clock.sleep, began=clock.now)
    assert [limits.acquire("a").waited for _ in range(1000)] == [0.0] * 1000


def test_a_refusal_for_rate_pauses_every_account_and_halves_the_rate() -> None:
    clock = Clock()
    limits = budget(clock, app_rate=10)
    limits.throttled("", 4.0)
    assert limits.acquire("b").waited == pytest.approx(4.0)
    began = clock.now
    for _ in range(10):
        limits.acquire("b")
    assert clock.now - began > 1.8


def test_a_pause_of_one_account_leaves_the_others_alone() -> None:
    clock = Clock()
    limits = budget(clock)
    limits.pause(9.0, "a")
    assert limits.acquire("b").waited == 0.0
    assert limits.acquire("a").waited == pytest.approx(9.0)


def test_calls_are_spaced_from_three_quarters_of_an_allowance_on() -> None:
    clock = Clock()
    limits = budget(clock)
    limits.usage(74.9, "a")
    assert [limits.acquire("a").waited for _ in range(5)] == [0.0] * 5
    for percent, apart in ((75.0, 0.2), (81.0, 0.8), (87.0, 3.2)):
        limits.usage(percent, "a")
        limits.acquire("a")
        assert limits.acquire("a").waited == pytest.approx(apart)
    assert limits.acquire("b").waited == 0.0
    limits.usage(40.0, "a")
    limits.acquire("a")
    assert limits.acquire("a").waited == 0.0


def test_no_call_is_sent_from_nine_tenths_of_an_allowance_on_until_it_frees_up() -> None:
    clock = Clock()
    limits = budget(clock)
    limits.usage(90.0, "a", frees_in=120)
    assert limits.acquire("b").waited == 0.0
    assert limits.acquire("a").waited == pytest.approx(120)
    limits.usage(95.0, frees_in=60)
    assert limits.acquire("b").waited == pytest.approx(60)


def test_a_call_that_waits_already_heeds_a_longer_pause() -> None:
    clock = Clock()
    limits = budget(clock)
    limits.pause(10.0, "a")

    def sleep(seconds: float) -> None:
        clock.now += seconds
        if clock.now < 1011:
            limits.pause(30.0, "a")

    limits._sleep = sleep
    assert limits.acquire("a").waited == pytest.approx(40.0)


@settings(max_examples=12)
@given(st.integers(300, 1500), st.integers(1, 8))
def test_an_allowance_whose_use_is_told_is_never_used_up(allowed: int, under_way: int) -> None:
    """Answers tell the use of a rolling hour, and come when so many later calls are sent already."""
    clock = Clock()
    limits = budget(clock)
    granted: list[float] = []
    for _ in range(allowed * 2):
        limits.acquire("a")
        granted.append(clock.now)
        used = sum(1 for moment in granted[:-under_way] if moment > clock.now - 3600)
        limits.usage(100 * used / allowed, "a")
        assert sum(1 for moment in granted if moment > clock.now - 3600) <= allowed


def test_threads_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[float] = []
    lock = threading.Lock()
    clock = Clock()

    def sleep(seconds: float) -> None:
        with lock:
            clock.now += seconds

    def take(window: SlidingWindow, moment: Any) -> None:
        taken.append(moment.at)
        really(window, moment)

    really = SlidingWindow.take
    monkeypatch.setattr(SlidingWindow, "take", take)
    shared = RateBudget(app_rate=5, clock=clock, sleep=sleep, began=0.0)
    threads = [threading.Thread(target=lambda: [shared.acquire("a") for _ in range(25)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 200
    assert taken == sorted(taken)
    assert all(later - first > 1.0 for first, later in zip(taken, taken[5:], strict=False))


def test_whoever_waits_for_an_allowance_leaves_the_slots_for_calls_to_others() -> None:
    limits, slots = RateBudget(began=0.0), threading.Semaphore(1)
    limits.pause(0.3, "a")
    waited: list[float] = []
    waiting = threading.Thread(target=lambda: waited.append(limits.acquire("a", slots).waited))
    waiting.start()
    assert limits.acquire("b", slots).waited == 0
    slots.release()
    waiting.join()
    assert waited[0] > 0.2
    assert not slots.acquire(blocking=False)


def test_whoever_waits_for_a_slot_goes_by_what_was_told_meanwhile() -> None:
    limits, slots = RateBudget(began=0.0), threading.Semaphore(1)
    limits.acquire("a", slots)
    waited: list[float] = []
    waiting = threading.Thread(target=lambda: waited.append(limits.acquire("a", slots).waited))
    waiting.start()
    limits.pause(0.2, "a")
    slots.release()
    waiting.join()
    assert waited[0] > 0.1


def test_a_page_that_waits_goes_before_details_that_waited_longer() -> None:
    limits = RateBudget(account_rate=2, began=-1.0)
    order: list[str] = []

    def ask(name: str) -> None:
        limits.acquire("a", page=name == "page")
        order.append(name)

    ask("first")
    ask("second")
    asking = [threading.Thread(target=ask, args=(name,)) for name in ("details", "details", "details", "page")]
    for thread in asking:
        thread.start()
    limits.acquire("b")
    for thread in asking:
        thread.join()
    assert order[2:4].count("page") == 1
    assert len(order) == 6


def test_a_page_of_one_account_does_not_hold_up_another() -> None:
    limits = RateBudget(account_rate=1, began=-1.0)
    limits.acquire("a")
    page = threading.Thread(target=lambda: limits.acquire("a", page=True))
    page.start()
    assert limits.acquire("b").waited == 0
    page.join()


def test_a_call_counts_from_when_it_was_sent() -> None:
    clock = Clock()
    limits = budget(clock, account_rate=2)
    turns = [limits.acquire("a"), limits.acquire("a")]
    clock.now += 0.3
    for turn in turns:
        turn.sent()
    granted = clock.now
    limits.acquire("a")
    assert clock.now - granted > 1.0
