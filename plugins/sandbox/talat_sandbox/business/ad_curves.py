"""How the chance to win an order rises with what a campaign spends: ever more slowly, up to a ceiling."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import NamedTuple

from talat_sandbox.business.dice import Dice

MILLION = 1_000_000
HILL, EXPONENTIAL = "hill", "exponential"
# Decimals, and not floats, so that every machine draws the same.
_EXACT = Context(prec=18)
_BUDGET_PERCENT = (35, 160)  # where a curve bends, in percent of the campaign's first budget of a day
_CEILINGS = (120_000, 400_000)


class Curve(NamedTuple):
    """A response curve: `ceiling` is the chance that endless spend would give, in parts of a million.

    With `hill` a day's spend of `scale` satang gives half of it (`ceiling * spend / (spend + scale)`), with
    `exponential` 63 % (`ceiling * (1 - exp(-spend / scale))`). Both are concave from the first satang on.
    """

    form: str
    ceiling: int
    scale: int

    def chance(self, spend: int) -> int:
        """Return the chance of an order, in parts of a million, that a day's spend of so many satang gives."""
        if self.form == HILL:
            return self.ceiling * spend // (spend + self.scale)
        return int(self.ceiling * (1 - _EXACT.exp(Decimal(-spend) / self.scale)))


def draw_curve(key: str, daily_budget: int) -> Curve:
    """Return the curve that `key` names, of a campaign with so many satang a day."""
    dice = Dice(key)
    return Curve(
        dice.pick((HILL, EXPONENTIAL)),
        dice.between(*_CEILINGS),
        max(1, daily_budget * dice.between(*_BUDGET_PERCENT) // 100),
    )
