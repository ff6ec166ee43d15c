"""The advertising that promotes the shops: accounts, campaigns, ad sets, ads and creatives, and how they change.

Everything is fixed when it is made: an object has a list of timed versions, and its state is the last one that has
begun. Times are epoch seconds, budgets integer satang of the account's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from talat_sandbox.business.catalogue import Product
from talat_sandbox.business.shops import Shop

ACTIVE, PAUSED, ARCHIVED, DELETED = "ACTIVE", "PAUSED", "ARCHIVED", "DELETED"
GONE = (ARCHIVED, DELETED)

SETS = 2  # ad sets in a campaign
ADS = 3  # ads in an ad set
DAILY, LIFETIME, AD_SETS = "daily", "lifetime", "ad_sets"

_FIRST_ACCOUNT_ID = 1_010_035_716_096_001
_FIRST_OBJECT_ID = 120_210_000_000_000_000
_CAMPAIGN, _AD_SET, _AD, _CREATIVE = 1, 2, 3, 4
MAX_CAMPAIGNS = 5000
_CAMPAIGNS = 10_000  # numbers set aside for the campaigns of one account


class Version(NamedTuple):
    """What an object is from an instant on. `budget` is 0 where the object has none of its own."""

    at: int
    status: str
    name: str
    budget: int = 0


class Span(NamedTuple):
    """A stretch of time, without its end."""

    first: int
    end: int


@dataclass(frozen=True, eq=False)
class Versioned:
    """Something with an id, a history, and perhaps something above it that can stop it."""

    object_id: int
    versions: tuple[Version, ...]

    @property
    def created(self) -> int:
        """When it was made."""
        return self.versions[0].at

    def version(self, as_of: int) -> Version | None:
        """Return what it is at an instant, or None before it was made."""
        found = None
        for version in self.versions:
            if version.at > as_of:
                break
            found = version
        return found

    def active(self) -> tuple[Span, ...]:
        """Return when its own status was ACTIVE; the last span may be endless."""
        ends = [version.at for version in self.versions[1:]] + [1 << 62]
        return tuple(
            Span(version.at, end)
            for version, end in zip(self.versions, ends, strict=True)
            if version.status == ACTIVE and version.at < end
        )


@dataclass(frozen=True, eq=False)
class Campaign(Versioned):
    """A campaign. `budget_kind` says what its budget is; with AD_SETS only the ad sets have one.

    It delivers from `start` until `stop` (None: without end) while it is active. It promotes `products`.
    """

    account: AdAccount
    index: int
    objective: str
    budget_kind: str
    start: int
    stop: int | None
    products: tuple[Product, ...]

    def effective_status(self, as_of: int) -> str:
        """Return its status at an instant; nothing stands above it."""
        version = self.version(as_of)
        return version.status if version else ""


@dataclass(frozen=True, eq=False)
class AdSet(Versioned):
    """An ad set: `number` within its campaign, `index` within its account; `share` of the budget in thousandths."""

    campaign: Campaign
    number: int
    share: int
    ages: tuple[int, int]

    @property
    def index(self) -> int:
        """Its place among the account's ad sets."""
        return self.campaign.index * SETS + self.number

    def effective_status(self, as_of: int) -> str:
        """Return what its own status and its campaign's make of it at an instant."""
        return _effective(self, as_of, (("CAMPAIGN_PAUSED", self.campaign),))


@dataclass(frozen=True, eq=False)
class Creative:
    """What an ad shows. It has no history; a campaign's ads may share one."""

    object_id: int
    account: AdAccount
    name: str
    title: str
    body: str
    is_video: bool
    product: Product


@dataclass(frozen=True, eq=False)
class Ad(Versioned):
    """An ad: `number` within its ad set, `index` within its account; `share` of the set's budget in thousandths."""

    ad_set: AdSet
    number: int
    share: int
    creative: Creative

    @property
    def campaign(self) -> Campaign:
        """The campaign it belongs to."""
        return self.ad_set.campaign

    @property
    def index(self) -> int:
        """Its place among the account's ads."""
        return self.ad_set.index * ADS + self.number

    @cached_property
    def delivering(self) -> tuple[Span, ...]:
        """When it and all above it were active and the campaign had started and not stopped."""
        campaign = self.campaign
        spans: tuple[Span, ...] = (Span(campaign.start, campaign.stop if campaign.stop is not None else 1 << 62),)
        for thing in (campaign, self.ad_set, self):
            spans = _common(spans, thing.active())
        return spans

    def effective_status(self, as_of: int) -> str:
        """Return what its own status and those above it make of it at an instant."""
        return _effective(self, as_of, (("CAMPAIGN_PAUSED", self.campaign), ("ADSET_PAUSED", self.ad_set)))


@dataclass(frozen=True, eq=False)
class AdAccount:
    """The advertising account of one shop: `account_id` is the platform's number. Money and days are the shop's."""

    shop: Shop
    opened: int

    @property
    def account_id(self) -> int:
        """The account's number."""
        return account_id(self.shop.index)

    @property
    def name(self) -> str:
        """The account's name."""
        return f"{self.shop.name} {self.shop.region.code}"


class Portfolio(NamedTuple):
    """All that an account will ever hold, each list in the order of the objects' indices."""

    account: AdAccount
    campaigns: tuple[Campaign, ...]
    ad_sets: tuple[AdSet, ...]
    ads: tuple[Ad, ...]
    creatives: tuple[Creative, ...]


def account_id(shop_index: int) -> int:
    """Return the number of the n-th shop's account."""
    return _FIRST_ACCOUNT_ID + shop_index


def shop_of_account(number: int) -> int:
    """Return the index of the shop whose account has a number; out of range for a foreign one."""
    return number - _FIRST_ACCOUNT_ID


def campaign_id(shop: int, campaign: int) -> int:
    """Return a campaign's number."""
    return _object_id(_CAMPAIGN, shop, campaign, 0, 0)


def ad_set_id(shop: int, campaign: int, ad_set: int) -> int:
    """Return an ad set's number."""
    return _object_id(_AD_SET, shop, campaign, ad_set, 0)


def ad_id(shop: int, campaign: int, ad_set: int, ad: int) -> int:
    """Return an ad's number."""
    return _object_id(_AD, shop, campaign, ad_set, ad)


def creative_id(shop: int, campaign: int, ad_set: int, ad: int) -> int:
    """Return a creative's number: that of the first ad that shows it."""
    return _object_id(_CREATIVE, shop, campaign, ad_set, ad)


def shop_of_object(number: int) -> int:
    """Return the index of the shop an object's number belongs to; out of range for a foreign number."""
    return (number - _FIRST_OBJECT_ID) // (1000 * _CAMPAIGNS)


def _object_id(kind: int, shop: int, campaign: int, ad_set: int, ad: int) -> int:
    return _FIRST_OBJECT_ID + (((shop * _CAMPAIGNS + campaign) * 10 + ad_set) * 10 + ad) * 10 + kind


def _effective(thing: Versioned, as_of: int, above: tuple[tuple[str, Campaign | AdSet], ...]) -> str:
    version = thing.version(as_of)
    if version is None:
        return ""
    over = [(name, parent.version(as_of)) for name, parent in above]
    for gone in (DELETED, ARCHIVED):  # what is above takes everything below it along
        if version.status == gone or any(parent and parent.status == gone for _, parent in over):
            return gone
    if version.status != ACTIVE:
        return version.status
    return next((name for name, parent in over if parent and parent.status == PAUSED), ACTIVE)


def _common(some: tuple[Span, ...], others: tuple[Span, ...]) -> tuple[Span, ...]:
    pairs = (Span(max(one.first, two.first), min(one.end, two.end)) for one in some for two in others)
    return tuple(pair for pair in pairs if pair.first < pair.end)
