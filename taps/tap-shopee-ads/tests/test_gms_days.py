"""Days of GMV Max out of sums: asked for at once, and what one of them says is still told in its turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tap_shopee_ads.sources import GmsDays
from tap_toolkit.errors import SkipAccount, SkipRecord, Split, TapError
from tap_toolkit.fetch import Arrived, Fetcher, Finished
from tap_toolkit.http import Call, Meter
from tap_toolkit.windows import Window

FIRST = datetime(2026, 9, 11, tzinfo=UTC)
SUMS = GmsDays("gms", "campaign_id")


class Shop:
    """A shop that spent 1 on the first day before the window, 2 on the second, and so on; ``trouble`` by last day."""

    refusal_fields = ()

    def __init__(self, together: int = 1, trouble: Callable[[str], TapError | None] = lambda day: None) -> None:
        self.asked: list[str] = []
        self._together, self._trouble = threading.Barrier(together), trouble

    def call(self, call: Call, meter: Meter | None = None) -> Any:
        body: Any = call.body
        first, last = (datetime.strptime(body[name], "%d-%m-%Y") for name in ("start_date", "end_date"))
        self.asked.append(body["end_date"])
        if error := self._trouble(body["end_date"]):
            raise error
        if len(self.asked) > 1:
            self._together.wait(20)
        number = (last - first).days + 1
        return {"campaign_id": 7, "report": {"expense": number * (number + 1) // 2}}


def read(shop: Shop, days: int) -> tuple[list[tuple[str, int]], TapError | None]:
    fetcher = Fetcher(shop, 16)  # type: ignore[arg-type]
    rows, error = [], None
    window = Window(FIRST, FIRST + timedelta(days=days))
    for event in fetcher.read(SUMS, {"1": [window]}, pad=timedelta(0)).events():
        if isinstance(event, Arrived):
            rows += [(row["date"], int(row["expense"])) for row in event.rows]
        elif isinstance(event, Finished):
            error = event.error
    fetcher.close()
    return rows, error


def test_sums_of_a_windows_days_are_asked_for_at_once_and_subtracted_in_order() -> None:
    rows, error = read(Shop(together=8), 8)
    assert (rows, error) == ([(f"2026-09-{11 + n}", 3 + n) for n in range(8)], None)


@pytest.mark.parametrize("error", [SkipRecord("none"), SkipAccount("dead"), Split("long")], ids=lambda it: str(it))
def test_where_the_first_sum_is_refused_no_other_is_asked_for(error: TapError) -> None:
    shop = Shop(trouble=lambda day: error)
    rows, ended = read(shop, 26)
    assert (rows, shop.asked) == ([], ["10-09-2026"])
    assert (ended is None) == isinstance(error, SkipRecord)


def test_days_before_one_that_cannot_be_had_are_read() -> None:
    rows, error = read(Shop(trouble=lambda day: Split("too long.") if day >= "14-09-2026" else None), 26)
    assert rows == [("2026-09-11", 3), ("2026-09-12", 4), ("2026-09-13", 5)]
    assert str(error) == "too long. It cannot be asked for in smaller pieces."
