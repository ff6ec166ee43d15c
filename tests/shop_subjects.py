"""The taps of shops, as the suites of the whole see them."""

from __future__ import annotations

from pathlib import Path

from talat_sandbox.platforms.lazada import protocol as lazada
from talat_sandbox.platforms.line_shop.protocol import api_key
from talat_sandbox.platforms.tiktok_shop import protocol as tiktok
from talat_sandbox.testing import Sandbox
from talat_sandbox.vault import Vault
from tests.subject import Config, Subject, Table, of


def _shopee(sandbox: Sandbox, folder: Path) -> Config:
    return {
        "partner_id": sandbox.partner_id,
        "partner_key": sandbox.partner_key,
        "shop_ids": list(sandbox.shop_ids),
        "refresh_tokens": {str(shop): token for shop, token in sandbox.refresh_tokens.items()},
        "token_store": str(folder / "tokens"),
        "pii_salt": "salt",
        "requests_per_second": 0,
    }


def _lazada(sandbox: Sandbox, folder: Path) -> Config:
    sellers = sandbox.channel_shop_ids["lazada"]
    return {
        "app_key": lazada.APP_KEY,
        "app_secret": lazada.APP_SECRET,
        "seller_ids": list(sellers),
        "refresh_tokens": {str(seller): Vault.first_refresh_token(seller) for seller in sellers},
        "token_store": str(folder / "tokens"),
        "pii_salt": "salt",
        "requests_per_second": 0,
    }


def _tiktok_shops(sandbox: Sandbox) -> list[str]:
    return [str(shop) for shop in sandbox.channel_shop_ids["tiktok_shop"]]


def _tiktok_shop(sandbox: Sandbox, folder: Path) -> Config:
    shops = _tiktok_shops(sandbox)
    return {
        "app_key": tiktok.APP_KEY,
        "app_secret": tiktok.APP_SECRET,
        "service_id": tiktok.SERVICE_ID,
        "shop_ids": shops,
        "auth_url": sandbox.url,
        "consent_url": f"{sandbox.url}/open/authorize",
        "refresh_tokens": {shop: Vault.first_refresh_token(int(shop)) for shop in shops},
        "token_store": str(folder / "tokens"),
        "pii_salt": "salt",
        "requests_per_second": 0,
    }


def _line(sandbox: Sandbox, folder: Path) -> Config:
    shops = [str(shop) for shop in sandbox.channel_shop_ids["line_shop"]]
    return {
        "api_keys": {shop: api_key(int(shop)) for shop in shops},
        "shop_ids": shops,
        "lookback_days": 0,
        "requests_per_second": 0,
    }


SHOPEE = Subject(
    name="tap-shopee",
    platform="shopee",
    settings=_shopee,
    accounts=lambda sandbox: [str(shop) for shop in sandbox.shop_ids],
    accounts_setting="shop_ids",
    tables=(
        Table(
            "orders",
            "orders",
            {"shop_id": "shop_id", "order_sn": "order_id"},
            {"update_time": "updated_at", "total_amount": "total_amount", "currency": "currency"},
            only=of("shopee"),
            call="order/get_order_detail",
        ),
        Table(
            "products",
            "products",
            {"shop_id": "shop_id", "item_id": "product_id"},
            {"item_name": "name", "item_status": "status", "update_time": "updated_at"},
            only=of("shopee"),
            call="product/get_item_base_info",
        ),
        Table(
            "escrow",
            "orders",
            {"shop_id": "shop_id", "order_sn": "order_id"},
            only=lambda order: order["platform"] == "shopee" and order["is_settled"] == "true",
            call="payment/get_escrow_detail_batch",
        ),
        Table("shop", "shops", {"shop_id": "shop_id"}, {"shop_name": "name", "region": "region"}, only=of("shopee")),
    ),
    listing="order/get_order_list",
    detail="order/get_order_detail",
    token="auth/access_token/get",
    dated="order/get_order_detail",
    choices=lambda sandbox: [str(shop) for shop in sandbox.shop_ids],
    rotates=True,
    dead_token={"kind": "error", "code": "error_shop_refresh_token"},
    calls=("order/get_order_list", "order/get_order_detail", "product/", "payment/", "shop/get_shop_info"),
    troubles=(
        {"kind": "expire_token"},
        {"kind": "rate_limit"},
        {"kind": "rate_limit", "status": 429, "retry_after": 1},
    ),
    snapshots=("shop_performance",),
)

LAZADA = Subject(
    name="tap-lazada",
    platform="lazada",
    settings=_lazada,
    accounts=lambda sandbox: [str(seller) for seller in sandbox.channel_shop_ids["lazada"]],
    accounts_setting="seller_ids",
    tables=(
        Table(
            "orders",
            "orders",
            {"seller_id": "shop_id", "order_id": "order_id"},
            {"updated_at": "updated_at", "created_at": "created_at", "items_count": "units"},
            only=of("lazada"),
            call="/orders/get",
        ),
        Table(
            "products",
            "products",
            {"seller_id": "shop_id", "item_id": "product_id"},
            {"updated_time": "updated_at", "created_time": "created_at"},
            only=of("lazada"),
            call="/products/get",
        ),
        Table("seller", "shops", {"seller_id": "shop_id"}, {"name": "name"}, only=of("lazada")),
    ),
    listing="/orders/get",
    detail="/orders/items/get",
    token="auth/token/refresh",
    dated="/orders/get",
    choices=lambda sandbox: [str(seller) for seller in sandbox.channel_shop_ids["lazada"]],
    rotates=True,
    dead_token={"kind": "error", "code": "IllegalRefreshToken"},
    calls=("/orders/get", "/orders/items/get", "/products/get", "/seller/get"),
    troubles=(
        {"kind": "expire_token"},
        {"kind": "rate_limit"},
        {"kind": "rate_limit", "status": 429, "retry_after": 1},
    ),
    share=30,
)

TIKTOK_SHOP = Subject(
    name="tap-tiktok-shop",
    platform="tiktok_shop",
    settings=_tiktok_shop,
    accounts=_tiktok_shops,
    accounts_setting="shop_ids",
    tables=(
        Table(
            "orders",
            "orders",
            {"shop_id": "shop_id", "id": "order_id"},
            {"update_time": "updated_at"},
            call="orders/search",
            only=of("tiktok_shop"),
        ),
        Table(
            "products",
            "products",
            {"shop_id": "shop_id", "id": "product_id"},
            {"title": "name", "update_time": "updated_at"},
            call="products/search",
            only=of("tiktok_shop"),
        ),
        Table("shops", "shops", {"shop_id": "shop_id"}, {"name": "name", "region": "region"}, only=of("tiktok_shop")),
    ),
    listing="orders/search",
    detail="orders/search",
    token="/token/refresh",
    dated="orders/search",
    choices=_tiktok_shops,
    rotates=True,
    dead_token={"kind": "error", "code": 36004004},
    calls=("orders/search", "products/search", "authorization/"),
    troubles=({"kind": "expire_token"}, {"kind": "rate_limit"}, {"kind": "rate_limit", "retry_after": 1}),
    everything={"shop_performance": True},
    method="POST",
    share=30,
)

LINE_SHOP = Subject(
    name="tap-line-shop",
    platform="line_shop",
    settings=_line,
    accounts=lambda sandbox: [str(shop) for shop in sandbox.channel_shop_ids["line_shop"]],
    accounts_setting="shop_ids",
    tables=(
        Table(
            "orders",
            "orders",
            {"shop_id": "shop_id", "orderNumber": "order_id"},
            {"lastUpdatedAt": "updated_at", "checkoutAt": "created_at"},
            only=of("line_shop"),
            call="/myshop/v1/orders/",
        ),
        Table(
            "products",
            "products",
            {"shop_id": "shop_id", "id": "product_id"},
            {"name": "name", "code": "sku"},
            only=of("line_shop"),
            call="/myshop/v1/products",
        ),
    ),
    listing="/myshop/v1/orders$",
    detail="/myshop/v1/orders/",
    token="no token",
    dated="/myshop/v1/orders/",
    choices=lambda sandbox: [],
    rotates=False,
    dead_token={},
    calls=("/myshop/v1/orders/", "/myshop/v1/orders$", "/myshop/v1/products"),
    troubles=({"kind": "rate_limit", "retry_after": 1},),
    consents=False,
    mend="Make a new key",
    share=10,
)
