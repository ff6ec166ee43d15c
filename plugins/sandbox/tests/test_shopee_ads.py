"""The ads module of Shopee's platform: its app, limits and errors, and reports that agree with the truth."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from talat_sandbox.platforms.shopee.protocol import sign
from talat_sandbox.platforms.shopee_ads.call import months_later
from talat_sandbox.platforms.shopee_ads.protocol import ADS_APP
from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF, TODAY, FIRST = "2026-11-20T10:00:00Z", date(2026, 11, 20), date(2026, 10, 11)
DAILY, HOURLY = "ads/get_all_cpc_ads_daily_performance", "ads/get_all_cpc_ads_hourly_performance"
IDS, SETTINGS = "ads/get_product_level_campaign_id_list", "ads/get_product_level_campaign_setting_info"
CAMPAIGNS = "ads/get_product_campaign_daily_performance"
GMS, ITEMS = "ads/get_gms_campaign_performance", "ads/get_gms_item_performance"
Connect = Callable[[Sandbox], Any]
Figures = dict[tuple[Any, ...], list[float]]


def dated(day: date) -> str:
    return day.strftime("%d-%m-%Y")


def span(first: date, last: date) -> dict[str, str]:
    return {"start_date": dated(first), "end_date": dated(last)}


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox(
        as_of=AS_OF, orders_per_day=120, days=40, products=12, campaigns=8, ads="shopee_ads", app_rps=0, shop_rps=0
    ) as running:
        yield running


@pytest.fixture(scope="module")
def seller(shared: Sandbox, connect: Connect) -> Any:
    return connect(replace(shared, partner_id=ADS_APP.partner_id, partner_key=ADS_APP.key))


@pytest.fixture
def own(connect: Connect) -> Iterator[Any]:
    """A seller in a sandbox that a test may break."""
    with running_sandbox(as_of=AS_OF, orders_per_day=5, days=5, ads="shopee_ads", shop_rps=3) as running:
        yield connect(replace(running, partner_id=ADS_APP.partner_id, partner_key=ADS_APP.key))


def listed(seller: Any, shop: int) -> list[int]:
    return [row["campaign_id"] for row in seller.get(shop, IDS, limit=5000)["campaign_list"]]


def truth(sandbox: Sandbox, *columns: str, keep: Callable[[dict[str, str]], bool] = lambda row: True) -> Figures:
    """Spend, impressions, clicks, orders and their value of the platform's ads by some columns."""
    found: Figures = defaultdict(lambda: [0.0] * 5)
    for row in sandbox.truth("ads_daily"):
        if row["platform"] == "shopee_ads" and keep(row):
            figures = found[tuple(row[name] for name in columns)]
            for place, name in enumerate(("spend", "impressions", "clicks", "conversions", "conversion_value")):
                figures[place] = round(figures[place] + float(row[name]), 2)
    return found


def figures(row: dict[str, Any]) -> list[float]:
    return [row[name] for name in ("expense", "impression", "clicks", "broad_order", "broad_gmv")]


def daily(seller: Any, shop: int) -> dict[date, dict[str, Any]]:
    rows = [
        row
        for first in (FIRST, FIRST + timedelta(20))
        for row in seller.get(shop, DAILY, **span(first, min(TODAY, first + timedelta(25))))
    ]
    return {date(*map(int, reversed(row["date"].split("-")))): row for row in rows}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (DAILY, "7b8a02016bfd85c35c4251d657a34ae168a356ed4154deb56788bd43c5955d9e"),
        (CAMPAIGNS, "02db7ea8cedab476b6c9e851d63593a8ffe0f9a52dc74da494dc23034be2475d"),
        (GMS, "0a583923b6aee1b7308d1e117885dab4e8fd04fb858234e236e7e0ec21c49654"),
    ],
)
def test_given_a_published_vector_when_signed_then_it_matches(path: str, expected: str) -> None:
    assert sign(f"2001887/api/v2/{path}17900000006d6f636b746f6b656e53686f70303031226001234") == expected


def test_every_day_of_a_shop_is_what_the_truth_says(seller: Any, shared: Sandbox) -> None:
    books = truth(shared, "account_id", "date")
    found = {
        (str(shop), day.isoformat()): figures(row)
        for shop in shared.shop_ids
        for day, row in daily(seller, shop).items()
    }
    assert found == books
    assert len(found) > 100
    rows = list(daily(seller, shared.shop_ids[0]).values())
    for row in rows:
        assert row["ctr"] == round(100 * row["clicks"] / row["impression"], 2)
        assert row["broad_roas"] == round(row["broad_gmv"] / row["expense"], 2)
        assert row["direct_order"] <= row["broad_order"] <= row["broad_item_sold"]
    assert any(0 < row["direct_order"] < row["broad_order"] < row["broad_item_sold"] for row in rows)


def test_hours_add_up_to_their_day_and_end_with_the_present(seller: Any, shared: Sandbox) -> None:
    shop = shared.shop_ids[0]
    for day, row in list(daily(seller, shop).items())[-2:]:
        hours = seller.get(shop, HOURLY, performance_date=dated(day))
        assert [it["hour"] for it in hours] == list(range(18 if day == TODAY else 24))
        for name in ("impression", "clicks", "expense", "broad_order", "direct_gmv", "broad_item_sold"):
            assert round(sum(it[name] for it in hours), 2) == row[name]


def test_every_day_of_a_campaign_is_what_the_truth_says_but_of_gmv_max(seller: Any, shared: Sandbox) -> None:
    kinds = {row["campaign_id"]: row for row in shared.truth("campaigns") if row["platform"] == "shopee_ads"}
    books = truth(shared, "campaign_id", "date", keep=lambda row: kinds[row["campaign_id"]]["objective"] != "gms")
    found: dict[tuple[str, str], list[float]] = {}
    for shop in shared.shop_ids:
        ids = ",".join(i for i, it in kinds.items() if it["shop_id"] == str(shop) and it["objective"] != "gms")
        for first in (FIRST, FIRST + timedelta(20)):
            (answer,) = seller.get(
                shop, CAMPAIGNS, campaign_id_list=ids, **span(first, min(TODAY, first + timedelta(30)))
            )
            assert (answer["shop_id"], len(answer["campaign_list"])) == (shop, len(ids.split(",")))
            for campaign in answer["campaign_list"]:
                assert campaign["ad_name"] == kinds[str(campaign["campaign_id"])]["name"]
                for row in campaign["metrics_list"]:
                    day = "-".join(reversed(row["date"].split("-")))
                    found[str(campaign["campaign_id"]), day] = figures(row)
                    assert row["cpc"] == (round(row["expense"] / row["broad_order"], 2) if row["broad_order"] else 0)
    assert found == books


def test_gmv_max_is_one_sum_over_the_span(seller: Any, shared: Sandbox) -> None:
    shop, first, last = shared.shop_ids[0], FIRST + timedelta(3), FIRST + timedelta(9)
    gms = next(row for row in shared.truth("campaigns") if row["objective"] == "gms" and row["shop_id"] == str(shop))

    def within(row: dict[str, str]) -> bool:
        return row["campaign_id"] == gms["campaign_id"] and first.isoformat() <= row["date"] <= last.isoformat()

    answer = seller.call(shop, GMS, "POST", span(first, last)).json["response"]
    assert str(answer["campaign_id"]) == gms["campaign_id"]
    assert {(): figures(answer["report"])} == truth(shared, keep=within)
    assert "direct_gmv" not in answer["report"]
    items, offset, more = {}, 0, True
    while more:
        page = seller.call(shop, ITEMS, "POST", {**span(first, last), "limit": 1, "offset": offset}).json["response"]
        items |= {(str(row["item_id"]),): figures(row["report"]) for row in page["result_list"]}
        offset, more = offset + 1, page["has_next_page"]
    assert items == truth(shared, "adset_id", keep=within)
    assert len(items) == page["total"] > 1
    assert gms["campaign_id"] not in map(str, listed(seller, shop))


def test_what_is_set_for_a_campaign_is_what_the_truth_says(seller: Any, shared: Sandbox) -> None:
    shop = shared.shop_ids[0]
    known = {row["campaign_id"]: row for row in shared.truth("campaigns") if row["shop_id"] == str(shop)}
    deleted = next(i for i, row in known.items() if row["status"] == "deleted")
    ids = listed(seller, shop)
    assert int(deleted) not in ids
    asked = ",".join(map(str, [*ids, deleted]))
    rows = seller.get(shop, SETTINGS, info_type_list="1,2,3,4", campaign_id_list=asked)["campaign_list"]
    for row in rows:
        common, expected = row["common_info"], known[str(row["campaign_id"])]
        assert (common["ad_name"], common["campaign_status"]) == (expected["name"], expected["status"])
        assert (common["ad_type"], common["campaign_budget"]) == (
            expected["objective"], float(expected["daily_budget"]),
        )  # fmt: skip
        assert {*map(str, common["item_id_list"])} <= {*expected["product_ids"].split()}
        assert bool(row["manual_bidding_info"]["selected_keywords"]) == (common["ad_type"] == "manual")
    assert {"deleted", "ongoing"} <= {row["common_info"]["campaign_status"] for row in rows}
    parts = ["common_info", "manual_bidding_info", "auto_bidding_info", "auto_product_ads_info"]
    assert {tuple(row) for row in rows} == {("campaign_id", *parts)}
    for number, part in enumerate(parts, 1):
        (row,) = seller.get(shop, SETTINGS, info_type_list=str(number), campaign_id_list=ids[0])["campaign_list"]
        assert list(row) == ["campaign_id", part]


def test_the_list_of_campaigns_is_paged(seller: Any, shared: Sandbox) -> None:
    shop = shared.shop_ids[0]
    whole, found, more = listed(seller, shop), [], True
    while more:
        page = seller.get(shop, IDS, ad_type="all", limit=2, offset=len(found))
        found += [row["campaign_id"] for row in page["campaign_list"]]
        more = page["has_next_page"]
    assert found == whole
    assert len(whole) > 4
    manual = seller.get(shop, IDS, ad_type="manual")["campaign_list"]
    assert {row["ad_type"] for row in manual} == {"manual"}
    assert 0 < len(manual) < len(whole)


OLD = months_later(TODAY, -6)


@pytest.mark.parametrize(
    ("path", "asked", "error"),
    [
        (DAILY, {"start_date": "2026-11-01", "end_date": "2026-11-05"}, "error_param"),
        (DAILY, {"start_date": "31-11-2026", "end_date": "01-12-2026"}, "error_param"),
        (DAILY, {"start_date": "01-11-2026"}, "error_param"),
        (DAILY, span(TODAY, TODAY), "ads.performance.error_same_start_end_dates"),
        (DAILY, span(TODAY, FIRST), "ads.performance.error_start_later_than_end"),
        (DAILY, span(TODAY, TODAY + timedelta(1)), "ads.performance.error_date_in_future"),
        (DAILY, span(date(2026, 10, 1), date(2026, 11, 2)), "ads.performance.error_date_range_too_long"),
        (DAILY, span(date(2026, 10, 2), date(2026, 11, 2)), ""),
        (DAILY, span(OLD - timedelta(1), OLD + timedelta(5)), "ads.performance.error_date_too_old"),
        (DAILY, span(OLD, OLD + timedelta(5)), ""),
        (HOURLY, {}, "error_param"),
        (IDS, {"ad_type": "gms"}, "error_param"),
        (IDS, {"limit": 5001}, "error_param"),
        (SETTINGS, {"info_type_list": "5", "campaign_id_list": "1"}, "error_param"),
        (SETTINGS, {"info_type_list": "1", "campaign_id_list": ""}, "error_param"),
        (SETTINGS, {"info_type_list": "1", "campaign_id_list": "1"}, "ads.shop.campaign_not_match"),
        (CAMPAIGNS, {**span(FIRST, TODAY - timedelta(20)), "campaign_id_list": "1"}, "ads.shop.campaign_not_match"),
        (CAMPAIGNS, {**span(FIRST, TODAY - timedelta(20)), "campaign_id_list": "1," * 101}, "error_param"),
        (GMS, {}, "ads.api.http_method_not_allowed"),
        ("ads/create_manual_product_ads", {}, "error_not_found"),
    ],
)  # fmt: skip
def test_what_the_documentation_forbids_is_refused(
    seller: Any, shared: Sandbox, path: str, asked: dict[str, Any], error: str
) -> None:
    answer = seller.call(shared.shop_ids[0], path, **asked)
    assert (answer.status, answer.error) == (200, error)


@pytest.mark.parametrize(
    ("path", "body", "error"),
    [
        (GMS, span(TODAY, TODAY), "ads.performance.error_same_start_end_dates"),
        (GMS, {**span(FIRST, TODAY - timedelta(20)), "campaign_id": 1}, "ads_error_product_gms_campaign_not_found"),
        (GMS, {**span(FIRST, TODAY - timedelta(20)), "campaign_id": "1"}, "error_param"),
        (ITEMS, {**span(FIRST, TODAY - timedelta(20)), "limit": 101}, "error_query_limit_max"),
    ],
)
def test_what_the_documentation_forbids_of_gmv_max_is_refused(
    seller: Any, shared: Sandbox, path: str, body: dict[str, Any], error: str
) -> None:
    assert seller.call(shared.shop_ids[0], path, "POST", body).error == error


def test_an_app_without_ads_is_refused_and_one_of_ads_reads_nothing_else(
    shared: Sandbox, seller: Any, connect: Connect
) -> None:
    shop, orders = shared.shop_ids[1], connect(shared)
    assert orders.call(shop, "ads/get_total_balance").error == "error_permission"
    assert orders.call(shop, "shop/get_shop_info").error == ""
    assert seller.call(shop, "shop/get_shop_info").error == "error_permission"
    assert seller.get(shop, "ads/get_total_balance")["total_balance"] > 0
    assert seller.get(shop, "ads/get_shop_toggle_info")["auto_top_up"] is True
    deleted = seller.call(shop, "ads/list_gms_user_deleted_item", "POST", {}).json["response"]
    assert deleted["item_id_list"] == []
    seller.tokens[shop] = orders.tokens[shop]
    assert seller.call(shop, "ads/get_total_balance").error == "error_auth"
    seller.tokens.pop(shop)


def test_a_shop_has_one_gmv_max_at_a_time(seller: Any, shared: Sandbox) -> None:
    statuses = {row["shop_id"]: row["status"] for row in shared.truth("campaigns") if row["objective"] == "gms"}
    assert set(statuses) == set(map(str, shared.shop_ids))
    for shop in shared.shop_ids:
        has_one = statuses[str(shop)] == "ongoing"
        answer = seller.get(shop, "ads/check_create_gms_product_campaign_eligibility")
        assert answer == {"is_eligible": not has_one, "reason": "active_campaign" if has_one else ""}


def test_spend_and_orders_of_the_last_days_are_restated(own: Any) -> None:
    shop, asked = own.sandbox.shop_ids[0], span(TODAY - timedelta(4), TODAY - timedelta(1))
    before = own.get(shop, DAILY, **asked)
    own.sandbox.set_clock("2026-11-30T10:00:00Z")
    after = own.get(shop, DAILY, **asked)
    assert [row["impression"] for row in before] == [row["impression"] for row in after]
    assert before != after
    assert all(row["expense"] <= old["expense"] for row, old in zip(after, before, strict=True))


def test_who_is_too_fast_is_refused_by_shop_and_faults_and_withdrawn_consent_are_told(own: Any) -> None:
    shop, other = own.sandbox.shop_ids[:2]
    own.refresh(other)
    errors = [own.call(shop, "ads/get_total_balance").error for _ in range(5)]
    assert "ads.rate_limit.exceed_shop_api" in errors
    assert own.call(other, "ads/get_total_balance").error == ""
    time.sleep(1)
    own.sandbox.faults({"match": {"path": "get_total_balance"}, "kind": "rate_limit"})
    assert own.call(other, "ads/get_total_balance").error == "ads.rate_limit.exceed_shop_api"
    own.sandbox.faults({"match": {"path": "get_total_balance"}, "kind": "expire_token"})
    assert own.call(other, "ads/get_total_balance").error == "invalid_acceess_token"
    own.refresh(other)
    own.sandbox.deny(other, "/api/v2/ads/get_total_balance")
    assert own.call(other, "ads/get_total_balance").error == "error_permission"
    own.sandbox.revoke(shop)
    time.sleep(1)
    assert own.call(shop, "ads/get_total_balance").error == "partner_shop_no_link"
    assert ADS_APP.key in own.sandbox.secrets()["shopee_ads"]["partner_key"]
