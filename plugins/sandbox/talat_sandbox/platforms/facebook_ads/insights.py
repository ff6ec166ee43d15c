"""Insights: GET answers at once, POST starts a report. https://developers.facebook.com/docs/marketing-api/insights"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from talat_sandbox.business.ads import Ad, AdAccount, AdSet, Campaign
from talat_sandbox.business.shops import Shop
from talat_sandbox.platforms.facebook_ads.call import Call
from talat_sandbox.platforms.facebook_ads.jobs import TOO_MUCH, Job, Jobs
from talat_sandbox.platforms.facebook_ads.paging import decode_cursor, encode_cursor, page
from talat_sandbox.platforms.facebook_ads.protocol import GraphError, parameter_error
from talat_sandbox.platforms.facebook_ads.query import Query, read_query
from talat_sandbox.platforms.facebook_ads.report import Place, Reports
from talat_sandbox.world import World

_SYNC_SHARE = 10  # an answer at once may hold a tenth of what a report may


class Insights:
    """Reports over the business, both ways. Accounts in `gated_out` have not opted in to the gated breakdowns."""

    def __init__(self, world: World) -> None:
        self._reports = Reports(world.business)
        self._cells = world.options.insights_cells
        self._stats = world.stats
        self.jobs = Jobs(world.business.plan.seed, world.options)
        self.gated_out: set[str] = set()

    def answer(self, call: Call, node: AdAccount | Campaign | AdSet | Ad, shop: Shop, account: str) -> dict[str, Any]:
        """Answer a GET with a page of rows. Raises GraphError."""
        start = Place(0, 0)
        if call.param("after"):
            # All pages of an answer show what was known when the first one was asked for.
            as_of, *place = decode_cursor(call.param("after"), 3)
            call, start = replace(call, as_of=as_of), Place(*place)
        query = read_query(call, node, shop)
        if start == Place(0, 0) and self._is_too_big(query, call.as_of, _SYNC_SHARE):
            raise GraphError(1, TOO_MUCH, status=500)
        return self._page(call, query, start, call.as_of, account, is_async=False)

    def start(
        self, call: Call, node: AdAccount | Campaign | AdSet | Ad, shop: Shop, account: str, fate: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Answer a POST with the number of a report. Raises GraphError."""
        job = self.jobs.start(account, read_query(call, node, shop), call.as_of, fate)
        self._stats.job(job.run_id, "ordered", account=account, took=job.seconds)
        return {"report_run_id": job.run_id}

    def status(self, call: Call, job: Job) -> dict[str, object]:
        """Answer how far a report is: with all that is known, or the fields asked for."""
        job.look(call.as_of, self._is_too_big)
        if job.status == "Job Completed":
            self._stats.job(job.run_id, "seen")
        shown = job.show()
        asked = call.names("fields")
        return {name: shown[name] for name in ("id", *asked) if name in shown} if asked else shown

    def read(self, call: Call, job: Job) -> dict[str, Any]:
        """Answer with a page of a finished report's rows. Raises GraphError."""
        job.look(call.as_of, self._is_too_big)
        job.check_readable()
        self._stats.job(job.run_id, "read")
        start = Place(*decode_cursor(call.param("after"), 3)[1:]) if call.param("after") else Place(0, 0)
        return self._page(call, job.query, start, job.as_of, job.account, is_async=True)

    def _page(self, call: Call, query: Query, start: Place, as_of: int, account: str, is_async: bool) -> dict[str, Any]:
        if query.is_gated and account in self.gated_out:
            return {"data": []}
        if call.param("before"):
            raise parameter_error("Paging backwards through insights is not supported.")
        rows, following = self._reports.page(query, as_of, start, call.limit(), is_async)
        after = following or Place(1 << 40, 0)
        answer = page(call, rows, encode_cursor(as_of, *start), encode_cursor(as_of, *after), following is not None)
        if query.summary:
            answer["summary"] = self._reports.summary(query, as_of)
        return answer

    def _is_too_big(self, query: Query, as_of: int, share: int = 1) -> bool:
        return bool(self._cells) and self._reports.count(query, as_of) * len(query.fields) * share > self._cells
