"""Accounts, campaigns, ad sets, ads and creatives, as Meta's documentation shows them."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from urllib.request import urlopen

import pytest

from talat_sandbox.testing import Sandbox

EVERY = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED"]
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0[78]00")
CREATIVE = (
    "id,account_id,name,status,object_type,title,body,call_to_action_type,image_url,thumbnail_url,video_id,image_hash,"
    "effective_object_story_id,object_story_spec,url_tags"
)


def test_given_the_token_when_its_accounts_are_listed_then_there_is_one_for_each_shop(
    graph: Any, sandbox: Sandbox
) -> None:
    fields = "id,account_id,name,account_status,currency,timezone_name,timezone_offset_hours_utc,amount_spent,balance"
    accounts = graph.rows("me/adaccounts", fields=fields)
    assert [row["account_id"] for row in accounts] == list(sandbox.ad_account_ids)
    assert [row["id"] for row in accounts] == [f"act_{number}" for number in sandbox.ad_account_ids]
    assert [row["currency"] for row in accounts] == ["THB", "THB", "SGD"]
    assert [row["timezone_offset_hours_utc"] for row in accounts] == [7, 7, 8]
    spent = dict.fromkeys(sandbox.ad_account_ids, 0)
    for row in sandbox.truth("ads_daily"):
        spent[row["account_id"]] += int(row["spend"].replace(".", ""))
    assert [int(row["amount_spent"]) for row in accounts] == list(spent.values())
    assert [shop["ad_account_id"] for shop in sandbox.health()["shops"]] == list(sandbox.ad_account_ids)
    assert graph.get(graph.act(), fields="name")["name"] == accounts[0]["name"]
    assert set(graph.get("me")) == {"id", "name"}


def test_given_no_fields_when_listed_then_only_ids_come(graph: Any) -> None:
    for edge in ("campaigns", "adsets", "ads", "adcreatives"):
        rows = graph.get(f"{graph.act()}/{edge}")["data"]
        assert rows
        assert all(row.keys() == {"id"} for row in rows)
    assert graph.get(graph.act()).keys() == {"id"}


def test_given_pages_when_followed_by_cursor_or_by_address_then_each_object_comes_once(graph: Any) -> None:
    path = f"{graph.act()}/ads"
    whole = [row["id"] for row in graph.rows(path, limit=100, effective_status=EVERY)]
    assert len(whole) == len(set(whole)) == 24
    assert [row["id"] for row in graph.rows(path, limit=5, effective_status=EVERY)] == whole
    page = graph.get(path, limit=9, effective_status=EVERY)
    seen, pages = [row["id"] for row in page["data"]], 1
    assert f"access_token={graph.sandbox.facebook_token}" in page["paging"]["next"]
    while "next" in page["paging"]:
        assert page["paging"]["next"].startswith(graph.sandbox.url)
        with urlopen(page["paging"]["next"], timeout=30) as answer:
            page = json.load(answer)
        seen, pages = seen + [row["id"] for row in page["data"]], pages + 1
    assert (seen, pages) == (whole, 3)
    assert page["paging"]["cursors"]["after"]  # which the last page has, too
    beyond = graph.get(path, limit=9, effective_status=EVERY, after=page["paging"]["cursors"]["after"])
    assert beyond == {"data": []}
    back = graph.get(path, limit=9, effective_status=EVERY, before=page["paging"]["cursors"]["before"])
    assert [row["id"] for row in back["data"]] == whole[9:18]
    assert "previous" in back["paging"]


def test_given_deleted_and_archived_objects_when_listed_then_they_come_only_if_asked_for(
    graph: Any, sandbox: Sandbox
) -> None:
    path = f"{graph.act()}/campaigns"
    truth = {
        row["campaign_id"]: row for row in sandbox.truth("campaigns") if row["account_id"] == sandbox.ad_account_ids[0]
    }
    everything = graph.rows(path, fields="name,status,effective_status,objective,daily_budget", effective_status=EVERY)
    assert {row["id"] for row in everything} == truth.keys()
    for row in everything:
        assert (row["name"], row["effective_status"]) == (truth[row["id"]]["name"], truth[row["id"]]["status"])
        assert row["objective"] == truth[row["id"]]["objective"]
        budget = truth[row["id"]]["daily_budget"].replace(".", "")
        assert row.get("daily_budget", "0") in (budget, "0")
        assert bool(budget) is (row.get("daily_budget", "0") != "0")
    assert {row["status"] for row in everything} >= {"ACTIVE", "ARCHIVED", "DELETED"}
    usual = {row["id"] for row in graph.rows(path)}
    assert usual == {row["id"] for row in everything if row["status"] not in ("ARCHIVED", "DELETED")}
    asked = [{"field": "campaign.effective_status", "operator": "IN", "value": ["DELETED"]}]
    deleted = graph.rows(path, filtering=asked, fields="status")
    assert {row["status"] for row in deleted} == {"DELETED"}
    below = graph.rows(f"{deleted[0]['id']}/ads", fields="effective_status,status", effective_status=EVERY)
    assert {row["effective_status"] for row in below} == {"DELETED"}
    assert graph.rows(f"{deleted[0]['id']}/ads") == []


def test_given_filters_when_listed_then_only_what_meets_them_comes(graph: Any) -> None:
    path = f"{graph.act()}/ads"
    rows = graph.rows(path, fields="updated_time,campaign_id,adset_id,name", effective_status=EVERY)
    moments = sorted(int(datetime.fromisoformat(row["updated_time"]).timestamp()) for row in rows)
    middle = moments[len(moments) // 2]

    def matching(field: str, operator: str, value: object) -> set[str]:
        one = [{"field": field, "operator": operator, "value": value}]
        return {row["id"] for row in graph.rows(path, filtering=one, effective_status=EVERY)}

    later = {row["id"] for row in rows if datetime.fromisoformat(row["updated_time"]).timestamp() > middle}
    assert matching("ad.updated_time", "GREATER_THAN", middle) == later
    assert matching("updated_time", "LESS_THAN", middle + 1) == {row["id"] for row in rows} - later
    campaign, ad_set = rows[0]["campaign_id"], rows[-1]["adset_id"]
    inside = {row["id"] for row in rows if row["campaign_id"] == campaign}
    assert matching("campaign.id", "EQUAL", campaign) == inside
    assert matching("campaign.id", "NOT_IN", [campaign]) == {row["id"] for row in rows} - inside
    assert matching("adset.id", "IN", [ad_set]) == {row["id"] for row in rows if row["adset_id"] == ad_set}
    assert matching("name", "CONTAIN", "video") == {row["id"] for row in rows if "Video" in row["name"]}
    assert matching("id", "EQUAL", rows[3]["id"]) == {rows[3]["id"]}


def test_given_all_objects_when_read_one_by_one_then_they_look_as_documented(graph: Any) -> None:
    act = graph.act()
    common = "id,account_id,name,status,configured_status,effective_status,created_time,updated_time"
    campaigns = graph.rows(
        f"{act}/campaigns", effective_status=EVERY, fields=f"{common},objective,buying_type,bid_strategy,daily_budget,"
        "lifetime_budget,budget_remaining,special_ad_categories,start_time,stop_time",
    )  # fmt: skip
    ad_sets = graph.rows(
        f"{act}/adsets", effective_status=EVERY, fields=f"{common},campaign_id,optimization_goal,billing_event,"
        "daily_budget,lifetime_budget,budget_remaining,attribution_spec,targeting,start_time,end_time",
    )  # fmt: skip
    ads = graph.rows(f"{act}/ads", effective_status=EVERY, fields=f"{common},campaign_id,adset_id,creative")
    for row in (*campaigns, *ad_sets, *ads):
        assert int(row["id"]) > 2**53
        assert ISO.fullmatch(row["created_time"])
        assert row["created_time"] <= row["updated_time"]
        assert row["account_id"] == graph.sandbox.ad_account_ids[0]
    kinds = set()
    for row in campaigns:
        assert row["objective"].startswith("OUTCOME_")
        kind = "daily" if row.get("daily_budget", "0") != "0" else "lifetime" if "lifetime_budget" in row else "sets"
        kinds.add(kind)
        assert (kind == "lifetime") is ("stop_time" in row)
        assert all(row[name].isdigit() for name in ("daily_budget", "lifetime_budget") if name in row)
        below = [ad_set for ad_set in ad_sets if ad_set["campaign_id"] == row["id"]]
        assert len(below) == 2
        assert all(("daily_budget" in ad_set) is (kind == "sets") for ad_set in below)
    assert kinds == {"daily", "lifetime", "sets"}
    assert {row["campaign_id"] for row in ads} == {row["id"] for row in campaigns}
    assert all(ad_set["targeting"]["geo_locations"] == {"countries": ["TH"]} for ad_set in ad_sets)
    for row in (campaigns[0], ad_sets[0], ads[0]):
        assert graph.get(row["id"], fields=",".join(row)) == row
        assert graph.get(row["id"], fields=list(row)) == row


def test_given_creatives_when_expanded_in_ads_then_they_are_the_ones_listed(graph: Any) -> None:
    creatives = {row["id"]: row for row in graph.rows(f"{graph.act()}/adcreatives", fields=CREATIVE, limit=10)}
    ads = graph.rows(
        f"{graph.act()}/ads", effective_status=EVERY, fields=f"name,creative{{{CREATIVE}}},adset{{id,name}}"
    )
    assert len(ads) > len(creatives) == 20
    assert {ad["creative"]["id"] for ad in ads} == creatives.keys()
    for ad in ads:
        assert ad["creative"] == creatives[ad["creative"]["id"]]
        assert ad["adset"].keys() == {"id", "name"}
        is_video = ad["creative"]["object_type"] == "VIDEO"
        assert ("video_id" in ad["creative"], "image_hash" in ad["creative"]) == (is_video, not is_video)
    one = graph.get(ads[0]["creative"]["id"], fields="name,title")
    assert one == {name: ads[0]["creative"][name] for name in ("name", "title", "id")}
    assert "account_id" in graph.get(f"{ads[0]['id']}/adcreatives", fields="account_id")["data"][0]


def test_given_a_change_when_the_clock_passes_it_then_the_object_and_its_update_time_move(own_graph: Any) -> None:
    sandbox: Sandbox = own_graph.sandbox
    path = f"{own_graph.act()}/campaigns"
    newest = max(row["updated_time"] for row in own_graph.rows(path, fields="updated_time", effective_status=EVERY))
    fields = "name,status,updated_time,daily_budget"
    after = {row["id"]: row for row in own_graph.rows(path, fields=fields, effective_status=EVERY)}
    moment = int(datetime.fromisoformat(newest).timestamp())
    sandbox.set_clock(datetime.fromtimestamp(moment - 1).astimezone().isoformat())
    before = {row["id"]: row for row in own_graph.rows(path, fields=fields, effective_status=EVERY)}
    changed = [key for key in after if after[key] != before.get(key)]
    assert changed
    assert all(after[key]["updated_time"] == newest for key in changed)
    asked = [{"field": "campaign.updated_time", "operator": "GREATER_THAN", "value": moment - 1}]
    assert own_graph.rows(path, filtering=asked, effective_status=EVERY) == []
    sandbox.advance(1)
    found = own_graph.rows(path, filtering=asked, effective_status=EVERY)
    assert sorted(row["id"] for row in found) == sorted(changed)


@pytest.mark.parametrize(
    ("path", "params", "code", "subcode", "said"),
    [
        ("act_1", {}, 100, 33, "Object with ID 'act_1' does not exist"),
        ("120219999999999991", {}, 100, 33, "does not exist"),
        ("nothing", {}, 100, 33, "does not exist"),
        ("{act}", {"fields": "name,shiny"}, 100, None, "(#100) Tried accessing nonexistent field (shiny)"),
        ("{act}/ads", {"fields": "creative{shiny}"}, 100, None, "on node type (AdCreative)"),
        ("{act}/ads", {"fields": "creative{id"}, 100, None, "braces"),
        ("{act}/ads", {"fields": "name{id}"}, 100, None, "Subfields"),
        ("{act}/shinies", {}, 100, None, "(#100) Tried accessing nonexisting field (shinies)"),
        ("me/shinies", {}, 100, None, "nonexisting field (shinies)"),
        ("{act}/ads", {"after": "QVFIUm"}, 2642, None, "(#2642) Invalid cursors values"),
        ("{act}/ads", {"after": "c2FuZGJveDp4"}, 2642, None, "Invalid cursors"),
        ("{act}/ads", {"limit": "many"}, 100, None, "limit"),
        ("{act}/ads", {"limit": "0"}, 100, None, "limit"),
        ("{act}/ads", {"filtering": "{"}, 100, None, "filtering must be JSON"),
        ("{act}/ads", {"filtering": {"a": 1}}, 100, None, "array"),
        ("{act}/ads", {"filtering": [{"field": "name"}]}, 100, None, "field, operator and value"),
        ("{act}/ads", {"filtering": [{"field": "x", "operator": "IN", "value": []}]}, 100, None, "field x is invalid"),
        ("{act}/ads", {"filtering": [{"field": "id", "operator": "LIKE", "value": ""}]}, 100, None, "operator LIKE"),
        ("{act}/ads", {"filtering": [{"field": "name", "operator": "LESS_THAN", "value": 1}]}, 100, None, "for name"),
        (
            "{act}/ads",
            {"filtering": [{"field": "updated_time", "operator": "LESS_THAN", "value": "soon"}]},
            100, None, "must be a number",
        ),
    ],
)  # fmt: skip
def test_given_a_wrong_call_when_made_then_the_documented_code_comes(
    graph: Any, path: str, params: dict[str, Any], code: int, subcode: int | None, said: str
) -> None:
    status, found, found_subcode, message = graph.refused(path.format(act=graph.act()), **params)
    assert (status, found, found_subcode) == (400, code, subcode)
    assert said in message


def test_given_an_old_or_a_coming_version_when_called_then_it_is_not_served(graph: Any, graph_of: Any) -> None:
    for version, code in (("v24.0", 2635), ("v3.1", 2635), ("v99.0", 2500), ("v2x", 2500)):
        assert graph_of(graph.sandbox, version=version).refused("me")[1] == code
    assert graph_of(graph.sandbox, version="v26.0").get("me")["id"]


def test_given_another_verb_when_used_then_it_is_refused(graph: Any) -> None:
    assert graph.refused(graph.act(), method="DELETE")[1] == 3
    assert graph.refused(f"{graph.act()}/campaigns", method="POST", name="Mine")[1] == 3
