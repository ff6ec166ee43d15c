"""A person's mistakes: one sentence that says what is wrong and how to mend it, exit code 1, nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, run_tap

Config = dict[str, Any]


def refused(done: Run, *words: str) -> None:
    assert done.exit_code == 1, done.log
    assert "Traceback" not in done.log
    for word in words:
        assert word in done.last_line, done.last_line


@pytest.mark.parametrize("missing", ["partner_id", "partner_key", "shop_ids", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    done = run_tap("tap-shopee-ads", {name: value for name, value in config.items() if name != missing})
    refused(done, f"Setting {missing} is missing.")
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("partner_id", "S3CRET", "Setting partner_id must be a whole number."),
        ("shop_ids", [], "There is no shop to read"),
        ("start_date", "S3CRET", "Setting start_date is not a time"),
        ("account_requests_per_second", -1, "Setting account_requests_per_second must be at least 0"),
        ("api_url", "partner.example", "is not a web address"),
    ],
)
def test_a_malformed_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    done = run_tap("tap-shopee-ads", {**config, setting: value})
    refused(done, says)
    assert done.stdout == ""
    assert "S3CRET" not in done.log


def test_an_app_of_a_category_without_ads_is_told_which_have_them(
    config: Config, sandbox: Sandbox, tmp_path: Path
) -> None:
    seller = {"partner_id": sandbox.partner_id, "partner_key": sandbox.partner_key, "token_store": str(tmp_path)}
    done = run_tap("tap-shopee-ads", {**config, **seller})
    refused(done, "error_permission", "Use an app whose category has ads")
    assert {m["stream"] for m in done.messages if m["type"] == "RECORD"} == {"sync_windows"}


def test_a_wrong_key_is_fatal_at_once(config: Config) -> None:
    done = run_tap("tap-shopee-ads", {**config, "partner_key": "k" * 48})
    refused(done, "error_sign", "Check partner_id, partner_key and api_url")
    assert "k" * 48 not in done.log


def test_a_shop_without_tokens_is_told_to_authorize(config: Config, tmp_path: Path) -> None:
    done = run_tap("tap-shopee-ads", {**config, "refresh_tokens": {}, "token_store": str(tmp_path)})
    refused(done, "tap-shopee-ads authorize")


def test_the_state_of_another_tap_is_refused(config: Config) -> None:
    foreign = {"bookmarks": {"shop_daily": {"replication_key": "date", "replication_key_value": "2026-01-01"}}}
    refused(run_tap("tap-shopee-ads", config, state=foreign), "written by another tap")
