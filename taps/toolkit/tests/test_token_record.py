"""How tokens are written down: whole, checked when read, and never shown."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_toolkit.errors import Fatal
from tap_toolkit.tokens import Tokens

START = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)

moments = st.none() | st.datetimes(timezones=st.just(UTC))
records = st.builds(
    Tokens,
    st.text(),
    st.none() | st.text(),
    moments,
    moments,
    issued_at=moments,
    refreshing_since=moments,
    seeds=st.lists(st.text()).map(tuple),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(records)
def test_given_any_tokens_then_they_come_back_from_json_as_they_were(tokens: Tokens) -> None:
    assert Tokens.from_dict(json.loads(json.dumps(tokens.to_dict())), "a file") == tokens


names = st.sampled_from(["access_token", "refresh_token", "expires_at", "issued_at", "seeds", "unknown"])


@given(json_values | st.dictionaries(names, json_values))
def test_given_any_other_content_then_one_sentence_names_the_place(data: Any) -> None:
    read = None
    with contextlib.suppress(Fatal):
        read = Tokens.from_dict(data, "a file")
    if read is None:
        with pytest.raises(Fatal, match=r"^The stored tokens in a file are damaged"):
            Tokens.from_dict(data, "a file")
    else:
        assert read.to_dict()["access_token"] == data["access_token"]


def test_given_a_damaged_record_then_the_sentence_holds_none_of_it() -> None:
    with pytest.raises(Fatal) as damaged:
        Tokens.from_dict({"access_token": "hidden-1", "expires_at": "hidden-2"}, "a file")
    assert "hidden" not in str(damaged.value)
    assert damaged.value.__suppress_context__


def test_given_tokens_when_shown_then_no_secret_is() -> None:
    tokens = Tokens("hidden-1", "hidden-2", START, seeds=("hidden-3",))
    assert "hidden" not in f"{tokens} {tokens!r} {[tokens]}"
    assert "2026" in repr(tokens)


@pytest.mark.parametrize("moment", [datetime(2026, 9, 21), START.astimezone(timezone(timedelta(hours=7)))])
def test_given_a_time_that_is_not_utc_then_it_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="expires_at must be an aware time in UTC"):
        Tokens("access", "refresh", moment)


def test_given_many_seeds_then_the_oldest_are_forgotten() -> None:
    tokens = Tokens("access")
    for number in range(20):
        tokens = tokens.remembering(tokens, f"seed-{number}")
        tokens = tokens.remembering(tokens, f"seed-{number}")
    assert [tokens.has_used(f"seed-{number}") for number in range(20)] == [False] * 4 + [True] * 16
