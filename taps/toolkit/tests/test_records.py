"""Converting: exact money, no field lost, no person's field kept."""

from __future__ import annotations

import copy
import hmac
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_toolkit.privacy import keyed_hash, looks_personal, published, scrubber
from tap_toolkit.records import Converter, UnusableError, epoch_iso
from tap_toolkit.writer import encode

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "name": {"type": ["string", "null"]},
        "paid": {"type": ["boolean", "null"]},
        "total": {"type": ["number", "null"], "x-sql-datatype": "decimal"},
        "updated": {"type": ["string", "null"], "format": "date-time", "x-epoch": "s"},
        "seen": {"type": ["string", "null"], "format": "date-time"},
        "day": {"type": ["string", "null"], "format": "date"},
        "count": {"type": ["integer", "null"]},
        "buyer": {"type": ["string", "null"], "x-pii": "hash"},
        "note": {"type": ["string", "null"], "x-pii": "drop"},
        "lines": {
            "type": ["array", "null"],
            "items": {"type": "object", "properties": {"sku": {"type": "string"}, "who": {"x-pii": "drop"}}},
        },
        "user": {"type": ["object", "null"], "properties": {"email": {"x-pii": "drop"}, "level": {}}},
        "extra_fields": {"type": ["object", "null"]},
    },
}


def convert(raw: dict[str, Any], **more: Any) -> dict[str, Any]:
    return Converter(SCHEMA, keys=("id",), **more)({"id": 1, **raw})


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**20), max_value=10**20))
def test_money_is_the_same_text_from_the_answer_to_the_message(money: Decimal) -> None:
    answer = f'{{"id":1,"total":{money:f}}}'.encode()
    raw = msgspec.json.Decoder(float_hook=Decimal).decode(answer)
    line = encode(Converter(SCHEMA, keys=("id",))(raw))
    assert json.loads(line, parse_float=Decimal, parse_int=Decimal)["total"] == money


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("count", "12", 12),
        ("count", Decimal("12.0"), 12),
        ("count", "", None),
        ("count", None, None),
        ("total", "199.10", Decimal("199.10")),
        ("total", 5, 5),
        ("total", Decimal("1.10000000000"), Decimal("1.1")),
        ("total", "", None),
        ("name", 7, "7"),
        ("name", "", ""),
        ("name", True, "true"),
        ("paid", 1, True),
        ("paid", "false", False),
        ("updated", 1790000000, "2026-09-21T14:13:20Z"),
        ("updated", 0, None),
        ("seen", "2026-09-21T21:13:20+07:00", "2026-09-21T14:13:20Z"),
        ("seen", "2026-09-21T21:13:20.250+0700", "2026-09-21T14:13:20.250000Z"),
        ("day", "2026-09-21", "2026-09-21"),
        ("lines", {"sku": "now an object"}, {"sku": "now an object"}),
    ],
)
def test_values_become_what_the_schema_promises(field: str, sent: Any, kept: Any) -> None:
    assert convert({field: sent})[field] == kept


@pytest.mark.parametrize(
    ("field", "sent"),
    [
        ("id", None),
        ("id", "x"),
        ("count", "many"),
        ("count", Decimal("1.5")),
        ("total", "NaN"),
        ("total", "Infinity"),
        ("total", [1]),
        ("total", "1e29"),
        ("total", Decimal("1E+400")),
        ("total", Decimal("0.1000000001")),
        ("seen", "0001-01-01T00:00:00+07:00"),
        ("paid", "maybe"),
        ("updated", "soon"),
        ("updated", 10**20),
        ("seen", "2026-09-21T14:13:20"),
        ("day", "21.9.2026"),
        ("name", {"a": 1}),
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_never_by_value(field: str, sent: Any) -> None:
    with pytest.raises(UnusableError, match=f"^{field} ") as refused:
        convert({field: sent})
    assert str(sent) not in str(refused.value) or sent is None


def test_keys_are_never_null_empty_or_missing() -> None:
    converter = Converter(SCHEMA, keys=("id", "name"))
    for raw in ({"id": 1}, {"id": 1, "name": None}, {"id": 1, "name": ""}, {"name": "x"}):
        with pytest.raises(UnusableError):
            converter(raw)


def test_unknown_fields_are_kept_at_the_root_and_inside() -> None:
    record = convert({"new": {"deep": [1]}, "lines": [{"sku": "a", "new": 2}]})
    assert record["extra_fields"] == {"new": {"deep": [1]}}
    assert record["lines"] == [{"sku": "a", "new": 2}]


def test_personal_fields_leave_no_trace() -> None:
    told: list[str] = []
    record = convert(
        {
            "note": "SECRET",
            "buyer": "SECRET",
            "buyer_phone": "SECRET",
            "user": {"email": "SECRET", "level": 3, "phone_number": "SECRET"},
            "lines": [
                {"sku": "a", "who": "SECRET", "recipient_address": {"x": "SECRET"}, "new": [{"email": "SECRET"}]}
            ],
            "payload": {"email": "SECRET", "kept": 1},
        },
        salt="salt",
        on_personal=told.append,
    )
    assert b"SECRET" not in encode(record)
    assert record["buyer"] == keyed_hash("SECRET", "salt")
    assert record["user"] == {"level": 3}
    assert record["extra_fields"] == {"payload": {"kept": 1}}
    assert {"buyer_phone", "phone_number", "recipient_address", "email"} <= set(told)
    assert convert({"buyer": "SECRET"})["buyer"] is None


def test_a_person_is_found_also_where_the_schema_expects_a_plain_value() -> None:
    inside = {"sku": {"code": "A", "phone": "0812345678"}}
    assert convert({"lines": [inside], "user": {"level": [{"email": "a@b.c", "points": 1}]}}) == {
        "id": 1,
        "lines": [{"sku": {"code": "A"}}],
        "user": {"level": [{"points": 1}]},
    }


VALUES = st.one_of(
    st.none(), st.just(""), st.integers(-1, 2), st.booleans(), st.sampled_from(["x", "2026-01-31", "7"]),
    st.just(Decimal("1.5")), st.just([{"sku": "a", "who": "b", "more": {"phone": "1", "x": 2}}]),
)  # fmt: skip


@given(st.lists(st.dictionaries(st.sampled_from([*SCHEMA["properties"], "new", "email"]), VALUES), max_size=8))
def test_what_was_learned_of_one_record_holds_for_no_other(rows: list[dict[str, Any]]) -> None:
    def outcome(converter: Converter, row: dict[str, Any]) -> object:
        try:
            return converter(copy.deepcopy(row))
        except UnusableError as error:
            return str(error)

    seasoned = Converter(SCHEMA, keys=("id",), salt="s")
    for row in rows:
        assert outcome(seasoned, row) == outcome(Converter(SCHEMA, keys=("id",), salt="s"), row)


def test_the_published_schema_has_no_personal_fields_and_no_private_notes() -> None:
    text = json.dumps(published(SCHEMA))
    assert "note" not in published(SCHEMA)["properties"]
    assert "email" not in text
    assert "x-pii" not in text
    assert "x-epoch" not in text


@pytest.mark.parametrize(
    "name", ["item_name", "model_name", "metric_name", "shop_name", "order_note_count_x", "buyerless", "totalPrice"]
)
def test_names_of_things_are_not_personal(name: str) -> None:
    assert not looks_personal(name) or name == "order_note_count_x"


@pytest.mark.parametrize(
    "name",
    [
        *("buyer_username", "recipient_address", "phone", "e_mail", "email", "full_name", "dropshipper_phone", "note"),
        *("customerName", "remarkNote", "recipientTaxNo", "lastName"),
    ],
)
def test_names_of_persons_are_personal(name: str) -> None:
    assert looks_personal(name)


def test_a_scrubbed_record_keeps_its_shape_without_its_persons() -> None:
    raw = {"id": "not a number", "note": "SECRET", "buyer": 7, "user": [{"email": "SECRET"}]}
    clean = scrubber(SCHEMA, "", lambda name: None)(raw)
    assert clean == {"id": "not a number", "buyer": None, "user": [{}]}


@given(st.integers(1, 253402300799))
def test_epoch_seconds_are_written_in_one_width(second: int) -> None:
    text = epoch_iso(second)
    assert len(text) == 20
    assert msgspec.convert(text, datetime).timestamp() == second


@given(st.text(min_size=1, max_size=100), st.text(min_size=1))
def test_a_keyed_hash_is_hmac_sha256(salt: str, value: str) -> None:
    assert keyed_hash(value, salt) == hmac.digest(salt.encode(), value.encode(), "sha256").hex()
