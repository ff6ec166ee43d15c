"""An order as the search shows it. https://partner.tiktokshop.com/docv2/page/get-order-list-202309"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from talat_sandbox.business.dice import Dice
from talat_sandbox.business.life import (
    CANCELLED,
    COMPLETED,
    IN_CANCEL,
    PENDING,
    PROCESSED,
    READY_TO_SHIP,
    RETRY_SHIP,
    SHIPPED,
    TO_CONFIRM_RECEIVE,
    TO_RETURN,
    UNPAID,
)
from talat_sandbox.business.orders import PII, Line, Order, State, state
from talat_sandbox.tables import money

DAY = 86400
STATUSES = {
    UNPAID: "UNPAID",
    PENDING: "UNPAID",
    READY_TO_SHIP: "AWAITING_SHIPMENT",
    IN_CANCEL: "AWAITING_SHIPMENT",
    PROCESSED: "AWAITING_COLLECTION",
    RETRY_SHIP: "AWAITING_COLLECTION",
    SHIPPED: "IN_TRANSIT",
    TO_CONFIRM_RECEIVE: "DELIVERED",
    TO_RETURN: "DELIVERED",
    COMPLETED: "COMPLETED",
    CANCELLED: "CANCELLED",
}
_PACKAGES = {
    "UNPAID": "",
    "AWAITING_SHIPMENT": "TO_FULFILL",
    "AWAITING_COLLECTION": "PROCESSING",
    "IN_TRANSIT": "FULFILLING",
    "DELIVERED": "COMPLETED",
    "COMPLETED": "COMPLETED",
    "CANCELLED": "CANCELLED",
}
_INSURANCE = 749  # satang


def unit_id(line: Line, number: int) -> str:
    """Return the number of the n-th unit of a line: TikTok Shop has a row for each."""
    return f"577{line.line_id * 10 + number:017d}"


def insurance(order: Order) -> int:
    """Return what the buyer pays the platform for insurance: not the seller's, and not in the business's figures."""
    return _INSURANCE if Dice(f"{order.order_sn}|insurance").chance(300) else 0


def parts(amount: int, units: int) -> Iterator[int]:
    """Yield an amount in whole satang for each of so many units; the last takes what rounding leaves."""
    for number in range(units):
        yield amount // units + (amount % units if number == units - 1 else 0)


def order_body(order: Order, step: int, updated: int) -> dict[str, Any]:
    """Return an order as it stands after the n-th event; money is text, personal fields are planted."""
    now = state(order, step)
    life, status = order.life, STATUSES[now.status]
    since = now.paid or life.created
    shipped = life.picked_up if life.picked_up and life.picked_up <= now.updated else None
    delivered = next((at for at, then in life.events if then == TO_CONFIRM_RECEIVE and at <= now.updated), None)
    asked = next((at for at, then in life.events if then == IN_CANCEL and at <= now.updated), None)
    body: dict[str, Any] = {
        "id": order.order_sn,
        "status": status,
        "order_type": "NORMAL",
        "commerce_platform": "TIKTOK_SHOP",
        "create_time": life.created,
        "update_time": updated,
        "rts_sla_time": since + 2 * DAY,
        "tts_sla_time": since + 3 * DAY,
        "cancel_order_sla_time": since + 5 * DAY,
        "shipping_due_time": since + 2 * DAY,
        "collection_due_time": since + 3 * DAY,
        "delivery_due_time": since + 10 * DAY,
        "fulfillment_type": "FULFILLMENT_BY_SELLER",
        "fulfillment_priority_level": 1 + order.buyer % 3,
        "shipping_type": "TIKTOK",
        "delivery_type": "HOME_DELIVERY",
        "delivery_option_id": "7091000000000000001",
        "delivery_option_name": "Standard",
        "shipping_provider": order.carrier,
        "shipping_provider_id": "6841000000000000001",
        "tracking_number": f"TT{order.order_sn}" if shipped else "",
        "warehouse_id": f"730000000000{order.shop.index:07d}",
        "payment_method_name": "Cash on delivery" if life.cod else "PromptPay",
        "is_cod": life.cod,
        "is_sample_order": False,
        "is_replacement_order": False,
        "is_exchange_order": False,
        "is_on_hold_order": False,
        "is_buyer_request_cancel": now.status == IN_CANCEL,
        "has_updated_recipient_address": False,
        "user_id": str(order.buyer_id),
        "payment": _payment(order),
        "packages": [] if status == "UNPAID" else [{"id": f"115{order.order_sn[3:]}"}],
        "line_items": [unit for line in order.lines for unit in _units(order, now, line, shipped)],
        **_personal(order),
    }
    moments = {"paid_time": now.paid, "rts_time": shipped, "collection_time": shipped, "delivery_time": delivered}
    body |= {name: at for name, at in {**moments, "request_cancel_time": asked}.items() if at}
    if now.is_cancelled:
        by = life.cancel_by.upper()
        body |= {"cancel_time": now.updated, "cancellation_initiator": by, "cancel_reason": _reason(order)}
    return body


def _payment(order: Order) -> dict[str, str]:
    original = sum(line.unit_original * line.units for line in order.lines)
    satang = {
        "sub_total": order.goods - order.voucher_seller - order.voucher_platform,
        "shipping_fee": order.buyer_shipping,
        "original_shipping_fee": order.actual_shipping,
        "shipping_fee_seller_discount": order.actual_shipping - order.buyer_shipping - order.shipping_rebate,
        "shipping_fee_platform_discount": order.shipping_rebate,
        "shipping_fee_cofunded_discount": 0,
        "original_total_product_price": original,
        "seller_discount": original - order.goods + order.voucher_seller,
        "platform_discount": order.voucher_platform,
        "tax": 0,
        "product_tax": 0,
        "shipping_fee_tax": 0,
        "item_insurance_fee": insurance(order),
        "total_amount": order.total + insurance(order),
    }
    return {"currency": order.shop.region.currency, **{name: money(amount) for name, amount in satang.items()}}


def _units(order: Order, now: State, line: Line, shipped: int | None) -> Iterator[dict[str, Any]]:
    status, product = STATUSES[now.status], line.product
    shares = zip(parts(line.voucher_seller, line.units), parts(line.voucher_platform, line.units), strict=True)
    for number, (seller, platform) in enumerate(shares):
        seller += line.unit_original - line.unit_price
        yield {
            "id": unit_id(line, number),
            "product_id": str(product.item_id),
            "product_name": product.name,
            "sku_id": str(line.model.model_id),
            "sku_name": line.model.name or "Default",
            "seller_sku": line.model.sku,
            "sku_type": "NORMAL",
            "sku_image": f"https://p16-oec.tiktok.example/{product.item_id}.jpg",
            "currency": order.shop.region.currency,
            "original_price": money(line.unit_original),
            "sale_price": money(line.unit_original - seller - platform),
            "seller_discount": money(seller),
            "platform_discount": money(platform),
            "display_status": status,
            "package_id": "" if status == "UNPAID" else f"115{order.order_sn[3:]}",
            "package_status": _PACKAGES[status],
            "shipping_provider_id": "6841000000000000001",
            "shipping_provider_name": order.carrier,
            "is_gift": False,
            "cancel_user": order.life.cancel_by.upper() if now.is_cancelled else "",
            "cancel_reason": _reason(order) if now.is_cancelled else "",
            "item_tax": [],
            "tracking_number": f"TT{order.order_sn}" if shipped else "",
        }


def _reason(order: Order) -> str:
    if order.life.paid is None and not order.life.cod:
        return "Customer overdue to pay"
    reasons = {"buyer": "No longer needed", "seller": "Out of stock", "system": "Package not shipped in time"}
    return reasons[order.life.cancel_by]


def _personal(order: Order) -> dict[str, Any]:
    levels = (
        ("L0", "Country", "Thailand"),
        ("L1", "Province", f"{PII}กรุงเทพมหานคร"),
        ("L2", "District", f"{PII}district"),
        ("L3", "Sub-district", f"{PII}town"),
    )
    return {
        "buyer_email": f"{PII}{order.buyer}@scs.tiktok.example",
        "buyer_message": order.message,
        "buyer_nickname": f"{PII}user{order.buyer}",
        "buyer_avatar": f"https://p16-oec.tiktok.example/{PII}{order.buyer}.jpg",
        "seller_note": f"{PII}note",
        "cpf": f"{PII}cpf",
        "cpf_name": f"{PII}cpf name",
        "recipient_address": {
            "name": f"{PII}สมชาย {order.buyer}",
            "first_name": f"{PII}สมชาย",
            "last_name": f"{PII}{order.buyer}",
            "phone_number": f"{PII}(+66){order.buyer:09d}",
            "full_address": f"{PII}99/9 ถนนสมมุติ",
            "address_detail": f"{PII}99/9",
            "region_code": order.shop.region.code,
            "postal_code": f"{PII}10110",
            "district_info": [
                {"address_level": level, "address_level_name": name, "address_name": where}
                for level, name, where in levels
            ],
        },
    }
