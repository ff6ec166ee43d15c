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
from tests.chaos.reading import Reader
from tests.subjects import NAMES, SUBJECTS, Subject, Table

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


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening(days=14, orders_per_day=12, latency_ms=0, job_ms=1, job_ms_max=5) as running:
        yield running


class Scene:
    """A subject in a sandbox, what it loads when nothing has changed, and the type of each field but the keys."""

    def __init__(self, subject: Subject, sandbox: Sandbox, folder: Path) -> None:
        self.subject, self.sandbox, self.folder = subject, sandbox, folder
        self.reader = Reader(subject, sandbox, folder)
        self.tables = [table for table in subject.tables if table.call]
        quiet = self.load("quiet", [])
        self.rows = {table.stream: rows_of(quiet, table) for table in self.tables}
        streams = {stream["tap_stream_id"]: stream for stream in discover(subject.name, self.reader.config)["streams"]}
        self.types = {
            table.stream: {
                name: kind
                for name, declared in streams[table.stream]["schema"]["properties"].items()
                if name not in table.keys and (kind := nullable_type(declared))
                # Of a person there is only a hash, whatever comes.
                if not any(_HASH.fullmatch(str(row[name])) for row in self.rows[table.stream].values())
            }
            for table in self.tables
        }

    def load(self, name: str, faults: list[Message]) -> Pipeline:
        """Tap and target, from nothing, under faults."""
        pipeline = Pipeline(self.subject, self.reader.config, self.folder / self.subject.name / name)
        self.sandbox.faults(*faults)
        try:
            assert pipeline.run() == 0, pipeline.log
        finally:
            self.sandbox.clear_faults()
        assert "Traceback" not in pipeline.log
        return pipeline


def nullable_type(declared: Mapping[str, Any]) -> str:
    """The one type of a field that may be null, a time's being its format; empty for all others."""
    types = list(declared.get("type", ()))
    if len(types) != 2 or "null" not in types or declared.get("properties") == {}:
        return ""
    return str(declared.get("format") or next(kind for kind in types if kind != "null"))


def rows_of(pipeline: Pipeline, table: Table) -> dict[tuple[str, ...], Message]:
    """The rows of a table by key."""
    rows = pipeline.tables.query(f"select * from {pipeline.subject.schema}.{table.stream}")
    return dict(zip(table.found(rows), rows, strict=True))


def becoming(table: Table, field: str, value: Any) -> Message:
    """The fault that changes a field of the first record of each answer."""
    return {"kind": "bad_record", "field": field, "value": value, "match": {"path": table.call}, "times": None}


def same(loaded: Any, expected: Any) -> bool:
    """Whether a column has a value; what is nested, or was, is JSON there."""
    if isinstance(loaded, str) and loaded[:1] in ('"', "[", "{"):
        return bool(json.loads(loaded) == expected)
    return bool(loaded == expected)


@pytest.fixture(scope="module")
def scenes(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Scene]:
    folder = tmp_path_factory.mktemp("drift")
    return {subject.name: Scene(subject, sandbox, folder) for subject in SUBJECTS}


@pytest.mark.parametrize("change", HARMLESS)
@pytest.mark.parametrize("name", NAMES)
def test_what_can_be_what_it_was_is_loaded_and_nothing_else_changes(
    name: str, change: str, scenes: dict[str, Scene]
) -> None:
    scene, values = scenes[name], HARMLESS[change]
    changing = [
        (table, field, *values[kind])
        for table in scene.tables
        for field, kind in scene.types[table.stream].items()
        if kind in values
    ]
    done = scene.load(change, [becoming(table, field, sent) for table, field, sent, _ in changing])
    assert not done.tables.rows("rejected_records")
    loaded = {table.stream: rows_of(done, table) for table in scene.tables}
    assert {stream: set(rows) for stream, rows in loaded.items()} == {s: set(rows) for s, rows in scene.rows.items()}
    changed = set()
    for table, field, _, expected in changing:
        for key, row in loaded[table.stream].items():
            before = scene.rows[table.stream][key][field]
            assert same(row[field], expected) or row[field] == before, (table.stream, field)
            if row[field] != before:
                changed.add((table.stream, field))
    assert len(changed) > len(changing) / 2, "all but what the platform does not send, or had that value"


@pytest.mark.parametrize("name", NAMES)
def test_fields_that_nobody_knows_are_kept_with_all_that_is_in_them(name: str, scenes: dict[str, Scene]) -> None:
    scene, new = scenes[name], {"sandbox_word": "w", "sandbox_map": NEWS}
    done = scene.load("new fields", [
        {"kind": "unknown_field", "field": field, "value": value, "match": {"path": table.call}, "times": None}
        for table in scene.tables for field, value in new.items()
    ])  # fmt: skip
    assert not done.tables.rows("rejected_records")
    for table in scene.tables:
        before, after = scene.rows[table.stream], rows_of(done, table)
        assert after.keys() == before.keys()
        kept = [json.loads(row["extra_fields"]) for row in after.values() if row["extra_fields"]]
        assert kept
        assert all(extra == new for extra in kept)


@pytest.mark.parametrize("change", HOPELESS)
@pytest.mark.parametrize("name", NAMES)
def test_what_cannot_be_what_it_was_is_kept_aside_with_the_reason(
    name: str, change: str, scenes: dict[str, Scene]
) -> None:
    scene, (wanted, value) = scenes[name], HOPELESS[change]
    scene.sandbox.faults(*(
        becoming(table, field, value)
        for table in scene.tables
        for field, kind in {**scene.types[table.stream], list(table.keys)[-1]: "key"}.items()
        if kind == wanted
    ))  # fmt: skip
    try:
        done = scene.reader.read(*(table.stream for table in scene.tables))
    finally:
        scene.sandbox.clear_faults()
    assert done.exit_code == 0, done.log
    for table in scene.tables:
        read = set(table.found(done.records(table.stream)))
        aside = [row for row in done.records("rejected_records") if row["stream"] == table.stream]
        assert all(row["reason"] and row["record"] for row in aside)
        assert read <= set(scene.rows[table.stream])
        assert len(read) + len(aside) == len(scene.rows[table.stream]), table.stream
    assert len(done.records("rejected_records")) >= len(scene.subject.accounts(scene.sandbox))
