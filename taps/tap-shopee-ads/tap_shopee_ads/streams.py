"""Shopee Ads' streams. Each class is the facts about one endpoint; how they are read is the toolkit's."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tap_shopee_ads.sources import AdDays, CampaignDays, DayListing, GmsDays, OneDay
from tap_toolkit.answers import Row
from tap_toolkit.details import Detail
from tap_toolkit.paging import Paging
from tap_toolkit.sources import Listing
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days

if TYPE_CHECKING:
    from tap_shopee_ads.tap import TapShopeeAds

#: Orders count for the day of the click, up to seven days later; Shopee keeps six months, and 181 days are the least.
RESTATED, KEPT = days(8), days(180)
#: A month is the longest span, and 28 days the shortest month.
MONTHS = Windows(span=days(28), lookback=RESTATED, pad=days(0), retention=KEPT, period="day")
SINGLE = Windows(span=days(1), lookback=RESTATED, pad=days(0), retention=KEPT, period="day")
#: Spans of GMV Max begin two days before the window.
GMS = Windows(span=days(26), lookback=RESTATED, pad=days(0), retention=KEPT - days(2), period="day")

DATES = AdDays("start_date", "end_date")
CAMPAIGN_IDS = Listing(
    "ads/get_product_level_campaign_id_list",
    "campaign_list",
    "campaign_id",
    params=[("ad_type", "all")],
    paging=Paging(param="offset", first="0", more="has_next_page", size=5000, size_param="limit", by_rows=True),
)


class AdsStream(PlatformStream):
    """A stream of one shop or more, whose rows say in which money and by whose days they count."""

    account_field = "shop_id"
    local_days = True

    def prepare(self, row: Row, account: str) -> Row:
        """The row with the shop's currency and time zone."""
        tap = cast("TapShopeeAds", self.tap)
        row["currency"], row["time_zone"] = tap.currency(account), str(tap.zone(account))
        return super().prepare(row, account)


class ShopDaily(AdsStream):
    """What all the ads of a shop did on a day [v2.ads.get_all_cpc_ads_daily_performance]."""

    name = "shop_daily"
    keys = ("shop_id", "date")
    cursor = "date"
    windows = MONTHS
    source = DayListing("ads/get_all_cpc_ads_daily_performance", "", "date", window=DATES)


class ShopHourly(AdsStream):
    """The same by hours of the shop's day [v2.ads.get_all_cpc_ads_hourly_performance]."""

    name = "shop_hourly"
    keys = ("shop_id", "date", "hour")
    cursor = "date"
    windows = SINGLE
    source = DayListing("ads/get_all_cpc_ads_hourly_performance", "", "hour", window=OneDay("performance_date"))


class Campaigns(AdsStream):
    """Product campaigns and what is set for them [v2.ads.get_product_level_campaign_id_list, …_setting_info]."""

    name = "campaigns"
    keys = ("shop_id", "campaign_id")
    source = CAMPAIGN_IDS.then(
        Detail(
            "ads/get_product_level_campaign_setting_info",
            "campaign_list",
            ids="campaign_id",
            param="campaign_id_list",
            size=100,
            params=[("info_type_list", "1,2,3,4")],
        )
    )

    def prepare(self, row: Row, account: str) -> Row:
        """What is common to all campaigns, and when they run, are columns."""
        common = dict(row.pop("common_info", None) or {})
        return super().prepare({**row, **(common.pop("campaign_duration", None) or {}), **common}, account)


class CampaignDaily(AdsStream):
    """What a product campaign did on a day [v2.ads.get_product_campaign_daily_performance]."""

    name = "campaign_daily"
    keys = ("shop_id", "campaign_id", "date")
    cursor = "date"
    windows = MONTHS
    source = CAMPAIGN_IDS.then(
        CampaignDays(
            "ads/get_product_campaign_daily_performance",
            "",
            ids="campaign_id",
            param="campaign_id_list",
            size=100,
            many=True,
            window=DATES,
        )
    )


class GmsDaily(AdsStream):
    """What GMV Max of the whole shop did on a day [v2.ads.get_gms_campaign_performance]."""

    name = "gms_daily"
    keys = ("shop_id", "campaign_id", "date")
    cursor = "date"
    windows = GMS
    source = GmsDays("ads/get_gms_campaign_performance", "campaign_id")


class GmsItemDaily(AdsStream):
    """The same by items [v2.ads.get_gms_item_performance]."""

    name = "gms_item_daily"
    keys = ("shop_id", "campaign_id", "item_id", "date")
    cursor = "date"
    windows = GMS
    source = GmsDays("ads/get_gms_item_performance", "item_id", "result_list")


class Balance(AdsStream):
    """What is left to spend, free credit included, at the moment of the reading [v2.ads.get_total_balance]."""

    name = "balance"
    keys = ("shop_id", "data_timestamp")
    source = Listing("ads/get_total_balance", "", "data_timestamp")


class Toggles(AdsStream):
    """The shop's switches, at the moment of the reading [v2.ads.get_shop_toggle_info]."""

    name = "toggles"
    keys = ("shop_id", "data_timestamp")
    source = Listing("ads/get_shop_toggle_info", "", "data_timestamp")


STREAMS = (ShopDaily, ShopHourly, Campaigns, CampaignDaily, GmsDaily, GmsItemDaily, Balance, Toggles)
