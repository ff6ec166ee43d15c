"""When the clocks of sandboxes stand: by the calendar, and never so long ago that a platform would have forgotten.

By the real clock a tap asks for nothing that its platform keeps no longer, which of Shopee's ads is what is older than
180 days. So a business ends in the month before this one, always on the same day of it, and is another one each month.
"""

from __future__ import annotations

from datetime import UTC, date, datetime


def last_month(day: int, time: str, today: date | None = None) -> str:
    """That day of the month before this one, at a time in UTC: ``2026-10-20T17:00:00Z`` all through November 2026."""
    today = today or datetime.now(UTC).date()
    year, month = divmod(today.year * 12 + today.month - 2, 12)
    return f"{year}-{month + 1:02}-{day:02}T{time}Z"
