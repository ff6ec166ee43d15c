"""States that were damaged, merged or of other streams and accounts: refused in a sentence, or nothing is lost."""

from __future__ import annotations

import copy
import importlib
import json
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from meltano.core.state_store.base import MeltanoState

from talat_sandbox.testing import Sandbox
from tap_toolkit.errors import Fatal
from tap_toolkit.ledger import LEDGER
from tap_toolkit.state import StreamState
from tap_toolkit.streams import PlatformStream
from tap_toolkit.tap import PlatformTap
from tap_toolkit.testing import Run, discover, run_tap, selecting
from tap_toolkit.windows import Window, instant, subtract
from tests.chaos.conftest import Open
from tests.chaos.pipes import spans
from tests.chaos.reading import BySubject
from tests.chaos.running import check_complete
from tests.subjects import NAMES, SUBJECTS, Config, Subject


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening(latency_ms=0, orders_per_day=6) as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the tokens that all taps share."""
    return tmp_path_factory.mktemp("states")


@pytest.fixture(scope="module")
def states(sandbox: Sandbox, folder: Path) -> dict[str, dict[str, Any]]:
    """The state of a whole run, by subject, with a gap: as after a window that failed."""

    def with_gaps(subject: Subject) -> dict[str, Any]:
        state = succeeding(subject, subject.config(sandbox, folder)).state
        for (stream, account), (window, *_) in spans(state).items():
            StreamState(stream, state).reopen(account, Window(*window).halves()[1].halves()[0])
        return state

    return BySubject(with_gaps)


def succeeding(subject: Subject, config: Config, **more: Any) -> Run:
    run = run_tap(subject.name, config, **more)
    assert run.exit_code == 0, run.log
    return run


# Damaged states.

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([
        [], {}, [[]], {"covered": []}, {"accounts": {}}, "", "now", "2026-13-01", "2026-10-01", "2026-10-01T00:00:00",
        "2026-10-01T07:00:00+07:00", "2026-10-01T00:00:00.999999Z", "0001-01-01T00:00:00+14:00", "0001-01-01",
        "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "2026-W40-1", "20261001T000000Z",
    ]),
    st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, state: dict[str, Any]) -> dict[str, Any]:
    """The state after up to three accidents at any place of its tree."""
    whole = copy.deepcopy(state)
    for _ in range(draw(st.integers(1, 3))):
        if not whole:
            break
        node: Any = whole
        key: Any = draw(st.sampled_from(sorted(whole)))
        while isinstance(node[key], (dict, list)) and node[key] and draw(st.integers(0, 5)):
            node = node[key]
            key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        match draw(st.sampled_from(["replace", "delete", "double", "turn"])):
            case "delete":
                del node[key]
            case "double" if isinstance(node, list):
                node.insert(key, copy.deepcopy(node[key]))
            case "turn" if isinstance(node, list):
                node.reverse()
            case _:
                node[key] = copy.deepcopy(draw(JUNK))
    return whole


def tap_class(subject: Subject) -> type[PlatformTap]:
    """The class behind the command."""
    module = importlib.import_module(f"{subject.name.replace('-', '_')}.tap")
    (found,) = (kind for kind in vars(module).values() if getattr(kind, "name", None) == subject.name)
    return cast(type[PlatformTap], found)


def opened(subject: Subject, config: Config, state: dict[str, Any]) -> tuple[PlatformTap | None, str]:
    """The tap with a state, or the sentence in which it refuses it."""
    try:
        return tap_class(subject)(config=config, state=state), ""
    except Fatal as refused:
        return None, str(refused)


def claimed(state: dict[str, Any], stream: str, account: str) -> list[Window]:
    """What a state says was read, read from its JSON alone."""
    entry = state.get("bookmarks", {}).get(stream, {}).get("accounts", {}).get(account, {})
    return [Window(instant(start), instant(end)) for start, end in entry.get("covered", [])]


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_state_is_refused_in_a_sentence_or_all_that_it_does_not_claim_is_read(
    subject: Subject, sandbox: Sandbox, folder: Path, states: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    state = data.draw(damaged(states[subject.name]))
    config = subject.config(sandbox, folder)
    tap, refusal = opened(subject, config, copy.deepcopy(state))
    if tap is None:
        assert "The state" in refusal or "The accounts in the state" in refusal
        assert "\n" not in refusal
        return
    start, end = instant(config["start_date"]), instant(config["end_date"])
    for stream in tap.streams.values():
        if not isinstance(stream, PlatformStream) or stream.windows is None:
            continue
        for account in subject.accounts(sandbox):
            tap._zones[account] = UTC  # asking for it is another matter
            planned = stream.plan(account, StreamState(stream.name, tap.state))
            left = subtract([Window(stream.windows.since or start, end)], claimed(state, stream.name, account))
            assert not subtract(left, [window for window in planned if window]), (stream.name, account)


# Other streams and accounts than before.


def tables_of(subject: Subject, sandbox: Sandbox, run: Run, account: str) -> None:
    """The run has read every row of this account."""
    for table in subject.tables:
        field = next(iter(table.keys))
        rows = [row for row in run.records(table.stream) if str(row[field]) == account]
        assert table.found(rows) == {k: v for k, v in table.expected(sandbox).items() if k[0] == account}


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_an_account_that_is_added_is_read_from_the_start_and_one_that_is_removed_keeps_its_state(
    subject: Subject, sandbox: Sandbox, folder: Path
) -> None:
    config = subject.config(sandbox, folder)
    first, second = config[subject.accounts_setting]
    alone = succeeding(subject, {**config, subject.accounts_setting: [first]})
    both = succeeding(subject, config, state=alone.state)
    tables_of(subject, sandbox, both, str(second))
    check_complete(subject, sandbox, alone, both)
    assert {place for place in spans(both.state) if place[1] == str(first)} == set(spans(alone.state))

    other = succeeding(subject, {**config, subject.accounts_setting: [second]}, state=both.state)
    assert spans(other.state) == spans(both.state)
    assert {row["account_id"] for row in other.records("sync_windows")} == {str(second)}


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_a_stream_that_is_added_is_read_from_the_start_and_one_that_is_removed_keeps_its_state(
    subject: Subject, sandbox: Sandbox, folder: Path
) -> None:
    config = subject.config(sandbox, folder)
    catalog = discover(subject.name, config)
    one, other = (table.stream for table in subject.tables[:2])
    alone = succeeding(subject, config, catalog=selecting(catalog, [one, *LEDGER]))
    whole = succeeding(subject, config, state=alone.state)
    check_complete(subject, sandbox, alone, whole)
    assert subject.tables[1].found(whole.records(other)) == subject.tables[1].expected(sandbox)

    again = succeeding(subject, config, state=whole.state, catalog=selecting(catalog, [one, *LEDGER]))
    assert spans(again.state) == spans(whole.state)
    assert not again.records(other)


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_states_of_several_accounts_that_meltano_merges_are_the_state_of_all(
    subject: Subject, sandbox: Sandbox, folder: Path
) -> None:
    config = subject.config(sandbox, folder)
    runs = [
        succeeding(subject, {**config, subject.accounts_setting: [account]})
        for account in config[subject.accounts_setting]
    ]
    one, two = ({"singer_state": run.state} for run in runs)
    merged = json.loads(MeltanoState(state_id="all", partial_state=one, completed_state=two).json_merged())
    state = merged["singer_state"]
    assert spans(state) == spans(runs[0].state) | spans(runs[1].state)
    both = succeeding(subject, config, state=state)
    assert spans(both.state) == spans(state)
    check_complete(subject, sandbox, *runs, both)
    before = [sum(row["requests"] for row in run.records("sync_windows")) for run in runs]
    assert sum(row["requests"] for row in both.records("sync_windows")) <= sum(before)
