"""Product search. https://partner.tiktokshop.com/docv2/page/search-products-202502"""

from __future__ import annotations

from typing import Any

import orjson

from talat_sandbox.business.catalogue import Catalogue, Product
from talat_sandbox.business.model import Business
from talat_sandbox.platforms.tiktok_shop.call import Call, listed
from talat_sandbox.platforms.tiktok_shop.paging import key_of, serial_of
from talat_sandbox.tables import money

_STATUSES = {
    "NORMAL": "ACTIVATE",
    "UNLIST": "SELLER_DEACTIVATED",
    "BANNED": "PLATFORM_DEACTIVATED",
    "SELLER_DELETE": "DELETED",
}
_FILTERS = {"ALL", "DRAFT", "PENDING", "FAILED", "FREEZE", *_STATUSES.values()}
_TIERS = ("GOOD", "FAIR", "POOR")
#: No query has more results.
MOST_RESULTS = 10_000


class Products:
    """The product endpoint."""

    def __init__(self, business: Business) -> None:
        self._business = business

    def search(self, call: Call) -> bytes:
        """POST products/search: products with their SKUs; here the end of a span is included."""
        call.check_body()
        wanted = str(call.request.json.get("status") or "ALL")
        if wanted not in _FILTERS:
            raise call.refuse(f"status {wanted} is not supported.")
        created, updated = call.span("create_time", "le"), call.span("update_time", "le")
        skus, numbers = call.texts("seller_skus"), call.texts("sku_ids")
        catalogue, keys = self._business.catalogues[call.shop.index], []
        for product in catalogue.products:
            if product.launched > call.as_of:
                continue
            version = catalogue.version(product, call.as_of)
            changed = catalogue.changed_at(product, version)
            if created and not created[0] <= product.launched <= created[1]:
                continue
            if updated and not updated[0] <= changed <= updated[1]:
                continue
            if wanted not in ("ALL", _STATUSES[catalogue.status(product, version)]):
                continue
            if skus and skus.isdisjoint(model.sku for model in product.models):
                continue
            if numbers and numbers.isdisjoint(str(model.model_id) for model in product.models):
                continue
            keys.append(key_of(0, str(product.item_id)))
        page, token = call.page(sorted(keys)[:MOST_RESULTS])
        found = (catalogue.by_item_id[int(serial_of(key))] for key in page)
        bodies = (orjson.dumps(_body(call, catalogue, product)) for product in found)
        return listed("products", bodies, token, len(keys))


def _body(call: Call, catalogue: Catalogue, product: Product) -> dict[str, Any]:
    version = catalogue.version(product, call.as_of)
    status, currency = _STATUSES[catalogue.status(product, version)], call.shop.region.currency
    skus = [
        {
            "id": str(model.model_id),
            "seller_sku": model.sku,
            "price": {
                "currency": currency,
                "tax_exclusive_price": money(now.current_price),
                "sale_price": money(now.current_price),
            },
            "inventory": [{"warehouse_id": f"730000000000{call.shop.index:07d}", "quantity": now.stock}],
        }
        for model in product.models
        for now in (catalogue.model_state(product, model, version),)
    ]
    return {
        "id": str(product.item_id),
        "title": product.name,
        "status": status,
        "create_time": product.launched,
        "update_time": catalogue.changed_at(product, version),
        "sales_regions": [call.shop.region.code],
        "is_not_for_sale": False,
        "has_draft": False,
        "listing_quality_tier": _TIERS[product.index % 3],
        "audit": {"status": "PASSED"},
        "product_sync_fail_reasons": [],
        "skus": skus,
    }
