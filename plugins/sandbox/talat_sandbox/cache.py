"""Rendered records, kept while they are true and there is room."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")
FOREVER = 1 << 62


class Cache(Generic[T]):
    """A bounded least-recently-used store of values that hold from one instant until another."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, tuple[T, int, int]] = OrderedDict()

    def get(self, key: Hashable, as_of: int) -> T | None:
        """Return the value if it holds at an instant."""
        entry = self._kept.get(key)
        if entry is None or not entry[1] <= as_of < entry[2]:
            return None
        self._kept.move_to_end(key)
        return entry[0]

    def put(self, key: Hashable, value: T, first: int = 0, until: int = FOREVER) -> T:
        """Keep a value that holds in [first, until) and return it."""
        self._kept[key] = (value, first, until)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
