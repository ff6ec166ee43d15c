"""The order of loads and states, and the messages that are not records."""

from __future__ import annotations

import gzip
import io
import json
import random
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from talat_warehouse.errors import WarehouseError
from talat_warehouse.sink import WarehouseSink

from .conftest import Warehouse, lines, raw_record, record, schema, state

TIMESTAMP = {"type": ["string", "null"], "format": "date-time"}
ITEM = schema("items", ["id"], id="integer", name="string")


@pytest.mark.parametrize("compression", ["gzip", None])
def test_given_batch_files_then_their_rows_are_loaded_before_state(
    warehouse: Warehouse, tmp_path: Path, compression: str | None
) -> None:
    text = "".join(json.dumps({"id": i, "name": f"ชื่อ {i}"}, ensure_ascii=False) + "\n" for i in range(7)).encode()
    files = []
    for number, part in enumerate([text, b'{"id":3,"name":"later"}\n']):
        file = tmp_path / f"batch-{number}.jsonl"
        file.write_bytes(gzip.compress(part) if compression else part)
        files.append(file.as_uri())
    batch = {
        "type": "BATCH",
        "stream": "items",
        "encoding": {"format": "jsonl", "compression": compression},
        "manifest": files,
    }
    assert warehouse.load([ITEM, batch, record("items", id=8), state(1)], batch_size_rows=4) == [{"at": 1}]
    names = {row["id"]: row["name"] for row in warehouse.rows("items")}
    assert names == {**{i: f"ชื่อ {i}" for i in range(7)}, 3: "later", 8: None}


def test_given_batch_files_that_cannot_be_read_then_it_says_so(duck: Warehouse, tmp_path: Path) -> None:
    batch = {"type": "BATCH", "stream": "items", "encoding": {"format": "parquet"}, "manifest": ["file:///x.parquet"]}
    with pytest.raises(WarehouseError, match="format 'parquet'"):
        duck.load([ITEM, batch, state(1)])
    batch = {**batch, "encoding": {"format": "jsonl"}, "manifest": [(tmp_path / "gone.jsonl").as_uri()]}
    with pytest.raises(WarehouseError, match=r"gone\.jsonl cannot be read"):
        duck.load([ITEM, batch, state(1)])


def test_given_interleaved_streams_then_state_follows_all_records_before_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Every STATE is due at once, so that each is written in the middle of the run.
    monkeypatch.setattr(warehouse.target, "state_seconds", 0.0)
    chance = random.Random(7)
    streams = ["a", "b", "c"]
    messages = [schema(stream, ["id"], id="integer") for stream in streams]
    sent: dict[str, set[int]] = {stream: set() for stream in streams}
    expected = []
    for number in range(40 if warehouse.engine == "duckdb" else 12):
        stream = chance.choice(streams)
        messages.append(record(stream, id=number))
        sent[stream].add(number)
        if chance.random() < 0.4:
            messages.append(state(number))
            expected.append((number, {name: set(ids) for name, ids in sent.items()}))
    target = warehouse.open(batch_size_rows=3)
    loaded: dict[str, set[int]] = {stream: set() for stream in streams}
    written = []
    load = target.engine.load

    def watched_load(table: Any, batch: Any) -> None:
        load(table, batch)
        with batch.path.open() as file:
            loaded[table.name] |= {json.loads(line)["id"] for line in file}

    def watched_state(value: dict[str, Any]) -> None:
        written.append((value["at"], {name: set(ids) for name, ids in loaded.items()}))

    monkeypatch.setattr(target.engine, "load", watched_load)
    monkeypatch.setattr(target, "_write_state_message", watched_state)
    for message in messages:
        target.process_lines(io.StringIO(json.dumps(message) + "\n"))
    target.process_endofpipe()
    target.close()
    at_state = dict(expected)
    assert [number for number, _ in written[: len(expected)]] == [number for number, _ in expected]
    for number, there in written:
        assert all(at_state[number][name] <= there[name] for name in streams)
    assert {name: {row["id"] for row in warehouse.rows(name)} for name in streams} == sent


def test_given_a_state_long_after_the_last_then_what_came_before_is_loaded_for_it(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("talat_warehouse.target.time", SimpleNamespace(monotonic=lambda: clock[0]))
    target = warehouse.open()
    happened: list[Any] = []
    load = target.engine.load

    def watched_load(table: Any, batch: Any) -> None:
        load(table, batch)
        happened.append(f"{batch.rows} loaded")

    monkeypatch.setattr(target.engine, "load", watched_load)
    monkeypatch.setattr(target, "_write_state_message", lambda value: happened.append(value["at"]))
    target.process_lines(io.StringIO(lines([ITEM])))
    for number, passed in enumerate([0, 0.9, 1.1, 2, 2.2, 5, 5.5]):  # of the seconds that a state may be old
        clock[0] = 1000 + passed * target.state_seconds
        target.process_lines(io.StringIO(lines([record("items", id=number), state(number)])))
    assert happened == ["3 loaded", 2, "2 loaded", 4, "1 loaded", 5]
    target.process_endofpipe()
    target.close()
    assert happened[6:] == ["1 loaded", 6]


def test_given_a_failed_load_of_one_stream_then_no_state_passes(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = WarehouseSink.process_batch

    def failing(sink: WarehouseSink, context: dict[str, Any]) -> None:
        if sink.stream_name == "b":
            raise WarehouseError("the disk is full")
        load(sink, context)

    monkeypatch.setattr(WarehouseSink, "process_batch", failing)
    messages = [schema("a", ["id"], id="integer"), schema("b", ["id"], id="integer")]
    messages += [record("a", id=1), record("b", id=1), record("a", id=2), state(1)]
    states: list[Any] = []
    monkeypatch.setattr(warehouse.target, "_write_state_message", lambda _, value: states.append(value))
    with pytest.raises(WarehouseError, match="disk is full"):
        warehouse.load(messages)
    assert states == []


def test_given_a_line_that_breaks_off_then_what_came_before_is_loaded_and_acknowledged(duck: Warehouse) -> None:
    whole: list[Any] = [ITEM, record("items", id=1), state(1), record("items", id=2)]
    for cut in (
        '{"type":"RECORD","stream":"items","rec',
        '{"type":"RECORD","stream":"items","record":{"id":3,"name":"ต',
    ):
        done = duck.command([*whole, cut], ends_whole=False)
        assert done.returncode == 1
        assert done.stdout == '{"at":1}\n'
        assert "line 5 of the input breaks off: the tap was stopped." in done.stderr
        assert [row["id"] for row in duck.rows("items")] == [1, 2]
    assert duck.command([*whole, state(2)], ends_whole=False).stdout == '{"at":2}\n', "only the newline is missing"


def test_given_a_load_that_goes_on_then_records_are_read_and_all_else_waits(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = warehouse.open(batch_size_rows=2)
    went_on = threading.Event()
    happened = []
    load, add_columns = target.engine.load, target.engine.add_columns

    def slow_load(table: Any, batch: Any) -> None:
        assert went_on.wait(60)
        load(table, batch)
        happened.append(f"{batch.rows} loaded")

    def watched_add(table: Any, columns: Any) -> None:
        happened.append(f"{[*columns]} added")
        add_columns(table, columns)

    monkeypatch.setattr(target.engine, "load", slow_load)
    monkeypatch.setattr(target.engine, "add_columns", watched_add)
    monkeypatch.setattr(target, "_write_state_message", lambda _: happened.append("state"))
    rows = [record("items", id=number) for number in range(3)]
    target.process_lines(io.StringIO(lines([ITEM, *rows])))  # and comes back, with the first two not loaded yet
    happened.append("read")
    went_on.set()
    target.process_lines(io.StringIO(lines([record("items", id=3, new="x"), state(1)])))
    target.process_endofpipe()
    target.close()
    assert happened == ["read", "2 loaded", "['new'] added", "2 loaded", "state"]
    assert [row["id"] for row in warehouse.rows("items")] == [0, 1, 2, 3]


def test_given_a_load_that_fails_while_records_are_read_then_the_run_ends_with_its_sentence(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> None:
        raise WarehouseError("the disk is full")

    target = warehouse.open(batch_size_rows=4)
    states: list[Any] = []
    monkeypatch.setattr(target.engine, "load", failing)
    monkeypatch.setattr(target, "_write_state_message", states.append)
    try:
        with pytest.raises(WarehouseError, match=r"^Stream 'items': the disk is full$"):
            target.listen(io.StringIO(lines([ITEM, *(record("items", id=number) for number in range(9)), state(1)])))
    finally:
        target.close()
    assert states == []
    assert warehouse.rows("items") == []


def test_given_a_repeated_schema_then_it_is_ignored(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    batches = []
    load = WarehouseSink.process_batch

    def counting(sink: WarehouseSink, context: dict[str, Any]) -> None:
        batches.append(sink.current_size)
        load(sink, context)

    monkeypatch.setattr(WarehouseSink, "process_batch", counting)
    own = schema("items", ["id"], id="integer", _sdc_sequence="integer", _sdc_deleted_at=TIMESTAMP)
    warehouse.load([message for i in range(5) for message in (own, record("items", id=i, _sdc_sequence=1))])
    assert batches == [5]
    assert len(warehouse.rows("items")) == 5


def test_given_activate_version_then_nothing_fails(warehouse: Warehouse) -> None:
    versioned = {"type": "ACTIVATE_VERSION", "stream": "items", "version": 1}
    assert warehouse.load([ITEM, versioned, record("items", id=1), versioned, state(1)]) == [{"at": 1}]
    assert len(warehouse.rows("items")) == 1


def test_given_state_with_exact_numbers_then_it_comes_out_as_it_went_in(duck: Warehouse) -> None:
    text = '{"type":"STATE","value":{"at":1.10,"n":12345678901234567890123,"ก":null}}'
    done = duck.command([ITEM, text])
    assert done.stdout == '{"at":1.10,"n":12345678901234567890123,"ก":null}\n'


def test_given_a_stream_map_then_it_is_heeded(warehouse: Warehouse) -> None:
    maps = {"items": {"name": "md5(name)", "__alias__": "secret"}}
    warehouse.load([ITEM, raw_record("items", '{"id":1,"name":"x"}')], stream_maps=maps)
    assert warehouse.rows("secret") == [{"id": 1, "name": "9dd4e461268c8034f5c8564e155c67a6"}]


def test_given_validate_records_then_the_whole_schema_counts(duck: Warehouse) -> None:
    limited = schema("items", ["id"], id="integer", name={"type": "string", "maxLength": 3})
    duck.load([limited, record("items", id=1, name="PRIVATE")])
    with pytest.raises(WarehouseError, match="field 'name' breaks the schema's rule 'maxLength'") as error:
        duck.load([limited, record("items", id=1, name="PRIVATE")], validate_records=True)
    assert "PRIVATE" not in str(error.value)
