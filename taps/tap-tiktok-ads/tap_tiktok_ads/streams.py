"""TikTok's streams: the objects of an advertiser, and one stream for each report that the settings name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, cast

from tap_tiktok_ads.client import INFO
from tap_tiktok_ads.gmv_max import LEVELS, STORES, GmvMax
from tap_tiktok_ads.reports import HOUR, OF_ADVERTISER, Integrated
from tap_toolkit.answers import Row
from tap_toolkit.details import ChangedSince, Detail
from tap_toolkit.http import Params
from tap_toolkit.paging import NumberedPages
from tap_toolkit.reports import Report, ReportStream, ReportTable
from tap_toolkit.sources import Listing
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days

REPORTS = ReportTable("tap_tiktok_ads")
#: Lists are read whole whatever changed. What is paused from above does not move an object's own time: a day more.
OBJECTS = Windows(span=days(36500), lookback=days(1), pad=timedelta(0), since=datetime(2016, 1, 1, tzinfo=UTC))
PAGES = NumberedPages(
    param="page", pages="page_info.total_page", number="page_info.page", total="page_info.total_number", size=1000
)
HUNDREDS = NumberedPages(
    param="page", pages="page_info.total_page", number="page_info.page", total="page_info.total_number", size=100
)
CHANGED = ChangedSince("modify_time")
#: Times of objects, which are UTC and do not say so.
TIMES = ("create_time", "modify_time", "schedule_start_time", "schedule_end_time")
ABOUT = ("name", "company", "currency", "timezone", "display_timezone", "country", "industry", "status", "role")


def whatever_status(**more: Any) -> Params:
    """The parameter that leaves no object out, deleted or not."""
    return [("filtering", json.dumps({**more, "primary_status": "STATUS_ALL"}))]


class KnowsAdvertisers(Protocol):
    """What rows of reports are told of their advertiser."""

    def info(self, account: str) -> Mapping[str, Any]:
        """TikTok's description of an advertiser."""


class TikTokAdsStream(PlatformStream):
    """A stream of advertisers. Money is in the advertiser's currency, major units."""

    account_field = "advertiser_id"

    def prepare(self, row: Row, account: str) -> Row:
        """Times with their zone."""
        times = {name: f"{row[name]}Z" for name in TIMES if isinstance(row.get(name), str) and row[name]}
        return super().prepare(row | times, account)


class Advertisers(TikTokAdsStream):
    """The advertiser itself: currency, time zone, balance [GET advertiser/info/]."""

    name = "advertisers"
    keys = ("advertiser_id",)
    source = Listing(
        INFO,
        "list",
        "advertiser_id",
        params=[("fields", json.dumps(["advertiser_id", *ABOUT, "balance", "create_time", "owner_bc_id"]))],
    )


class Campaigns(TikTokAdsStream):
    """Campaigns with budgets, by time of change [GET campaign/get/]."""

    name = "campaigns"
    keys = ("advertiser_id", "campaign_id")
    cursor = "modify_time"
    windows = OBJECTS
    source = Listing("campaign/get/", "list", "campaign_id", params=whatever_status(), paging=PAGES).then(CHANGED)


class AdGroups(TikTokAdsStream):
    """Ad groups with targeting, bids and budgets, by time of change [GET adgroup/get/]."""

    name = "ad_groups"
    keys = ("advertiser_id", "adgroup_id")
    cursor = "modify_time"
    windows = OBJECTS
    source = Listing("adgroup/get/", "list", "adgroup_id", params=whatever_status(), paging=PAGES).then(CHANGED)


class Ads(TikTokAdsStream):
    """Ads with what they show, by time of change [GET ad/get/]."""

    name = "ads"
    keys = ("advertiser_id", "ad_id")
    cursor = "modify_time"
    windows = OBJECTS
    source = Listing("ad/get/", "list", "ad_id", params=whatever_status(), paging=PAGES).then(CHANGED)


class GmvMaxStores(TikTokAdsStream):
    """Shops that the advertiser may promote [GET gmv_max/store/list/]."""

    name = "gmv_max_stores"
    keys = ("advertiser_id", "store_id")
    source = STORES


class GmvMaxCampaigns(TikTokAdsStream):
    """Campaigns of GMV Max with their shop, products and target, by time of change [GET gmv_max/campaign/get/]."""

    name = "gmv_max_campaigns"
    keys = ("advertiser_id", "campaign_id")
    cursor = "modify_time"
    windows = OBJECTS
    source = (
        Listing(
            "gmv_max/campaign/get/",
            "list",
            "campaign_id",
            params=whatever_status(gmv_max_promotion_types=["PRODUCT_GMV_MAX", "LIVE_GMV_MAX"]),
            paging=HUNDREDS,
        )
        .then(CHANGED)
        .then(
            Detail(
                "campaign/gmv_max/info/",
                "",
                "campaign_id",
                "campaign_id",
                take={
                    name: name
                    for name in (
                        "store_id", "shopping_ads_type", "product_specific_type", "item_group_ids",
                        "optimization_goal", "deep_bid_type", "roas_bid", "budget", "schedule_type",
                        "schedule_start_time", "schedule_end_time", "roi_protection_enabled",
                    )
                },
            )
        )
    )  # fmt: skip


class TikTokAdsReport(TikTokAdsStream, ReportStream):
    """A report; its dates are the advertiser's."""

    def prepare(self, row: Row, account: str) -> Row:
        """With what is known of the advertiser."""
        info = cast(KnowsAdvertisers, self.tap).info(account)
        known = {name: info.get(name.removeprefix("advertiser_")) for name in OF_ADVERTISER}
        return super().prepare(row | known, account)


def report_stream(report: Report, patience: float) -> type[ReportStream]:
    """The stream of a report. Figures change for 28 days; hours come of one day at a time, days of thirty."""
    windows = report.windows(span=days(1 if HOUR in report.breakdowns else 30), restated=days(28))
    source = GmvMax if report.shape in LEVELS else Integrated
    return TikTokAdsReport.of(report, source(report, patience=patience), windows)


STREAMS = (Advertisers, Campaigns, AdGroups, Ads, GmvMaxStores, GmvMaxCampaigns)
