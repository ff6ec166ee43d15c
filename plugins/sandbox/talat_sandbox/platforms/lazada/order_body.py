"""An order and its units as Lazada shows them. https://open.lazada.com/apps/doc/api?path=%2Forders%2Fget

Amounts are in major units, some as texts and some as numbers. There is no quantity: each unit is an item of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from talat_sandbox.business.life import (
    CANCELLED,
    COMPLETED,
    IN_CANCEL,
    PENDING,
    PROCESSED,
    READY_TO_SHIP,
    REFUNDED_STATUSES,
    RETRY_SHIP,
    SHIPPED,
    TO_CONFIRM_RECEIVE,
    TO_RETURN,
    UNPAID,
)
from talat_sandbox.business.money import Return
from talat_sandbox.business.orders import PII, Line, Order, State, state
from talat_sandbox.platforms.lazada.call import shares, stamp
from talat_sandbox.tables import money

STATUSES = {
    UNPAID: "unpaid",
    PENDING: "unpaid",
    READY_TO_SHIP: "pending",
    IN_CANCEL: "pending",
    PROCESSED: "packed",
    RETRY_SHIP: "ready_to_ship",
    SHIPPED: "shipped",
    TO_CONFIRM_RECEIVE: "shipped",
    TO_RETURN: "shipped",
    CANCELLED: "canceled",
    COMPLETED: "delivered",
}
_CANCELLED_BY = {
    "buyer": "cancellation-customer",
    "seller": "cancellation-seller",
    "system": "cancellation-internal",
}


def unit_id(line: Line, unit: int) -> int:
    """Return the number of the n-th unit of a line."""
    return line.line_id * 10 + unit


def units_of(order: Order) -> Iterator[tuple[Line, int]]:
    """Yield every unit of an order: its line and its place in it."""
    for line in order.lines:
        for unit in range(line.units):
            yield line, unit


def unit_statuses(order: Order, returns: tuple[Return, ...], step: int) -> list[str]:
    """Return the status of each unit. What comes back after completion leaves the order as it is."""
    now = state(order, step)
    back: set[int] = set()
    if now.is_completed:
        for entry in returns:
            if entry.life.before_completion and entry.life.events[-1].status in REFUNDED_STATUSES:
                back.update(unit_id(line, unit) for line, units in entry.lines for unit in range(units))
    confirmed = now.is_completed and order.life.fee_confirmed is not None and now.updated >= order.life.fee_confirmed
    usual = "confirmed" if confirmed else STATUSES[now.status]
    return ["returned" if unit_id(line, unit) in back else usual for line, unit in units_of(order)]


def order_body(order: Order, statuses: list[str], step: int, updated: int) -> dict[str, Any]:
    """Return an order of the list; `price` is without voucher and shipping."""
    shop, now = order.shop, state(order, step)
    address = _address(order)
    return {
        "order_id": int(order.order_sn),
        "order_number": int(order.order_sn),
        "created_at": stamp(order.life.created, shop),
        "updated_at": stamp(updated, shop),
        "price": money(order.goods),
        "voucher": (order.voucher_seller + order.voucher_platform) / 100,
        "voucher_platform": order.voucher_platform / 100,
        "voucher_seller": order.voucher_seller / 100,
        "voucher_code": "",
        "shipping_fee": order.buyer_shipping / 100,
        "shipping_fee_original": order.buyer_shipping / 100,
        "shipping_fee_discount_seller": 0.0,
        "shipping_fee_discount_platform": 0.0,
        "payment_method": "COD" if order.life.cod else order.payment_method,
        "statuses": list(dict.fromkeys(statuses)),
        "items_count": len(statuses),
        "warehouse_code": "dropshipping",
        "delivery_info": "",
        "gift_option": False,
        "gift_message": f"{PII}gift" if order.message else "",
        "buyer_note": order.message,
        "remarks": f"{PII}remarks" if order.message else "",
        "tax_code": f"{PII}tax",
        "branch_number": f"{PII}branch",
        "national_registration_number": f"{PII}citizen",
        "promised_shipping_times": stamp((now.paid or order.life.created) + 2 * 86400, shop),
        "extra_attributes": f'{{"TaxInvoiceRequested":false,"note":"{PII}note"}}',
        "address_updated_at": stamp(order.life.created, shop),
        "customer_first_name": f"{PII}ส*****",
        "customer_last_name": f"{PII}{order.buyer}",
        "address_billing": address,
        "address_shipping": {**address, "addressDsitrict": f"{PII}district"},
        "need_cancel_confirm": now.status == IN_CANCEL,
        "is_cancel_pending": "1" if now.status == IN_CANCEL else "",
    }


def items_body(order: Order, statuses: list[str], step: int, updated: int) -> dict[str, Any]:
    """Return an order's units, as `/orders/items/get` groups them."""
    number, now = int(order.order_sn), state(order, step)
    shipping = shares(order.buyer_shipping, len(statuses))
    items = [
        _item(order, now, updated, line, unit, status, fee)
        for (line, unit), status, fee in zip(units_of(order), statuses, shipping, strict=True)
    ]
    return {"order_id": number, "order_number": number, "order_items": items}


def _item(order: Order, now: State, updated: int, line: Line, unit: int, status: str, shipping: int) -> dict[str, Any]:
    shop, product, model = order.shop, line.product, line.model
    platform = shares(line.voucher_platform, line.units)[unit]
    seller = shares(line.voucher_seller, line.units)[unit]
    shipped = order.life.picked_up is not None and order.life.picked_up <= now.updated
    return {
        "order_item_id": unit_id(line, unit),
        "order_id": int(order.order_sn),
        "sku": model.sku,
        "shop_sku": f"{product.item_id}_{shop.region.code}-{model.model_id}",
        "sku_id": str(model.model_id),
        "product_id": str(product.item_id),
        "name": product.name,
        "variation": f"สี:{model.name}" if model.name else "",
        "status": status,
        "item_price": line.unit_price / 100,
        "paid_price": (line.unit_price - platform - seller) / 100,
        "voucher_amount": (platform + seller) / 100,
        "voucher_platform": platform / 100,
        "voucher_seller": seller / 100,
        "voucher_platform_lpi": 0.0,
        "voucher_seller_lpi": 0.0,
        "voucher_code": "",
        "wallet_credits": 0.0,
        "tax_amount": 0.0,
        "shipping_amount": shipping / 100,
        "shipping_fee_original": shipping / 100,
        "shipping_fee_discount_platform": 0.0,
        "shipping_fee_discount_seller": 0.0,
        "shipping_service_cost": 0.0,
        "currency": shop.region.currency,
        "created_at": stamp(order.life.created, shop),
        "updated_at": stamp(updated, shop),
        "payment_time": f"{now.paid}000" if now.paid else "",
        "return_status": "",
        "reason": "",
        "reason_detail": "",
        "cancel_return_initiator": _CANCELLED_BY[order.life.cancel_by] if now.is_cancelled else "",
        "tracking_code": f"LEX{shop.region.code}{unit_id(order.lines[0], 0)}" if shipped else "",
        "package_id": f"FP{unit_id(order.lines[0], 0)}" if shipped else "",
        "shipment_provider": order.carrier if shipped else "",
        "shipping_provider_type": "standard",
        "shipping_type": "Dropshipping",
        "warehouse_code": "dropshipping",
        "is_fbl": "0",
        "is_digital": 0,
        "is_reroute": "0",
        "order_type": "Normal",
        "order_flag": "NORMAL",
        "sla_time_stamp": f"{datetime.fromtimestamp(order.life.created + 2 * 86400, UTC):%Y-%m-%dT%H:%M:%S+00:00}",
        "promised_shipping_time": "",
        "invoice_number": "",
        "buyer_id": order.buyer_id,
        "shop_id": shop.name,
        "reverse_order_id": 0,
        "extra_attributes": f'{{"note":"{PII}note"}}',
        "digital_delivery_info": f"{PII}info" if order.message else "",
        "personalization": f"{PII}engraving" if order.message else "",
        "gift_wrapping": f"{PII}card" if order.message else "",
        "product_main_image": f"https://img.example/th-mock-{product.item_id}.jpg",
        "product_detail_url": f"https://shop.example/products/i{product.item_id}-s{model.model_id}.html",
    }


def _address(order: Order) -> dict[str, str]:
    country = {"TH": "Thailand", "SG": "Singapore"}[order.shop.region.code]
    return {
        "first_name": f"{PII}ส*****",
        "last_name": f"{PII}{order.buyer}",
        "phone": f"{PII}66********{order.buyer % 100:02d}",
        "phone2": "",
        "address1": f"{PII}99/**",
        "address2": "",
        "address3": f"{PII}กรุงเทพมหานคร/ Bangkok",
        "address4": f"{PII}เขตจตุจักร/ Chatuchak",
        "address5": f"{PII}10900",
        "city": f"{PII}Bangkok",
        "post_code": f"{PII}10900",
        "country": country,
    }
