"""What a property has counted on a day, as finely as a report asks for; the parts add up to the business's figures.

Where a visitor was, on what, and which page came first is drawn for each purchase, and for all other sessions split by
fixed weights. Users are counted once in each row that they are in, so that rows of users do not add up.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise, product
from typing import NamedTuple

from talat_sandbox.business.analytics import Analytics, Purchase
from talat_sandbox.business.dice import Dice, Weighted
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop, local_date

_GROUPS = {
    ("google", "cpc"): "Paid Search",
    ("facebook", "paid_social"): "Paid Social",
    ("google", "organic"): "Organic Search",
    ("(direct)", "(none)"): "Direct",
}
_COUNTRIES = {
    "TH": ((("Thailand", "TH"), 940), (("Laos", "LA"), 35), (("Malaysia", "MY"), 25)),
    "SG": ((("Singapore", "SG"), 950), (("Malaysia", "MY"), 38), (("Indonesia", "ID"), 12)),
}
# `landing`: the path, and the query that came with it. One visitor in forty has typed an address into a form.
_LANDINGS = (
    (("/", ""), 380),
    (("/sale", "?ref=line"), 250),
    (("/collections/new", ""), 195),
    (("/search", "?q=PII-somchai%40example.com"), 25),
    (("/products/best-seller", "?variant=2"), 130),
    (("(not set)", "(not set)"), 20),
)
_DEVICES = ((("mobile", "Android"), 520), (("mobile", "iOS"), 310), (("desktop", "Windows"), 130),
            (("tablet", "iOS"), 40))  # fmt: skip
_GENDERS = ((("female",), 400), (("male",), 270), (("unknown",), 330))
SPLITS = ("device", "country", "landing", "gender")

Value = tuple[str, ...]


class Visit(NamedTuple):
    """Sessions of one origin on a day that have something in common; `revenue` is satang, `of` (users, sessions)."""

    date: str
    origin: tuple[str, str, str]
    split: dict[str, Value]
    sessions: int
    engaged: int
    carts: int
    checkouts: int
    transactions: int
    revenue: int
    of: tuple[int, int]

    @property
    def group(self) -> str:
        """The channel group."""
        return _GROUPS.get(self.origin[:2], "Referral")


class Item(NamedTuple):
    """A product on a day; `revenue` is satang."""

    date: str
    item_id: int
    name: str
    category: int
    viewed: int
    added: int
    purchased: int
    revenue: int


class Facts:
    """The figures of all properties."""

    def __init__(self, business: Business) -> None:
        self._business, self._analytics, self._seed = business, Analytics(business), business.plan.seed

    def visits(self, shop: Shop, day: int, as_of: int, splits: Sequence[str]) -> Iterator[Visit]:
        """Yield the sessions of a local day, apart by origin and by what is named of SPLITS."""
        date = self._date(shop, day)
        combined = list(product(*(_choices(name, shop) for name in splits)))
        combinations = [tuple(value for value, _ in parts) for parts in combined]
        weights = [math.prod(weight for _, weight in parts) for parts in combined]
        bought: dict[tuple[object, ...], list[int]] = {}
        for purchase in self._analytics.purchases(shop, day, as_of):
            drawn = tuple(_drawn(purchase, name, shop) for name in splits)
            bought.setdefault((purchase.origin, drawn), []).append(purchase.value)
        for it in self._analytics.day(shop, day, as_of):
            arrived = it.sessions - it.transactions
            sessions = _dealt(arrived, weights)
            # Whoever is engaged is so in proportion to the sessions, so that no part has more than its sessions.
            engaged = _dealt(it.engaged - it.transactions, sessions)
            dice = Dice(f"{self._seed}|carts|{shop.index}|{date}|{'|'.join(it.origin)}")
            carts = _dealt((it.engaged - it.transactions) * dice.between(9, 14) // 100, engaged)
            checkouts = _dealt(sum(carts) * dice.between(25, 45) // 100, carts)
            for place, combination in enumerate(combinations):
                values = bought.get((it.origin, combination), [])
                count = len(values)
                if sessions[place] + count:
                    yield Visit(
                        date, it.origin, dict(zip(splits, combination, strict=True)), sessions[place] + count,
                        engaged[place] + count, carts[place] + count, checkouts[place] + count, count, sum(values),
                        (it.users, it.sessions),
                    )  # fmt: skip

    def items(self, shop: Shop, day: int, as_of: int) -> Iterator[Item]:
        """Yield the products that were bought or only looked at on a local day."""
        date, passed = self._date(shop, day), as_of - self._business.day_start(shop, day)
        units: dict[int, list[int]] = {}
        for purchase in self._analytics.purchases(shop, day, as_of):
            for line in purchase.order.lines:
                found = units.setdefault(line.product.index, [0, 0])
                found[0] += line.units
                found[1] += line.subtotal
        for it in self._business.catalogues[shop.index].products:
            purchased, revenue = units.get(it.index, (0, 0))
            dice = Dice(f"{self._seed}|viewed|{shop.index}|{date}|{it.index}")
            if passed > 0 and it.launched <= as_of and (purchased or dice.chance(600)):
                added = purchased * 2 + dice.between(0, 3)
                viewed = added * 3 + dice.between(1, 20)
                yield Item(date, it.item_id, it.name, it.category_id, viewed, added, purchased, revenue)

    def _date(self, shop: Shop, day: int) -> str:
        return local_date(shop.region.time_zone, self._business.day_start(shop, day)).isoformat()


def _choices(name: str, shop: Shop) -> Sequence[tuple[Value, int]]:
    if name == "country":
        return _COUNTRIES[shop.region.code]
    return {"device": _DEVICES, "landing": _LANDINGS, "gender": _GENDERS}[name]


def _drawn(purchase: Purchase, name: str, shop: Shop) -> Value:
    choices = _choices(name, shop)
    weighted = Weighted([weight for _, weight in choices])
    return choices[weighted.draw(Dice(f"{purchase.order.order_sn}|{name}"))][0]


def _dealt(total: int, weights: Sequence[int]) -> list[int]:
    """Return a total in parts that add up to it exactly, in proportion to the weights, each rounded up at most."""
    bounds = [0, *accumulate(weights)]
    whole = bounds[-1] or 1
    return [total * after // whole - total * before // whole for before, after in pairwise(bounds)]
