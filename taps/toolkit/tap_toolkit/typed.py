"""Rows decoded straight into what their schema promises, when that is what the platform sent.

Most answers are exactly as documented. For those a class with one slot a field is made from the schema: msgspec then
checks names and types while it decodes, in a third of the time that building and walking dictionaries takes, and nested
values that are as promised pass from the answer to the message byte for byte. An answer that is anything else, be it by
one unknown field, one null or one text for a number, is read again as it is (:mod:`tap_toolkit.records`), row by row.
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
    if not field.required and (nested := _nested(described)) is not None:
        return Raw, _untouched(msgspec.json.Decoder(nested).decode, convert)
    return Any, lambda value: value if type(value) in passes else convert(value)


def _untouched(check: Callable[[bytes], Any], scrub: Callable[[Any], Any]) -> Callable[[Raw], Any]:
    """A nested value as it was sent, if it is as promised and fits a line; else what ``scrub`` leaves of it."""

    def convert(raw: Raw) -> Any:
        text = bytes(raw)
        try:
            check(text)
        except ValueError:
            return scrub(decode(text))
        return scrub(decode(text)) if b"\n" in text else raw

    return convert


def _nested(described: Mapping[str, Any]) -> Any:
    """The type that only a nested value without unknown names has; None where something in it must be looked at."""
    types = types_of(described)
    if "x-pii" in described or len(types) != 1:
        return None
    (kind,) = types
    inner: Any = _PLAIN.get(kind, float if kind == "number" else None)  # fractions are only looked at here
    if kind == "array" and (element := _nested(described.get("items", {}))) is not None:
        inner = GenericAlias(list, element)
    elif kind == "object" and described.get("properties"):
        fields = {name: _nested(field) for name, field in described["properties"].items()}
        if None not in fields.values() and all(map(str.isidentifier, fields)):
            slots = [(name, kind | UnsetType, UNSET) for name, kind in fields.items()]
            inner = msgspec.defstruct("Nested", slots, forbid_unknown_fields=True, gc=False)
    return None if inner is None else inner | None


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
