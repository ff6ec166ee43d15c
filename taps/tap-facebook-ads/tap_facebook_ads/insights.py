"""Insights: how Meta is asked for a report, and how one that is too large is cut up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from tap_facebook_ads.client import FacebookClient, error_of
from tap_facebook_ads.reports import LEVELS, TABLE, Report
from tap_toolkit.errors import SkipStream, SkipWindow, decide
from tap_toolkit.http import Params
from tap_toolkit.jobs import JobSource, Pieces, Progress
from tap_toolkit.sources import Batch, Listing, Paging, Rows, Scope

PAGES = Paging(
    param="after",
    first="",
    skip_first=True,
    next="paging.cursors.after",
    more="paging.next",
    size=500,
    size_param="limit",
)
_CAMPAIGN = ("ACTIVE", "PAUSED", "DELETED", "ARCHIVED", "IN_PROCESS", "WITH_ISSUES")
_ADSET = (*_CAMPAIGN, "CAMPAIGN_PAUSED")
_AD = (*_ADSET, "ADSET_PAUSED", "PENDING_REVIEW", "DISAPPROVED", "PREAPPROVED", "PENDING_BILLING_INFO")
#: All effective statuses: what is deleted or archived is left out of a level unless they are named.
STATUSES = {"campaign": _CAMPAIGN, "adset": _ADSET, "ad": _AD}


def condition(field: str, operator: str, value: Any) -> dict[str, Any]:
    """One condition of the parameter ``filtering``."""
    return {"field": field, "operator": operator, "value": value}


def whatever_status(level: str, prefix: str = "") -> dict[str, Any]:
    """The condition that leaves nothing of a level out."""
    return condition(f"{prefix}effective_status", "IN", STATUSES[level])


@dataclass(frozen=True, slots=True)
class Piece:
    """A report over dates (both included), perhaps of some objects (``ids`` of the level ``of``) and some fields."""

    since: date
    until: date
    fields: tuple[str, ...]
    of: str = "account"
    ids: tuple[str, ...] = ()
    synchronous: bool = False

    def __str__(self) -> str:
        some = (
            f" of {self.of} {self.ids[0]}" + (f" and {len(self.ids) - 1} more" * (len(self.ids) > 1))
            if self.ids
            else ""
        )
        return f"{self.since} to {self.until}{some}"


class Insights(JobSource[Piece]):
    """The rows of one report."""

    def __init__(self, report: Report, *, patience: float) -> None:
        self.report = report
        self.identity = report.identity
        self.patience = patience

    def whole(self, scope: Scope) -> Piece:
        """The window's dates in the account's time zone."""
        assert scope.window is not None
        since, until = scope.window.dates(scope.zone)
        return Piece(since, until, self.report.columns, synchronous=self.report.is_light)

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of a window. Raises :class:`SkipStream` where an account is silently refused a breakdown."""
        found = False
        for batch in super().read(scope):
            found = True
            yield batch
        if not found and not {*TABLE["gated"]}.isdisjoint(self.report.breakdowns):
            self._check_gate(scope)

    def submit(self, scope: Scope, piece: Piece) -> str:
        """Order the report; nothing is ordered for a synchronous piece."""
        if piece.synchronous:
            return ""
        answer = scope.ask(f"act_{scope.account}/insights", (), dict(self._params(piece)))
        return str(answer["report_run_id"])

    def look(self, scope: Scope, job: str) -> Progress:
        """Done is a completed job at 100 per cent: either comes without the other."""
        answer = scope.ask(job, ())
        status, percent = answer.get("async_status"), int(answer.get("async_percent_completion") or 0)
        if status == "Job Skipped":
            raise SkipWindow(f"Report {job} expired.")
        if status == "Job Failed":
            if "error_code" not in answer:
                raise SkipWindow(f"Report {job} failed without a reason.")
            code, message = error_of({**answer, "code": answer["error_code"], "message": answer.get("error_message")})
            raise decide(FacebookClient.rules, code=code, message=message, status=400, where=f"Report {job}")
        return Progress(status == "Job Completed" and percent == 100, percent)

    def fetch(self, scope: Scope, piece: Piece, job: str) -> Rows:
        """All pages of a report that is done, or of a synchronous call."""
        path = f"{job or f'act_{scope.account}'}/insights"
        pages = Listing(path, "data", "", params=() if job else self._params(piece), paging=PAGES).pages(scope)
        return [row for page in pages for row in page]

    def cut(self, scope: Scope, piece: Piece) -> Pieces[Piece]:
        """As a job; then by days, where they are the rows' own; by objects, down to the report's level; by fields."""
        if piece.synchronous:
            return Pieces([replace(piece, synchronous=False)])
        if self.report.time_increment == 1 and piece.since < piece.until:
            middle = piece.since + (piece.until - piece.since) // 2
            return Pieces([replace(piece, until=middle), replace(piece, since=middle + timedelta(1))])
        while len(piece.ids) < 2 and piece.of != self.report.level:
            piece = self._deeper(scope, piece)
        if len(piece.ids) > 1:
            return Pieces([replace(piece, ids=half) for half in _halves(piece.ids)])
        if len(piece.fields) > 1:
            return Pieces([replace(piece, fields=half) for half in _halves(piece.fields)], joined=True)
        return Pieces()

    def _deeper(self, scope: Scope, piece: Piece) -> Piece:
        """The same rows, asked for by the ids of the next level: of what delivered in these days."""
        level = LEVELS[LEVELS.index(piece.of) + 1]
        rows = self._ask_now(scope, piece, level, f"{level}_id", _conditions(piece, level))
        return replace(piece, of=level, ids=tuple(sorted(str(row[f"{level}_id"]) for row in rows)))

    def _check_gate(self, scope: Scope) -> None:
        """Some breakdowns answer with nothing, and no error, until the account opts in."""
        if self._ask_now(scope, self.whole(scope), "account", "impressions", []):
            raise SkipStream(
                f"Meta gave no rows by {', '.join(self.report.breakdowns)} for days on which ads were shown: this "
                "account must opt in to the breakdown in Ads Manager first (the report campaign_hour, by the "
                "advertiser's time zone, needs none)."
            )

    def _ask_now(self, scope: Scope, piece: Piece, level: str, field: str, conditions: Sequence[Any]) -> Rows:
        params = [("level", level), ("fields", field), _range(piece), ("filtering", json.dumps(conditions))]
        listing = Listing(f"act_{scope.account}/insights", "data", "", params=params, paging=PAGES)
        return [row for page in listing.pages(scope) for row in page]

    def _params(self, piece: Piece) -> Params:
        report = self.report
        return [
            ("level", report.level),
            ("fields", ",".join((*report.named_by, *piece.fields))),
            _range(piece),
            ("time_increment", str(report.time_increment)),
            ("breakdowns", json.dumps(report.breakdowns)),
            ("action_breakdowns", json.dumps(report.action_breakdowns)),
            ("action_attribution_windows", json.dumps(report.attribution_windows)),
            ("filtering", json.dumps(_conditions(piece, report.level))),
        ]


def _range(piece: Piece) -> tuple[str, str]:
    return "time_range", json.dumps({"since": piece.since.isoformat(), "until": piece.until.isoformat()})


def _conditions(piece: Piece, level: str) -> list[dict[str, Any]]:
    found = [] if level == "account" else [whatever_status(level, f"{level}.")]
    return [*found, condition(f"{piece.of}.id", "IN", piece.ids)] if piece.ids else found


def _halves(items: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    middle = len(items) // 2
    return items[:middle], items[middle:]
