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


def refused(done: Run, *words: str, written: bool = False) -> None:
    assert done.exit_code == 1, done.log
    assert "Traceback" not in done.log
    for word in words:
        assert word in done.last_line, done.last_line
    if not written:
        assert not [m for m in done.messages if m["type"] == "RECORD"]


@pytest.mark.parametrize("missing", ["partner_id", "partner_key", "shop_ids", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    refused(run_tap("tap-shopee", {k: v for k, v in config.items() if k != missing}), f"Setting {missing} is missing.")
    refused(run_tap("tap-shopee", {**config, missing: ""}), f"Setting {missing} is missing.")


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("partner_id", "S3CRET", "Setting partner_id must be a whole number."),
        ("partner_key", 5, "Setting partner_key must be a text."),
        ("shop_ids", "226001234", "Setting shop_ids must be a list"),
        ("shop_ids", ["S3CRET"], "Setting shop_ids.0 must be a whole number."),
        ("shop_ids", [], "There is no shop to read"),
        ("start_date", "S3CRET", "Setting start_date is not a time"),
        ("start_date", "2099-01-01T00:00:00Z", "Setting start_date is in the future"),
        ("end_date", "2020-01-01T00:00:00Z", "Setting end_date must be later than start_date"),
        ("concurrency", 0, "Setting concurrency must be at least 1"),
        ("requests_per_second", -1, "Setting requests_per_second must be at least 0"),
        ("refresh_tokens", "S3CRET", "Setting refresh_tokens must be a map"),
        ("api_url", "partner.example", "is not a web address"),
        ("token_store", "gsm:", "write gsm:PROJECT"),
    ],
)
def test_a_malformed_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    done = run_tap("tap-shopee", {**config, setting: value})
    refused(done, says)
    assert "S3CRET" not in done.log


def test_a_configuration_that_is_not_json_is_refused() -> None:
    refused(run_tap("tap-shopee", "{not json"), "configuration file is not JSON")  # type: ignore[arg-type]
    refused(run(executable("tap-shopee"), "--config", "/nowhere/config.json"), "/nowhere/config.json", "not found")


def test_an_unknown_shop_is_named(config: Config, sandbox: Sandbox, token_store: Path) -> None:
    stranger = {**config, "shop_ids": [999], "refresh_tokens": {"999": "never-issued-token"}}
    done = run_tap("tap-shopee", stranger)
    refused(done, "shop 999 was skipped", "tap-shopee authorize", written=True)
    assert {m["stream"] for m in done.messages if m["type"] == "RECORD"} == {"sync_windows"}


def test_a_shop_without_tokens_is_told_to_authorize(config: Config, tmp_path: Path) -> None:
    bare = {k: v for k, v in config.items() if k != "refresh_tokens"}
    refused(run_tap("tap-shopee", {**bare, "token_store": str(tmp_path)}), "tap-shopee authorize", written=True)


def test_a_wrong_key_is_fatal_at_once(config: Config) -> None:
    done = run_tap("tap-shopee", {**config, "partner_key": "k" * 48})
    refused(done, "error_sign", "Check partner_id, partner_key and api_url")
    assert "unhandled" not in done.log
    assert "k" * 48 not in done.log


def test_withdrawn_consent_is_told(config: Config, sandbox: Sandbox) -> None:
    sandbox.faults({"kind": "error", "code": "shop_access_expired", "match": {"path": "/api/v2/"}, "times": None})
    refused(run_tap("tap-shopee", config), "shop_access_expired", "consent again", written=True)


def test_an_unreachable_host_is_told_before_anything_is_written(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = run_tap("tap-shopee", {**config, "api_url": f"http://127.0.0.1:{port}"})
    refused(done, f"Cannot reach 127.0.0.1:{port}", "api_url")
    assert done.stdout == ""
    done = run_tap("tap-shopee", {**config, "api_url": "http://no-such-host.invalid"})
    refused(done, "Cannot reach no-such-host.invalid", "api_url")
    assert done.stdout == ""


@pytest.mark.parametrize(
    "state",
    [
        "{cut off",
        [1, 2],
        {"bookmarks": {"orders": {"replication_key": "update_time", "replication_key_value": "2026-01-01"}}},
        {"bookmarks": {"orders": {"accounts": {"1": {"covered": [["now", "then"]]}}}}},
        {"singer_state": {"bookmarks": {}}},
    ],
)
def test_a_corrupt_or_foreign_state_is_refused(config: Config, state: Any) -> None:
    done = run_tap("tap-shopee", config, state=state)
    refused(done, "state")
    assert done.stdout == ""


def test_a_corrupt_catalog_is_refused(config: Config, tmp_path: Path) -> None:
    path = tmp_path / "catalog.json"
    path.write_text("[")
    refused(run_tap("tap-shopee", config, "--catalog", str(path)), "catalog file", "not JSON")


def test_a_damaged_token_file_is_named_and_not_shown(config: Config, tmp_path: Path) -> None:
    first = run_tap("tap-shopee", {**config, "token_store": str(tmp_path / "other"), "refresh_tokens": {}})
    assert first.exit_code == 1
    store = tmp_path / "tokens"
    store.mkdir(mode=0o700)
    for path in Path(config["token_store"]).iterdir():
        copy = store / path.name
        copy.write_text('{"S3CRET')
        copy.chmod(0o600)
    done = run_tap("tap-shopee", {**config, "token_store": str(store)})
    refused(done, "damaged", written=True)
    assert "S3CRET" not in done.log


def test_settings_may_come_from_the_environment(config: Config) -> None:
    env = {
        f"TAP_SHOPEE_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in {**config, "requests_per_second": 500.5}.items()
    }
    env |= {"TAP_SHOPEE_CONCURRENCY": "", "TAP_SHOPEE_END_DATE": "", "TAP_SHOPEE_BATCH_CONFIG": ""}  # not set
    done = run(executable("tap-shopee"), "--config=ENV", "--test", env=env)
    assert done.exit_code == 0, done.log
    assert done.stdout.count("the credentials work") == 3


@pytest.mark.parametrize(("name", "value"), [("SHOP_IDS", "226001234,226001235"), ("PARTNER_ID", "S3CRET")])
def test_a_variable_that_cannot_be_read_is_named(config: Config, name: str, value: str) -> None:
    env = {
        f"TAP_SHOPEE_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in config.items()
    }
    done = run(executable("tap-shopee"), "--config=ENV", env={**env, f"TAP_SHOPEE_{name}": value})
    refused(done, f"Setting {name.lower()} must be")
    assert value not in done.log
