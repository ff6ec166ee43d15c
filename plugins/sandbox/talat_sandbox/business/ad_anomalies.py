"""What went wrong with an account's ads and their measurement: planted, so that somebody can be tried on finding it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from talat_sandbox.business.ads import Campaign, Portfolio
from talat_sandbox.business.dice import Dice

HOUR = 3600
DELIVERY_DROP, TRACKING_OUTAGE = "delivery_drop", "tracking_outage"
DOUBLE_COUNT, LATE_DATA = "double_count", "late_data"
_PLANTED = ((DELIVERY_DROP, 10), (DELIVERY_DROP, 20), (DELIVERY_DROP, 40), (TRACKING_OUTAGE, 100), (DOUBLE_COUNT, 100))
_APART = 8  # days that each has to itself, at least
_FIRST_DAY, _LAST_DAYS = 2, 4  # none begins before, nor in the last days of the history but what is late


class Anomaly(NamedTuple):
    """Something planted, from the `first` to the `last` local day of the account; of all campaigns when it names none.

    `size` is, for a drop, the percent of delivery that is missing; for an outage, of conversions; for a double count
    the percent that is too much; for late data the hours after the end of the day at which the day's figures come.
    """

    kind: str
    campaign: Campaign | None
    first: int
    last: int
    size: int

    def covers(self, day: int) -> bool:
        """Whether a day is one of those."""
        return self.first <= day <= self.last


def plant(key: str, portfolio: Portfolio, day_start: Callable[[int], int], days: int) -> tuple[Anomaly, ...]:
    """Return what is planted in an account in the first `days` of its history: at most six, as many as there is room.

    No two share a day. A drop lasts three to five days in which some ads of its campaign run all the time.
    """
    dice = Dice(f"{key}|anomalies|{portfolio.account.account_id}")
    found = []
    kinds = list(_PLANTED)
    room = days - _FIRST_DAY - _LAST_DAYS
    number = min(len(kinds), room // _APART)
    for place in range(number):
        kind, size = kinds.pop(dice.below(len(kinds)))
        width = room // number
        first = _FIRST_DAY + place * width + dice.below(width - 5)
        if kind != DELIVERY_DROP:
            found.append(Anomaly(kind, None, first, first, size))
            continue
        last = first + dice.between(2, 4)
        running = [
            campaign
            for campaign in portfolio.campaigns
            if any(
                span.first <= day_start(first) and span.end >= day_start(last + 1)
                for ad in portfolio.of(campaign)
                for span in ad.delivering
            )
        ]
        if running:
            found.append(Anomaly(kind, dice.pick(running), first, last, size))
    if days > _LAST_DAYS:
        late = days - dice.between(1, 2)
        found.append(Anomaly(LATE_DATA, None, late, late, dice.between(30, 70)))
    return tuple(found)
