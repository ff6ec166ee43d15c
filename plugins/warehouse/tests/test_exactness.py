"""Properties of what a record becomes on its way, without a warehouse."""

from __future__ import annotations

import json
import re
from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talat_warehouse.codec import Codec, UnknownFieldsError
from talat_warehouse.errors import BadRecordError, WarehouseError
from talat_warehouse.exact_json import exact_in_64_bits
from talat_warehouse.kinds import Kind, column_name, column_names, kind_of, widened

digits = st.decimals(allow_nan=False, allow_infinity=False)
numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][-+]?[0-9]{1,3})?", fullmatch=True)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text() | digits,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


def written(kind: Kind, value: str) -> Any:
    """What a batch file has for a value, given as JSON text."""
    line = bytearray()
    codec = Codec("s", {"v": kind}, [], bytes.decode)
    codec.write(f'{{"v":{value}}}'.encode(), None, 1, line)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    return json.loads(line)["v"]


@given(digits)
@settings(max_examples=200)
def test_given_any_decimal_then_it_is_written_digit_for_digit_or_refused(value: Decimal) -> None:
    _, figures, exponent = value.normalize(Context(prec=200)).as_tuple()
    fits = isinstance(exponent, int) and exponent >= -9 and (not value or len(figures) + exponent <= 29)
    if fits:
        assert Decimal(written(Kind.DECIMAL, str(value))) == value
    else:
        with pytest.raises(BadRecordError):
            written(Kind.DECIMAL, str(value))


@given(st.text())
def test_given_any_text_then_one_line_holds_it(text: str) -> None:
    assert written(Kind.STRING, json.dumps(text)) == text
    assert json.loads(written(Kind.JSON, json.dumps(text, ensure_ascii=False))) == text


@given(documents)
def test_given_any_document_then_its_numbers_survive(document: Any) -> None:
    text = json.dumps(document, default=lambda number: {"#": str(number)}, ensure_ascii=False)
    text = re.sub(r'\{"#": "([^"]*)"\}', r"\1", text)
    kept = written(Kind.JSON, text)
    assert kept == (None if text == "null" else text) or "\\u" in text
    if kept is not None:
        assert json.loads(kept, parse_float=Decimal) == json.loads(text, parse_float=Decimal)


@given(
    numbers, st.sampled_from(["#", "[#]", "[0,#]", "[-1.5 , #]", '{"k":#}', '{"k" :\n #}', '[{"k":"x,"},[\t#\r\n]]'])
)
@settings(max_examples=500)
def test_given_any_number_anywhere_then_bigquerys_json_holds_it_or_its_text(number: str, place: str) -> None:
    kept = json.loads(exact_in_64_bits(place.replace("#", number).encode()), parse_float=Decimal)
    while isinstance(kept, list | dict):
        kept = kept[-1] if isinstance(kept, list) else kept["k"]
    assert Decimal(kept) == Decimal(number)
    if not isinstance(kept, str):
        assert Decimal(repr(float(kept))) == kept or -(2**63) <= kept < 2**64


def test_given_text_that_looks_like_a_wide_number_then_it_is_left_alone() -> None:
    text = '{"id": "12345678901234567890123", "n": 5, "price": 199.10}'
    assert json.loads(exact_in_64_bits(text.encode())) == json.loads(text)


def test_given_unknown_fields_then_the_codec_names_them() -> None:
    codec = Codec("s", {"a": Kind.STRING}, [], bytes.decode)
    with pytest.raises(UnknownFieldsError) as error:
        codec.write(b'{"a":"x","b":1,"_sdc_sequence":"ignored"}', None, 1, bytearray())
    assert error.value.names == ["b"]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "string"}, Kind.STRING),
        ({"type": ["null", "integer"]}, Kind.INTEGER),
        ({"type": ["integer", "number", "null"]}, Kind.NUMBER),
        ({"type": "number", "x-sql-datatype": "DECIMAL"}, Kind.DECIMAL),
        ({"type": "string", "format": "x-singer.decimal"}, Kind.DECIMAL),
        ({"type": "string", "format": "email"}, Kind.STRING),
        ({"type": ["string", "integer"]}, Kind.JSON),
        ({"type": "null"}, Kind.JSON),
        ({}, Kind.JSON),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}]}, Kind.STRING),
        ({"oneOf": [{"type": "integer"}, {"type": "object"}]}, Kind.JSON),
    ],
)
def test_given_a_schema_then_its_kind(schema: dict[str, Any], kind: Kind) -> None:
    assert kind_of(schema) is kind


def test_given_names_then_the_one_rule() -> None:
    assert [column_name(name) for name in ("Aa_9", "9a", "a.b c", "ราคา")] == ["Aa_9", "_9a", "a_b_c", "____"]
    for name in ("", "x" * 301, "_PARTITIONTIME", "_table_x"):
        with pytest.raises(WarehouseError, match="cannot be a column in BigQuery"):
            column_name(name)
    with pytest.raises(WarehouseError, match="would be the same column"):
        column_names(["Id", "id"])


@pytest.mark.parametrize("old", Kind)
@pytest.mark.parametrize("new", Kind)
def test_given_any_two_kinds_then_the_wider_holds_both_or_it_is_refused(old: Kind, new: Kind) -> None:
    try:
        wider = widened("v", old, new)
    except WarehouseError:
        # Neither is text or JSON, which hold anything scalar.
        assert not {old, new} & {Kind.STRING} or Kind.JSON in {old, new}
        return
    # Once widened, the same two never widen again.
    assert widened("v", wider, new) is wider
    assert widened("v", wider, old) is wider
