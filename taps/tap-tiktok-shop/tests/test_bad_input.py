"""A person's mistakes: one sentence that says what is wrong and how to mend it, exit code 1, nothing written."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from talat_sandbox.testing import Sandbox
from tap_tiktok_shop.tap import TapTikTokShop
from tap_toolkit.testing import Run, executable, run, run_tap

Config = dict[str, Any]


def refused(done: Run, *words: str, written: bool = False) -> None:
    assert done.exit_code == 1, done.log
    assert "Traceback" not in done.log
    for word in words:
        assert word in done.last_line, done.last_line
    if not written:
        assert not [message for message in done.messages if message["type"] == "RECORD"]


@pytest.mark.parametrize("missing", ["app_key", "app_secret", "shop_ids", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        TapTikTokShop(config={name: value for name, value in config.items() if name != missing})
    assert any(sentence.startswith(f"Setting {missing} is missing.") for sentence in caught.value.errors)


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("app_key", 5, "Setting app_key must be a text."),
        ("app_secret", ["S3CRET"], "Setting app_secret must be a text."),
        ("shop_ids", "7490000000000000001", "Setting shop_ids must be a list"),
        ("shop_ids", ["S3CRET"], "Setting shop_ids.0 must be a text of the form"),
        ("shop_ids", [7.5], "Setting shop_ids.0 must be a text or a whole number"),
        ("shop_ids", [], "There is no shop to read"),
        ("tokens_of", {"7490000000000000001": "S3CRET"}, "Setting tokens_of.7490000000000000001 must be a text of"),
        ("tokens_of", "S3CRET", "Setting tokens_of must be a map"),
        ("shop_performance", "S3CRET", "Setting shop_performance must be true or false"),
        ("start_date", "S3CRET", "Setting start_date is not a time"),
        ("end_date", "2020-01-01T00:00:00Z", "Setting end_date must be later than start_date"),
        ("auth_url", "auth.example", "Setting auth_url must be a text of the form"),
    ],
)
def test_a_malformed_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigValidationError) as caught:
        TapTikTokShop(config={**config, setting: value})
    (sentence,) = caught.value.errors
    assert sentence.startswith(says)
    assert "S3CRET" not in sentence


def test_what_is_wrong_is_the_last_line_of_the_log(config: Config) -> None:
    done = run_tap("tap-tiktok-shop", {**config, "shop_ids": ["S3CRET"]})
    refused(done, "Setting shop_ids.0 must be a text of the form")
    assert "S3CRET" not in done.log
    refused(run_tap("tap-tiktok-shop", {**config, "api_url": "open-api.example"}), "is not a web address")


def test_an_unknown_shop_is_named(config: Config) -> None:
    stranger = {**config, "shop_ids": ["7490000000000000099"]}
    seeds = {"7490000000000000099": "never-issued-token"}
    done = run_tap("tap-tiktok-shop", {**stranger, "refresh_tokens": seeds})
    refused(done, "shop 7490000000000000099 was skipped", "tap-tiktok-shop authorize", written=True)
    assert {m["stream"] for m in done.messages if m["type"] == "RECORD"} == {"sync_windows"}


def test_a_shop_that_the_tokens_do_not_reach_is_named_and_the_others_are_read(
    config: Config, shop_ids: list[str]
) -> None:
    one, other = shop_ids
    done = run_tap("tap-tiktok-shop", {**config, "tokens_of": {other: one}})
    refused(done, f"shop {other} was skipped", "does not cover", written=True)
    assert {row["shop_id"] for row in done.records("orders")} == {one}


def test_a_shop_without_tokens_is_told_to_authorize(config: Config, tmp_path: Path) -> None:
    bare = {name: value for name, value in config.items() if name != "refresh_tokens"}
    done = run_tap("tap-tiktok-shop", {**bare, "token_store": str(tmp_path)})
    refused(done, "tap-tiktok-shop authorize", written=True)


def test_a_wrong_secret_is_fatal_at_once_and_not_told(config: Config) -> None:
    known = run_tap("tap-tiktok-shop", config, "--test")
    assert known.exit_code == 0, "else renewing a token is what is refused, in other words"
    done = run_tap("tap-tiktok-shop", {**config, "app_secret": "k" * 40})
    refused(done, "106001", "Check app_key, app_secret and api_url")
    assert "k" * 40 not in done.log
    wrong_app = run_tap("tap-tiktok-shop", {**config, "app_key": "6stranger"})
    refused(wrong_app, written=True)


def test_an_unreachable_host_is_told_with_its_setting(config: Config, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    bare = {**config, "token_store": str(tmp_path)}
    for setting in ("api_url", "auth_url"):
        done = run_tap("tap-tiktok-shop", {**bare, setting: f"http://127.0.0.1:{port}"})
        refused(done, f"Cannot reach 127.0.0.1:{port}", f"Check the {setting} setting")


@pytest.mark.parametrize("state", ["{cut off", [1, 2], {"bookmarks": {"orders": {"accounts": {"1": {"covered": 5}}}}}])
def test_a_corrupt_or_foreign_state_is_refused(config: Config, state: Any) -> None:
    done = run_tap("tap-tiktok-shop", config, state=state)
    refused(done, "state")
    assert done.stdout == ""


def test_settings_may_come_from_the_environment(config: Config, sandbox: Sandbox) -> None:
    env = {
        f"TAP_TIKTOK_SHOP_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in config.items()
    }
    env |= {"TAP_TIKTOK_SHOP_TOKENS_OF": "", "TAP_TIKTOK_SHOP_END_DATE": ""}  # not set
    done = run(executable("tap-tiktok-shop"), "--config=ENV", "--test", env=env)
    assert done.exit_code == 0, done.log
    assert done.stdout.count("the credentials work") == 2
