"""Records as the schema promises them: a JSON schema compiled once into a converter.

A stock singer-sdk tap spends three quarters of a record's time walking its schema again and again. Here what to do is
worked out once for each *shape* (the names of a record's fields and the types of their values), and most fields need
nothing done.
"""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, NamedTuple

from tap_toolkit.privacy import DROP, HASH, keyed_hash, looks_personal, scrubber

EXTRA = "extra_fields"

Record = dict[str, Any]


class UnusableError(ValueError):
    """A record that cannot be what the schema promises; the text says which field and why, never its value."""


class Field(NamedTuple):
    """``passes``: types let through untouched; everything else goes through ``convert``, which may raise ValueError."""

    passes: frozenset[type]
    convert: Callable[[Any], Any] | None
    required: bool


_NONE = type(None)
_UNKNOWN = Field(frozenset(), None, False)


# Formatting a time was a third of a record's cost; an order's five times share few hours.
#: The rest of a time's text, for each second of an hour.
IN_HOUR = [f"{second // 60:02d}:{second % 60:02d}Z" for second in range(3600)]


@functools.lru_cache(maxsize=65536)
def hour(number: int) -> str:
    """The beginning of a time's text, for an hour since 1970."""
    day, hour = divmod(number, 24)
    return f"{date.fromordinal(719163 + day).isoformat()}T{hour:02d}:"


LAST_SECOND = 253402300800  #: the year 10,000


def epoch_iso(seconds: int) -> str:
    """Seconds since 1970 as ``YYYY-MM-DDTHH:MM:SSZ``."""
    return hour(seconds // 3600) + IN_HOUR[seconds % 3600]


def _epoch(value: Any, unit: int) -> str | None:
    if unit == 1 and type(value) is int and 0 < value < LAST_SECOND:  # as nearly all are
        return epoch_iso(value)
    if type(value) is not int:
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = str(int(value))
        if not isinstance(value, str) or not value.isdecimal():
            raise ValueError("is not a number of seconds")
        value = int(value)
    if value == 0:  # platforms write 0 for "not yet"
        return None
    seconds: int = value // unit
    if not 0 < seconds < LAST_SECOND:
        raise ValueError("is no time between 1970 and 9999")
    return epoch_iso(seconds)


def _date_time(value: Any) -> str | None:
    if value == "":
        return None
    if not isinstance(value, str):
        raise ValueError("is not an ISO 8601 time")
    try:
        parsed = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not an ISO 8601 time") from None
    if parsed.tzinfo is None:
        raise ValueError("is a time without a zone")
    try:
        return parsed.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    except OverflowError:  # some platforms write "never" as the year 1, east of Greenwich
        raise ValueError("is no time between the years 1 and 9999") from None


def _date(value: Any) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError):
        raise ValueError("is not a date") from None


def _integer(value: Any) -> int | None:
    if value == "":
        return None
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            raise ValueError("is not an integer") from None
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    raise ValueError("is not an integer")


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str):
        if not value:
            return None
        with contextlib.suppress(InvalidOperation):
            value = Decimal(value)
    if isinstance(value, Decimal) and value.is_finite():
        return value
    raise ValueError("is not a number")


def _money(value: Any) -> Decimal | int | None:
    """An exact number as both warehouses hold it: one that does not fit would stop the load of all others."""
    plain = type(value) is Decimal or type(value) is int
    number: Decimal | int | None = value if plain else _number(value)
    if number is None:
        return None
    try:
        exact = _EXACT.quantize(Decimal(number) if type(number) is int else number, _NANO)
    except (Inexact, InvalidOperation):
        raise ValueError("has more than 29 digits before the point or 9 after it") from None
    if exact != exact:  # only what is not a number
        raise ValueError("is not a number")
    return number


def _grouped(value: Any) -> Decimal | int | None:
    """Money as a text with thousands separators, ``1,100.44``, or without."""
    if isinstance(value, str) and _GROUPS.fullmatch(value):
        value = value.replace(",", "")
    return _money(value)


def _string(value: Any) -> str:
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    raise ValueError("is not text")


def _boolean(value: Any) -> bool:
    if value in (0, 1):
        return bool(value)
    if value in ("true", "false"):
        return bool(value == "true")
    raise ValueError("is neither true nor false")


def _refuse(value: Any) -> Any:
    raise ValueError("is null")


_SCALARS: dict[str, tuple[frozenset[type], Callable[[Any], Any]]] = {
    "string": (frozenset({str}), _string),
    "integer": (frozenset({int}), _integer),
    "number": (frozenset({int, Decimal}), _number),
    "boolean": (frozenset({bool}), _boolean),
}
_NANO, _EXACT = Decimal("1e-9"), Context(prec=38, traps=[Inexact, InvalidOperation])
_GROUPS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_FORMATS: dict[str, Callable[[Any], Any]] = {"date-time": _date_time, "date": _date}
_UNITS = {"s": 1, "ms": 1000}


class _Plan(NamedTuple):
    """What to do with every record of one shape: everything else in it stays as it is.

    ``check``: required fields that may still be empty. ``extra``: unknown fields that are kept apart.
    """

    drop: tuple[str, ...]
    convert: tuple[tuple[str, Callable[[Any], Any]], ...]
    check: tuple[str, ...]
    extra: tuple[str, ...]


# Shapes differ by which fields are null or absent; beyond this many, plans are made and not kept.
_MOST_PLANS = 4096


class Converter:
    """Turns what a platform sent into what the schema promises.

    ``keys``, and all else that is ``required``, may be neither null nor empty. Unknown fields go to ``extra_fields``
    where the schema has it; those whose name is a person's are dropped and told to ``on_personal`` by name.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        *,
        keys: Sequence[str] = (),
        salt: str = "",
        on_personal: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._fields: dict[str, Field | None] = {}
        self.required: list[str] = []
        self._keep_extra = EXTRA in schema["properties"]
        self._on_personal = on_personal
        self._plans: dict[tuple[Any, ...], _Plan] = {}
        self._scrub = scrubber({}, "", on_personal)
        for name, field in schema["properties"].items():
            if name == EXTRA:
                continue
            required = name in keys or "null" not in field.get("type", ())
            if required:
                self.required.append(name)
            self._fields[name] = _compile(field, required, salt, on_personal)

    def __call__(self, raw: Mapping[str, Any]) -> Record:
        """The record. Raises :class:`UnusableError`."""
        shape = (*raw, *map(type, raw.values()))
        plan = self._plans.get(shape) or self._learn(raw, shape)
        record = {**raw}
        for name in plan.drop:
            del record[name]
        name = ""
        try:
            for name, convert in plan.convert:
                record[name] = convert(record[name])
        except ValueError as error:
            raise UnusableError(f"{name} {error}") from None
        for name in plan.check:
            if record.get(name) in (None, ""):
                raise UnusableError(f"{name} is missing or empty")
        if plan.extra:
            record[EXTRA] = self._scrub({name: record.pop(name) for name in plan.extra})
        return record

    def field(self, name: str) -> Field | None:
        """What is done with a field of the schema; None for one that never leaves the tap."""
        return self._fields[name]

    def _learn(self, raw: Mapping[str, Any], shape: tuple[Any, ...]) -> _Plan:
        """What to do with records of this record's shape."""
        drop: list[str] = []
        convert: list[tuple[str, Callable[[Any], Any]]] = []
        extra: list[str] = []
        for name, value in raw.items():
            field = self._fields.get(name, _UNKNOWN)
            if field is None:
                drop.append(name)
            elif field.convert is not None:
                if value is None and field.required:
                    convert.append((name, _refuse))
                elif value is not None and type(value) not in field.passes:
                    convert.append((name, field.convert))
            elif looks_personal(name):
                self._on_personal(name)
                drop.append(name)
            else:
                (extra if self._keep_extra else drop).append(name)
        converted = {name for name, _ in convert}
        check = [n for n in self.required if n not in raw or n in converted or type(raw[n]) is str]
        plan = _Plan(tuple(drop), tuple(convert), tuple(check), tuple(extra))
        if len(self._plans) < _MOST_PLANS:
            self._plans[shape] = plan
        return plan


def types_of(field: Mapping[str, Any]) -> list[str]:
    """The types that a schema names for a field, but null."""
    types = field.get("type", [])
    return [name for name in ([types] if isinstance(types, str) else types) if name != "null"]


def _compile(field: Mapping[str, Any], required: bool, salt: str, on_personal: Callable[[str], None]) -> Field | None:
    """The check of one field; None for one that never leaves the tap."""
    if field.get("x-pii") == DROP:
        return None
    if field.get("x-pii") == HASH:
        return Field(frozenset(), lambda value: keyed_hash(value, salt), required)
    types = types_of(field)
    null = frozenset() if required else frozenset({_NONE})
    if unit := field.get("x-epoch"):
        return Field(null, functools.partial(_epoch, unit=_UNITS[unit]), required)
    if convert := _FORMATS.get(field.get("format", "")):
        return Field(null, convert, required)
    if types == ["number"] and "x-sql-datatype" in field:
        return Field(null, _grouped if field.get("x-grouped") else _money, required)
    if len(types) == 1 and types[0] in _SCALARS:
        passes, convert = _SCALARS[types[0]]
        return Field(passes | null, convert, required)
    # Nested and mixed values are loaded whole, whatever shape the platform gives them next.
    scrub = scrubber(field, salt, on_personal)
    plain = {"object", "array"}.isdisjoint(types)
    return Field(frozenset({bool, int, str, Decimal}) | null if plain else null, scrub, required)
