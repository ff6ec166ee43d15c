"""Return search. https://partner.tiktokshop.com/docv2/page/search-returns-202309"""

from __future__ import annotations

from typing import Any

import orjson

from talat_sandbox.business.model import Business, Hit
from talat_sandbox.business.money import Return
from talat_sandbox.business.orders import PII, Line
from talat_sandbox.platforms.tiktok_shop.call import Call, listed
from talat_sandbox.platforms.tiktok_shop.order_body import parts, unit_id
from talat_sandbox.platforms.tiktok_shop.paging import key_of, serial_of
from talat_sandbox.tables import money

_STATUSES = {
    "REQUESTED": "RETURN_OR_REFUND_REQUEST_PENDING",
    "PROCESSING": "AWAITING_BUYER_SHIP",
    "JUDGING": "RETURN_OR_REFUND_REQUEST_PENDING",
    "SELLER_DISPUTE": "AWAITING_BUYER_RESPONSE",
    "ACCEPTED": "RETURN_OR_REFUND_REQUEST_SUCCESS",
    "REFUND_PAID": "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "COMPLETED": "RETURN_OR_REFUND_REQUEST_COMPLETE",
    "CANCELLED": "RETURN_OR_REFUND_REQUEST_CANCEL",
}
# The documentation prints the rejection in two ways.
_REJECTED = ("RETURN_OR_REFUND_REQUEST_REJECT", "REFUND_OR_RETURN_REQUEST_REJECT")
_REASONS = ("ecom_order_delivered_refund_reason_damaged", "ecom_order_delivered_refund_reason_missing_product")


class Returns:
    """The return endpoint."""

    def __init__(self, business: Business) -> None:
        self._business = business

    def search(self, call: Call) -> bytes:
        """POST returns/search: by time of creation or update; the end of a span is left out."""
        call.check_body()
        by = call.choice("sort_field", ("create_time", "update_time"), "create_time")
        order = call.choice("sort_order", ("ASC", "DESC"), "DESC")
        created, updated = call.span("create_time"), call.span("update_time")
        statuses, ids, orders = call.texts("return_status"), call.texts("return_ids"), call.texts("order_ids")
        business, everything = self._business, (0, call.as_of)

        def found(hits: list[Hit]) -> dict[str, int]:
            return {business.serial(hit): hit.at for hit in hits}

        changed = found(business.returns_updated(call.shop, *(updated or everything), call.as_of))
        asked = found(business.returns_created(call.shop, *(created or everything), call.as_of))
        times, keys = asked if by == "create_time" else changed, []
        for number in changed.keys() & asked.keys():
            entry = self._entry(call, number)
            if statuses and _status(entry, call.as_of) not in statuses:
                continue
            if (ids and number not in ids) or (orders and entry.order.order_sn not in orders):
                continue
            keys.append(key_of(times[number], number, order == "DESC"))
        page, token = call.page(sorted(keys))
        bodies = (orjson.dumps(_body(self._entry(call, serial_of(key)), call.as_of)) for key in page)
        return listed("return_orders", bodies, token, len(keys))

    def _entry(self, call: Call, number: str) -> Return:
        entry = self._business.find_return(call.shop, number, call.as_of)
        assert entry is not None, "a listed return exists"
        return entry


def _status(entry: Return, as_of: int) -> str:
    status = entry.life.events[entry.step(as_of)].status
    return _STATUSES.get(status) or _REJECTED[entry.order.buyer % 2]


def _body(entry: Return, as_of: int) -> dict[str, Any]:
    event, currency = entry.life.events[entry.step(as_of)], entry.order.shop.region.currency
    judged = {"JUDGING": "IN_PROGRESS", "CLOSED": "SUPPORT_BUYER" if entry.life.pays else "SUPPORT_SELLER"}
    whole = "RETURN_AND_REFUND" if entry.life.whole_order else "REFUND"
    return {
        "return_id": entry.return_sn,
        "order_id": entry.order.order_sn,
        "return_type": whole,
        "return_status": _status(entry, as_of),
        "arbitration_status": judged.get(event.status, "CLOSED"),
        "role": "BUYER",
        "return_reason": _REASONS[entry.number % 2],
        "return_reason_text": f"{PII}กล่องบุบ made up",
        "shipment_type": "PLATFORM",
        "return_tracking_number": "",
        "return_provider_name": entry.order.carrier,
        "return_provider_id": "6841000000000000001",
        "can_buyer_keep_item": False,
        "is_combined_return": False,
        "is_quick_refund": False,
        "create_time": entry.created,
        "update_time": event.at,
        "refund_amount": _refund(currency, entry.refund),
        "return_line_items": [unit for line, units in entry.lines for unit in _units(entry, line, units, currency)],
    }


def _units(entry: Return, line: Line, units: int, currency: str) -> list[dict[str, Any]]:
    return [
        {
            "return_line_item_id": f"{entry.return_sn}{unit_id(line, number)[-6:]}",
            "order_line_item_id": unit_id(line, number),
            "sku_id": str(line.model.model_id),
            "sku_name": line.model.name or "Default",
            "product_name": line.product.name,
            "seller_sku": line.model.sku,
            "refund_amount": _refund(currency, share),
        }
        for number, share in enumerate(parts(line.subtotal * units // line.units, units))
    ]


def _refund(currency: str, amount: int) -> dict[str, str]:
    total = money(amount)
    return {
        "currency": currency,
        "refund_total": total,
        "refund_subtotal": total,
        "refund_shipping_fee": "0.00",
        "refund_tax": "0.00",
    }
