"""A published Python client of TikTok Shop, made from its documentation, against the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tiktok_shop_api import TikTokShop, TikTokShopAuth, TikTokShopError
from tiktok_shop_api.generated.models import (
    GetOrderListRequest,
    GetOrderListSortField,
    GetOrderListSortOrder,
    SearchProductsRequest,
    SearchReturnsRequest,
)

from talat_sandbox.platforms.tiktok_shop.protocol import APP_KEY, APP_SECRET, SERVICE_ID
from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T17:00:00Z"
DAY = 86400


@pytest.fixture(scope="module")
def shops() -> Iterator[Sandbox]:
    with running_sandbox(as_of=AS_OF, orders_per_day=30, days=40, products=130, channels="tiktok_shop") as running:
        yield running


@pytest.fixture(scope="module")
def shop(shops: Sandbox) -> Iterator[TikTokShop]:
    """The client, as its owner's consent lets it read the first shop."""
    auth = TikTokShopAuth(APP_KEY, APP_SECRET, service_id=SERVICE_ID, base_url=shops.url)
    link = urlsplit(auth.authorization_url(type="seller", region="row", state="7"))
    first = shops.channel_shop_ids["tiktok_shop"][0]
    asked = f"{shops.url}{link.path}?{link.query}&redirect_uri=https://shop.example/&approve={first}"
    back = parse_qs(urlsplit(httpx.get(asked).headers["Location"]).query)
    assert back["state"] == ["7"]
    tokens = auth.refresh(auth.exchange_code(back["code"][0]).refresh_token)
    assert (tokens.user_type, tokens.seller_base_region) == (0, "TH")
    assert "data.shop_analytics.public.read" in (tokens.granted_scopes or [])
    with TikTokShop(APP_KEY, APP_SECRET, tokens.access_token, base_url=shops.url) as client:
        answer: Any = client.authorization.get_authorized_shops()
        (only,) = answer.data.shops
        assert (only.id, only.region) == (str(first), "TH")
        with client.with_shop(shop_cipher=only.cipher) as one:  # it has connections of its own
            yield one


def mine(sandbox: Sandbox, table: str) -> list[dict[str, str]]:
    first = str(sandbox.channel_shop_ids["tiktok_shop"][0])
    return [row for row in sandbox.truth(table) if row["shop_id"] == first]


def test_given_orders_when_searched_page_by_page_then_they_are_the_truth(shop: TikTokShop, shops: Sandbox) -> None:
    found: dict[str, Any] = {}
    end, token = 1795194001, ""
    while True:
        answer: Any = shop.orders.get_order_list(
            body=GetOrderListRequest(update_time_ge=end - 60 * DAY, update_time_lt=end),
            page_size=100,
            sort_field=GetOrderListSortField.UPDATE_TIME,
            sort_order=GetOrderListSortOrder.ASC,
            **({"page_token": token} if token else {}),
        )
        found |= {order.id: order for order in answer.data.orders}
        if not (token := answer.data.next_page_token):
            break
        assert "+" in token
        assert token.endswith("=")
    truth = {row["order_id"]: row for row in mine(shops, "orders")}
    assert found.keys() == truth.keys()
    assert len(found) > 100
    for number, order in found.items():
        pay = order.payment
        if total := truth[number]["total_amount"]:
            assert Decimal(pay.total_amount) - Decimal(pay.item_insurance_fee) == Decimal(total)
        assert len(order.line_items) == int(truth[number]["units"])
        assert not order.additional_properties, "the client knows every field"
        assert not order.line_items[0].additional_properties
    detail: Any = shop.orders.get_order_detail(ids=list(found)[:3])
    assert [order.id for order in detail.data.orders] == list(found)[:3]


def test_given_products_when_searched_then_they_are_the_truth(shop: TikTokShop, shops: Sandbox) -> None:
    found: list[Any] = []
    token = ""
    while not found or token:
        answer: Any = shop.products.search_products(
            body=SearchProductsRequest(), page_size=100, **({"page_token": token} if token else {})
        )
        found, token = found + answer.data.products, answer.data.next_page_token
    truth = {row["product_id"]: row["name"] for row in mine(shops, "products")}
    assert {product.id: product.title for product in found} == truth
    assert not any(product.additional_properties for product in found)
    assert all(Decimal(sku.price.sale_price) > 0 and sku.inventory for product in found for sku in product.skus)


def test_given_money_when_statements_are_read_then_their_transactions_add_up(shop: TikTokShop, shops: Sandbox) -> None:
    answer: Any = shop.finance.get_statements(sort_field="statement_time", page_size=100)
    paid = Decimal(0)
    for statement in answer.data.statements:
        below: Any = shop.finance.get_transactions_by_statement(
            statement_id=statement.id, sort_field="order_create_time", page_size=100
        )
        amounts = [Decimal(entry.settlement_amount) for entry in below.data.transactions]
        assert sum(amounts) == Decimal(statement.settlement_amount) == Decimal(below.data.payable_amount)
        assert not any(entry.additional_properties for entry in below.data.transactions)
        paid += sum(amounts)
    assert paid == sum(Decimal(row["payout"]) for row in mine(shops, "orders") if row["payout"])
    assert paid > 0


def test_given_returns_when_searched_then_they_name_their_orders(shop: TikTokShop, shops: Sandbox) -> None:
    answer: Any = shop.return_and_refund.search_returns(body=SearchReturnsRequest(), page_size=50)
    orders = {row["order_id"] for row in mine(shops, "orders")}
    assert {entry.order_id for entry in answer.data.return_orders} <= orders
    assert answer.data.return_orders
    assert not any(entry.additional_properties for entry in answer.data.return_orders)


def test_given_wrong_calls_when_made_then_the_client_raises_what_they_are(shop: TikTokShop, shops: Sandbox) -> None:
    with pytest.raises(TikTokShopError) as caught:
        shop.orders.get_order_list(body=GetOrderListRequest(), page_size=101)
    assert (caught.value.code, caught.value.http_status) == (11050001, 400)
    assert caught.value.request_id
    with TikTokShop(APP_KEY, "wrong", "nobody's", base_url=shops.url) as stranger:
        with pytest.raises(TikTokShopError) as caught:
            stranger.authorization.get_authorized_shops()
        assert caught.value.code == 106001
    with pytest.raises(TikTokShopError) as caught:
        TikTokShopAuth(APP_KEY, APP_SECRET, base_url=shops.url).refresh("never-issued")
    assert caught.value.code == 36004004
