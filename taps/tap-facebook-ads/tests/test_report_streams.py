"""Every ready-made report, and reports of one's own, as they come out of the sandbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_facebook_ads.streams import REPORTS
from tap_toolkit.testing import Run, repeated, run_tap

TABLE = REPORTS.data
Config = dict[str, Any]
Figures = Callable[..., dict[tuple[str, ...], Any]]
Reader = Callable[..., Run]
ADDITIVE = ("spend", "impressions", "clicks")


@pytest.fixture(scope="module")
def every(config: Config) -> Run:
    """All ready-made reports, and the ads."""
    return run_tap("tap-facebook-ads", {**config, "reports": list(TABLE["reports"])})


@pytest.mark.parametrize("name", TABLE["reports"])
def test_every_ready_made_report_has_rows_with_total_keys(every: Run, name: str) -> None:
    assert every.exit_code == 0, every.log
    ((report,), _) = REPORTS.read({"reports": [name]})
    rows = every.records(name)
    assert len(rows) > 5
    assert repeated(rows, report.keys) == []
    assert {row["account_id"] for row in rows} == {row["account_id"] for row in every.records("ad_accounts")}


@pytest.mark.parametrize(
    "name", [n for n, t in TABLE["reports"].items() if t.get("breakdowns") and t["time_increment"] == "monthly"]
)
def test_the_parts_of_a_month_are_the_whole(every: Run, name: str, figures: Figures) -> None:
    keys = ("account_id", "campaign_id", "date_start", "date_stop")
    whole, parts = (figures(every.records(stream), *keys) for stream in ("performance_campaign", name))
    assert {k: [v[n] for n in ADDITIVE] for k, v in parts.items()} == {
        k: [v[n] for n in ADDITIVE] for k, v in whole.items() if v["impressions"]
    }


def test_months_are_whole_or_end_where_reading_did(every: Run) -> None:
    months = {(row["date_start"], row["date_stop"]) for row in every.records("performance_campaign")}
    assert months == {("2026-09-01", "2026-09-30"), ("2026-10-01", "2026-10-21")}


def test_parts_of_a_day_are_the_ads_day(every: Run, figures: Figures) -> None:
    keys = ("account_id", "ad_id", "date_start")
    whole = figures(every.records("daily_ad"), *keys)
    for name in ("detail_ad_age_gender_daily", "detail_ad_country_region_daily"):
        parts = figures(every.records(name), *keys)
        delivered = [{k: [v[n] for n in ADDITIVE] for k, v in f.items() if v["impressions"]} for f in (parts, whole)]
        assert delivered[0] == delivered[1]


def test_each_ad_has_its_creative_beside(every: Run) -> None:
    creatives = {(ad["account_id"], ad["id"]): ad["creative"]["id"] for ad in every.records("ads")}
    rows = every.records("daily_ad_with_creative")
    assert len(rows) == len(every.records("daily_ad"))
    for row in rows:
        assert row["creative_id"] == creatives[row["account_id"], row["ad_id"]] == row["creative"]["id"]
        assert row["creative"]["title"]


def test_creatives_are_sums_of_their_ads_with_ratios_made_anew(every: Run) -> None:
    creatives = {(ad["account_id"], ad["id"]): ad["creative"]["id"] for ad in every.records("ads")}
    sums: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(ADDITIVE, Decimal(0)))
    values: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    ads_of: dict[tuple[str, ...], int] = defaultdict(int)
    for row in every.records("performance_ad"):
        key = (row["account_id"], creatives[row["account_id"], row["ad_id"]], row["date_start"])
        ads_of[key] += 1
        for name in ADDITIVE:
            sums[key][name] += row.get(name) or 0
        values[key] += purchases(row, "action_values")
    assert max(ads_of.values()) > 1
    found = {(r["account_id"], r["creative_id"], r["date_start"]): r for r in every.records("performance_creative")}
    assert set(found) == set(sums)
    for key, row in found.items():
        assert {name: row[name] for name in ADDITIVE} == sums[key]
        assert purchases(row, "action_values") == values[key]
        assert "reach" not in row
        assert "frequency" not in row
        if sums[key]["clicks"]:
            assert row["cpc"] == (sums[key]["spend"] / sums[key]["clicks"]).quantize(Decimal("0.000001"))
        if sums[key]["spend"] and values[key]:
            assert purchases(row, "purchase_roas") == (values[key] / sums[key]["spend"]).quantize(Decimal("0.000001"))


def purchases(row: dict[str, Any], name: str) -> Decimal:
    return sum((Decimal(s["value"]) for s in row.get(name) or () if s["action_type"] == "omni_purchase"), Decimal(0))


@pytest.fixture
def closed(sandbox: Sandbox) -> Iterator[str]:
    """An account that is not opted in to the breakdowns that Meta gates."""
    account = sandbox.ad_account_ids[0]
    sandbox.set_gate(account, on=False)
    yield account
    sandbox.set_gate(account, on=True)


def test_a_breakdown_that_meta_gates_in_silence_is_said_and_recorded(
    reading: Reader, config: Config, closed: str
) -> None:
    done = reading(
        {**config, "reports": ["campaign_hour_audience", "campaign_hour"]}, "campaign_hour_audience", "campaign_hour"
    )
    assert done.exit_code == 1
    assert "must opt in to the breakdown in Ads Manager" in done.last_line
    assert closed not in {row["account_id"] for row in done.records("campaign_hour_audience")}
    assert closed in {row["account_id"] for row in done.records("campaign_hour")}
    windows = [w for w in done.records("sync_windows") if w["stream"] == "campaign_hour_audience"]
    assert {w["account_id"]: w["status"] for w in windows}[closed] == "skipped"
    assert {w["status"] for w in windows if w["account_id"] != closed} == {"done"}


def test_a_breakdown_that_is_an_object_is_its_id_in_the_key_and_kept_whole(reading: Reader, config: Config) -> None:
    mine = {"name": "by_image", "level": "campaign", "fields": ["spend"], "breakdowns": ["image_asset"]}
    done = reading({**config, "reports": [], "custom_reports": [{**mine, "time_increment": "monthly"}]}, "by_image")
    assert done.exit_code == 0, done.log
    rows = done.records("by_image")
    assert rows
    assert repeated(rows, ("account_id", "campaign_id", "date_start", "image_asset")) == []
    for row in rows:
        assert row["extra_fields"]["image_asset_object"]["id"] == row["image_asset"]


def test_a_report_of_ones_own_by_weeks_and_over_all_days(
    reading: Reader, config: Config, figures: Figures, every: Run
) -> None:
    def own(name: str, increment: Any) -> dict[str, Any]:
        return {
            "name": name,
            "level": "campaign",
            "fields": ["spend", "impressions", "clicks", "actions"],
            "breakdowns": ["country"],
            "time_increment": increment,
            "attribution_windows": ["7d_click"],
        }

    settings = {**config, "reports": [], "custom_reports": [own("by_week", 7), own("by_all", "all_days")]}
    done = reading(settings, "by_week", "by_all")
    assert done.exit_code == 0, done.log
    days = figures(every.records("daily_campaign"), "account_id", "campaign_id")
    for stream in ("by_week", "by_all"):
        found = figures(done.records(stream), "account_id", "campaign_id")
        assert {k: v["spend"] for k, v in found.items()} == {k: v["spend"] for k, v in days.items()}
        assert repeated(done.records(stream), ("account_id", "campaign_id", "date_start", "country")) == []
    weeks = {(row["date_start"], row["date_stop"]) for row in done.records("by_week")}
    assert ("2026-09-28", "2026-10-04") in weeks
    assert {row["date_start"] for row in done.records("by_all")} == {"2026-09-01"}
    stat = next(s for row in done.records("by_week") for s in row.get("actions") or ())
    assert "7d_click" in stat
    assert "1d_view" not in stat
    again = reading({**settings, "start_date": "2026-09-01T00:00:00Z"}, "by_week", "by_all", state=done.state)
    assert {row["date_start"] for row in again.records("by_week")} == {w for w, _ in weeks if w >= "2026-09-21"}
    assert len(again.records("by_all")) == len(done.records("by_all"))
