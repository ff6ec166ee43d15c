"""The business clock: real time unless somebody sets it."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The instant the business is seen at, in epoch seconds.

    Without `as_of` it follows real time. Once set it stands still until it is set or advanced again.
    """

    def __init__(self, as_of: int | None) -> None:
        self._pinned = as_of
        self._ahead = 0

    def now(self) -> int:
        """Return the business instant."""
        return self._pinned if self._pinned is not None else int(time.time()) + self._ahead

    def set(self, as_of: int | None) -> None:
        """Pin the clock to an instant, or let it follow real time again."""
        self._pinned, self._ahead = as_of, 0

    def advance(self, seconds: int) -> None:
        """Move the clock on; a running clock keeps running."""
        if self._pinned is not None:
            self._pinned += seconds
        else:
            self._ahead += seconds


def parse_instant(text: str) -> int:
    """Return the epoch second of an ISO 8601 date or time; without an offset it is taken as UTC.

    Raises ValueError when the text is neither.
    """
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
