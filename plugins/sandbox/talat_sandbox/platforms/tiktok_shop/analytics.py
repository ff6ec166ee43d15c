"""Daily performance of a shop. https://partner.tiktokshop.com/docv2/page/get-shop-performance-202405"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import orjson

from talat_sandbox.business.dice import Dice
from talat_sandbox.business.model import Business
from talat_sandbox.business.orders import Order
from talat_sandbox.business.shops import local_date
from talat_sandbox.platforms.tiktok_shop.call import Call
from talat_sandbox.tables import money

_MOST_DAYS = 90


class Analytics:
    """The analytics endpoint."""

    def __init__(self, business: Business) -> None:
        self._business = business

    def performance(self, call: Call) -> bytes:
        """GET shop/performance: figures of local days; the end is left out, and today is not there yet."""
        first, end = self._day(call, "start_date_ge"), self._day(call, "end_date_lt")
        if not first < end <= first + timedelta(_MOST_DAYS):
            raise call.refuse("The date range exceeds limit.")
        whole = call.choice("granularity", ("ALL", "1D"), "ALL") == "ALL"
        call.choice("currency", ("LOCAL",), "LOCAL")
        latest = local_date(call.shop.region.time_zone, call.as_of) - timedelta(1)
        days = [first + timedelta(number) for number in range((end - first).days)]
        days = [day for day in days if self._business.plan.opens <= day <= latest]
        spans = [days] if whole and days else [[day] for day in days]
        intervals = [self._interval(call, span) for span in spans]
        return orjson.dumps(
            {
                "latest_available_date": latest.isoformat(),
                "performance": {"intervals": intervals, "comparison_intervals": []},
            }
        )

    def _day(self, call: Call, name: str) -> date:
        try:
            return date.fromisoformat(call.request.param(name))
        except ValueError:
            raise call.refuse(f"{name} must be a date like 2026-01-31.") from None

    def _interval(self, call: Call, days: list[date]) -> dict[str, Any]:
        business, currency = self._business, call.shop.region.currency
        orders: list[Order] = [
            order
            for day in days
            for order in business.orders_on(call.shop, (day - business.plan.opens).days)
            if order.life.paid is not None or order.life.cod
        ]
        gmv = sum(order.total for order in orders)
        live, video = gmv * 27 // 100, gmv * 33 // 100
        parts = {"LIVE": live, "VIDEO": video, "PRODUCT_CARD": gmv - live - video}
        views = len(orders) * Dice(f"{call.shop.shop_id}|views|{days[0]}").between(60, 100)

        def amount(satang: int) -> dict[str, str]:
            return {"amount": money(satang), "currency": currency}

        return {
            "start_date": days[0].isoformat(),
            "end_date": (days[-1] + timedelta(1)).isoformat(),
            "gmv": amount(gmv),
            "gmv_breakdowns": [{"type": kind, **amount(part)} for kind, part in parts.items()],
            "orders": len(orders),
            "sku_orders": sum(len(order.lines) for order in orders),
            "units_sold": sum(line.units for order in orders for line in order.lines),
            "buyers": len({order.buyer for order in orders}),
            "avg_order_value": amount(gmv // len(orders) if orders else 0),
            "product_impressions": views * 6,
            "product_page_views": views,
            "avg_product_page_visitors": views // 2,
            "refunds": amount(0),
            "cancellations_and_returns": 0,
        }
