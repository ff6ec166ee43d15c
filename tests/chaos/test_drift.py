"""Answers that change their shape overnight: each record is in its table or, with the reason, in rejected_records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Message, discover
from tests.chaos.conftest import Open
from tests.chaos.pipes import Pipeline
from tests.chaos.reading import BySubject
from tests.subjects import SUBJECTS, Subject, Table

NEWS: dict[str, Any] = {"brand_new": {"deep": [1, {"deeper": "kept"}]}}
_HASH = re.compile(r"[0-9a-f]{64}")
#: What a field of each type may become without a loss: what is sent, and what is then in the table.
HARMLESS: dict[str, dict[str, tuple[Any, Any]]] = {
    "numbers as texts and texts as numbers": {
        "integer": ("12", 12), "number": ("12.50", Decimal("12.5")), "boolean": ("true", True), "string": (7, "7"),
        "array": ("a text", "a text"), "object": ("a text", "a text"),
    },
    "fractions of nothing, maps as lists and lists as maps": {
        "integer": (12.0, 12), "number": (12, 12), "boolean": (1, True), "string": (True, "true"),
        "array": (NEWS, NEWS), "object": ([NEWS], [NEWS]),
    },
    "new fields in what is nested": {"array": ([NEWS], [NEWS]), "object": (NEWS, NEWS)},
    "nothing where there was something": dict.fromkeys(
        ["integer", "number", "boolean", "string", "date-time", "array", "object"], (None, None)
    ),
}  # fmt: skip
#: What no field of a type can be, whatever one does; of a key nothing that is no name.
HOPELESS: dict[str, tuple[str, Any]] = {
    "a fraction where there were whole numbers": ("integer", 12.5),
    "a word where there were whole numbers": ("integer", "many"),
    "a list where there were numbers": ("number", [1]),
    "a map where there were words": ("string", {"en": "a word"}),
    "a word where there were times": ("date-time", "soon"),
    "no key": ("key", None),
    "an empty key": ("key", ""),
    "a map for a key": ("key", {"id": 1}),
}


NEW_FIELDS = {"sandbox_word": "w", "sandbox_map": NEWS}
#: Each befalls an account of its own, all in one night.
CHANGES = (*HARMLESS, "new fields", *HOPELESS)


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    shops = 3 * len(CHANGES) // 2 + 1  # some channels do without every third, which is abroad
    with opening(shops=shops, days=14, orders_per_day=4 * shops, latency_ms=0, job_ms=1, job_ms_max=5) as running:
        yield running


Rows = dict[tuple[str, ...], Message]
#: Those with a call of its own for a stream, in which fields are called as in its records. Google sends all streams by
#: one call, nested or in columns without names: there the taps' own tests know of values that are none.
DRIFTING = [subject for subject in SUBJECTS if any(table.call for table in subject.tables)]


class Scene:
    """What a subject loads from a sandbox before the night and after it, and the type of each field but the keys."""

    def __init__(self, subject: Subject, sandbox: Sandbox, folder: Path) -> None:
        self.config = subject.config(sandbox, folder)
        self.tables = [table for table in subject.tables if table.call]
        accounts = subject.accounts(sandbox)
        assert len(accounts) >= len(CHANGES)
        self.accounts = dict(zip(CHANGES, accounts, strict=False))
        quiet = Pipeline(subject, self.config, folder / subject.name / "quiet")
        assert quiet.run() == 0, quiet.log
        self.before = {table.stream: rows_of(quiet, table) for table in self.tables}
        streams = {stream["tap_stream_id"]: stream for stream in discover(subject.name, self.config)["streams"]}
        self.types = {
            table.stream: {
                name: kind
                for name, declared in streams[table.stream]["schema"]["properties"].items()
                if name not in table.keys and (kind := nullable_type(declared))
                # Of a person there is only a hash, whatever comes.
                if not any(_HASH.fullmatch(str(row[name])) for row in self.before[table.stream].values())
            }
            for table in self.tables
        }
        done = Pipeline(subject, self.config, folder / subject.name / "drifted")
        sandbox.faults(*self.night())
        try:
            assert done.run() == 0, done.log
        finally:
            sandbox.clear_faults()
        assert "Traceback" not in done.log
        self.after = {table.stream: rows_of(done, table) for table in self.tables}
        self.rejected = done.tables.query(f"select * from {subject.schema}.rejected_records")

    def night(self) -> Iterator[Message]:
        """The faults, all of which strike the first record of each answer."""
        for change in CHANGES:
            for table in self.tables:
                where = {"match": {"path": table.call, "account": self.accounts[change]}, "times": None}
                for field, value in self.changing(change, table).items():
                    yield {"kind": "bad_record", "field": field, "value": value, **where}
                for field, value in NEW_FIELDS.items() if change == "new fields" else ():
                    yield {"kind": "unknown_field", "field": field, "value": value, **where}

    def changing(self, change: str, table: Table) -> dict[str, Any]:
        """The fields of a table that a change befalls, and what is sent instead."""
        types = self.types[table.stream]
        if change in HARMLESS:
            values = HARMLESS[change]
            return {field: values[kind][0] for field, kind in types.items() if kind in values}
        wanted, value = HOPELESS.get(change, ("", None))
        return {field: value for field, kind in {**types, list(table.keys)[-1]: "key"}.items() if kind == wanted}

    def of(self, change: str, table: Table) -> tuple[Rows, Rows]:
        """The rows of the account that a change befell, before and after it."""
        account = self.accounts[change]
        before, after = (
            {key: row for key, row in rows[table.stream].items() if key[0] == account}
            for rows in (self.before, self.after)
        )
        assert before
        return before, after

    def aside(self, change: str) -> list[Message]:
        """What was kept aside of that account."""
        return [row for row in self.rejected if row["account_id"] == self.accounts[change]]


def nullable_type(declared: Mapping[str, Any]) -> str:
    """The one type of a field that may be null, a time's being its format; empty for all others."""
    types = list(declared.get("type", ()))
    if len(types) != 2 or "null" not in types or declared.get("properties") == {}:
        return ""
    return str(declared.get("format") or next(kind for kind in types if kind != "null"))


def rows_of(pipeline: Pipeline, table: Table) -> Rows:
    """The rows of a table by key."""
    rows = pipeline.tables.query(f"select * from {pipeline.subject.schema}.{table.stream}")
    return dict(zip(table.found(rows), rows, strict=True))


def same(loaded: Any, expected: Any) -> bool:
    """Whether a column has a value; what is nested, or was, is JSON there."""
    if isinstance(loaded, str) and loaded[:1] in ('"', "[", "{"):
        return bool(json.loads(loaded) == expected)
    return bool(loaded == expected)


@pytest.fixture(scope="module")
def scenes(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    folder = tmp_path_factory.mktemp("drift")
    return BySubject(lambda subject: Scene(subject, sandbox, folder))


@pytest.mark.parametrize("change", HARMLESS)
@pytest.mark.parametrize("name", [subject.name for subject in DRIFTING])
def test_what_can_be_what_it_was_is_loaded_and_nothing_else_changes(
    name: str, change: str, scenes: dict[str, Scene]
) -> None:
    scene, values = scenes[name], HARMLESS[change]
    assert not scene.aside(change)
    changing = changed = 0
    for table in scene.tables:
        before, after = scene.of(change, table)
        assert after.keys() == before.keys()
        for field in scene.changing(change, table):
            expected = values[scene.types[table.stream][field]][1]
            others = {key for key, row in after.items() if row[field] != before[key][field]}
            assert all(same(after[key][field], expected) for key in others), (table.stream, field)
            changing += 1
            changed += bool(others)
    assert changing or {*values} <= {"array", "object"}, "only of what is nested some platforms have nothing"
    assert changed > changing / 2 or not changing, "all but what the platform does not send, or had that value"


@pytest.mark.parametrize("name", [subject.name for subject in DRIFTING])
def test_fields_that_nobody_knows_are_kept_with_all_that_is_in_them(name: str, scenes: dict[str, Scene]) -> None:
    scene = scenes[name]
    assert not scene.aside("new fields")
    for table in scene.tables:
        before, after = scene.of("new fields", table)
        assert after.keys() == before.keys()
        kept = [json.loads(row["extra_fields"]) for row in after.values() if row["extra_fields"]]
        assert kept
        assert all(extra == NEW_FIELDS for extra in kept)


@pytest.mark.parametrize("change", HOPELESS)
@pytest.mark.parametrize("name", [subject.name for subject in DRIFTING])
def test_what_cannot_be_what_it_was_is_kept_aside_with_the_reason(
    name: str, change: str, scenes: dict[str, Scene]
) -> None:
    scene, aside = scenes[name], scenes[name].aside(change)
    # Some platforms have no number in their tables but texts.
    assert bool(aside) == any(scene.changing(change, table) for table in scene.tables)
    assert all(row["reason"] and row["record"] for row in aside)
    for table in scene.tables:
        before, after = scene.of(change, table)
        assert after.keys() <= before.keys()
        assert len(after) + sum(row["stream"] == table.stream for row in aside) == len(before), table.stream
