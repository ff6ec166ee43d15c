"""A person's mistakes: one sentence that says what is wrong and how to mend it, exit code 1, nothing written."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_line_shop.tap import TapLineShop
from tap_toolkit.errors import Fatal
from tap_toolkit.testing import Run, executable, run, run_tap

Config = dict[str, Any]


def refused(done: Run, *words: str, written: bool = False) -> None:
    assert done.exit_code == 1, done.log
    assert "Traceback" not in done.log
    for word in words:
        assert word in done.last_line, done.last_line
    if not written:
        assert not [m for m in done.messages if m["type"] == "RECORD"]


@pytest.mark.parametrize("missing", ["api_keys", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    for without in ({name: value for name, value in config.items() if name != missing}, {**config, missing: ""}):
        with pytest.raises(ConfigValidationError) as raised:
            TapLineShop(config=without)
        assert f"Setting {missing} is missing." in " ".join(raised.value.errors)


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("api_keys", "S3CRET-key", "Setting api_keys must be a map"),
        ("api_keys", ["S3CRET-key"], "Setting api_keys must be a map"),
        ("api_keys", {"main": 5}, "Setting api_keys.main must be a text."),
        ("api_keys", {"main": ""}, "Setting api_keys.main must be a text that is not empty"),
        ("api_keys", {"": "S3CRET-key"}, "has no name: give it one"),
        ("api_keys", {}, "There is no shop to read"),
        ("shop_ids", ["another"], "There is no key of shop another: set it in api_keys."),
        ("shop_ids", "main", "Setting shop_ids must be a list"),
        ("lookback_days", -1, "Setting lookback_days must be at least 0"),
        ("lookback_days", "a while", "Setting lookback_days must be a whole number"),
        ("start_date", "S3CRET-day", "Setting start_date is not a time"),
        ("start_date", "2099-01-01T00:00:00Z", "Setting start_date is in the future"),
        ("end_date", "2020-01-01T00:00:00Z", "Setting end_date must be later than start_date"),
        ("concurrency", 0, "Setting concurrency must be at least 1"),
        ("requests_per_second", -1, "Setting requests_per_second must be at least 0"),
        ("api_keys", {"main": "S3CRET\n"}, "The key of shop main in api_keys has a space, a line break"),
    ],
)
def test_a_malformed_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapLineShop(config={**config, setting: value})
    told = " ".join(raised.value.errors)
    assert says in told
    assert "S3CRET" not in told


def test_malformed_settings_are_told_in_one_line(config: Config) -> None:
    done = run_tap("tap-line-shop", {**config, "api_keys": {"main": "S3CRET key"}, "lookback_days": -1})
    refused(done, "Setting lookback_days must be at least 0")
    done = run_tap("tap-line-shop", {**config, "api_keys": {"main": "S3CRET\r\nX-Other: 1"}, "shop_ids": ["other"]})
    refused(done, "The key of shop main", "line break", "There is no key of shop other")
    assert "S3CRET" not in done.log
    refused(run_tap("tap-line-shop", {**config, "api_url": "line.example"}), "is not a web address")


def test_a_configuration_that_is_not_json_is_refused() -> None:
    refused(run_tap("tap-line-shop", "{not json"), "configuration file is not JSON")  # type: ignore[arg-type]


def test_a_wrong_key_is_told_and_never_shown(config: Config) -> None:
    done = run_tap("tap-line-shop", {**config, "api_keys": {"main": "k" * 40}})
    refused(done, "shop main was skipped", "Make a new key", written=True)
    assert "k" * 40 not in done.log
    assert {m["stream"] for m in done.messages if m["type"] == "RECORD"} == {"sync_windows"}


def test_an_unreachable_host_is_told_before_anything_is_written(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = run_tap("tap-line-shop", {**config, "api_url": f"http://127.0.0.1:{port}"})
    refused(done, f"Cannot reach 127.0.0.1:{port}", "api_url")
    assert done.stdout == ""


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": {"orders": {"replication_key": "lastUpdatedAt", "replication_key_value": "2026-01-01"}}},
        {"bookmarks": {"orders": {"accounts": {"1": {"covered": [["now", "then"]]}}}}},
        {"bookmarks": []},
    ],
)
def test_a_corrupt_or_foreign_state_is_refused(config: Config, state: Any) -> None:
    with pytest.raises(Fatal, match="state"):
        TapLineShop(config=config, state=state)


def test_a_state_that_is_none_is_refused(config: Config) -> None:
    done = run_tap("tap-line-shop", config, state="{cut off")
    refused(done, "state")
    assert done.stdout == ""


def test_a_corrupt_catalog_is_refused(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text("[")
    refused(run_tap("tap-line-shop", config, "--catalog", str(path)), "catalog file", "not JSON")


def test_settings_may_come_from_the_environment(config: Config) -> None:
    env = {
        f"TAP_LINE_SHOP_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in {**config, "requests_per_second": 500.5}.items()
    }
    env |= {"TAP_LINE_SHOP_CONCURRENCY": "", "TAP_LINE_SHOP_SHOP_IDS": ""}  # not set
    done = run(executable("tap-line-shop"), "--config=ENV", "--test", env=env)
    assert done.exit_code == 0, done.log
    assert done.stdout.count("the credentials work") == 2
