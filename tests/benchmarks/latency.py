"""Orders from an API that answers after 150 ms: how much of the waiting is done side by side.

The span is the sandbox's own: from the first call's arrival to the last answer. The minimum is derived in bounds.py
from the orders there are in each window that our tap asks for.
"""

from __future__ import annotations

from tests.benchmarks import bounds
from tests.benchmarks.contestants import AIRBYTE, AIRBYTE_40, DLT, DLT_TUNED, STOCK, readers
from tests.benchmarks.measure import Contestant, alternate, run
from tests.benchmarks.rows import Bench
from tests.benchmarks.table import Line

_LATENCY = 0.15
_CONCURRENCY = 128
_PER_SECOND = 10
_AIMS = {STOCK: 30, AIRBYTE: 15, AIRBYTE_40: 15, DLT: 8, DLT_TUNED: 3}
_SLOW = {STOCK, AIRBYTE, AIRBYTE_40}  # by waiting, which is the same each time: once is enough


def without_limit(bench: Bench) -> list[Line]:
    """Nothing but latency: the span beside the least possible, the whole process beside the peers'."""
    shop = bench.distant_shop()
    contestants = {"tap-shopee": Contestant(lambda: shop.watched(shop.tap(concurrency=_CONCURRENCY)))}
    contestants |= {
        name: Contestant(lambda command=command: shop.watched(command()), once=name in _SLOW)
        for name, command in readers(shop).items()
    }
    medians = alternate(contestants, bench.rounds, bench.say)
    own = medians.pop("tap-shopee")
    least = bounds.unlimited([orders for windows in shop.windows for orders in windows], _LATENCY)
    work = f"{shop.orders:,} orders, 10 shops, 150 ms a call"
    return [
        Line(f"{work}: span of calls", own.figures["span"], "s", "least possible", least, 1.15, "within"),
        *(Line(f"{work}: whole process", own.wall, "s", name, m.wall, _AIMS[name]) for name, m in medians.items()),
    ]


def with_limit(bench: Bench) -> list[Line]:
    """Ten calls a second and shop: as fast as that permits, never faster, also when runs follow each other."""
    shop = bench.distant_shop(_PER_SECOND)
    tap = shop.tap(concurrency=_CONCURRENCY, account_requests_per_second=_PER_SECOND)
    medians = alternate({"tap-shopee": Contestant(lambda: shop.watched(tap))}, bench.rounds, bench.say)
    least = max(bounds.limited(windows, _LATENCY, _PER_SECOND) for windows in shop.windows)
    shop.sandbox.reset_stats()
    for _ in range(3):
        run(tap)
    work = f"{shop.orders:,} orders, 10 shops, 150 ms a call, {_PER_SECOND} calls a second and shop"
    own, refused = medians["tap-shopee"].figures["span"], float(shop.sandbox.stats()["limit_violations"])
    return [
        Line(f"{work}: span of calls", own, "s", "least permitted", least, 1.05, "within"),
        Line(f"{work}: calls over the limit, 3 runs at once after each other", refused, "", aim=0, kind="below"),
    ]
