"""TikTok's reports of auction ads against the books, and what it refuses of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from plugins.sandbox.tests.tiktok_ads_api import ALL, SMALL, TikTok, truth
from talat_sandbox.testing import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox(**SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def tiktok(shared: Sandbox) -> TikTok:
    return TikTok(shared)


@pytest.mark.parametrize(
    ("level", "columns"),
    [
        ("advertiser", ("account_id",)),
        ("campaign", ("campaign_id",)),
        ("adgroup", ("adset_id",)),
        ("ad", ("ad_id",)),
    ],
)
def test_reports_by_day_agree_with_the_books(
    tiktok: TikTok, shared: Sandbox, level: str, columns: tuple[str, ...]
) -> None:
    names = ["spend", "impressions", "clicks", "complete_payment", "total_complete_payment_rate"]
    rows = tiktok.report(level, "stat_time_day", metrics=names)
    found = {
        (row["dimensions"][f"{level}_id"], row["dimensions"]["stat_time_day"]): [
            Decimal(row["metrics"][name]) for name in names
        ]
        for row in rows
    }
    assert len(found) == len(rows) > 20
    books = truth(shared, *columns, "date", gmv_max=False)
    assert found == {(key, f"{day} 00:00:00"): figures for (key, day), figures in books.items()}


def test_deleted_objects_are_left_out_of_their_level_unless_they_are_asked_for(tiktok: TikTok) -> None:
    gone = {ad["ad_id"] for ad in tiktok.rows("ad/get/", filtering={"primary_status": "STATUS_DELETE"})}
    shown = {row["dimensions"]["ad_id"] for row in tiktok.report("ad", "stat_time_day")}
    usual = {row["dimensions"]["ad_id"] for row in tiktok.report("ad", "stat_time_day", status="STATUS_NOT_DELETE")}
    assert shown - usual
    assert shown - usual <= gone


@pytest.mark.parametrize("split", [["stat_time_hour"], ["gender", "age"], ["country_code"], ["platform"]])
def test_parts_add_up_to_the_day(tiktok: TikTok, split: list[str]) -> None:
    day = {"start_date": "2026-11-12", "end_date": "2026-11-12"}
    hourly = split == ["stat_time_hour"]
    dimensions, kind = (split, "BASIC") if hourly else ([*split, "stat_time_day"], "AUDIENCE")
    whole = tiktok.report("campaign", "stat_time_day", **day)
    parts = tiktok.report("campaign", *dimensions, kind=kind, **day)
    assert len(parts) > 2 * len(whole) > 0
    for name in ("spend", "impressions", "clicks", "conversion"):
        of_parts, of_whole = (sum(Decimal(row["metrics"][name]) for row in rows) for rows in (parts, whole))
        assert of_parts == of_whole, name
    assert len({json.dumps(row["dimensions"]) for row in parts}) == len(parts)


def test_the_hours_of_today_end_now(tiktok: TikTok) -> None:
    rows = tiktok.report("advertiser", "stat_time_hour", start_date="2026-11-20", end_date="2026-11-20")
    assert max(row["dimensions"]["stat_time_hour"] for row in rows) == "2026-11-20 16:00:00"


def test_without_time_objects_that_did_nothing_are_there_with_zeros_and_hyphens(tiktok: TikTok) -> None:
    day = {"start_date": "2026-10-01", "end_date": "2026-10-01", "metrics": ["spend", "cpc", "ad_name", "campaign_id"]}
    rows = tiktok.report("ad", **day)
    assert {(row["metrics"]["spend"], row["metrics"]["cpc"]) for row in rows} == {("0.00", "-")}
    assert {row["dimensions"]["ad_id"] for row in rows} == {ad["ad_id"] for ad in tiktok.rows("ad/get/", filtering=ALL)}
    assert all(row["metrics"]["ad_name"] for row in rows)
    assert tiktok.report("ad", "stat_time_day", **day) == []


@pytest.mark.parametrize(
    "params",
    [
        {"dimensions": "ad_id,stat_time_day"},
        {"dimensions": ["stat_time_day"]},
        {"dimensions": ["ad_id", "campaign_id"]},
        {"dimensions": ["ad_id", "stat_time_day", "stat_time_hour"]},
        {"dimensions": ["ad_id", "gender"]},
        {"report_type": "AUDIENCE", "dimensions": ["ad_id", "gender", "country_code"]},
        {"report_type": "AUDIENCE", "dimensions": ["ad_id", "gender"], "metrics": ["reach"]},
        {"metrics": ["cash_spend"]},
        {"metrics": ["no_such_metric"]},
        {"start_date": "2026-10-20"},
        {"dimensions": ["ad_id", "stat_time_hour"]},
        {"dimensions": ["ad_id"], "start_date": "2025-11-19"},
        {"start_date": "2026-11-21"},
        {"data_level": "AUCTION_PIXEL"},
        {"filtering": {"ad_status": "STATUS_ALL"}},
        {"filtering": [{"field_name": "ad_status", "filter_type": "IN", "filter_value": "STATUS_ALL"}]},
        {"order_field": "ad_name"},
    ],
)
def test_wrong_reports_are_refused(tiktok: TikTok, params: dict[str, Any]) -> None:
    right = {
        "report_type": "BASIC", "data_level": "AUCTION_AD", "dimensions": ["ad_id", "stat_time_day"],
        "metrics": ["spend", "ad_name"], "start_date": "2026-11-01", "end_date": "2026-11-20",
    }  # fmt: skip
    assert tiktok.code("report/integrated/get/", **right) == 0
    assert tiktok.code("report/integrated/get/", **{**right, **params}) == 40002


def test_rows_can_be_put_in_order_and_are_in_none_otherwise(tiktok: TikTok) -> None:
    usual = [Decimal(row["metrics"]["spend"]) for row in tiktok.report("ad", "stat_time_day")]
    spends = [
        Decimal(row["metrics"]["spend"])
        for row in tiktok.report("ad", "stat_time_day", order_field="spend", order_type="ASC")
    ]
    assert usual != sorted(usual)
    assert spends == sorted(usual)
