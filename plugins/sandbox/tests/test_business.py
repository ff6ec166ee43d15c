"""The business as a function: repeatable, never rewriting its past, and full of what real ones are full of."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talat_sandbox.business.dice import Dice
from talat_sandbox.business.ids import Ref, decode, encode
from talat_sandbox.business.life import ORDER_DAYS, RETURN_DAYS, SETTLEMENT_DAYS
from talat_sandbox.business.model import Business, Hit, Plan
from talat_sandbox.business.orders import Order
from talat_sandbox.business.shops import day_start
from talat_sandbox.truth import TABLES, table_csv

DAY = 86400
OPENS = date(2026, 8, 22)
PLAN = Plan(seed=11, opens=OPENS, days=90, total=2700, shops=3, products=60, closed=False)
END = day_start("Asia/Bangkok", date(2026, 11, 20))


@pytest.fixture(scope="module")
def business() -> Business:
    return Business(PLAN)


@pytest.fixture(scope="module")
def orders(business: Business) -> list[Order]:
    return [order for shop in business.shops for order in business.walk(shop, END)]


def test_given_the_same_seed_when_made_twice_then_every_table_is_the_same_to_the_byte() -> None:
    first, second = Business(PLAN), Business(PLAN)
    for name in TABLES:
        assert table_csv(first, name, END) == table_csv(second, name, END)


def test_given_another_seed_when_made_then_the_business_is_another() -> None:
    other = Business(replace(PLAN, seed=12))
    assert table_csv(other, "orders", END) != table_csv(Business(PLAN), "orders", END)


def test_given_a_later_clock_when_the_past_is_asked_then_it_is_what_it_was() -> None:
    then = END - 30 * DAY
    fresh, seasoned = Business(PLAN), Business(PLAN)
    for name in TABLES:
        table_csv(seasoned, name, END)
        assert table_csv(fresh, name, then) == table_csv(seasoned, name, then)


def test_given_an_order_when_time_passes_then_its_update_time_and_settlement_only_move_forward(
    business: Business, orders: list[Order]
) -> None:
    for order in orders[::20]:
        payouts, last = set(), 0
        for instant in range(order.life.created, END + 60 * DAY, DAY // 2):
            updated = business.updated_at(order, order.step(instant), instant)
            assert last <= updated <= instant
            last = updated
            settled = business.settlement(order, instant)
            if settled:
                assert order.life.completed is not None
                assert order.life.completed <= settled.released <= instant
                payouts.add(settled.payout)
        assert len(payouts) <= 2


def test_given_every_order_when_lived_then_the_promised_delays_hold(orders: list[Order]) -> None:
    for order in orders:
        life = order.life
        assert life.events[-1].at - life.created <= ORDER_DAYS * DAY
        assert [event.at for event in life.events] == sorted({event.at for event in life.events})
        if life.released is not None:
            assert life.released - life.created <= SETTLEMENT_DAYS * DAY
            if life.adjusted is not None:
                assert 3 * DAY <= life.adjusted - life.released <= 25 * DAY
        for entry in life.returns:
            assert entry.events[-1].at - life.created <= RETURN_DAYS * DAY


def test_given_all_windows_when_searched_then_each_order_is_found_exactly_once(
    business: Business, orders: list[Order]
) -> None:
    for as_of in (END, END - 20 * DAY, END - 44 * DAY - 12_345):
        for shop in business.shops:
            expected = Counter(
                {
                    order.ref: order.life.events[order.step(as_of)].at
                    for order in orders
                    if order.shop is shop and order.life.created <= as_of
                }
            )
            found: list[Hit] = []
            first = business.day_start(shop, 0)
            while first <= as_of:
                found += business.orders_updated(shop, first, first + 3 * DAY - 1, as_of)
                first += 3 * DAY
            assert len(found) == len(expected)
            assert {hit.ref: hit.at for hit in found} == expected


def test_given_the_total_when_counted_then_the_first_days_hold_exactly_that_many() -> None:
    for total, shops, closed in ((1000, 3, False), (1001, 10, True), (1_000_000, 7, True)):
        season = Business(Plan(5, OPENS, 30, total, shops, 5, closed)).season
        assert sum(season.count(shop, day) for shop in range(shops) for day in range(30)) == total
        assert (season.count(0, 30) == 0) is closed


def test_given_a_million_orders_when_one_window_is_searched_then_only_a_few_days_are_indexed() -> None:
    business = Business(Plan(3, OPENS, 365, 1_000_000, 10, 60, True))
    shop = business.shops[9]
    first = business.day_start(shop, 200)
    found = business.orders_created(shop, first, first + DAY - 1, first + 90 * DAY)
    assert len(found) == business.season.count(9, 200)
    assert 50 < len(found) < 2000
    assert len(business._indexed) <= 3


def test_given_mega_sales_and_planted_drops_when_counted_then_they_stand_out(business: Business) -> None:
    season = Business(Plan(11, OPENS, 90, 90_000, 3, 60, False)).season
    mega = (date(2026, 11, 11) - OPENS).days
    average = sum(season.count(0, day) for day in range(90)) / 90
    assert season.count(0, mega) > 2.5 * average
    assert season.label(0, mega) in ("mega_sale", "drop")
    drops = [day for day in range(90) if season.label(0, day) == "drop"]
    assert 87 in drops
    assert 3 <= len(drops) <= 5
    assert all(season.count(0, day) < 0.7 * average for day in drops if day != mega)
    payday = season.count(0, (date(2026, 9, 25) - OPENS).days)
    assert payday > 1.3 * average


def test_given_the_orders_when_looked_at_then_every_awkward_case_occurs(
    business: Business, orders: list[Order]
) -> None:
    returns = [entry for order in orders for entry in business.returns(order)]
    settled = [found for order in orders if (found := business.settlement(order, END))]
    statuses = {event.status for order in orders for event in order.life.events}
    assert {"UNPAID", "PENDING", "IN_CANCEL", "CANCELLED", "TO_RETURN", "RETRY_SHIP", "COMPLETED"} <= statuses
    assert {entry.life.events[-1].status for entry in returns} == {"REFUND_PAID", "COMPLETED", "CLOSED", "CANCELLED"}
    assert {entry.life.before_completion for entry in returns} == {True, False}
    assert {entry.refund == entry.order.goods for entry in returns} == {True, False}
    assert any(order.life.cod for order in orders)
    assert any(order.voucher_seller for order in orders)
    assert any(order.voucher_platform for order in orders)
    assert any(found.adjusted and found.adjustment for found in settled)
    assert any(found.dispute_refund for found in settled)
    assert any(found.return_refund for found in settled)
    cancelled = [order for order in orders if order.life.cancel_by]
    assert {order.life.paid is None for order in cancelled} == {True, False}
    twins = [order for order in orders if len({(x.product, x.model) for x in order.lines}) < len(order.lines)]
    assert any({line.bundle_id == 0 for line in order.lines} == {True, False} for order in twins)
    for order in orders:
        assert len({line.line_id for line in order.lines}) == len(order.lines)
        assert 10**14 <= order.lines[0].line_id < 10**15
        assert order.total > 0
        assert sum(line.voucher_seller for line in order.lines) == order.voucher_seller
        assert sum(line.voucher_platform for line in order.lines) == order.voucher_platform
        for line in order.lines:
            assert (line.unit_price == 0) is (line.bundle_id != 0)
            assert line.product.launched <= order.life.created
    assert len({order.order_sn for order in orders}) == len(orders)


def test_given_products_when_time_passes_then_versions_move_forward_and_prices_change(business: Business) -> None:
    for catalogue in business.catalogues:
        for product in catalogue.products[::7]:
            instants = range(product.launched, END, DAY)
            seen = [catalogue.version(product, instant) for instant in instants]
            assert seen == sorted(seen)
            for instant, version in zip(instants, seen, strict=True):
                assert catalogue.changed_at(product, version) <= instant
            prices = {catalogue.model_state(product, product.models[0], version) for version in set(seen)}
            assert len(prices) > 1 or product.launched > END - 60 * DAY
    text = "".join(product.name for catalogue in business.catalogues for product in catalogue.products)
    assert any("ก" <= letter <= "ฮ" for letter in text)
    assert "🧊" in text


@given(shop=st.integers(0, 499), day=st.integers(0, 3000), number=st.integers(0, 500_000), part=st.integers(0, 3))
def test_given_any_place_when_encoded_then_the_serial_reads_back(shop: int, day: int, number: int, part: int) -> None:
    ref = Ref(shop, day, number)
    serial = encode(OPENS, ref, part)
    assert len(serial) == 14
    assert decode(OPENS, serial) == (ref, part)


@given(st.text(max_size=16))
def test_given_any_text_when_decoded_then_nothing_breaks(text: str) -> None:
    decoded = decode(OPENS, text)
    assert decoded is None or encode(OPENS, *decoded) == text.upper()


@given(st.text(), st.integers(1, 10**9))
def test_given_any_key_when_drawn_long_then_draws_stay_in_range_and_repeat(key: str, limit: int) -> None:
    first, second = Dice(key), Dice(key)
    draws = [first.below(limit) for _ in range(60)]
    assert draws == [second.below(limit) for _ in range(60)]
    assert all(0 <= draw < limit for draw in draws)
