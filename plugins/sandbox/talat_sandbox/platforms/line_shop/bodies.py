"""Orders and products as LINE shows them."""

from __future__ import annotations

from typing import Any

from talat_sandbox.business.catalogue import Catalogue, Model, Product
from talat_sandbox.business.life import (
    CANCELLED,
    COMPLETED,
    PENDING,
    REFUNDED_STATUSES,
    SHIPPED,
    TO_CONFIRM_RECEIVE,
    TO_RETURN,
    UNPAID,
)
from talat_sandbox.business.money import Return
from talat_sandbox.business.orders import PII, Line, Order, State, state
from talat_sandbox.platforms.line_shop.protocol import baht, time_text

_SHIPMENTS = {
    UNPAID: "NO_SHIPMENT",
    PENDING: "NO_SHIPMENT",
    CANCELLED: "NO_SHIPMENT",
    SHIPPED: "ON_DELIVERY",
    TO_CONFIRM_RECEIVE: "SHIPPED_ALL",
    TO_RETURN: "SHIPPED_ALL",
    COMPLETED: "SHIPPED_ALL",
}
_METHODS = {
    "Cash on Delivery": "COD",
    "Credit/Debit Card": "PAYMENT_LS_RLP",
    "Mobile Banking": "PAYMENT_LS_MOBILE_BANKING_SCB",
    "SPayLater": "PAYMENT_LS_QR_PROMPTPAY",
}
_PROVINCES = ("กรุงเทพมหานคร", "เชียงใหม่", "ขอนแก่น", "ชลบุรี", "ภูเก็ต")


def statuses(order: Order, now: State, refunded: bool) -> dict[str, str]:
    """Return the three statuses that together say how an order stands.

    FINALIZED is checked out, not finished. What was cancelled without ever being paid has expired, unless a person
    cancelled it.
    """
    if now.is_cancelled:
        expired = now.paid is None and not order.life.cod and order.life.cancel_by == "system"
        kind, payment = "EXPIRED" if expired else "CANCELED", "REFUND" if now.paid else "NO_PAYMENT"
    elif now.is_completed:
        kind, payment = "COMPLETED", "REFUND" if refunded else "PAID"
    else:
        waiting = "PENDING" if order.life.cod or now.status == PENDING else "NO_PAYMENT"
        kind, payment = "FINALIZED", "PAID" if now.paid else waiting
    return {
        "orderStatus": kind,
        "paymentStatus": payment,
        "shipmentStatus": _SHIPMENTS.get(now.status, "SHIPMENT_READY"),
    }


def is_refunded(returns: tuple[Return, ...], as_of: int) -> bool:
    """Whether the money of a whole order has gone back at an instant; LINE shows no part of it."""
    return any(
        entry.life.events[-1].status in REFUNDED_STATUSES and entry.life.events[-1].at <= as_of for entry in returns
    )


def order_row(order: Order, step: int, updated: int, refunded: bool) -> dict[str, Any]:
    """Return an order after the n-th event of its life, without its items; amounts are baht."""
    now = state(order, step)
    return {
        "orderNumber": order.order_sn,
        **statuses(order, now, refunded),
        "paymentMethod": _METHODS.get(order.payment_method, "BANK"),
        "checkoutAt": time_text(order.life.created),
        # A published description of the API calls it a text, never null.
        **({"paidAt": time_text(now.paid)} if now.paid else {}),
        "lastUpdatedAt": time_text(updated),
        "subtotalPrice": baht(order.goods),
        "discountAmount": baht(order.voucher_seller + order.voucher_platform),
        "shipmentPrice": baht(order.buyer_shipping),
        "totalPrice": baht(order.total),
        "weight": sum(line.product.weight_gram * line.units for line in order.lines) / 1000,
        "isGift": order.buyer % 25 == 0,
        "remarkBuyer": f"{PII}{order.message}" if order.message else "",
        "remarkRecipient": f"{PII}please call" if order.buyer % 7 == 0 else "",
        "shipmentDetail": _shipment(order, now),
        "shippingAddress": _address(order),
    }


def listed(row: dict[str, Any], order: Order) -> dict[str, Any]:
    """Return the row with what only the list shows besides."""
    person = {"name": f"{PII}สมหญิง {order.buyer}", "picture": f"https://profile.line.example/{PII}{order.buyer}"}
    return {**row, "customer": person, "phone": f"{PII}08{order.buyer:08d}", "email": f"{PII}@mail.example", "point": 0}


def items(order: Order) -> list[dict[str, Any]]:
    """Return the lines, which have no number of their own; prices are for one unit."""
    return [_item(line) for line in order.lines]


def product_row(catalogue: Catalogue, product: Product, version: int) -> dict[str, Any]:
    """Return a product with its variants at a version; one that is sold without a choice has one, too."""
    return {
        "id": product.item_id,
        "name": product.name,
        "code": product.sku,
        "brand": "",
        "description": f"<p>{product.name}</p>",
        "category": {"id": product.category_id, "nameEn": "Home"},
        "imageUrls": [f"https://shop.line.example/p/{product.item_id}.jpg"],
        "instantDiscount": 0,
        "isDisplay": catalogue.status(product, version) == "NORMAL",
        "hasOnlyDefaultVariant": not product.has_models,
        "variants": [_variant(catalogue, product, model, version) for model in product.models],
    }


def _variant(catalogue: Catalogue, product: Product, model: Model, version: int) -> dict[str, Any]:
    now = catalogue.model_state(product, model, version)
    reserved = now.stock % 4
    return {
        "id": model.model_id,
        "sku": model.sku,
        "barcode": "",
        "price": baht(now.original_price),
        "discountedPrice": _discounted(now.original_price, now.current_price),
        "weight": product.weight_gram / 1000,
        "inventoryId": model.model_id + 10_000_000,
        "onHandNumber": now.stock + reserved,
        "availableNumber": now.stock,
        "reservedNumber": reserved,
        "readyToShipNumber": 0,
        "options": _options(model),
    }


def _item(line: Line) -> dict[str, Any]:
    return {
        "productId": line.product.item_id,
        "variantId": line.model.model_id,
        "sku": line.model.sku,
        "barcode": "",
        "name": line.product.name,
        "imageURL": f"https://shop.line.example/p/{line.product.item_id}.jpg",
        "price": baht(line.unit_original),
        "discountedPrice": _discounted(line.unit_original, line.unit_price),
        "quantity": line.units,
        "weight": line.product.weight_gram / 1000,
        "variants": _options(line.model),
    }


def _discounted(price: int, paid: int) -> int | float | None:
    return None if paid == price else baht(paid)


def _options(model: Model) -> list[dict[str, str]]:
    return [{"name": "สี", "value": model.name}] if model.name else []


def _shipment(order: Order, now: State) -> dict[str, Any]:
    sent = _SHIPMENTS.get(now.status) in ("ON_DELIVERY", "SHIPPED_ALL")
    return {
        "name": "Standard",
        "description": "",
        "type": "STANDARD",
        "isCod": order.life.cod,
        "isAutoTracking": False,
        "shipmentCompanyId": 1,
        "shipmentCompanyNameTh": "ไปรษณีย์ไทย",
        "shipmentCompanyNameEn": "Thailand Post",
        "trackingNumber": f"{PII}TH{order.buyer:09d}" if sent else "",
        "trackingUrl": f"https://track.example/{PII}TH{order.buyer:09d}" if sent else "",
    }


def _address(order: Order) -> dict[str, Any]:
    return {
        "recipientName": f"{PII}สมชาย {order.buyer}",
        "phoneNumber": f"{PII}08{order.buyer:08d}",
        "email": "",
        "address": f"{PII}99/9 ถนนสมมุติ",
        "subDistrict": f"{PII}subdistrict",
        "district": f"{PII}district",
        "province": _PROVINCES[order.buyer % len(_PROVINCES)],
        "postalCode": f"{PII}10110",
        "country": "TH",
    }
