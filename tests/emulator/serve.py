"""BigQuery's emulator with its gaps filled, in the foreground. Test code: the product knows nothing of it.

bqemulator 1.4.0 wants DuckDB's spatial extension from the internet (here it comes from a wheel), does not show
in `tables.get` what ALTER TABLE did, calls JSON columns STRING once SQL made them, makes DECIMAL(18,3) of a
column altered to NUMERIC, does not alter a table when `tables.patch` gives it columns, does not unpack what is
uploaded as gzip, and refuses the target's name before the columns that a MERGE sets. For policies of row access, of
which there are none here, it unfolds every view into the statement, and then takes tables of the same name in two
datasets for one: views are left to DuckDB. Each of its two dozen passes parses the statement anew, which took half of
a build: a text is parsed once.
"""

from __future__ import annotations

import gzip
import re
import sys
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from bqemulator.api.routes import tables
from bqemulator.catalog import ddl_sync
from bqemulator.catalog.models import TableSchema
from bqemulator.config import Settings
from bqemulator.jobs import executor
from bqemulator.scripting import interpreter
from bqemulator.server import run_forever
from bqemulator.sql import inner_query
from bqemulator.sql.table_rewriter import rewrite_table_refs
from bqemulator.storage.engine import DuckDBEngine
from bqemulator.storage.sql_identifiers import quoted_table_ref
from bqemulator.storage.type_map import bq_schema_to_duckdb_columns

_TO_NUMERIC = re.compile(r"(SET DATA TYPE) (?:DECIMAL|NUMERIC)\s*$", re.IGNORECASE)
_MERGE_INTO = re.compile(r"^\s*MERGE\s+INTO\s+\S+\s+AS\s+(\S+)", re.IGNORECASE)
_ALTER = re.compile(r"^\s*ALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?([`\w.-]+)", re.IGNORECASE)


def load_spatial_from_wheel(engine: DuckDBEngine) -> None:
    """Load the extension that lies beside the package `duckdb_extension_spatial`."""
    version = duckdb.__version__
    file = files("duckdb_extension_spatial") / "extensions" / f"v{version}" / "spatial.duckdb_extension"
    engine.connection.execute(f"LOAD '{file}'")


def speak_duckdb(sql: str, project: str) -> str:
    """Give NUMERIC its digits in a translated ALTER COLUMN, and name the columns that a MERGE sets alone."""
    sql = _TO_NUMERIC.sub(r"\1 DECIMAL(38, 9)", sql)
    if merge := _MERGE_INTO.match(sql):
        sql = re.sub(rf"(\bSET |, ){re.escape(merge[1])}\.(?=\S+ = )", r"\1", sql)
    return rewrite_table_refs(sql, project)


def show_altered_table(sql: str, project: str, context: Any) -> None:
    """After ALTER TABLE, put the table's new schema into the catalog that REST answers from."""
    sync_created_table(sql, project, context)
    found = _ALTER.match(sql)
    if found is None:
        return
    project, dataset, table = [project, *found[1].replace("`", "").split(".")][-3:]
    meta = context.catalog.get_table(project, dataset, table)
    if meta is not None:
        schema = schema_with_json(project, dataset, table, context)
        context.catalog.update_table(meta.model_copy(update={"schema_": schema}))


def schema_with_json(project: str, dataset: str, table: str, context: Any) -> TableSchema:
    """A stored table's schema, its JSON columns called so: Arrow, which the emulator asks, has no such type."""
    schema = introspect_schema(project, dataset, table, context)
    rows = context.engine.execute(f"PRAGMA table_info({quoted_table_ref(project, dataset, table)})").fetchall()
    nested = {row[1] for row in rows if row[2] == "JSON"}
    fields = (f.model_copy(update={"type": "JSON"}) if f.name in nested else f for f in schema.fields)
    return schema.model_copy(update={"fields": tuple(fields)})


def alter_patched_table(project: str, dataset: str, body: dict[str, Any], clock: Any, existing: Any = None) -> Any:
    """Add to storage the columns that a patch names and the table lacks."""
    meta = rest_to_table_meta(project, dataset, body, clock, existing)
    if existing is not None and body.get("schema"):
        known = {field.name.lower() for field in existing.schema_.fields}
        new = [tables._field_to_rest(field) for field in meta.schema_.fields if field.name.lower() not in known]
        for name, kind in bq_schema_to_duckdb_columns(new):
            table = quoted_table_ref(project, dataset, meta.table_id)
            _engine.execute(f'ALTER TABLE {table} ADD COLUMN "{name}" {kind}')
    return meta


def load_unpacked(path: str, job: Any, context: Any) -> None:
    """Load an uploaded file, which BigQuery unpacks whatever its name."""
    file = Path(path)
    content = file.read_bytes()
    if content.startswith(b"\x1f\x8b"):
        file.write_bytes(gzip.decompress(content))
    load_path(path, job, context)


def leave_views(sql: str, **_: Any) -> str:
    """The statement as it is, where the emulator would put the views' own statements into it."""
    return sql


@lru_cache(maxsize=64)
def parsed_once(sql: str, read: str) -> sqlglot.Expression:
    """The statement's tree; whoever changes it must copy it."""
    return parse_one(sql, read=read)


def parse_from_memory(sql: str, read: str = "", **options: Any) -> sqlglot.Expression:
    """A tree of one's own."""
    return parsed_once(sql, read).copy() if read and not options else parse_one(sql, read=read or None, **options)


_engine: DuckDBEngine
_start = DuckDBEngine.start
parse_one = sqlglot.parse_one
sync_created_table = ddl_sync.sync_created_table
introspect_schema = ddl_sync._introspect_schema
load_path = executor._load_path_into_target
rest_to_table_meta = tables._rest_to_table_meta


async def start_and_remember(engine: DuckDBEngine) -> None:
    global _engine
    await _start(engine)
    _engine = engine


def main(port: int) -> None:
    """Serve on 127.0.0.1 until a signal; nothing is kept."""
    setattr(sqlglot, "parse_one", parse_from_memory)  # noqa: B010
    setattr(DuckDBEngine, "_load_spatial", load_spatial_from_wheel)  # noqa: B010 - not what the types allow
    setattr(DuckDBEngine, "start", start_and_remember)  # noqa: B010
    setattr(executor, "rewrite_table_refs", speak_duckdb)  # noqa: B010
    setattr(interpreter, "rewrite_table_refs", speak_duckdb)  # noqa: B010
    setattr(executor, "_load_path_into_target", load_unpacked)  # noqa: B010
    setattr(executor, "sync_created_table", show_altered_table)  # noqa: B010
    setattr(ddl_sync, "_introspect_schema", schema_with_json)  # noqa: B010
    setattr(tables, "_rest_to_table_meta", alter_patched_table)  # noqa: B010
    setattr(inner_query, "rewrite_for_row_access", leave_views)  # noqa: B010
    run_forever(Settings(rest_port=port, grpc_port=0, enable_format_extensions=False))


if __name__ == "__main__":
    main(int(sys.argv[1]))
