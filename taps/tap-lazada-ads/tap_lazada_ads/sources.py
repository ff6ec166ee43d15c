"""Reports, which are one sum over the days they are asked for: each day is a call of its own, and dated by it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tap_toolkit.answers import Row, Rows, dig, objects, rows_in, unlike
from tap_toolkit.errors import SkipWindow
from tap_toolkit.http import Params
from tap_toolkit.paging import Paging
from tap_toolkit.sources import Batch, Listing, Scope

BIZ_CODE = ("bizCode", "sponsoredSearch")
_PAGE, _LAST_PAGE = 100, 100


@dataclass(frozen=True, slots=True)
class CampaignList:
    """The campaigns of some statuses. The dates that must be named are those of figures, and choose no campaigns."""

    statuses: Sequence[str] = ("1", "0", "9")

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The campaigns."""
        today = datetime.now(scope.zone).date().isoformat()
        for status in self.statuses:
            listing = Listing(
                "sponsor/solutions/campaign/searchCampaignList",
                "result",
                "campaignId",
                params=[BIZ_CODE, ("onlineStatus", status), ("startDate", today), ("endDate", today)],
                paging=Paging(param="pageNo", first="1", more="", size=200, size_param="pageSize"),
            )
            for page in listing.pages(scope):
                yield Batch(len(page), [{**row, "onlineStatus": status} for row in page])


@dataclass(frozen=True, slots=True)
class DayReport:
    """A paged report of a window of one day. One of more rows than are shown is read campaign by campaign."""

    path: str
    params: Params = ()

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of the day."""
        answer = self._page(scope, 1)
        if self._total(answer) > _PAGE * _LAST_PAGE:
            if self.params:
                raise SkipWindow(f"{self.path} has more rows of one campaign and day than it shows.")
            for batch in CampaignList().read(scope):
                for campaign in batch.taken():
                    yield from replace(self, params=[("campaignId", str(campaign["campaignId"]))]).read(scope)
            return
        seen: set[Any] = set()
        number, shown = 1, 0
        while True:
            listed = rows_in(answer, "result", self.path, told=True)
            rows = objects(scope.reject, listed, self.path)
            fresh = unlike(rows, seen)
            yield Batch(len(fresh), [{**row, **_day(scope)} for row in fresh])
            shown += len(listed) - len(rows) + len(fresh)
            # A page may be smaller than asked for, so rows are counted and not pages.
            if not listed or shown >= self._total(answer):
                return
            if not fresh:
                raise SkipWindow(f"{self.path} goes round in circles: page {number} has nothing new, and more is told.")
            number += 1
            answer = self._page(scope, number)

    def _page(self, scope: Scope, number: int) -> Any:
        scope.wait_for_room()
        pages = [("pageNo", str(number)), ("pageSize", str(_PAGE))]
        return scope.ask(self.path, [*_span(scope), *self.params, *pages], page=True)

    def _total(self, answer: Any) -> int:
        total = dig(answer, "totalCount")
        if not str(total).isdecimal():
            raise SkipWindow(f"{self.path} answered in another shape: there is no totalCount. It is asked again later.")
        return int(total)


@dataclass(frozen=True, slots=True)
class DayTotal:
    """The total of a window of one day; the span to compare it with is the same."""

    path: str
    rows: str

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The one row."""
        span = dict(_span(scope))
        last = [("lastStartDate", span["startDate"]), ("lastEndDate", span["endDate"])]
        answer = scope.ask(self.path, [BIZ_CODE, *span.items(), *last], page=True)
        found: Rows = objects(scope.reject, rows_in(answer, self.rows, self.path), self.path)
        yield Batch(len(found), [{**row, **_day(scope)} for row in found])


def _span(scope: Scope) -> Params:
    """The window's day, and the table to look in: only that of the present has a day that is not over."""
    day = _day(scope)
    return [("startDate", day["date"]), ("endDate", day["date"]), ("useRtTable", str(day["provisional"]).lower())]


def _day(scope: Scope) -> Row:
    """The window's day, and whether it is not over where it ends."""
    if scope.window is None:
        raise ValueError("a report is read by days")
    day, _ = scope.window.dates(scope.zone)
    over = (scope.window.end.astimezone(scope.zone)).date() >= day + timedelta(1)
    return {"date": day.isoformat(), "provisional": not over}
