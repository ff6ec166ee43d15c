"""What is counted about ads, how it is added up, and what becomes known later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from talat_sandbox.business.ids import Ref

# Kinds of conversions: after a click of the same day, after an earlier click, after a view; each by pixel or elsewhere.
SAME_DAY, LATER, VIEW = 0, 1, 2


class Figures(NamedTuple):
    """What was counted; `spend` and the values are satang.

    `orders` and `values` hold one number for each kind of conversion: same-day click, later click and view seen by the
    pixel, then the same three seen elsewhere; where a platform tells orders of the advertised product from others, by
    that. Everything but `reach` may be added.
    """

    spend: int = 0
    impressions: int = 0
    clicks: int = 0
    link_clicks: int = 0
    reach: int = 0
    carts: int = 0
    plays: int = 0
    p25: int = 0
    p50: int = 0
    p75: int = 0
    p100: int = 0
    thruplays: int = 0
    orders: tuple[int, ...] = (0,) * 6
    values: tuple[int, ...] = (0,) * 6

    @property
    def conversions(self) -> int:
        """All attributed orders."""
        return sum(self.orders)

    @property
    def value(self) -> int:
        """What the buyers of all attributed orders pay, in satang."""
        return sum(self.values)


class Conversion(NamedTuple):
    """An order attributed to an ad: known from `at` on, of a kind, worth satang; `clicked` is 0 for a view."""

    ad: int
    at: int
    kind: int
    value: int
    ref: Ref
    clicked: int


class Correction(NamedTuple):
    """A credit for invalid clicks: from `at` on, so many percent of spend and clicks are taken back."""

    at: int
    ad: int
    percent: int


def add(parts: Iterable[Figures]) -> Figures:
    """Return the sum. People seen twice are counted once: the reach of many is less than the sum of the reaches."""
    listed = list(parts)
    if len(listed) == 1:
        return listed[0]
    *numbers, orders, values = zip(*listed, strict=True)
    sums = Figures._make(
        (*map(sum, numbers), tuple(map(sum, zip(*orders, strict=True))), tuple(map(sum, zip(*values, strict=True))))
    )
    return sums._replace(reach=max(*numbers[4], sums.reach * 7 // 10))


def corrected(figures: Figures, percent: int) -> Figures:
    """Return figures with so many percent of spend and clicks taken back."""
    spend, clicks, links = (
        count - count * percent // 100 for count in (figures.spend, figures.clicks, figures.link_clicks)
    )
    return figures._replace(spend=spend, clicks=clicks, link_clicks=links)


def converted(figures: Figures, conversion: Conversion) -> Figures:
    """Return figures with one more conversion."""
    orders, values = list(figures.orders), list(figures.values)
    orders[conversion.kind] += 1
    values[conversion.kind] += conversion.value
    return figures._replace(orders=tuple(orders), values=tuple(values))
