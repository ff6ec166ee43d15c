"""Settlements and returns as Shopee shows them; item amounts of a settlement include the quantity."""

from __future__ import annotations

from typing import Any

from talat_sandbox.business.life import REFUNDED_STATUSES
from talat_sandbox.business.money import Return, Settlement
from talat_sandbox.business.orders import PII, Line


def escrow_body(settled: Settlement) -> dict[str, Any]:
    """Return the `escrow_detail` of a settlement; amounts are JSON numbers in the shop's currency."""
    order = settled.order
    original = sum(line.unit_original * line.units for line in order.lines)
    discount = original - order.goods
    satang = {
        "escrow_amount": settled.amount,
        "buyer_total_amount": order.total,
        "order_original_price": original,
        "original_price": original,
        "order_selling_price": original,
        "order_discounted_price": order.goods,
        "order_seller_discount": discount,
        "seller_discount": discount,
        "shopee_discount": 0,
        "voucher_from_seller": order.voucher_seller,
        "voucher_from_shopee": order.voucher_platform,
        "coins": order.coins,
        "cost_of_goods_sold": order.goods,
        "original_cost_of_goods_sold": order.goods,
        "original_shopee_discount": 0,
        "buyer_paid_shipping_fee": order.buyer_shipping,
        "actual_shipping_fee": order.actual_shipping,
        "shopee_shipping_rebate": order.shipping_rebate,
        "final_shipping_fee": order.shipping_rebate + order.buyer_shipping - order.actual_shipping,
        "commission_fee": settled.commission,
        "service_fee": settled.service,
        "seller_transaction_fee": settled.transaction,
        "seller_order_processing_fee": settled.processing,
        "order_ams_commission_fee": settled.affiliate,
        "escrow_tax": settled.tax,
        "vat_on_imported_goods": 0,
        "th_import_duty": 0,
        "ads_escrow_top_up_fee_or_technical_support_fee": settled.ads_top_up,
        "seller_return_refund": settled.return_refund,
        "drc_adjustable_refund": settled.dispute_refund,
        "total_adjustment_amount": settled.adjustment,
        "escrow_amount_after_adjustment": settled.payout,
    }
    income: dict[str, Any] = {name: amount / 100 for name, amount in satang.items()}
    income["buyer_payment_method"] = order.payment_method
    if settled.adjusted is not None:
        income["order_adjustment"] = [
            {
                "amount": settled.adjustment / 100,
                "date": settled.adjusted,
                "currency": order.shop.region.currency,
                "adjustment_reason": settled.adjustment_reason,
            }
        ]
    income["items"] = [_escrow_item(line) for line in order.lines]
    return {
        "order_sn": order.order_sn,
        "buyer_user_name": f"{PII}buyer{order.buyer}",
        "return_order_sn_list": list(settled.return_sns),
        "order_income": income,
    }


def _escrow_item(line: Line) -> dict[str, Any]:
    original = line.unit_original * line.units
    return {
        "item_id": line.product.item_id,
        "item_name": line.product.name,
        "item_sku": line.product.sku,
        "model_id": line.model.model_id,
        "model_name": line.model.name,
        "model_sku": line.model.sku if line.product.has_models else "",
        "line_item_id": line.line_id,
        "original_price": original / 100,
        "selling_price": original / 100,
        "discounted_price": line.subtotal / 100,
        "seller_discount": (original - line.subtotal) / 100,
        "shopee_discount": 0.0,
        "discount_from_coin": line.coins / 100,
        "discount_from_voucher_shopee": line.voucher_platform / 100,
        "discount_from_voucher_seller": line.voucher_seller / 100,
        "activity_type": "bundle_deal" if line.bundle_id else "",
        "activity_id": line.bundle_id,
        "is_main_item": False,
        "quantity_purchased": line.units,
        "ams_commission_fee": line.affiliate_fee / 100,
    }


def return_body(entry: Return, step: int, detail: bool) -> dict[str, Any]:
    """Return a return as it stands after its n-th event; the detail adds each item's refund."""
    order, event = entry.order, entry.life.events[step]
    over = event.status in (*REFUNDED_STATUSES, "CLOSED", "CANCELLED")
    items = [_return_item(line, units, detail) for line, units in entry.lines]
    return {
        "return_sn": entry.return_sn,
        "order_sn": order.order_sn,
        "status": event.status,
        "reason": "PHYSICAL_DMG" if entry.number % 2 else "NOT_RECEIPT",
        "text_reason": f"{PII}กล่องบุบ made up",
        "refund_amount": entry.refund / 100,
        "amount_before_discount": sum(line.unit_original * units for line, units in entry.lines) / 100,
        "currency": order.shop.region.currency,
        "create_time": entry.created,
        "update_time": event.at,
        "due_date": entry.created + 3 * 86400,
        "tracking_number": "",
        "needs_logistics": False,
        "return_solution": 0 if entry.life.whole_order else 1,
        "return_refund_type": "RRBOC" if entry.life.before_completion else "RRAOC",
        "return_refund_request_type": 0,
        "negotiation_status": "TERMINATED" if over else "ONGOING",
        "seller_proof_status": "NOT_NEEDED",
        "seller_compensation_status": "NOT_REQUIRED",
        "validation_type": "seller_validation",
        "item": items,
        "user": {
            "username": f"{PII}user{order.buyer}",
            "email": f"{PII}{order.buyer}@example.invalid",
            "portrait": f"{PII}portrait",
        },
        "image": [f"https://cf.shopee.example/file/{PII}return-photo"],
    }


def _return_item(line: Line, units: int, detail: bool) -> dict[str, Any]:
    item = {
        "item_id": line.product.item_id,
        "model_id": line.model.model_id,
        "name": line.product.name,
        "images": [],
        "amount": units,
        "item_price": line.subtotal // line.units / 100,
        "is_add_on_deal": False,
        "is_main_item": False,
        "add_on_deal_id": 0,
        "item_sku": line.product.sku,
        "variation_sku": line.model.sku if line.product.has_models else "",
    }
    if detail:
        item["refund_amount"] = line.subtotal * units // line.units / 100
    return item
