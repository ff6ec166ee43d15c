"""The kinds of column, which JSON schema leads to which, how a column may widen, and what it may be called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from talat_warehouse.errors import WarehouseError


class Kind(Enum):
    """What a column holds, whatever the engine calls it."""

    STRING = "string"
    INTEGER = "integer"  # 64 bits
    NUMBER = "number"  # a binary double
    DECIMAL = "decimal"  # exact: 29 digits before the point, 9 after
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"  # an instant, UTC, microseconds
    DATE = "date"
    TIME = "time"
    JSON = "json"


EXTRACTED_AT = "_sdc_extracted_at"
RECEIVED_AT = "_sdc_received_at"
BATCHED_AT = "_sdc_batched_at"
SEQUENCE = "_sdc_sequence"

#: Up to here a double holds every integer.
EXACT_IN_DOUBLE = 2**53

#: Columns of every table, and no tap's: a tap's own columns of these names are left out.
METADATA = {
    EXTRACTED_AT: Kind.TIMESTAMP,
    RECEIVED_AT: Kind.TIMESTAMP,
    BATCHED_AT: Kind.TIMESTAMP,
    SEQUENCE: Kind.INTEGER,
}

_SCALARS = {"string": Kind.STRING, "integer": Kind.INTEGER, "number": Kind.NUMBER, "boolean": Kind.BOOLEAN}
_FORMATS = {
    "date-time": Kind.TIMESTAMP,
    "date": Kind.DATE,
    "time": Kind.TIME,
    "singer.decimal": Kind.DECIMAL,
    "x-singer.decimal": Kind.DECIMAL,
}


def kind_of(schema: Mapping[str, Any]) -> Kind:
    """The kind of column for a property's JSON schema; JSON wherever one scalar kind cannot hold it all."""
    kinds = _kinds(schema)
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {Kind.INTEGER, Kind.NUMBER}:
        return Kind.NUMBER
    # A union such as anyOf [date-time, string] is a string that is often a time.
    if Kind.STRING in kinds and kinds <= {Kind.STRING, Kind.TIMESTAMP, Kind.DATE, Kind.TIME}:
        return Kind.STRING
    return Kind.JSON


def _kinds(schema: Mapping[str, Any]) -> set[Kind]:
    for union in ("anyOf", "oneOf"):
        if union in schema and "type" not in schema:
            found: set[Kind] = set()
            for option in schema[union]:
                found |= _kinds(option) if option.get("type") not in ("null", ["null"]) else set()
            return found
    types = schema.get("type", [])
    types = set([types] if isinstance(types, str) else types) - {"null"}
    kinds = {_SCALARS.get(name, Kind.JSON) for name in types}
    if kinds == {Kind.STRING}:
        return {_FORMATS.get(schema.get("format", ""), Kind.STRING)}
    exact = str(schema.get("x-sql-datatype", "")).lower() in ("decimal", "numeric")
    if kinds and kinds <= {Kind.INTEGER, Kind.NUMBER} and exact:
        return {Kind.DECIMAL}
    return kinds


#: (what the column is, what the schema now says) → what the column becomes. Every step keeps all values.
_TO_STRING = (Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL, Kind.BOOLEAN, Kind.TIMESTAMP, Kind.DATE, Kind.TIME)
_TO_JSON = (Kind.STRING, Kind.INTEGER, Kind.NUMBER, Kind.DECIMAL, Kind.BOOLEAN)
_WIDER = {
    (Kind.INTEGER, Kind.DECIMAL): Kind.DECIMAL,
    # Refused by the engine when an integer beyond 2^53 is already there.
    (Kind.INTEGER, Kind.NUMBER): Kind.NUMBER,
    **{(kind, Kind.STRING): Kind.STRING for kind in _TO_STRING},
    **{(kind, Kind.JSON): Kind.JSON for kind in _TO_JSON},
    # The column is the wider of the two already.
    (Kind.DECIMAL, Kind.INTEGER): Kind.DECIMAL,
    (Kind.DECIMAL, Kind.NUMBER): Kind.DECIMAL,
    (Kind.NUMBER, Kind.INTEGER): Kind.NUMBER,
    **{(Kind.STRING, kind): Kind.STRING for kind in _TO_STRING},
    **{(Kind.JSON, kind): Kind.JSON for kind in Kind},
}


def widened(column: str, current: Kind, wanted: Kind) -> Kind:
    """The kind that holds both what a column has and what its schema now says.

    Raises WarehouseError where there is none that keeps every value.
    """
    if current is wanted:
        return current
    kind = _WIDER.get((current, wanted))
    if kind is None:
        raise WarehouseError(
            f"column '{column}' is {current.value} in the warehouse and {wanted.value} in the schema, and no "
            "type holds both without loss; rename or drop the column (or the table) and load it afresh"
        )
    return kind


_RESERVED = re.compile(r"_TABLE_|_FILE_|_PARTITION|_ROW_TIMESTAMP|__ROOT__|_COLIDENTIFIER|_CHANGE_", re.IGNORECASE)


def column_name(name: str) -> str:
    """A Singer name as the warehouse writes it, the same on both engines.

    One rule: names stay as they are, but a character other than an ASCII letter, a digit or `_` becomes
    `_`, and a name that begins with a digit gets `_` before it. Raises WarehouseError for the empty name,
    for one of more than 300 characters and for BigQuery's reserved prefixes.
    """
    safe = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if safe[:1].isdigit():
        safe = "_" + safe
    if not 0 < len(safe) <= 300 or _RESERVED.match(safe):
        raise WarehouseError(f"the name '{name[:80]}' cannot be a column in BigQuery; rename it in the tap")
    return safe


def column_names(names: Iterable[str]) -> dict[str, str]:
    """Singer name → column name. Raises WarehouseError when two would be one column (case does not count)."""
    columns = {name: column_name(name) for name in names}
    taken: dict[str, str] = {}
    for name, column in columns.items():
        other = taken.setdefault(column.lower(), name)
        if other != name:
            raise WarehouseError(f"'{other}' and '{name}' would be the same column '{column}'; rename one in the tap")
    return columns
