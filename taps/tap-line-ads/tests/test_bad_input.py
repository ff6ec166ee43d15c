"""A person's mistakes, and what a Singer tap can do besides reading."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_line_ads.tap import TapLineAds
from tap_toolkit.testing import executable, run, run_tap

Config = dict[str, Any]


@pytest.mark.parametrize("missing", ["account_ids", "group_id", "access_key", "secret_key", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    for without in ({name: value for name, value in config.items() if name != missing}, {**config, missing: ""}):
        with pytest.raises(ConfigValidationError) as raised:
            TapLineAds(config=without)
        assert f"Setting {missing} is missing." in " ".join(raised.value.errors)


def test_streams_are_discovered_without_any_setting() -> None:
    found = run(executable("tap-line-ads"), "--discover", env={"PATH": os.environ["PATH"]})
    assert found.exit_code == 0, found.log
    assert "ad_accounts" in {stream["stream"] for stream in json.loads(found.stdout)["streams"]}


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("account_ids", "A1", "Setting account_ids must be a list"),
        ("account_ids", ["1"], "Setting account_ids.0 must be a text of the form"),
        ("account_ids", [], "There is no ad account to read"),
        ("group_id", "1", "Setting group_id must be a text of the form"),
        ("secret_key", 5, "Setting secret_key must be a text"),
        ("reports", ["daily_ads"], "must be one of daily_ad_account, daily_campaign, daily_adgroup, daily_ad"),
        ("lookback_days", -1, "Setting lookback_days must be at least 0"),
        ("start_date", "S3CRET", "Setting start_date is not a time"),
    ],
)
def test_a_malformed_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapLineAds(config={**config, setting: value})
    text = " ".join(raised.value.errors)
    assert says in text
    assert "S3CRET" not in text


def test_test_says_in_a_sentence_whether_each_account_can_be_read(config: Config) -> None:
    works = run_tap("tap-line-ads", config, "--test")
    assert works.exit_code == 0
    assert "ad account A49799313413: the credentials work (Baan Talat TH, THB, Asia/Bangkok)." in works.stdout
    wrong = run_tap("tap-line-ads", {**config, "account_ids": ["A1", "A49799313413"]}, "--test")
    assert wrong.exit_code == 1
    assert "has no ad account A1. Check group_id and account_ids." in wrong.log
    assert "ad account A49799313413: the credentials work" in wrong.stdout


def test_about_says_what_there_is_and_nothing_that_is_not(config: Config) -> None:
    about = json.loads(run(executable("tap-line-ads"), "--about", "--format=json").stdout)
    settings = about["settings"]["properties"]
    assert settings["secret_key"]["secret"]
    assert not {"refresh_tokens", "token_store", "pii_salt"} & {*settings}
    assert {"catalog", "discover", "state", "stream-maps", "batch"} <= {*about["capabilities"]}
    assert "authorize" not in run(executable("tap-line-ads"), "--help").stdout
