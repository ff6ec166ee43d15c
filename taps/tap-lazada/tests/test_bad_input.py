"""A person's mistakes: one sentence that says what is wrong and how to mend it, exit code 1, nothing written."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from talat_sandbox.testing import Sandbox
from tap_lazada.tap import AUTH_HOST, HOSTS, TapLazada
from tap_toolkit.testing import Run, executable, run, run_tap

Config = dict[str, Any]


def refused(done: Run, *words: str, written: bool = False) -> None:
    assert done.exit_code == 1, done.log
    assert "Traceback" not in done.log
    for word in words:
        assert word in done.last_line, done.last_line
    if not written:
        assert not [m for m in done.messages if m["type"] == "RECORD"]


@pytest.mark.parametrize("missing", ["app_key", "app_secret", "seller_ids", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    with pytest.raises(ConfigValidationError) as refusal:
        TapLazada(config={k: v for k, v in config.items() if k != missing})
    assert [error for error in refusal.value.errors if error.startswith(f"Setting {missing} is missing.")]


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("app_key", 5, "Setting app_key must be a text."),
        ("country", "S3CRET", "Setting country must be one of th, sg, my, vn, ph, id"),
        ("app_secret", 5, "Setting app_secret must be a text."),
        ("seller_ids", ["S3CRET"], "Setting seller_ids.0 must be a whole number."),
        ("seller_ids", [], "There is no seller to read"),
    ],
)
def test_a_malformed_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigValidationError) as refusal:
        TapLazada(config={**config, setting: value})
    (error,) = refusal.value.errors
    assert error.startswith(says)
    assert "S3CRET" not in error


def test_an_address_that_is_none_is_told(config: Config) -> None:
    refused(run_tap("tap-lazada", {**config, "api_url": "lazada.example"}), "is not a web address")


@pytest.mark.parametrize(("country", "host"), HOSTS.items())
def test_the_country_says_which_host_is_asked(config: Config, country: str, host: str) -> None:
    settings = {name: value for name, value in config.items() if name != "api_url"}
    client = TapLazada(config={**settings, "country": country}).client
    assert (client.base_url, client.auth.base_url) == (host, AUTH_HOST)
    assert TapLazada(config=settings).client.base_url == HOSTS["th"]


def test_an_unknown_seller_is_named(config: Config, sandbox: Sandbox, token_store: Path) -> None:
    stranger = {**config, "seller_ids": [999], "refresh_tokens": {"999": "never-issued-token"}}
    done = run_tap("tap-lazada", stranger)
    refused(done, "seller 999 was skipped", "tap-lazada authorize", written=True)
    assert {m["stream"] for m in done.messages if m["type"] == "RECORD"} == {"sync_windows"}


def test_a_seller_without_tokens_is_told_to_authorize(config: Config, tmp_path: Path) -> None:
    bare = {k: v for k, v in config.items() if k != "refresh_tokens"}
    refused(run_tap("tap-lazada", {**bare, "token_store": str(tmp_path)}), "tap-lazada authorize", written=True)


def test_a_wrong_key_is_fatal_at_once(config: Config) -> None:
    done = run_tap("tap-lazada", {**config, "app_secret": "k" * 48})
    refused(done, "IncompleteSignature", "Check app_key, app_secret and api_url")
    assert "k" * 48 not in done.log


def test_a_suspended_shop_is_told(config: Config, sandbox: Sandbox) -> None:
    sandbox.faults({"kind": "error", "code": "SellerNotActive", "match": {"path": "/rest/"}, "times": None})
    refused(run_tap("tap-lazada", config), "SellerNotActive", "closed or suspended", written=True)


def test_an_unreachable_host_is_told_before_anything_is_written(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = run_tap("tap-lazada", {**config, "api_url": f"http://127.0.0.1:{port}"})
    refused(done, f"Cannot reach 127.0.0.1:{port}", "api_url")
    assert done.stdout == ""


def test_a_foreign_state_is_refused(config: Config) -> None:
    foreign = {"bookmarks": {"orders": {"replication_key": "updated_at", "replication_key_value": "2026-01-01"}}}
    done = run_tap("tap-lazada", config, state=foreign)
    refused(done, "state")
    assert done.stdout == ""


def test_settings_may_come_from_the_environment(config: Config) -> None:
    env = {
        f"TAP_LAZADA_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in {**config, "requests_per_second": 500.5}.items()
    }
    env |= {"TAP_LAZADA_CONCURRENCY": "", "TAP_LAZADA_END_DATE": "", "TAP_LAZADA_BATCH_CONFIG": ""}  # not set
    done = run(executable("tap-lazada"), "--config=ENV", "--test", env=env)
    assert done.exit_code == 0, done.log
    assert done.stdout.count("the credentials work") == 3
