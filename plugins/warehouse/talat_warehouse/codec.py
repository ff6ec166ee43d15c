"""From a record as the tap wrote it to a line of a batch file, checking types on the way.

A schema is compiled once into a msgspec struct, which decodes, checks and encodes a record in C. Whatever it
refuses is looked at again field by field: either the value can be kept exactly, or the error names the field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Annotated, Any

import msgspec

from talat_warehouse.errors import BadRecordError
from talat_warehouse.kinds import EXTRACTED_AT, METADATA, SEQUENCE, Kind, column_names

_INT64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_NULL = msgspec.Raw(b"null")
#: What the struct decodes a column as. JSON stays text: parsing it would cost time and the digits of numbers.
#: So do decimals, of which arithmetic is needed for the fewest.
_TYPES: dict[Kind, Any] = {
    Kind.STRING: str,
    Kind.INTEGER: _INT64,
    Kind.NUMBER: float,
    Kind.DECIMAL: msgspec.Raw,
    Kind.BOOLEAN: bool,
    Kind.TIMESTAMP: datetime,
    Kind.DATE: date,
    Kind.TIME: time,
    Kind.JSON: msgspec.Raw,
}
_EXPECTED = {
    Kind.STRING: "text",
    Kind.INTEGER: "a whole number of at most 64 bits (send longer ids as text)",
    Kind.NUMBER: "a number",
    Kind.DECIMAL: "an exact number of at most 29 digits before the point and 9 after it",
    Kind.BOOLEAN: "true or false",
    Kind.TIMESTAMP: "a date and time such as 2026-01-31T12:00:00Z",
    Kind.DATE: "a date such as 2026-01-31",
    Kind.TIME: "a time of day such as 12:00:00",
    Kind.JSON: "valid JSON",
}
_UNSEARCHABLE = re.compile(r'["\\\x00-\x1f]')
#: A number of so many characters has at most 9 digits after its point and 29 before it.
_SURELY_FITS = 11
_NANO = Decimal("1e-9")
_EXACT = Context(prec=38, traps=[Inexact, InvalidOperation])

_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
decode_exact = msgspec.json.Decoder(float_hook=Decimal).decode
_encode_exact = msgspec.json.Encoder(decimal_format="number").encode
_encoder = msgspec.json.Encoder(decimal_format="string")


class UnknownFieldsError(Exception):
    """A record has fields that its schema does not name."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(names)
        self.names = names


class Codec:
    """Writes the records of one stream; `json_text` is how the warehouse wants nested values."""

    def __init__(
        self, stream: str, kinds: Mapping[str, Kind], keys: Sequence[str], json_text: Callable[[bytes], str]
    ) -> None:
        """Take the kinds by Singer name; raises WarehouseError where two names would be one column."""
        self.stream = stream
        self.columns = column_names(kinds)
        self._kinds = dict(kinds)
        self._keys = tuple(keys)
        self._json_text = json_text
        self._fields = {name: f"c{i}" for i, name in enumerate(kinds)}
        self._decimals = [f for name, f in self._fields.items() if kinds[name] is Kind.DECIMAL]
        self._nested = [f for name, f in self._fields.items() if kinds[name] is Kind.JSON]
        self._zoned = [f for name, f in self._fields.items() if kinds[name] is Kind.TIME]
        # A name that msgspec cannot look for makes each record that has it be looked at again.
        self._struct = self._compile(
            {f: self.columns[name] if _UNSEARCHABLE.search(name) else name for name, f in self._fields.items()}
        )
        self._decode = msgspec.json.Decoder(self._struct).decode
        renamed = any(name != column for name, column in self.columns.items())
        self._renamed = self._compile({f: self.columns[n] for n, f in self._fields.items()}) if renamed else None

    def _compile(self, names: dict[str, str]) -> type[Any]:
        fields: list[tuple[str, Any, Any]] = []
        for name, field in self._fields.items():
            kind = self._kinds[name]
            if name in self._keys:
                fields.append((field, _TYPES[kind], msgspec.NODEFAULT))
            elif _TYPES[kind] is msgspec.Raw:
                fields.append((field, msgspec.Raw, _NULL))
            else:
                fields.append((field, _TYPES[kind] | None, None))
        fields += [("extracted_at", datetime | None, None), ("sequence", int, 0)]
        return msgspec.defstruct(
            "Record",
            fields,
            rename={**names, "extracted_at": EXTRACTED_AT, "sequence": SEQUENCE},
            forbid_unknown_fields=True,
            kw_only=True,
            gc=False,
        )

    def write(self, raw: bytes | msgspec.Raw, extracted_at: datetime | None, sequence: int, to: bytearray) -> None:
        """Append one record to a buffer, as a line.

        Raises BadRecordError for a value that its column cannot hold exactly, and UnknownFieldsError.
        """
        try:
            record = self._decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            record = self._look_again(bytes(raw))
        record.extracted_at = extracted_at
        record.sequence = sequence
        for field in self._decimals:
            value = getattr(record, field)
            if value is not _NULL:
                setattr(record, field, self._decimal_text(field, str(value, "utf-8")))
        for field in self._nested:
            value = getattr(record, field)
            if value is not _NULL:
                setattr(record, field, self._nested_text(field, bytes(value)))
        for field in self._zoned:
            value = getattr(record, field)
            if value is not None and value.tzinfo is not None:
                setattr(record, field, _utc_time(value))
        if self._renamed is not None:
            record = self._renamed(**{f: getattr(record, f) for f in record.__struct_fields__})
        _encoder.encode_into(record, to, -1)
        to += b"\n"

    def _decimal_text(self, field: str, raw: str) -> str | None:
        if len(raw) <= _SURELY_FITS and raw.replace(".", "", 1).removeprefix("-").isdigit():
            return raw
        name = self._name(field)
        if raw == "null":
            if name in self._keys:
                raise self._keyless(name)
            return None
        try:
            value = msgspec.json.decode(raw, type=Decimal)
            if _EXACT.quantize(value, _NANO).is_finite():
                return format(value, "f")
        except (ValueError, ArithmeticError):  # msgspec's errors are ValueErrors
            pass
        raise self._bad(name)

    def _nested_text(self, field: str, raw: bytes) -> str | None:
        if raw == b"null":
            return None
        try:
            if b"\\u" in raw:
                # Escapes become the letters they stand for, so that text can be searched.
                raw = _encode_exact(decode_exact(raw))
            return self._json_text(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self._bad(self._name(field)) from None

    def _look_again(self, raw: bytes) -> Any:
        try:
            fields = _decode_fields(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise BadRecordError(self.stream, "a record is not a JSON object in valid UTF-8") from None
        for name in METADATA:
            fields.pop(name, None)
        unknown = [name for name in fields if name not in self._fields]
        if unknown:
            raise UnknownFieldsError(unknown)
        values = {}
        for name, field in self._fields.items():
            text = bytes(fields.get(name, _NULL))
            if text != b"null":
                values[field] = self._value(name, text)
            elif name in self._keys:
                raise self._keyless(name)
        return self._struct(**values)

    def _value(self, name: str, text: bytes) -> Any:
        """A value that the schema's own type may not describe, but that its column holds without loss."""
        kind = self._kinds[name]
        try:
            if kind is Kind.STRING and text[:1] in b"-0123456789tf":
                # An id sent as a number, or a column that was widened to text: its text as sent.
                return text.decode()
            if kind is Kind.INTEGER and text[:1] != b'"':
                value = decode_exact(text)
                if isinstance(value, Decimal) and value == value.to_integral_value():
                    value = int(value) if value.adjusted() < 20 else value  # 5.0 is a whole number
                return msgspec.convert(value, _INT64)
            if kind is Kind.TIMESTAMP:
                return datetime.fromisoformat(msgspec.json.decode(text, type=str))
            return msgspec.json.decode(text, type=_TYPES[kind])
        except (ValueError, ArithmeticError):
            raise self._bad(name) from None

    def _name(self, field: str) -> str:
        return next(name for name, known in self._fields.items() if known == field)

    def _keyless(self, name: str) -> BadRecordError:
        return BadRecordError(self.stream, f"a record has no value for its key '{name}'")

    def _bad(self, name: str) -> BadRecordError:
        return BadRecordError(self.stream, f"field '{name}' of a record is not {_EXPECTED[self._kinds[name]]}")


def _utc_time(value: time) -> time:
    """A time of day with an offset as UTC; columns of times have no offset."""
    return datetime.combine(date(2000, 1, 2), value).astimezone(UTC).time()
