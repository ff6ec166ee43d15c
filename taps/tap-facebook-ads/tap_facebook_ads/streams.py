"""Facebook's streams: the objects of an ad account, and one stream for each report that the settings name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from tap_facebook_ads.creatives import InsightsByCreative, InsightsWithCreatives
from tap_facebook_ads.insights import PAGES, Insights, condition, whatever_status
from tap_facebook_ads.reports import Report
from tap_toolkit.http import Params
from tap_toolkit.sources import Listing, Row
from tap_toolkit.streams import PlatformStream, read_schema
from tap_toolkit.windows import Window, Windows, days, epoch_of

#: What is paused or deleted from above does not move an object's own time: a day more is read again.
OBJECTS = Windows(span=days(36500), lookback=days(1), since=datetime(2004, 2, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class UpdatedSince:
    """Objects of a level and of every status, deleted and archived ones too, that changed since a window began."""

    level: str

    def params(self, window: Window, pad: timedelta) -> Params:
        """The parameter ``filtering``."""
        since = condition(f"{self.level}.updated_time", "GREATER_THAN", epoch_of(window.start - pad))
        return [("filtering", json.dumps([whatever_status(self.level), since]))]


def listing(level: str, fields: str) -> Listing:
    """The objects of one level, by update time."""
    return Listing(
        f"act_{{account}}/{level}s",
        "data",
        "id",
        params=[("fields", fields)],
        window=UpdatedSince(level),
        paging=PAGES,
    )


class FacebookStream(PlatformStream):
    """A stream of ad accounts; their ids are digits without ``act_``."""

    account_field = "account_id"


class AdAccounts(FacebookStream):
    """The account itself: currency, time zone, balances in minor units [GET /act_{id}]."""

    name = "ad_accounts"
    keys = ("account_id",)
    source = Listing(
        "act_{account}",
        "",
        "id",
        params=[
            (
                "fields",
                "id,account_id,name,account_status,currency,timezone_id,timezone_name,timezone_offset_hours_utc,"
                "amount_spent,balance,spend_cap,created_time,business",
            )
        ],
    )


class Campaigns(FacebookStream):
    """Campaigns with budgets in minor units, by update time [GET /act_{id}/campaigns]."""

    name = "campaigns"
    keys = ("account_id", "id")
    cursor = "updated_time"
    windows = OBJECTS
    source = listing(
        "campaign",
        "id,name,objective,status,configured_status,effective_status,buying_type,bid_strategy,daily_budget,"
        "lifetime_budget,budget_remaining,spend_cap,special_ad_categories,start_time,stop_time,created_time,updated_time",
    )


class AdSets(FacebookStream):
    """Ad sets with targeting and budgets in minor units, by update time [GET /act_{id}/adsets]."""

    name = "adsets"
    keys = ("account_id", "id")
    cursor = "updated_time"
    windows = OBJECTS
    source = listing(
        "adset",
        "id,campaign_id,name,status,configured_status,effective_status,optimization_goal,billing_event,bid_strategy,"
        "bid_amount,daily_budget,lifetime_budget,budget_remaining,attribution_spec,targeting,promoted_object,"
        "start_time,end_time,created_time,updated_time",
    )


class Ads(FacebookStream):
    """Ads and the ids of their creatives, by update time [GET /act_{id}/ads]."""

    name = "ads"
    keys = ("account_id", "id")
    cursor = "updated_time"
    windows = OBJECTS
    source = listing(
        "ad",
        "id,adset_id,campaign_id,name,status,configured_status,effective_status,creative{id},created_time,updated_time",
    )


class AdCreatives(FacebookStream):
    """Creatives as they are; Meta keeps no time of change for them [GET /act_{id}/adcreatives]."""

    name = "adcreatives"
    keys = ("account_id", "id")
    source = Listing(
        "act_{account}/adcreatives",
        "data",
        "id",
        params=[
            (
                "fields",
                "id,name,status,object_type,title,body,call_to_action_type,image_url,image_hash,thumbnail_url,video_id,"
                "effective_object_story_id,object_story_spec,url_tags",
            )
        ],
        paging=PAGES.of_size(100),
    )


class ReportStream(FacebookStream):
    """A report as a stream; its schema is what of ``schemas/insights.json`` it asks for."""

    report: ClassVar[Report]

    @classmethod
    def full_schema(cls) -> dict[str, Any]:
        """The fields of the report, its breakdowns and its dates."""
        whole = read_schema("tap_facebook_ads", "insights")
        report, known = cls.report, whole["properties"]
        names = ["account_id", *report.named_by, "date_start", "date_stop", *report.breakdowns, *report.columns]
        names += ["creative_id", "creative"] if report.creative else []
        text = {"type": ["string", "null"]}
        return {**whole, "properties": {name: known.get(name, text) for name in [*names, "extra_fields"]}}

    def prepare(self, row: Row, account: str) -> Row:
        """A breakdown that Meta leaves out is ``unknown``, as it writes elsewhere itself."""
        for name in self.report.breakdowns:
            row[name] = row.get(name) or "unknown"
        return super().prepare(row, account)


SOURCES = {"": Insights, "beside": InsightsWithCreatives, "grouped": InsightsByCreative}


def report_stream(report: Report, patience: float) -> type[ReportStream]:
    """The stream class of a report; ``patience`` is in seconds."""
    facts = {
        "__doc__": f"Report {report.name} [GET or POST /act_{{id}}/insights].",
        "name": report.name,
        "keys": report.keys,
        "cursor": None if report.time_increment == "all_days" else "date_start",
        "windows": report.windows,
        "source": SOURCES[report.creative](report, patience=patience),
        "report": report,
        "__module__": __name__,
    }
    return type(report.name, (ReportStream,), facts)


STREAMS = (AdAccounts, Campaigns, AdSets, Ads, AdCreatives)
