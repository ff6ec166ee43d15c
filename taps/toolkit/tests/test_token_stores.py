"""Stores of tokens: nothing is lost when many write at once."""

from __future__ import annotations

import contextlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_toolkit.token_stores import FileTokenStore, safe_name
from tap_toolkit.tokens import StaleTokens, Tokens, TokenStore

KEY = "shopee/2001887/226001234"


@pytest.fixture(params=["file", "secret manager", "secret manager whose lists lag"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> TokenStore:
    if request.param == "file":
        return FileTokenStore(tmp_path / "tokens")
    request.getfixturevalue("cloud").lag = "lag" in request.param
    made: TokenStore = request.getfixturevalue("secret_store")()
    return made


def test_given_an_empty_store_then_nothing_is_loaded_and_the_first_tokens_are_kept(store: TokenStore) -> None:
    assert store.load(KEY) is None
    store.swap(KEY, None, Tokens("a", "b"))
    assert store.load(KEY) == Tokens("a", "b")
    assert store.load("shopee/2001887/1") is None


def test_given_other_tokens_than_expected_when_swapped_then_it_is_refused_and_nothing_changes(
    store: TokenStore,
) -> None:
    store.swap(KEY, None, Tokens("a"))
    for expected in (None, Tokens("b")):
        with pytest.raises(StaleTokens, match="changed by another process"):
            store.swap(KEY, expected, Tokens("c"))
    store.swap(KEY, Tokens("a"), Tokens("d"))
    assert store.load(KEY) == Tokens("d")


def test_given_writers_at_once_without_a_lock_then_each_swap_has_one_winner(store: TokenStore) -> None:
    store.swap(KEY, None, Tokens("0"))

    def count(_: int) -> None:
        while True:
            present = store.load(KEY)
            assert present is not None
            with contextlib.suppress(StaleTokens):
                return store.swap(KEY, present, Tokens(str(int(present.access_token) + 1)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(40)))
    assert store.load(KEY) == Tokens("40")


def test_given_threads_that_want_the_lock_then_one_at_a_time_has_it(store: TokenStore) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter(number: int) -> None:
        with store.lock(KEY), store.lock("another/key"):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(24)))
    assert most == [1] * 24


def test_given_an_error_under_the_lock_then_it_is_let_go(store: TokenStore) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), store.lock(KEY):
            raise ZeroDivisionError


@given(st.sets(st.text(), min_size=2))
def test_given_different_keys_then_their_names_differ_and_are_plain(keys: set[str]) -> None:
    names = {safe_name(key) for key in keys}
    assert len(names) == len(keys)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]*", name) for name in names)
