"""The account's bookings: text amounts with thousands separators, days without a time.

https://open.lazada.com/apps/doc/api?path=%2Ffinance%2Ftransaction%2Fdetails%2Fget
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, NamedTuple

import orjson

from talat_sandbox.business.model import Business
from talat_sandbox.business.money import Settlement
from talat_sandbox.business.orders import Line
from talat_sandbox.business.shops import local_date
from talat_sandbox.cache import Cache
from talat_sandbox.platforms.lazada.accounts import short_code
from talat_sandbox.platforms.lazada.call import Call
from talat_sandbox.platforms.lazada.order_body import unit_id, unit_statuses, units_of
from talat_sandbox.platforms.lazada.protocol import ApiError
from talat_sandbox.platforms.lazada.reverse import refunds

PAGE, DAYS, SLOW_DAYS = 500, 180, 60
CREDIT, REFUND, VOUCHER, SHIPPING_PAID, SHIPPING_COST, ADJUSTMENT = "13", "14", "118", "8", "21", "1000"
# Types of what the platform keeps, with their names; those above 900 are invented.
FEES = {
    "16": "Commission",
    "298": "Free Shipping Max Fee",
    "3": "Payment Fee",
    "901": "Order Processing Fee",
    "902": "Affiliate Commission",
    "903": "Withholding Tax",
    "249": "Sponsored Solutions Top Up",
}
_NAMES = {
    CREDIT: "Item Price Credit",
    REFUND: "Reversal Item Price",
    VOUCHER: "Promotional Charges Vouchers",
    SHIPPING_PAID: "Shipping Fee (Paid By Customer)",
    SHIPPING_COST: "Shipping Fee Charged by Third Party",
    **FEES,
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# From the release of a settlement to its last booking.
_LATEST = 40 * 86400


class Entry(NamedTuple):
    """A booking at an epoch second, of satang; of a unit of an order, or (without) of the order as a whole."""

    at: int
    fee_type: str
    name: str
    amount: int
    unit: tuple[Line, int] | None = None


def entries_of(settled: Settlement, business: Business) -> Iterator[Entry]:
    """Yield all bookings of a settlement, which add up to its payout."""
    order, at = settled.order, settled.released
    units = list(units_of(order))
    for line, unit in units:
        yield Entry(at, CREDIT, _NAMES[CREDIT], line.unit_price, (line, unit))
    for entry in business.returns(order):
        if entry.life.before_completion and entry.life.pays:
            for line, unit, amount in refunds(entry):
                yield Entry(at, REFUND, _NAMES[REFUND], -amount, (line, unit))
    kept = (
        settled.commission, settled.service, settled.transaction, settled.processing, settled.affiliate, settled.tax,
        settled.ads_top_up,
    )  # fmt: skip
    amounts = {fee: -amount for fee, amount in zip(FEES, kept, strict=True)}
    amounts[VOUCHER] = -order.voucher_seller
    amounts[SHIPPING_PAID] = order.buyer_shipping
    amounts[SHIPPING_COST] = order.shipping_rebate - order.actual_shipping
    for fee, amount in amounts.items():
        if amount:
            yield Entry(at, fee, _NAMES[fee], amount, units[0])
    if settled.adjusted is not None:
        back = settled.adjustment_reason == "Return refund"
        kind, name = (REFUND, _NAMES[REFUND]) if back else (ADJUSTMENT, settled.adjustment_reason)
        yield Entry(settled.adjusted, kind, name, settled.adjustment)


class Finance:
    """Bookings of settlements and of their adjustments."""

    def __init__(self, business: Business) -> None:
        self._business = business
        self._rows: Cache[list[dict[str, Any]]] = Cache(64)

    def transactions(self, call: Call) -> bytes:
        """/finance/transaction/details/get: by local day, by offset; the answer is a bare array."""
        first, last = self._day(call, "start_time"), self._day(call, "end_time")
        if (last - first).days >= DAYS or last < first:
            raise ApiError("1000012")
        if (last - first).days >= SLOW_DAYS:
            raise ApiError("ServiceTimeout")
        size, start = call.integer("limit", 100, PAGE, "19", least=1), call.integer("offset", 0, 1 << 30, "14")
        wanted = call.text("trans_type") or "-1"
        if wanted not in ("-1", *_NAMES, ADJUSTMENT):
            raise ApiError("1000014")
        key = (call.shop.index, first, last, wanted, call.text("trade_order_id"), call.as_of)
        rows = self._rows.get(key, call.as_of)
        if rows is None:
            rows = self._rows.put(key, self._booked(call, first, last, wanted))
        return orjson.dumps(rows[start : start + size])

    def _day(self, call: Call, name: str) -> date:
        text = call.text(name)
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ApiError("17") from None
        if text != day.isoformat():
            raise ApiError("17")
        return day

    def _booked(self, call: Call, first: date, last: date, wanted: str) -> list[dict[str, Any]]:
        business, opens = self._business, self._business.plan.opens
        begin = business.day_start(call.shop, (first - opens).days)
        end = business.day_start(call.shop, (last - opens).days + 1) - 1
        rows: list[tuple[int, int, str, dict[str, Any]]] = []
        for hit in business.released(call.shop, begin - _LATEST, end, call.as_of):
            settled = business.settlement(business.order(hit.ref), call.as_of)
            assert settled is not None, "what was released has a settlement"
            if call.text("trade_order_id") not in ("", settled.order.order_sn):
                continue
            for place, entry in enumerate(entries_of(settled, business)):
                if begin <= entry.at <= end and wanted in ("-1", entry.fee_type):
                    rows.append((entry.at, place, settled.order.order_sn, self._row(call, settled, entry)))
        return [row for *_, row in sorted(rows, key=lambda row: row[:3])]

    def _row(self, call: Call, settled: Settlement, entry: Entry) -> dict[str, Any]:
        order, zone = settled.order, call.shop.region.time_zone
        day = local_date(zone, entry.at)
        monday = day - timedelta(days=day.weekday())
        line, unit = entry.unit or (None, 0)
        item = str(unit_id(line, unit)) if line else ""
        statuses = unit_statuses(order, self._business.returns(order), order.step(call.as_of))
        fee = entry.fee_type in FEES
        kind = "Lazada Fees" if fee else "Refunds" if entry.fee_type == REFUND else "Sales"
        return {
            # One number for all that is booked of a unit at once.
            "transaction_number": f"{short_code(call.shop)}-{order.order_sn[-8:]}{item[-5:]}{entry.at % 10_000:04d}",
            "transaction_date": written(day),
            "transaction_type": f"Orders-{kind}",
            "fee_name": entry.name,
            "fee_type": entry.fee_type,
            "amount": grouped(entry.amount),
            "VAT_in_amount": grouped(entry.amount * 7 // 107 if fee else 0),
            "WHT_amount": "0.00",
            "WHT_included_in_amount": "No",
            "paid_status": "Yes" if entry.at + 7 * 86400 <= call.as_of else "No",
            "statement": f"{written(monday)} - {written(monday + timedelta(days=6))}",
            "order_no": order.order_sn,
            "orderItem_no": item,
            "orderItem_status": statuses[0],
            "lazada_sku": f"{line.product.item_id}_{call.shop.region.code}-{line.model.model_id}" if line else "",
            "seller_sku": line.model.sku if line else "",
            "details": line.product.name if line and entry.fee_type == CREDIT else "",
            "shipping_provider": order.carrier if entry.fee_type == CREDIT else "",
            "shipping_speed": "standard" if entry.fee_type == CREDIT else "",
            "shipment_type": "Dropshipping" if entry.fee_type == CREDIT else "",
            "reference": item,
            "comment": "",
            "payment_ref_id": "",
        }  # fmt: skip


def written(day: date) -> str:
    """Return a day as `20 Sep 2026`."""
    return f"{day.day:02d} {_MONTHS[day.month - 1]} {day.year}"


def grouped(satang: int) -> str:
    """Return satang in major units with thousands separators, as `-1,100.44`."""
    whole, rest = divmod(abs(satang), 100)
    return f"{'-' if satang < 0 else ''}{whole:,}.{rest:02d}"
