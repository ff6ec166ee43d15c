"""The advertising that promotes the shops: accounts, campaigns, ad sets, ads and creatives, and how they change.

Everything is fixed when it is made: an object has a list of timed versions, and its state is the last one that has
begun. Times are epoch seconds, budgets integer satang of the account's currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from talat_sandbox.business.ad_platforms import (
    ACTIVE,
    ARCHIVED,
    DELETED,
    LIFETIME,
    PAUSED,
    PRODUCT,
    AdPlatform,
    Kind,
)
from talat_sandbox.business.catalogue import Product
from talat_sandbox.business.shops import Shop

DAY = 86400
GONE = (ARCHIVED, DELETED)

SETS = 2  # ad sets in a campaign
ADS = 3  # ads in an ad set


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
    kind: Kind
    budget_kind: str
    start: int
    stop: int | None
    products: tuple[Product, ...]

    @property
    def objective(self) -> str:
        """What the platform calls its kind."""
        return self.kind.name

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

    @property
    def shown_ids(self) -> tuple[str, str]:
        """The numbers that the platform shows for its ad set and for itself; empty where it shows no such level."""
        kind = self.campaign.kind
        ad_set = self.creative.product.item_id if kind.ad_set == PRODUCT else self.ad_set.object_id
        return str(ad_set), str(self.object_id) if kind.ad else ""

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
    """The advertising account of one shop: `account_id` is the platform's number. Money and days are the shop's.

    `key` begins the keys of all that is drawn for its platform.
    """

    platform: AdPlatform
    shop: Shop
    opened: int
    key: str

    @property
    def account_id(self) -> int:
        """The account's number."""
        return self.platform.account_id(self.shop.index)

    @property
    def text(self) -> str:
        """The account's number as the platform writes it."""
        return self.platform.account_text(self.shop)

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

    def of(self, campaign: Campaign) -> tuple[Ad, ...]:
        """Return the ads of a campaign."""
        return self.ads[campaign.index * SETS * ADS : (campaign.index + 1) * SETS * ADS]

    def daily_budget(self, campaign: Campaign) -> int:
        """Return what a campaign and its ad sets might spend on a day when it was made, in satang."""
        budget = campaign.versions[0].budget or sum(ad_set.versions[0].budget for ad_set in self.sets_of(campaign))
        if campaign.budget_kind == LIFETIME and campaign.stop is not None:
            budget //= max(1, (campaign.stop - campaign.start) // DAY)
        return budget

    def sets_of(self, campaign: Campaign) -> tuple[AdSet, ...]:
        """Return the ad sets of a campaign."""
        return self.ad_sets[campaign.index * SETS : (campaign.index + 1) * SETS]


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
