"""The invented business: shops, products, orders, returns and settlements as pure functions of seed and instant.

Nothing is stored. An order is made again from its place (shop, local day, number) whenever somebody asks; what may be
cached is bounded. Times are epoch seconds, money is integer satang.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from talat_sandbox.business.ad_platforms import AD_PLATFORMS, ANALYTICS, FACEBOOK, AdPlatform
from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.catalogue import Catalogue
from talat_sandbox.business.channels import CHANNELS, SHOPEE, Channel
from talat_sandbox.business.dice import Dice
from talat_sandbox.business.ids import Ref
from talat_sandbox.business.index import DayIndex, Track, index_day
from talat_sandbox.business.life import (
    ORDER_DAYS,
    RETURN_DAYS,
    SETTLEMENT_DAYS,
    Life,
    live,
    touched_by_refunds,
    undisputed,
)
from talat_sandbox.business.money import Return, Settlement, returns_of, settlement_of
from talat_sandbox.business.orders import Order, place
from talat_sandbox.business.season import Season
from talat_sandbox.business.shops import Shop, day_start, local_date

_MAX_INDEXED_EVENTS = 12_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What makes two businesses the same one.

    `total` orders over `days` local days from `opens` on; then more at the same pace, or none when `closed`.
    `campaigns` are those of each shop's ad account; a business founded before there was advertising has the default.
    """

    seed: int
    opens: date
    days: int
    total: int
    shops: int
    products: int
    closed: bool
    campaigns: int = 4


@dataclass(frozen=True, slots=True)
class Hit:
    """An order (part 0) or a return (part 1, 2 …) found in a span of time, and the instant it was found for."""

    ref: Ref
    part: int
    at: int


def found(plan: Plan, platforms: Iterable[str] = (), ads: Iterable[str] = ()) -> Business:
    """Return the business on Shopee, and on other channels, that advertises on Facebook, and on other platforms.

    `ga4` among them has its web shops' visitors measured. Raises KeyError for a channel that is none, and for a
    platform for ads that is none or whose channel is missing.
    """
    business = Business(plan)
    business.others = tuple(Business(plan, CHANNELS[platform]) for platform in platforms)
    sold_on = {channel.channel.platform: channel for channel in business.channels}
    wanted = tuple(ads)
    chosen = [AD_PLATFORMS[name] for name in wanted if name != ANALYTICS]
    business.campaigning = tuple(sold_on[platform.channel].advertise(platform) for platform in chosen)
    business.measured = ANALYTICS in wanted
    return business


class Business:
    """The business on one channel. Every question names the instant `as_of` it is asked at; the past never changes.

    That on Shopee, which advertises on Facebook, knows the `others`, and what it does on other platforms for ads.
    """

    def __init__(self, plan: Plan, channel: Channel = SHOPEE) -> None:
        self.plan, self.channel = plan, channel
        self.shops = channel.shops(plan.shops)
        self.by_shop_id = {shop.shop_id: shop for shop in self.shops}
        # What happens on one channel has nothing to do with what happens on another, but for what is sold.
        self._key = str(plan.seed) if channel is SHOPEE else f"{plan.seed}|{channel.platform}"
        total = plan.total * channel.orders // 100
        self.season = Season(self._key, plan.opens, plan.days, total, len(self.shops), plan.closed)
        self.catalogues = tuple(
            Catalogue(plan.seed, shop, self.day_start(shop, 0), plan.days, plan.products, channel)
            for shop in self.shops
        )
        self.others: tuple[Business, ...] = ()
        self.campaigning: tuple[Advertising, ...] = ()
        self.measured = False
        self._indexed: OrderedDict[tuple[int, int], DayIndex] = OrderedDict()
        self._events = 0
        self._touched: dict[Ref, list[int]] = {}
        self.touches = 0
        self.order = lru_cache(maxsize=4096)(self._order)
        self.advertising = self.advertise(FACEBOOK)

    @property
    def channels(self) -> tuple[Business, ...]:
        """The business on this channel, and on the others that it sells on."""
        return (self, *self.others)

    @property
    def advertised(self) -> tuple[Advertising, ...]:
        """What it does on all platforms for ads, Facebook first."""
        return (self.advertising, *self.campaigning)

    def advertise(self, platform: AdPlatform) -> Advertising:
        """Return the advertising for this channel's shops on a platform."""
        plan = self.plan
        return Advertising(
            platform, plan.seed, plan.days, plan.campaigns, self.catalogues, self.season, self.day_start, self.orders_on
        )

    def day_start(self, shop: Shop, day: int) -> int:
        """Return the epoch second at which the shop's n-th local day begins."""
        return day_start(shop.region.time_zone, self.plan.opens + timedelta(day))

    def day_of(self, shop: Shop, instant: int) -> int:
        """Return the number of the shop's local day that holds an instant; negative before the opening."""
        return (local_date(shop.region.time_zone, instant) - self.plan.opens).days

    def find(self, shop: Shop, order_sn: str, as_of: int) -> Order | None:
        """Return the shop's order of that serial, or None when there is none yet."""
        ref = self._exists(shop, order_sn, 0)
        order = self.order(ref) if ref else None
        return order if order and order.life.created <= as_of else None

    def find_return(self, shop: Shop, return_sn: str, as_of: int) -> Return | None:
        """Return the shop's return of that serial, or None when there is none yet."""
        decoded = self.channel.ids.decode(self.plan.opens, return_sn)
        if not decoded or decoded[1] == 0:
            return None
        ref = self._exists(shop, return_sn, decoded[1])
        entries = self.returns(self.order(ref)) if ref else ()
        found = next((entry for entry in entries if entry.return_sn == return_sn), None)
        return found if found and found.created <= as_of else None

    def serial(self, hit: Hit) -> str:
        """Return the order or return number of a hit."""
        return self.channel.ids.encode(self.plan.opens, hit.ref, hit.part)

    def returns(self, order: Order) -> tuple[Return, ...]:
        """Return all returns the order will ever have; ask each for its step at an instant."""
        found = returns_of(f"{self._key}|returns|{order.order_sn}", order, self.plan.opens, self.channel.ids)
        return found if self.channel.part_returns else tuple(entry for entry in found if entry.life.whole_order)

    def settlement(self, order: Order, as_of: int) -> Settlement | None:
        """Return the order's settlement as it stands at an instant, or None before its release, and where none is."""
        if not self.channel.settles:
            return None
        key = f"{self._key}|settlement|{order.order_sn}"
        return settlement_of(key, order, self.returns(order), as_of)

    def updated_at(self, order: Order, step: int, as_of: int) -> int:
        """Return the order's update time at an instant: its last event, or a later planted touch."""
        at = order.life.events[step].at
        return max((touch for touch in self._touched.get(order.ref, ()) if touch <= as_of), default=at)

    def touch(self, ref: Ref, at: int) -> None:
        """Plant an update that changes nothing but the order's update time (a drifting page)."""
        self._touched.setdefault(ref, []).append(at)
        self.touches += 1

    def is_touched(self, ref: Ref) -> bool:
        """Whether an update was planted for the order."""
        return ref in self._touched

    def orders_created(self, shop: Shop, first: int, last: int, as_of: int) -> list[Hit]:
        """Return the orders created in [first, last]."""
        return list(self._search(shop, "created", 0, first, last, as_of))

    def orders_updated(self, shop: Shop, first: int, last: int, as_of: int) -> list[Hit]:
        """Return the orders whose newest change at `as_of` lies in [first, last]."""
        hits = self._search(shop, "updated", ORDER_DAYS, first, last, as_of)
        if not self._touched:
            return list(hits)
        newest = {ref: max((at for at in times if at <= as_of), default=0) for ref, times in self._touched.items()}
        kept = [hit for hit in hits if newest.get(hit.ref, 0) <= hit.at]
        kept += [Hit(ref, 0, at) for ref, at in newest.items() if ref.shop == shop.index and first <= at <= last and at]
        return list({hit.ref: hit for hit in kept}.values())

    def released(self, shop: Shop, first: int, last: int, as_of: int) -> list[Hit]:
        """Return the orders whose settlement was released in [first, last]."""
        return list(self._search(shop, "released", SETTLEMENT_DAYS, first, last, as_of))

    def returns_created(self, shop: Shop, first: int, last: int, as_of: int) -> list[Hit]:
        """Return the returns asked for in [first, last]."""
        return list(self._search(shop, "return_created", RETURN_DAYS, first, last, as_of))

    def returns_updated(self, shop: Shop, first: int, last: int, as_of: int) -> list[Hit]:
        """Return the returns whose newest change at `as_of` lies in [first, last]."""
        return list(self._search(shop, "return_updated", RETURN_DAYS, first, last, as_of))

    def walk(self, shop: Shop, as_of: int) -> Iterator[Order]:
        """Yield every order of a shop that exists at an instant, by local day."""
        for day in range(self.day_of(shop, as_of) + 1):
            for order in self.orders_on(shop, day):
                if order.life.created <= as_of:
                    yield order

    def orders_on(self, shop: Shop, day: int) -> Iterator[Order]:
        """Yield every order that a shop gets on its n-th local day, also those that are yet to come."""
        for number in range(self.season.count(shop.index, day)):
            yield self._order(Ref(shop.index, day, number))

    def life(self, ref: Ref) -> Life:
        """Return the life of the order at a place."""
        key = f"{self._key}|life|{ref.shop}|{ref.day}|{ref.number}"
        second = self.season.second_of_day(ref.day, Dice(f"{key}|second"))
        life = live(key, self.day_start(self.shops[ref.shop], ref.day) + second)
        if life.returns and not self.channel.disputes:
            life = undisputed(life)
        return touched_by_refunds(life) if self.channel.refunds_touch else life

    def _order(self, ref: Ref) -> Order:
        key = f"{self._key}|order|{ref.shop}|{ref.day}|{ref.number}"
        serial = self.channel.ids.encode(self.plan.opens, ref)
        shop, catalogue = self.shops[ref.shop], self.catalogues[ref.shop]
        return place(key, shop, ref, serial, self.life(ref), catalogue, bundles=self.channel.bundles)

    def _exists(self, shop: Shop, serial: str, part: int) -> Ref | None:
        decoded = self.channel.ids.decode(self.plan.opens, serial)
        if not decoded or decoded[1] != part:
            return None
        ref = decoded[0]
        if ref.shop != shop.index or not 0 <= ref.number < self.season.count(shop.index, ref.day):
            return None
        return ref

    def _search(self, shop: Shop, kind: str, delay: int, first: int, last: int, as_of: int) -> Iterator[Hit]:
        last = min(last, as_of)
        if first > last:
            return
        # Local midnight moves against the instant by less than a day, hence the extra one.
        low = max(0, self.day_of(shop, max(first, 0)) - delay - 1)
        for day in range(low, self.day_of(shop, last) + 1):
            track: Track = getattr(self._index(shop, day), kind)
            returns = kind.startswith("return_")
            for subject, at in track.current(first, last, as_of):
                number, part = divmod(subject, 4) if returns else (subject, 0)
                yield Hit(Ref(shop.index, day, number), part, at)

    def _index(self, shop: Shop, day: int) -> DayIndex:
        key = (shop.index, day)
        found = self._indexed.get(key)
        if found is None:
            count = self.season.count(shop.index, day)
            found = index_day(self.life(Ref(shop.index, day, number)) for number in range(count))
            self._indexed[key] = found
            self._events += found.size
            while self._events > _MAX_INDEXED_EVENTS:
                self._events -= self._indexed.popitem(last=False)[1].size
        else:
            self._indexed.move_to_end(key)
        return found
