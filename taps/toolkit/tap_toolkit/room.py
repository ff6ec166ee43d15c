"""What waits to be written: how much of it may, and in how little memory it can."""

from __future__ import annotations

import pickle
import threading
import zlib
from typing import Any

#: Rows that may wait to be written before readers pause; the window of each account that is written next never does.
ROOM = 20_000
# Bytes that count as a row, which is about what one takes that is not packed.
_ROW = 4096


class Packed:
    """Rows that wait long, in about a fortieth of their memory. ``size``: for how many they count."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._bytes = zlib.compress(pickle.dumps(rows, pickle.HIGHEST_PROTOCOL), 1)
        self.size = -(-len(self._bytes) // _ROW)

    def rows(self) -> list[dict[str, Any]]:
        """The same rows."""
        rows: list[dict[str, Any]] = pickle.loads(zlib.decompress(self._bytes))
        return rows


class Room:
    """What waits to be written, of all streams that were begun. Whoever touches it holds ``changed``."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.rows = self.windows = 0

    @property
    def scarce(self) -> bool:
        """Whether rows that are not written next should be packed, which takes time."""
        return self.rows > ROOM / 2

    @property
    def full(self) -> bool:
        """Whether no more rows should be asked for, but those that are written next."""
        return self.rows > ROOM
