"""What the rows of the table share: options, the shops, and how they are reported."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, field

from tests.benchmarks.shop import Shop, running_shop


@dataclass
class Bench:
    """One run of the benchmarks. Shops are opened when first asked for, and closed with ``stack``."""

    rounds: int
    orders: int
    stack: ExitStack
    _shops: dict[str, Shop] = field(default_factory=dict)

    def say(self, sentence: str) -> None:
        """Tell how it goes, beside the table."""
        print(sentence, file=sys.stderr, flush=True)

    def small_shop(self) -> Shop:
        """One shop with a hundred orders, answering at once."""
        return self._shop("small", orders=100, days=10, shops=1)

    def large_shop(self) -> Shop:
        """Ten shops with many orders, answering at once."""
        return self._shop("large", orders=self.orders, days=60)

    def distant_shop(self, per_second: int = 0) -> Shop:
        """Ten shops with 5,000 orders, answering after 150 ms; perhaps so many calls a second for each."""
        return self._shop(f"distant {per_second}", orders=5000, days=56, latency_ms=150, shop_rps=per_second)

    def _shop(self, name: str, *, orders: int, days: int, **options: int) -> Shop:
        if name not in self._shops:
            self.say(f"  founding a business with {orders} orders")
            self._shops[name] = self.stack.enter_context(running_shop(orders, days=days, **options))
        return self._shops[name]
