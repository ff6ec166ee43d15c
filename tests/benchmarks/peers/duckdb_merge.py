"""What DuckDB itself needs to merge records by key: the least that a loader with the same promise can take.

    python duckdb_merge.py schema.json records.jsonl FILE

Reads bare records with explicit columns into a staging table, then deletes and inserts by key in one transaction.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb

_KEYS = ("shop_id", "order_sn")
_SCALARS = {"integer": "BIGINT", "boolean": "BOOLEAN", "string": "VARCHAR", "number": "DOUBLE"}


def column_type(field: Mapping[str, Any]) -> str:
    """The type of the column that holds a field exactly."""
    if field.get("format") == "date-time":
        return "TIMESTAMP"
    if field.get("x-sql-datatype") == "decimal":
        return "DECIMAL(38, 9)"
    kind = field["type"] if isinstance(field["type"], str) else next(name for name in field["type"] if name != "null")
    return _SCALARS.get(kind, "JSON")


def main() -> None:
    """Load everything at once."""
    schema, records, file = sys.argv[1:]
    columns = {
        name: column_type(field) for name, field in json.loads(Path(schema).read_text("utf-8"))["properties"].items()
    }
    same = " AND ".join(f"t.{key} = s.{key}" for key in _KEYS)
    with duckdb.connect(file) as db:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"CREATE TABLE orders ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
        db.execute("CREATE TEMP TABLE stage AS FROM orders")
        db.execute(f"INSERT INTO stage FROM read_json('{records}', format='newline_delimited', columns={columns})")
        db.begin()
        db.execute(f"DELETE FROM orders t USING stage s WHERE {same}")
        db.execute("INSERT INTO orders FROM stage")
        db.commit()


if __name__ == "__main__":
    main()
