"""Rows decoded straight into what their schema promises, when that is what the platform sent.

Most answers are exactly as documented. For those a class with one slot a field is made from the schema: msgspec then
checks names and types while it decodes, no dictionary is built or walked, and nested values that are as promised pass
from the answer to the message byte for byte. An answer that is anything else, be it by one unknown field, one null or
one text for a number, is read again as it is (:mod:`tap_toolkit.records`), row by row.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import GenericAlias
from typing import Any, TypedDict, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tap_toolkit.answers import TypedRow, decode
from tap_toolkit.privacy import DROP
from tap_toolkit.records import EXTRA, Converter, Field, UnusableError, types_of

Step = tuple[str, Callable[[Any], Any]]
_PLAIN: dict[str, type] = {"string": str, "integer": int, "boolean": bool}


class TypedRows:
    """The class of a stream's rows, how answers are decoded into it, and how its rows become records."""

    def __init__(self, row: type[TypedRow], convert: Sequence[Step], drop: Sequence[str], required: Sequence[str]):
        self._row = row
        self._convert, self._drop, self._required = tuple(convert), tuple(drop), tuple(required)
        self._decoders: dict[tuple[str, ...], Callable[[bytes], Any]] = {}

    def __call__(self, row: TypedRow) -> TypedRow:
        """The record; the row stays as it is. Raises :class:`~tap_toolkit.records.UnusableError`."""
        record: TypedRow = row.__copy__()  # type: ignore[attr-defined]
        name = ""
        try:
            for name, convert in self._convert:
                value = getattr(record, name)
                if value is not None and value is not UNSET:
                    setattr(record, name, convert(value))
        except ValueError as error:
            raise UnusableError(f"{name} {error}") from None
        for name in self._drop:
            setattr(record, name, UNSET)
        for name in self._required:
            if getattr(record, name) in (None, "", UNSET):
                raise UnusableError(f"{name} is missing or empty")
        return record

    def decoder(self, rows: str, *others: str) -> Callable[[bytes], Any]:
        """What decodes an answer with its rows under one dotted path, of whose rest only ``others`` are kept."""
        paths = (rows, *others)
        if paths not in self._decoders:
            self._decoders[paths] = _decoder(self._row, paths)
        return self._decoders[paths]


def typed_rows(schema: Mapping[str, Any], converter: Converter) -> TypedRows | None:
    """The same promises as ``converter`` keeps; None for fields that no class can have."""
    slots: list[tuple[str, Any, Any]] = []
    convert: list[Step] = []
    drop: list[str] = []
    for name, described in schema["properties"].items():
        if name == EXTRA:
            continue
        if not name.isidentifier() or keyword.iskeyword(name) or hasattr(TypedRow, name):
            return None
        field = converter.field(name)
        if field is None:
            drop.append(name)
            slots.append((name, Any, UNSET))
            continue
        kind, step = _slot(described, field)
        slots.append((name, kind if kind in (Any, Raw) else kind | UnsetType, UNSET))
        if step:
            convert.append((name, step))
    row = msgspec.defstruct("Row", slots, bases=(TypedRow,), forbid_unknown_fields=True, gc=False)
    return TypedRows(cast(type[TypedRow], row), convert, drop, converter.required)


def _slot(described: Mapping[str, Any], field: Field) -> tuple[Any, Callable[[Any], Any] | None]:
    """The type of a field's slot, and what its values still need, but for nulls."""
    convert, passes, types = field.convert, field.passes, types_of(described)
    assert convert is not None
    scalar = _PLAIN.get(types[0]) if len(types) == 1 and "x-pii" not in described else None
    if described.get("x-epoch"):
        scalar = int
    elif types == ["number"] and scalar is None:
        scalar = Decimal
    if scalar is not None:
        # Dates and times are texts that still must be read, and a text may be no finite number.
        return scalar if field.required else scalar | None, None if scalar in passes - {Decimal} else convert
    if not field.required and "x-pii" not in described and (promised := _promised(described)) is not None:
        return Raw, _untouched(promised, _kept(described), convert)
    return Any, lambda value: value if type(value) in passes else convert(value)


def _untouched(promised: Any, kept: Any, scrub: Callable[[Any], Any]) -> Callable[[Raw], Any]:
    """A nested value as it was sent, without what is dropped; if it is not as promised, what ``scrub`` leaves of it."""
    check = msgspec.json.Decoder(promised).decode
    keep = None if kept is Raw else msgspec.json.Decoder(kept).decode

    def convert(raw: Raw) -> Any:
        text = bytes(raw)
        try:
            check(text)
        except ValueError:
            return scrub(decode(text))
        if b"\n" in text:  # laid out for people: it would break a message's line
            return scrub(decode(text))
        return keep(text) if keep else raw

    return convert


def _promised(described: Mapping[str, Any]) -> Any:
    """The type of a nested value without unknown names, and with nothing nested in a plain field's place.

    None where no type can say so. Values that are dropped may be anything; fractions are floats, only looked at here.
    """
    types = types_of(described)
    kind = types[0] if len(types) == 1 else ""
    promised: Any = _PLAIN.get(kind, float if kind == "number" else None)
    if described.get("x-pii") == DROP:
        return Any
    if "x-pii" in described:
        return None
    if kind == "array" and (element := _promised(described.get("items", {}))) is not None:
        promised = GenericAlias(list, element)
    elif kind == "object":
        fields = {name: _promised(field) for name, field in described.get("properties", {}).items()}
        if fields and None not in fields.values() and all(map(str.isidentifier, fields)):
            promised = _struct({name: kind if kind is Any else kind | UnsetType for name, kind in fields.items()})
    return None if promised is None else promised | None


def _kept(described: Mapping[str, Any]) -> Any:
    """The type that has all of a value that is as promised, byte for byte, but what is dropped."""
    if not _drops(described):
        return Raw
    if "items" in described:
        return GenericAlias(list, _kept(described["items"])) | None
    fields = {name: _kept(field) for name, field in described["properties"].items() if field.get("x-pii") != DROP}
    return _struct(fields, strict=False) | None


def _struct(fields: Mapping[str, Any], *, strict: bool = True) -> Any:
    slots = [(name, kind, UNSET) for name, kind in fields.items()]
    return msgspec.defstruct("Nested", slots, forbid_unknown_fields=strict, gc=False)


def _drops(described: Mapping[str, Any]) -> bool:
    inside = [*described.get("properties", {}).values(), described.get("items", {})]
    return described.get("x-pii") == DROP or any(_drops(field) for field in inside if field)


def _decoder(row: type[TypedRow], paths: Sequence[str]) -> Callable[[bytes], Any]:
    tree: dict[str, Any] = {}
    for path in reversed(paths):
        *parents, name = path.split(".")
        branch = tree
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[name] = GenericAlias(list, row) if path == paths[0] else Any
    typed = msgspec.json.Decoder(_typed_dict(tree), float_hook=Decimal).decode

    def read(content: bytes) -> Any:
        try:
            return typed(content)
        except ValueError:
            return decode(content)

    return read


def _typed_dict(tree: Mapping[str, Any]) -> Any:
    fields = {name: _typed_dict(inside) if isinstance(inside, dict) else inside for name, inside in tree.items()}
    return TypedDict("Answer", fields, total=False)  # type: ignore[operator]
