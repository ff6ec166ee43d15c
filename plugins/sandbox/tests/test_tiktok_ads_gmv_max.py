"""GMV Max: its shops, campaigns and reports against the books, and what TikTok refuses of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugins.sandbox.tests.tiktok_ads_api import ACCOUNT, ALL, EVERY, SMALL, STORE, TODAY, TikTok, truth
from talat_sandbox.testing import Sandbox, running_sandbox


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox(**SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def tiktok(shared: Sandbox) -> TikTok:
    return TikTok(shared)


def test_gmv_max_is_in_its_own_report_by_product_and_by_creative(tiktok: TikTok, shared: Sandbox) -> None:
    campaigns = tiktok.campaigns()
    of_them = {"campaign_ids": campaigns, **EVERY}
    products = tiktok.gmv_max("campaign_id", "item_group_id", "stat_time_day", filtering=of_them)
    names = ("cost", "orders", "gross_revenue")
    found = {
        tuple(row["dimensions"][name] for name in ("campaign_id", "item_group_id", "stat_time_day")): [
            Decimal(row["metrics"][name]) for name in names
        ]
        for row in products
    }
    books = truth(shared, "campaign_id", "adset_id", "date", gmv_max=True)
    assert found == {
        (campaign, product, f"{day} 00:00:00"): [figures[0], figures[3], figures[4]]
        for (campaign, product, day), figures in books.items()
    }
    groups = sorted({row["dimensions"]["item_group_id"] for row in products})
    creatives = tiktok.gmv_max(
        "campaign_id", "item_group_id", "item_id", "stat_time_day", filtering={**of_them, "item_group_ids": groups}
    )
    spent = {
        (row["dimensions"]["item_id"], row["dimensions"]["stat_time_day"]): Decimal(row["metrics"]["cost"])
        for row in creatives
    }
    by_ad = truth(shared, "ad_id", "date", gmv_max=True)
    assert spent == {(ad, f"{day} 00:00:00"): figures[0] for (ad, day), figures in by_ad.items() if figures[0]}
    whole = tiktok.gmv_max("advertiser_id")
    assert sum(Decimal(row["metrics"]["cost"]) for row in whole) < sum(f[0] for f in found.values()), "some are deleted"
    assert {row["metrics"]["currency"] for row in products} == {"THB"}


def test_gmv_max_tells_names_for_one_object_alone(tiktok: TikTok) -> None:
    first, *others = tiktok.campaigns()
    one = tiktok.gmv_max(
        "item_group_id", metrics=["cost", "product_name"], filtering={"campaign_ids": [first], **EVERY}
    )
    assert all(row["metrics"]["product_name"] for row in one)
    several = {"campaign_ids": [first, *others], **EVERY}
    assert others
    for row in tiktok.gmv_max("item_group_id", metrics=["cost", "product_name"], filtering=several):
        assert "product_name" not in row["metrics"]
    product = one[0]["dimensions"]["item_group_id"]
    by_creative = {"campaign_ids": [first], "item_group_ids": [product], **EVERY}
    for row in tiktok.gmv_max("item_id", metrics=["title", "tt_account_name"], filtering=by_creative):
        assert row["metrics"]["title"]
        assert row["metrics"]["tt_account_name"].startswith("PII-")


@pytest.mark.parametrize(
    "params",
    [
        {"store_ids": [STORE, STORE]},
        {"store_ids": ["7490000000000000099"]},
        {"store_ids": None},
        {"metrics": None},
        {"metrics": ["spend"]},
        {"dimensions": ["campaign_id", "stat_time_day"]},
        {"dimensions": ["item_group_id"]},
        {"dimensions": ["item_id"], "filtering": {"campaign_ids": ["1"]}},
        {"dimensions": ["item_group_id"], "filtering": {"campaign_ids": ["1"], "item_group_ids": ["2"]}},
        {"dimensions": ["item_group_id"], "filtering": {"campaign_ids": [str(n) for n in range(101)]}},
        {"dimensions": ["campaign_id", "item_id"], "filtering": {"campaign_ids": ["1"], "item_group_ids": ["2"]}},
        {"end_date": (TODAY + timedelta(10)).isoformat()},
    ],
)
def test_wrong_reports_of_gmv_max_are_refused(tiktok: TikTok, params: dict[str, Any]) -> None:
    right = {
        "store_ids": [STORE], "dimensions": ["advertiser_id", "stat_time_day"], "metrics": ["cost"],
        "start_date": "2026-10-23", "end_date": "2026-11-20",
    }  # fmt: skip
    assert tiktok.code("gmv_max/report/get/", **right) == 0
    assert tiktok.code("gmv_max/report/get/", **{**right, **params}) == 40002


def test_shops_and_campaigns_of_gmv_max(tiktok: TikTok, shared: Sandbox) -> None:
    (store,) = tiktok.data("gmv_max/store/list/")["store_list"]
    assert (store["store_id"], store["targeting_region_codes"]) == (STORE, ["TH"])
    asked = {"gmv_max_promotion_types": ["PRODUCT_GMV_MAX"], "store_ids": [STORE], **ALL}
    listed = tiktok.rows("gmv_max/campaign/get/", filtering=asked)
    books = [r for r in shared.truth("campaigns") if (r["account_id"], r["objective"]) == (ACCOUNT, "PRODUCT_GMV_MAX")]
    assert {row["campaign_id"] for row in listed} == {row["campaign_id"] for row in books}
    for row in books:
        detail = tiktok.data("campaign/gmv_max/info/", campaign_id=row["campaign_id"])
        assert (detail["store_id"], detail["item_group_ids"]) == (STORE, row["product_ids"].split())
    assert tiktok.code("campaign/gmv_max/info/", campaign_id="1") == 40007
    assert tiktok.rows("gmv_max/campaign/get/", filtering={**asked, "gmv_max_promotion_types": ["LIVE_GMV_MAX"]}) == []
