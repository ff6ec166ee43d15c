"""All advertising of the business, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from talat_sandbox.business.ad_days import AdDays
from talat_sandbox.business.ad_plan import Planner
from talat_sandbox.business.ads import Ad, AdSet, Campaign, Creative, Portfolio, shop_of_account, shop_of_object
from talat_sandbox.business.catalogue import Catalogue
from talat_sandbox.business.orders import Order
from talat_sandbox.business.season import Season
from talat_sandbox.business.shops import Shop

AdObject = Campaign | AdSet | Ad | Creative


class Advertising:
    """The accounts of all shops, one each, and what their ads did."""

    def __init__(
        self,
        seed: int,
        days: int,
        campaigns: int,
        catalogues: tuple[Catalogue, ...],
        season: Season,
        day_start: Callable[[Shop, int], int],
        orders_on: Callable[[Shop, int], Iterable[Order]],
    ) -> None:
        self._catalogues = catalogues
        self._made: dict[int, tuple[Portfolio, AdDays]] = {}
        self._objects = lru_cache(maxsize=64)(self._by_id)

        def make(index: int) -> tuple[Portfolio, AdDays]:
            shop = catalogues[index].shop
            portfolio = Planner(seed, catalogues[index], day_start(shop, 0), days, campaigns).portfolio()
            return portfolio, AdDays(
                seed, portfolio, season, lambda day: day_start(shop, day), lambda day: orders_on(shop, day)
            )

        self._make = make

    def portfolio(self, shop: Shop) -> Portfolio:
        """Return a shop's account and its campaigns, ad sets, ads and creatives."""
        return self._of(shop.index)[0]

    def days(self, shop: Shop) -> AdDays:
        """Return what the ads of a shop's account did, day by day."""
        return self._of(shop.index)[1]

    def shop_of(self, account_id: int) -> Shop | None:
        """Return the shop whose account has a number."""
        index = shop_of_account(account_id)
        return self._catalogues[index].shop if 0 <= index < len(self._catalogues) else None

    def find(self, object_id: int) -> AdObject | None:
        """Return the campaign, ad set, ad or creative of a number, whether or not it exists yet."""
        index = shop_of_object(object_id)
        return self._objects(index).get(object_id) if 0 <= index < len(self._catalogues) else None

    def _of(self, index: int) -> tuple[Portfolio, AdDays]:
        if index not in self._made:
            self._made[index] = self._make(index)
        return self._made[index]

    def _by_id(self, index: int) -> dict[int, AdObject]:
        portfolio = self._of(index)[0]
        kinds: tuple[tuple[AdObject, ...], ...] = (
            portfolio.campaigns, portfolio.ad_sets, portfolio.ads, portfolio.creatives,
        )  # fmt: skip
        return {thing.object_id: thing for kind in kinds for thing in kind}
