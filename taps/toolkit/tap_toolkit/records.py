"""Records as the schema promises them: a JSON schema compiled once into a converter.

A stock singer-sdk tap spends three quarters of a record's time walking its schema again and again; here each field's
check is one lookup and one comparison of types.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from tap_toolkit.privacy import DROP, HASH, keyed_hash, looks_personal, scrubber

EXTRA = "extra_fields"

Record = dict[str, Any]


class UnusableError(ValueError):
    """A record that cannot be what the schema promises; the text says which field and why, never its value."""


class _Field(NamedTuple):
    """``passes``: types let through untouched; everything else goes through ``convert``, which may raise ValueError."""

    passes: frozenset[type]
    convert: Callable[[Any], Any] | None
    required: bool


_NONE = type(None)
_UNKNOWN = _Field(frozenset(), None, False)


@functools.lru_cache(maxsize=4096)
def _day(number: int) -> str:
    return date.fromordinal(719163 + number).isoformat()


def epoch_iso(seconds: int) -> str:
    """Seconds since 1970 as ``YYYY-MM-DDTHH:MM:SSZ``."""
    number, rest = divmod(seconds, 86400)
    minutes, second = divmod(rest, 60)
    return f"{_day(number)}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}Z"


def _epoch(value: Any, unit: int) -> str | None:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    if type(value) is not int:
        raise ValueError("is not a number of seconds")
    if value == 0:  # platforms write 0 for "not yet"
        return None
    if not 0 < value // unit < 253402300800:
        raise ValueError("is no time between 1970 and 9999")
    return epoch_iso(value // unit)


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
    return parsed.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


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
    if value == "":
        return None
    if isinstance(value, str):
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise ValueError("is not a number") from None
        if number.is_finite():
            return number
    raise ValueError("is not a number")


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
_FORMATS: dict[str, Callable[[Any], Any]] = {"date-time": _date_time, "date": _date}
_UNITS = {"s": 1, "ms": 1000}


class Converter:
    """Turns what a platform sent into what the schema promises.

    ``keys`` may be neither null nor empty. Unknown fields go to ``extra_fields`` where the schema has it; those whose
    name is a person's are dropped and told to ``on_personal`` by name.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        *,
        keys: Sequence[str] = (),
        salt: str = "",
        on_personal: Callable[[str], None] = lambda name: None,
    ) -> None:
        self._fields: dict[str, _Field | None] = {}
        self._required: list[str] = []
        self._keep_extra = EXTRA in schema["properties"]
        self._on_personal = on_personal
        for name, field in schema["properties"].items():
            if name == EXTRA:
                continue
            required = name in keys or "null" not in _types(field)
            if required:
                self._required.append(name)
            self._fields[name] = _compile(field, required, salt, on_personal)

    def __call__(self, raw: Mapping[str, Any]) -> Record:
        """The record. Raises :class:`UnusableError`."""
        record: Record = {}
        extra: Record | None = None
        fields = self._fields
        for name, value in raw.items():
            field = fields.get(name, _UNKNOWN)
            if field is None:
                continue
            passes, convert, required = field
            if type(value) in passes:
                record[name] = value
            elif value is None and not required and convert is not None:
                record[name] = None
            elif convert is not None:
                try:
                    record[name] = _refuse(value) if value is None else convert(value)
                except ValueError as error:
                    raise UnusableError(f"{name} {error}") from None
            elif looks_personal(name):
                self._on_personal(name)
            elif self._keep_extra:
                extra = extra or {}
                extra[name] = value
        for name in self._required:
            if record.get(name) in (None, ""):
                raise UnusableError(f"{name} is missing or empty")
        if extra:
            record[EXTRA] = scrubber({}, "", self._on_personal)(extra)
        return record


def _types(field: Mapping[str, Any]) -> list[str]:
    types = field.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _compile(field: Mapping[str, Any], required: bool, salt: str, on_personal: Callable[[str], None]) -> _Field | None:
    """The check of one field; None for one that never leaves the tap."""
    if field.get("x-pii") == DROP:
        return None
    if field.get("x-pii") == HASH:
        return _Field(frozenset(), lambda value: keyed_hash(value, salt), required)
    types = [t for t in _types(field) if t != "null"]
    null = frozenset() if required else frozenset({_NONE})
    if unit := field.get("x-epoch"):
        return _Field(null, functools.partial(_epoch, unit=_UNITS[unit]), required)
    if convert := _FORMATS.get(field.get("format", "")):
        return _Field(null, convert, required)
    if len(types) == 1 and types[0] in _SCALARS:
        passes, convert = _SCALARS[types[0]]
        return _Field(passes | null, convert, required)
    # Nested and mixed values are loaded whole, whatever shape the platform gives them next.
    scrub = scrubber(field, salt, on_personal)
    plain = {"object", "array"}.isdisjoint(types)
    return _Field(frozenset({bool, int, str, Decimal}) | null if plain else null, scrub, required)
