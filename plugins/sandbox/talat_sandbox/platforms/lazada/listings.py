"""The seller and its products. https://open.lazada.com/apps/doc/api?path=%2Fproducts%2Fget"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from talat_sandbox.business.catalogue import Catalogue, Model, ModelState, Product
from talat_sandbox.business.model import Business
from talat_sandbox.business.orders import PII
from talat_sandbox.platforms.lazada.accounts import short_code
from talat_sandbox.platforms.lazada.call import Call
from talat_sandbox.platforms.lazada.protocol import ApiError

PAGE, DEEPEST = 50, 10_000
STATUSES = {"NORMAL": "Active", "UNLIST": "InActive", "BANNED": "Suspended", "SELLER_DELETE": "Deleted"}
# Deleted products are in no other filter's answer, `all` included.
FILTERS = {
    "all": {"Active", "InActive", "Suspended"},
    "live": {"Active"},
    "inactive": {"InActive"},
    "deleted": {"Deleted"},
    "pending": set[str](),
    "rejected": {"Suspended"},
    "sold-out": set[str](),
}


class Listings:
    """The seller's own description, and its products with their SKUs."""

    def __init__(self, business: Business) -> None:
        self._business = business

    def seller(self, call: Call) -> bytes:
        """/seller/get."""
        shop = call.shop
        return orjson.dumps(
            {
                "seller_id": shop.shop_id,
                "name": shop.name,
                "name_company": f"{shop.name} Co., Ltd.",
                "short_code": short_code(shop),
                "email": f"{PII}{shop.shop_id}@example.invalid",
                "cb": False,
                "location": {"TH": "Bangkok", "SG": "Singapore"}[shop.region.code],
                "status": "ACTIVE",
                "verified": True,
                "logo_url": f"https://img.example/logo-{shop.shop_id}.png",
                "marketplaceEaseMode": False,
            }
        )

    def products(self, call: Call) -> bytes:
        """/products/get: by state (`filter`) and time of change, by offset, 50 a page."""
        wanted = call.text("filter")
        if not wanted:
            raise ApiError("MissingParameter", "The input parameter filter is mandatory and not supplied")
        if wanted not in FILTERS:
            raise ApiError("36")
        start, size = call.integer("offset", 0, DEEPEST, "14"), call.integer("limit", 20, PAGE, "19", least=1)
        updated, created = call.span("update_after", "update_before"), call.span("create_after", "create_before")
        catalogue, rows = self._business.catalogues[call.shop.index], []
        for product in catalogue.products:
            if product.launched > call.as_of:
                continue
            version = catalogue.version(product, call.as_of)
            changed = catalogue.changed_at(product, version)
            if STATUSES[catalogue.status(product, version)] not in FILTERS[wanted]:
                continue
            if updated and not updated[0] <= changed <= updated[1]:
                continue
            if created and not created[0] <= product.launched <= created[1]:
                continue
            rows.append((product, version))
        page = [_product(catalogue, product, version) for product, version in rows[start : start + size]]
        return orjson.dumps({"total_products": len(rows), "products": page})


def _product(catalogue: Catalogue, product: Product, version: int) -> dict[str, Any]:
    states = [catalogue.model_state(product, model, version) for model in product.models]
    return {
        "item_id": product.item_id,
        "primary_category": product.category_id,
        "created_time": f"{product.launched}000",
        "updated_time": f"{catalogue.changed_at(product, version)}000",
        "status": STATUSES[catalogue.status(product, version)],
        "subStatus": "",
        "images": f'["https://img.example/th-mock-{product.item_id}.jpg"]',
        "marketImages": "[]",
        "attributes": {
            "name": product.name,
            "brand": "No Brand",
            "description": f"{product.name} — สินค้าสมมุติ invented goods",
        },
        "skus": [
            _sku(catalogue, product, model, now) for model, now in zip(product.models, states, strict=True)
        ],
        "suspendedSkus": [],
        "rejectReason": [],
        "hiddenStatus": "",
        "hiddenReason": "",
        "trialProduct": False,
    }  # fmt: skip


def _sku(catalogue: Catalogue, product: Product, model: Model, now: ModelState) -> dict[str, Any]:
    sku: dict[str, Any] = {
        "SkuId": model.model_id,
        "ShopSku": f"{product.item_id}_{catalogue.shop.region.code}-{model.model_id}",
        "SellerSku": model.sku,
        "Status": "active",
        "quantity": now.stock,
        "Available": now.stock,
        "price": now.original_price / 100,
        "package_weight": f"{product.weight_gram / 1000:g}",
        "package_length": "20",
        "package_width": "15",
        "package_height": "10",
        "Url": f"https://shop.example/-i{product.item_id}-s{model.model_id}.html",
        "Images": [f"https://img.example/th-mock-{product.item_id}.jpg"],
        "saleProp": {"color_family": model.name} if model.name else {},
        "multiWarehouseInventories": [
            {
                "warehouseCode": "dropshipping",
                "quantity": now.stock,
                "sellableQuantity": now.stock,
                "occupyQuantity": 0,
            }
        ],
    }
    if now.current_price < now.original_price:
        launched = datetime.fromtimestamp(product.launched, UTC)
        sku |= {
            "special_price": now.current_price / 100,
            "special_from_time": f"{launched:%Y-%m-%d} 00:00",
            "special_to_time": "2030-12-31 23:59",
        }
    return sku
