"""What goes together in insights: breakdowns of the rows, of the actions in them, and objects that are gone."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox

RANGE = {"since": "2026-09-22", "until": "2026-11-21"}
HOUR = "hourly_stats_aggregated_by_advertiser_time_zone"
TARGETS = ["action_target_id", "action_destination"]
STATS = (
    "actions,action_values,purchase_roas,outbound_clicks,video_play_actions,video_p25_watched_actions,"
    "cost_per_action_type,video_play_curve_actions"
)
ADDED = STATS.split(",")[:6]
PLACEMENTS = (
    "publisher_platform",
    "publisher_platform,impression_device",
    "publisher_platform,platform_position",
    "publisher_platform,platform_position,impression_device",
)
ALONE = [
    ["action_device"],
    ["action_reaction"],
    ["action_carousel_card_id", "action_carousel_card_name"],
    ["action_carousel_card_id"],
    ["action_canvas_component_name"],
    ["action_video_sound"],
    ["action_video_type"],
]
JOINED = ["", "age", "gender", "age,gender", "country", "region", "product_id", HOUR, *PLACEMENTS]
ASSETS = {
    "ad_format_asset": None, "body_asset": "text", "call_to_action_asset": "name", "description_asset": "text",
    "image_asset": "url", "link_url_asset": "website_url", "title_asset": "text", "video_asset": "url",
}  # fmt: skip


def sums(stats: list[dict[str, str]]) -> dict[tuple[str, str], Decimal]:
    """Add up a list of stats by type and member: `value` and every attribution window."""
    found: dict[tuple[str, str], Decimal] = {}
    for entry in stats:
        for member in entry.keys() & {"value", "1d_click", "7d_click", "1d_view"}:
            key = entry["action_type"], member
            found[key] = found.get(key, Decimal(0)) + Decimal(entry[member])
    return found


@pytest.mark.parametrize(
    ("breakdowns", "extra"),
    [
        *((breakdowns, TARGETS) for breakdowns in JOINED),
        *((breakdowns, ["action_device", *TARGETS]) for breakdowns in PLACEMENTS),
        *(("", extra) for extra in ALONE),
        ("age", ["action_destination"]),
        ("", ["action_reaction", *TARGETS]),
    ],
)
def test_given_action_breakdowns_when_stats_are_summed_then_they_make_the_whole(
    graph: Any, breakdowns: str, extra: list[str]
) -> None:
    common: dict[str, Any] = {
        "level": "campaign", "time_range": RANGE, "limit": 500, "fields": f"campaign_id,spend,{STATS}",
        "breakdowns": breakdowns, "action_attribution_windows": ["1d_click", "7d_click", "1d_view"],
    }  # fmt: skip
    whole = graph.rows(f"{graph.act()}/insights", **common)
    rows = graph.rows(f"{graph.act()}/insights", action_breakdowns=["action_type", *extra], **common)
    assert rows == graph.rows(f"{graph.act()}/insights", action_breakdowns=extra, **common)
    assert len(rows) == len(whole)
    assert bool(rows) is (breakdowns != "product_id")  # no ad shows a catalogue
    several = False
    for row, total in zip(rows, whole, strict=True):
        assert row.keys() == total.keys()
        for name, value in total.items():
            if not isinstance(value, list):
                assert row[name] == value
                continue
            keys = [(entry["action_type"], *(entry[member] for member in extra)) for entry in row[name]]
            assert len(keys) == len(set(keys))
            several |= len(keys) > len(value)
            if name == "purchase_roas":  # rounded to six digits, each part
                assert abs(sum(sums(row[name]).values()) - sum(sums(value).values())) < Decimal("0.0001")
            elif name in ADDED:
                assert sums(row[name]) == sums(value)
    assert several is bool(rows)


def test_given_a_part_of_an_action_when_it_costs_then_the_whole_spend_paid_for_it(graph: Any) -> None:
    extra = "action_device"
    (row,) = graph.rows(
        f"{graph.act()}/insights",
        fields="spend,actions,cost_per_action_type",
        time_range=RANGE,
        action_breakdowns=extra,
    )
    costs = {(entry["action_type"], entry[extra]): Decimal(entry["value"]) for entry in row["cost_per_action_type"]}
    counts = {(entry["action_type"], entry[extra]): int(entry["value"]) for entry in row["actions"]}
    assert costs.keys() == counts.keys()
    for key, count in counts.items():
        assert abs(costs[key] * count - Decimal(row["spend"])) < Decimal("0.1")


@pytest.mark.parametrize(
    ("breakdowns", "extra"),
    [
        ("age", ["action_device"]),
        ("device_platform", TARGETS),
        ("country,region", ["action_target_id"]),
        ("comscore_market", ["action_destination"]),
        ("body_asset", ["action_device"]),
        ("publisher_platform", ["action_reaction"]),
        ("", ["action_reaction", "action_device"]),
        ("", ["action_video_sound", "action_video_type"]),
        ("", ["shiny"]),
        ("publisher_platform,device_platform", []),
        ("body_asset,title_asset", []),
        ("comscore_market,age", []),
        ("frequency_value,age", []),
    ],
)
def test_given_what_does_not_go_together_when_asked_then_it_is_refused(
    graph: Any, breakdowns: str, extra: list[str]
) -> None:
    columns = ", ".join(["action_type", *sorted([*filter(None, breakdowns.split(",")), *extra])])
    for method in ("GET", "POST"):
        status, code, _, message = graph.refused(
            f"{graph.act()}/insights", method, fields="spend", breakdowns=breakdowns, action_breakdowns=extra
        )
        assert (status, code) == (400, 100)
        assert message == f"(#100) Current combination of data breakdown columns ({columns}) is invalid"


@pytest.mark.parametrize("name", ["comscore_market", "device_platform", "frequency_value", *ASSETS])
def test_given_a_single_breakdown_when_its_rows_are_summed_then_they_make_the_whole(graph: Any, name: str) -> None:
    added, derived = "impressions,clicks,spend,actions,action_values", "reach,frequency,ctr,inline_link_clicks"
    common: dict[str, Any] = {"level": "campaign", "time_range": RANGE, "fields": f"campaign_id,{added},{derived}"}
    whole = graph.rows(f"{graph.act()}/insights", **common)
    rows = graph.rows(f"{graph.act()}/insights", breakdowns=name, **common)
    assert len({(row["campaign_id"], json.dumps(row[name])) for row in rows}) == len(rows) > len(whole)
    for total in whole:
        parts = [row for row in rows if row["campaign_id"] == total["campaign_id"]]
        for field in ("impressions", "clicks", "spend"):
            assert sum(Decimal(part[field]) for part in parts) == Decimal(total[field])
        for field in ("actions", "action_values"):
            assert sums([entry for part in parts for entry in part.get(field, [])]) == sums(total[field])
    shown = {field for row in rows for field in row}
    assert ("reach" in shown) is (name != "frequency_value")
    assert ("ctr" in shown) is ("inline_link_clicks" in shown) is (name not in ASSETS)
    assert ("frequency" in shown) is (name in ("comscore_market", "device_platform"))
    member = ASSETS.get(name)
    assert all(row[name].keys() == {"id", member} if member else isinstance(row[name], str) for row in rows)


def test_given_an_account_that_has_not_opted_in_when_asked_for_frequencies_then_the_answer_is_empty(
    own_graph: Any,
) -> None:
    params = {"fields": "spend", "breakdowns": "frequency_value"}
    assert own_graph.rows(f"{own_graph.act()}/insights", **params)
    own_graph.sandbox.set_gate(own_graph.sandbox.ad_account_ids[0], False)
    assert own_graph.get(f"{own_graph.act()}/insights", **params) == {"data": []}


def test_given_an_object_that_is_gone_when_asked_itself_then_it_has_its_rows(graph: Any, sandbox: Sandbox) -> None:
    gone = {
        edge: graph.rows(f"{graph.act()}/{edge}", fields="effective_status", effective_status=["ARCHIVED", "DELETED"])
        for edge in ("campaigns", "adsets", "ads")
    }
    spent = {row[key] for row in sandbox.truth("ads_daily") for key in ("campaign_id", "adset_id", "ad_id")}
    for edge, key in (("campaigns", "campaign_id"), ("adsets", "adset_id"), ("ads", "ad_id")):
        path = f"{graph.act()}/insights"
        listed = {row[key] for row in graph.rows(path, level=key[:-3], fields=key, time_range=RANGE, limit=100)}
        found = [row["id"] for row in gone[edge] if row["id"] in spent]
        assert found
        for number in found:
            assert number not in listed
            rows = graph.rows(f"{number}/insights", fields=f"{key},spend", time_range=RANGE)
            assert [row[key] for row in rows] == [number]
        run_id = graph.report(found[0], fields=f"{key},spend", time_range=RANGE)
        graph.wait(run_id)
        assert graph.rows(f"{run_id}/insights") == graph.rows(
            f"{found[0]}/insights", fields=f"{key},spend", time_range=RANGE
        )
    below = {row["id"] for row in gone["ads"]}
    campaign = gone["campaigns"][0]["id"]
    rows = graph.rows(f"{campaign}/insights", level="ad", fields="ad_id", time_range=RANGE)
    assert below.isdisjoint(row["ad_id"] for row in rows)  # what is below it was not named


def test_given_lists_of_people_when_asked_then_they_are_empty(graph: Any) -> None:
    assert graph.get("me/business_users", fields="id,name") == {"data": []}
    assert graph.get(f"{graph.act()}/assigned_users", business="77001") == {"data": []}
    campaign = graph.rows(f"{graph.act()}/campaigns")[0]["id"]
    assert graph.refused(f"{campaign}/assigned_users")[1] == 100
