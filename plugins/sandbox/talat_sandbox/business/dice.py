"""Repeatable chance: draws that depend on a key and on nothing else."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import blake2b
from itertools import accumulate
from typing import TypeVar

T = TypeVar("T")

_REFILL_BELOW = 1 << 64


class Dice:
    """A stream of draws fixed by `key`: the same key gives the same draws on every machine and version.

    A keyed hash instead of `random.Random`: seeding a Mersenne twister for each order costs more than the order.
    """

    __slots__ = ("_key", "_pool")

    def __init__(self, key: str) -> None:
        self._key = blake2b(key.encode(), digest_size=64).digest()
        self._pool = int.from_bytes(self._key, "little")

    def below(self, limit: int) -> int:
        """Return an integer in [0, limit)."""
        if self._pool < _REFILL_BELOW:
            self._key = blake2b(self._key, digest_size=64).digest()
            self._pool = int.from_bytes(self._key, "little")
        self._pool, draw = divmod(self._pool, limit)
        return draw

    def between(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return low + self.below(high - low + 1)

    def chance(self, permille: int) -> bool:
        """Return true in `permille` of 1,000 cases."""
        return self.below(1000) < permille

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, all equally likely."""
        return options[self.below(len(options))]


class Weighted:
    """Indices drawn in proportion to integer weights."""

    __slots__ = ("bounds",)

    def __init__(self, weights: Sequence[int]) -> None:
        self.bounds = list(accumulate(weights))

    def __len__(self) -> int:
        return len(self.bounds)

    def draw(self, dice: Dice) -> int:
        """Return an index into the weights."""
        return bisect_right(self.bounds, dice.below(self.bounds[-1]))
