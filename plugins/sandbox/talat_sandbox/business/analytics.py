"""What the web pages of the shops see of their visitors: sessions by where they came from, and what they bought.

Each shop on Shopee has a property, in its currency and time zone; it counts sessions and purchases on their own day.
A purchase is credited to the last click on an ad, if the ad leads to the web; one in twelve is not measured.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from talat_sandbox.business.ad_days import DAY, day_part
from talat_sandbox.business.ad_wins import wins
from talat_sandbox.business.ads import Campaign
from talat_sandbox.business.dice import Dice, Weighted
from talat_sandbox.business.model import Business
from talat_sandbox.business.orders import Order
from talat_sandbox.business.shops import Shop

_FIRST_PROPERTY = 370_000_001
_MEASURED = 917  # thousandths of the purchases
# Where visitors come from who clicked no ad: source, medium, campaign, and how many there are for an order of the day.
_UNPAID = (
    (("google", "organic", "(organic)"), 14),
    (("(direct)", "(none)", "(direct)"), 9),
    (("baanreview.example.com", "referral", "(referral)"), 3),
)
_ORIGINS = Weighted([weight for _, weight in _UNPAID])

Origin = tuple[str, str, str]


class Visits(NamedTuple):
    """Sessions of one origin on a day and what was bought in them; `revenue` is satang."""

    origin: Origin
    sessions: int
    engaged: int
    users: int
    transactions: int
    revenue: int


class Purchase(NamedTuple):
    """An order that was measured: placed at an epoch second, credited to a campaign or to visitors without one."""

    at: int
    value: int
    origin: Origin
    order: Order


def property_id(shop: Shop) -> int:
    """Return the number of a shop's property."""
    return _FIRST_PROPERTY + shop.index


class Analytics:
    """The properties of all shops on Shopee."""

    def __init__(self, business: Business) -> None:
        self._business, self._seed = business, business.plan.seed
        self._purchases = lru_cache(maxsize=1024)(self._purchases_of)

    def day(self, shop: Shop, day: int, as_of: int) -> list[Visits]:
        """Return what a property knew at an instant of a local day of the shop, by origin."""
        start = self._business.day_start(shop, day)
        if day < 0 or as_of < start:
            return []
        arrived = self._arrived(shop, day, as_of)
        bought: dict[Origin, list[int]] = defaultdict(list)
        for purchase in self.purchases(shop, day, as_of):
            bought[purchase.origin].append(purchase.value)
        found = []
        for origin in sorted({*arrived, *bought}):
            values = bought[origin]
            dice = Dice(f"{self._seed}|ga4|{shop.index}|{day}|{'|'.join(origin)}")
            # Who buys later than on the day of the click comes back for it, in a session of the same origin.
            sessions = arrived[origin] + len(values)
            if sessions:
                engaged = len(values) + arrived[origin] * dice.between(48, 66) // 100
                users = -(-sessions * dice.between(82, 96) // 100)
                found.append(Visits(origin, sessions, engaged, users, len(values), sum(values)))
        return found

    def purchases(self, shop: Shop, day: int, as_of: int) -> list[Purchase]:
        """Return what was bought on a local day of the shop and measured, as known at an instant."""
        return [purchase for purchase in self._purchases(shop, day) if purchase.at <= as_of]

    def _arrived(self, shop: Shop, day: int, as_of: int) -> dict[Origin, int]:
        """Return the sessions that clicks began, and those of visitors who clicked no ad."""
        arrived: dict[Origin, int] = defaultdict(int)
        for advertising in self._business.advertised:
            if advertising.platform.source:
                ads = advertising.portfolio(shop).ads
                for place, figures in advertising.days(shop).delivered(day, as_of).items():
                    dice = Dice(f"{self._seed}|landing|{ads[place].object_id}|{day}")
                    origin = self._origin(ads[place].campaign, shop, day)
                    arrived[origin] += figures.link_clicks * dice.between(80, 95) // 100
        orders = self._business.season.count(shop.index, day)
        passed = day_part(as_of - self._business.day_start(shop, day))
        for origin, weight in _UNPAID:
            dice = Dice(f"{self._seed}|unpaid|{shop.index}|{day}|{origin[0]}")
            arrived[origin] += (orders + 2) * weight * dice.between(85, 115) * passed // (100 * day_part(DAY))
        return arrived

    def _purchases_of(self, shop: Shop, day: int) -> tuple[Purchase, ...]:
        won = wins(self._business, self._business, shop, day)
        found = []
        for order in self._business.orders_on(shop, day):
            dice = Dice(f"{self._seed}|purchase|{order.order_sn}")
            if dice.chance(_MEASURED):
                origin = _UNPAID[_ORIGINS.draw(dice)][0]
                win = won.get(order.ref)
                if win and win.ad.campaign.account.platform.source:
                    origin = self._origin(win.ad.campaign, shop, self._business.day_of(shop, win.clicked))
                found.append(Purchase(order.life.created, order.total, origin, order))
        return tuple(found)

    def _origin(self, campaign: Campaign, shop: Shop, day: int) -> Origin:
        """Return what a campaign's links said on a day: its name in the end."""
        platform = campaign.account.platform
        version = campaign.version(self._business.day_start(shop, day + 1) - 1) or campaign.versions[0]
        return platform.source, platform.medium, version.name
