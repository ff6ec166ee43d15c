"""Where the business advertises: one machinery, and for each platform its numbers, kinds of campaigns and habits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from talat_sandbox.business.dice import Weighted
from talat_sandbox.business.shops import Shop

ACTIVE, PAUSED, ARCHIVED, DELETED = "ACTIVE", "PAUSED", "ARCHIVED", "DELETED"
DAILY, LIFETIME, AD_SETS = "daily", "lifetime", "ad_sets"  # what has a budget
ANALYTICS = "ga4"  # which shows no ads, but who came by them
PRODUCT = "product"  # a level that is the advertised product itself

CAMPAIGN_LEVEL, AD_SET_LEVEL, AD_LEVEL, CREATIVE_LEVEL, KEYWORD_LEVEL = 1, 2, 3, 4, 5
MAX_CAMPAIGNS = 5000
_LAGS = Weighted((52, 13, 8, 6, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1))
_CAMPAIGNS = 10_000  # numbers set aside for the campaigns of one account


class Kind(NamedTuple):
    """A kind of campaign: `name` is the platform's word for it, `label` begins the campaigns' names.

    `ad_set` and `ad` say what stands below a campaign, in the platform's words: empty where nothing is shown there,
    PRODUCT where it is what is advertised. 1,000 impressions cost between the two `price`, satang at the Thai price
    level; of 10,000 impressions between the two `clicks` are clicked. `one_product`: each ad set advertises one.
    `keywords`: it is shown for what people search for. `organic`: it claims every order of its products. `video`: its
    ads are films.
    """

    name: str
    label: str
    ad_set: str = "ad_group"
    ad: str = "ad"
    price: tuple[int, int] = (6000, 14_000)
    clicks: tuple[int, int] = (90, 320)
    one_product: bool = False
    keywords: bool = False
    organic: bool = False
    video: bool = False


class Numbers(NamedTuple):
    """The first numbers of a platform's accounts, campaigns, ad sets, ads (and creatives), and keywords.

    An account is its shop's number where the first is the channel's. A number tells its place: the shop, the campaign,
    and what is below it; the last digit tells the level. All but the account's are multiples of ten.
    """

    account: int
    campaign: int
    ad_set: int
    ad: int
    keyword: int = 0

    def of(self, level: int, shop: int, campaign: int, ad_set: int = 0, ad: int = 0) -> int:
        """Return the number of what stands at a place."""
        return self._first(level) + (((shop * _CAMPAIGNS + campaign) * 10 + ad_set) * 10 + ad) * 10 + level

    def shop_of(self, number: int) -> int:
        """Return the index of the shop whose account an object is in; out of range for a number that is none."""
        level = number % 10
        if not CAMPAIGN_LEVEL <= level <= KEYWORD_LEVEL:
            return -1
        return (number - self._first(level)) // (1000 * _CAMPAIGNS)

    def _first(self, level: int) -> int:
        return (self.campaign, self.ad_set, self.ad, self.ad, self.keyword)[level - 1]


class Reporting(NamedTuple):
    """How a platform learns of orders and claims them.

    It claims those whose last click on its ads is at most `click_days` old; `views`: so many in 1,000 of its claims are
    of people who only saw the ad, on the day of the order. `soon` and `days` are the percent that it
    knows within an hour and within three days; the last are known after `last` days. `by_click`: a conversion belongs
    to the day of the click, not to that of the order. `direct`: it tells orders of the advertised product from others.
    """

    click_days: int
    views: int
    soon: int
    days: int
    last: int
    by_click: bool = False
    direct: bool = False


@dataclass(frozen=True, eq=False)
class AdPlatform:
    """A platform for ads: it promotes the shops of one channel, each by an account of its own.

    `kinds` are drawn from, those of `first` come first. `statuses` has the platform's words, `budgets` says what may
    have one, the usual first; they are `size` percent of Facebook's. `lags` are weights of the days from the last click
    to the order. `prefix` stands before the account's number. `source` and `medium` are what a web shop sees of its
    visitors; empty where they never come to one.
    """

    platform: str
    channel: str
    numbers: Numbers
    kinds: tuple[Kind, ...]
    reporting: Reporting
    first: tuple[Kind, ...] = ()
    statuses: Mapping[str, str] = field(default_factory=lambda: _same(ACTIVE, PAUSED, ARCHIVED, DELETED))
    budgets: tuple[str, ...] = (DAILY, AD_SETS, LIFETIME)
    size: int = 100
    lags: Weighted = _LAGS
    prefix: str = ""
    source: str = ""
    medium: str = ""

    def key(self, seed: int) -> str:
        """Return the key of all that is drawn for the platform."""
        return str(seed) if self is FACEBOOK else f"{seed}|{self.platform}"

    def account_id(self, shop: int) -> int:
        """Return the number of the n-th shop's account."""
        return self.numbers.account + shop

    def shop_of_account(self, number: int) -> int:
        """Return the index of the shop whose account has a number; out of range for a foreign one."""
        return number - self.numbers.account

    def account_text(self, shop: Shop) -> str:
        """Return the account of a shop as the platform writes it."""
        return f"{self.prefix}{self.account_id(shop.index)}"


def _same(*statuses: str) -> Mapping[str, str]:
    return MappingProxyType({status: status for status in statuses})


def _words(active: str, paused: str, ended: str, deleted: str) -> Mapping[str, str]:
    return MappingProxyType({ACTIVE: active, PAUSED: paused, ARCHIVED: ended, DELETED: deleted})


_SALES = Kind("OUTCOME_SALES", "Sales", "adset")
_TRAFFIC = Kind("OUTCOME_TRAFFIC", "Traffic", "adset")
_AWARENESS = Kind("OUTCOME_AWARENESS", "Awareness", "adset")
FACEBOOK = AdPlatform(
    "facebook_ads", "shopee",
    Numbers(1_010_035_716_096_001, 120_210_000_000_000_000, 120_210_000_000_000_000, 120_210_000_000_000_000),
    (_SALES, _SALES, _SALES, _TRAFFIC, _AWARENESS), Reporting(7, 120, 60, 85, 27), first=(_SALES,) * 3,
    lags=Weighted((62, 14, 8, 6, 4, 3, 3)), source="facebook", medium="paid_social",
)  # fmt: skip

_SEARCH = Kind("SEARCH", "Search", price=(18_000, 60_000), clicks=(300, 900), keywords=True)
_SHOPPING = Kind("SHOPPING", "Shopping", price=(8000, 20_000), clicks=(70, 200))
_PERFORMANCE_MAX = Kind("PERFORMANCE_MAX", "PMax", "asset_group", "", price=(5000, 16_000), clicks=(80, 260))
_VIDEO = Kind("VIDEO", "Video", price=(3000, 9000), clicks=(20, 80), video=True)
_WEB = Kind("WEB_CONVERSIONS", "Web", "adgroup", price=(4000, 11_000), clicks=(70, 210), video=True)
_REACH = Kind("REACH", "Reach", "adgroup", price=(2000, 5000), clicks=(30, 90), video=True)
_GMV_MAX = Kind(
    "PRODUCT_GMV_MAX", "GMV Max", PRODUCT, "creative", price=(4000, 12_000), clicks=(90, 260), one_product=True,
    organic=True, video=True,
)  # fmt: skip
_LINE_SALES = Kind("WEBSITE_CONVERSION", "Conversion", "adgroup", price=(3000, 8000), clicks=(60, 180))
_LINE_VISITS = Kind("VISIT_MY_WEBSITE", "Visits", "adgroup", price=(2500, 7000), clicks=(80, 240))
_LINE_FRIENDS = Kind("GAIN_FRIENDS", "Friends", "adgroup", price=(3000, 8000), clicks=(50, 150))
_SHOPEE_SEARCH = Kind(
    "manual", "Search", PRODUCT, "", price=(9000, 30_000), clicks=(180, 420), one_product=True, keywords=True
)
_SHOPEE_AUTO = Kind("auto", "Auto", PRODUCT, "", price=(6000, 20_000), clicks=(140, 380), one_product=True)
_GMS = Kind("gms", "GMV Max", PRODUCT, "", price=(6000, 18_000), clicks=(140, 360), one_product=True)
_LAZADA_MANUAL = Kind(
    "1", "Manual", "adgroup", "", price=(8000, 26_000), clicks=(150, 400), one_product=True, keywords=True
)
_LAZADA_AUTO = Kind("2", "Automated", "adgroup", "", price=(6000, 20_000), clicks=(130, 360), one_product=True)

#: The platforms beside Facebook, by name.
AD_PLATFORMS = {
    platform.platform: platform
    for platform in (
        AdPlatform(
            "google_ads", "shopee",
            Numbers(4_820_000_001, 22_000_000_000, 170_000_000_000, 740_000_000_000, 380_000_000_000),
            (_SEARCH, _SEARCH, _SHOPPING, _PERFORMANCE_MAX, _PERFORMANCE_MAX, _VIDEO),
            Reporting(30, 0, 45, 75, 20, by_click=True), first=(_SEARCH, _SHOPPING, _PERFORMANCE_MAX, _VIDEO),
            statuses=_words("ENABLED", "PAUSED", "PAUSED", "REMOVED"), budgets=(DAILY, LIFETIME),
            source="google", medium="cpc",
        ),
        AdPlatform(
            "tiktok_ads", "tiktok_shop",
            Numbers(
                7_100_000_000_000_000_001, 1_780_000_000_000_000, 1_781_000_000_000_000, 1_782_000_000_000_000,
            ),
            (_WEB, _WEB, _GMV_MAX, _GMV_MAX, _REACH), Reporting(7, 180, 70, 90, 11, by_click=True),
            first=(_WEB, _GMV_MAX, _WEB), statuses=_words("ENABLE", "DISABLE", "DISABLE", "DELETE"), size=45,
        ),
        AdPlatform(
            "line_ads", "line_shop", Numbers(49_799_313_413, 10_000_000, 20_000_000_000, 30_000_000_000),
            (_LINE_SALES, _LINE_SALES, _LINE_VISITS, _LINE_FRIENDS), Reporting(30, 60, 50, 80, 14),
            first=(_LINE_SALES, _LINE_VISITS), statuses=_words("ACTIVE", "PAUSED", "PAUSED", "REMOVED"),
            budgets=(AD_SETS,), size=20, prefix="A",
        ),
        AdPlatform(
            "shopee_ads", "shopee", Numbers(226_001_234, 330_000_000, 340_000_000, 350_000_000, 500_000_000),
            (_SHOPEE_SEARCH, _SHOPEE_AUTO, _SHOPEE_AUTO), Reporting(7, 0, 80, 95, 5, by_click=True, direct=True),
            first=(_SHOPEE_SEARCH, _SHOPEE_AUTO, _GMS), statuses=_words("ongoing", "paused", "ended", "deleted"),
            budgets=(DAILY,),
        ),
        AdPlatform(
            "lazada_ads", "lazada",
            Numbers(100_100_100, 101_100_030_000_000, 2_280_000_000, 2_290_000_000, 9_100_000_000),
            (_LAZADA_MANUAL, _LAZADA_AUTO, _LAZADA_AUTO), Reporting(7, 0, 60, 90, 7, by_click=True, direct=True),
            first=(_LAZADA_AUTO, _LAZADA_MANUAL), statuses=_words("1", "0", "0", "9"), budgets=(DAILY,), size=50,
        ),
    )
}  # fmt: skip
