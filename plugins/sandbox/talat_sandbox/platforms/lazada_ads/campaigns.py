"""The list of campaigns, and which path of Sponsored Solutions is served how."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson

from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import local_date
from talat_sandbox.platforms.lazada.call import Call
from talat_sandbox.platforms.lazada.protocol import ApiError
from talat_sandbox.platforms.lazada_ads.call import BIZ_CODE, Rows, dates, money, page_of, reported, required
from talat_sandbox.platforms.lazada_ads.reports import Reports

PREFIX = "/sponsor/solutions"
_LISTED = 200
_GONE, _STATUSES = "9", ("", "1", "0", "9")
# Shown is a campaign that did nothing within the span; its figures are in the reports.
_METRICS = ("spend", "impressions", "clicks", "ctr", "cpc", "storeUnitsSold", "storeOrders", "storeRevenue", "storeRoi")
_NOTHING = dict.fromkeys(_METRICS, "-")


class Campaigns:
    """What is set for the campaigns of a seller."""

    def __init__(self, advertising: Advertising) -> None:
        self._advertising = advertising

    def search(self, call: Call) -> bytes:
        """/campaign/searchCampaignList: the dates are those of figures, and choose no campaigns."""
        required(call, "bizCode")
        if call.text("bizCode") != BIZ_CODE:
            raise ApiError("InvalidParameter", f"bizCode must be {BIZ_CODE}")
        dates(call)
        status = call.text("onlineStatus")
        if status not in _STATUSES:
            raise ApiError("InvalidParameter", "onlineStatus must be 1, 0 or 9")
        rows = self._listed(call, status)
        answer = {"success": True, "errorMsg": "", "analyseTraceId": "", "totalCount": len(rows)}
        return orjson.dumps({**answer, "result": page_of(call, rows, _LISTED)})

    def _listed(self, call: Call, wanted: str) -> Rows:
        """Return the campaigns of a status; without one all that are not deleted."""
        found: Rows = []
        words = self._advertising.platform.statuses
        for campaign in self._advertising.portfolio(call.shop).campaigns:
            version = campaign.version(call.as_of)
            if version is None or (words[version.status] != wanted if wanted else words[version.status] == _GONE):
                continue
            zone, active = call.shop.region.time_zone, words[version.status] == "1"
            scheduled = campaign.start <= call.as_of and (campaign.stop is None or call.as_of < campaign.stop)
            row: dict[str, Any] = {
                "campaignId": campaign.object_id,
                "campaignName": version.name,
                "dailyBudget": money(version.budget),
                "startDate": local_date(zone, campaign.start).isoformat(),
                "endDate": local_date(zone, campaign.stop).isoformat() if campaign.stop else "-",
                "status": str(int(active and scheduled)),
                "adAccountBalanceStatus": "1",
                "campaignDailyBudgetStatus": "1",
                "campaignScheduleStatus": str(int(scheduled)),
                "campaignSwitchStatus": str(int(active)),
                "haveActiveAdStatus": "1",
            }
            found.append({**row, **_NOTHING})
        return found


def routes(business: Business, advertising: Advertising) -> dict[str, tuple[Callable[[Call], bytes], str]]:
    """Return the handler of each path, and under which name its data stand; empty: beside the code."""
    reports, campaigns = Reports(business, advertising), Campaigns(advertising)
    return {
        f"{PREFIX}/report/getDiscoveryReportCampaign": (reported(reports.campaigns), "result"),
        f"{PREFIX}/report/getDiscoveryReportAdgroup": (reported(reports.ad_groups), "result"),
        f"{PREFIX}/report/getDiscoveryReportKeyword": (reported(reports.keywords), "result"),
        f"{PREFIX}/report/getReportOverview": (reports.overview, ""),
        f"{PREFIX}/campaign/searchCampaignList": (campaigns.search, ""),
    }
