"""How much slower than DuckDB's own staged merge is target-duckdb?

    python plugins/warehouse/benchmarks/duckdb_orders.py [--orders 100000] [--rounds 5]

All load the same orders (see orders.py) into a new DuckDB file, in turns, each in a process of its own:

- read_json: the bare records into a new table; no keys, no transaction with anything else;
- staged merge: the bare records into a staging table, then delete by key and insert in one transaction, into a
  table with the same columns;
- target-duckdb: Singer messages, which it also checks, merges by key and acknowledges.

Prints medians of wall seconds, CPU seconds and peak memory, and the median of the ratios of each round.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path

from orders import asked, measure, medians, order, schema, write

PREPARE = """
import json, sys, duckdb
from talat_warehouse.duckdb import _TYPES
from talat_warehouse.kinds import kind_of
columns = {n: _TYPES[kind_of(p)] for n, p in json.loads(sys.argv[3])["properties"].items()}
read = f"read_json('{sys.argv[2]}', format='newline_delimited', columns={columns})"
"""
READ_JSON = """
with duckdb.connect(sys.argv[1]) as db:
    db.execute(f"CREATE TABLE orders AS FROM {read}")
"""
STAGED_MERGE = """
with duckdb.connect(sys.argv[1]) as db:
    db.execute(f"CREATE TABLE orders ({', '.join(f'{n} {t}' for n, t in columns.items())})")
    db.execute(f"CREATE TEMP TABLE stage AS FROM {read}")
    db.begin()
    db.execute("DELETE FROM orders o USING stage s WHERE o.shop_id = s.shop_id AND o.order_sn = s.order_sn")
    db.execute("INSERT INTO orders FROM stage")
    db.commit()
"""
TARGET = "from talat_warehouse.duckdb import TargetDuckDB; TargetDuckDB.cli()"


def main() -> None:
    """Measure and print."""
    options = asked(__doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        singer, bare = write(folder, options.orders)
        config, database = folder / "config.json", folder / "w.duckdb"
        config.write_text(json.dumps({"path": str(database)}))
        arguments = [str(database), str(bare), json.dumps(schema())]
        programs = {
            "start only": (["import talat_warehouse.duckdb"], None),
            "read_json": ([PREPARE + READ_JSON, *arguments], None),
            "staged merge": ([PREPARE + STAGED_MERGE, *arguments], None),
            "target-duckdb": ([TARGET, "--config", str(config)], singer),
        }
        runs: dict[str, list[tuple[float, float, float]]] = {what: [] for what in programs}
        for _ in range(options.rounds):
            for what, (program, source) in programs.items():
                runs[what].append(measure(program, source))
                database.unlink(missing_ok=True)
        size = bare.stat().st_size / options.orders
    print(f"{options.orders} orders of {size:.0f} bytes, {len(order(0))} fields, medians of {options.rounds}")
    base, base_cpu, _ = medians(runs["start only"])
    for what, found in runs.items():
        wall, cpu, memory = medians(found)
        print(
            f"{what:14} {wall:6.2f} s wall ({wall - base:5.2f} without start) {cpu:6.2f} s CPU "
            f"({cpu - base_cpu:5.2f}) {memory:5.0f} MB"
        )
    for peer in ("read_json", "staged merge"):
        wall, cpu = (
            statistics.median(
                (ours[i] - start[i]) / (theirs[i] - start[i])
                for ours, theirs, start in zip(runs["target-duckdb"], runs[peer], runs["start only"], strict=True)
            )
            for i in (0, 1)
        )
        print(f"target-duckdb takes {wall:.2f} times as long as {peer}, and {cpu:.2f} times its CPU, start not counted")


if __name__ == "__main__":
    main()
