"""Rows decoded into their schema's class become the records that rows read as they are become."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tap_toolkit.answers import TypedRow, decode
from tap_toolkit.records import Converter, UnusableError
from tap_toolkit.typed import TypedRows, typed_rows
from tap_toolkit.writer import encode

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": ["string", "null"]},
        "code": {"type": "string"},
        "paid": {"type": ["boolean", "null"]},
        "total": {"type": ["number", "null"], "x-sql-datatype": "decimal"},
        "weight": {"type": ["number", "null"]},
        "updated": {"type": ["string", "null"], "format": "date-time", "x-epoch": "s"},
        "seen": {"type": ["string", "null"], "format": "date-time"},
        "day": {"type": ["string", "null"], "format": "date"},
        "buyer": {"type": ["string", "null"], "x-pii": "hash"},
        "note": {"type": ["string", "null"], "x-pii": "drop"},
        "mixed": {"type": ["string", "object", "null"]},
        "tags": {"type": ["array", "null"], "items": {"type": "string"}},
        "lines": {
            "type": ["array", "null"],
            "items": {
                "type": ["object", "null"],
                "properties": {
                    "sku": {"type": ["string", "null"]},
                    "price": {"type": ["number", "null"]},
                    "count": {"type": ["integer", "null"]},
                    "parts": {"type": ["array", "null"], "items": {"type": ["object", "null"], "properties": {
                        "sku": {"type": ["string", "null"]}}}},
                    "ill": {"type": ["boolean", "null"], "x-pii": "drop"},
                },
            },
        },
        "user": {"type": ["object", "null"], "properties": {"email": {"x-pii": "drop"}, "level": {"type": "integer"}}},
        "extra_fields": {"type": ["object", "null"]},
    },
}  # fmt: skip
GOOD: dict[str, Any] = {
    "id": 1, "name": "ผ้าไหม", "code": "A", "paid": True, "total": Decimal("12345678901234567.89"), "weight": 2,
    "updated": 1790000000, "seen": "2026-10-01T00:00:00+07:00", "day": "2026-10-01", "buyer": 117, "note": "ring twice",
    "mixed": "x", "tags": ["a"], "lines": [{"sku": "b", "price": Decimal("1.50"), "count": 2, "parts": [{"sku": "c"}]}],
    "user": {"email": "a@b.c", "level": 3},
}  # fmt: skip
ODD = [
    None, "", "text", "NaN", "-Infinity", "12.50", "1_0", "line\nbreak", True, 0, 10**30, -1, 253402300800,
    Decimal("0.1"), Decimal("1E+40"), Decimal("5.0"), [], {}, [1, "a", None], [None], {"email": "a@b.c"},
    {"phone": "0812345678"},
    [{"ill": True, "price": Decimal("0.10"), "parts": [{"sku": "a\nb"}, None]}], [None, {"ill": {"a": [1]}}],
    [{"sku": 5}], [{"sku": {"buyer_name": "x"}}], [{"price": "NaN"}], [{"price": "1.5"}], [{"parts": {"sku": "x"}}],
    [{"parts": [{"recipient_address": "x"}]}], [{"new": {"deep": [{"mobile": 1, "ok": 2}]}}],
]  # fmt: skip
rows = st.fixed_dictionaries({}, optional={name: st.just(value) for name, value in GOOD.items()})
changes = st.dictionaries(
    st.sampled_from([*GOOD, "novel", "buyer_phone", "extra_fields", "get", "__class__"]),
    st.sampled_from(ODD),
    max_size=2,
)
Outcome = tuple[str, Any]


def json_text(value: Any, **layout: Any) -> str:
    """Like json.dumps, with exact decimals."""
    exact: dict[str, Decimal] = {}

    def marked(inside: Any) -> Any:
        if isinstance(inside, Decimal):
            exact[f"§{len(exact)}§"] = inside
            return f"§{len(exact) - 1}§"
        if isinstance(inside, dict):
            return {name: marked(v) for name, v in inside.items()}
        return [marked(v) for v in inside] if isinstance(inside, list) else inside

    text = json.dumps(marked(value), **{"ensure_ascii": False, **layout})
    for mark, number in exact.items():
        text = text.replace(f'"{mark}"', str(number))
    return text


def both() -> tuple[Converter, TypedRows, set[str]]:
    personal: set[str] = set()
    converter = Converter(SCHEMA, keys=("id",), salt="salt", on_personal=personal.add)
    typed = typed_rows(SCHEMA, converter)
    assert typed is not None
    return converter, typed, personal


def outcome(convert: Callable[[Any], Any], row: Any) -> Outcome:
    try:
        line = encode(convert(row))
    except UnusableError as error:
        return "unusable", str(error)
    assert b"\n" not in line
    return "record", json.loads(line, parse_float=Decimal, parse_int=Decimal, parse_constant=pytest.fail)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(rows, changes), min_size=1, max_size=3), st.sampled_from([None, 2]), st.booleans())
@example([(GOOD, {"lines": [{"price": "NaN"}]})], None, False)
@example([(GOOD, {"total": "NaN"}), ({}, {"weight": "NaN"})], None, False)
def test_both_ways_give_the_same_records_and_the_same_refusals(
    parts: list[tuple[dict[str, Any], dict[str, Any]]], indent: int | None, ascii_only: bool
) -> None:
    page = {"error": "", "data": {"rows": [{"id": 7, "code": "B", **row, **change} for row, change in parts]}}
    content = json_text(page, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    converter, _, told = both()
    expected = [outcome(converter, row) for row in decode(content)["data"]["rows"]]
    converter, typed, personal = both()
    answer = typed.decoder("data.rows", "error")(content)
    assert answer["error"] == ""
    found = []
    for row in answer["data"]["rows"]:
        found.append(outcome(typed.record if isinstance(row, TypedRow) else converter, row))
        if isinstance(row, TypedRow) and found[-1][0] == "unusable":
            assert outcome(converter, row.plain())[0] == "unusable"
    assert [kind for kind, _ in found] == [kind for kind, _ in expected]
    assert [row for kind, row in found if kind == "record"] == [row for kind, row in expected if kind == "record"]
    assert personal == told


def test_a_page_that_is_as_promised_is_typed_and_its_nested_values_pass_byte_for_byte() -> None:
    _, typed, personal = both()
    lines = '[{"sku":"b","price":1.50,"count":2,"parts":[{"sku": "\\u0e01"}]}]'
    content = f'{{"data":{{"rows":[{json_text(GOOD)[:-1]},"lines":{lines}}}],"other":1}},"error":""}}'.encode()
    (row,) = typed.decoder("data.rows", "error")(content)["data"]["rows"]
    assert isinstance(row, TypedRow)
    assert row.plain() == GOOD | {"lines": decode(lines.encode())}
    assert pickle.loads(pickle.dumps(row)) == row.plain()
    ill = lines.replace('"count"', '"ill":true,"count"')
    (other,) = typed.decoder("rows")(f'{{"rows":[{{"id":1,"code":"A","lines":{ill}}}]}}'.encode())["rows"]
    assert lines.encode() in encode(typed.record(row))
    assert lines.encode() in encode(typed.record(other)), "but what is dropped"
    assert not personal
    assert row["name"] == row.get("name") == "ผ้าไหม", "and the row is as it was sent"
    assert row["updated"] == 1790000000


@pytest.mark.parametrize("name", ["get", "not a name", "class", "__init__"])
def test_fields_that_no_class_can_have_are_read_as_they_are(name: str) -> None:
    schema = {"properties": {"id": {"type": "integer"}, name: {"type": ["string", "null"]}}}
    assert typed_rows(schema, Converter(schema, keys=("id",))) is None


def test_what_was_not_sent_is_not_there() -> None:
    _, typed, _ = both()
    (row,) = typed.decoder("rows")(b'{"rows":[{"id":1,"code":"A"}]}')["rows"]
    assert row.get("name") is None
    assert row.get("nothing", 5) == 5
    with pytest.raises(KeyError, match="name"):
        row["name"]
    row["name"] = "x"
    assert json.loads(encode(typed.record(row))) == {"id": 1, "code": "A", "name": "x"}


def test_an_answer_that_is_no_json_is_refused() -> None:
    _, typed, _ = both()
    with pytest.raises(ValueError, match="JSON"):
        typed.decoder("rows")(b'{"rows":[{"id":1,"lines":[{"sku":"\\x"}]')
