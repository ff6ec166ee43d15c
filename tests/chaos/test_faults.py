"""Whatever goes wrong, in any mix: all rows are there, or what is missing is named and the next run brings it."""

from __future__ import annotations

import csv
import importlib.util
import os
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Message, Run, repeated
from tap_toolkit.windows import Window, instant, subtract
from tests.chaos.conftest import Open
from tests.chaos.pipes import spans
from tests.chaos.reading import BySubject, Reader, by_key, gaps
from tests.subjects import NAMES, SUBJECTS, Subject

ROOT = Path(__file__).parents[2]
EXAMPLES = os.environ.get("CHAOS_EXAMPLES", "")
Fault = dict[str, Any]
# What may befall any platform and passes.
TROUBLES: tuple[Fault, ...] = (
    *({"kind": "http_status", "status": status} for status in (500, 502, 503, 504)),
    {"kind": "http_status", "status": 503, "retry_after": 0},
    # Where nothing is said, some taps wait a minute.
    *({"kind": "http_status", "status": 429, "retry_after": seconds} for seconds in (0, 1)),
    {"kind": "reset"},
    {"kind": "truncate"},
    {"kind": "truncate", "honest_length": True},
    {"kind": "wrong_encoding"},
    {"kind": "latency", "ms": 400},
)
# Pages that are right and odd.
ODDITIES: tuple[Fault, ...] = (
    {"kind": "duplicate", "times": None},
    {"kind": "reverse", "times": None},
    {"kind": "page_size", "rows": 7, "times": None},
)
# Answers that say neither yes nor no.
SHAPELESS: tuple[Fault, ...] = tuple(
    {"kind": "bad_record", "field": name, "value": value}
    for name in ("response", "data", "order_list", "item", "report_run_id", "async_status", "paging")
    for value in ("text", 5, True)
)


def rows_of_errors(subject: Subject) -> list[dict[str, str]]:
    """The tap's error table."""
    table = resources.files(subject.name.replace("-", "_")).joinpath("errors.csv")
    return list(csv.DictReader(table.read_text("utf-8").splitlines()))


def refusals(subject: Subject) -> list[Fault]:
    """Every code that the tap knows, and one that it does not, as the platform answers with it."""
    faults: list[Fault] = []
    for row in [*rows_of_errors(subject), {"code": "*", "text": ""}]:
        code, _, more = row["code"].replace("*", "98765").partition("/")
        code = code.partition("-")[0] or code
        fault: Fault = {"kind": "error", "code": int(code) if code.lstrip("-").isdigit() else code}
        # Where nothing is said, LINE's tap and that of Shopee's ads wait a minute.
        fault |= {"retry_after": 0} if code == "HTTP 429" or "rate_limit" in code else {}
        # Behind a slash Meta has a number, Google a word.
        fault |= {"subcode": int(more)} if more.isdigit() else {"reason": more}
        faults.append({**fault, "message": f"about {row['text']}"})
    return faults


@st.composite
def plans(draw: st.DrawFn, subject: Subject) -> list[Fault]:
    """Up to five faults, each at some calls."""
    kinds = st.sampled_from([TROUBLES, TROUBLES, subject.troubles, ODDITIES, SHAPELESS, refusals(subject)])
    plan = []
    for faults in draw(st.lists(kinds, min_size=1, max_size=5)):
        where = {"path": draw(st.sampled_from(subject.calls))}
        plan.append({"match": where, "times": draw(st.integers(1, 2)), "after": draw(st.integers(0, 8))})
        plan[-1] |= draw(st.sampled_from(faults))
    return plan


class Scene:
    """A subject, its sandbox, and what a run without faults reads."""

    def __init__(self, subject: Subject, sandbox: Sandbox, folder: Path) -> None:
        self.subject, self.sandbox = subject, sandbox
        self.reader = Reader(subject, sandbox, folder)
        self.streams = [table.stream for table in subject.tables]
        quiet = self.reader.read(*self.streams)
        assert quiet.exit_code == 0, quiet.log
        for table in subject.tables:
            assert table.found(quiet.records(table.stream)) == table.expected(sandbox), table.stream
        self.rows = {name: by_key(quiet, name, self.reader.keys[name]) for name in self.streams}

    def read(self, *plan: Mapping[str, Any], state: object = None) -> Run:
        """One run under a plan of faults."""
        self.subject.refill(self.sandbox)
        self.sandbox.faults(*plan)
        try:
            return self.reader.read(*self.streams, state=state)
        finally:
            self.sandbox.clear_faults()

    def check(self, run: Run) -> None:
        """What holds for every run: a sentence instead of a traceback, no row twice, no state past a gap."""
        assert "Traceback" not in run.log, run.log
        missing = {name: self.missing(name, run) for name in self.streams}
        covered = spans(run.state)
        named = set()
        for window in gaps(run):
            place = window["stream"], window["account_id"]
            named.add(place)
            span = [Window(instant(window["window_start"]), instant(window["window_end"]))]
            assert window["error"]
            assert subtract(span, covered.get(place, [])) == [w for w in span if w.start < w.end]
        for name in self.streams:
            assert repeated(run.records(name), self.reader.keys[name]) == []
        if run.exit_code == 0:
            assert not named
            assert not any(missing.values())
        elif "Finished with" in run.last_line:
            # The account is the first part of every key.
            assert {(name, key[0]) for name, keys in missing.items() for key in keys} <= named
            assert named
        else:
            assert run.exit_code == 1  # a mistake that only a person can mend ends a run at once

    def missing(self, stream: str, *runs: Run) -> set[tuple[str, ...]]:
        """The keys that neither were read nor are in rejected_records with their reason."""
        names = self.reader.keys[stream]
        read = {key for run in runs for key in by_key(run, stream, names)}
        refused: list[Mapping[str, Any]] = [
            rejected["record"]
            for run in runs
            for rejected in run.records("rejected_records")
            if rejected["stream"] == stream and rejected["reason"]
        ]
        values = {str(value) for record in refused for value in record.values()}

        def told(key: tuple[str, ...]) -> bool:
            """What a refused call was to tell more of is rejected: a campaign, and not each of its days."""
            parts = dict(zip(names[1:], key[1:], strict=True))
            return any(
                (common := parts.keys() & row.keys()) and all(str(row[name]) == parts[name] for name in common)
                for row in refused
            )

        return {key for key in set(self.rows[stream]) - read if key[-1] not in values and not told(key)}

    def check_completed(self, first: Run, second: Run) -> None:
        """Both runs together, loaded by key, are the truth."""
        assert second.exit_code == 0, second.log
        for name in self.streams:
            assert self.missing(name, first, second) == set(), name
            found: dict[tuple[str, ...], Message] = {}
            for run in (first, second):
                found |= by_key(run, name, self.reader.keys[name])
            assert all(self.rows[name][key] == record for key, record in found.items()), name


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening(days=24, orders_per_day=12, latency_ms=0, job_ms=1, job_ms_max=10) as running:
        yield running


@pytest.fixture(scope="module")
def scenes(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    folder = tmp_path_factory.mktemp("faults")
    return BySubject(lambda subject: Scene(subject, sandbox, folder))


@pytest.mark.parametrize("name", NAMES)
@settings(
    max_examples=int(EXAMPLES or 5),
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_all_rows_are_there_or_what_is_missing_is_named_and_the_next_run_brings_it(
    name: str, scenes: dict[str, Scene], data: st.DataObject
) -> None:
    scene = scenes[name]
    plan = data.draw(plans(scene.subject))
    first = scene.read(*plan)
    note(first.last_line)
    scene.check(first)
    second = scene.read(state=first.state)
    scene.check_completed(first, second)


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_every_row_of_every_error_table_is_held_against_its_decision(subject: Subject) -> None:
    """The taps' own tests ask the sandbox for each code; here only that none is left out."""
    path = ROOT / "taps" / subject.name / "tests" / "test_client.py"
    spec = importlib.util.spec_from_file_location(f"{subject.platform}_client_tests", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    marks = module.test_every_row_of_the_error_table_is_decided_as_it_says.pytestmark
    (cases,) = [mark.args[1] for mark in marks if "row" in mark.args[0]]
    held = [case if isinstance(case, dict) else case.values[0] for case in cases]
    assert all(row in held for row in rows_of_errors(subject))
    assert held
