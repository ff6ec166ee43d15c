"""Reports by day: their dates are written 20-09-2026, and less than two days cannot be asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tap_toolkit.answers import Row, Rows, dig, objects, rows_in
from tap_toolkit.beside import beside
from tap_toolkit.details import Detail
from tap_toolkit.errors import SkipRecord, SkipWindow, Split
from tap_toolkit.http import Params
from tap_toolkit.paging import DayRange, WholeDays
from tap_toolkit.sources import Batch, Listing, Scope
from tap_toolkit.windows import Window

DAY = timedelta(1)
_FORM = "%d-%m-%Y"
_ITEMS = 100
#: What of a report of GMV Max may be subtracted; all else there is a ratio of these.
ADDITIVE = (
    "impression",
    "clicks",
    "expense",
    "broad_order",
    "broad_order_amount",
    "broad_gmv",
    "direct_order",
    "direct_order_amount",
)


class AdDays(DayRange):
    """The first and the last day; a day alone is asked for with the one before, for equal dates are refused."""

    def params(self, window: Window, scope: Scope) -> Params:
        """Both dates, as ``20-09-2026``."""
        first, last = window.dates(scope.zone)
        return [(self.start, min(first, last - DAY).strftime(_FORM)), (self.end, last.strftime(_FORM))]


@dataclass(frozen=True, slots=True)
class OneDay(WholeDays):
    """The day of a window that has no other."""

    name: str

    def params(self, window: Window, scope: Scope) -> Params:
        """The date, as ``20-09-2026``."""
        return [(self.name, window.dates(scope.zone)[0].strftime(_FORM))]


class DayListing(Listing):
    """A report whose rows have a date."""

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of the window's days."""
        for batch in super().read(scope):
            rows = of_window(scope, batch.taken())
            yield Batch(len(rows), rows)


class CampaignDays(Detail):
    """The days of up to a hundred campaigns: the answer lists shops, those their campaigns, and those their days."""

    def opened(self, scope: Scope, rows: Rows) -> Rows:
        """A row for each campaign and day of the window."""
        found: Rows = []
        for shop in rows:
            for campaign in objects(scope.reject, shop.get("campaign_list") or [], self.path):
                own = {name: value for name, value in campaign.items() if name != "metrics_list"}
                days = objects(scope.reject, campaign.get("metrics_list") or [], self.path)
                found += of_window(scope, [{**own, **day} for day in days])
        return found


def of_window(scope: Scope, rows: Rows) -> Rows:
    """The rows whose date is one of the window's, which they then bear as ISO text; what has no date is rejected."""
    first, last = _dates(scope)
    found = []
    for row in rows:
        try:
            day = datetime.strptime(str(row.get("date")), _FORM).date()
        except ValueError:
            scope.reject(row, "has no date like 20-09-2026")
            continue
        if first <= day <= last:
            found.append({**row, "date": day.isoformat()})
    return found


@dataclass(frozen=True, slots=True)
class GmsDays:
    """The days of GMV Max, whose report is one sum over a span: a day is what a span that ends with it has more.

    All spans of a window begin two days before it, so that none has equal dates, which one page of Shopee's
    documentation allows and another refuses. ``key``: what the sums are of, the campaign or each ``items``.
    """

    path: str
    key: str
    items: str = ""

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of a window, day by day; none where the shop has no such campaign."""
        first, last = _dates(scope)
        spans = [(first - 2 * DAY, first + place * DAY) for place in range(-1, (last - first).days + 1)]
        try:
            # First alone: a shop that has no such campaign is asked no more.
            before = self._sums(scope, spans[0])
            for (_, day), now in beside(scope, self._sums, spans[1:]):
                rows = [{**row, "date": day.isoformat(), **_more(row, before.get(key))} for key, row in now.items()]
                yield Batch(len(rows), rows)
                before = now
        except SkipRecord:
            return
        except Split as refused:
            raise SkipWindow(f"{refused} It cannot be asked for in smaller pieces.") from None

    def _sums(self, scope: Scope, span: tuple[date, date]) -> dict[str, Row]:
        """What there is from one day to another, by key: the campaign and its additive figures."""
        scope.wait_for_room()
        asked = {name: day.strftime(_FORM) for name, day in zip(("start_date", "end_date"), span, strict=True)}
        if not self.items:
            answer = scope.ask(self.path, [], asked)
            return self._by_key(answer, rows_in(answer, "", self.path))
        found: dict[str, Row] = {}
        more = True
        while more:
            answer = scope.ask(self.path, [], {**asked, "offset": len(found), "limit": _ITEMS})
            page = self._by_key(answer, rows_in(answer, self.items, self.path, told=True))
            more = bool(dig(answer, "has_next_page")) and not {*page} <= {*found}
            found |= page
        return found

    def _by_key(self, answer: Any, rows: list[Any]) -> dict[str, Row]:
        """The sums by what they are of. One that is missing would make a day of all the days before it."""
        found = {}
        for row in rows:
            report, name = dig(row, "report"), dig(row, self.key)
            if not isinstance(report, Mapping) or name is None:
                raise SkipWindow(f"{self.path} answered in another shape: a sum without its report or {self.key}.")
            sums = {metric: Decimal(str(report.get(metric) or 0)) for metric in ADDITIVE}
            found[str(name)] = {"campaign_id": dig(answer, "campaign_id"), self.key: name, **sums}
        return found


def _more(sums: Row, before: Row | None) -> Row:
    """The additive figures that a longer span has more than a shorter one."""
    return {name: sums[name] - (before[name] if before else 0) for name in ADDITIVE}


def _dates(scope: Scope) -> tuple[date, date]:
    if scope.window is None:
        raise ValueError("a report is read by windows")
    return scope.window.dates(scope.zone)
