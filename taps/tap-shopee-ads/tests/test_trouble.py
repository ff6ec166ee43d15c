"""Shops and answers in trouble: the same rows, or a gap that says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run

Reader = Callable[..., Run]
DAILY = ("shop_daily", "campaign_daily", "gms_item_daily")


def by_shop(run: Run, stream: str) -> dict[int, list[dict[str, Any]]]:
    groups: dict[int, list[dict[str, Any]]] = {}
    for record in run.records(stream):
        groups.setdefault(record["shop_id"], []).append(record)
    return groups


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    one, many = only(*DAILY, concurrency=1), only(*DAILY, concurrency=16)
    for stream in DAILY:
        assert by_shop(one, stream) == by_shop(many, stream)
    assert one.state == many.state


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": "error_server", "times": 2},
        {"kind": "reset"},
        {"kind": "truncate", "honest_length": True},
        {"kind": "expire_token"},
        {"kind": "error", "code": "ads.performance.error_date_range_too_long"},
    ],
    ids=lambda fault: str(fault.get("code") or fault["kind"]),
)
def test_passing_trouble_changes_no_row(only: Reader, full: Run, sandbox: Sandbox, fault: dict[str, Any]) -> None:
    sandbox.faults({"match": {"path": "get_all_cpc_ads_daily"}, **fault})
    done = only("shop_daily")
    assert done.exit_code == 0, done.log
    assert by_shop(done, "shop_daily") == by_shop(full, "shop_daily")
    assert [left["times"] for left in sandbox.clear_faults()] == [0]


@pytest.mark.parametrize(
    ("stream", "path", "calls"),
    [
        ("shop_hourly", "get_all_cpc_ads_hourly", 1),
        ("campaign_daily", "campaign_id_list", 2),
        ("gms_daily", "get_gms_campaign", 1),
    ],
)
def test_what_stays_too_long_is_given_up_where_no_smaller_piece_can_be_asked_for(
    only: Reader, sandbox: Sandbox, as_of: datetime, stream: str, path: str, calls: int
) -> None:
    """And not asked for again for every half of a day; the list of campaigns once more tells the shop's country."""
    shop = sandbox.shop_ids[0]
    refused = {"kind": "error", "code": "ads.performance.error_date_range_too_long", "times": None}
    region = path == "campaign_id_list"
    sandbox.faults({"match": {"path": path, "shop_id": shop}, **refused, "after": int(region)})
    sandbox.reset_stats()
    done = only(stream, start_date=as_of.replace(hour=0).isoformat(), shop_ids=[shop])
    assert done.exit_code == 1
    assert "cannot be asked for in smaller pieces" in done.last_line
    asked = sandbox.stats()["calls"]
    assert sum(sum(by.values()) for name, by in asked.items() if path in name) == calls


def test_a_dead_shop_is_skipped_and_the_others_are_read(only: Reader, sandbox: Sandbox) -> None:
    dead, *others = sandbox.shop_ids
    sandbox.faults({"match": {"shop_id": dead}, "kind": "error", "code": "partner_shop_no_link", "times": None})
    done = only("shop_daily", "campaigns")
    assert done.exit_code == 1
    assert f"shop {dead} was skipped" in done.last_line
    assert "tap-shopee-ads authorize" in done.last_line
    for stream in ("shop_daily", "campaigns"):
        assert set(by_shop(done, stream)) == set(others)
    sandbox.clear_faults()
    assert set(by_shop(only("shop_daily", state=done.state), "shop_daily")) == {dead, *others}


def test_an_app_without_gmv_max_loses_its_streams_alone(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "get_gms"}, "kind": "error", "code": "error_permission", "times": None})
    done = only("shop_daily", "gms_daily", "gms_item_daily")
    assert done.exit_code == 1
    assert "category has ads" in done.last_line
    assert len(by_shop(done, "shop_daily")) == 3
    assert not done.records("gms_daily")


def test_a_shop_without_gmv_max_has_no_rows_and_no_gap(only: Reader, sandbox: Sandbox) -> None:
    none = "ads_error_product_gms_campaign_not_found"
    shop = sandbox.shop_ids[0]
    sandbox.faults({"match": {"path": "get_gms", "shop_id": shop}, "kind": "error", "code": none, "times": None})
    done = only("gms_daily", "gms_item_daily")
    assert done.exit_code == 0, done.log
    assert set(by_shop(done, "gms_daily")) == set(by_shop(done, "gms_item_daily")) == {*sandbox.shop_ids[1:]}


def test_a_campaign_that_is_the_shops_no_more_is_rejected_alone(only: Reader, full: Run, sandbox: Sandbox) -> None:
    """The batch is refused whole, then halved until the one stands alone."""
    shop = sandbox.shop_ids[0]
    path = "get_product_level_campaign_setting_info"
    ids = [row["campaign_id"] for row in full.records("campaigns") if row["shop_id"] == shop]
    refused = {"match": {"path": path, "shop_id": shop}, "kind": "error", "code": "ads.shop.campaign_not_match"}
    depth = len(ids).bit_length()
    sandbox.faults({**refused, "times": depth})
    done = only("campaigns")
    assert done.exit_code == 0, done.log
    lost = {*ids} - {row["campaign_id"] for row in done.records("campaigns")}
    assert 0 < len(lost) < len(ids)
    assert len(done.records("rejected_records")) == len(lost)


@pytest.mark.parametrize(
    ("stream", "path"),
    [("shop_daily", "get_all_cpc_ads_daily"), ("campaign_daily", "get_product_campaign_daily")],
)
def test_a_row_that_cannot_be_used_is_kept_with_the_reason(
    only: Reader, full: Run, sandbox: Sandbox, stream: str, path: str
) -> None:
    sandbox.faults({"match": {"path": path}, "kind": "bad_record", "field": "date"})
    done = only(stream)
    assert done.exit_code == 0, done.log
    assert len(done.records("rejected_records")) == 1
    assert len(done.records(stream)) == len(full.records(stream)) - 1


@pytest.mark.parametrize("stream", ["gms_daily", "gms_item_daily"])
def test_a_sum_without_its_figures_is_a_gap_for_days_are_made_of_two(
    only: Reader, full: Run, sandbox: Sandbox, figures: Callable[..., Any], stream: str
) -> None:
    shop = sandbox.shop_ids[0]
    path = {"gms_daily": "get_gms_campaign", "gms_item_daily": "get_gms_item"}[stream]
    broken = {"kind": "bad_record", "field": "report", "value": None, "times": None}
    sandbox.faults({"match": {"path": path, "shop_id": shop}, **broken})
    done = only(stream)
    assert done.exit_code == 1
    assert "another shape" in done.last_line
    sandbox.clear_faults()
    mended = only(stream, state=done.state)
    assert mended.exit_code == 0
    rows = {
        (row["shop_id"], row.get("item_id"), row["date"]): row
        for row in [*done.records(stream), *mended.records(stream)]
    }
    keys = ("shop_id", "campaign_id", "date")
    assert figures(rows.values(), *keys) == figures(full.records(stream), *keys)


def test_what_shopee_adds_is_kept(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "get_all_cpc_ads_daily"}, "kind": "unknown_field", "value": "new"})
    done = only("shop_daily")
    extra = [row["extra_fields"] for row in done.records("shop_daily") if row.get("extra_fields")]
    assert extra == [{"sandbox_new_field": "new"}]
