"""The channels beside Shopee: the same products, other orders, numbers that lead back to their place."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talat_sandbox import service
from talat_sandbox.business.channels import CHANNELS, SHOPEE
from talat_sandbox.business.ids import Ref
from talat_sandbox.business.model import Business, Plan, found
from talat_sandbox.options import OptionError, Options
from talat_sandbox.truth import TABLES, table_csv

PLAN = Plan(seed=11, opens=date(2026, 9, 1), days=20, total=400, shops=4, products=30, closed=False)
NOW = 1_789_900_000  # 2026-09-20


@pytest.fixture(scope="module")
def business() -> Business:
    return found(PLAN, CHANNELS)


@given(st.integers(0, 30), st.integers(0, 3650), st.integers(0, 100_000), st.integers(0, 3))
def test_a_number_leads_back_to_its_place(shop: int, day: int, number: int, part: int) -> None:
    for channel in (SHOPEE, *CHANNELS.values()):
        ref = Ref(shop, day, number)
        text = channel.ids.encode(PLAN.opens, ref, part)
        assert channel.ids.decode(PLAN.opens, text) == (ref, part)


def test_the_same_products_are_sold_on_all_channels(business: Business) -> None:
    at_home = {product.name for product in business.catalogues[0].products}
    for channel in business.others:
        catalogue = channel.catalogues[0]
        assert {product.name for product in catalogue.products} == at_home
        skus = [model.sku for product in catalogue.products for model in product.models]
        home = {model.sku for product in business.catalogues[0].products for model in product.models}
        assert "" in skus, "some have none"
        assert any(sku in home for sku in skus), "most are alike"
        assert any(sku and sku not in home for sku in skus), "some are called otherwise"
        assert all(model.model_id for product in catalogue.products for model in product.models)


def test_channels_beside_it_change_nothing_on_shopee(business: Business) -> None:
    alone = Business(PLAN)
    for name in TABLES:
        rows = table_csv(business, name, NOW).splitlines()
        missing = set(table_csv(alone, name, NOW).splitlines()) - set(rows)
        assert not missing, name


def test_orders_are_found_by_their_numbers_and_by_time(business: Business) -> None:
    for channel in business.channels:
        for shop in channel.shops:
            orders = list(channel.walk(shop, NOW))
            assert orders
            assert all(channel.find(shop, order.order_sn, NOW) is not None for order in orders)
            first = channel.day_start(shop, 0)
            assert len(channel.orders_created(shop, first, NOW, NOW)) == len(orders)


def test_only_where_money_is_told_is_there_a_settlement(business: Business) -> None:
    settled = {
        channel.channel.platform
        for channel in business.channels
        for order in channel.walk(channel.shops[0], NOW)
        if channel.settlement(order, NOW)
    }
    assert settled == {"shopee", "lazada", "tiktok_shop"}


def test_a_channel_that_is_none_is_refused() -> None:
    with pytest.raises(OptionError, match="there are lazada, tiktok_shop, line_shop, or all"):
        assert Options(channels="amazon").platforms
    assert Options(channels="all").platforms == tuple(CHANNELS)
    assert Options(channels="lazada, lazada").platforms == ("lazada",)


def test_each_channel_has_an_api() -> None:
    assert set(service.CHANNELS) == set(CHANNELS)
