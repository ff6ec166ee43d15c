"""What is in an order: lines, discounts, vouchers and shipping, as exact integers of satang."""

from __future__ import annotations

from dataclasses import dataclass, replace

from talat_sandbox.business.catalogue import Catalogue, Model, Product
from talat_sandbox.business.dice import Dice
from talat_sandbox.business.ids import Ref
from talat_sandbox.business.life import CANCELLED, COMPLETED, Life
from talat_sandbox.business.shops import Shop

# Planted so that a test can search a warehouse, a log or a dashboard for leaked personal data.
PII = "PII-"
PII_BUYER_ID = 119_900_000_000_000
_BUYERS = 40_000

_MESSAGES = ("", "", "", "กรุณาโทรก่อนส่งนะคะ 🙏", "please leave at the gate", "ขอสีตามที่เลือกค่ะ")
_CARRIERS = ("SPX Express", "Flash Express", "J&T Express", "Kerry Express")
_METHODS = ("ShopeePay", "Credit/Debit Card", "Mobile Banking", "SPayLater")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order. Prices are satang.

    `unit_price` is what the order shows for one unit: 0 for a line of a bundle, whose true price only the settlement
    tells. `subtotal` is what the buyer pays for the line before vouchers.
    """

    line_id: int
    product: Product
    model: Model
    units: int
    unit_original: int
    unit_price: int
    subtotal: int
    bundle_id: int
    voucher_seller: int = 0
    voucher_platform: int = 0
    coins: int = 0
    affiliate_fee: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it was placed; amounts are satang. Its state at an instant is `life` up to that instant."""

    shop: Shop
    ref: Ref
    order_sn: str
    life: Life
    lines: tuple[Line, ...]
    goods: int
    buyer_shipping: int
    actual_shipping: int
    shipping_rebate: int
    voucher_seller: int
    voucher_platform: int
    coins: int
    buyer: int
    message: str
    payment_method: str
    carrier: str

    @property
    def total(self) -> int:
        """What the buyer pays: goods and shipping, after all vouchers."""
        return self.goods + self.buyer_shipping - self.voucher_seller - self.voucher_platform - self.coins

    @property
    def shown_goods(self) -> int:
        """Sum of unit price by units as the order shows it, hence without bundle lines."""
        return sum(line.unit_price * line.units for line in self.lines)

    @property
    def buyer_id(self) -> int:
        """The platform's number of the buyer: personal data, recognisable by its size."""
        return PII_BUYER_ID + self.buyer

    def step(self, as_of: int) -> int:
        """Return the index of the last event at or before an instant, or -1 before the order exists."""
        last = -1
        for event in self.life.events:
            if event.at > as_of:
                break
            last += 1
        return last


@dataclass(frozen=True, slots=True)
class State:
    """An order at one step of its life. `total` is None until it is paid, except for cash on delivery."""

    status: str
    updated: int
    paid: int | None
    total: int | None

    @property
    def is_cancelled(self) -> bool:
        """Whether the order was cancelled, paid or not."""
        return self.status == CANCELLED

    @property
    def is_completed(self) -> bool:
        """Whether the order reached completion."""
        return self.status == COMPLETED


def state(order: Order, step: int) -> State:
    """Return the order's state right after the n-th event of its life."""
    event = order.life.events[step]
    paid = order.life.paid if order.life.paid is not None and order.life.paid <= event.at else None
    return State(event.status, event.at, paid, order.total if paid is not None or order.life.cod else None)


def place(
    key: str, shop: Shop, ref: Ref, order_sn: str, life: Life, catalogue: Catalogue, *, bundles: bool = True
) -> Order:
    """Return the order that `key` names. `bundles`: some lines are priced by the settlement, and coins are spent."""
    dice = Dice(key)
    lines = _lines(dice, life.created, ref, catalogue, bundles)
    goods = sum(line.subtotal for line in lines)
    level = shop.region.price_percent
    buyer_shipping = dice.pick((0, 0, 1900, 2900, 3800, 4500)) * level // 100
    actual_shipping = buyer_shipping + dice.pick((0, 0, 0, 1200, 2300)) * level // 100
    voucher_seller = goods * dice.between(3, 10) // 100 if dice.chance(120) else 0
    voucher_platform = goods * dice.between(2, 12) // 100 if dice.chance(200) else 0
    coins = goods * dice.between(1, 2) // 100 if dice.chance(80) and bundles else 0
    affiliate_percent = dice.between(3, 8) if dice.chance(150) else 0
    return Order(
        shop=shop,
        ref=ref,
        order_sn=order_sn,
        life=life,
        lines=_spread(lines, goods, voucher_seller, voucher_platform, coins, affiliate_percent),
        goods=goods,
        buyer_shipping=buyer_shipping,
        actual_shipping=actual_shipping,
        shipping_rebate=(actual_shipping - buyer_shipping) // 2,
        voucher_seller=voucher_seller,
        voucher_platform=voucher_platform,
        coins=coins,
        buyer=dice.below(_BUYERS),
        message=f"{PII}{dice.pick(_MESSAGES)}" if dice.chance(300) else "",
        payment_method="Cash on Delivery" if life.cod else dice.pick(_METHODS),
        carrier=dice.pick(_CARRIERS),
    )


def _lines(dice: Dice, created: int, ref: Ref, catalogue: Catalogue, bundles: bool) -> list[Line]:
    first_id = 100_000_000_000_000 + (ref.number * 100_000 + ref.day) * 10_000 + ref.shop * 10
    if not (dice.chance(70) and bundles):
        count = dice.pick((1, 1, 1, 1, 1, 1, 2, 2, 2, 3))
        return [_line(dice, first_id + number, created, catalogue, 0) for number in range(count)]
    bundle_id = 880_000_000_000 + dice.below(1_000_000)
    count = dice.between(2, 3)
    lines = [_line(dice, first_id + number, created, catalogue, bundle_id) for number in range(count)]
    if dice.chance(400):  # the first bundled variant once more, bought outside the bundle
        twin = lines[0]
        lines.append(_priced(dice, first_id + count, created, catalogue, twin.product, twin.model))
    return lines


def _line(dice: Dice, line_id: int, created: int, catalogue: Catalogue, bundle_id: int) -> Line:
    product = catalogue.choose(dice, created)
    model = dice.pick(product.models)
    return _priced(dice, line_id, created, catalogue, product, model, bundle_id)


def _priced(
    dice: Dice,
    line_id: int,
    created: int,
    catalogue: Catalogue,
    product: Product,
    model: Model,
    bundle_id: int = 0,
) -> Line:
    price = catalogue.model_state(product, model, catalogue.version(product, created))
    units = dice.pick((1, 1, 1, 1, 2, 2, 3))
    unit = 0 if bundle_id else price.current_price
    subtotal = price.original_price * units * 83 // 100 if bundle_id else unit * units
    return Line(line_id, product, model, units, price.original_price, unit, subtotal, bundle_id)


def _spread(
    lines: list[Line], goods: int, seller: int, platform: int, coins: int, affiliate_percent: int
) -> tuple[Line, ...]:
    """Share vouchers and coins among the lines by value; the last line takes what rounding leaves."""
    shared: list[Line] = []
    left = [seller, platform, coins]
    for line in lines:
        last = line is lines[-1]
        parts = [
            rest if last else whole * line.subtotal // goods
            for whole, rest in zip((seller, platform, coins), left, strict=True)
        ]
        left = [rest - part for rest, part in zip(left, parts, strict=True)]
        shared.append(
            replace(
                line,
                voucher_seller=parts[0],
                voucher_platform=parts[1],
                coins=parts[2],
                affiliate_fee=line.subtotal * affiliate_percent // 100,
            )
        )
    return tuple(shared)
