"""Insights: every level, day and breakdown adds up to the truth; what Meta refuses is refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox

EVERY = ["ACTIVE", "PAUSED", "ARCHIVED", "DELETED", "CAMPAIGN_PAUSED", "ADSET_PAUSED"]
RANGE = {"since": "2026-09-22", "until": "2026-11-21"}
TODAY = date(2026, 11, 21)
LEVEL_IDS = {"account": "account_id", "campaign": "campaign_id", "adset": "adset_id", "ad": "ad_id"}
METRICS = "impressions,clicks,spend,actions,action_values"
PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")


def with_everything(level: str) -> list[dict[str, Any]]:
    return [{"field": f"{level}.effective_status", "operator": "IN", "value": EVERY}]


def pick(stats: list[dict[str, str]] | None, action: str, member: str = "value") -> Decimal:
    return sum((Decimal(entry.get(member, "0")) for entry in stats or [] if entry["action_type"] == action), Decimal(0))


def totals(rows: list[dict[str, Any]]) -> tuple[Decimal, int, int, Decimal, Decimal]:
    return (
        sum((Decimal(row["spend"]) for row in rows), Decimal(0)),
        sum(int(row["impressions"]) for row in rows),
        sum(int(row["clicks"]) for row in rows),
        sum((pick(row.get("actions"), "omni_purchase") for row in rows), Decimal(0)),
        sum((pick(row.get("action_values"), "omni_purchase") for row in rows), Decimal(0)),
    )


@pytest.fixture(scope="module")
def truth(sandbox: Sandbox) -> list[dict[str, str]]:
    return sandbox.truth("ads_daily")


def true_totals(rows: list[dict[str, str]]) -> tuple[Decimal, int, int, Decimal, Decimal]:
    return (
        sum((Decimal(row["spend"]) for row in rows), Decimal(0)),
        sum(int(row["impressions"]) for row in rows),
        sum(int(row["clicks"]) for row in rows),
        Decimal(sum(int(row["conversions"]) for row in rows)),
        sum((Decimal(row["conversion_value"]) for row in rows), Decimal(0)),
    )


@pytest.mark.parametrize("level", LEVEL_IDS)
def test_given_each_level_when_read_by_day_then_every_row_equals_the_truth(
    graph: Any, sandbox: Sandbox, truth: list[dict[str, str]], level: str
) -> None:
    key = LEVEL_IDS[level]
    for account in sandbox.ad_account_ids:
        expected: dict[tuple[str, str], list[dict[str, str]]] = defaultdict(list)
        for row in truth:
            if row["account_id"] == account:
                expected[row[key], row["date"]].append(row)
        rows = graph.rows(
            f"act_{account}/insights", level=level, time_increment=1, time_range=RANGE, limit=500,
            fields=f"{key},account_currency,{METRICS}",
            filtering=with_everything(level) if level != "account" else [],
        )  # fmt: skip
        assert {(row[key], row["date_start"]) for row in rows} == expected.keys()
        assert len(rows) == len(expected) > 50
        for row in rows:
            assert totals([row]) == true_totals(expected[row[key], row["date_start"]])
            assert row["date_stop"] == row["date_start"]
            assert row["account_currency"] == ("SGD" if account == sandbox.ad_account_ids[2] else "THB")


def test_given_the_usual_call_when_children_are_summed_then_deleted_ones_are_only_in_the_parent(graph: Any) -> None:
    path, common = f"{graph.act()}/insights", {"time_range": RANGE, "fields": METRICS}
    parent = totals(graph.rows(path, **common))
    children = totals(graph.rows(path, level="ad", **common))
    everything = totals(graph.rows(path, level="ad", filtering=with_everything("ad"), **common))
    assert everything == parent
    assert all(part < whole for part, whole in zip(children, parent, strict=True))


def test_given_a_campaign_an_ad_set_or_an_ad_when_asked_itself_then_it_answers_for_what_is_below(graph: Any) -> None:
    campaign = graph.rows(f"{graph.act()}/campaigns")[0]["id"]
    whole = graph.rows(f"{campaign}/insights", fields=f"campaign_id,{METRICS}", time_range=RANGE)
    assert [row["campaign_id"] for row in whole] == [campaign]
    ads = graph.rows(
        f"{campaign}/insights", level="ad", fields=f"ad_id,{METRICS}", time_range=RANGE, filtering=with_everything("ad")
    )
    assert totals(ads) == totals(whole)
    for row in ads:
        alone = graph.rows(f"{row['ad_id']}/insights", fields=f"ad_id,{METRICS}", time_range=RANGE, level="account")
        assert alone == [row]
    ad_set = graph.rows(f"{campaign}/adsets")[0]["id"]
    assert graph.rows(f"{ad_set}/insights", fields="adset_id", time_range=RANGE)[0]["adset_id"] == ad_set


@pytest.mark.parametrize(
    "breakdowns",
    ["age", "gender", "age,gender", "country", "publisher_platform", "publisher_platform,platform_position",
     "publisher_platform,impression_device", "publisher_platform,platform_position,impression_device",
     "device_platform", "region", "country,region", "hourly_stats_aggregated_by_advertiser_time_zone",
     "hourly_stats_aggregated_by_audience_time_zone"],
)  # fmt: skip
def test_given_a_breakdown_when_its_rows_are_summed_then_they_make_the_whole(graph: Any, breakdowns: str) -> None:
    common: dict[str, Any] = {"level": "campaign", "time_range": RANGE, "limit": 40}
    fields = f"campaign_id,reach,frequency,video_p25_watched_actions,{METRICS}"
    whole = {row["campaign_id"]: row for row in graph.rows(f"{graph.act()}/insights", fields=fields, **common)}
    rows = graph.rows(f"{graph.act()}/insights", fields=fields, breakdowns=breakdowns, **common)
    names = breakdowns.split(",")
    keys = [(row["campaign_id"], *(row[name] for name in names)) for row in rows]
    assert len(set(keys)) == len(keys) > len(whole)
    hidden = "region" in names or "hourly" in breakdowns
    assert any(any("video_p25" in name for name in row) for row in rows) is not hidden
    assert any("reach" in row for row in rows) is ("hourly" not in breakdowns)
    for campaign, total in whole.items():
        parts = [row for row in rows if row["campaign_id"] == campaign]
        expected = totals([total])
        assert totals(parts) == ((*expected[:3], 0, 0) if hidden else expected)
        if "hourly" not in breakdowns:
            assert sum(int(row["reach"]) for row in parts if "reach" in row) >= int(total["reach"])
            assert all(int(row.get("reach", "0")) <= int(row["impressions"]) for row in parts)
        assert all(row["impressions"] != "0" or row["spend"] != "0" or "actions" in row for row in parts)


def test_given_today_when_broken_down_by_hour_then_nothing_lies_ahead(own_graph: Any) -> None:
    own_graph.sandbox.set_clock("2026-11-20T05:30:00Z")  # 12:30 in Bangkok
    rows = own_graph.rows(
        f"{own_graph.act()}/insights", date_preset="today", fields="spend",
        breakdowns="hourly_stats_aggregated_by_advertiser_time_zone",
    )  # fmt: skip
    hours = [row["hourly_stats_aggregated_by_advertiser_time_zone"] for row in rows]
    assert hours == [f"{hour:02d}:00:00 - {hour:02d}:59:59" for hour in range(13)]


def test_given_windows_of_time_when_asked_then_each_row_has_its_dates_and_their_sum_is_the_whole(graph: Any) -> None:
    path = f"{graph.act()}/insights"
    whole = totals(graph.rows(path, fields=METRICS, time_range=RANGE))

    def spans(increment: object) -> list[tuple[str, str]]:
        rows = graph.rows(path, fields=METRICS, time_range=RANGE, time_increment=increment)
        assert totals(rows) == whole
        return [(row["date_start"], row["date_stop"]) for row in rows]

    assert spans("all_days") == [("2026-09-22", "2026-11-21")]
    assert spans("monthly") == [
        ("2026-09-22", "2026-09-30"), ("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-21")
    ]  # fmt: skip
    weeks = spans(7)
    assert weeks[0] == ("2026-09-22", "2026-09-28")
    assert weeks[-1] == ("2026-11-17", "2026-11-21")  # the last window is short
    assert len(spans(1)) > 55


@pytest.mark.parametrize(
    ("preset", "first", "last"),
    [
        ("yesterday", TODAY - timedelta(1), TODAY - timedelta(1)),
        ("last_7d", TODAY - timedelta(7), TODAY - timedelta(1)),
        ("last_30d", TODAY - timedelta(30), TODAY - timedelta(1)),
        ("this_month", date(2026, 11, 1), TODAY),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("this_quarter", date(2026, 10, 1), TODAY),
        ("last_quarter", date(2026, 7, 1), date(2026, 9, 30)),
        ("this_year", date(2026, 1, 1), TODAY),
        ("last_week_mon_sun", date(2026, 11, 9), date(2026, 11, 15)),
        ("last_week_sun_sat", date(2026, 11, 8), date(2026, 11, 14)),
        ("maximum", date(2023, 10, 21), TODAY),
        ("", TODAY - timedelta(30), TODAY - timedelta(1)),
    ],
)
def test_given_a_preset_when_asked_then_its_dates_are_those_of_the_accounts_day(
    graph: Any, preset: str, first: date, last: date
) -> None:
    params = {"date_preset": preset} if preset else {}
    (row,) = graph.rows(f"{graph.act()}/insights", fields="spend", **params)
    assert (row["date_start"], row["date_stop"]) == (first.isoformat(), last.isoformat())


def test_given_scalars_and_stats_when_written_then_they_are_text_and_follow_from_each_other(graph: Any) -> None:
    fields = (
        "account_id,account_name,campaign_name,adset_name,ad_name,impressions,clicks,spend,reach,frequency,cpc,cpm,cpp,ctr,"
        "inline_link_clicks,actions,action_values,cost_per_action_type,purchase_roas,results,cost_per_result,objective,"
        "attribution_setting,video_play_actions,video_p25_watched_actions,video_play_curve_actions,quality_ranking"
    )
    rows = graph.rows(
        f"{graph.act()}/insights", level="ad", fields=fields, time_increment=1, time_range=RANGE, limit=500,
        filtering=with_everything("ad"), action_attribution_windows=["1d_click", "7d_click", "1d_view", "7d_view"],
    )  # fmt: skip
    late = [row for row in rows if row["impressions"] == "0"]
    assert late  # orders of ads that had stopped
    assert all(row["spend"] == "0" and "cpc" not in row and "reach" not in row for row in late)
    assert all(pick(row["actions"], "omni_purchase") for row in late)
    seen: Counter[str] = Counter()
    for row in rows:
        for name, value in row.items():
            assert isinstance(value, str) or (isinstance(value, list) and value), name
            seen[name] += 1
        spend, impressions, clicks = Decimal(row["spend"]), int(row["impressions"]), int(row["clicks"])
        assert -spend.as_tuple().exponent <= 2  # type: ignore[operator]
        assert ("cpc" in row) is (clicks > 0)
        if clicks:
            assert abs(Decimal(row["cpc"]) * clicks - spend) < Decimal("0.001")
            assert abs(Decimal(row["ctr"]) * impressions - 100 * clicks) < Decimal("0.1")
        if "frequency" in row:
            assert abs(Decimal(row["frequency"]) * int(row["reach"]) - impressions) < Decimal("0.1")
        actions, values = row.get("actions"), row.get("action_values")
        assert pick(actions, "link_click") == int(row.get("inline_link_clicks", "0"))
        omni, purchase, pixel = (pick(actions, name) for name in PURCHASES)
        assert omni == purchase >= pixel
        assert bool(omni) is bool(values)
        parts = [pick(actions, "omni_purchase", window) for window in ("1d_click", "7d_click", "1d_view", "7d_view")]
        assert parts[0] <= parts[1]
        assert parts[1] + parts[2] == omni
        assert parts[3] == 0
        if "purchase_roas" in row:
            assert abs(pick(row["purchase_roas"], "omni_purchase") * spend - pick(values, "omni_purchase")) < 1
    assert {"quality_ranking"} == set(fields.split(",")) - seen.keys()
    assert pick(rows[0]["cost_per_action_type"], "link_click") > 0


def test_given_pages_of_insights_when_the_clock_moves_between_them_then_they_show_one_instant(own_graph: Any) -> None:
    params = {"level": "ad", "time_increment": 1, "fields": "ad_id,spend,actions", "date_preset": "this_month"}
    path = f"{own_graph.act()}/insights"
    whole = own_graph.rows(path, **params, limit=1000)
    first = own_graph.get(path, **params, limit=7)
    own_graph.sandbox.advance(3 * 86400)
    rest = own_graph.rows(path, **params, limit=7, after=first["paging"]["cursors"]["after"])
    assert first["data"] + rest == whole
    later = own_graph.rows(path, **params, limit=1000)
    assert totals_of(later) > totals_of(whole)


def totals_of(rows: list[dict[str, Any]]) -> Decimal:
    return sum((Decimal(row["spend"]) for row in rows), Decimal(0))


def test_given_filters_sort_and_summary_when_asked_then_the_rows_obey(graph: Any) -> None:
    path = f"{graph.act()}/insights"
    params: dict[str, Any] = {"level": "ad", "time_range": RANGE, "fields": "ad_id,campaign_id,spend,impressions"}
    rows = graph.rows(path, **params)
    middle = sorted(Decimal(row["spend"]) for row in rows)[len(rows) // 2]
    above = graph.rows(path, **params, filtering=[{"field": "spend", "operator": "GREATER_THAN", "value": str(middle)}])
    assert above == [row for row in rows if Decimal(row["spend"]) > middle]
    campaign = rows[0]["campaign_id"]
    one = graph.rows(path, **params, filtering=[{"field": "campaign.id", "operator": "EQUAL", "value": campaign}])
    assert one == [row for row in rows if row["campaign_id"] == campaign]
    ordered = graph.rows(path, **params, sort=["spend_descending"])
    assert [row["spend"] for row in ordered] == sorted((row["spend"] for row in rows), key=Decimal, reverse=True)
    summary = graph.get(path, **params, summary=["spend"], limit=1)["summary"]
    assert Decimal(summary["spend"]) == totals_of(rows)
    assert "impressions" not in summary
    by_default = graph.get(path, **params, default_summary=True)["summary"]
    assert int(by_default["impressions"]) == sum(int(row["impressions"]) for row in rows)
    assert graph.get(path, **params, filtering=[{"field": "ad.id", "operator": "EQUAL", "value": "1"}]) == {"data": []}


def test_given_an_account_that_has_not_opted_in_when_a_gated_breakdown_is_asked_then_the_answer_is_empty(
    own_graph: Any,
) -> None:
    path, gated = f"{own_graph.act()}/insights", "publisher_platform,impression_device"
    assert own_graph.rows(path, fields="spend", breakdowns=gated)
    own_graph.sandbox.set_gate(own_graph.sandbox.ad_account_ids[0], False)
    assert own_graph.get(path, fields="spend", breakdowns=gated) == {"data": []}
    assert own_graph.rows(path, fields="spend", breakdowns="publisher_platform")
    assert own_graph.rows(f"{own_graph.act(1)}/insights", fields="spend", breakdowns=gated)
    own_graph.sandbox.set_gate(own_graph.sandbox.ad_account_ids[0], True)
    assert own_graph.rows(path, fields="spend", breakdowns=gated)


def test_given_reach_by_breakdown_when_the_range_is_older_than_13_months_then_it_is_left_out(graph: Any) -> None:
    old = {"since": "2025-09-01", "until": "2026-11-20"}
    path = f"{graph.act()}/insights"
    assert not any("reach" in row for row in graph.rows(path, fields="reach,spend", breakdowns="age", time_range=old))
    assert "reach" in graph.rows(path, fields="reach,spend", time_range=old)[0]
    run_id = graph.report(graph.act(), fields="reach,spend", breakdowns="age", time_range=old)
    graph.wait(run_id)
    assert all("reach" in row for row in graph.rows(f"{run_id}/insights"))


def test_given_every_field_meta_knows_when_asked_then_those_without_data_are_absent(graph: Any) -> None:
    from facebook_business.adobjects.adsinsights import AdsInsights

    names = [value for name, value in vars(AdsInsights.Field).items() if not name.startswith("_")]
    (row,) = graph.rows(f"{graph.act()}/insights", fields=names, time_range=RANGE)
    assert {"spend", "actions", "date_start"} <= row.keys() < set(names)


@pytest.mark.parametrize(
    ("params", "code", "said"),
    [
        ({"breakdowns": "age,gender,country"}, 100,
         "(#100) Current combination of data breakdown columns (action_type, age, country, gender) is invalid"),
        ({"breakdowns": ["publisher_platform", "age"]}, 100, "(action_type, age, publisher_platform) is invalid"),
        ({"breakdowns": "platform_position"}, 100, "(action_type, platform_position) is invalid"),
        ({"breakdowns": "dma"}, 100, "(action_type, dma) is invalid"),
        ({"action_breakdowns": "action_device", "breakdowns": "country"}, 100, "(action_type, action_device, country)"),
        ({"breakdowns": "age", "fields": "spend,age"}, 100, "(#100) age is not valid for fields param"),
        ({"fields": "spend,shiny"}, 100, "(#100) shiny is not valid for fields param"),
        ({"summary": "shiny"}, 100, "shiny is not valid"),
        ({"level": "planet"}, 100, "level"),
        ({"time_range": {"since": "2026-11-02", "until": "2026-11-01"}}, 100, "start date"),
        ({"time_range": {"since": "2026-11-02"}}, 100, "time_range"),
        ({"time_range": "yesterday"}, 100, "time_range must be JSON"),
        ({"time_range": {"since": "2023-10-20", "until": "2026-11-01"}}, 3018, "37 months"),
        ({"date_preset": "lifetime"}, 100, "date_preset"),
        ({"time_increment": 91}, 100, "time_increment"),
        ({"time_increment": "weekly"}, 100, "time_increment"),
        ({"action_attribution_windows": ["9d_click"]}, 100, "9d_click"),
        ({"sort": "beauty_descending"}, 100, "sort"),
        ({"before": "QVFI"}, 100, "backwards"),
        ({"after": "QVFI"}, 2642, "cursors"),
    ],
)  # fmt: skip
def test_given_what_meta_refuses_when_asked_either_way_then_the_documented_error_comes(
    graph: Any, params: dict[str, Any], code: int, said: str
) -> None:
    for method in ("GET", "POST"):
        if method == "POST" and params.keys() & {"before", "after"}:
            continue
        status, found, _, message = graph.refused(f"{graph.act()}/insights", method, **{"fields": "spend", **params})
        assert (status, found) == (400, code)
        assert said in message
