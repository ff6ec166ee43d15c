"""What the ads of an account did on a platform that claims orders by clicks, whoever else has won them.

An order has at most one last click on a platform's ads. The chance that it came from a campaign is that of the
campaign's curve for its spend on the day of the click. The platform claims the order if the click is recent enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from talat_sandbox.business.ad_anomalies import (
    DELIVERY_DROP,
    DOUBLE_COUNT,
    HOUR,
    LATE_DATA,
    TRACKING_OUTAGE,
    Anomaly,
    plant,
)
from talat_sandbox.business.ad_curves import MILLION, draw_curve
from talat_sandbox.business.ad_days import AdDays, report_delay
from talat_sandbox.business.ad_figures import LATER, SAME_DAY, VIEW, Conversion, Figures
from talat_sandbox.business.ads import ADS, SETS, Campaign, Portfolio
from talat_sandbox.business.dice import Dice
from talat_sandbox.business.orders import Order
from talat_sandbox.business.season import Season

_TOGETHER = 600_000  # parts of a million of the orders that all campaigns together can win
_OTHER = 3  # from here on in `Figures.orders`: seen elsewhere, or of another product than the advertised one


class Touch(NamedTuple):
    """An ad that a buyer had clicked (or seen) before ordering, `lag` days before, and whether that is claimed."""

    lag: int
    claimed: bool
    conversion: Conversion


class ClaimDays(AdDays):
    """The days of one account, with its campaigns' response curves, and what was planted in `days` of history."""

    def __init__(
        self,
        portfolio: Portfolio,
        season: Season,
        day_start: Callable[[int], int],
        orders_on: Callable[[int], Iterable[Order]],
        days: int,
    ) -> None:
        super().__init__(portfolio, season, day_start, orders_on)
        self.curves = tuple(
            draw_curve(f"{self._key}|curve|{campaign.object_id}", portfolio.daily_budget(campaign))
            for campaign in portfolio.campaigns
        )
        self.anomalies = plant(self._key, portfolio, day_start, days)
        self._drops = {
            (anomaly.campaign.index, day): anomaly.size
            for anomaly in self.anomalies
            for day in range(anomaly.first, anomaly.last + 1)
            if anomaly.kind == DELIVERY_DROP and anomaly.campaign
        }
        self._touches = lru_cache(maxsize=4096)(self._touches_of)
        self._chances = lru_cache(maxsize=4096)(self._chances_of)

    def day(self, day: int, as_of: int) -> list[tuple[int, Figures]]:
        """Return what was known at an instant about a day: nothing while it is late."""
        late = self._planted(LATE_DATA, day)
        if late and as_of < self._day_start(day + 1) + late.size * HOUR:
            return []
        return super().day(day, as_of)

    def clicks(self, day: int) -> Iterable[Conversion]:
        """Return the orders of a day whose buyers had clicked an ad of the account, whoever claims them."""
        return (touch.conversion for touch in self._touches(day) if touch.conversion.clicked)

    def _withheld(self, campaign: Campaign, day: int) -> int:
        return self._drops.get((campaign.index, day), 0)

    def _conversions(self, day: int) -> tuple[Conversion, ...]:
        if day < 0 or self._planted(TRACKING_OUTAGE, day):
            return ()
        if self._reporting.by_click:
            lags = range(len(self._platform.lags))
            touches = [touch for lag in lags for touch in self._touches(day + lag) if touch.lag == lag]
        else:
            touches = list(self._touches(day))
        found = tuple(touch.conversion for touch in touches if touch.claimed)
        return found * 2 if self._planted(DOUBLE_COUNT, day) else found

    def _touches_of(self, day: int) -> tuple[Touch, ...]:
        return tuple(touch for order in self._orders_on(day) for touch in self._touched(order, day)) if day >= 0 else ()

    def _touched(self, order: Order, day: int) -> Iterator[Touch]:
        campaigns = self._candidates(order)
        if not campaigns:
            return
        dice = Dice(f"{self._key}|touch|{order.order_sn}")
        view = dice.chance(self._reporting.views)
        lag = 0 if view else self._platform.lags.draw(dice)
        chances = self._chances(day - lag)
        total = sum(chances[campaign.index] for campaign in campaigns)
        left = dice.below(max(MILLION, MILLION * total // _TOGETHER))
        claimed = None
        for campaign in campaigns:
            left -= chances[campaign.index]
            if left < 0:
                claimed = campaign if lag <= self._reporting.click_days else None
                kind = VIEW if view else LATER if lag else SAME_DAY
                clicked = 0 if view else self.click_instant(order, day, lag)
                yield Touch(lag, bool(claimed), self._conversion(order, campaign, day - lag, kind, clicked))
                break
        for campaign in campaigns:
            if campaign.kind.organic and campaign is not claimed and any(self._spends(campaign, day)):
                yield Touch(0, True, self._conversion(order, campaign, day, SAME_DAY, 0))

    def _conversion(self, order: Order, campaign: Campaign, day: int, kind: int, clicked: int) -> Conversion:
        """Give an order to an ad of a campaign, by what each spent on a day."""
        dice = Dice(f"{self._key}|claim|{order.order_sn}|{campaign.index}")
        spends = self._spends(campaign, day)
        left, place = dice.below(sum(spends)), 0
        while left >= spends[place]:
            left, place = left - spends[place], place + 1
        ad = self._portfolio.ads[campaign.index * SETS * ADS + place]
        if self._reporting.direct:
            same = any(line.product is ad.creative.product for line in order.lines)
        else:
            same = dice.chance(930)
        at = order.life.created + report_delay(dice, self._reporting)
        return Conversion(ad.index, at, kind if same else kind + _OTHER, order.total, order.ref, clicked)

    def _chances_of(self, day: int) -> tuple[int, ...]:
        """Return each campaign's chance to win an order by a click of a day, in parts of a million."""
        return tuple(
            curve.chance(sum(self._spends(campaign, day)))
            for campaign, curve in zip(self._portfolio.campaigns, self.curves, strict=True)
        )

    def _planted(self, kind: str, day: int) -> Anomaly | None:
        return next((it for it in self.anomalies if it.kind == kind and it.covers(day)), None)
