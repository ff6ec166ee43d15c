"""The truth: what a warehouse must show, computed from the business in satang and never from rendered JSON.

Every figure of an order belongs to its order date, the local date of its creation. Money is text with two digits in
the shop's own currency, times are UTC ISO 8601, an unknown value is empty.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from talat_sandbox.business.model import Business
from talat_sandbox.business.money import Settlement
from talat_sandbox.business.orders import Line, Order, State, state
from talat_sandbox.business.shops import Shop, iso, local_date
from talat_sandbox.tables import Row, Table, money
from talat_sandbox.truth_ads import AD_TABLES
from talat_sandbox.truth_rates import RATE_TABLES


class Fact(NamedTuple):
    """One order with all that is known about it at an instant; `refund` and `fees` are satang.

    `net_prices`: the channel tells a line's price after the seller's vouchers, and nothing else of it.
    """

    order: Order
    date: str
    state: State
    updated: int
    is_sale: bool
    refund: int
    settlement: Settlement | None
    net_prices: bool

    @property
    def status(self) -> str:
        """The normalised status: pending, completed, cancelled or refunded."""
        if self.state.is_cancelled:
            return "cancelled"
        if not self.state.is_completed:
            return "pending"
        goods = self.order.goods if self.settlement else self.order.shown_goods
        goods -= self.order.voucher_seller if self.net_prices else 0
        return "refunded" if self.refund and self.refund >= goods else "completed"

    @property
    def units(self) -> int:
        """All units of the order."""
        return sum(line.units for line in self.order.lines)

    def line_value(self, line: Line) -> int | None:
        """Return a line's goods value, or None for a bundle line before the settlement."""
        if line.bundle_id and not self.settlement:
            return None
        return line.subtotal - (line.voucher_seller if self.net_prices else 0)


def facts(business: Business, shop: Shop, as_of: int) -> Iterator[Fact]:
    """Yield the facts of one shop's orders at an instant."""
    for order in business.walk(shop, as_of):
        step = order.step(as_of)
        now = state(order, step)
        settlement = business.settlement(order, as_of)
        refund = sum(entry.counted(as_of, settlement) for entry in business.returns(order))
        yield Fact(
            order,
            local_date(shop.region.time_zone, order.life.created).isoformat(),
            now,
            business.updated_at(order, step, as_of),
            not now.is_cancelled and (now.paid is not None or order.life.cod),
            refund,
            settlement,
            business.channel.net_prices,
        )


def _facts(business: Business, as_of: int) -> Iterator[tuple[str, Shop, Fact]]:
    """Yield platform, shop and fact of all orders on all channels."""
    for channel in business.channels:
        for shop in channel.shops:
            for fact in facts(channel, shop, as_of):
                yield channel.channel.platform, shop, fact


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _orders(business: Business, as_of: int) -> Iterator[Row]:
    for platform, shop, fact in _facts(business, as_of):
        settled = fact.settlement
        yield (
            platform, shop.shop_id, fact.order.order_sn, fact.date, iso(fact.order.life.created), iso(fact.updated),
            fact.status, _flag(fact.is_sale), shop.region.currency, money(fact.state.total), fact.units,
            money(fact.refund), money(settled.fees if settled else None), money(settled.payout if settled else None),
            _flag(settled is not None),
        )  # fmt: skip


def _order_items(business: Business, as_of: int) -> Iterator[Row]:
    for platform, shop, fact in _facts(business, as_of):
        for line in fact.order.lines:
            value = fact.line_value(line)
            yield (
                platform, shop.shop_id, fact.order.order_sn, fact.date, _flag(fact.is_sale), shop.region.currency,
                line.line_id, line.product.item_id, line.model.model_id, line.model.sku, line.units,
                money(value), _flag(value is not None),
            )  # fmt: skip


def _daily(business: Business, as_of: int) -> Iterator[Row]:
    sums: dict[tuple[str, str, Shop], list[int]] = defaultdict(lambda: [0] * 10)
    for platform, shop, fact in _facts(business, as_of):
        total = sums[fact.date, platform, shop]
        total[0] += 1
        total[2] += fact.state.is_cancelled
        if not fact.is_sale:
            continue
        settled = fact.settlement
        additions = (
            0, 1, 0, fact.refund > 0, fact.units, fact.state.total or 0, fact.refund,
            settled.fees if settled else 0, settled.payout if settled else 0, settled is not None,
        )  # fmt: skip
        for place, value in enumerate(additions):
            total[place] += value
    for (date, platform, shop), total in sorted(sums.items(), key=lambda item: (item[0][0], item[0][2].shop_id)):
        revenue, refunds, fees, payout = total[5:9]
        yield (
            date, platform, shop.shop_id, shop.region.currency, *total[:5], money(revenue), money(refunds),
            money(fees), money(payout), total[9], money(revenue - refunds - fees),
        )  # fmt: skip


def _product_daily(business: Business, as_of: int) -> Iterator[Row]:
    sums: dict[tuple[str, int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    for _, shop, fact in _facts(business, as_of):
        if not fact.is_sale:
            continue
        for line in fact.order.lines:
            total = sums[fact.date, shop.shop_id, line.product.item_id, line.model.model_id]
            value = fact.line_value(line)
            total[0] += line.units
            total[1] += line.units if value is None else 0
            total[2] += value or 0
    for key, (units, unpriced, value) in sorted(sums.items()):
        yield (*key, units, unpriced, money(value))


def _products(business: Business, as_of: int) -> Iterator[Row]:
    for channel in business.channels:
        for catalogue in channel.catalogues:
            for product in catalogue.products:
                if product.launched > as_of:
                    continue
                version = catalogue.version(product, as_of)
                yield (
                    channel.channel.platform, catalogue.shop.shop_id, product.item_id, product.name, product.sku,
                    catalogue.status(product, version), iso(product.launched),
                    iso(catalogue.changed_at(product, version)), len(product.models) if product.has_models else 0,
                )  # fmt: skip


def _shops(business: Business, _: int) -> Iterator[Row]:
    for channel in business.channels:
        for shop in channel.shops:
            region = shop.region
            yield (channel.channel.platform, shop.shop_id, shop.name, region.code, region.currency, region.time_zone)


def _planted(business: Business, as_of: int) -> Iterator[Row]:
    for channel in business.channels:
        for shop in channel.shops:
            for day in range(channel.day_of(shop, as_of) + 1):
                label = channel.season.label(shop.index, day)
                if label:
                    date = local_date(shop.region.time_zone, channel.day_start(shop, day)).isoformat()
                    yield (shop.shop_id, date, label)


TABLES = {
    "orders": Table(
        (
            "platform", "shop_id", "order_id", "order_date", "created_at", "updated_at", "status", "is_sale",
            "currency", "total_amount", "units", "refund_amount", "fees", "payout", "is_settled",
        ),
        _orders,
    ),
    "order_items": Table(
        (
            "platform", "shop_id", "order_id", "order_date", "is_sale", "currency", "line_id", "product_id",
            "variant_id", "sku", "units", "line_value", "is_priced",
        ),
        _order_items,
    ),
    "daily": Table(
        (
            "date", "platform", "shop_id", "currency", "placed_orders", "orders", "cancelled_orders",
            "refunded_orders", "units", "revenue", "refunds", "fees", "payout", "settled_orders", "net_revenue",
        ),
        _daily,
    ),
    "product_daily": Table(
        ("date", "shop_id", "product_id", "variant_id", "units", "unpriced_units", "goods_value"), _product_daily
    ),
    "products": Table(
        (
            "platform", "shop_id", "product_id", "name", "sku", "status", "created_at", "updated_at", "variants",
        ),
        _products,
    ),
    "shops": Table(("platform", "shop_id", "name", "region", "currency", "time_zone"), _shops),
    "planted_days": Table(("shop_id", "date", "kind"), _planted),
    **AD_TABLES,
    **RATE_TABLES,
}  # fmt: skip


def table_csv(business: Business, name: str, as_of: int) -> str:
    """Return one table of the truth at an instant as CSV text with a header line."""
    out = io.StringIO()
    _write(out, business, name, as_of)
    return out.getvalue()


def export(business: Business, folder: Path, as_of: int) -> list[Path]:
    """Write every table as `<name>.csv` and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in TABLES:
        path = folder / f"{name}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            _write(file, business, name, as_of)
        written.append(path)
    return written


def _write(out: io.TextIOBase | io.StringIO, business: Business, name: str, as_of: int) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(TABLES[name].columns)
    writer.writerows(TABLES[name].rows(business, as_of))
