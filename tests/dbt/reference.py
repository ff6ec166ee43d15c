"""The marts' figures once more, in plain Python over raw records: what the SQL is held against.

Written from the definitions in transform/DECISIONS.md, not from the SQL. Money is Decimal.
"""

from __future__ import annotations

import csv
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.dbt.warehouses import ROOT

Record = Mapping[str, Any]
Row = dict[str, Any]
ZERO = Decimal(0)
SATANG, RATIO = Decimal("0.01"), Decimal("0.000001")
ZONES = {"TH": "Asia/Bangkok", "SG": "Asia/Singapore"}
FEES = (
    "commission_fee",
    "service_fee",
    "seller_transaction_fee",
    "seller_order_processing_fee",
    "order_ams_commission_fee",
    "escrow_tax",
    "ads_escrow_top_up_fee_or_technical_support_fee",
)


def exact(value: Any) -> Decimal:
    """A JSON number as the decimal that its text says."""
    return Decimal(str(value or 0))


def rounded(value: Decimal, step: Decimal = SATANG) -> Decimal:
    """Rounded half away from zero."""
    return value.quantize(step, ROUND_HALF_UP)


def quotient(top: Decimal | int, bottom: Decimal | int | None, step: Decimal = RATIO) -> Decimal | None:
    """An exact quotient, rounded; None over nothing."""
    return rounded(Decimal(top) / Decimal(bottom), step) if bottom else None


def rate(currency: str, day: date) -> Decimal:
    """Baht for one unit, from the seed."""
    with (ROOT / "transform/seeds/exchange_rates.csv").open() as file:
        known = [row for row in csv.DictReader(file) if row["currency"] == currency]
    return Decimal([row["rate_to_thb"] for row in known if row["valid_from"] <= day.isoformat()][-1])


@dataclass
class Line:
    """A line of an order; ``value`` is None where it is not known."""

    product_id: str
    variant_id: str
    units: int
    value: Decimal | None


@dataclass
class Order:
    """An order with its money; ``refunded_lines`` are (product, variant, units, amount)."""

    shop_id: str
    day: date
    rate: Decimal
    is_sale: bool
    is_cancelled: bool
    is_settled: bool
    revenue: Decimal
    refund: Decimal
    fees: Decimal
    payout: Decimal
    lines: list[Line]
    refunded_lines: list[tuple[str, str, int, Decimal]]

    def thb(self, amount: Decimal) -> Decimal:
        """Baht, rounded for this order."""
        return rounded(amount * self.rate)


def local_day(instant: str, region: str) -> date:
    """The business date of a UTC instant."""
    moment = datetime.strptime(instant, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(ZONES[region])).date()


def counts(record: Record, settlement: Record | None) -> bool:
    """Whether a return's money went back."""
    if record["status"] == "CLOSED":
        income = settlement["order_income"] if settlement else {}
        return any(income.get(name) for name in ("seller_return_refund", "drc_adjustable_refund"))
    return record["status"] in ("REFUND_PAID", "COMPLETED")


def shares(record: Record) -> Iterator[tuple[str, str, int, Decimal]]:
    """A refund's lines: rounded running totals, one less the other, by value or else by pieces."""
    items = record["item"]
    weights = [exact(it["item_price"]) * it["amount"] for it in items]
    if not sum(weights):
        weights = [Decimal(it["amount"]) for it in items]
    before = running = ZERO
    for it, weight in zip(items, weights, strict=True):
        running += weight
        upto = rounded(exact(record["refund_amount"]) * running / sum(weights))
        yield str(it["item_id"]), str(it["model_id"]), it["amount"], upto - before
        before = upto


def lines(record: Record, settlement: Record | None) -> Iterator[Line]:
    """An order's lines with their values; settled lines are matched by line id, else in turn."""
    settled = list(settlement["order_income"]["items"]) if settlement else []
    for it in record["item_list"]:
        same = [s for s in settled if (s["item_id"], s["model_id"]) == (it["item_id"], it["model_id"])]
        by_id = [s for s in same if s["line_item_id"] and s["line_item_id"] == it["line_item_id"]]
        match = (by_id or same or [None])[0]
        price = exact(it["model_discounted_price"])
        value = price * it["model_quantity_purchased"] if price else None
        if match:
            settled.remove(match)
            value = exact(match["discounted_price"])
        yield Line(str(it["item_id"]), str(it["model_id"]), it["model_quantity_purchased"], value)


def orders(raw: Mapping[str, Sequence[Record]]) -> Iterator[Order]:
    """Every order by the definitions."""
    for record in raw["orders"]:
        key = (record["shop_id"], record["order_sn"])
        settlement = next((it for it in raw["escrow"] if (it["shop_id"], it["order_sn"]) == key), None)
        income = settlement["order_income"] if settlement else {}
        refunds = [it for it in raw["returns"] if (it["shop_id"], it["order_sn"]) == key and counts(it, settlement)]
        day = local_day(record["create_time"], record["region"])
        is_cancelled = record["order_status"] == "CANCELLED"
        is_sale = not is_cancelled and (record["pay_time"] is not None or record["cod"])
        yield Order(
            shop_id=str(record["shop_id"]),
            day=day,
            rate=rate(record["currency"], day),
            is_sale=is_sale,
            is_cancelled=is_cancelled,
            is_settled=is_sale and settlement is not None,
            revenue=exact(record["total_amount"]) if is_sale else ZERO,
            refund=sum((exact(it["refund_amount"]) for it in refunds), ZERO) if is_sale else ZERO,
            fees=sum((exact(income.get(fee)) for fee in FEES), ZERO) if is_sale else ZERO,
            payout=exact(income.get("escrow_amount_after_adjustment")) if is_sale else ZERO,
            lines=list(lines(record, settlement)),
            refunded_lines=[share for it in refunds for share in shares(it)],
        )


def totals(group: Sequence[Order]) -> Row:
    """Figures of any group of orders, without comparisons."""
    sales = [order for order in group if order.is_sale]
    row: Row = {
        "placed_orders": len(group),
        "orders": len(sales),
        "cancelled_orders": sum(order.is_cancelled for order in group),
        "refunded_orders": sum(order.refund > 0 for order in sales),
        "settled_orders": sum(order.is_settled for order in sales),
        "units": sum(line.units for order in sales for line in order.lines),
        "revenue": sum((order.revenue for order in sales), ZERO),
        "revenue_thb": sum((order.thb(order.revenue) for order in sales), ZERO),
        "refunds": sum((order.refund for order in sales), ZERO),
        "refunds_thb": sum((order.thb(order.refund) for order in sales), ZERO),
        "fees": sum((order.fees for order in sales), ZERO),
        "fees_thb": sum((order.thb(order.fees) for order in sales), ZERO),
        "payout": sum((order.payout for order in sales), ZERO),
    }
    row["net_revenue"] = row["revenue"] - row["refunds"] - row["fees"]
    row["net_revenue_thb"] = row["revenue_thb"] - row["refunds_thb"] - row["fees_thb"]
    row["average_order_value"] = quotient(row["revenue"], row["orders"], SATANG)
    row["refund_rate"] = quotient(row["refunds"], row["revenue"])
    return row


def month_before(day: date) -> date:
    """The same day of the month before, or that month's last day."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(day.day, monthrange(last.year, last.month)[1]))


def compared(row: Row, earlier: Row | None, name: str) -> Row:
    """Comparison columns of one row with an earlier one."""
    both: Row = {}
    for figure in ("revenue", "orders"):
        then = earlier[figure] if earlier else None
        both[f"{figure}_{name}"] = then
        both[f"{figure}_change_{name}"] = quotient(row[figure] - then, then) if then else None
    return both


def grouped(found: Iterable[Order]) -> dict[str, list[Order]]:
    """Orders by shop."""
    shops: dict[str, list[Order]] = defaultdict(list)
    for order in found:
        shops[order.shop_id].append(order)
    return shops


def daily(
    raw: Mapping[str, Sequence[Record]], complete_until: date, ads_days: Iterable[tuple[str, date]]
) -> dict[tuple[str, date], Row]:
    """mart_daily_performance, without names and figures of ads; ``ads_days`` are days that ads fill as well."""
    result: dict[tuple[str, date], Row] = {}
    shops = grouped(orders(raw))
    for shop in shops.keys() | {shop for shop, _ in ads_days}:
        found = shops.get(shop, [])
        ordered = [order.day for order in found]
        known = ordered + [day for other, day in ads_days if other == shop]
        days = [min(known) + timedelta(days=n) for n in range((max(known) - min(known)).days + 1)]
        rows = {day: totals([order for order in found if order.day == day]) for day in days}
        traded = {day: row for day, row in rows.items() if ordered and day >= min(ordered)}
        for day, row in rows.items():
            row |= compared(row, traded.get(day - timedelta(days=1)), "previous_day")
            row |= compared(row, traded.get(day - timedelta(days=7)), "last_week")
            row |= compared(row, traded.get(month_before(day)), "last_month")
            row["is_trading"] = day in traded
            row["is_complete"] = day < complete_until
            row["is_final"] = (complete_until - day).days >= 30 and row["settled_orders"] == row["orders"]
            result[shop, day] = row
    return result


def monthly(raw: Mapping[str, Sequence[Record]], ads_days: Iterable[tuple[str, date]]) -> dict[tuple[str, date], Row]:
    """mart_shop_performance, without names, comparison and rating; months of ads after the first order count too."""
    result: dict[tuple[str, date], Row] = {}
    for shop, found in grouped(orders(raw)).items():
        first = min(order.day for order in found)
        days = [order.day for order in found] + [day for other, day in ads_days if other == shop and day >= first]
        for month in {day.replace(day=1) for day in days}:
            row = totals([order for order in found if order.day.replace(day=1) == month])
            row["cancellation_rate"] = quotient(row["cancelled_orders"], row["placed_orders"])
            result[shop, month] = row
    for (_, month), row in result.items():
        everyone = sum((it["revenue_thb"] for (_, other), it in result.items() if other == month), ZERO)
        row["revenue_share"] = quotient(row["revenue_thb"], everyone)
    return result


def products(raw: Mapping[str, Sequence[Record]]) -> dict[tuple[str, date, str, str], Row]:
    """mart_product_performance, without names, price and stock."""
    result: dict[tuple[str, date, str, str], Row] = defaultdict(
        lambda: {
            "orders": 0,
            "units": 0,
            "unpriced_units": 0,
            "goods_value": ZERO,
            "goods_value_thb": ZERO,
            "refunded_units": 0,
            "refunds": ZERO,
            "refunds_thb": ZERO,
        }
    )
    for order in orders(raw):
        if not order.is_sale:
            continue
        for product, variant in {(line.product_id, line.variant_id) for line in order.lines}:
            result[order.shop_id, order.day, product, variant]["orders"] += 1
        for line in order.lines:
            row = result[order.shop_id, order.day, line.product_id, line.variant_id]
            row["units"] += line.units
            row["unpriced_units"] += line.units if line.value is None else 0
            row["goods_value"] += line.value or ZERO
            row["goods_value_thb"] += order.thb(line.value or ZERO)
        for product, variant, units, amount in order.refunded_lines:
            row = result[order.shop_id, order.day, product, variant]
            row["refunded_units"] += units
            row["refunds"] += amount
            row["refunds_thb"] += order.thb(amount)
    return dict(result)
