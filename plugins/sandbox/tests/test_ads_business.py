"""Advertising as a function: late, corrected, final after 28 days, and paid for by orders that exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talat_sandbox.business.ad_days import FINAL_DAYS
from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_platforms import ACTIVE, AD_SETS, ARCHIVED, DAILY, DELETED, LIFETIME, PAUSED
from talat_sandbox.business.ad_shares import split, weights
from talat_sandbox.business.ads import Portfolio
from talat_sandbox.business.model import Business, Plan
from talat_sandbox.business.shops import Shop, day_start

DAY, HOUR = 86400, 3600
PLAN = Plan(seed=11, opens=date(2026, 8, 22), days=90, total=18_000, shops=3, products=60, closed=False, campaigns=6)
END = day_start("Asia/Bangkok", date(2026, 11, 20))
ADDED = (0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11)  # every number of the figures but reach


@pytest.fixture(scope="module")
def business() -> Business:
    return Business(PLAN)


@pytest.fixture(scope="module")
def shop(business: Business) -> Shop:
    return business.shops[0]


@pytest.fixture(scope="module")
def portfolio(business: Business, shop: Shop) -> Portfolio:
    return business.advertising.portfolio(shop)


def every_day(business: Business, shop: Shop, as_of: int) -> Iterator[tuple[int, int, Figures]]:
    for day in range(PLAN.days):
        for ad, figures in business.advertising.days(shop).day(day, as_of):
            yield day, ad, figures


def test_given_each_account_when_looked_at_then_it_shows_every_kind_of_campaign(business: Business) -> None:
    for shop in business.shops:
        portfolio = business.advertising.portfolio(shop)
        assert {campaign.budget_kind for campaign in portfolio.campaigns} == {DAILY, AD_SETS, LIFETIME}
        assert {campaign.effective_status(END) for campaign in portfolio.campaigns[:4]} >= {ACTIVE, ARCHIVED, DELETED}
        assert any(version.status == PAUSED for version in portfolio.campaigns[1].versions)
        names = {version.name for version in portfolio.campaigns[0].versions}
        assert len(names) == 2
        assert min(campaign.start for campaign in portfolio.campaigns) == business.day_start(shop, 0)
        assert max(campaign.start for campaign in portfolio.campaigns) > business.day_start(shop, 10)
        assert len(portfolio.ads) == 36
        assert len(portfolio.creatives) == 30  # the first ads of both ad sets share one
        kept = [thing for kind in portfolio[1:4] for thing in kind]
        assert len({thing.object_id for thing in kept}) == len(kept)
        for thing in kept:
            assert [version.at for version in thing.versions] == sorted({version.at for version in thing.versions})


def test_given_what_stands_above_an_ad_when_it_stops_then_the_ad_says_so(portfolio: Portfolio) -> None:
    seen = Counter(ad.effective_status(day) for ad in portfolio.ads for day in range(END - 80 * DAY, END, DAY))
    assert {ACTIVE, PAUSED, ARCHIVED, DELETED, "CAMPAIGN_PAUSED", "ADSET_PAUSED"} <= seen.keys()
    deleted = portfolio.campaigns[3]
    below = [ad for ad in portfolio.ads if ad.campaign is deleted]
    assert {ad.effective_status(END) for ad in below} == {DELETED}
    assert {ad.effective_status(deleted.created - 1) for ad in below} == {""}


def test_given_any_day_when_spent_then_it_stays_below_the_budget_and_peaks_in_sales(
    business: Business, shop: Shop, portfolio: Portfolio
) -> None:
    spent: Counter[tuple[int, int]] = Counter()
    by_day: Counter[int] = Counter()
    for day, ad, figures in every_day(business, shop, END + 40 * DAY):
        spent[day, ad // 6] += figures.spend
        by_day[day] += figures.spend
    assert len(spent) > 300
    lifetimes: Counter[int] = Counter()
    for (day, index), amount in spent.items():
        campaign = portfolio.campaigns[index]
        start = business.day_start(shop, day)
        budget = (campaign.version(start) or campaign.versions[0]).budget
        if campaign.budget_kind == AD_SETS:
            budget = sum(ad_set.versions[0].budget for ad_set in portfolio.ad_sets[index * 2 : index * 2 + 2])
        if campaign.budget_kind == LIFETIME:
            lifetimes[index] += amount
        else:
            assert amount < budget
    assert all(amount < portfolio.campaigns[index].versions[0].budget for index, amount in lifetimes.items())
    sale = (date(2026, 11, 11) - PLAN.opens).days
    assert by_day[sale] > 1.2 * max(by_day[sale - 1], by_day[sale + 1])


def test_given_an_ad_when_it_is_not_running_then_it_does_not_spend(
    business: Business, shop: Shop, portfolio: Portfolio
) -> None:
    for day, ad, figures in every_day(business, shop, END + 40 * DAY):
        start = business.day_start(shop, day)
        running = any(span.first < start + DAY and span.end > start for span in portfolio.ads[ad].delivering)
        assert bool(figures.impressions) <= running
        assert figures.conversions or figures.impressions
        assert figures.clicks <= figures.impressions
        assert figures.link_clicks <= figures.clicks
        assert 0 <= figures.reach <= figures.impressions
        assert figures.impressions >= figures.plays >= figures.p25 >= figures.p50 >= figures.p75 >= figures.p100
        assert portfolio.ads[ad].creative.is_video or not figures.plays


def test_given_the_present_day_when_hours_pass_then_its_figures_only_grow(business: Business, shop: Shop) -> None:
    days, start = business.advertising.days(shop), business.day_start(shop, 50)
    totals = [add(figures for _, figures in days.day(50, start + hour * HOUR)) for hour in range(2, 25)]
    assert days.day(50, start - 1) == []
    assert [total.spend for total in totals] == sorted({total.spend for total in totals})
    assert [total.impressions for total in totals] == sorted({total.impressions for total in totals})
    assert totals[0].spend < totals[-1].spend // 10


def test_given_a_day_when_it_ages_then_orders_arrive_late_and_after_28_days_nothing_changes(
    business: Business, shop: Shop
) -> None:
    days = business.advertising.days(shop)
    known: Counter[int] = Counter()
    corrected = 0
    for day in range(20, 50):
        end = business.day_start(shop, day + 1)
        ages = {age: days.day(day, end + age * DAY) for age in (0, 1, 3, FINAL_DAYS)}
        for age, listed in ages.items():
            known[age] += sum(figures.conversions for _, figures in listed)
        corrected += sum(
            before.spend > after.spend
            for (_, before), (_, after) in zip(ages[0], ages[3], strict=False)
            if before.impressions == after.impressions
        )
        assert ages[FINAL_DAYS] == days.day(day, end + 400 * DAY)
        first = {ad: figures.spend for ad, figures in ages[0]}
        for ad, figures in ages[FINAL_DAYS]:
            assert figures.spend <= first.get(ad, 0)
    assert 0.5 < known[0] / known[FINAL_DAYS] < 0.75
    assert 0.8 < known[3] / known[FINAL_DAYS] < 0.95
    assert corrected > 10


def test_given_conversions_when_compared_with_the_orders_then_each_is_one_of_them_and_worth_its_total(
    business: Business, shop: Shop, portfolio: Portfolio
) -> None:
    days = business.advertising.days(shop)
    delays: Counter[str] = Counter()
    winners: set[int] = set()
    for day in range(10, 40):
        orders = Counter(order.total for order in business.orders_on(shop, day))
        start = business.day_start(shop, day)
        conversions = days.conversions(day)
        assert Counter(conversion.value for conversion in conversions) <= orders
        winners |= {conversion.ad for conversion in conversions}
        for conversion in conversions:
            assert start < conversion.at <= start + (1 + 27) * DAY
            delays["soon" if conversion.at < start + DAY + HOUR else "late"] += 1
        promoted = [{product.item_id for product in campaign.products} for campaign in portfolio.campaigns]
        sold = {line.product.item_id for order in business.orders_on(shop, day) for line in order.lines}
        assert all(promoted[conversion.ad // 6] & sold for conversion in conversions)
    assert len(winners) > 10
    assert delays["soon"] > delays["late"] > 50


def test_given_more_spend_when_orders_come_then_more_are_won_but_less_than_in_proportion(
    business: Business, shop: Shop, portfolio: Portfolio
) -> None:
    """Compare campaigns' days of little and of much spend: the orders won of those that could be."""
    days = business.advertising.days(shop)
    chances: Counter[bool] = Counter()
    won: Counter[bool] = Counter()
    spent: Counter[bool] = Counter()
    days_of: Counter[bool] = Counter()
    for campaign in portfolio.campaigns[:3]:
        products = {product.item_id for product in campaign.products}
        spends = {
            day: sum(f.spend for ad, f in days.day(day, END + 40 * DAY) if ad // 6 == campaign.index)
            for day in range(7, 90)
        }
        middle = sorted(spends.values())[len(spends) // 2]
        for day, spend in spends.items():
            orders = business.orders_on(shop, day)
            chances[spend > middle] += sum(any(line.product.item_id in products for line in o.lines) for o in orders)
            won[spend > middle] += sum(c.ad // 6 == campaign.index for c in days.conversions(day))
            spent[spend > middle] += spend
            days_of[spend > middle] += 1
    more_won = (won[True] / chances[True]) / (won[False] / chances[False])
    more_spent = (spent[True] / days_of[True]) / (spent[False] / days_of[False])
    assert 1.1 < more_won < 0.9 * more_spent


@given(
    numbers=st.lists(st.integers(0, 10**7), min_size=12, max_size=12),
    orders=st.lists(st.integers(0, 40), min_size=6, max_size=6),
    values=st.lists(st.integers(1, 10**8), min_size=6, max_size=6),
    names=st.sampled_from(
        (
            ("age",), ("age", "gender"), ("country",), ("country", "region"), ("publisher_platform",),
            ("publisher_platform", "platform_position"), ("publisher_platform", "impression_device"),
        )
    ),
)  # fmt: skip
def test_given_any_total_when_split_then_the_parts_make_the_whole(
    numbers: list[int], orders: list[int], values: list[int], names: tuple[str, ...]
) -> None:
    worth = tuple(value if count else 0 for value, count in zip(values, orders, strict=True))
    whole = Figures._make((*numbers, tuple(orders), worth))
    for region in ("TH", "SG"):
        shares = weights(names, region, ())
        parts = split(whole, [weight for _, weight in shares])
        assert len({key for key, _ in shares}) == len(parts) > 1
        for place in ADDED:
            assert sum(part[place] for part in parts) == whole[place]  # type: ignore[misc]
        assert sum(part.conversions for part in parts) == whole.conversions
        assert sum(part.value for part in parts) == whole.value
        assert all(part.reach <= part.impressions for part in parts)
        assert all(part.conversions or not part.value for part in parts)


def test_given_clicks_fewer_than_impressions_when_split_then_no_part_has_more_clicks() -> None:
    for impressions in range(1, 60):
        for clicks in range(impressions + 1):
            whole = Figures(spend=999, impressions=impressions, clicks=clicks, link_clicks=clicks // 2)
            for part in split(whole, [weight for _, weight in weights(("age", "gender"), "TH", ())]):
                assert part.link_clicks <= part.clicks <= part.impressions
