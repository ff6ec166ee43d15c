"""Statements and their transactions. https://partner.tiktokshop.com/docv2/page/get-statements-202309"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, NamedTuple

import orjson

from talat_sandbox.business.dice import Dice
from talat_sandbox.business.model import Business
from talat_sandbox.business.money import Settlement
from talat_sandbox.business.shops import Shop
from talat_sandbox.platforms.tiktok_shop.call import Call, listed
from talat_sandbox.platforms.tiktok_shop.paging import key_of, serial_of
from talat_sandbox.tables import money

DAY = 86400
# A settlement changes at most so long after its release.
_ADJUSTED_WITHIN = 45 * DAY
_STATEMENT, _SHOP = 7_410_000_000_000_000_000, 1_000_000


class Entry(NamedTuple):
    """One movement of a statement: what an order brings at its release, or how it is adjusted later."""

    settlement: Settlement
    is_adjustment: bool

    @property
    def number(self) -> str:
        """The transaction's number."""
        return f"74{'3' if self.is_adjustment else '2'}{self.settlement.order.order_sn[2:]}"


class Finance:
    """The finance endpoints. A statement is of one local day of the shop; it grows until the day is over."""

    def __init__(self, business: Business) -> None:
        self._business = business

    def statements(self, call: Call) -> bytes:
        """GET statements: by statement time, which is the beginning of its day; `sort_field` must be given."""
        self._sorted_by(call, "statement_time")
        first, last = call.span("statement_time") or (0, call.as_of)
        descending = call.choice("sort_order", ("ASC", "DESC"), "DESC") == "DESC"
        business, wanted = self._business, call.request.param("payment_status")
        oldest, newest = (business.day_of(call.shop, max(0, min(at, call.as_of))) for at in (first, last))
        found, keys = self._entries(call, max(0, oldest), newest), []
        for day in found:
            at = business.day_start(call.shop, day)
            if first <= at <= last and wanted in ("", _payment(_id(call.shop, day), at, call.as_of)[0]):
                keys.append(key_of(at, str(day), descending))
        page, token = call.page(sorted(keys))
        days = [int(serial_of(key)) for key in page]
        return listed("statements", (orjson.dumps(self._body(call, day, found[day])) for day in days), token)

    def transactions(self, call: Call) -> bytes:
        """GET statements/{id}/statement_transactions: by the orders' time of creation."""
        self._sorted_by(call, "order_create_time")
        descending = call.choice("sort_order", ("ASC", "DESC"), "DESC") == "DESC"
        day = int(call.ids[0]) - _STATEMENT - call.shop.index * _SHOP if call.ids[0].isdigit() else -1
        found = self._entries(call, day, day).get(day, []) if day >= 0 else []
        entries = {entry.number: entry for entry in found}
        if not entries:
            raise call.refuse("The statement does not exist.")
        keys = sorted(
            key_of(entry.settlement.order.life.created, number, descending) for number, entry in entries.items()
        )
        page, token = call.page(keys)
        head = self._body(call, day, found)
        body = {
            "total_count": len(keys),
            "next_page_token": token,
            "id": head["id"],
            "create_time": head["statement_time"],
            "status": head["payment_status"],
            "currency": head["currency"],
            "payable_amount": head["settlement_amount"],
            "total_settlement_amount": head["settlement_amount"],
            "transactions": [_transaction(entries[serial_of(key)]) for key in page],
        }
        return orjson.dumps(body)

    def _sorted_by(self, call: Call, field: str) -> None:
        if not call.request.param("sort_field"):
            raise call.refuse("SortField is a required field")
        call.choice("sort_field", (field,))

    def _entries(self, call: Call, first: int, last: int) -> dict[int, list[Entry]]:
        """Return what happened until now on the local days from the first to the last, by day, where anything did."""
        business, shop, days = self._business, call.shop, defaultdict[int, list[Entry]](list)
        start, end = business.day_start(shop, first), business.day_start(shop, last + 1)
        for hit in business.released(shop, start - _ADJUSTED_WITHIN, end - 1, call.as_of):
            times = (hit.at, business.life(hit.ref).adjusted)
            for is_adjustment, at in enumerate(times):
                if at is not None and start <= at < end and at <= call.as_of:
                    # As it was then: what was paid for an order stays, and what is adjusted comes beside it.
                    settled = business.settlement(business.order(hit.ref), at)
                    assert settled is not None, "it was released"
                    days[business.day_of(shop, at)].append(Entry(settled, bool(is_adjustment)))
        return dict(sorted(days.items()))

    def _body(self, call: Call, day: int, entries: list[Entry]) -> dict[str, Any]:
        number, at = _id(call.shop, day), self._business.day_start(call.shop, day)
        sums = [0, 0, 0, 0]
        for entry in entries:
            sums = [total + part for total, part in zip(sums, _amounts(entry), strict=True)]
        revenue, shipping, fees, adjustments = sums
        status, paid = _payment(number, at, call.as_of)
        body: dict[str, Any] = {
            "id": number,
            "statement_time": at,
            "currency": call.shop.region.currency,
            "revenue_amount": money(revenue),
            "net_sales_amount": money(revenue),
            "fee_amount": money(fees),
            "shipping_cost_amount": money(shipping),
            "adjustment_amount": money(adjustments),
            "settlement_amount": money(sum(sums)),
            "payment_status": status,
            "payment_id": f"346{number[3:]}" if paid else "",
        }
        return {**body, "payment_time": paid} if paid else body


def _id(shop: Shop, day: int) -> str:
    return str(_STATEMENT + shop.index * _SHOP + day)


def _payment(number: str, at: int, as_of: int) -> tuple[str, int | None]:
    """Return the status and, once it was paid, the time: two days later, or after a failure ten days later."""
    fails = Dice(f"{number}|payment").chance(150)
    paid = at + (10 if fails else 2) * DAY
    if paid <= as_of:
        return "PAID", paid
    return ("FAILED" if fails and at + 2 * DAY <= as_of else "PROCESSING"), None


def _amounts(entry: Entry) -> tuple[int, int, int, int]:
    """Return revenue, shipping, fees and adjustment in satang; what the seller pays is negative."""
    settled, order = entry.settlement, entry.settlement.order
    if entry.is_adjustment:
        return 0, 0, 0, settled.adjustment
    shipping = order.buyer_shipping + order.shipping_rebate - order.actual_shipping
    return settled.amount + settled.fees - shipping, shipping, -settled.fees, 0


def _transaction(entry: Entry) -> dict[str, Any]:
    settled, order = entry.settlement, entry.settlement.order
    revenue, shipping, fees, adjustment = _amounts(entry)
    refunded = settled.return_refund + settled.dispute_refund
    body: dict[str, Any] = {
        "id": entry.number,
        "type": "ADJUSTMENT" if entry.is_adjustment else "ORDER",
        "order_id": "" if entry.is_adjustment else order.order_sn,
        "order_create_time": order.life.created,
        "settlement_amount": money(revenue + shipping + fees + adjustment),
        "revenue_amount": money(revenue),
        "shipping_cost_amount": money(shipping),
        "fee_tax_amount": money(fees),
        "adjustment_amount": money(adjustment),
        "adjustment_id": entry.number if entry.is_adjustment else "",
        "adjustment_order_id": order.order_sn if entry.is_adjustment else "",
        # What went back to the buyer; no part of the amounts above.
        "supplementary_component": {
            "customer_payment_amount": money(0 if entry.is_adjustment else order.total),
            "customer_refund_amount": money(refunded),
            "platform_discount_amount": money(0 if entry.is_adjustment else order.voucher_platform),
        },
    }
    if entry.is_adjustment:
        return body
    original = sum(line.unit_original * line.units for line in order.lines)
    discount = original - order.goods + order.voucher_seller
    body["revenue_breakdown"] = {
        "subtotal_before_discount_amount": money(original),
        "seller_discount_amount": money(-discount),
        "refund_subtotal_before_discount_amount": money(revenue - original + discount),
        "seller_discount_refund_amount": "0.00",
    }
    body["shipping_cost_breakdown"] = {
        "actual_shipping_fee_amount": money(-order.actual_shipping),
        "shipping_fee_discount_amount": money(order.shipping_rebate),
        "customer_paid_shipping_fee_amount": money(order.buyer_shipping),
    }
    parts = {
        "platform_commission_amount": settled.commission,
        "sfp_service_fee_amount": settled.service,
        "transaction_fee_amount": settled.transaction,
        "fee_per_item_sold_amount": settled.processing,
        "affiliate_commission_amount": settled.affiliate,
        "gmv_max_ad_fee_amount": settled.ads_top_up,
    }
    body["fee_tax_breakdown"] = {
        "fee": {name: money(-amount) for name, amount in parts.items()},
        "tax": {"vat_amount": money(-settled.tax)},
    }
    return body
