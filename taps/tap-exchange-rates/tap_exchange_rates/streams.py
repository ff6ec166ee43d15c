"""The stream of rates, and which of the bank's files has the days that are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tap_exchange_rates.files import Days
from tap_toolkit.sources import Batch, Scope
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days

if TYPE_CHECKING:
    from tap_toolkit.tap import PlatformTap

#: The newest day; the days of the last 90; all since 1999. 2 KB, 90 KB and 7 MB.
NEWEST, RECENT, ALL = "eurofxref-daily.xml", "eurofxref-hist-90d.xml", "eurofxref-hist.xml"
_RECENT = timedelta(days=90)
#: Published once, and only in the whole history now: of countries that took the euro (the last were Croatia and
#: Bulgaria), that changed their money (Romania, Turkey), or whose rate is suspended (the rouble, since March 2022).
ENDED = frozenset(("BGN", "CYP", "EEK", "HRK", "LTL", "LVL", "MTL", "ROL", "RUB", "SIT", "SKK", "TRL"))


class Files:
    """A source of rates by day, from the smallest file that has all of them.

    ``currencies``: those to keep; all, when empty. ``today``: the bank's date of the run. Of those that no file has,
    ``gap`` is told once, in a sentence; all others are read.
    """

    def __init__(self, currencies: Iterable[str], today: date, gap: Callable[[str], None]) -> None:
        self._currencies, self._today, self._gap = frozenset(currencies), today, gap
        self._told: set[str] = set()

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rates of a window's days, a batch a day, the oldest first."""
        assert scope.window is not None
        first, last = scope.window.dates(scope.zone)
        scope.wait_for_room()
        found = self._containing(first, scope)
        self._judge(frozenset().union(*found.values()))
        for day in sorted(day for day in found if first <= day <= last):
            rows = [
                {"base": "EUR", "currency": currency, "date": day.isoformat(), "rate": rate}
                for currency, rate in found[day].items()
                if not self._currencies or currency in self._currencies
            ]
            yield Batch(len(rows), rows)

    def _judge(self, published: frozenset[str]) -> None:
        """Say which currencies are wanted that the bank never had."""
        if unknown := self._currencies - published - ENDED - self._told:
            self._told |= unknown
            self._gap(
                f"The European Central Bank has no rates of {', '.join(sorted(unknown))}: take that out of the setting "
                f"currencies. It has those of {', '.join(sorted(published))}."
            )

    def _containing(self, first: date, scope: Scope) -> Days:
        """The days of a file that has all from the first on. Where exactly the 90 days begin, only the file tells."""
        if first >= self._today:
            return self._ask(NEWEST, scope)
        if first >= self._today - _RECENT:
            found = self._ask(RECENT, scope)
            if min(found) <= first:
                return found
        return self._ask(ALL, scope)

    def _ask(self, name: str, scope: Scope) -> Days:
        answer: Days = scope.ask(name, ())
        return answer


class Rates(PlatformStream):
    """Reference rates of the euro, by day [eurofxref-daily.xml, -hist-90d.xml, -hist.xml]."""

    name = "rates"
    keys = ("base", "currency", "date")
    account_field = "source"
    cursor = "date"
    # Each file is one answer, however many days are wanted of it. Days are the bank's, and read whole.
    windows = Windows(span=days(40_000), pad=days(0), period="day")

    def __init__(self, tap: PlatformTap) -> None:
        super().__init__(tap)
        self.windows = replace(type(self).windows, lookback=days(self.config["lookback_days"]))
        today = tap.now.astimezone(tap.find_zone("ecb")).date()
        self.source = Files(self.config.get("currencies") or (), today, tap.gap)  # type: ignore[misc]
