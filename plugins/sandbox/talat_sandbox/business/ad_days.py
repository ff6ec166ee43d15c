"""What the ads of an account did on one local day, as it was known at an instant.

Delivery grows through the day; some days' spend and clicks are corrected one to three days later. Conversions are the
shop's own orders and become known up to 27 days after the order: nothing changes any more 28 days after the day ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import accumulate

from talat_sandbox.business.ad_anomalies import Anomaly
from talat_sandbox.business.ad_curves import Curve
from talat_sandbox.business.ad_figures import (
    LATER,
    SAME_DAY,
    VIEW,
    Conversion,
    Correction,
    Figures,
    converted,
    corrected,
)
from talat_sandbox.business.ad_platforms import AD_SETS, LIFETIME, Reporting
from talat_sandbox.business.ads import ADS, SETS, Ad, Campaign, Portfolio
from talat_sandbox.business.dice import Dice
from talat_sandbox.business.orders import Order
from talat_sandbox.business.season import Season
from talat_sandbox.cache import FOREVER, Cache

HOUR, DAY = 3600, 86400
FINAL_DAYS = 28
# How delivery is spread over the hours of a day, in parts of a thousand.
HOURS = (16, 10, 7, 6, 6, 9, 20, 32, 42, 46, 48, 52, 60, 54, 48, 46, 46, 50, 58, 74, 92, 90, 60, 28)
_BEFORE = (0, *accumulate(weight * HOUR for weight in HOURS))
_WHOLE_DAY = _BEFORE[-1]

_USE = {"mega_sale": 960, "payday": 840}  # thousandths of the budget that are spent
_CAP = 400  # thousandths of the orders that endless spend would win
_SCALE = 60_000  # satang a day, at the Thai price level, that win half of that
_KEPT_AD_DAYS = 400_000


class AdDays:
    """The days of one account. `day_start` tells when the n-th local day begins, `orders_on` its shop's orders."""

    #: How a campaign's chance to win an order rises with its spend, and what was planted; Facebook shows neither.
    curves: tuple[Curve, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()

    def __init__(
        self,
        portfolio: Portfolio,
        season: Season,
        day_start: Callable[[int], int],
        orders_on: Callable[[int], Iterable[Order]],
    ) -> None:
        self._key, self._portfolio, self._season = portfolio.account.key, portfolio, season
        self._platform, self._reporting = portfolio.account.platform, portfolio.account.platform.reporting
        self._day_start, self._orders_on = day_start, orders_on
        self._shop = portfolio.account.shop
        self._promoting: dict[int, list[Campaign]] = {}
        for campaign in portfolio.campaigns:
            for product in campaign.products:
                self._promoting.setdefault(product.item_id, []).append(campaign)
        kept = max(40, _KEPT_AD_DAYS // len(portfolio.ads))
        self._known: Cache[list[tuple[int, Figures]]] = Cache(kept)
        self._whole = lru_cache(maxsize=kept)(self._whole_day)
        self.conversions = lru_cache(maxsize=4096)(self._conversions)

    def day(self, day: int, as_of: int) -> list[tuple[int, Figures]]:
        """Return what was known at an instant about a day: (ad's index, figures) of the ads with delivery or orders."""
        found = self._known.get(day, as_of)
        if found is not None:
            return found
        start, end = self._day_start(day), self._day_start(day + 1)
        if day < 0 or as_of < start:
            return []
        changes = []
        if as_of < end:
            known = self._delivered(day, as_of)
            changes = [as_of, as_of + 1]
        else:
            delivered, corrections = self._whole(day)
            known = dict(delivered)
            for correction in corrections:
                changes.append(correction.at)
                if correction.at <= as_of:
                    known[correction.ad] = corrected(known[correction.ad], correction.percent)
        for conversion in self.conversions(day):
            changes.append(conversion.at)
            if conversion.at <= as_of:
                known[conversion.ad] = converted(known.get(conversion.ad, Figures()), conversion)
        first = max((at for at in changes if at <= as_of), default=end)
        until = min((at for at in changes if at > as_of), default=FOREVER)
        return self._known.put(day, sorted(known.items()), max(first, min(end, as_of)), until)

    def delivered(self, day: int, as_of: int) -> dict[int, Figures]:
        """Return what the ads did on a day until an instant, by ad's index: no orders, and before any correction."""
        return self._whole(day)[0] if as_of >= self._day_start(day + 1) else self._delivered(day, as_of)

    def clicks(self, day: int) -> Iterable[Conversion]:
        """Return the orders of a day whose buyers had clicked an ad of the account, whoever claims them."""
        return (conversion for conversion in self.conversions(day) if conversion.clicked)

    def _withheld(self, campaign: Campaign, day: int) -> int:
        """Return how many percent of a campaign's delivery something keeps back on a day."""
        return 0

    def _spends(self, campaign: Campaign, day: int) -> list[int]:
        """Return what each ad of a campaign spent on a whole day before any correction, in satang."""
        delivered = self._whole(day)[0] if day >= 0 else {}
        first = campaign.index * SETS * ADS
        return [delivered[ad].spend if ad in delivered else 0 for ad in range(first, first + SETS * ADS)]

    def _whole_day(self, day: int) -> tuple[dict[int, Figures], list[Correction]]:
        end = self._day_start(day + 1)
        delivered = self._delivered(day, end)
        corrections = []
        for place, figures in delivered.items():
            dice = Dice(f"{self._key}|correction|{self._portfolio.ads[place].object_id}|{day}")
            if figures.clicks and dice.chance(80):
                corrections.append(Correction(end + dice.between(DAY, 3 * DAY), place, dice.between(2, 8)))
        return delivered, corrections

    def _delivered(self, day: int, until: int) -> dict[int, Figures]:
        start = self._day_start(day)
        found: dict[int, Figures] = {}
        for campaign in self._portfolio.campaigns:
            if campaign.start >= until or (campaign.stop is not None and campaign.stop <= start):
                continue
            ads = [(ad, _served(ad, start, until)) for ad in self._portfolio.of(campaign)]
            if any(served for _, served in ads):
                kept = 100 - self._withheld(campaign, day)
                pots = [pot * kept // 100 for pot in self._pots(campaign, day, start)]
                for ad, served in ads:
                    figures = self._perform(ad, day, pots[ad.ad_set.number], served) if served else None
                    if figures:
                        found[ad.index] = figures
        return found

    def _pots(self, campaign: Campaign, day: int, start: int) -> list[int]:
        """Return what the campaign's ad sets would spend on the day if they ran all of it, in satang."""
        dice = Dice(f"{self._key}|pot|{campaign.object_id}|{day}")
        label = self._season.label(self._shop.index, day)
        use = _USE.get(label) or dice.between(500, 750)
        use = use * dice.between(950, 1000) // 1000
        ad_sets = self._portfolio.ad_sets[campaign.index * SETS : (campaign.index + 1) * SETS]
        if campaign.budget_kind == AD_SETS:
            return [(ad_set.version(start) or ad_set.versions[0]).budget * use // 1000 for ad_set in ad_sets]
        budget = (campaign.version(start) or campaign.versions[0]).budget
        if campaign.budget_kind == LIFETIME and campaign.stop is not None:
            budget //= max(1, (campaign.stop - campaign.start) // DAY)
        return [budget * ad_set.share // 1000 * use // 1000 for ad_set in ad_sets]

    def _perform(self, ad: Ad, day: int, pot: int, served: int) -> Figures | None:
        dice = Dice(f"{self._key}|delivery|{ad.object_id}|{day}")
        spend = pot * ad.share * dice.between(850, 1000) * served // (1_000_000 * _WHOLE_DAY)
        if not spend:
            return None
        kind = ad.campaign.kind
        price = dice.between(*kind.price) * self._shop.region.price_percent // 100  # satang for 1,000 impressions
        impressions = spend * 1000 // price + 1
        clicks = impressions * dice.between(*kind.clicks) // 10_000
        links = clicks * dice.between(60, 85) // 100
        reach = impressions * dice.between(62, 94) // 100 or 1
        carts = links * dice.between(6, 16) // 100
        figures = Figures(spend, impressions, clicks, links, reach, carts)
        if not ad.creative.is_video:
            return figures
        plays = impressions * dice.between(45, 75) // 100
        p25 = plays * dice.between(35, 55) // 100
        p50, p75, p100 = (p25 * dice.between(*share) // 100 for share in ((50, 65), (32, 45), (18, 30)))
        return figures._replace(
            plays=plays, p25=p25, p50=p50, p75=p75, p100=p100, thruplays=p50 * dice.between(70, 95) // 100
        )

    def _conversions(self, day: int) -> tuple[Conversion, ...]:
        """Return the orders of a day that are attributed, also those that are not known yet."""
        if day < 0:
            return ()
        found = (self._attribute(order, day) for order in self._orders_on(day))
        return tuple(conversion for conversion in found if conversion)

    def click_instant(self, order: Order, day: int, lag: int) -> int:
        """Return when an order of a day was clicked for: on the local day `lag` days before, and before the order."""
        start = self._day_start(day - lag)
        end = self._day_start(day - lag + 1) if lag else order.life.created
        return start + Dice(f"{self._key}|click|{order.order_sn}").below(max(1, end - start))

    def _candidates(self, order: Order) -> list[Campaign]:
        """Return the campaigns that have begun and promote something that was ordered."""
        products = {line.product.item_id for line in order.lines}
        found = {
            campaign.index: campaign
            for product in sorted(products)
            for campaign in self._promoting.get(product, ())
            if campaign.start <= order.life.created
        }
        return list(found.values())

    def _attribute(self, order: Order, day: int) -> Conversion | None:
        """Give an order to one ad, or to none.

        A campaign's chance is cap * its spend of the click day / (spend of all campaigns that promote one of the
        products + scale): it rises with its spend, by less and less.
        """
        created = order.life.created
        campaigns = self._candidates(order)
        if not campaigns:
            return None
        dice = Dice(f"{self._key}|attribution|{order.order_sn}")
        if not dice.chance(_CAP):
            return None
        view = dice.chance(self._reporting.views)
        lag = 0 if view else self._platform.lags.draw(dice)
        spends = [(campaign, self._spends(campaign, day - lag)) for campaign in campaigns]
        total = sum(sum(spent) for _, spent in spends)
        left = dice.below(total + _SCALE * self._shop.region.price_percent // 100)
        for campaign, spent in spends:
            for place, spend in enumerate(spent):
                if left < spend:
                    kind = (VIEW if view else LATER if lag else SAME_DAY) + (0 if dice.chance(930) else 3)
                    at = created + report_delay(dice, self._reporting)
                    clicked = 0 if view else self.click_instant(order, day, lag)
                    return Conversion(campaign.index * SETS * ADS + place, at, kind, order.total, order.ref, clicked)
                left -= spend
        return None


def report_delay(dice: Dice, reporting: Reporting) -> int:
    """Draw the seconds until an order is reported: many within the hour, more within 3 days, all within some weeks."""
    fate = dice.below(100)
    if fate < reporting.soon:
        return dice.between(1, HOUR)
    return dice.between(HOUR, 3 * DAY) if fate < reporting.days else dice.between(3 * DAY, reporting.last * DAY)


def day_part(seconds: int) -> int:
    """Return how much of a day's delivery belongs to its first seconds, in parts of `day_part(86400)`."""
    hour, rest = divmod(min(max(seconds, 0), DAY), HOUR)
    return _BEFORE[hour] + (HOURS[hour] * rest if rest else 0)


def _served(ad: Ad, start: int, until: int) -> int:
    """Return how much of a day's delivery the ad got until an instant, in parts of a whole day."""
    return sum(
        day_part(min(span.end, until) - start) - day_part(span.first - start)
        for span in ad.delivering
        if span.first < until and span.end > start
    )
