"""A small invented business, by hand: every rule of the marts has an order here that would break it.

Records are what tap-shopee writes: ids as the platform has them, UTC instants as text, money as JSON numbers.
"""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]

BANGKOK, SINGAPORE, UNKNOWN_SHOP = 226001234, 226001236, 226009999
BOTTLE, BLUE, RED, GONE = 23620000001, 221400000011, 221400000012, 221400000013
LAMP = 23620000002
AS_OF = "2026-05-20 03:00:00"
LOADED = "2026-05-20T02:30:00Z"


def line(
    item: int = BOTTLE,
    model: int = BLUE,
    quantity: int = 1,
    price: float = 100.0,
    line_id: int | None = None,
    promotion: str = "",
) -> Record:
    """One element of ``item_list``; ``price`` is of one piece."""
    return {
        "item_id": item,
        "item_name": "Water bottle" if item == BOTTLE else "Desk lamp",
        "item_sku": "BTL" if item == BOTTLE else "LMP",
        "model_id": model,
        "model_name": {BLUE: "Blue", RED: "Red", GONE: "Green"}.get(model, ""),
        "model_sku": {BLUE: "BTL-BLU", RED: "BTL-RED", GONE: "BTL-GRN"}.get(model, ""),
        "model_quantity_purchased": quantity,
        "model_discounted_price": price,
        "promotion_type": promotion,
        "line_item_id": line_id,
    }


def order(
    number: str,
    created: str,
    total: float | None,
    *lines: Record,
    status: str = "COMPLETED",
    paid: bool = True,
    cod: bool = False,
    shop: int = BANGKOK,
) -> Record:
    """One order; ``created`` is ``YYYY-MM-DDTHH:MM`` UTC."""
    singapore = shop == SINGAPORE
    return {
        "shop_id": shop,
        "order_sn": number,
        "region": "SG" if singapore else "TH",
        "currency": "SGD" if singapore else "THB",
        "cod": cod,
        "order_status": status,
        "create_time": f"{created}:00Z",
        "update_time": f"{created}:30Z",
        "pay_time": f"{created}:20Z" if paid else None,
        "total_amount": total,
        "payment_method": "ShopeePay",
        "item_list": list(lines) or [line(price=total or 0.0)],
    }


def escrow(number: str, payout: float, goods: float, *items: Record, shop: int = BANGKOK, **income: Any) -> Record:
    """One settlement; ``items`` give ``discounted_price`` of whole lines."""
    return {
        "shop_id": shop,
        "order_sn": number,
        "escrow_release_time": "2026-05-01T00:00:00Z",
        "payout_amount": payout,
        "order_income": {
            "escrow_amount": payout,
            "escrow_amount_after_adjustment": payout,
            "cost_of_goods_sold": goods,
            "seller_return_refund": 0.0,
            "drc_adjustable_refund": 0.0,
            **income,
            "items": list(items),
        },
    }


def settled(item: int, model: int, value: float, line_id: int | None = None) -> Record:
    """One element of a settlement's ``items``."""
    return {"item_id": item, "model_id": model, "line_item_id": line_id, "discounted_price": value}


def refund(number: str, order_sn: str, status: str, amount: float, *items: Record, shop: int = BANGKOK) -> Record:
    """One return."""
    return {
        "shop_id": shop,
        "return_sn": number,
        "order_sn": order_sn,
        "status": status,
        "reason": "PHYSICAL_DMG",
        "refund_amount": amount,
        "currency": "SGD" if shop == SINGAPORE else "THB",
        "create_time": "2026-05-02T00:00:00Z",
        "update_time": "2026-05-03T00:00:00Z",
        "return_solution": 0,
        "item": list(items),
    }


def returned(item: int, model: int, quantity: int, price: float) -> Record:
    """One element of a return's ``item``; ``price`` is of one piece."""
    return {"item_id": item, "model_id": model, "amount": quantity, "item_price": price}


def window(
    run: str, stream: str, start: str, end: str, status: str = "done", shop: int = BANGKOK, **figures: Any
) -> Record:
    """One row of the ledger; ``start`` and ``end`` are days of 2026, ``MM-DD``."""
    return {
        "run_id": run,
        "stream": stream,
        "account_id": str(shop),
        "window_start": f"2026-{start}T00:00:00Z",
        "window_end": f"2026-{end}T00:00:00Z",
        "status": status,
        "rows": 0,
        "rejected": 0,
        "platform_total": None,
        "requests": 0,
        "retries": 0,
        "seconds_throttled": 0.0,
        "started_at": f"2026-05-{run}T01:00:00Z",
        "finished_at": f"2026-05-{run}T01:00:10Z",
        "error": None if status == "done" else "The platform did not answer.",
        **figures,
    }


FEES: dict[str, Any] = {
    "commission_fee": 31.95,
    "service_fee": 21.30,
    "seller_transaction_fee": 10.65,
    "seller_order_processing_fee": 0.58,
    "order_ams_commission_fee": 1.11,
    "escrow_tax": 2.22,
    "ads_escrow_top_up_fee_or_technical_support_fee": 3.33,
}

ORDERS = [
    order("SETTLED", "2026-03-01T03:00", 417.0, line(quantity=2, price=199.0)),
    # 00:30 of the next day in Bangkok.
    order("AFTER-MIDNIGHT", "2026-03-01T17:30", 100.05, line(LAMP, 0, 1, 62.05)),
    order("COD", "2026-03-02T03:00", 59.9, line(price=59.9), status="SHIPPED", paid=False, cod=True),
    order("UNPAID", "2026-03-02T04:00", None, line(price=80.0), status="UNPAID", paid=False),
    order("CANCELLED-PAID", "2026-03-02T05:00", 300.0, line(price=300.0), status="CANCELLED"),
    order("CANCELLED-COD", "2026-03-02T05:00", 70.0, line(price=70.0), status="CANCELLED", paid=False, cod=True),
    order("UNKNOWN-STATUS", "2026-03-02T06:00", 12.34, line(price=12.34), status="ON_HOLD"),
    # One SKU alone and in a bundle: the bundle's lines say price 0.
    order(
        "BUNDLE-OPEN",
        "2026-03-04T03:00",
        250.0,
        line(quantity=1, price=100.0, line_id=1),
        line(quantity=3, price=0.0, line_id=2, promotion="bundle_deal"),
        status="SHIPPED",
    ),
    order(
        "BUNDLE-SETTLED",
        "2026-03-04T03:00",
        250.0,
        line(quantity=1, price=100.0, line_id=1),
        line(quantity=3, price=0.0, line_id=2, promotion="bundle_deal"),
        line(LAMP, 0, 1, 0.0, promotion="bundle_deal"),
    ),
    order("PARTLY-REFUNDED", "2026-03-05T03:00", 300.0, line(quantity=2, price=100.0), line(LAMP, 0, 1, 100.0)),
    order("REFUNDED", "2026-03-05T03:00", 138.0, line(price=100.0)),
    order("REFUNDED-UNSETTLED", "2026-03-05T03:00", 138.0, line(price=50.0, quantity=2)),
    order("CLOSED-WITH-MONEY", "2026-03-06T03:00", 200.0, line(price=200.0)),
    order("CLOSED-BY-DISPUTE", "2026-03-06T03:00", 200.0, line(price=200.0)),
    order("CLOSED-WITHOUT", "2026-03-06T03:00", 200.0, line(price=200.0)),
    order("CLOSED-UNSETTLED", "2026-03-06T03:00", 200.0, line(price=200.0)),
    order("RETURN-OPEN", "2026-03-06T03:00", 200.0, line(price=200.0)),
    order("CANCELLED-REFUNDED", "2026-03-06T03:00", 90.0, line(price=90.0), status="CANCELLED"),
    # The ends of months: 31 March is compared with 28 February, which Bangkok does not reach; 30 April, 31 May.
    order("END-OF-MARCH", "2026-03-31T03:00", 500.0, line(price=500.0)),
    order("END-OF-APRIL", "2026-04-30T03:00", 250.0, line(BOTTLE, RED, 1, 250.0)),
    # Singapore: 00:30 of the next day too, and cents that only round per order.
    order("SG-1", "2026-04-09T16:30", 10.05, line(price=9.05), shop=SINGAPORE),
    order("SG-2", "2026-04-10T03:00", 10.05, line(price=9.05), shop=SINGAPORE),
    order("SG-3", "2026-04-11T03:00", 33.33, line(price=33.33), shop=SINGAPORE),
    order("SG-SETTLED", "2026-04-11T04:00", 100.01, line(price=100.01), shop=SINGAPORE),
    # Mondays at 1,000 baht each, then one at 400.
    *(
        order(f"MONDAY-{day}", f"2026-{day}T03:00", 1000.0, line(price=1000.0))
        for day in ("04-13", "04-20", "04-27", "05-04")
    ),
    order("MONDAY-05-11", "2026-05-11T03:00", 399.99, line(price=399.99)),
    order("MONDAY-05-18", "2026-05-18T03:00", 600.0, line(price=600.0)),
    # Half way through when the data end: no alert for a day that is not over.
    order("TODAY", "2026-05-20T01:00", 1.0, line(price=1.0), status="READY_TO_SHIP"),
    order("NO-SHOP", "2026-03-02T03:00", 10.0, line(price=10.0), shop=UNKNOWN_SHOP),
]

ESCROW = [
    escrow("SETTLED", 333.52, 398.0, settled(BOTTLE, BLUE, 398.0), **FEES),
    # Lines in another order than the order's own, told apart by line_item_id only.
    escrow(
        "BUNDLE-SETTLED",
        230.0,
        248.5,
        settled(LAMP, 0, 48.5),
        settled(BOTTLE, BLUE, 110.0, 2),
        settled(BOTTLE, BLUE, 90.0, 1),
        commission_fee=20.0,
    ),
    escrow("PARTLY-REFUNDED", 200.0, 300.0, settled(BOTTLE, BLUE, 200.0), settled(LAMP, 0, 100.0), service_fee=9.99),
    escrow("REFUNDED", -5.0, 100.0, settled(BOTTLE, BLUE, 100.0), seller_return_refund=-100.0),
    escrow("CLOSED-WITH-MONEY", 150.0, 200.0, settled(BOTTLE, BLUE, 200.0), seller_return_refund=-50.0),
    escrow("CLOSED-BY-DISPUTE", 150.0, 200.0, settled(BOTTLE, BLUE, 200.0), drc_adjustable_refund=-50.0),
    escrow("CLOSED-WITHOUT", 200.0, 200.0, settled(BOTTLE, BLUE, 200.0)),
    escrow("SG-SETTLED", 90.0, 100.01, settled(BOTTLE, BLUE, 100.01), shop=SINGAPORE, **FEES),
]

RETURNS = [
    # Thirds: 33.33, 33.33 and 33.34.
    refund(
        "R-PARTLY",
        "PARTLY-REFUNDED",
        "REFUND_PAID",
        100.0,
        returned(BOTTLE, BLUE, 1, 10.0),
        returned(LAMP, 0, 1, 10.0),
        returned(BOTTLE, RED, 1, 10.0),
    ),
    refund("R-FULL-1", "REFUNDED", "REFUND_PAID", 40.0, returned(BOTTLE, BLUE, 1, 100.0)),
    refund("R-FULL-2", "REFUNDED", "COMPLETED", 60.0),
    refund("R-UNSETTLED", "REFUNDED-UNSETTLED", "REFUND_PAID", 100.0, returned(BOTTLE, BLUE, 2, 0.0)),
    refund("R-CLOSED-1", "CLOSED-WITH-MONEY", "CLOSED", 50.0, returned(BOTTLE, BLUE, 1, 200.0)),
    refund("R-CLOSED-2", "CLOSED-BY-DISPUTE", "CLOSED", 50.0, returned(BOTTLE, BLUE, 1, 200.0)),
    refund("R-CLOSED-3", "CLOSED-WITHOUT", "CLOSED", 50.0, returned(BOTTLE, BLUE, 1, 200.0)),
    refund("R-CLOSED-4", "CLOSED-UNSETTLED", "CLOSED", 50.0, returned(BOTTLE, BLUE, 1, 200.0)),
    refund("R-OPEN", "RETURN-OPEN", "ACCEPTED", 200.0, returned(BOTTLE, BLUE, 1, 200.0)),
    refund("R-CANCELLED", "CANCELLED-REFUNDED", "REFUND_PAID", 90.0, returned(BOTTLE, BLUE, 1, 90.0)),
    refund("R-SG", "SG-SETTLED", "REFUND_PAID", 0.55, returned(BOTTLE, BLUE, 1, 100.01), shop=SINGAPORE),
]


def _shop(shop: int, name: str, region: str) -> Record:
    return {
        "shop_id": shop,
        "shop_name": name,
        "region": region,
        "status": "NORMAL",
        "is_cb": False,
        "auth_time": "2026-01-01T00:00:00Z",
        "expire_time": "2026-12-31T23:59:59Z",
    }


def _product(shop: int, item: int, name: str, **more: Any) -> Record:
    return {
        "shop_id": shop,
        "item_id": item,
        "item_name": name,
        "item_sku": "BTL" if item == BOTTLE else "LMP",
        "item_status": "NORMAL",
        "has_model": item == BOTTLE,
        "category_id": 100636,
        "brand": {"brand_id": 0, "original_brand_name": "NoBrand"},
        "create_time": "2026-01-01T00:00:00Z",
        "update_time": "2026-05-01T00:00:00Z",
        **more,
    }


def _model(model: int, name: str, sku: str, price: float, stock: int, read: str = "2026-05-01") -> Record:
    return {
        "shop_id": BANGKOK,
        "item_id": BOTTLE,
        "model_id": model,
        "model_name": name,
        "model_sku": sku,
        "model_status": "MODEL_NORMAL",
        "price_info": [{"currency": "THB", "original_price": price + 50, "current_price": price}],
        "stock_info_v2": {"summary_info": {"total_reserved_stock": 0, "total_available_stock": stock}},
        "item_update_time": f"{read}T00:00:00Z",
    }


def _metric(date: str, metric: int, current: float | None, target: Record, rating: int = 3) -> Record:
    return {
        "shop_id": BANGKOK,
        "snapshot_date": date,
        "metric_id": metric,
        "overall_rating": rating,
        "metric_type": 1,
        "metric_name": f"metric_{metric}",
        "current_period": current,
        "last_period": 0.5,
        "unit": 2,
        "target": target,
    }


_BELOW_TEN = {"value": 10.0, "comparator": "<"}
_AT_LEAST_80 = {"value": 80.0, "comparator": ">="}

RAW: dict[str, list[Record]] = {
    "shop": [_shop(BANGKOK, "Baan Talat", "TH"), _shop(SINGAPORE, "Lion City Living", "SG")],
    "orders": ORDERS,
    "products": [
        _product(BANGKOK, BOTTLE, "Water bottle, new name"),
        _product(
            BANGKOK,
            LAMP,
            "Desk lamp",
            price_info=[{"currency": "THB", "original_price": 99.0, "current_price": 62.05}],
            stock_info_v2={"summary_info": {"total_available_stock": 7}},
        ),
    ],
    "product_models": [
        _model(BLUE, "Blue", "BTL-BLU", 199.0, 57),
        _model(RED, "Red", "BTL-RED", 250.0, 0),
        # Not among the models that came with the item's last change: the seller deleted it.
        _model(GONE, "Green", "BTL-GRN", 10.0, 5, read="2026-04-01"),
    ],
    "returns": RETURNS,
    "escrow": ESCROW,
    "shop_performance": [
        _metric("2026-03-20", 1, 12.0, _BELOW_TEN, rating=2),
        _metric("2026-04-29", 1, 10.0, _BELOW_TEN),
        _metric("2026-04-29", 2, 80.0, _AT_LEAST_80),
        _metric("2026-04-29", 3, None, _BELOW_TEN),
        _metric("2026-04-29", -1, 99.0, _BELOW_TEN),
        _metric("2026-04-30", 1, 1.0, _BELOW_TEN, rating=4),
        _metric("2026-04-30", 2, 79.9, _AT_LEAST_80, rating=4),
    ],
    "sync_windows": [
        # A gap of two weeks that two later runs fill in pieces, out of order.
        window("01", "orders", "02-01", "03-01", rows=10, requests=3, seconds_throttled=0.125),
        window("01", "orders", "03-01", "03-15", "gap", requests=4, retries=3),
        window("02", "orders", "03-08", "03-15", rows=40, requests=6),
        window("03", "orders", "03-01", "03-08", rows=5, requests=1, rejected=1),
        window("04", "orders", "03-15", "05-20", rows=0, requests=2),
        # Half filled, so still open.
        window("01", "escrow", "03-01", "03-15", "gap"),
        window("02", "escrow", "03-01", "03-08", rows=8),
        window("02", "escrow", "03-15", "05-19"),
        # A stream without time: any later success closes its gap.
        window("01", "shop", "05-01", "05-01", "gap"),
        window("02", "shop", "05-02", "05-02", rows=1, requests=1),
        window("02", "returns", "05-01", "05-02", "skipped", shop=SINGAPORE),
        window("04", "orders", "04-01", "05-20", shop=SINGAPORE, rows=4, requests=2),
    ],
    "rejected_records": [
        {
            "stream": "orders",
            "account_id": str(BANGKOK),
            "record_hash": "5f" * 32,
            "run_id": "03",
            "window_start": "2026-03-01T00:00:00Z",
            "reason": "create_time is not a time.",
            "record": {"order_sn": "BROKEN"},
            "rejected_at": "2026-05-03T01:00:05Z",
        }
    ],
}
