"""Orders from the API to stdout, answered at once: what a record costs in the tap alone."""

from __future__ import annotations

from tests.benchmarks.contestants import AIRBYTE, DLT, STOCK, readers
from tests.benchmarks.measure import Contestant, alternate
from tests.benchmarks.rows import Bench
from tests.benchmarks.table import Line

#: Without any latency there is nothing to wait for: more threads only take the interpreter from each other.
CONCURRENCY = 1
_PEERS = {STOCK: 8, DLT: 4, AIRBYTE: None}  # how many times as fast we want to be


def measure(bench: Bench) -> list[Line]:
    """CPU, memory and wall time; peers in the same turns."""
    shop = bench.large_shop()

    contestants = {"tap-shopee": Contestant(lambda: shop.watched(shop.tap(concurrency=CONCURRENCY)))}
    contestants |= {
        name: Contestant(lambda command=command: shop.watched(command()))
        for name, command in readers(shop).items()
        if name in _PEERS
    }
    medians = alternate(contestants, bench.rounds, bench.say)
    own = medians.pop("tap-shopee")
    work = f"{shop.orders:,} orders to stdout"
    return [
        Line(f"{work}: CPU a record", own.cpu / shop.orders * 1e6, "µs", aim=20, kind="below"),
        Line(f"{work}: peak memory", own.rss, "MB", aim=150, kind="below"),
        *(Line(f"{work}: whole process", own.wall, "s", name, m.wall, _PEERS[name]) for name, m in medians.items()),
        *(Line(f"{work}: CPU", own.cpu, "s", name, m.cpu) for name, m in medians.items()),
    ]
