"""Bookmarks: what was read, never what a record says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_toolkit.errors import Fatal
from tap_toolkit.state import StreamState, check_state
from tap_toolkit.windows import Window, Windows, days, merge, minutes, subtract

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NOW = EPOCH + days(90)


def window(first: float, last: float) -> Window:
    return Window(EPOCH + days(first), EPOCH + days(last))


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(1, 10), st.booleans()), max_size=20))
def test_the_state_is_the_union_of_what_was_finished_less_what_was_reopened(steps: list[tuple[int, int, bool]]) -> None:
    state: dict[str, Any] = {}
    bookmarks = StreamState("orders", state)
    expected: list[Window] = []
    for first, length, finished in steps:
        span = window(first, first + length)
        if finished:
            bookmarks.finish("1", span)
            expected = merge([*expected, span])
        else:
            bookmarks.reopen("1", span)
            expected = subtract(expected, [span])
    assert StreamState("orders", json.loads(json.dumps(state))).covered("1") == expected


@given(st.sets(st.integers(0, 5)), st.integers(1, 90))
def test_after_any_crash_the_next_run_reads_exactly_the_windows_that_were_not_finished(
    finished: set[int], minutes_back: int
) -> None:
    policy = Windows(span=days(15), lookback=minutes(minutes_back))
    state: dict[str, Any] = {}
    bookmarks = StreamState("orders", state)
    first_run = policy.plan(start=EPOCH, now=NOW)
    for number in finished & set(range(len(first_run))):
        bookmarks.finish("1", first_run[number])
    covered = bookmarks.covered("1")
    again = policy.plan(start=EPOCH, now=NOW, covered=covered)
    missing = subtract(first_run, covered)
    assert subtract(missing, again) == []
    for span in subtract(again, missing):
        assert covered
        assert span.start >= covered[-1].end - policy.lookback


def test_its_size_is_linear_in_accounts_and_not_in_windows() -> None:
    state: dict[str, Any] = {}
    bookmarks = StreamState("orders", state)
    sizes = []
    for account in range(100):
        for number in range(50):
            bookmarks.finish(str(account), window(number, number + 1))
        sizes.append(len(json.dumps(state)))
    assert sizes[-1] < 110 * sizes[0]
    assert len(state["bookmarks"]["orders"]["accounts"]["7"]["covered"]) == 1


def test_accounts_survive_a_merge_by_key() -> None:
    """Meltano merges two states key by key: nothing here may be a list of accounts."""
    one: dict[str, Any] = {}
    StreamState("orders", one).finish("1", window(0, 1))
    two: dict[str, Any] = {}
    StreamState("orders", two).finish("2", window(0, 2))

    def merge_maps(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
        both = {k: merge_maps(left[k], right[k]) for k in left.keys() & right.keys() if isinstance(left[k], dict)}
        return {**left, **right, **both}

    merged = StreamState("orders", merge_maps(one, two))
    assert merged.covered("1") == [window(0, 1)]
    assert merged.covered("2") == [window(0, 2)]


@pytest.mark.parametrize(
    ("state", "says"),
    [
        ([], "not a JSON object"),
        ({"value": {}}, "no map of bookmarks"),
        ({"bookmarks": []}, "no map of bookmarks"),
        ({"bookmarks": {"orders": []}}, "stream orders is not a JSON object"),
        ({"bookmarks": {"gone": []}}, "stream gone is not a JSON object"),
        ({"bookmarks": {"orders": {"replication_key_value": "2026"}}}, "written by another tap"),
        ({"bookmarks": {"orders": {"partitions": []}}}, "written by another tap"),
        ({"bookmarks": {"orders": {"accounts": []}}}, "accounts in the state of stream orders"),
        ({"bookmarks": {"orders": {"accounts": {"1": {}}}}}, "orders, account 1 is corrupt"),
        ({"bookmarks": {"orders": {"accounts": {"1": {"covered": [["yesterday", "x"]]}}}}}, "is corrupt"),
        ({"bookmarks": {"orders": {"accounts": {"1": {"covered": [["2026-01-02", "2026-01-01"]]}}}}}, "is corrupt"),
        ({"bookmarks": {"orders": {"accounts": {"1": {"covered": [["2026-01-02"]]}}}}}, "is corrupt"),
        ({"bookmarks": {"orders": {"accounts": {"1": {"covered": [[1, 2]]}}}}}, "is corrupt"),
    ],
)
def test_a_corrupt_or_foreign_state_is_refused_in_a_sentence(state: Any, says: str) -> None:
    with pytest.raises(Fatal, match=says) as refused:
        check_state(state, tap="tap-x", streams=["orders"])
    assert "Pass the state this tap wrote" in str(refused.value)


def test_a_state_of_its_own_and_of_streams_that_are_gone_is_taken() -> None:
    state: dict[str, Any] = {}
    StreamState("orders", state).finish("1", Window(EPOCH, EPOCH + timedelta(days=1)))
    state["bookmarks"]["gone"] = {"anything": 1}
    check_state(state, tap="tap-x", streams=["orders"])
    check_state({}, tap="tap-x", streams=["orders"])
