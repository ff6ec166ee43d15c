"""Where the business sells: the same products on each channel, under other numbers, SKUs and prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from talat_sandbox.business.ids import Codec, LineNumbers, Numbers, Serials
from talat_sandbox.business.shops import Shop, make_shop


@dataclass(frozen=True, slots=True)
class Channel:
    """A marketplace with shops of the business.

    Its shops are those of Shopee in the regions it has, with its own numbers from `first_shop_id` on. It gets `orders`
    and sells at `price`, both in percent of Shopee's. `item_id` and `model_id` are the first numbers of its products
    and their variants. `bundles`: there are lines whose price only the settlement tells, and coins. `settles`: it says
    what it pays out; `part_returns`: part of an order can go back, and is seen to. `disputes`: a return may be closed,
    and only the settlement says whether money went back. `refunds_touch`: money that goes back after completion
    changes the order itself, there being nothing else that it could. `net_prices`: it tells a line's price after the
    seller's vouchers, and not what it was before them.
    """

    platform: str
    first_shop_id: int
    item_id: int
    model_id: int
    ids: Codec
    regions: tuple[str, ...] = ("TH", "SG")
    orders: int = 100
    price: int = 100
    bundles: bool = False
    settles: bool = True
    part_returns: bool = True
    disputes: bool = True
    refunds_touch: bool = False
    net_prices: bool = False
    own_sku: Callable[[int, str], str] = lambda index, sku: sku

    def shops(self, count: int) -> tuple[Shop, ...]:
        """Return the channel's shops of a business with so many on Shopee."""
        homes = [shop for shop in map(make_shop, range(count)) if shop.region.code in self.regions]
        return tuple(
            Shop(index, self.first_shop_id + index, home.name, home.region, home.index)
            for index, home in enumerate(homes)
        )


def _renamed(prefix: str) -> Callable[[int, str], str]:
    """Return how sellers name things on another channel: mostly alike, some otherwise, a few not at all."""

    def sku(index: int, original: str) -> str:
        if index % 11 == 7:
            return ""
        return f"{prefix}{original}" if index % 5 == 3 else original

    return sku


SHOPEE = Channel("shopee", 226_001_234, 236_000_000_000, 2_214_000_000_000, Serials(), bundles=True)
#: The channels beside Shopee, by platform.
CHANNELS = {
    channel.platform: channel
    for channel in (
        Channel(
            "lazada", 100_100_100, 4_100_000_000, 16_000_000_000, Numbers(90), orders=45, price=98,
            own_sku=_renamed("LZ-"), disputes=False,
        ),
        Channel(
            "tiktok_shop", 7_490_000_000_000_000_001, 1_729_000_000_000_000_000, 1_729_500_000_000_000_000,
            Numbers(57_900), regions=("TH",), orders=35, price=95, own_sku=_renamed("TT-"), net_prices=True,
        ),
        Channel(
            "line_shop", 1_650_000_001, 10_000_000, 20_000_000, LineNumbers(), regions=("TH",), orders=12, price=103,
            own_sku=_renamed("LINE-"), settles=False, part_returns=False, refunds_touch=True,
        ),
    )
}  # fmt: skip
