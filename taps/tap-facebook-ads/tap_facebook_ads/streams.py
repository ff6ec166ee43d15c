"""Facebook's streams: the objects of an ad account, and one stream for each report that the settings name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tap_facebook_ads.creatives import InsightsByCreative, InsightsWithCreatives
from tap_facebook_ads.insights import PAGES, Insights, condition, whatever_status
from tap_toolkit.http import Params
from tap_toolkit.paging import Bounds
from tap_toolkit.reports import Report, ReportStream, ReportTable
from tap_toolkit.sources import Listing, Scope
from tap_toolkit.streams import PlatformStream, read_schema
from tap_toolkit.windows import Window, Windows, days, epoch_of

REPORTS = ReportTable("tap_facebook_ads")
#: What is paused or deleted from above does not move an object's own time: a day more is read again.
OBJECTS = Windows(span=days(36500), lookback=days(1), since=datetime(2004, 2, 1, tzinfo=UTC))
# Meta keeps 37 months (1,123 days at least), and 13 of what counts people or hours by breakdowns.
KEPT, PEOPLE_KEPT = days(1122), days(392)
PEOPLE = ("reach", "frequency", "cpp", "unique_*")
SOURCES = {"": Insights, "with_creative": InsightsWithCreatives, "by_creative": InsightsByCreative}


def fields(stream: str, **expanded: str) -> Params:
    """The parameter that asks for everything the stream's schema knows; unasked, Meta sends ids alone."""
    names = [name for name in read_schema(__package__, stream)["properties"] if name != "extra_fields"]
    return [("fields", ",".join(expanded.get(name, name) for name in names))]


@dataclass(frozen=True, slots=True)
class UpdatedSince(Bounds):
    """Objects of a level and of every status, deleted and archived ones too, that changed since a window began."""

    level: str

    def params(self, window: Window, scope: Scope) -> Params:
        """The parameter ``filtering``."""
        since = condition(f"{self.level}.updated_time", "GREATER_THAN", epoch_of(window.start - scope.pad))
        return [("filtering", json.dumps([whatever_status(self.level), since]))]

    def halves(self, window: Window, scope: Scope) -> Sequence[Window]:
        """None: the end is not asked for, and so the first half would be as large as the whole."""
        return ()


class FacebookStream(PlatformStream):
    """A stream of ad accounts; their ids are digits without ``act_``. Money of objects is in minor units."""

    account_field = "account_id"


class AdAccounts(FacebookStream):
    """The account itself: currency, time zone, balances [GET /act_{id}]."""

    name = "ad_accounts"
    keys = ("account_id",)
    source = Listing("act_{account}", "", "id", params=fields(name))


class Campaigns(FacebookStream):
    """Campaigns with budgets, by update time [GET /act_{id}/campaigns]."""

    name = "campaigns"
    keys = ("account_id", "id")
    cursor = "updated_time"
    windows = OBJECTS
    source = Listing(
        "act_{account}/campaigns", "data", "id", params=fields(name), window=UpdatedSince("campaign"), paging=PAGES
    )


class AdSets(FacebookStream):
    """Ad sets with targeting and budgets, by update time [GET /act_{id}/adsets]."""

    name = "adsets"
    keys = ("account_id", "id")
    cursor = "updated_time"
    windows = OBJECTS
    source = Listing(
        "act_{account}/adsets", "data", "id", params=fields(name), window=UpdatedSince("adset"), paging=PAGES
    )


class Ads(FacebookStream):
    """Ads and the ids of their creatives, by update time [GET /act_{id}/ads]."""

    name = "ads"
    keys = ("account_id", "id")
    cursor = "updated_time"
    windows = OBJECTS
    source = Listing(
        "act_{account}/ads",
        "data",
        "id",
        params=fields(name, creative="creative{id}"),
        window=UpdatedSince("ad"),
        paging=PAGES,
    )


class AdCreatives(FacebookStream):
    """Creatives as they are; Meta keeps no time of change for them [GET /act_{id}/adcreatives]."""

    name = "adcreatives"
    keys = ("account_id", "id")
    source = Listing("act_{account}/adcreatives", "data", "id", params=fields(name), paging=PAGES.of_size(100))


class FacebookReport(FacebookStream, ReportStream):
    """A report of insights [GET or POST /act_{id}/insights]."""


def report_stream(report: Report, patience: float) -> type[ReportStream]:
    """The stream of a report. Figures change for 28 days; ``patience`` is in seconds.

    Few rows and nothing to split them by: then a synchronous call is cheaper than a job, and bears more days.
    """
    light = report.level in ("account", "campaign") and not report.breakdowns
    people = report.breakdowns and (report.has(PEOPLE) or report.breakdowns[0].startswith("hourly"))
    windows = report.windows(span=days(30 if light else 7), restated=days(28), kept=PEOPLE_KEPT if people else KEPT)
    return FacebookReport.of(report, SOURCES[report.shape](report, patience=patience, light=light), windows)


STREAMS = (AdAccounts, Campaigns, AdSets, Ads, AdCreatives)
