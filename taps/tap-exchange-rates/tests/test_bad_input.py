"""A person's mistakes: one sentence that says what is wrong and how to mend it, and exit code 1."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_exchange_rates.tap import TapExchangeRates
from tap_toolkit.errors import Fatal
from tap_toolkit.testing import Run, executable, run

Config = dict[str, Any]
Reader = Callable[..., Run]


def test_a_missing_start_is_named(config: Config) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapExchangeRates(config={**config, "start_date": ""})
    assert "Setting start_date is missing." in " ".join(raised.value.errors)


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("currencies", "THB", "Setting currencies must be a list"),
        ("currencies", ["baht"], "Setting currencies.0 must be a text of the form ^[A-Z]{3}$"),
        ("lookback_days", -1, "Setting lookback_days must be at least 0"),
        ("start_date", "yesterday", "Setting start_date is not a time"),
        ("start_date", "2099-01-01T00:00:00Z", "Setting start_date is in the future"),
        ("end_date", "2020-01-01T00:00:00Z", "Setting end_date must be later than start_date"),
        ("concurrency", 0, "Setting concurrency must be at least 1"),
    ],
)
def test_a_malformed_setting_is_named(config: Config, setting: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapExchangeRates(config={**config, setting: value})
    assert says in " ".join(raised.value.errors)


def test_a_currency_that_the_bank_has_not_is_told_with_those_that_it_has(read: Reader) -> None:
    done = read(currencies=["THB", "VND", "EUR"])
    assert done.exit_code == 1
    assert "has no rates of EUR, VND: take that out of the setting currencies." in done.last_line
    assert "It has those of AUD, BRL, CAD" in done.last_line
    assert {r["currency"] for r in done.records("rates")} == {"THB"}, "the others are read"
    assert "Traceback" not in done.log


def test_an_unreachable_host_is_told_before_anything_is_written(read: Reader) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = read(api_url=f"http://127.0.0.1:{port}")
    assert done.exit_code == 1
    assert f"Cannot reach 127.0.0.1:{port}" in done.last_line
    assert done.stdout == ""


@pytest.mark.parametrize(
    "state",
    [
        {"bookmarks": {"rates": {"replication_key": "date", "replication_key_value": "2026-01-01"}}},
        {"bookmarks": {"rates": {"accounts": {"ecb": {"covered": [["now", "then"]]}}}}},
    ],
)
def test_a_corrupt_or_foreign_state_is_refused(config: Config, state: Any) -> None:
    with pytest.raises(Fatal, match="state"):
        TapExchangeRates(config=config, state=state)


def test_settings_may_come_from_the_environment(config: Config) -> None:
    env = {
        f"TAP_EXCHANGE_RATES_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in {**config, "currencies": ["THB"]}.items()
    }
    done = run(executable("tap-exchange-rates"), "--config=ENV", env={**env, "TAP_EXCHANGE_RATES_LOOKBACK_DAYS": ""})
    assert done.exit_code == 0, done.log
    assert {r["currency"] for r in done.records("rates")} == {"THB"}
