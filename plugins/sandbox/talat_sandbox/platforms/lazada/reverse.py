"""Returns, in units and satang. https://open.lazada.com/apps/doc/api?path=%2Freverse%2Fgetreverseordersforseller"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from talat_sandbox.business.model import Business, Hit
from talat_sandbox.business.money import Return
from talat_sandbox.business.orders import PII, Line
from talat_sandbox.platforms.lazada.call import Call, shares
from talat_sandbox.platforms.lazada.order_body import unit_id
from talat_sandbox.platforms.lazada.protocol import ApiError

PAGE = 100
_RANGE = "ReverseOrderLine{}TimeRange"
# What the request itself says, and what the parcel does.
STATUSES = {
    "REQUESTED": ("REQUEST_INITIATE", "RTM_INIT"),
    "PROCESSING": ("REQUEST_INITIATE", "RTM_SHIPPING_BACK"),
    "JUDGING": ("REQUEST_INITIATE", "RTM_RECEIVE_ITEM"),
    "SELLER_DISPUTE": ("REQUEST_INITIATE", "RTM_RECEIVE_ITEM"),
    "ACCEPTED": ("REFUND_PENDING", "RTM_RECEIVE_ITEM"),
    "REFUND_PAID": ("REFUND_SUCCESS", "RTM_RECEIVE_ITEM"),
    "COMPLETED": ("REFUND_SUCCESS", "RTM_RECEIVE_ITEM"),
    "CLOSED": ("REQUEST_REJECT", "RTM_CANCELED"),
    "CANCELLED": ("REQUEST_CANCEL", "RTM_CANCELED"),
}


class Reverse:
    """Reverse orders, with a line for each unit that comes back."""

    def __init__(self, business: Business) -> None:
        self._business = business

    def reverse_orders(self, call: Call) -> bytes:
        """/reverse/getreverseordersforseller: by the time of request or change, by page number from 1."""
        page = call.integer("page_no", 1, 1 << 30, "InvalidParameter", least=1)
        size = call.integer("page_size", 10, PAGE, "InvalidParameter", least=1)
        modified, created = call.milliseconds(_RANGE.format("Modified")), call.milliseconds(_RANGE.format(""))
        business = self._business
        hits = business.returns_updated(call.shop, *(modified or (0, call.as_of)), call.as_of)
        if created:
            fresh = {(hit.ref, hit.part) for hit in business.returns_created(call.shop, *created, call.as_of)}
            hits = [hit for hit in hits if (hit.ref, hit.part) in fresh]
        entries = sorted(map(self._return, hits), key=lambda entry: entry.return_sn)
        if "reverse_order_id" in call.params:
            entries = self._chosen(call, entries)
        shown = [reverse_body(entry, call.as_of) for entry in entries[(page - 1) * size : page * size]]
        return orjson.dumps(
            {"success": True, "page_no": page, "page_size": size, "total": len(entries), "items": shown}
        )

    def _return(self, hit: Hit) -> Return:
        entries = self._business.returns(self._business.order(hit.ref))
        serial = self._business.serial(hit)
        return next(entry for entry in entries if entry.return_sn == serial)

    def _chosen(self, call: Call, entries: list[Return]) -> list[Return]:
        wanted = call.text("reverse_order_id")
        if not wanted:
            raise ApiError("105", inside=True)
        if self._business.find_return(call.shop, wanted, call.as_of) is None:
            raise ApiError("106", inside=True)
        return [entry for entry in entries if entry.return_sn == wanted]


def reverse_body(entry: Return, as_of: int) -> dict[str, Any]:
    """Return a reverse order as it stands at an instant; amounts are satang."""
    event = entry.life.events[entry.step(as_of)]
    request, parcel = STATUSES[event.status]
    return {
        "reverse_order_id": int(entry.return_sn),
        "trade_order_id": int(entry.order.order_sn),
        "request_type": "RETURN",
        "is_rtm": True,
        "shipping_type": "DROP_OFF",
        "reverse_order_lines": [
            {
                "reverse_order_line_id": unit_id(line, unit) * 4 + entry.number,
                "trade_order_line_id": unit_id(line, unit),
                "reverse_status": request,
                "ofc_status": parcel,
                "refund_amount": amount,
                "item_unit_price": line.unit_price,
                "reason_code": 10_000_001,
                "reason_text": "Item damaged" if entry.number % 2 else "Not received",
                "refund_payment_method": "WALLET",
                "return_order_line_gmt_create": entry.created * 1000,
                "return_order_line_gmt_modified": event.at * 1000,
                "trade_order_gmt_create": entry.order.life.created * 1000,
                "seller_sku_id": line.model.sku,
                "platform_sku_id": str(line.model.model_id),
                "tracking_number": "",
                "whqc_decision": "",
                "is_dispute": event.status in ("JUDGING", "SELLER_DISPUTE"),
                "is_need_refund": "true" if entry.life.pays else "false",
                "sla": 172_800_000,
                "product": {
                    "product_id": line.product.item_id,
                    "product_sku": (
                        f"{line.product.item_id}_{entry.order.shop.region.code}-{line.model.model_id}"
                    ),
                },
                "buyer": {"buyer_id": entry.order.buyer_id},
                "receiver_address": f"{PII}99/9 ถนนสมมุติ",
            }
            for line, unit, amount in refunds(entry)
        ],
    }  # fmt: skip


def refunds(entry: Return) -> Iterator[tuple[Line, int, int]]:
    """Yield each unit that comes back: its line, its place in it, and the satang asked for it."""
    for line, units in entry.lines:
        whole = line.subtotal if entry.life.whole_order else entry.refund
        for unit, amount in enumerate(shares(whole, units)):
            yield line, unit, amount
