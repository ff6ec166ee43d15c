"""How much CPU does target-bigquery take to make the file of a load job?

    python plugins/warehouse/benchmarks/bigquery_orders.py [--orders 100000] [--rounds 5]

The real command reads Singer messages of orders (see orders.py); only its engine is left out, so that nothing is
sent: what is measured is reading, checking and writing the files, and not Google's client or network.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from orders import asked, measure, medians, order, write

START = """
from talat_warehouse.bigquery import BigQueryEngine, TargetBigQuery
class Nowhere(BigQueryEngine):
    def __init__(self): pass
    def columns(self, table): return dict(table.columns)
    def load(self, table, batch): pass
    def close(self): pass
TargetBigQuery.open_engine = lambda self: Nowhere()
"""


def main() -> None:
    """Measure and print."""
    options = asked(__doc__)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        singer, _ = write(folder, options.orders)
        config = folder / "config.json"
        config.write_text(json.dumps({"project": "p", "dataset": "d"}))
        started, ran = [], []
        for _ in range(options.rounds):
            started.append(measure([START]))
            ran.append(measure([START + "TargetBigQuery.cli()", "--config", str(config)], singer))
    wall, cpu, memory = medians(ran)
    spent = cpu - medians(started)[1]
    print(f"{options.orders} orders, {len(order(0))} fields, medians of {options.rounds}")
    print(f"target-bigquery {wall:.2f} s wall, {cpu:.2f} s CPU, {memory:.0f} MB")
    print(f"{spent / options.orders * 1e6:.1f} µs of CPU a record, start not counted")


if __name__ == "__main__":
    main()
