"""What both targets promise: every record, once, exactly."""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from talat_warehouse.duckdb import DuckDBEngine
from talat_warehouse.errors import WarehouseError

from .conftest import Warehouse, lines, raw_record, record, schema, state

DECIMAL = {"type": ["number", "null"], "x-sql-datatype": "decimal"}
TIMESTAMP = {"type": ["string", "null"], "format": "date-time"}
ITEM = schema("items", ["id"], id="integer", name="string")


def test_given_any_batch_size_then_every_row_of_every_batch_is_there(warehouse: Warehouse) -> None:
    # Values that a sniffer could take for a header, a number, a null or a quote.
    words = [
        "id",
        "name",
        "",
        "NULL",
        "null",
        "1",
        "0.5",
        "true",
        '"',
        "'",
        ",",
        "a,b",
        "\t",
        " x ",
        "2026-01-31",
        "ไทย",
    ]
    for seed in range(25 if warehouse.engine == "duckdb" else 3):
        chance = random.Random(seed)
        stream = f"fuzz_{seed}"
        rows = [{"id": i, "name": chance.choice(words)} for i in range(chance.randint(1, 30))]
        messages = [schema(stream, ["id"], id="integer", name="string"), *(record(stream, **row) for row in rows)]
        warehouse.load(messages, batch_size_rows=chance.randint(1, 12))
        assert warehouse.rows(stream) == rows, f"seed {seed}"


def test_given_duplicate_keys_then_the_last_wins_within_and_across_batches(warehouse: Warehouse) -> None:
    both = schema("pairs", ["a", "b"], a="integer", b="string", v="integer")
    first = [record("pairs", a=1, b="x", v=1), record("pairs", a=1, b="x", v=2), record("pairs", a=2, b="x", v=3)]
    warehouse.load([both, *first, record("pairs", a=1, b="y", v=4), record("pairs", a=2, b="x", v=5)])
    assert [row["v"] for row in warehouse.rows("pairs", "a, b")] == [2, 4, 5]
    warehouse.load([both, record("pairs", a=2, b="x", v=6), record("pairs", a=1, b="y")], batch_size_rows=1)
    assert [row["v"] for row in warehouse.rows("pairs", "a, b")] == [2, None, 6]


def test_given_an_earlier_run_with_a_fast_clock_then_the_later_run_still_wins(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as ahead:
        ahead.setattr("talat_warehouse.sink._sequence", 4_000_000_000_000_000)
        warehouse.load([ITEM, record("items", id=1, name="early")])
    warehouse.load([ITEM, record("items", id=1, name="late")])
    assert warehouse.rows("items") == [{"id": 1, "name": "late"}]


def test_given_no_keys_then_rows_are_added(warehouse: Warehouse) -> None:
    messages = [schema("events", None, id="integer"), record("events", id=1), record("events", id=1)]
    warehouse.load(messages)
    warehouse.load(messages)
    assert warehouse.rows("events") == [{"id": 1}] * 4


def test_given_an_empty_stream_then_its_table_is_there_with_its_columns(warehouse: Warehouse) -> None:
    kinds: dict[str, Any] = {
        "text": "string",
        "whole": "integer",
        "double": "number",
        "money": DECIMAL,
        "money_text": {"type": "string", "format": "singer.decimal"},
        "flag": "boolean",
        "at": TIMESTAMP,
        "day": {"type": "string", "format": "date"},
        "hour": {"type": "string", "format": "time"},
        "nested": "object",
        "list": "array",
        "mixed": {"type": ["string", "object", "null"]},
        "maybe_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
    }
    assert warehouse.load([schema("empty", ["text"], **kinds), state(1)]) == [{"at": 1}]
    assert warehouse.rows("empty") == []
    duck = ["VARCHAR", "BIGINT", "DOUBLE", "DECIMAL(38,9)", "DECIMAL(38,9)", "BOOLEAN", "TIMESTAMP", "DATE", "TIME"]
    google = ["STRING", "INTEGER", "FLOAT", "NUMERIC", "NUMERIC", "BOOLEAN", "TIMESTAMP", "DATE", "TIME"]
    google_new = ["STRING", "INT64", "FLOAT64", "NUMERIC", "NUMERIC", "BOOL", "TIMESTAMP", "DATE", "TIME"]
    rest = ["JSON", "JSON", "JSON", "TIMESTAMP"]
    found = warehouse.columns("empty")
    assert [*found][: len(kinds)] == [*kinds]
    types = [*found.values()][: len(kinds)]
    assert types == duck + rest if warehouse.engine == "duckdb" else types in (google + rest, google_new + rest)
    assert [*found][len(kinds) :] == ["_sdc_extracted_at", "_sdc_received_at", "_sdc_batched_at", "_sdc_sequence"]


def test_given_odd_text_then_it_comes_back_letter_for_letter(warehouse: Warehouse) -> None:
    texts = [
        "",
        None,
        " ",
        "NULL",
        "\\N",
        "ร้านตลาด ๑๒๓ กำ ญู",
        "🎉👨‍👩‍👧",
        "line\nbreak\r\ntab\t\"quotes\" 'single' \\back\\slash\\n",
        "\u2028\u2029\u0085\ufeff",
        "12345678901234567890",
        "007",
        "1e5",
        "{not json}",
        "x" * 70_000,
    ]
    rows = [{"id": i, "name": text} for i, text in enumerate(texts)]
    warehouse.load([ITEM, *(record("items", **row) for row in rows)])
    assert warehouse.rows("items") == rows
    escaped = json.dumps({"id": 99, "name": "กำ 🎉"})
    warehouse.load([ITEM, raw_record("items", escaped)])
    assert warehouse.rows("items")[-1] == {"id": 99, "name": "กำ 🎉"}


def test_given_ids_of_twenty_digits_as_text_or_number_then_a_text_column_keeps_all_digits(warehouse: Warehouse) -> None:
    messages = [schema("ids", ["id"], id="string"), raw_record("ids", '{"id":"12345678901234567890"}')]
    warehouse.load([*messages, raw_record("ids", '{"id":12345678901234567891}')])
    assert warehouse.rows("ids") == [{"id": "12345678901234567890"}, {"id": "12345678901234567891"}]


def test_given_decimals_then_each_and_their_sum_are_exact(warehouse: Warehouse) -> None:
    sent = ["0.01", "-0.01", "0.1", "0.2", "199.10", "0.000000001", "9007199254740993.01", "1E+5", "0", "1.50E1"]
    widest = ["99999999999999999999999999999.999999999", "-99999999999999999999999999999.999999999"]
    money = schema("money", ["id"], id="integer", amount=DECIMAL, text={"type": "string", "format": "singer.decimal"})
    rows = [raw_record("money", f'{{"id":{i},"amount":{t},"text":"{t}"}}') for i, t in enumerate(sent + widest)]
    warehouse.load([money, *rows])
    found = warehouse.rows("money")
    assert [row["amount"] for row in found] == [Decimal(text) for text in sent + widest]
    assert [row["text"] for row in found] == [row["amount"] for row in found]
    total = warehouse.one(f"SELECT SUM(amount) FROM {warehouse.name('money')} WHERE id < {len(sent)}")
    assert Decimal(total) == sum(Decimal(text) for text in sent)


def test_given_nested_values_then_their_numbers_and_text_are_exact(warehouse: Warehouse) -> None:
    nested = schema("nested", ["id"], id="integer", doc={"type": ["object", "array", "string", "null"]})
    docs = [
        '{"price": 199.10, "id": 1234567890123456789012345, "tiny": 0.1, "ก": "\u2028 ไทย 🎉", "e": {}, "n": null}',
        '[1, [2.50, {"a": "x\\"y\\\\z\\nw"}]]',
        '"text"',
        "null",
        r'{"thai": "\u0e01\u0e33"}',
    ]
    warehouse.load([nested, *(raw_record("nested", f'{{"id":{i},"doc":{doc}}}') for i, doc in enumerate(docs))])
    found = [row["doc"] for row in warehouse.rows("nested")]
    if warehouse.engine == "duckdb":
        assert found[:4] == [*docs[:3], None]
        assert found[4] == '{"thai":"กำ"}'
        return
    first = json.loads(found[0], parse_float=Decimal)
    # BigQuery's JSON has no such wide integers: its digits are kept as text.
    assert first == {**json.loads(docs[0], parse_float=Decimal), "id": "1234567890123456789012345"}
    assert [found[2].strip('"'), found[3], json.loads(found[4])] == ["text", None, {"thai": "กำ"}]
    assert json.loads(found[1]) == json.loads(docs[1])


def test_given_times_with_offsets_then_columns_hold_utc(warehouse: Warehouse) -> None:
    times = schema(
        "times", ["id"], id="integer", at=TIMESTAMP, day={"type": "string", "format": "date"},
        hour={"type": "string", "format": "time"},
    )  # fmt: skip
    sent = [
        "2026-01-01T00:30:00+07:00",
        "2026-01-01T00:30:00.123456-03:30",
        "2026-01-01T00:30:00Z",
        "2026-01-01 00:30:00",
    ]
    rows = [record("times", id=i, at=at, day="2026-01-01", hour="00:30:00") for i, at in enumerate(sent)]
    warehouse.load([times, *rows, record("times", id=9, at="2026-01-01", hour="00:30:00+07:00")])
    found = warehouse.rows("times")
    assert [row["at"] for row in found] == [
        datetime(2025, 12, 31, 17, 30, tzinfo=UTC),
        datetime(2026, 1, 1, 4, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 30, tzinfo=UTC),
        datetime(2026, 1, 1, 0, 30, tzinfo=UTC),
        datetime(2026, 1, 1, tzinfo=UTC),
    ]
    assert (found[0]["day"], found[0]["hour"], found[4]["hour"]) == (date(2026, 1, 1), time(0, 30), time(17, 30))


def test_given_records_then_metadata_says_when_and_in_which_order(warehouse: Warehouse) -> None:
    before = datetime.now(UTC)
    warehouse.load([ITEM, *(record("items", id=i) for i in range(3))])
    names, rows = warehouse.ask(f"SELECT * FROM {warehouse.name('items')} ORDER BY _sdc_sequence")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    assert [row["id"] for row in found] == [0, 1, 2]
    for row in found:
        times = [row[f"_sdc_{name}_at"].replace(tzinfo=UTC) for name in ("extracted", "received", "batched")]
        assert times[0] == datetime(2026, 1, 31, 12, tzinfo=UTC)
        assert before <= times[1] <= times[2] <= datetime.now(UTC)
        assert times[1] == datetime.fromtimestamp(row["_sdc_sequence"] // 10**6, UTC).replace(
            microsecond=row["_sdc_sequence"] % 10**6
        )


def test_given_reserved_words_and_odd_names_then_columns_follow_the_one_rule(warehouse: Warehouse) -> None:
    names = ["select", "order", "group", "from", "table", "Mixed Case", "a-b.c", "2fa", "with`tick", 'with"quote']
    message = schema("order", ["select"], **dict.fromkeys(names, "string"))
    warehouse.load([message, record("order", **{name: name for name in names})])
    columns = ["select", "order", "group", "from", "table", "Mixed_Case", "a_b_c", "_2fa", "with_tick", "with_quote"]
    assert warehouse.rows("order") == [dict(zip(columns, names, strict=True))]
    with pytest.raises(WarehouseError, match="'a-b' and 'A_B' would be the same column"):
        warehouse.load([schema("clash", None, **{"a-b": "string", "A_B": "string"})])
    with pytest.raises(WarehouseError, match="'a-b' and 'a_b' would be one table"):
        warehouse.load([schema("a-b", None, x="string"), schema("a_b", None, x="string")])


BAD = [
    ("integer", '"PRIVATE"'),
    ("integer", "12345678901234567890"),
    ("integer", "1.5"),
    ("number", '"PRIVATE"'),
    ("number", "1e999"),
    ("boolean", '"PRIVATE"'),
    ("string", '{"a":"PRIVATE"}'),
    ("string", r'"\ud800 PRIVATE"'),
    (DECIMAL, "0.0000000001"),
    (DECIMAL, "100000000000000000000000000000"),
    (DECIMAL, '"NaN"'),
    (DECIMAL, '"PRIVATE"'),
    (TIMESTAMP, '"PRIVATE"'),
    (TIMESTAMP, "1700000000"),
    ({"type": "string", "format": "date"}, '"PRIVATE"'),
    ("object", r'{"a":"\ud800 PRIVATE"}'),
]


@pytest.mark.parametrize(("kind", "value"), BAD)
def test_given_a_bad_record_then_the_error_names_the_field_and_not_the_value(
    duck: Warehouse, kind: Any, value: str
) -> None:
    messages = [schema("bad", ["id"], id="integer", v=kind), state(1), raw_record("bad", f'{{"id":1,"v":{value}}}')]
    with pytest.raises(WarehouseError) as error:
        duck.load([*messages, state(2)])
    sentence = str(error.value)
    if "ud800" in value:
        assert sentence.startswith("line 3 of the input is not a Singer message in valid JSON and Unicode")
    else:
        assert sentence.startswith("Stream 'bad': field 'v' of a record is not ")
    assert "PRIVATE" not in sentence
    assert value.strip('"') not in sentence


def test_given_no_value_for_a_key_then_it_is_a_bad_record(duck: Warehouse) -> None:
    for values in ({"name": "x"}, {"id": None}):
        with pytest.raises(WarehouseError, match="no value for its key 'id'"):
            duck.load([ITEM, record("items", **values)])
    money = schema("money", ["amount"], amount=DECIMAL)
    for text in ("{}", '{"amount":null}'):
        with pytest.raises(WarehouseError, match="no value for its key 'amount'"):
            duck.load([money, raw_record("money", text)])
    with pytest.raises(WarehouseError, match="its key 'nope' is not"):
        duck.load([schema("items", ["nope"], id="integer")])


def test_given_whole_numbers_written_with_a_point_then_they_are_integers(warehouse: Warehouse) -> None:
    warehouse.load([ITEM, raw_record("items", '{"id":5.0}'), raw_record("items", '{"id":-9223372036854775808}')])
    assert [row["id"] for row in warehouse.rows("items")] == [-(2**63), 5]


def test_given_loads_of_much_data_then_duckdb_does_not_keep_the_file_in_memory(duck: Warehouse) -> None:
    chance = random.Random(3)
    rows = [record("items", id=number, name=chance.randbytes(8_000).hex()) for number in range(5_000)]
    target = duck.open(batch_size_rows=1_000)
    target.process_lines(io.StringIO(lines([ITEM, *rows])))
    target.drain_all()
    engine = target.engine
    assert isinstance(engine, DuckDBEngine)
    kept = engine._value("SELECT sum(memory_usage_bytes) FROM duckdb_memory()")
    limit = engine._value("SELECT current_setting('memory_limit')")
    target.close()
    assert engine.path.stat().st_size > 40 << 20
    assert kept < 32 << 20
    # DuckDB's own limit is back, most of the machine's memory; it rounds what it is told.
    with duckdb.connect() as other:
        row = other.execute("SELECT current_setting('memory_limit')").fetchone()
    assert row
    (now, unit), (usual, usual_unit) = limit.split(), row[0].split()
    assert (unit, float(now)) == (usual_unit, pytest.approx(float(usual), rel=0.05))
