"""An order as get_order_detail shows it. https://open.shopee.com/documents/v2/v2.order.get_order_detail"""

from __future__ import annotations

from typing import Any

from talat_sandbox.business.life import (
    CANCELLED,
    COMPLETED,
    IN_CANCEL,
    PENDING,
    PROCESSED,
    READY_TO_SHIP,
    SHIPPED,
    TO_CONFIRM_RECEIVE,
    TO_RETURN,
    UNPAID,
)
from talat_sandbox.business.orders import PII, Line, Order, State, state

_LOGISTICS = {
    READY_TO_SHIP: "LOGISTICS_READY",
    PROCESSED: "LOGISTICS_REQUEST_CREATED",
    SHIPPED: "LOGISTICS_PICKUP_DONE",
    TO_CONFIRM_RECEIVE: "LOGISTICS_DELIVERY_DONE",
    TO_RETURN: "LOGISTICS_DELIVERY_DONE",
    COMPLETED: "LOGISTICS_DELIVERY_DONE",
    CANCELLED: "LOGISTICS_REQUEST_CANCELED",
}
# Fields that nobody should ask for: they are there so that tests can see that nobody does.
_PERSONAL = ("recipient_address", "buyer_username", "note", "dropshipper", "dropshipper_phone", "invoice_data")


def visible_status(status: str, pending: bool) -> str:
    """Return the status a client sees: PENDING only shows when asked for, else as the older UNPAID."""
    return UNPAID if status == PENDING and not pending else status


def order_body(order: Order, step: int, updated: int, fields: frozenset[str], pending: bool) -> dict[str, Any]:
    """Return the fields that always come and those asked for, as the order stands after the n-th event.

    An optional field not named is absent, without any error; money is a JSON number in the shop's currency.
    """
    now = state(order, step)
    body: dict[str, Any] = {
        "order_sn": order.order_sn,
        "region": order.shop.region.code,
        "currency": order.shop.region.currency,
        "cod": order.life.cod,
        "order_status": visible_status(now.status, pending),
        "create_time": order.life.created,
        "update_time": updated,
        "days_to_ship": 2,
        "ship_by_date": (now.paid or order.life.created) + 2 * 86400 if now.paid or order.life.cod else 0,
        "message_to_seller": order.message,
        "booking_sn": "",
    }
    if not fields:
        return body
    optional = _optional(order, now)
    if "item_list" in fields:
        optional["item_list"] = [_item(order, now, line) for line in order.lines]
    if "package_list" in fields:
        optional["package_list"] = [] if now.status in (UNPAID, PENDING) else [_package(order, now)]
    if not fields.isdisjoint(_PERSONAL):
        optional.update(_personal(order))
    body.update((name, value) for name, value in optional.items() if name in fields)
    return body


def _optional(order: Order, now: State) -> dict[str, Any]:
    life = order.life
    picked_up = life.picked_up if life.picked_up and life.picked_up <= now.updated else None
    confirmed = bool(life.fee_confirmed and life.fee_confirmed <= now.updated)
    cancelled = now.status in (CANCELLED, IN_CANCEL)
    return {
        "total_amount": None if now.total is None else now.total / 100,
        "pay_time": now.paid,
        "buyer_user_id": order.buyer_id,
        "buyer_cancel_reason": "Modify existing order" if cancelled and life.cancel_by == "buyer" else "",
        "cancel_by": life.cancel_by if now.is_cancelled else "",
        "cancel_reason": _cancel_reason(order, now),
        "payment_method": order.payment_method,
        "shipping_carrier": order.carrier,
        "checkout_shipping_carrier": order.carrier,
        "estimated_shipping_fee": (order.buyer_shipping or 3800) / 100,
        "actual_shipping_fee": order.actual_shipping / 100 if confirmed or picked_up else 0.0,
        "actual_shipping_fee_confirmed": confirmed,
        "fulfillment_flag": "fulfilled_by_local_seller",
        "pickup_done_time": picked_up or 0,
        "split_up": False,
        "return_request_due_date": (life.completed or 0) + 15 * 86400 if now.is_completed else 0,
        "order_chargeable_weight_gram": _weight(order),
        "reverse_shipping_fee": 0.0,
        "goods_to_declare": False,
    }


def _item(order: Order, now: State, line: Line) -> dict[str, Any]:
    product, units = line.product, line.units
    asked = units if now.status == IN_CANCEL else 0
    cancelled = units if now.is_cancelled else 0
    returning = units if now.status == TO_RETURN else 0
    kind, promotion = ("bundle_deal", line.bundle_id) if line.bundle_id else ("", 0)
    if not promotion and line.unit_price < line.unit_original:
        kind, promotion = "product_promotion", 779_000_000_000_000 + product.index
    return {
        "item_id": product.item_id,
        "item_name": product.name,
        "item_sku": product.sku,
        "model_id": line.model.model_id,
        "model_name": line.model.name,
        "model_sku": line.model.sku if product.has_models else "",
        "model_quantity_purchased": units,
        "model_original_price": line.unit_original / 100,
        "model_discounted_price": line.unit_price / 100,
        "wholesale": False,
        "weight": product.weight_gram / 1000,
        "add_on_deal": False,
        "main_item": False,
        "add_on_deal_id": 0,
        "promotion_type": kind,
        "promotion_id": promotion,
        "order_item_id": line.bundle_id or product.item_id,
        "line_item_id": line.line_id,
        "promotion_group_id": 1 if line.bundle_id else 0,
        "image_info": {"image_url": f"https://cf.shopee.example/file/th-mock-{product.item_id}_tn"},
        "product_location_id": [f"{order.shop.region.code}Z"],
        "is_prescription_item": False,
        "is_b2c_owned_item": False,
        "promotion_list": [{"promotion_type": kind, "promotion_id": promotion}] if promotion else [],
        "active_qty": units - cancelled,
        "cancel_requested_qty": asked,
        "cancelled_qty": cancelled,
        "return_requested_qty": returning,
        "returned_qty": 0,
    }


def _package(order: Order, now: State) -> dict[str, Any]:
    return {
        "package_number": f"OFG19{order.lines[0].line_id}",
        "logistics_status": _LOGISTICS.get(now.status, "LOGISTICS_READY"),
        "logistics_channel_id": 70021,
        "shipping_carrier": order.carrier,
        "parcel_chargeable_weight_gram": _weight(order),
        "item_list": [
            {
                "item_id": line.product.item_id,
                "model_id": line.model.model_id,
                "model_quantity": line.units,
                "order_item_id": line.bundle_id or line.product.item_id,
                "promotion_group_id": 1 if line.bundle_id else 0,
                "product_location_id": f"{order.shop.region.code}Z",
            }
            for line in order.lines
        ],
    }


def _personal(order: Order) -> dict[str, Any]:
    name = f"{PII}สมชาย {order.buyer}"
    return {
        "buyer_username": f"{PII}user{order.buyer}",
        "note": f"{PII}note",
        "dropshipper": f"{PII}dropshipper",
        "dropshipper_phone": f"{PII}0800000000",
        "invoice_data": {"number": f"{PII}invoice", "tax_code": f"{PII}tax"},
        "recipient_address": {
            "name": name,
            "phone": f"{PII}66{order.buyer:09d}",
            "town": f"{PII}town",
            "district": f"{PII}district",
            "city": f"{PII}city",
            "state": f"{PII}กรุงเทพมหานคร",
            "region": order.shop.region.code,
            "zipcode": f"{PII}10110",
            "full_address": f"{PII}99/9 ถนนสมมุติ",
        },
    }


def _cancel_reason(order: Order, now: State) -> str:
    if not now.is_cancelled:
        return ""
    reasons = {"buyer": "BUYER_REQUEST", "seller": "OUT_OF_STOCK", "system": "BACKEND_LOGISTICS_NOT_STARTED"}
    return "UNPAID_ORDER" if order.life.paid is None and not order.life.cod else reasons[order.life.cancel_by]


def _weight(order: Order) -> int:
    return sum(line.product.weight_gram * line.units for line in order.lines)
