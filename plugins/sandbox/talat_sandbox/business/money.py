"""What comes back and what is paid out: returns and settlements of an order, in satang."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from talat_sandbox.business.dice import Dice
from talat_sandbox.business.ids import Codec
from talat_sandbox.business.life import REFUNDED_STATUSES, ReturnLife
from talat_sandbox.business.orders import Line, Order

_COMMISSION = 749  # hundredths of a percent, with value added tax
_SERVICE = 535
_TRANSACTION = 321
_PROCESSING = 107  # satang for each order in Thailand
_REASONS = ("Shipping fee correction", "Lost parcel compensation", "Packaging penalty", "Campaign correction")


@dataclass(frozen=True, slots=True)
class Return:
    """A return of one order: the lines and units concerned and the money asked back, in satang."""

    order: Order
    number: int
    return_sn: str
    life: ReturnLife
    lines: tuple[tuple[Line, int], ...]
    refund: int

    @property
    def created(self) -> int:
        """Epoch second of the request."""
        return self.life.events[0].at

    def step(self, as_of: int) -> int:
        """Return the index of the last event at or before an instant, or -1 before the request."""
        return sum(event.at <= as_of for event in self.life.events) - 1

    def counted(self, as_of: int, settlement: Settlement | None) -> int:
        """Return the satang that count as refunded at an instant.

        A closed return counts only when the settlement shows that money went back.
        """
        step = self.step(as_of)
        status = self.life.events[step].status if step >= 0 else ""
        if status in REFUNDED_STATUSES:
            return self.refund
        if status == "CLOSED" and settlement and (settlement.return_refund or settlement.dispute_refund):
            return self.refund
        return 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """What the platform pays out for a completed order, in satang; refunds and adjustments are negative."""

    order: Order
    released: int
    return_sns: tuple[str, ...]
    commission: int
    service: int
    transaction: int
    processing: int
    affiliate: int
    tax: int
    ads_top_up: int
    return_refund: int
    dispute_refund: int
    amount: int
    adjusted: int | None
    adjustment: int
    adjustment_reason: str

    @property
    def fees(self) -> int:
        """All that the platform keeps for its services."""
        fees = self.commission + self.service + self.transaction + self.processing
        return fees + self.affiliate + self.tax + self.ads_top_up

    @property
    def payout(self) -> int:
        """The escrow amount after adjustment."""
        return self.amount + self.adjustment


def returns_of(key: str, order: Order, opens: date, ids: Codec) -> tuple[Return, ...]:
    """Return the returns of an order, in the order of their requests."""
    return tuple(
        _return(Dice(f"{key}|{number}"), order, number, life, ids.encode(opens, order.ref, number))
        for number, life in enumerate(order.life.returns, 1)
    )


def _return(dice: Dice, order: Order, number: int, life: ReturnLife, return_sn: str) -> Return:
    if life.whole_order:
        lines = tuple((line, line.units) for line in order.lines)
        refund = order.goods
    else:
        line = dice.pick(order.lines)
        units = dice.between(1, line.units)
        lines = ((line, units),)
        refund = line.subtotal * units // line.units
    return Return(order, number, return_sn, life, lines, refund)


def settlement_of(key: str, order: Order, returns: tuple[Return, ...], as_of: int) -> Settlement | None:
    """Return the settlement as it stands at an instant: None before its release, changed once afterwards."""
    life = order.life
    if life.released is None or life.released > as_of:
        return None
    dice = Dice(key)
    version_at = life.released
    adjustment, reason, adjusted = 0, "", None
    if life.adjusted is not None and life.adjusted <= as_of:
        version_at = adjusted = life.adjusted
        adjustment, reason = _adjustment(order, returns)
    early = [entry for entry in returns if entry.life.before_completion and entry.life.pays]
    paid_back = [entry for entry in returns if entry.life.pays and entry.life.events[-1].at <= version_at]
    closed = sum(entry.refund for entry in paid_back if entry.life.events[-1].status == "CLOSED")
    refunded = sum(entry.refund for entry in paid_back) - closed
    early_refund = sum(entry.refund for entry in early)
    base = max(0, order.goods - order.voucher_seller - early_refund)
    thai = order.shop.region.code == "TH"
    fees = (
        _percent(base, _COMMISSION),
        _percent(base, _SERVICE) if dice.chance(700) else 0,
        _percent(base, _TRANSACTION),
        _PROCESSING if thai else 0,
        sum(line.affiliate_fee for line in order.lines),
        0 if thai else _percent(base, 90),
        _percent(base, 150) if dice.chance(50) else 0,
    )
    amount = order.goods - order.voucher_seller - early_refund + order.buyer_shipping
    amount += order.shipping_rebate - order.actual_shipping - sum(fees)
    return Settlement(
        order,
        life.released,
        tuple(entry.return_sn for entry in returns if entry.created <= version_at),
        *fees,
        return_refund=-refunded,
        dispute_refund=-closed,
        amount=amount,
        adjusted=adjusted,
        adjustment=adjustment,
        adjustment_reason=reason,
    )


def _adjustment(order: Order, returns: tuple[Return, ...]) -> tuple[int, str]:
    late = sum(entry.refund for entry in returns if entry.life.pays and not entry.life.before_completion)
    if late:
        return -late, "Return refund"
    own = Dice(f"{order.order_sn}|adjustment")
    return own.between(-5000, 3000) * order.shop.region.price_percent // 100 or -1, own.pick(_REASONS)


def _percent(amount: int, hundredths: int) -> int:
    """Return a share of an amount, rounded half up."""
    return (amount * hundredths + 5000) // 10_000
