"""A platform in memory, for tests of reading side by side."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tap_toolkit.details import Detail
from tap_toolkit.errors import TapError
from tap_toolkit.http import Call, Meter
from tap_toolkit.paging import Paging, TimeRange
from tap_toolkit.sources import Listing
from tap_toolkit.windows import Window, days, epoch_of

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PAGES = Paging(param="cursor", first="", next="next", more="more", size=10)
LIST = Listing("list", "rows", "id", window=TimeRange("from", "to"), paging=PAGES)
DETAILED = LIST.then(Detail("detail", "rows", "id", "ids", size=5))


class Api:
    """A platform in memory: ``rows`` of each account have an id and a time; details double the id."""

    def __init__(self, rows: dict[str, list[tuple[int, int]]], jitter: float = 0.0) -> None:
        self.rows, self.jitter = rows, jitter
        self.calls: list[Call] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()
        self.trouble: Callable[[Call], TapError | None] = lambda call: None

    def call(self, call: Call, meter: Meter | None = None) -> Any:
        with self.lock:
            self.calls.append(call)
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        if call.page:
            call.page()
        try:
            time.sleep(random.random() * self.jitter)
            if trouble := self.trouble(call):
                raise trouble
            return self.answer(call.path, call.account, dict(call.params))
        finally:
            with self.lock:
                self.under_way -= 1

    def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
        if path == "detail":
            return {"rows": [{"id": int(i), "double": 2 * int(i)} for i in params["ids"].split(",")]}
        first, last = int(params.get("from", 0)), int(params.get("to", 10**12))
        ids = [i for i, second in self.rows[account] if first <= second <= last]
        start = int(params.get("cursor") or params.get("page") or 0)
        start *= 1 if "cursor" in params else 10
        page = [{"id": i} for i in ids[start : start + 10]]
        more = start + 10 < len(ids)
        return {"rows": page, "more": more, "next": str(start + 10) if more else "", "total": len(ids)}


def rows_of(accounts: int, count: int) -> dict[str, list[tuple[int, int]]]:
    base = epoch_of(EPOCH)
    return {str(a): [(a * 10**6 + n, base + n * 3600) for n in range(count)] for a in range(accounts)}


def plan_of(accounts: int, number: int) -> dict[str, list[Window | None]]:
    return {str(a): [Window(EPOCH + days(n), EPOCH + days(n + 1)) for n in range(number)] for a in range(accounts)}
