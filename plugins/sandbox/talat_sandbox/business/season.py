"""When people buy: weekdays, paydays, mega-sales, planted bad days, and hours of the day."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from talat_sandbox.business.dice import Dice, Weighted

MEGA_SALES = {(9, 9), (10, 10), (11, 11), (12, 12)}
PAYDAY = 25
_WEEKDAYS = (940, 900, 920, 960, 1030, 1160, 1200)  # Monday first, in thousandths of an average day
_DROP_EVERY_DAYS = 30
_HOURS = Weighted((22, 12, 7, 5, 5, 8, 16, 28, 38, 45, 50, 54, 60, 52, 46, 44, 44, 46, 52, 66, 84, 90, 74, 42))
_MEGA_HOURS = Weighted((160, 70, 30, 12, 8, 9, 16, 26, 34, 40, 44, 50, 66, 48, 42, 40, 40, 42, 50, 64, 84, 92, 90, 80))


class Season:
    """How many orders each shop gets on each local day.

    `total` orders are spread over the first `days` days exactly, by integer weights. Afterwards orders keep coming
    at the same pace, or stop when `closed`.
    """

    def __init__(self, seed: str, opens: date, days: int, total: int, shops: int, closed: bool) -> None:
        self.seed, self.opens, self.days, self.closed = seed, opens, days, closed
        shares = [100] * shops if closed else [(50, 32, 24)[index % 3] for index in range(shops)]
        bounds = [total * sum(shares[:index]) // sum(shares) for index in range(shops + 1)]
        self._totals = [high - low for low, high in pairwise(bounds)]
        self._cumulated = [[0] for _ in range(shops)]
        for shop in range(shops):
            self._extend(shop, days)

    def count(self, shop: int, day: int) -> int:
        """Return the number of orders a shop gets on the n-th day."""
        if day < 0 or (self.closed and day >= self.days):
            return 0
        self._extend(shop, day + 1)
        cumulated, total = self._cumulated[shop], self._totals[shop]
        scale = cumulated[self.days]
        return total * cumulated[day + 1] // scale - total * cumulated[day] // scale

    def label(self, shop: int, day: int) -> str:
        """Return what is special about a day: `drop`, `mega_sale`, `payday` or nothing."""
        when = self.opens + timedelta(day)
        if self._is_drop(shop, day):
            return "drop"
        if (when.month, when.day) in MEGA_SALES:
            return "mega_sale"
        return "payday" if when.day == PAYDAY else ""

    def second_of_day(self, day: int, dice: Dice) -> int:
        """Draw the second of the local day at which an order comes in."""
        when = self.opens + timedelta(day)
        hours = _MEGA_HOURS if (when.month, when.day) in MEGA_SALES else _HOURS
        return hours.draw(dice) * 3600 + dice.below(3600)

    def _extend(self, shop: int, days: int) -> None:
        cumulated = self._cumulated[shop]
        for day in range(len(cumulated) - 1, days):
            cumulated.append(cumulated[-1] + self._weight(shop, day))

    def _weight(self, shop: int, day: int) -> int:
        when = self.opens + timedelta(day)
        weight = _WEEKDAYS[when.weekday()] * Dice(f"{self.seed}|day|{shop}|{day}").between(92, 108) // 100
        label = self.label(shop, day)
        if label == "drop":
            return weight * 30 // 100
        if label == "mega_sale":
            return weight * 360 // 100
        if (when + timedelta(1)).timetuple()[1:3] in MEGA_SALES:
            return weight * 75 // 100  # people wait for the sale
        if label == "payday":
            return weight * 170 // 100
        return weight * 125 // 100 if when.day in (PAYDAY + 1, PAYDAY + 2) else weight

    def _is_drop(self, shop: int, day: int) -> bool:
        # One bad day in each month of business for each shop, and one shortly before the span ends, in the first
        # shop, so that a demonstration's alerts have something to show.
        if shop == 0 and day == self.days - 3:
            return True
        month = day // _DROP_EVERY_DAYS
        return day == month * _DROP_EVERY_DAYS + Dice(f"{self.seed}|drop|{shop}|{month}").between(8, 25)
