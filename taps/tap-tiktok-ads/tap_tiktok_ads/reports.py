"""Reports: how TikTok is asked for the integrated one, and what makes rows of its answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tap_toolkit.answers import Row, Rows
from tap_toolkit.errors import Split
from tap_toolkit.http import Params
from tap_toolkit.paging import NumberedPages
from tap_toolkit.report_source import Piece, ReportSource
from tap_toolkit.sources import Listing, Scope

#: Most objects of one answer; that it is cut off there is not told. Rows are no fewer than objects.
MOST = 20_000
MOST_IDS = 100
DAY, HOUR = "stat_time_day", "stat_time_hour"
_PARTS = ("metrics", "dimensions")
#: What rows say of the advertiser, whom the tap asks once.
OF_ADVERTISER = ("advertiser_name", "currency", "timezone")
#: Rows come in an order of nobody's promise: only all that are counted are all.
PAGES = NumberedPages(
    param="page",
    pages="page_info.total_page",
    number="page_info.page",
    total="page_info.total_number",
    size=1000,
    most=MOST,
    counted=True,
)


def is_in(field: str, values: Sequence[str]) -> dict[str, str]:
    """One condition of the integrated report's ``filtering``."""
    return {"field_name": field, "filter_type": "IN", "filter_value": json.dumps(values)}


def span(piece: Piece) -> Params:
    """The parameters for a piece's days, both included."""
    return [("start_date", piece.since.isoformat()), ("end_date", piece.until.isoformat())]


def flat(row: Row, piece: Piece) -> Row:
    """Dimensions and metrics side by side with all else, a hyphen as null, and the day as a date."""
    found: dict[str, Any] = {name: value for name, value in row.items() if name not in _PARTS}
    for part in _PARTS:
        found |= part_of if isinstance(part_of := row.get(part), Mapping) else {}
    day = found.pop(DAY, None) or found.get(HOUR)
    found["date_start"] = str(day)[:10] if day else piece.since.isoformat()
    found["date_stop"] = found["date_start"] if day else piece.until.isoformat()
    return {name: None if value == "-" else value for name, value in found.items()}


def is_of_no_time(row: Row) -> bool:
    """Whether a row has a hyphen for its day or hour, as TikTok at times says that there are no figures."""
    of = row.get("dimensions")
    return isinstance(of, Mapping) and "-" in (of.get(DAY), of.get(HOUR))


def pages(scope: Scope, path: str, params: Params, piece: Piece) -> Iterator[Rows]:
    """All rows of a report, page by page. Raises :class:`Split` where it is cut off."""
    for page in Listing(path, "list", "", params=params, paging=PAGES).pages(scope):
        yield [flat(row, piece) for row in page if not is_of_no_time(row)]


class Integrated(ReportSource):
    """The rows of one report, which is answered at once."""

    def fetch(self, scope: Scope, piece: Piece, job: str) -> Iterator[Rows]:
        """All pages, deleted objects' too."""
        report = self.report
        by_day = report.time_increment == 1 and HOUR not in report.breakdowns
        dimensions = [f"{report.level}_id", *report.breakdowns, *([DAY] if by_day else [])]
        metrics = [name for name in piece.fields if name not in OF_ADVERTISER]
        return self._pages(scope, piece, report.level, dimensions, metrics)

    def ids_below(self, scope: Scope, piece: Piece, level: str) -> Sequence[str]:
        """The ids of all objects of a level."""
        found = self._pages(scope, piece, level, [f"{level}_id"], ["spend"])
        return [str(row[f"{level}_id"]) for page in found for row in page]

    def _pages(
        self, scope: Scope, piece: Piece, level: str, dimensions: Sequence[str], metrics: Sequence[str]
    ) -> Iterator[Rows]:
        if len(piece.ids) > MOST_IDS:
            raise Split(f"TikTok filters by {MOST_IDS} ids at most.")
        conditions = [] if level == "advertiser" else [is_in(f"{level}_status", ["STATUS_ALL"])]
        conditions += [is_in(f"{piece.of}_ids", piece.ids)] if piece.ids else []
        params = [
            ("report_type", "AUDIENCE" if {*self.report.breakdowns} - {HOUR} else "BASIC"),
            ("service_type", "AUCTION"),
            ("data_level", f"AUCTION_{level.upper()}"),
            ("dimensions", json.dumps(dimensions)),
            ("metrics", json.dumps(metrics)),
            ("filtering", json.dumps(conditions)),
            *span(piece),
        ]
        order = [("order_field", "spend"), ("order_type", "DESC")] if "spend" in metrics else []
        return pages(scope, "report/integrated/get/", [*params, *order], piece)
