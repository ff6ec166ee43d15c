"""One valid pair of tokens for everybody, whatever happens at once or breaks off in between."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tap_toolkit.errors import Fatal, Reauthorize, Retry, SkipAccount, SkipWindow
from tap_toolkit.tokens import StaleTokens, TokenManager, Tokens

START = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)
HOURS = timedelta(hours=1)
SHOP = "226001234"


class Platform:
    """A platform's tokens: each refresh token works once; a second use locks the account out until a new consent."""

    def __init__(self, lasts: timedelta = 4 * HOURS) -> None:
        self.lasts = lasts
        self.refreshes = 0
        self.locked_out = False
        self.refresh_token = "seed-0"
        self.access_token = ""
        self.trouble: list[BaseException] = []
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._lock = threading.Lock()

    def consent(self, seed: str) -> None:
        self.refresh_token, self.locked_out = seed, False

    def rotate(self, refresh_token: str | None) -> tuple[str, str] | None:
        with self._lock:
            if self.locked_out or refresh_token != self.refresh_token:
                self.locked_out = True
                return None
            self.refreshes += 1
            self.access_token, self.refresh_token = f"access-{self.refreshes}", f"refresh-{self.refreshes}"
            return self.access_token, self.refresh_token

    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        if self.trouble:
            raise self.trouble.pop()
        pair = self.rotate(tokens.refresh_token)
        if pair is None:
            raise SkipAccount("The platform answered «error_refresh_token».")
        return Tokens(*pair, expires_at=self.now() + self.lasts)


class Memory:
    """A store in memory, which counts how often it is read."""

    def __init__(self) -> None:
        self.records: dict[str, Tokens] = {}
        self.loads = 0
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[None]:
        with self._lock:
            yield

    def load(self, key: str) -> Tokens | None:
        self.loads += 1
        return self.records.get(key)

    def swap(self, key: str, expected: Tokens | None, new: Tokens) -> None:
        if self.records.get(key) != expected:
            raise StaleTokens("changed")
        self.records[key] = new


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, span: timedelta) -> None:
        self.now += span


class Bench:
    """A platform, a store and a clock, and managers over them."""

    def __init__(self, lasts: timedelta = 4 * HOURS) -> None:
        self.platform, self.store, self.clock = Platform(lasts), Memory(), Clock()
        self.platform.now = self.clock

    def manager(self, seed: str | None = "seed-0", **more: Any) -> TokenManager:
        arguments: dict[str, Any] = {"refresh": self.platform.refresh, "clock": self.clock, **more}
        seeds = {SHOP: seed} if seed else {}
        return TokenManager(self.store, key=key_of, seeds=seeds, tap_name="tap-shopee", **arguments)

    @property
    def stored(self) -> Tokens:
        return self.store.records[key_of(SHOP)]


def key_of(account: str) -> str:
    return f"shopee/2001887/{account}"


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_given_a_seed_when_a_token_is_asked_for_then_it_is_refreshed_once_and_stored(bench: Bench) -> None:
    manager = bench.manager()
    assert [manager.access_token(SHOP) for _ in range(3)] == ["access-1"] * 3
    assert bench.stored.refresh_token == "refresh-1"
    assert bench.manager().access_token(SHOP) == "access-1", "another process takes what is stored"
    assert bench.platform.refreshes == 1


def test_given_a_valid_token_then_the_hot_path_reads_no_store(bench: Bench) -> None:
    manager = bench.manager()
    manager.access_token(SHOP)
    before = bench.store.loads
    for _ in range(1000):
        manager.access_token(SHOP)
    assert bench.store.loads == before


def test_given_the_margin_when_time_passes_then_the_token_is_renewed_ahead_of_its_end(bench: Bench) -> None:
    manager = bench.manager()
    manager.access_token(SHOP)
    bench.clock.advance(4 * HOURS - timedelta(seconds=301))
    assert manager.access_token(SHOP) == "access-1"
    bench.clock.advance(timedelta(seconds=1))
    assert manager.access_token(SHOP) == "access-2"


def test_given_a_token_shorter_than_the_margin_then_it_is_still_used_for_most_of_its_life() -> None:
    bench = Bench(lasts=timedelta(seconds=60))
    manager = bench.manager()
    manager.access_token(SHOP)
    bench.clock.advance(timedelta(seconds=44))
    assert manager.access_token(SHOP) == "access-1"
    bench.clock.advance(timedelta(seconds=1))
    assert manager.access_token(SHOP) == "access-2"


def test_given_a_rejected_token_then_it_is_renewed_once_for_all(bench: Bench) -> None:
    first, second = bench.manager(), bench.manager()
    assert first.access_token(SHOP) == second.access_token(SHOP) == "access-1"
    assert first.renew(SHOP, "access-1") == "access-2"
    assert second.renew(SHOP, "access-1") == "access-2"
    assert second.access_token(SHOP) == "access-2"
    assert bench.platform.refreshes == 2


def test_given_no_tokens_then_the_account_is_skipped_with_the_command_to_run(bench: Bench) -> None:
    with pytest.raises(SkipAccount, match=f"There are no tokens for {SHOP}: run `tap-shopee authorize`"):
        bench.manager(seed=None).access_token(SHOP)
    assert not bench.store.records


@pytest.mark.parametrize("expires", [START + 24 * 60 * HOURS, None], ids=["60 days", "never"])
def test_given_a_token_that_cannot_be_renewed_then_it_is_used_to_its_end(
    bench: Bench, expires: datetime | None
) -> None:
    manager = bench.manager(seed=None)
    manager.adopt(SHOP, Tokens("long-lived", None, expires))
    bench.clock.advance(24 * 60 * HOURS - timedelta(seconds=1))
    assert manager.access_token(SHOP) == bench.manager(seed=None).access_token(SHOP) == "long-lived"
    with pytest.raises(SkipAccount, match="no longer accepted and cannot be renewed: run `tap-shopee authorize`"):
        manager.renew(SHOP, "long-lived")
    bench.clock.advance(timedelta(seconds=1))
    if expires:
        with pytest.raises(SkipAccount, match="have expired and cannot be renewed: run `tap-shopee authorize`"):
            manager.access_token(SHOP)
    else:
        assert manager.access_token(SHOP) == "long-lived"


def test_given_a_platform_that_keeps_its_refresh_token_then_so_do_we(bench: Bench) -> None:
    asked = []

    def refresh(account: str, tokens: Tokens) -> Tokens:
        asked.append(tokens.refresh_token)
        return Tokens(f"access-{len(asked)}")

    manager = bench.manager(refresh=refresh)
    manager.renew(SHOP, manager.access_token(SHOP))
    assert asked == ["seed-0", "seed-0"]


# Seeds.


def test_given_a_new_consent_in_the_settings_then_it_begins_a_new_chain_once(bench: Bench) -> None:
    bench.manager("seed-0").access_token(SHOP)
    bench.platform.consent("seed-1")
    assert bench.manager("seed-1").access_token(SHOP) == "access-2"
    assert bench.manager("seed-1").access_token(SHOP) == "access-2"
    assert bench.manager("seed-0").access_token(SHOP) == "access-2", "a used seed is never used again"
    assert not bench.platform.locked_out


def test_given_seeds_then_the_store_holds_only_salted_digests(bench: Bench) -> None:
    bench.manager().access_token(SHOP)
    other = Tokens("x").remembering(None, "seed-0")
    assert "seed-0" not in json.dumps(bench.stored.to_dict())
    assert bench.stored.has_used("seed-0")
    assert bench.stored.seeds != other.seeds


def test_given_a_consent_by_command_then_the_seed_in_the_settings_is_used_up(bench: Bench) -> None:
    manager = bench.manager("seed-0")
    bench.platform.consent("refresh-by-command")
    manager.adopt(SHOP, Tokens("by-command", "refresh-by-command", START + 4 * HOURS))
    assert bench.manager("seed-0").access_token(SHOP) == "by-command"
    bench.clock.advance(4 * HOURS)
    assert bench.manager("seed-0").access_token(SHOP) == "access-1"


def test_given_a_refused_seed_when_tokens_are_stored_then_the_sentence_says_which_and_they_stay(bench: Bench) -> None:
    bench.manager().access_token(SHOP)
    bench.platform.trouble = [SkipAccount("Refused.")]
    with pytest.raises(SkipAccount, match=r"^Refused\. It was the setting refresh_tokens that was refused"):
        bench.manager("mistyped").access_token(SHOP)
    assert bench.manager(seed=None).access_token(SHOP) == "access-1"


# What breaks off in between.


@pytest.mark.parametrize("trouble", [Retry("Broke off."), SkipWindow("In vain.")], ids=["retry", "given up"])
def test_given_passing_trouble_ahead_of_the_end_then_the_present_token_is_used_and_asked_again_a_minute_later(
    bench: Bench, trouble: Exception
) -> None:
    manager = bench.manager()
    manager.access_token(SHOP)
    bench.clock.advance(4 * HOURS - timedelta(seconds=200))
    bench.platform.trouble = [trouble]
    assert manager.access_token(SHOP) == manager.access_token(SHOP) == "access-1"
    assert bench.platform.refreshes == 1
    bench.clock.advance(timedelta(seconds=60))
    assert manager.access_token(SHOP) == "access-2"


def test_given_passing_trouble_when_the_token_is_over_or_rejected_then_it_is_raised_and_the_next_try_works(
    bench: Bench,
) -> None:
    manager = bench.manager()
    manager.access_token(SHOP)
    bench.platform.trouble = [Retry("Broke off."), Retry("Broke off.")]
    with pytest.raises(Retry, match="Broke off"):
        manager.renew(SHOP, "access-1")
    bench.clock.advance(4 * HOURS)
    with pytest.raises(Retry, match="Broke off"):
        manager.access_token(SHOP)
    assert manager.access_token(SHOP) == "access-2"
    assert bench.stored.refreshing_since is None


@pytest.mark.parametrize(
    ("trouble", "told"),
    [
        (Retry("Broke off."), True),
        (SkipWindow("In vain."), True),
        (Fatal("Unreachable."), True),
        (KeyError("access_token"), True),
        (KeyboardInterrupt(), True),
        (Retry("Too fast.", throttled=True), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_given_a_refresh_without_an_answer_when_the_next_is_refused_then_the_sentence_says_when_it_began(
    bench: Bench, trouble: BaseException, told: bool
) -> None:
    def refresh(account: str, tokens: Tokens) -> Tokens:
        raise trouble

    with pytest.raises(type(trouble)):
        bench.manager(refresh=refresh).access_token(SHOP)
    bench.clock.advance(HOURS)
    bench.platform.consent("someone else's")
    for _ in range(2):  # and again by the next run
        with pytest.raises(SkipAccount) as refused:
            bench.manager().access_token(SHOP)
        assert ("A refresh that began at 2026-09-21 12:00:00 UTC did not bring" in str(refused.value)) is told
    assert str(refused.value).startswith("The platform answered «error_refresh_token».")


@pytest.mark.parametrize("refusal", [SkipAccount, Reauthorize])
def test_given_a_refusal_then_it_passes_through_and_leaves_no_note_of_an_unfinished_refresh(
    bench: Bench, refusal: type[Exception]
) -> None:
    manager = bench.manager()
    manager.access_token(SHOP)
    before = bench.stored
    bench.platform.trouble = [refusal("No longer linked.")]
    with pytest.raises(refusal, match=r"^No longer linked\.$"):
        manager.renew(SHOP, "access-1")
    assert bench.stored == before


def test_given_an_answer_without_an_access_token_then_it_is_not_stored(bench: Bench) -> None:
    with pytest.raises(Fatal, match="without an access token"):
        bench.manager(refresh=lambda account, tokens: Tokens("", "refresh")).access_token(SHOP)
    assert bench.stored.refresh_token is None


@pytest.mark.parametrize("taken", [False, True], ids=["only noted", "other consent"])
def test_given_a_lost_lock_then_a_new_pair_is_kept_unless_someone_stored_another(bench: Bench, taken: bool) -> None:
    bench.manager().access_token(SHOP)
    bench.store.records[key_of("other")] = bench.stored

    def refresh(account: str, tokens: Tokens) -> Tokens:
        note = replace(bench.stored, refreshing_since=START + HOURS)
        bench.store.records[key_of(SHOP)] = Tokens("consented", "anew") if taken else note
        return bench.platform.refresh(account, tokens)

    if taken:
        with pytest.raises(StaleTokens):
            bench.manager(refresh=refresh).renew(SHOP, "access-1")
        assert bench.stored == Tokens("consented", "anew")
    else:
        assert bench.manager(refresh=refresh).renew(SHOP, "access-1") == "access-2"
        assert bench.stored.refresh_token == "refresh-2"
        assert bench.stored.refreshing_since is None


# Everything in any order.


class AnyOrder(RuleBasedStateMachine):
    """Two processes, time, broken connections and new consents, in whatever order hypothesis finds."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.seed = "seed-0"
        self.managers = [self.bench.manager(), self.bench.manager()]
        self.managers[0].access_token(SHOP)

    @rule(which=st.integers(0, 1))
    def use(self, which: int) -> None:
        manager, platform = self.managers[which], self.bench.platform
        token = manager.access_token(SHOP)
        if token != platform.access_token:
            token = manager.renew(SHOP, token)
        assert token == platform.access_token
        assert self.bench.stored.refresh_token == platform.refresh_token

    @rule(which=st.integers(0, 1))
    def reject(self, which: int) -> None:
        manager, platform = self.managers[which], self.bench.platform
        platform.access_token = "withdrawn"
        token = manager.renew(SHOP, manager.access_token(SHOP))
        assert token == platform.access_token or manager.renew(SHOP, token) == platform.access_token

    @rule(which=st.integers(0, 1), trouble=st.sampled_from([Retry("Broke off."), KeyboardInterrupt()]))
    def break_off(self, which: int, trouble: BaseException) -> None:
        self.bench.platform.trouble = [trouble]
        with contextlib.suppress(Retry, KeyboardInterrupt):
            self.managers[which].access_token(SHOP)
        self.bench.platform.trouble = []

    @rule(minutes=st.integers(1, 300))
    def wait(self, minutes: int) -> None:
        self.bench.clock.advance(timedelta(minutes=minutes))

    @rule(number=st.integers(0, 3), stale=st.booleans())
    def consent_in_settings(self, number: int, stale: bool) -> None:
        """One process learns of a new consent; the other may still be configured with the old one."""
        self.seed = f"{self.bench.platform.refresh_token}/{number}"
        self.bench.platform.consent(self.seed)
        self.managers[0] = self.bench.manager(self.seed)
        self.managers[0].access_token(SHOP)
        if not stale:
            self.managers[1] = self.bench.manager(self.seed)

    @rule(which=st.integers(0, 1))
    def restart(self, which: int) -> None:
        self.managers[which] = self.bench.manager(self.seed)

    @invariant()
    def nobody_is_locked_out(self) -> None:
        assert not self.bench.platform.locked_out


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
