"""GA4's streams: the properties, and one stream for each report that the settings name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar

from tap_ga4.reports import Report, column
from tap_toolkit.answers import Row, Rows, dig, rows_in
from tap_toolkit.errors import SkipWindow, Split
from tap_toolkit.paging import DayRange
from tap_toolkit.sources import Batch, Listing, Scope
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Window, Windows, days

# Of 250,000 that an answer may have.
PAGE = 100_000
DAYS = DayRange("startDate", "endDate")
# Times that a report which changes between its pages is read from its beginning.
_MOST_RESTARTS = 3


class Ga4Stream(PlatformStream):
    """A stream of properties."""

    account_field = "property_id"


class Properties(Ga4Stream):
    """A property's currency and time zone; no other call of the Data API tells them [POST :runReport]."""

    name = "properties"
    keys = ("property_id",)
    source = Listing(
        "{account}:runReport",
        "metadata",
        "",
        body={
            "metrics": [{"name": "sessions"}],
            "dateRanges": [{"startDate": "yesterday", "endDate": "yesterday"}],
            "returnPropertyQuota": True,
        },
    )

    def prepare(self, row: Row, account: str) -> Row:
        """The two facts; all else is about the report."""
        return super().prepare({"currency_code": row.get("currencyCode"), "time_zone": row.get("timeZone")}, account)


class Daily:
    """The rows of one report. Whatever was cut short by GA4 is asked for again in smaller pieces, down to a day."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of a window, by day and then by dimension."""
        if scope.window is None:
            raise ValueError("a report is read by windows")
        yield from self._pieces(scope, scope.window)

    def _pieces(self, scope: Scope, window: Window) -> Iterator[Batch]:
        halves = DAYS.halves(window, scope)
        try:
            batches = self._whole(scope, window, bearable=not halves)
        except Split as cut:
            if not halves:
                raise SkipWindow(f"{cut} It cannot be asked for in smaller pieces.") from None
            for half in halves:
                yield from self._pieces(scope, half)
        else:
            yield from batches

    def _whole(self, scope: Scope, window: Window, *, bearable: bool) -> list[Batch]:
        """All pages; raises :class:`Split` for what was sampled or has rows put together, unless that is bearable."""
        for _ in range(_MOST_RESTARTS):
            batches: list[Batch] = []
            offset, total = 0, -1
            while total < 0 or offset < total:
                scope.wait_for_room()
                answer = self._ask(scope, window, offset)
                metadata = answer.get("metadata") or {}
                if not bearable and (metadata.get("dataLossFromOtherRow") or metadata.get("samplingMetadatas")):
                    raise Split(f"GA4 cut {self.report.name} of {window} short.")
                count = int(answer.get("rowCount") or 0)
                if total not in (-1, count):
                    break  # rows have moved between pages
                total = count
                rows = self._rows(answer, metadata)
                if not rows and offset < total:
                    raise SkipWindow(f"{self.report.name} of {window} has {total} rows, of which GA4 shows {offset}.")
                batches.append(scope.keep(rows))
                offset += len(rows)
            else:
                scope.expect(total)
                return batches
        raise SkipWindow(f"{self.report.name} of {window} changes faster than it can be read. It is asked again later.")

    def _ask(self, scope: Scope, window: Window, offset: int) -> Any:
        names = ("date", *self.report.dimensions)
        body = {
            "dateRanges": [dict(DAYS.params(window, scope))],
            "dimensions": [{"name": name} for name in names],
            "metrics": [{"name": name} for name in self.report.metrics],
            # Rows that are alike in what they are sorted by come in any order, and would come twice or never.
            "orderBys": [{"dimension": {"dimensionName": name}} for name in names],
            "limit": str(PAGE),
            "offset": str(offset),
            "returnPropertyQuota": True,
        }
        answer = scope.ask(f"{scope.account}:runReport", (), body, page=True)
        asked = [*names, *self.report.metrics]
        headers = [*rows_in(answer, "dimensionHeaders", "runReport"), *rows_in(answer, "metricHeaders", "runReport")]
        if [dig(header, "name") for header in headers] != asked:
            raise SkipWindow("runReport answered with other columns than were asked for. It is asked again later.")
        return answer

    def _rows(self, answer: Any, metadata: Mapping[str, Any]) -> Rows:
        columns = [column(name) for name in ("date", *self.report.dimensions, *self.report.metrics)]
        about = _about(metadata)
        rows = []
        for found in rows_in(answer, "rows", "runReport", told=True):
            cells = [
                *rows_in(found, "dimensionValues", "runReport"),
                *rows_in(found, "metricValues", "runReport", told=True),
            ]
            values = [dig(cell, "value") for cell in cells]
            if len(values) != len(columns):
                raise SkipWindow("runReport answered with a row of another length. It is asked again later.")
            rows.append({**dict(zip(columns, values, strict=True)), **about})
        return rows


def _about(metadata: Mapping[str, Any]) -> Row:
    """What GA4 says of how good an answer is, for each of its rows."""
    samples = metadata.get("samplingMetadatas") or [{}]
    return {
        "currency_code": metadata.get("currencyCode"),
        "time_zone": metadata.get("timeZone"),
        "data_loss_from_other_row": bool(metadata.get("dataLossFromOtherRow")),
        "subject_to_thresholding": bool(metadata.get("subjectToThresholding")),
        "samples_read_count": samples[0].get("samplesReadCount"),
        "sampling_space_size": samples[0].get("samplingSpaceSize"),
    }


class Ga4Report(Ga4Stream):
    """A report as a stream."""

    report: ClassVar[Report]

    @classmethod
    def of(cls, report: Report, lookback: timedelta) -> type[Ga4Report]:
        """The stream of a report, of whose days so many are read again."""
        facts = {
            "__doc__": f"The report {report.name} [POST :runReport].",
            "__module__": cls.__module__,
            "name": report.name,
            "keys": report.keys,
            "cursor": "date",
            "windows": Windows(span=days(7), lookback=lookback, pad=days(0), period="day"),
            "source": Daily(report),
            "report": report,
        }
        return type(report.name, (cls,), facts)

    @classmethod
    def full_schema(cls) -> dict[str, Any]:
        """The report's own."""
        return cls.report.schema()

    def prepare(self, row: Row, account: str) -> Row:
        """The date as it is written elsewhere, and an empty dimension as one that can be part of a key."""
        date = str(row["date"])
        row["date"] = f"{date[:4]}-{date[4:6]}-{date[6:]}"
        for name in map(column, self.report.dimensions):
            row[name] = row[name] or "(empty)"
        return super().prepare(row, account)


STREAMS = (Properties,)
