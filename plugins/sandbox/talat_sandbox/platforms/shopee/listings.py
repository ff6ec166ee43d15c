"""Products and their models. https://open.shopee.com/documents/v2/v2.product.get_item_list"""

from __future__ import annotations

from typing import Any

import orjson

from talat_sandbox.business.catalogue import Catalogue, ModelState, Product
from talat_sandbox.business.dice import Dice
from talat_sandbox.platforms.shopee.call import Call
from talat_sandbox.platforms.shopee.protocol import ApiError
from talat_sandbox.world import World

STATUSES = {"NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE"}
_DEEPEST_OFFSET = 10_000
_BATCH = 50


class Listings:
    """The product endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world

    def item_list(self, call: Call) -> bytes:
        """GET product.get_item_list: item_status is a required, repeatable key; offset paging."""
        wanted = set(call.request.params.get("item_status", ()))
        if not wanted or not wanted <= STATUSES:
            raise ApiError("error_param", "item_status is required, repeat the key for each status.")
        size, offset = call.page_size(), call.integer("offset", 0)
        if not 0 <= offset <= _DEEPEST_OFFSET:
            raise ApiError("error_param", "offset over limit")
        first, last = call.integer("update_time_from", 0), call.integer("update_time_to", call.as_of)
        if first > last:
            raise ApiError("error_param", "update_time_from must not be after update_time_to.")
        last -= self._world.options.half_open
        catalogue, rows = self._catalogue(call), []
        for product in catalogue.products:
            if product.launched > call.as_of:
                continue
            version = catalogue.version(product, call.as_of)
            updated, status = catalogue.changed_at(product, version), catalogue.status(product, version)
            if status in wanted and first <= updated <= last:
                rows.append(
                    {
                        "item_id": product.item_id,
                        "item_status": status,
                        "update_time": updated,
                        "tag": {"kit": False},
                    }
                )
        page: dict[str, Any] = {"item": rows[offset : offset + size], "total_count": len(rows)}
        page["has_next_page"] = offset + size < len(rows)
        if page["has_next_page"]:
            page["next_offset"] = offset + size
        return orjson.dumps(page)

    def base_info(self, call: Call) -> bytes:
        """GET product.get_item_base_info: at most 50 ids; unknown ones are left out."""
        return orjson.dumps({"item_list": [self._base(call, product) for product in self._products(call)]})

    def extra_info(self, call: Call) -> bytes:
        """GET product.get_item_extra_info: at most 50 ids."""
        return orjson.dumps({"item_list": [self._extra(call, product) for product in self._products(call)]})

    def models(self, call: Call) -> bytes:
        """GET product.get_model_list: one item per call."""
        catalogue = self._catalogue(call)
        product = catalogue.by_item_id.get(call.integer("item_id"))
        if product is None or product.launched > call.as_of:
            raise ApiError("error_not_found", "The item is not found.")
        if not product.has_models:
            return orjson.dumps({"tier_variation": [], "model": []})
        version = catalogue.version(product, call.as_of)
        models = [
            {
                "model_id": model.model_id,
                "tier_index": [place],
                "model_sku": model.sku,
                "model_status": "MODEL_NORMAL",
                "has_promotion": now.current_price < now.original_price,
                "promotion_id": 779_000_000_000_000 + product.index,
                **_price_and_stock(call, now),
                "weight": f"{product.weight_gram / 1000:g}",
            }
            for place, model in enumerate(product.models)
            for now in (catalogue.model_state(product, model, version),)
        ]
        options = [{"option": model.name} for model in product.models]
        return orjson.dumps({"tier_variation": [{"name": "สี", "option_list": options}], "model": models})

    def _catalogue(self, call: Call) -> Catalogue:
        return self._world.business.catalogues[call.shop.index]

    def _products(self, call: Call) -> list[Product]:
        catalogue = self._catalogue(call)
        ids = call.ids("item_id_list", _BATCH)
        if not all(item.isdigit() for item in ids):
            raise ApiError("error_param", "item_id_list must hold integers.")
        found = (catalogue.by_item_id.get(int(item)) for item in ids)
        return [product for product in found if product and product.launched <= call.as_of]

    def _base(self, call: Call, product: Product) -> dict[str, Any]:
        catalogue = self._catalogue(call)
        version = catalogue.version(product, call.as_of)
        states = [catalogue.model_state(product, model, version) for model in product.models]
        base: dict[str, Any] = {
            "item_id": product.item_id,
            "category_id": product.category_id,
            "item_name": product.name,
            "description": f"{product.name} — สินค้าสมมุติ invented goods",
            "description_type": "normal",
            "item_sku": product.sku,
            "create_time": product.launched,
            "update_time": catalogue.changed_at(product, version),
            "item_status": catalogue.status(product, version),
            "has_model": product.has_models,
            "has_promotion": any(now.current_price < now.original_price for now in states),
            "condition": "NEW",
            "weight": f"{product.weight_gram / 1000:g}",
            "dimension": {"package_length": 20, "package_width": 15, "package_height": 10},
            "image": {
                "image_id_list": [f"th-mock-{product.item_id}"],
                "image_url_list": [f"https://cf.shopee.example/file/th-mock-{product.item_id}"],
                "image_ratio": "1:1",
            },
            "logistic_info": [
                {
                    "logistic_id": 70021,
                    "logistic_name": "SPX Express",
                    "enabled": True,
                    "is_free": False,
                    "estimated_shipping_fee": 38.0,
                }
            ],
            "pre_order": {"is_pre_order": False, "days_to_ship": 2},
            "brand": {"brand_id": 0, "original_brand_name": "NoBrand"},
            "attribute_list": [],
            "deboost": False,
            "tag": {"kit": False},
        }
        if not product.has_models:
            base.update(_price_and_stock(call, states[0]))
        return base

    def _extra(self, call: Call, product: Product) -> dict[str, Any]:
        day = self._world.business.day_of(call.shop, call.as_of)
        pace = Dice(f"{self._world.business.plan.seed}|extra|{product.item_id}").between(1, 40)
        return {
            "item_id": product.item_id,
            "sale": pace * (day + 30),
            "views": pace * (day + 30) * 31,
            "likes": pace * (day + 30) // 4,
            "rating_star": 4 + pace / 50,
            "comment_count": pace * (day + 30) // 9,
        }


def _price_and_stock(call: Call, now: ModelState) -> dict[str, Any]:
    return {
        "price_info": [
            {
                "currency": call.shop.region.currency,
                "original_price": now.original_price / 100,
                "current_price": now.current_price / 100,
            }
        ],
        "stock_info_v2": {
            "summary_info": {"total_reserved_stock": 0, "total_available_stock": now.stock},
            "seller_stock": [{"location_id": f"{call.shop.region.code}Z", "stock": now.stock, "if_saleable": True}],
            "shopee_stock": [],
        },
    }
