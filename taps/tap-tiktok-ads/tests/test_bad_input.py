"""A person's mistakes: one sentence that says what is wrong and how to mend it, exit code 1, nothing written."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, executable, run, run_tap

Config = dict[str, Any]
TAP = "tap-tiktok-ads"


def refused(done: Run, *words: str, written: bool = False) -> None:
    assert done.exit_code == 1, done.log
    assert "Traceback" not in done.log
    for word in words:
        assert word in done.last_line, done.last_line
    if not written:
        assert {m["type"] for m in done.messages} <= {"SCHEMA"}


@pytest.mark.parametrize("missing", ["advertiser_ids", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    refused(run_tap(TAP, {k: v for k, v in config.items() if k != missing}), f"Setting {missing} is missing.")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (
            {"advertiser_ids": ["S3CRET"], "access_token": ["S3CRET"], "concurrency": 0, "reports": "daily_ad",
             "custom_reports": {"name": "S3CRET"}, "requests_per_second": -1},
            ["advertiser_ids.0 must be a text of the form", "access_token must be a text.",
             "concurrency must be at least 1.", "reports must be a list", "custom_reports must be a list",
             "requests_per_second must be at least 0."],
        ),
        ({"advertiser_ids": []}, ["There is no advertiser to read"]),
        ({"start_date": "S3CRET", "end_date": "S3CRET"}, ["start_date is not a time", "end_date is not a time"]),
        ({"end_date": "2026-08-01T00:00:00Z"}, ["end_date must be later than start_date"]),
        ({"report_minutes": 30, "reports": ["daily_adgroups"]}, ["the nearest is daily_adgroup."]),
    ],
)  # fmt: skip
def test_wrong_settings_are_told_together_and_never_repeated(
    config: Config, wrong: dict[str, Any], says: list[str]
) -> None:
    done = run_tap(TAP, {**config, **wrong})
    refused(done, *says)
    assert "S3CRET" not in done.log


@pytest.mark.parametrize(
    ("report", "says"),
    [
        ({"fields": ["spent"]}, "field spent is not known: the nearest is spend."),
        ({"breakdowns": ["age", "country_code"]}, "TikTok refuses the breakdowns age, country_code together"),
        ({"breakdowns": ["gender"], "fields": ["reach"]}, "reach cannot be had by gender: leave it out."),
        ({"breakdowns": ["region"]}, "breakdown region is not known"),
        ({"time_increment": 7}, "must be one of 1, monthly"),
        ({"level": "pixel"}, "must be one of advertiser, campaign, adgroup, ad"),
        ({"name": "campaigns"}, "Report campaigns: the name is a stream's already."),
    ],
)
def test_a_report_that_tiktok_would_refuse_is_refused_before(config: Config, report: Config, says: str) -> None:
    asked = {"name": "mine", "level": "campaign", "fields": ["spend"], **report}
    unreachable = {**config, "api_url": "http://no-such-host.invalid", "custom_reports": [asked]}
    refused(run_tap(TAP, unreachable), says)


def test_a_report_by_hand_is_read(config: Config, only: Any) -> None:
    asked = {"name": "mine", "level": "ad", "fields": ["clicks"], "breakdowns": ["gender"], "time_increment": "monthly"}
    done = only("mine", custom_reports=[asked])
    assert done.exit_code == 0, done.log
    rows = done.records("mine")
    assert {row["gender"] for row in rows} == {"FEMALE", "MALE", "NONE"}
    assert {row["date_start"] for row in rows} == {"2026-09-01", "2026-10-01"}
    assert {"clicks", "ad_name", "currency", "timezone"} <= rows[0].keys()
    assert "spend" not in rows[0]


def test_a_token_that_is_none_is_fatal_and_not_told(config: Config) -> None:
    done = run_tap(TAP, {**config, "access_token": "S3CRET-token"})
    refused(done, "40105", "It is the token of the setting access_token.")
    assert "S3CRET" not in done.log


def test_an_advertiser_without_tokens_is_told_to_authorize(config: Config, tmp_path: Path) -> None:
    bare = {name: value for name, value in config.items() if name != "access_token"}
    refused(run_tap(TAP, {**bare, "token_store": str(tmp_path)}), "tap-tiktok-ads authorize", written=True)


def test_an_unreachable_host_is_told_with_its_setting(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = run_tap(TAP, {**config, "api_url": f"http://127.0.0.1:{port}"})
    refused(done, f"Cannot reach 127.0.0.1:{port}", "Check the api_url setting")


@pytest.mark.parametrize("state", ["{cut off", [1, 2], {"bookmarks": {"ads": {"accounts": {"1": {"covered": 5}}}}}])
def test_a_corrupt_or_foreign_state_is_refused(config: Config, state: Any) -> None:
    done = run_tap(TAP, config, state=state)
    refused(done, "state")
    assert done.stdout == ""


def test_settings_may_come_from_the_environment(config: Config, sandbox: Sandbox) -> None:
    env = {
        f"TAP_TIKTOK_ADS_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in config.items()
    }
    done = run(executable(TAP), "--config=ENV", "--test", env={**env, "TAP_TIKTOK_ADS_END_DATE": ""})
    assert done.exit_code == 0, done.log
    assert done.stdout.count("the credentials work (Baan Talat TH, THB, Asia/Bangkok)") == 1
