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
from typing import Any, NamedTuple, TypedDict, cast

import msgspec
from msgspec import UNSET, Raw, UnsetType

from tap_toolkit.answers import TypedRow, decode
from tap_toolkit.privacy import DROP
from tap_toolkit.records import EXTRA, IN_HOUR, LAST_SECOND, Converter, Field, UnusableError, hour, types_of

_PLAIN: dict[str, type] = {"string": str, "integer": int, "boolean": bool}


class Step(NamedTuple):
    """What the values of a field still need, but for nulls; ``epoch``: they are seconds since 1970."""

    name: str
    convert: Callable[[Any], Any]
    epoch: bool


class TypedRows:
    """The class of a stream's rows, how answers are decoded into it, and how its rows become records.

    ``record`` makes one of a row, which stays as it is. Raises :class:`~tap_toolkit.records.UnusableError`.
    """

    def __init__(self, row: type[TypedRow], convert: Sequence[Step], drop: Sequence[str], required: Sequence[str]):
        self._row = row
        self._convert, self._required = convert, required
        self.record = _unrolled(convert, drop, required, self._refuse)
        self._decoders: dict[tuple[str, ...], Callable[[bytes], Any]] = {}

    def _refuse(self, row: TypedRow) -> TypedRow:
        """Say what makes a row unusable."""
        for name, convert, _ in self._convert:
            if (value := row.get(name)) is not None:
                try:
                    convert(value)
                except ValueError as error:
                    raise UnusableError(f"{name} {error}") from None
        missing = next(name for name in self._required if row.get(name) in (None, ""))
        raise UnusableError(f"{missing} is missing or empty")

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
            convert.append(Step(name, step, described.get("x-epoch") == "s"))
    row = msgspec.defstruct("Row", slots, bases=(TypedRow,), forbid_unknown_fields=True, gc=False)
    return TypedRows(cast(type[TypedRow], row), convert, drop, converter.required)


def _unrolled(
    steps: Sequence[Step], drop: Sequence[str], required: Sequence[str], refuse: Callable[[TypedRow], TypedRow]
) -> Callable[[TypedRow], TypedRow]:
    """One function that does it all: going through the steps one by one cost a quarter of a record's conversion.

    Names are known to be identifiers.
    """
    known = {"UNSET": UNSET, "EMPTY": (None, "", UNSET), "hour": hour, "IN_HOUR": IN_HOUR, "refuse": refuse}
    known |= {f"convert_{name}": convert for name, convert, _ in steps}
    lines = ["def record(row):", " record = row.__copy__()", " try:", "  pass"]
    for name, _, epoch in steps:
        converted = f"convert_{name}(value)"
        if epoch:
            quick = "hour(value // 3600) + IN_HOUR[value % 3600]"
            converted = f"{quick} if 0 < value < {LAST_SECOND} else {converted}"
        lines += [
            f"  value = row.{name}",
            "  if value is not None and value is not UNSET:",
            f"   record.{name} = {converted}",
        ]
    lines += [" except ValueError:", "  return refuse(row)"]
    lines += [f" record.{name} = UNSET" for name in drop]
    lines += [f" if record.{name} in EMPTY: return refuse(row)" for name in required]
    exec("\n".join([*lines, " return record"]), known)
    return cast(Callable[[TypedRow], TypedRow], known["record"])


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
