"""Reports by name and by hand, and every mistake in them told before anything is asked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from facebook_business.adobjects.adsinsights import AdsInsights

from tap_facebook_ads.streams import REPORTS, report_stream
from tap_toolkit.reports import PERIODS
from tap_toolkit.windows import Windows, days

TABLE, FIELDS = REPORTS.data, REPORTS.fields


def names(kind: type) -> set[str]:
    return {value for name, value in vars(kind).items() if not name.startswith("_")}


def refused(**report: Any) -> str:
    given = {"name": "mine", "level": "campaign", "fields": ["spend"], **report}
    return " ".join(REPORTS.read({"reports": [], "custom_reports": [given]})[1])


def test_the_default_is_each_level_by_day() -> None:
    reports, wrong = REPORTS.read({})
    assert not wrong
    assert [report.name for report in reports] == TABLE["default"]
    assert [report.level for report in reports] == ["account", "campaign", "adset", "ad"]
    assert {report.time_increment for report in reports} == {1}


def test_every_template_keeps_the_rules_that_reports_by_hand_are_held_to() -> None:
    for name, template in TABLE["reports"].items():
        ((report, *_), wrong) = REPORTS.read({"reports": [name]})
        assert not wrong
        by_hand = {
            "level": report.level,
            "fields": list(report.fields),
            "breakdowns": list(report.breakdowns),
            "time_increment": report.time_increment,
        }
        assert refused(**by_hand) == "", name
        assert set(template) <= {"level", "time_increment", "metrics", "breakdowns", "shape"}


@pytest.mark.parametrize("name", TABLE["reports"])
def test_keys_are_the_account_the_object_the_date_and_every_breakdown(name: str) -> None:
    ((report,), _) = REPORTS.read({"reports": [name]})
    assert report.keys[0] == "account_id"
    assert "date_start" in report.keys
    assert set(report.breakdowns) <= set(report.keys)
    if report.level != "account":
        assert "creative_id" in report.keys or f"{report.level}_id" in report.keys
    schema = report_stream(report, 60.0).full_schema()["properties"]
    assert set(report.keys) <= set(schema)
    assert {*report.fields, "account_currency", "attribution_setting", "date_stop", "extra_fields"} <= set(schema)


def test_the_known_fields_and_breakdowns_are_those_of_metas_own_client() -> None:
    own = {"creative", "creative_id", "extra_fields"}
    assert set(FIELDS) - own == names(AdsInsights.Field)
    assert REPORTS.breakdowns <= names(AdsInsights.Breakdowns)
    options = {
        "action_breakdowns": AdsInsights.ActionBreakdowns,
        "attribution_windows": AdsInsights.ActionAttributionWindows,
    }
    for option, known in options.items():
        allowed = {name for group in TABLE["options"][option]["allowed"] for name in group["names"]}
        assert allowed <= names(known)
    lists = {name for name, kind in AdsInsights._field_types.items() if kind.startswith("list")}
    assert {name for name, field in FIELDS.items() if "array" in field["type"]} == lists


def test_an_unknown_template_is_refused_with_the_nearest_and_all() -> None:
    (sentence,) = REPORTS.read({"reports": ["daily_adds"]})[1]
    assert sentence.startswith("Report daily_adds is not known: the nearest is daily_ad.")
    assert "performance_creative" in sentence


@pytest.mark.parametrize(
    ("breakdowns", "says"),
    [
        (["age", "gender", "country"], "Meta refuses the breakdowns age, gender, country together: the nearest it"
         " allows is age, gender."),
        (["publisher_platform", "age"], "the nearest it allows is publisher_platform."),
        (["platform_position"], "Meta refuses platform_position alone: the nearest it allows is publisher_platform, "
         "platform_position."),
        (["country", "age"], "the nearest it allows is "),
        (["dma"], "Meta has dropped the breakdown dma: use comscore_market."),
        (["countri"], "breakdown countri is not known: the nearest is country."),
        (["image_asset", "title_asset"], "together: the nearest it allows is "),
    ],
)  # fmt: skip
def test_breakdowns_that_meta_refuses_are_refused_with_the_nearest_allowed(breakdowns: list[str], says: str) -> None:
    assert says in refused(breakdowns=breakdowns)


def test_the_nearest_combination_is_itself_allowed() -> None:
    said = refused(breakdowns=["region", "age", "gender"])
    nearest = re.search(r"allows is (.*?)\.", said)
    assert nearest
    assert refused(breakdowns=nearest[1].split(", ")) == ""


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ({"fields": ["spendd"]}, "field spendd is not known: the nearest is spend."),
        ({"fields": ["spend", "age"]}, "age is a breakdown: name it in breakdowns, not in fields."),
        ({"fields": ["reach"], "breakdowns": ["hourly_stats_aggregated_by_advertiser_time_zone"]},
         "reach cannot be had by hourly_stats_aggregated_by_advertiser_time_zone: leave it out."),
        ({"fields": ["video_p25_watched_actions"], "breakdowns": ["region"]}, "cannot be had by region"),
        ({"action_breakdowns": ["action_reaction"], "breakdowns": ["age"]},
         "Meta refuses the action breakdown action_reaction beside age: the nearest is action_"),
        ({"action_breakdowns": ["action_device"], "breakdowns": ["country"]}, "action_device beside country"),
        ({"action_breakdowns": ["action_typ"]}, "the action breakdown action_typ: the nearest is action_type."),
        ({"attribution_windows": ["7d_view"]}, "attribution window 7d_view: the nearest is 1d_view."),
        ({"name": "daily_ad"}, ""),
    ],
)  # fmt: skip
def test_what_meta_refuses_is_said_in_a_sentence(report: dict[str, Any], says: str) -> None:
    assert says in refused(**report)
    if not says:
        assert refused(**report) == ""


@pytest.mark.parametrize(
    "report",
    [
        {"action_breakdowns": ["action_type", "action_device"], "breakdowns": ["publisher_platform"]},
        {"action_breakdowns": ["action_reaction"]},
        {"action_breakdowns": []},
        {"breakdowns": ["device_platform"]},
        {"attribution_windows": ["28d_click", "1d_ev"]},
    ],
)
def test_what_meta_allows_is_allowed(report: dict[str, Any]) -> None:
    assert refused(**report) == ""


def test_two_reports_of_one_name_are_refused() -> None:
    given = {"name": "daily_ad", "level": "ad", "fields": ["spend"]}
    assert REPORTS.read({"reports": ["daily_ad"], "custom_reports": [given]})[1] == ["Two reports are named daily_ad."]


def windows_of(**given: Any) -> Windows:
    """How a report by hand is read."""
    mine = {"name": "mine", "level": "campaign", "fields": ["spend"], **given}
    ((report,), wrong) = REPORTS.read({"reports": [], "custom_reports": [mine]})
    assert not wrong
    found = report_stream(report, 60.0).windows
    assert found
    return found


@pytest.mark.parametrize("increment", PERIODS)
def test_periods_are_cut_where_they_begin_and_the_last_28_days_are_read_again(increment: int | str) -> None:
    windows = windows_of(time_increment=increment)
    assert windows.lookback == days(28)
    assert windows.period == {1: "day", 7: "week", "monthly": "month", "all_days": "day"}[increment]
    assert windows.pad == timedelta(0)


def test_what_counts_people_by_breakdowns_is_kept_13_months_and_all_else_37() -> None:
    reports: list[dict[str, Any]] = [
        {"fields": ["reach", "spend"]},
        {"breakdowns": ["age"]},
        {"fields": ["spend", "unique_clicks"], "breakdowns": ["age"]},
        {"breakdowns": ["hourly_stats_aggregated_by_advertiser_time_zone"]},
    ]
    assert [windows_of(**report).retention for report in reports] == [days(1122), days(1122), days(392), days(392)]


def test_a_name_that_is_another_streams_is_refused() -> None:
    given = {"name": "ads", "level": "ad", "fields": ["spend"]}
    assert REPORTS.read({"custom_reports": [given]}, {"ads"})[1] == ["Report ads: the name is a stream's already."]
