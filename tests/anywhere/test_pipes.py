"""Singer without Meltano: whole pipes from the platform into a table, and all that can be done on the way."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import discover, selecting
from tests.anywhere.shell import Pipe
from tests.anywhere.subjects import CHOSEN
from tests.emulator.launcher import Emulator, running_emulator
from tests.moments import last_month
from tests.subjects import Config, Subject

MIDDLE = last_month(18, "16:00:00")
LEDGER = {"sync_windows", "rejected_records"}


@pytest.fixture(scope="module", params=CHOSEN, ids=lambda subject: subject.name)
def subject(request: pytest.FixtureRequest) -> Subject:
    chosen: Subject = request.param
    return chosen


@pytest.fixture(scope="module")
def config(subject: Subject, sandbox: Sandbox, tokens: Path) -> Config:
    return subject.config(sandbox, tokens)


@pytest.fixture(scope="module")
def catalog(subject: Subject, config: Config) -> str:
    """The catalog as text, so that each test has its own."""
    return json.dumps(discover(subject.name, config))


@pytest.fixture(scope="module")
def whole(subject: Subject, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Pipe:
    """Everything, loaded in two runs, of which the second goes on from the state of the first."""
    pipe = Pipe(tmp_path_factory.mktemp("whole") / "pipe", subject, {**config, "end_date": MIDDLE})
    state = pipe.succeed()
    pipe.config = config
    assert pipe.succeed(state=state)["bookmarks"] != state["bookmarks"]
    return pipe


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


def test_two_pipes_with_the_state_between_load_what_the_platform_has(
    subject: Subject, sandbox: Sandbox, whole: Pipe
) -> None:
    for table in subject.tables:
        rows = whole.tables.query(f"select * from {subject.schema}.{table.stream}")
        assert table.found(rows) == table.expected(sandbox)
        assert rows
    windows = f"{subject.schema}.sync_windows where stream = '{subject.tables[0].stream}'"
    ends = whole.tables.query(f"select max(window_end) as last from {windows} group by run_id order by last")
    first, second = (f"{row['last']:%Y-%m-%dT%H:%M:%SZ}" for row in ends)
    assert first == MIDDLE < second


def test_what_is_not_selected_is_in_no_table(
    subject: Subject, config: Config, catalog: str, whole: Pipe, tmp_path: Path
) -> None:
    table = subject.tables[0]
    chosen = selecting(json.loads(catalog), [table.stream])
    (stream,) = (stream for stream in chosen["streams"] if stream["tap_stream_id"] == table.stream)
    optional = [entry for entry in stream["metadata"] if entry["metadata"]["inclusion"] == "available"]
    fields = {entry["breadcrumb"][1]: entry for entry in optional if len(entry["breadcrumb"]) == 2}
    # Keys and the time of the last change come whatever is selected.
    left_out = next(name for name in [*reversed(table.values), *fields] if name in fields)
    fields[left_out]["metadata"]["selected"] = False
    pipe = Pipe(tmp_path, subject, config)
    pipe.succeed(catalog=chosen)
    assert pipe.tables.names() == [table.stream]
    columns = columns_of(pipe, table.stream)
    assert columns == [name for name in columns_of(whole, table.stream) if name != left_out]
    assert contents(pipe, table.stream, columns) == contents(whole, table.stream, columns)


@pytest.mark.parametrize("where", ["tap", "target"])
def test_stream_maps_rename_drop_hash_and_filter(
    subject: Subject, config: Config, catalog: str, whole: Pipe, tmp_path: Path, where: str
) -> None:
    """In the tap's settings or the loader's, with the same outcome."""
    table = subject.tables[0]
    account, hidden = next(iter(table.keys)), list(table.values)[-1]
    expressions = {
        "__alias__": "renamed",
        "__filter__": f"str({account}) == str(config['account'])",
        "digest": f"md5(str({account}))",
        hidden: "__NULL__",
    }
    (kept,) = whole.tables.query(f"select min({account}) as account from {subject.schema}.{table.stream}")
    maps = {"stream_maps": {table.stream: expressions}, "stream_map_config": {"account": str(kept["account"])}}
    pipe = Pipe(
        tmp_path,
        subject,
        {**config, **(maps if where == "tap" else {})},
        target_config=maps if where == "target" else {},
    )
    pipe.succeed(catalog=selecting(json.loads(catalog), [table.stream]))
    assert pipe.tables.names() == ["renamed"]
    columns = columns_of(pipe, "renamed")
    assert set(columns) == {*columns_of(whole, table.stream), "digest"} - {hidden}
    columns.remove("digest")
    expected = [row for row in contents(whole, table.stream, columns) if kept["account"] in row]
    assert contents(pipe, "renamed", columns) == expected
    assert 0 < len(expected) < len(contents(whole, table.stream, columns))
    digest = hashlib.md5(str(kept["account"]).encode()).hexdigest()
    assert pipe.tables.query(f"select distinct digest from {subject.schema}.renamed") == [{"digest": digest}]


def test_flattened_columns_hold_what_the_nested_ones_did(
    subject: Subject, config: Config, catalog: str, whole: Pipe, tmp_path: Path
) -> None:
    """An object becomes a column for each of its fields, in the schema or not; all other columns stay."""
    schemas = {stream["tap_stream_id"]: stream["schema"]["properties"] for stream in json.loads(catalog)["streams"]}
    pipe = Pipe(tmp_path, subject, {**config, "flattening_enabled": True, "flattening_max_depth": 1})
    pipe.succeed()
    for stream in set(pipe.tables.names()) - LEDGER:
        objects = {name for name, schema in schemas[stream].items() if "properties" in schema}
        stayed = set()
        for column in columns_of(pipe, stream):
            parent, _, child = column.partition("__")
            if parent in objects:
                assert child, column
                nested = values(whole, stream, f"json_extract_string({parent}, '$.{child}')")
                assert values(pipe, stream, f"json_extract_string(to_json({column}), '$')") == nested, column
            else:
                stayed.add(column)
        assert stayed == set(columns_of(whole, stream)) - objects


@pytest.mark.parametrize("target", ["target-duckdb", "target-bigquery"])
def test_batches_load_what_records_do(
    subject: Subject,
    config: Config,
    catalog: str,
    whole: Pipe,
    emulator: Emulator,
    tmp_path: Path,
    target: str,
) -> None:
    files = {"encoding": {"format": "jsonl", "compression": "gzip"}, "storage": {"root": f"file://{tmp_path}"}}
    dataset = subject.schema
    settings = {"project": "p", "dataset": dataset} if target == "target-bigquery" else {}
    pipe = Pipe(tmp_path, subject, {**config, "batch_config": files}, target, settings)
    streams = [table.stream for table in subject.tables]
    pipe.succeed(catalog=selecting(json.loads(catalog), streams), BIGQUERY_EMULATOR_HOST=emulator.host)
    assert list(tmp_path.glob("*.gz"))
    for table in subject.tables:
        if target == "target-bigquery":
            client = bigquery.Client("p", AnonymousCredentials(), client_options={"api_endpoint": emulator.host})
            rows: list[dict[str, Any]] = [dict(row) for row in client.query(f"select * from {dataset}.{table.stream}")]
            client.close()
        else:
            rows = pipe.tables.query(f"select * from {dataset}.{table.stream}")
        assert table.found(rows) == table.found(whole.tables.query(f"select * from {dataset}.{table.stream}"))


def test_every_list_says_what_it_holds(catalog: str) -> None:
    """A published BigQuery loader stops at one that does not."""

    def lists(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if "array" in schema.get("type", ()):
            yield schema
        for part in [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]:
            yield from lists(part)

    found = [part for stream in json.loads(catalog)["streams"] for part in lists(stream["schema"])]
    assert bool(found) == ('"array"' in catalog)
    assert [part for part in found if not part.get("items", {}).get("type")] == []


def columns_of(pipe: Pipe, table: str) -> list[str]:
    """A table's columns, without the loader's own."""
    found = pipe.tables.query(f"describe {pipe.subject.schema}.{table}")
    return [row["column_name"] for row in found if not row["column_name"].startswith("_sdc_")]


def contents(pipe: Pipe, table: str, columns: list[str]) -> list[tuple[Any, ...]]:
    """All rows of some columns, in an order of their own."""
    rows = pipe.tables.query(f"select {', '.join(columns)} from {pipe.subject.schema}.{table}")
    return sorted((tuple(row.values()) for row in rows), key=str)


def values(pipe: Pipe, table: str, expression: str) -> Counter[str]:
    """How often a table has each value of an expression; of nested ones the writing does not matter, nor 20 or 20.0."""

    def plain(value: str | None) -> str:
        try:
            return str(json.loads(value or "null", parse_int=float))
        except ValueError:
            return str(value)

    rows = pipe.tables.query(f"select {expression} as value from {pipe.subject.schema}.{table}")
    return Counter(plain(row["value"]) for row in rows)
