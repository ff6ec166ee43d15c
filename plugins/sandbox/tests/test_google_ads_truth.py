"""Google's rows against the truth, and its query language as its documentation has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from plugins.sandbox.tests.google_ads_api import BUSINESS, DATED, FIRST, Asker, asker, code
from talat_sandbox.platforms.google_ads.gaql import Condition, Query, parse
from talat_sandbox.testing import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(**BUSINESS) as running:
        yield running


@pytest.fixture
def ask(sandbox: Sandbox) -> Asker:
    return asker(sandbox)


@pytest.fixture
def rows(ask: Asker) -> Callable[..., list[dict[str, Any]]]:
    def read(query: str, customer: object = FIRST) -> list[dict[str, Any]]:
        status, answer = ask(query, customer)
        assert status == 200, answer
        return [row for part in answer for row in part.get("results", [])]

    return read


def sums(found: list[dict[str, Any]], *path: str) -> dict[tuple[str, ...], list[Decimal]]:
    """Cost, impressions, clicks, conversions and their value, by what stands under some dotted paths."""
    added: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
    for row in found:
        key = []
        for name in path:
            value = row
            for part in name.split("."):
                value = value[part]
            key.append(str(value))
        it = row["metrics"]
        values = (it["costMicros"], it["impressions"], it["clicks"], it["conversions"], it["conversionsValue"])
        numbers = [Decimal(str(value)) for value in values]
        added[tuple(key)] = [a + b for a, b in zip(added[tuple(key)], numbers, strict=True)]
    return dict(added)


def truth(sandbox: Sandbox, *keys: str, shown: str = "campaign_id") -> dict[tuple[str, ...], list[Decimal]]:
    added: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
    for row in sandbox.truth("ads_daily"):
        if row["platform"] == "google_ads" and row["account_id"] == str(FIRST) and row[shown]:
            numbers = [Decimal(row[name]) for name in ("spend", "impressions", "clicks", "conversions")]
            numbers = [numbers[0] * 1_000_000, *numbers[1:], Decimal(row["conversion_value"])]
            key = tuple(row[name] for name in keys)
            added[key] = [a + b for a, b in zip(added[key], numbers, strict=True)]
    return {key: values for key, values in added.items() if any(values)}


USUAL = (
    "metrics.cost_micros, metrics.impressions, metrics.clicks, metrics.conversions, metrics.conversions_value, "
    "segments.date"
)


def test_every_level_of_every_day_is_what_the_truth_says(rows: Any, sandbox: Sandbox) -> None:
    campaigns = rows(f"SELECT campaign.id, {USUAL} FROM campaign WHERE {DATED}")
    assert sums(campaigns, "campaign.id", "segments.date") == truth(sandbox, "campaign_id", "date")
    ads = rows(f"SELECT ad_group.id, ad_group_ad.ad.id, {USUAL} FROM ad_group_ad WHERE {DATED}")
    levels = ("adset_id", "ad_id", "date")
    assert sums(ads, "adGroup.id", "adGroupAd.ad.id", "segments.date") == truth(sandbox, *levels, shown="ad_id")
    account = rows(f"SELECT {USUAL} FROM customer WHERE {DATED}")
    assert sums(account, "segments.date") == truth(sandbox, "date")
    sets = rows(f"SELECT ad_group.id, {USUAL} FROM ad_group WHERE {DATED}")
    groups = rows(f"SELECT asset_group.id, {USUAL} FROM asset_group WHERE {DATED}")
    found = sums(sets, "adGroup.id", "segments.date") | sums(groups, "assetGroup.id", "segments.date")
    assert found == truth(sandbox, "adset_id", "date")
    assert groups, "Performance Max is shown by asset groups alone"


@pytest.mark.parametrize(
    ("select", "resource"),
    [
        ("segments.device", "campaign"),
        ("segments.ad_network_type", "campaign"),
        ("geographic_view.country_criterion_id, geographic_view.location_type", "geographic_view"),
        ("segments.geo_target_region", "geographic_view"),
    ],
)
def test_the_parts_of_a_campaign_make_the_whole(rows: Any, sandbox: Sandbox, select: str, resource: str) -> None:
    parts = rows(f"SELECT campaign.id, {select}, {USUAL} FROM {resource} WHERE {DATED}")
    whole = truth(sandbox, "campaign_id", "date")
    assert sums(parts, "campaign.id", "segments.date") == whole
    assert len(parts) > 1.1 * len(whole)


def test_keywords_make_their_ad_groups_and_search_terms_make_less(rows: Any) -> None:
    ids = "campaign.id, ad_group.id"
    sets = rows(f"SELECT {ids}, campaign.advertising_channel_type, {USUAL} FROM ad_group WHERE {DATED}")
    searched = [row for row in sets if row["campaign"]["advertisingChannelType"] == "SEARCH"]
    words = rows(f"SELECT {ids}, ad_group_criterion.criterion_id, {USUAL} FROM keyword_view WHERE {DATED}")
    assert sums(words, "adGroup.id", "segments.date") == sums(searched, "adGroup.id", "segments.date")
    terms = rows(f"SELECT {ids}, search_term_view.search_term, {USUAL} FROM search_term_view WHERE {DATED}")
    clicks = sum(int(row["metrics"]["clicks"]) for row in words)
    assert 0.4 * clicks < sum(int(row["metrics"]["clicks"]) for row in terms) < 0.95 * clicks
    keys = [(r["adGroup"]["id"], r["searchTermView"]["searchTerm"], r["segments"]["date"]) for r in terms]
    assert len(keys) == len(set(keys))


def test_products_are_written_in_small_letters_and_make_their_campaigns(rows: Any) -> None:
    found = rows(f"SELECT campaign.id, segments.product_item_id, {USUAL} FROM shopping_performance_view WHERE {DATED}")
    campaigns = rows(
        f"SELECT campaign.id, {USUAL} FROM campaign WHERE {DATED} "
        "AND campaign.advertising_channel_type IN ('SHOPPING', 'PERFORMANCE_MAX')"
    )
    assert sums(found, "campaign.id", "segments.date") == sums(campaigns, "campaign.id", "segments.date")
    items = {row["segments"]["productItemId"] for row in found}
    assert len(items) > 3
    assert all(item == item.lower() for item in items)


def test_rows_are_written_as_the_documentation_has_them(rows: Any) -> None:
    (row, *_) = rows(f"SELECT campaign.id, campaign.name, metrics.ctr, {USUAL} FROM campaign WHERE {DATED}")
    assert row["campaign"]["resourceName"] == f"customers/{FIRST}/campaigns/{row['campaign']['id']}"
    assert isinstance(row["metrics"]["costMicros"], str)
    assert isinstance(row["metrics"]["conversions"], float)
    ads = rows("SELECT ad_group.id, ad_group_ad.ad.id, ad_group_ad.ad.responsive_search_ad.headlines FROM ad_group_ad")
    names = ads[0]["adGroupAd"]
    assert names["resourceName"].endswith(f"/adGroupAds/{ads[0]['adGroup']['id']}~{names['ad']['id']}")
    words = rows(
        "SELECT ad_group_criterion.criterion_id, ad_group_criterion.quality_info.quality_score FROM ad_group_criterion"
    )
    scores = [row["adGroupCriterion"].get("qualityInfo", {}).get("qualityScore") for row in words]
    assert all(score is None or 1 <= score <= 10 for score in scores)


def test_objects_are_those_of_the_truth_removed_ones_too(rows: Any, sandbox: Sandbox) -> None:
    found = rows(
        "SELECT campaign.id, campaign.name, campaign.status, campaign.advertising_channel_type, "
        "campaign_budget.amount_micros FROM campaign"
    )
    books = {
        row["campaign_id"]: (
            row["name"],
            row["status"],
            row["objective"],
            Decimal(row["daily_budget"] or 0) * 1_000_000,
        )
        for row in sandbox.truth("campaigns")
        if row["platform"] == "google_ads" and row["account_id"] == str(FIRST)
    }
    shown = {
        row["campaign"]["id"]: (
            row["campaign"]["name"],
            row["campaign"]["status"],
            row["campaign"]["advertisingChannelType"],
            Decimal(row["campaignBudget"].get("amountMicros", 0)),
        )
        for row in found
    }
    assert shown == books
    assert "REMOVED" in {status for _, status, _, _ in shown.values()}


def test_without_dates_a_query_adds_the_days_up_and_shows_what_has_no_figures(rows: Any, sandbox: Sandbox) -> None:
    found = rows(f"SELECT campaign.id, {USUAL.removesuffix(', segments.date')} FROM campaign WHERE {DATED}")
    added = {key: values for key, values in sums(found, "campaign.id").items() if any(values)}
    assert added == truth(sandbox, "campaign_id")
    months = rows(f"SELECT {USUAL.replace('date', 'month')} FROM customer WHERE {DATED}")
    assert [row["segments"]["month"] for row in months] == ["2026-09-01", "2026-10-01"]


def test_conditions_order_and_limit(rows: Any) -> None:
    found = rows(
        f"SELECT campaign.id, {USUAL} FROM campaign WHERE {DATED} AND metrics.clicks > 20 "
        "AND campaign.name NOT IN ('nothing') ORDER BY metrics.clicks DESC, campaign.id LIMIT 7"
    )
    clicks = [int(row["metrics"]["clicks"]) for row in found]
    assert len(clicks) == 7
    assert clicks == sorted(clicks, reverse=True)
    assert min(clicks) > 20
    week = rows("SELECT metrics.clicks, segments.date FROM customer WHERE segments.date DURING LAST_7_DAYS")
    shown = {row["segments"]["date"] for row in week}  # one of the last days is late
    assert {f"2026-10-{day}" for day in range(14, 19)} < shown < {f"2026-10-{day}" for day in range(14, 21)}


def test_the_query_language() -> None:
    assert parse(
        "select campaign.id, metrics.clicks from campaign where segments.date between '2026-01-01' and '2026-01-31' "
        "AND campaign.status IN ('ENABLED','PAUSED') order by metrics.clicks desc limit 5 parameters a=true"
    ) == Query(
        ("campaign.id", "metrics.clicks"),
        "campaign",
        (
            Condition("segments.date", "BETWEEN", ("2026-01-01", "2026-01-31")),
            Condition("campaign.status", "IN", ("ENABLED", "PAUSED")),
        ),
        (("metrics.clicks", True),),
        5,
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("campaign.id", "queryError.UNEXPECTED_INPUT"),
        ("SELECT FROM campaign", "queryError.EXPECTED_SELECT"),
        ("SELECT campaign.id", "queryError.EXPECTED_FROM"),
        ("SELECT campaign.id, FROM campaign", "queryError.UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id = 1 OR campaign.id = 2", "queryError.UNEXPECTED_INPUT"),
        ("SELECT campaign.id FROM campaign WHERE campaign.id", "queryError.UNEXPECTED_END_OF_QUERY"),
        ("SELECT campaign.id FROM campaign LIMIT many", "queryError.INVALID_LIMIT"),
        ("SELECT campaign.nme FROM campaign", "queryError.UNRECOGNIZED_FIELD"),
        ("SELECT campaign.start_date FROM campaign", "queryError.UNRECOGNIZED_FIELD"),
        ("SELECT campaign.id FROM nothing", "queryError.BAD_RESOURCE_TYPE_IN_FROM_CLAUSE"),
        ("SELECT ad_group.id FROM campaign", "queryError.PROHIBITED_RESOURCE_TYPE_IN_SELECT_CLAUSE"),
        ("SELECT metrics.clicks FROM ad_group_criterion", "queryError.PROHIBITED_METRIC_IN_SELECT_OR_WHERE_CLAUSE"),
        (
            f"SELECT segments.product_item_id FROM campaign WHERE {DATED}",
            "queryError.PROHIBITED_SEGMENT_IN_SELECT_OR_WHERE_CLAUSE",
        ),
        ("SELECT metrics.clicks, segments.date FROM campaign", "queryError.EXPECTED_FILTERS_ON_DATE_RANGE"),
        (
            "SELECT metrics.clicks, segments.date FROM campaign WHERE segments.date > '2026-10-01'",
            "queryError.EXPECTED_FILTERS_ON_DATE_RANGE",
        ),
        (
            f"SELECT metrics.clicks, segments.date FROM campaign WHERE {DATED} AND segments.device = 'MOBILE'",
            "queryError.EXPECTED_REFERENCED_FIELD_IN_SELECT_CLAUSE",
        ),
        (
            "SELECT segments.date FROM campaign WHERE segments.date BETWEEN '2023-09-01' AND '2023-09-02'",
            "dateRangeError.REQUESTED_DATE_GRANULARITY_NOT_SUPPORTED",
        ),
    ],
)
def test_what_google_refuses_of_a_query(ask: Asker, query: str, expected: str) -> None:
    status, answer = ask(query)
    assert (status, code(answer)) == (400, expected)
    assert isinstance(answer, list)
    assert ask(query, method="search")[1]["error"]["status"] == "INVALID_ARGUMENT"


def test_days_are_kept_for_37_months_and_months_for_longer(rows: Any) -> None:
    old = "BETWEEN '2020-01-01' AND '2020-12-31'"
    assert rows(f"SELECT metrics.clicks, segments.month FROM customer WHERE segments.month {old}") == []
