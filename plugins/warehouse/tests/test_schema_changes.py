"""A schema that changes between runs or in the middle of one loses nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from talat_warehouse.errors import WarehouseError

from .conftest import Warehouse, raw_record, record, schema

DECIMAL = {"type": ["number", "null"], "x-sql-datatype": "decimal"}
TIMESTAMP = {"type": ["string", "null"], "format": "date-time"}
ITEM = schema("items", ["id"], id="integer", name="string")


def test_given_a_new_column_mid_run_then_older_rows_have_null_in_it(warehouse: Warehouse) -> None:
    wider = schema("items", ["id"], id="integer", name="string", price=DECIMAL, tags="array")
    warehouse.load([ITEM, record("items", id=1, name="a"), wider, record("items", id=2, name="b", price=1, tags=[1])])
    assert [(row["id"], row["price"], row["tags"]) for row in warehouse.rows("items")] == [
        (1, None, None),
        (2, 1, "[1]"),
    ]
    # The narrower schema again: the column stays.
    warehouse.load([ITEM, record("items", id=3, name="c")])
    assert [row["price"] for row in warehouse.rows("items")] == [None, 1, None]


def test_given_a_schema_change_then_the_older_record_does_not_overwrite_the_newer(warehouse: Warehouse) -> None:
    wider = schema("items", ["id"], id="integer", name="string", note="string")
    messages = [
        ITEM,
        record("items", id=1, name="old"),
        wider,
        record("items", id=1, name="new"),
        record("items", id=2),
    ]
    warehouse.load(messages, batch_size_rows=2)
    assert [row["name"] for row in warehouse.rows("items")] == ["new", None]


def test_given_a_field_outside_the_schema_then_it_is_kept_as_json(warehouse: Warehouse) -> None:
    rows = [record("items", id=1), record("items", id=2, surprise={"a": 1}), record("items", id=3, surprise=5)]
    warehouse.load([ITEM, *rows])
    assert [row["surprise"] and json.loads(str(row["surprise"])) for row in warehouse.rows("items")] == [
        None,
        {"a": 1},
        5,
    ]


WIDENED = [
    ("integer", 9007199254740993, DECIMAL, "0.5", [Decimal(9007199254740993), Decimal("0.5")]),
    ("integer", 7, "number", "0.5", [7.0, 0.5]),
    ("integer", 9007199254740993, "string", '"x"', ["9007199254740993", "x"]),
    (DECIMAL, 1, "string", '"x"', ["1.000000000", "x"]),
    (TIMESTAMP, "2026-01-31T12:00:00+07:00", "string", '"x"', ["2026-01-31T05:00:00.000000Z", "x"]),
    ("string", "x", "integer", "5", ["x", "5"]),
    ("string", "x", TIMESTAMP, '"2026-01-31T12:00:00Z"', ["x", "2026-01-31T12:00:00Z"]),
    (DECIMAL, 1, "integer", "9007199254740993", [Decimal(1), Decimal(9007199254740993)]),
    ("object", {"a": 1}, "string", '"x"', ['{"a": 1}', "x"]),
    ("string", 'say "x"', "object", '{"a": 1}', ['say "x"', '{"a": 1}']),
    ("integer", 5, "object", '{"a": 1}', ["5", '{"a": 1}']),
]


@pytest.mark.parametrize(("old", "first", "new", "second", "found"), WIDENED)
def test_given_another_type_mid_run_then_the_column_holds_both_without_loss(
    warehouse: Warehouse, old: Any, first: Any, new: Any, second: str, found: list[Any]
) -> None:
    before, after = (schema("wide", ["id"], id="integer", v=kind) for kind in (old, new))
    messages = [before, record("wide", id=1, v=first), after, raw_record("wide", f'{{"id":2,"v":{second}}}')]
    warehouse.load(messages)
    values = [row["v"] for row in warehouse.rows("wide")]
    if "JSON" in warehouse.columns("wide").values():
        values = [json.loads(v) if isinstance(v, str) and v[:1] in '"{[' else v for v in values]
        found = [json.loads(v) if v[:1] in '"{[' else v for v in found]
        values, found = [str(v) for v in values], [str(v) for v in found]
    if isinstance(found[0], str) and isinstance(first, int):
        # BigQuery writes NUMERIC without trailing zeros.
        assert Decimal(values[0]) == Decimal(found[0])
        values[0] = found[0]
    assert values == found


@pytest.mark.parametrize(
    ("old", "first", "new"),
    [
        ("boolean", True, "integer"),
        ("number", 0.5, DECIMAL),
        ("integer", 9007199254740993, "number"),
        (TIMESTAMP, None, "integer"),
    ],
)
def test_given_types_that_no_column_holds_together_then_it_is_refused_and_nothing_lost(
    warehouse: Warehouse, old: Any, first: Any, new: Any
) -> None:
    before, after = (schema("wide", ["id"], id="integer", v=kind) for kind in (old, new))
    with pytest.raises(WarehouseError, match="Stream 'wide': column 'v' "):
        warehouse.load([before, record("wide", id=1, v=first), after])
    assert [row["v"] for row in warehouse.rows("wide")] == [first]
