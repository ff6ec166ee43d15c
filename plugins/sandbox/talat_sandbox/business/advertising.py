"""All advertising of the business on one platform, made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from talat_sandbox.business.ad_claims import ClaimDays
from talat_sandbox.business.ad_days import AdDays
from talat_sandbox.business.ad_plan import Planner
from talat_sandbox.business.ad_platforms import FACEBOOK, AdPlatform
from talat_sandbox.business.ads import Ad, AdSet, Campaign, Creative, Portfolio
from talat_sandbox.business.catalogue import Catalogue
from talat_sandbox.business.orders import Order
from talat_sandbox.business.season import Season
from talat_sandbox.business.shops import Shop

AdObject = Campaign | AdSet | Ad | Creative


class Advertising:
    """The accounts of all shops of a channel on a platform, one each, and what their ads did."""

    def __init__(
        self,
        platform: AdPlatform,
        seed: int,
        days: int,
        campaigns: int,
        catalogues: tuple[Catalogue, ...],
        season: Season,
        day_start: Callable[[Shop, int], int],
        orders_on: Callable[[Shop, int], Iterable[Order]],
    ) -> None:
        self.platform = platform
        self.shops = tuple(catalogue.shop for catalogue in catalogues)
        self._made: dict[int, tuple[Portfolio, AdDays]] = {}
        self._objects = lru_cache(maxsize=64)(self._by_id)

        def make(index: int) -> tuple[Portfolio, AdDays]:
            shop = self.shops[index]

            def start(day: int) -> int:
                return day_start(shop, day)

            def orders(day: int) -> Iterable[Order]:
                return orders_on(shop, day)

            portfolio = Planner(seed, platform, catalogues[index], start(0), days, campaigns).portfolio()
            if platform is FACEBOOK:
                return portfolio, AdDays(portfolio, season, start, orders)
            return portfolio, ClaimDays(portfolio, season, start, orders, days)

        self._make = make

    def portfolio(self, shop: Shop) -> Portfolio:
        """Return a shop's account and its campaigns, ad sets, ads and creatives."""
        return self._of(shop.index)[0]

    def days(self, shop: Shop) -> AdDays:
        """Return what the ads of a shop's account did, day by day."""
        return self._of(shop.index)[1]

    def shop_of(self, account_id: int) -> Shop | None:
        """Return the shop whose account has a number."""
        index = self.platform.shop_of_account(account_id)
        return self.shops[index] if 0 <= index < len(self.shops) else None

    def find(self, object_id: int) -> AdObject | None:
        """Return the campaign, ad set, ad or creative of a number, whether or not it exists yet."""
        index = self.platform.numbers.shop_of(object_id)
        return self._objects(index).get(object_id) if 0 <= index < len(self.shops) else None

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
