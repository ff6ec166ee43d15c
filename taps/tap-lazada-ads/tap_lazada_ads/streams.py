"""The streams of Lazada's ads. Each class is the facts about one endpoint; how they are read is the toolkit's."""

from __future__ import annotations

from tap_lazada_ads.sources import CampaignList, DayReport, DayTotal
from tap_toolkit.answers import Row
from tap_toolkit.regions import CURRENCIES
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days

#: What the list of campaigns shows of a span of days; the reports have it by day.
METRICS = frozenset(
    {"spend", "impressions", "clicks", "ctr", "cpc", "storeUnitsSold", "storeOrders", "storeRevenue", "storeRoi"}
)
#: Lazada does not say for how long orders are claimed; seven days are usual, and twice that is sure.
BY_DAY = Windows(span=days(1), lookback=days(14), pad=days(0), period="day")


class AdsStream(PlatformStream):
    """A stream of one seller or more, whose rows say in which money and by whose days they count."""

    account_field = "seller_id"

    def prepare(self, row: Row, account: str) -> Row:
        """The row with the country's currency and time zone; a dash is no value."""
        row = {name: None if value == "-" else value for name, value in row.items()}
        row["currency"] = CURRENCIES[self.tap.config["country"].upper()]
        row["time_zone"] = str(self.tap.zone(account))
        return super().prepare(row, account)


class Campaigns(AdsStream):
    """Campaigns of every status, deleted ones too [/sponsor/solutions/campaign/searchCampaignList]."""

    name = "campaigns"
    keys = ("seller_id", "campaignId")
    local_days = True
    source = CampaignList()

    def prepare(self, row: Row, account: str) -> Row:
        """What is set, without the figures of a day."""
        return super().prepare({name: value for name, value in row.items() if name not in METRICS}, account)


class DailyStream(AdsStream):
    """A report by day."""

    cursor = "date"
    windows = BY_DAY


class ShopDaily(DailyStream):
    """What all Sponsored Discovery of a seller did on a day [/sponsor/solutions/report/getReportOverview]."""

    name = "shop_daily"
    keys = ("seller_id", "date")
    source = DayTotal("sponsor/solutions/report/getReportOverview", "result.reportOverviewDetailDTO")


class CampaignDaily(DailyStream):
    """What a campaign did on a day, by kind of ad [/sponsor/solutions/report/getDiscoveryReportCampaign]."""

    name = "campaign_daily"
    keys = ("seller_id", "campaignId", "productType", "date")
    source = DayReport("sponsor/solutions/report/getDiscoveryReportCampaign")

    def prepare(self, row: Row, account: str) -> Row:
        """The kind is part of the key, also where none is told."""
        return super().prepare({**row, "productType": row.get("productType") or "unknown"}, account)


class AdgroupDaily(DailyStream):
    """What an ad group, which is one product, did on a day [/sponsor/solutions/report/getDiscoveryReportAdgroup]."""

    name = "adgroup_daily"
    keys = ("seller_id", "campaignId", "adgroupId", "date")
    source = DayReport("sponsor/solutions/report/getDiscoveryReportAdgroup")


class KeywordDaily(DailyStream):
    """What a keyword of an ad group did on a day [/sponsor/solutions/report/getDiscoveryReportKeyword]."""

    name = "keyword_daily"
    keys = ("seller_id", "adgroupId", "keywordId", "date")
    source = DayReport("sponsor/solutions/report/getDiscoveryReportKeyword")


STREAMS = (Campaigns, ShopDaily, CampaignDaily, AdgroupDaily, KeywordDaily)
