"""target-duckdb: one DuckDB file. Timestamps are TIMESTAMP columns that hold UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar

import duckdb
from singer_sdk import typing as th

from talat_warehouse.engine import Batch, Engine, Table
from talat_warehouse.errors import WarehouseError
from talat_warehouse.kinds import BATCHED_AT, EXACT_IN_DOUBLE, EXTRACTED_AT, METADATA, RECEIVED_AT, SEQUENCE, Kind
from talat_warehouse.target import WarehouseTarget

_TYPES = {
    Kind.STRING: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.DECIMAL: "DECIMAL(38,9)",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.TIME: "TIME",
    Kind.JSON: "JSON",
}
_KINDS = {name: kind for kind, name in _TYPES.items()}
#: What read_json reads, where it is not the column's own type: JSON would be a quoted string, and
#: read as TIMESTAMP an offset such as +07:00 is dropped without a word.
_READ = _TYPES | {Kind.JSON: "VARCHAR", Kind.TIMESTAMP: "TIMESTAMPTZ", Kind.DECIMAL: "VARCHAR"}
_FROM_READ = {
    Kind.JSON: "CAST({} AS JSON)",
    Kind.TIMESTAMP: "make_timestamp(epoch_us({}))",
    # Text becomes a decimal of 128 bits fifty times as slowly as one of 64, which holds most money.
    Kind.DECIMAL: "coalesce(CAST(TRY_CAST({0} AS DECIMAL(18,9)) AS DECIMAL(38,9)), CAST({0} AS DECIMAL(38,9)))",
}
#: What the file is called in SQL; by the file's own name a schema of that name could not be told from it.
_FILE = "loaded file"
#: Rows that DuckDB compresses and writes as one, and of a batch. A group that is not full is written anew at each
#: checkpoint: with DuckDB's usual 122,880 rows most of the time and memory of a run would go there.
_ROW_GROUP = 10_240
_BETWEEN_LOADS = "32MB"
_TIMESTAMP_TEXT = "strftime({}, '%Y-%m-%dT%H:%M:%S.%fZ')"


class DuckDBEngine(Engine):
    """Holds the file open, and so locked, from the start to the end of the run."""

    def __init__(self, path: str) -> None:
        """Open or create the file; raises WarehouseError where that cannot be."""
        self.path = Path(path).expanduser().resolve()  # absolute, so that no name means "in memory"
        quoted = str(self.path).replace("'", "''")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            # One thread: two take nearly twice the CPU time, and the tap needs the other core.
            self._db = duckdb.connect(
                config={"autoinstall_known_extensions": "false", "temp_directory": f"{self.path}.tmp", "threads": "1"}
            )
            self._db.execute(f"ATTACH '{quoted}' AS \"{_FILE}\" (ROW_GROUP_SIZE {_ROW_GROUP})")
        except OSError as error:
            raise WarehouseError(
                f"The folder {self.path.parent} cannot be made ({error.strerror}); choose another `path`."
            ) from error
        except duckdb.Error as error:
            raise WarehouseError(self._why_closed(str(error))) from error
        kept = self._db.execute(f"SELECT path FROM duckdb_databases() WHERE database_name = '{_FILE}'").fetchone()
        if not kept or not kept[0]:
            # DuckDB opens a file of JSON, CSV or Parquet as views in memory, where all that is loaded is lost.
            raise WarehouseError(f"The file {self.path} is data, and no DuckDB database; choose another `path`.")
        # Text without an offset is read in the session's zone.
        self._db.execute("SET TimeZone = 'UTC'")
        self._memory_limit = self._value("SELECT current_setting('memory_limit')")

    def _why_closed(self, message: str) -> str:
        if "lock" in message:
            holder = re.search(r"PID (\d+)", message)
            who = f"process {holder[1]}" if holder else "another process"
            return f"The DuckDB file {self.path} is in use by {who}; close that one and run again."
        reason = message.splitlines()[0].replace(f'"{self.path}"', "it")
        return f"The DuckDB file {self.path} cannot be opened for writing ({reason}); mend it or choose another `path`."

    @contextmanager
    def _one_sentence(self, doing: str) -> Iterator[None]:
        try:
            yield
        except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
            # DuckDB quotes the value, which may be a person's.
            raise WarehouseError(f"{doing} failed: DuckDB refused a value for its column's type") from error
        except duckdb.Error as error:
            raise WarehouseError(f"{doing} failed: {str(error).splitlines()[0]}") from error

    def columns(self, table: Table) -> dict[str, Kind]:
        """See Engine. Raises WarehouseError for a type that this target does not make."""
        with self._one_sentence("looking at the table"):
            rows = self._db.execute(
                f"SELECT column_name, data_type FROM information_schema.columns WHERE table_catalog = '{_FILE}' "
                f"AND lower(table_schema) = lower('{table.schema}') "
                f"AND lower(table_name) = lower('{table.name}') ORDER BY ordinal_position"
            ).fetchall()
        foreign = [f"{name} ({kind})" for name, kind in rows if kind not in _KINDS]
        missing = sorted(METADATA.keys() - {name for name, _ in rows}) if rows else []
        if foreign or missing:
            raise WarehouseError(
                f"the table {table.schema}.{table.name} was made by something else (it has "
                f"{', '.join(foreign) or 'no '}{', '.join(missing)}); drop or rename it, or load into another schema"
            )
        return {name: _KINDS[kind] for name, kind in rows if name not in METADATA}

    def create(self, table: Table) -> None:
        """See Engine."""
        columns = ", ".join(f'"{name}" {_TYPES[kind]}' for name, kind in {**table.columns, **METADATA}.items())
        with self._one_sentence("creating the table"):
            self._db.execute(f'CREATE SCHEMA IF NOT EXISTS "{_FILE}"."{table.schema}"')
            self._db.execute(f"CREATE TABLE IF NOT EXISTS {_name(table)} ({columns})")

    def add_columns(self, table: Table, columns: Mapping[str, Kind]) -> None:
        """See Engine."""
        with self._one_sentence("adding columns"):
            for name, kind in columns.items():
                self._db.execute(f'ALTER TABLE {_name(table)} ADD COLUMN IF NOT EXISTS "{name}" {_TYPES[kind]}')

    def widen(self, table: Table, column: str, current: Kind, wider: Kind) -> None:
        """See Engine."""
        quoted = f'"{column}"'
        how = f"CAST({quoted} AS {_TYPES[wider]})"
        if wider is Kind.STRING and current is Kind.TIMESTAMP:
            how = _TIMESTAMP_TEXT.format(quoted)
        elif wider is Kind.JSON:
            text = f"CAST({quoted} AS VARCHAR)"
            how = f"to_json({quoted})" if current in (Kind.STRING, Kind.BOOLEAN) else f"CAST({text} AS JSON)"
        with self._one_sentence(f"widening column '{column}'"):
            if wider is Kind.NUMBER:
                wide = f"{quoted} NOT BETWEEN -{EXACT_IN_DOUBLE} AND {EXACT_IN_DOUBLE}"
                inexact = self._value(f"SELECT count(*) FROM {_name(table)} WHERE {wide}")
                if inexact:
                    raise WarehouseError(
                        f"column '{column}' holds {inexact} integers that no double holds exactly, so it cannot "
                        "become a number; declare it as decimal in the tap's schema"
                    )
            self._db.execute(f"ALTER TABLE {_name(table)} ALTER {quoted} SET DATA TYPE {_TYPES[wider]} USING {how}")

    def load(self, table: Table, batch: Batch) -> None:
        """See Engine: one transaction of read, count, delete and insert."""
        with self._one_sentence("loading a batch"):
            self._db.begin()
            try:
                self._replace(table, batch)
                self._db.commit()
            except BaseException:
                self._db.rollback()
                raise
            self._forget_blocks()

    def _replace(self, table: Table, batch: Batch) -> None:
        read = {**table.columns, EXTRACTED_AT: Kind.TIMESTAMP, SEQUENCE: Kind.INTEGER}
        types = ", ".join(f"'{name}': '{_READ[kind]}'" for name, kind in read.items())
        path = str(batch.path).replace("'", "''")
        batched_at = f"TIMESTAMP '{batch.batched_at:%Y-%m-%d %H:%M:%S.%f}'"
        values = [_FROM_READ.get(kind, "{}").format(f'"{name}"') for name, kind in read.items()]
        values += [f'make_timestamp("{SEQUENCE}")', batched_at]
        names = ", ".join(f'"{name}"' for name in [*read, RECEIVED_AT, BATCHED_AT])
        # No bound parameters: DuckDB would import pandas, where it is installed, to look at them.
        inserted = self._value(
            f"INSERT INTO {_name(table)} ({names}) SELECT {', '.join(values)} FROM read_json('{path}', "
            f"format = 'newline_delimited', columns = {{{types}}}, "
            f"maximum_object_size = {max(1 << 20, batch.longest_line + 1)})"
        )
        if inserted != batch.rows:
            raise WarehouseError(
                f"{batch.rows} rows were written for DuckDB and it read {inserted}; nothing was loaded"
            )
        if table.keys:
            keys = ", ".join(f'"{key}"' for key in table.keys)
            same = " AND ".join(f't."{key}" = b."{key}"' for key in table.keys)
            new = f'"{BATCHED_AT}" = {batched_at}'
            # After the insert, so that rows need not be staged. Not by sequence alone: an older run may
            # have had a clock that was ahead.
            self._db.execute(
                f'DELETE FROM {_name(table)} t USING (SELECT {keys}, max("{SEQUENCE}") AS last '
                f"FROM {_name(table)} WHERE {new} GROUP BY {keys}) b "
                f'WHERE {same} AND (t."{SEQUENCE}" < b.last OR NOT t.{new})'
            )

    def _forget_blocks(self) -> None:
        """Let go of the blocks of the file that DuckDB keeps in memory: it would keep the whole file, and needs few.

        A low limit at all times would make large batches and wide tables fail.
        """
        with suppress(duckdb.OutOfMemoryException):
            self._db.execute(f"SET memory_limit = '{_BETWEEN_LOADS}'")
        self._db.execute(f"SET memory_limit = '{self._memory_limit}'")

    def _value(self, query: str) -> Any:
        row = self._db.execute(query).fetchone()
        return row[0] if row else None

    def interrupt(self) -> None:
        """See Engine."""
        self._db.interrupt()

    def close(self) -> None:
        """See Engine."""
        self._db.close()


def _name(table: Table) -> str:
    return f'"{_FILE}"."{table.schema}"."{table.name}"'


class TargetDuckDB(WarehouseTarget):
    """Loads Singer streams into a DuckDB file, losing nothing."""

    name = "target-duckdb"
    package_name = "talat-warehouse"
    state_seconds = 5.0

    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "path",
            th.StringType(min_length=1),
            required=True,
            title="Path",
            description="The DuckDB file; it and its folder are made if they are not there.",
        ),
        th.Property(
            "default_target_schema",
            th.StringType,
            title="Schema",
            description="The schema of all tables. Without it, what stands before the first '-' of a stream's "
            "name, else 'main'.",
        ),
        th.Property(
            "batch_size_rows",
            th.IntegerType(minimum=1),
            default=_ROW_GROUP,
            title="Rows in a batch",
            description="Rows of one stream that are loaded in one transaction; more rows are faster and need "
            "more memory.",
        ),
        th.Property(
            "validate_records",
            th.BooleanType,
            default=False,
            title="Validate records",
            description="Check each record against its whole JSON schema, at many times the cost. Types are "
            "checked in any case.",
        ),
    ).to_dict()

    def open_engine(self) -> DuckDBEngine:
        """Open the file at `path`; raises WarehouseError."""
        return DuckDBEngine(self.config["path"])

    def stream_place(self, stream: str) -> tuple[str, str]:
        """See `default_target_schema`."""
        if schema := self.config.get("default_target_schema"):
            return schema, stream
        prefix, dash, table = stream.partition("-")
        return (prefix, table) if dash and prefix and table else ("main", stream)
