"""What a warehouse must be able to do; everything else is common to both."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from talat_warehouse.kinds import Kind


@dataclass(frozen=True)
class Table:
    """One stream's table. `keys` and the keys of `columns` are column names; no metadata columns."""

    schema: str
    name: str
    columns: Mapping[str, Kind]
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Batch:
    """A newline-delimited JSON file of `rows` objects, whose keys are the table's columns, `_sdc_extracted_at`
    and `_sdc_sequence` (microseconds since 1970, strictly increasing).

    Decimals and nested values are strings in it, because a JSON reader would make doubles of their numbers.
    """

    path: Path
    rows: int
    longest_line: int  # bytes
    batched_at: datetime
    number: int  # of the process, from 1


class Engine(ABC):
    """A connection to one warehouse. Everything it raises for a person to read is a WarehouseError.

    Loads run in a thread of their own, but never beside another call than `interrupt`.
    """

    @abstractmethod
    def columns(self, table: Table) -> dict[str, Kind]:
        """The columns of a table as they are in the warehouse, without metadata; empty without the table."""

    @abstractmethod
    def create(self, table: Table) -> None:
        """Make the table, its schema and its metadata columns, unless it is there."""

    @abstractmethod
    def add_columns(self, table: Table, columns: Mapping[str, Kind]) -> None:
        """Add columns, null in the rows that are there."""

    @abstractmethod
    def widen(self, table: Table, column: str, current: Kind, wider: Kind) -> None:
        """Change a column's type, keeping every value; raises WarehouseError if one would be lost."""

    @abstractmethod
    def load(self, table: Table, batch: Batch) -> None:
        """Load a batch, all or nothing: by key, the last by sequence wins; without keys, rows are added."""

    def json_text(self, raw: bytes) -> str:
        """The text of a nested value as this warehouse can keep it exactly."""
        return raw.decode()

    @abstractmethod
    def interrupt(self) -> None:
        """Break off a load that is going on, where that can be done at once; nothing if there is none."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the warehouse."""
