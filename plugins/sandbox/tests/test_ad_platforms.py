"""The platforms for ads beside Facebook: what each claims, what is owed to it, and what was planted."""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from functools import partial
from hashlib import blake2b
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talat_sandbox.business.ad_anomalies import DELIVERY_DROP, DOUBLE_COUNT, LATE_DATA, TRACKING_OUTAGE
from talat_sandbox.business.ad_claims import ClaimDays
from talat_sandbox.business.ad_curves import EXPONENTIAL, HILL, MILLION, Curve
from talat_sandbox.business.ad_days import AdDays
from talat_sandbox.business.ad_figures import add
from talat_sandbox.business.ad_platforms import AD_PLATFORMS, ANALYTICS, FACEBOOK, KEYWORD_LEVEL, AdPlatform
from talat_sandbox.business.ad_shares import split
from talat_sandbox.business.ad_terms import keywords, search_terms
from talat_sandbox.business.ad_wins import wins
from talat_sandbox.business.ads import Portfolio
from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.channels import CHANNELS
from talat_sandbox.business.model import Business, Plan, found
from talat_sandbox.business.shops import Shop, day_start, local_date
from talat_sandbox.options import OptionError, Options
from talat_sandbox.testing import running_sandbox
from talat_sandbox.truth import table_csv

DAY, HOUR = 86400, 3600
PLAN = Plan(seed=11, opens=date(2026, 9, 12), days=70, total=7000, shops=3, products=60, closed=False, campaigns=6)
END = day_start("Asia/Bangkok", date(2026, 11, 21))
EVER = END + 400 * DAY
AD_TRUTH = ("ads_daily", "campaigns", "ad_accounts")
NAMES = tuple(AD_PLATFORMS)


@pytest.fixture(scope="module")
def business() -> Business:
    return found(PLAN, CHANNELS, (*AD_PLATFORMS, ANALYTICS))


def rows(business: Business, table: str, as_of: int = END) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table_csv(business, table, as_of))))


def accounts(business: Business) -> Iterator[tuple[Advertising, Shop, Portfolio, AdDays]]:
    for advertising in business.campaigning:
        for shop in advertising.shops:
            yield advertising, shop, advertising.portfolio(shop), advertising.days(shop)


def channel_of(business: Business, platform: AdPlatform) -> Business:
    return next(channel for channel in business.channels if channel.channel.platform == platform.channel)


def test_facebook_is_what_it_was_before_there_were_others(business: Business) -> None:
    plan = Plan(11, date(2026, 8, 22), 90, 3000, shops=3, products=60, closed=False, campaigns=6)
    known = {"ads_daily": "eb4eae9bca0fcafe", "campaigns": "7d1f34e333d54b44", "ad_accounts": "029a9fdc8dde5a07"}
    alone = found(plan)
    for name, digest in known.items():
        text = table_csv(alone, name, 1_795_190_400)
        assert blake2b(text.encode(), digest_size=8).hexdigest() == digest, name
    assert rows(alone, "response_curves") == rows(alone, "planted_anomalies") == rows(alone, "ga4_daily") == []
    beside, without = found(PLAN, CHANNELS, AD_PLATFORMS), found(PLAN, CHANNELS)
    for name in AD_TRUTH:
        assert [row for row in rows(beside, name) if row["platform"] == "facebook_ads"] == rows(without, name)


@given(
    st.sampled_from((FACEBOOK, *AD_PLATFORMS.values())), st.integers(1, KEYWORD_LEVEL), st.integers(0, 499),
    st.integers(0, 4999), st.integers(0, 1), st.integers(0, 3),
)  # fmt: skip
def test_a_number_leads_back_to_its_account(
    platform: AdPlatform, level: int, shop: int, campaign: int, ad_set: int, ad: int
) -> None:
    number = platform.numbers.of(level, shop, campaign, ad_set, ad)
    assert platform.numbers.shop_of(number) == shop
    assert platform.shop_of_account(platform.account_id(shop)) == shop


def test_an_object_is_found_by_its_number_and_by_no_other(business: Business) -> None:
    for advertising, shop, portfolio, _ in accounts(business):
        assert advertising.shop_of(portfolio.account.account_id) is shop
        for kind in portfolio[1:]:
            for thing in kind:
                assert advertising.find(thing.object_id) is thing
                assert advertising.find(thing.object_id + 5) is None
                others = [it for it in business.advertised if it is not advertising and it.find(thing.object_id)]
                assert not others
    assert [len(row["account_id"]) for row in rows(business, "ad_accounts")] == [16] * 3 + [10] * 3 + [19] * 2 + [
        12
    ] * 2 + [9] * 6


def test_each_platform_promotes_the_shops_of_its_channel_with_all_its_kinds(business: Business) -> None:
    shops = {(row["platform"], row["shop_id"]) for row in rows(business, "shops")}
    promoted: dict[str, set[str]] = defaultdict(set)
    for row in rows(business, "ad_accounts"):
        platform = AD_PLATFORMS.get(row["platform"], FACEBOOK)
        assert (platform.channel, row["shop_id"]) in shops
        promoted[row["platform"]].add(row["shop_id"])
    assert {name: len(ids) for name, ids in promoted.items()} == {
        "facebook_ads": 3, "google_ads": 3, "tiktok_ads": 2, "line_ads": 2, "shopee_ads": 3, "lazada_ads": 3,
    }  # fmt: skip
    kinds: dict[str, set[str]] = defaultdict(set)
    for row in rows(business, "campaigns"):
        kinds[row["platform"]].add(row["objective"])
        assert row["status"] in AD_PLATFORMS.get(row["platform"], FACEBOOK).statuses.values()
    for name, platform in AD_PLATFORMS.items():
        assert kinds[name] >= {kind.name for kind in platform.first}


@given(st.sampled_from((HILL, EXPONENTIAL)), st.integers(1, MILLION), st.integers(1, 10**7), st.integers(1, 10**7))
def test_a_curve_rises_ever_more_slowly_up_to_its_ceiling(form: str, ceiling: int, scale: int, step: int) -> None:
    curve = Curve(form, ceiling, scale)
    chances = [curve.chance(number * step) for number in range(12)]
    gains = [after - before for before, after in pairwise(chances)]
    assert chances[0] == 0
    assert all(0 <= chance <= ceiling for chance in chances)
    assert all(gain >= 0 for gain in gains)
    assert all(later <= earlier + 1 for earlier, later in pairwise(gains)), "but for rounding"
    half = curve.chance(scale)
    assert half == (ceiling // 2 if form == HILL else int(ceiling * 0.632120558))


@pytest.mark.parametrize("name", NAMES)
def test_clicks_come_as_the_curves_say(business: Business, name: str) -> None:
    """Add up each order's chances over the days its click can be of, and compare with the clicks that were drawn."""
    platform = AD_PLATFORMS[name]
    channel = channel_of(business, platform)
    shares = [after - before for before, after in pairwise((0, *platform.lags.bounds))]
    expected = drawn = 0.0
    advertising = next(it for it in business.campaigning if it.platform is platform)
    for shop in advertising.shops:
        portfolio, days = advertising.portfolio(shop), advertising.days(shop)
        chances = []
        for day in range(PLAN.days):
            spent: Counter[int] = Counter()
            for ad, figures in days.delivered(day, EVER).items():
                spent[ad // 6] += figures.spend
            chances.append([curve.chance(spent[index]) for index, curve in enumerate(days.curves)])
        for day in range(20, PLAN.days):
            drawn += len(list(days.clicks(day)))
            for order in channel.orders_on(shop, day):
                ordered = {line.product.item_id for line in order.lines}
                able = [
                    campaign.index
                    for campaign in portfolio.campaigns
                    if ordered & {product.item_id for product in campaign.products}
                ]
                for lag, share in enumerate(shares):
                    chance = min(0.6, sum(chances[day - lag][index] for index in able) / MILLION)
                    expected += chance * share / platform.lags.bounds[-1] * (1 - platform.reporting.views / 1000)
    assert drawn > 20
    assert abs(drawn - expected) < 3 * expected**0.5


def test_sales_days_get_more_spend_so_that_spend_follows_demand(business: Business) -> None:
    """Compare the first campaign of each account, which always runs, with the days around: by then its budget rests."""
    sale = (date(2026, 11, 11) - PLAN.opens).days
    compared = 0
    for _, _, portfolio, days in accounts(business):
        first = portfolio.campaigns[0]
        dropped = {day for it in days.anomalies if it.campaign is first for day in range(it.first, it.last + 1)}
        near = [day for day in range(sale - 3, sale + 4) if day not in dropped]
        spent = {
            day: sum(it.spend for ad, it in days.delivered(day, EVER).items() if portfolio.ads[ad].campaign is first)
            for day in near
        }
        if sale in spent:
            assert spent.pop(sale) > 1.15 * max(spent.values())
            compared += 1
    assert compared > 8


def test_the_levels_agree(business: Business) -> None:
    truth: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for row in rows(business, "ads_daily"):
        total = truth[row["platform"], row["account_id"], row["date"]]
        for name in ("spend", "conversion_value"):
            total[name] += int(row[name].replace(".", ""))
        for name in ("impressions", "clicks", "conversions"):
            total[name] += int(row[name])
    for advertising, shop, portfolio, days in accounts(business):
        for day in range(PLAN.days):
            known = days.day(day, END)
            it = add(figures for _, figures in known) if known else None
            total = truth[advertising.platform.platform, portfolio.account.text, _date(business, shop, day)]
            assert list(total.values()) == (
                [it.spend, it.value, it.impressions, it.clicks, it.conversions] if it else []
            )
    for row in rows(business, "ads_daily"):
        kinds = {kind.ad for kind in AD_PLATFORMS.get(row["platform"], FACEBOOK).kinds}
        assert row["ad_id"] or "" in kinds


def test_keywords_and_search_terms_make_up_the_ad_set(business: Business) -> None:
    seen = set()
    for advertising, _, portfolio, days in accounts(business):
        known = dict(days.day(40, EVER))
        for ad_set in portfolio.ad_sets:
            listed = keywords(ad_set)
            assert bool(listed) == ad_set.campaign.kind.keywords
            parts = [known[ad.index] for ad in portfolio.ads if ad.ad_set is ad_set and ad.index in known]
            if not listed or not parts:
                continue
            whole = add(parts)
            shares = split(whole, [keyword.weight for keyword in listed])
            terms = [
                term
                for keyword, share in zip(listed, shares, strict=True)
                for term in split(share, [weight for _, weight in search_terms(keyword)])
            ]
            for figures in (shares, terms):
                assert sum(it.spend for it in figures) == whole.spend
                assert sum(it.clicks for it in figures) == whole.clicks
                assert sum(it.conversions for it in figures) == whole.conversions
            assert len({keyword.keyword_id for keyword in listed}) == len({keyword.text for keyword in listed}) == 4
            seen.add(advertising.platform.platform)
    assert seen == {"google_ads", "shopee_ads", "lazada_ads"}


def test_nothing_planted_is_left_out_of_the_labels_and_no_label_is_empty(business: Business) -> None:
    kinds: Counter[tuple[str, int]] = Counter()
    for advertising, shop, portfolio, days in accounts(business):
        channel = channel_of(business, advertising.platform)
        plain = ClaimDays(
            portfolio, channel.season, partial(channel.day_start, shop), partial(channel.orders_on, shop), 0
        )  # fmt: skip
        assert plain.anomalies == ()
        assert len(days.anomalies) <= 6
        covered = [day for it in days.anomalies for day in range(it.first, it.last + 1)]
        assert len(covered) == len(set(covered)), "no two on a day"
        dropped = {
            (it.campaign.index, day): it.size
            for it in days.anomalies
            for day in range(it.first, it.last + 1)
            if it.campaign
        }
        for day in range(PLAN.days):
            spent, without = (
                Counter({c.index: sum(days_.delivered(day, EVER)[ad.index].spend for ad in portfolio.of(c)
                                      if ad.index in days_.delivered(day, EVER)) for c in portfolio.campaigns})
                for days_ in (days, plain)
            )  # fmt: skip
            for campaign in portfolio.campaigns:
                kept = without[campaign.index] * (100 - dropped.get((campaign.index, day), 0)) / 100
                assert abs(spent[campaign.index] - kept) <= (8 if (campaign.index, day) in dropped else 0)
                assert without[campaign.index] or (campaign.index, day) not in dropped
            label = next((it.kind for it in days.anomalies if it.first == day and not it.campaign), "")
            seen = Counter((it.ref, it.ad) for it in days.conversions(day))
            assert set(seen.values()) <= ({2} if label == DOUBLE_COUNT else {1})
            assert not (label == TRACKING_OUTAGE and seen)
            end = channel.day_start(shop, day + 1)
            assert bool(days.day(day, end)) == (label != LATE_DATA)
        late = next(it for it in days.anomalies if it.kind == LATE_DATA)
        comes = channel.day_start(shop, late.last + 1) + late.size * HOUR
        assert days.day(late.first, comes - 1) == []
        assert days.day(late.first, comes)
        kinds.update((it.kind, it.size) for it in days.anomalies if it.kind != LATE_DATA)
    assert set(kinds) == {
        *((DELIVERY_DROP, size) for size in (10, 20, 40)), (TRACKING_OUTAGE, 100), (DOUBLE_COUNT, 100),
    }  # fmt: skip
    labels = rows(business, "planted_anomalies")
    assert len(labels) == sum(len(days.anomalies) for *_, days in accounts(business))
    earlier = rows(business, "planted_anomalies", END - 30 * DAY)
    assert earlier == [row for row in labels if row["first_date"] <= "2026-10-22"]


def test_conversions_come_late_and_only_grow_until_none_can_come(business: Business) -> None:
    soon: dict[str, float] = {}
    for advertising, shop, _, days in accounts(business):
        platform, counts = advertising.platform, Counter[int]()
        last = platform.reporting.last + (len(platform.lags) if platform.reporting.by_click else 0)
        for day in range(20, 40):
            end = business.day_start(shop, day + 1)
            known = [
                sum(figures.conversions for _, figures in days.day(day, end + age * DAY))
                for age in (0, 1, 3, 7, 14, last, 400)
            ]
            assert known == sorted(known)
            assert known[-2] == known[-1]
            counts.update(dict(enumerate(known)))
        soon[platform.platform] = counts[0] / counts[6]
    assert 0 < min(soon.values()) < max(soon.values()) < 0.95
    assert len(set(soon.values())) == len(AD_PLATFORMS)


def test_a_platform_claims_no_order_whose_click_is_older_than_its_window(business: Business) -> None:
    for advertising, shop, _, days in accounts(business):
        channel, reporting = channel_of(business, advertising.platform), advertising.platform.reporting
        claimed: set[tuple[object, int]] = set()
        for day in range(PLAN.days):
            for it in days.conversions(day):
                clicked = channel.day_of(shop, it.clicked) if it.clicked else it.ref.day
                assert day == (clicked if reporting.by_click else it.ref.day)
                assert 0 <= it.ref.day - clicked <= reporting.click_days
                assert it.at > channel.life(it.ref).created > it.clicked - 1
                claimed.add((it.ref, it.ad))
        late = [
            it
            for day in range(20, 50)
            for it in days.clicks(day)
            if day - channel.day_of(shop, it.clicked) > reporting.click_days
        ]
        assert not any((it.ref, it.ad) in claimed and not _organic(advertising, shop, it.ad) for it in late)


def test_an_order_is_owed_to_one_click_and_claimed_by_several(business: Business) -> None:
    truth = rows(business, "ad_wins")
    assert len({(row["platform"], row["order_id"]) for row in truth}) == len(truth)
    assert {row["ad_platform"] for row in truth} == {"facebook_ads", *AD_PLATFORMS}
    created = {(row["platform"], row["order_id"]): row["created_at"] for row in rows(business, "orders")}
    assert all(row["clicked_at"] <= created[row["platform"], row["order_id"]] for row in truth)
    claims: Counter[tuple[str, object]] = Counter()
    clicks: dict[tuple[str, object], list[int]] = defaultdict(list)
    for advertising in business.advertised:
        for shop in advertising.shops:
            for day in range(10, 50):
                for it in set(advertising.days(shop).conversions(day)):
                    claims[advertising.platform.channel, it.ref] += 1
                for it in advertising.days(shop).clicks(day):
                    clicks[advertising.platform.channel, it.ref].append(it.clicked)
    won = {
        (channel.channel.platform, ref): win.clicked
        for channel in business.channels
        for shop in channel.shops
        for day in range(10, 50)
        for ref, win in wins(business, channel, shop, day).items()
    }
    assert won == {key: max(instants) for key, instants in clicks.items()}
    assert sum(claims.values()) > 1.1 * len(won)
    assert max(claims.values()) >= 3


def test_what_one_platform_wins_tells_nothing_of_another(business: Business) -> None:
    shop, orders = (
        business.shops[0],
        sum(1 for day in range(PLAN.days) for _ in business.orders_on(business.shops[0], day)),
    )
    won = {
        advertising.platform.platform: {
            it.ref: it.ref.day - business.day_of(shop, it.clicked)
            for day in range(PLAN.days)
            for it in advertising.days(shop).clicks(day)
        }
        for advertising in business.campaigning
        if advertising.platform.channel == "shopee"
    }
    google, shopee = won["google_ads"], won["shopee_ads"]
    both = google.keys() & shopee.keys()
    assert 0.5 < len(both) * orders / (len(google) * len(shopee)) < 4, "both have popular products"
    assert sum(google[ref] == shopee[ref] for ref in both) < 0.75 * len(both), "each has its own delays"


def test_another_seed_is_another_advertising_and_the_same_is_the_same(business: Business) -> None:
    other = found(Plan(**{**_fields(PLAN), "seed": 12}), CHANNELS, AD_PLATFORMS)
    again = found(PLAN, CHANNELS, AD_PLATFORMS)
    for name in ("response_curves", "planted_anomalies", "campaigns"):
        assert table_csv(again, name, END) == table_csv(business, name, END)
        mine, theirs = rows(business, name), rows(other, name)
        for platform in AD_PLATFORMS:
            assert [r for r in mine if r["platform"] == platform] != [r for r in theirs if r["platform"] == platform]
    spends = {
        tuple(sum(f.spend for f in it.days(it.shops[0]).delivered(day, EVER).values()) for day in range(5))
        for it in business.advertised
    }
    assert len(spends) == 1 + len(AD_PLATFORMS), "platforms do not copy each other"


def test_what_the_web_shops_saw_is_in_keeping_with_the_orders(business: Business) -> None:
    daily = {(row["date"], row["shop_id"]): row for row in rows(business, "daily") if row["platform"] == "shopee"}
    sums: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    paid = Counter[str]()
    for row in rows(business, "ga4_daily"):
        sessions, engaged, users, bought = (
            int(row[name]) for name in ("sessions", "engaged_sessions", "users", "transactions")
        )
        assert sessions >= engaged >= bought
        assert sessions >= users > 0
        assert bool(bought) == (row["revenue"] != "0.00")
        sums[row["date"], int(row["property_id"]) - 370_000_001][0] += bought
        paid[row["medium"]] += bought
    for (day, index), (bought, _) in sums.items():
        assert bought <= int(daily[day, str(business.shops[index].shop_id)]["placed_orders"])
    placed = sum(int(row["placed_orders"]) for row in daily.values())
    assert 0.88 < sum(bought for bought, _ in sums.values()) / placed < 0.95
    assert set(paid) == {"organic", "(none)", "referral", "cpc", "paid_social"}
    assert all(paid.values())


def test_a_platform_that_is_none_or_has_no_shops_is_refused() -> None:
    with pytest.raises(OptionError, match="there are google_ads, tiktok_ads, line_ads, shopee_ads, lazada_ads, ga4"):
        assert Options(ads="bing").ad_platforms
    with pytest.raises(OptionError, match="line_ads promotes shops on line_shop; add that to channels"):
        assert Options(ads="line_ads").ad_platforms
    assert Options(ads="all").ad_platforms == ("google_ads", "shopee_ads", "ga4")
    assert Options(ads="all", channels="all").ad_platforms == (*AD_PLATFORMS, ANALYTICS)


def test_a_sandbox_advertises_where_it_is_told_to() -> None:
    with running_sandbox(days=12, orders_per_day=6, shops=1, channels="all", ads="all") as sandbox:
        assert {row["platform"] for row in sandbox.truth("ad_accounts")} == {"facebook_ads", *AD_PLATFORMS}
        assert sandbox.truth("planted_anomalies")


def _date(business: Business, shop: Shop, day: int) -> str:
    return local_date(shop.region.time_zone, business.day_start(shop, day)).isoformat()


def _organic(advertising: Advertising, shop: Shop, ad: int) -> bool:
    return advertising.portfolio(shop).ads[ad].campaign.kind.organic


def _fields(plan: Plan) -> dict[str, object]:
    return {name: getattr(plan, name) for name in plan.__dataclass_fields__}
