"""Shop information, profile and performance."""

from __future__ import annotations

import orjson

from talat_sandbox.business.dice import Dice
from talat_sandbox.platforms.shopee.call import Call
from talat_sandbox.world import World

_CONSENT_SECONDS = 365 * 86400
# metric_id, metric_type, parent, name, unit, target, comparator, usual figure in hundredths
_METRICS = (
    (1, 1, 0, "late_shipment_rate", 2, 10, "<", 250),
    (3, 1, 0, "non_fulfillment_rate", 2, 10, "<", 180),
    (4, 1, 0, "preparation_time", 4, 1.75, "<", 110),
    (11, 3, 0, "response_rate", 2, 80, ">=", 8600),
    (21, 3, 0, "response_time", 5, 0.5, "<", 30),
    (22, 3, 0, "overall_review_rating", 1, 4, ">=", 450),
    (-1, 2, 0, "listing_violations", 1, 0, "<=", 0),
    (52, 2, -1, "severe_listing_violations", 1, 0, "<=", 0),
)


class ShopPages:
    """Endpoints about the shop itself; none takes parameters."""

    def __init__(self, world: World) -> None:
        self._world = world

    def info(self, call: Call) -> bytes:
        """GET shop.get_shop_info: data at the top level, without the shop id."""
        business = self._world.business
        # A consent lasts a year: in a longer history the seller gave the last one 90 days before it ends.
        consented = business.day_start(call.shop, max(0, business.plan.days - 90))
        return orjson.dumps(
            {
                "shop_name": call.shop.name,
                "region": call.shop.region.code,
                "status": "NORMAL",
                "shop_fulfillment_flag": "Others",
                "is_cb": False,
                "is_upgraded_cbsc": False,
                "merchant_id": None,
                "is_sip": False,
                "auth_time": consented,
                "expire_time": consented + _CONSENT_SECONDS,
                "is_main_shop": False,
                "is_direct_shop": False,
                "linked_main_shop_id": 0,
                "linked_direct_shop_list": [],
                "is_mart_shop": False,
                "is_outlet_shop": False,
            }
        )

    def profile(self, call: Call) -> bytes:
        """GET shop.get_profile."""
        return orjson.dumps(
            {
                "shop_logo": f"https://cf.shopee.example/file/logo-{call.shop.shop_id}",
                "shop_name": call.shop.name,
                "description": "ร้านนี้ไม่มีอยู่จริง 🏪 This shop is invented.",
                "invoice_issuer": "Others",
            }
        )

    def performance(self, call: Call) -> bytes:
        """GET account_health.get_shop_performance: today's figures, without history."""
        day = self._world.business.day_of(call.shop, call.as_of)
        return orjson.dumps(
            {
                "overall_performance": {
                    "rating": 3,
                    "fulfillment_failed": 1,
                    "listing_failed": 0,
                    "custom_service_failed": 0,
                },
                "metric_list": [
                    {
                        "metric_type": kind,
                        "metric_id": metric,
                        "parent_metric_id": parent,
                        "metric_name": name,
                        "current_period": self._figure(call, metric, usual, day),
                        "last_period": self._figure(call, metric, usual, day - 7),
                        "unit": unit,
                        "target": {"value": target, "comparator": comparator},
                    }
                    for metric, kind, parent, name, unit, target, comparator, usual in _METRICS
                ],
            }
        )

    def _figure(self, call: Call, metric: int, usual: int, day: int) -> float | None:
        if metric == 21 and day % 5 == 0:
            return None  # the documentation allows it, so clients have to
        seed = self._world.business.plan.seed
        dice = Dice(f"{seed}|metric|{call.shop.index}|{metric}|{day}")
        return usual * dice.between(85, 110) // 100 / 100
