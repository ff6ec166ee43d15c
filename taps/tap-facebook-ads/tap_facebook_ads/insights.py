"""Insights: how Meta is asked for a report, and told of objects that are deleted or archived."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from tap_facebook_ads.client import FacebookClient, error_of
from tap_toolkit.answers import Rows, text_in
from tap_toolkit.errors import SkipWindow, decide
from tap_toolkit.http import Params
from tap_toolkit.jobs import Progress
from tap_toolkit.paging import Paging
from tap_toolkit.report_source import Piece, ReportSource
from tap_toolkit.sources import Listing, Scope

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


class Insights(ReportSource):
    """The rows of one report."""

    def submit(self, scope: Scope, piece: Piece) -> str:
        """Order the report; nothing is ordered for a synchronous piece."""
        if piece.synchronous:
            return ""
        answer = scope.ask(f"act_{scope.account}/insights", (), dict(self._params(piece)))
        return text_in(answer, "report_run_id", f"act_{scope.account}/insights")

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

    def fetch(self, scope: Scope, piece: Piece, job: str) -> Iterator[Rows]:
        """All pages of a report that is done, or of a synchronous call."""
        return _pages(scope, job or f"act_{scope.account}", () if job else self._params(piece))

    def ids_below(self, scope: Scope, piece: Piece, level: str) -> Sequence[str]:
        """Of what delivered in these days."""
        name = f"{level}_id"
        params = [("level", level), ("fields", name), _range(piece), _filtering(piece, level)]
        return [str(row[name]) for page in _pages(scope, f"act_{scope.account}", params) for row in page]

    def delivers(self, scope: Scope, piece: Piece) -> bool:
        """Whether any ad was shown."""
        return any(_pages(scope, f"act_{scope.account}", [("fields", "impressions"), _range(piece)]))

    def _params(self, piece: Piece) -> Params:
        report = self.report
        return [
            ("level", report.level),
            ("fields", ",".join((*report.named_by, *piece.fields))),
            _range(piece),
            _filtering(piece, report.level),
            ("time_increment", str(report.time_increment)),
            ("breakdowns", json.dumps(report.breakdowns)),
            ("action_breakdowns", json.dumps(report.options["action_breakdowns"])),
            ("action_attribution_windows", json.dumps(report.options["attribution_windows"])),
        ]


def _pages(scope: Scope, node: str, params: Params) -> Iterator[Rows]:
    return Listing(f"{node}/insights", "data", "", params=params, paging=PAGES).pages(scope)


def _range(piece: Piece) -> tuple[str, str]:
    return "time_range", json.dumps({"since": piece.since.isoformat(), "until": piece.until.isoformat()})


def _filtering(piece: Piece, level: str) -> tuple[str, str]:
    found = [] if level == "account" else [whatever_status(level, f"{level}.")]
    found += [condition(f"{piece.of}.id", "IN", piece.ids)] if piece.ids else []
    return "filtering", json.dumps(found)
