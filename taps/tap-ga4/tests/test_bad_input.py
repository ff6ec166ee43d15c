"""A person's mistakes: one sentence that says what is wrong and how to mend it, exit code 1, nothing written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_ga4.tap import TapGa4
from tap_toolkit.testing import Run, run_tap

Config = dict[str, Any]


def report(**given: Any) -> list[Config]:
    return [{"name": "mine", "dimensions": ["city"], "metrics": ["sessions"], **given}]


@pytest.mark.parametrize("missing", ["property_ids", "start_date"])
def test_a_missing_setting_is_named(config: Config, missing: str) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapGa4(config={name: value for name, value in config.items() if name != missing})
    assert f"Setting {missing} is missing." in " ".join(raised.value.errors)


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("property_ids", "370000001", "Setting property_ids must be a list"),
        ("property_ids", ["G-ABC123"], "Setting property_ids.0 must be a text of the form"),
        ("property_ids", [], "There is no property to read"),
        ("service_account_key", "S3CRET", "Setting service_account_key is no key: give the path of the JSON file"),
        ("service_account_key", '{"client_email": "a", "private_key": "S3CRET"}', "is no key"),
        ("service_account_key", "[1]", "is no key"),
        ("lookback_days", -1, "Setting lookback_days must be at least 0"),
        ("reports", ["daily_total"], "Report daily_total is not known: the nearest is daily_totals."),
        ("custom_reports", report(name="Mine"), "must be a text of the form"),
        ("custom_reports", report(filters=[]), "knows no filters"),
        ("custom_reports", report(dimensions=[f"customEvent:d{n}" for n in range(9)]), "GA4 knows 9 dimensions"),
        ("custom_reports", report(metrics=[f"customEvent:m{n}" for n in range(11)]), "1 to 10 metrics"),
        ("custom_reports", report(metrics=[]), "1 to 10 metrics"),
        ("custom_reports", report(metrics=["conversions"]), "GA4 has no conversions any more: use keyEvents."),
        ("custom_reports", report(dimensions=["fullPageUrl"]), "fullPageUrl holds what visitors typed: use pagePath."),
        ("custom_reports", report(dimensions=["sessions"]), "sessions is a metric"),
        ("custom_reports", report(dimensions=["city", "city"]), "two of its columns would be named city"),
        ("custom_reports", report(dimensions=["timeZone"]), "two of its columns would be named time_zone"),
        ("custom_reports", report(name="properties"), "the name is a stream's already"),
        ("custom_reports", report() * 2, "Two reports are named mine."),
    ],
)
def test_a_malformed_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapGa4(config={**config, setting: value})
    text = " ".join(raised.value.errors)
    assert says in text
    assert "S3CRET" not in text


def test_half_an_oauth_client_is_none(config: Config) -> None:
    without = {name: value for name, value in config.items() if name != "service_account_key"}
    for given, lacking in (({"client_id": "x"}, "client_secret"), ({"client_secret": "x"}, "client_id")):
        with pytest.raises(ConfigValidationError) as raised:
            TapGa4(config={**without, **given})
        told = f"Setting {lacking} is missing: set client_id and client_secret, or service_account_key."
        assert raised.value.errors == [told]


def test_the_key_may_be_a_file(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(config["service_account_key"])
    assert run_tap("tap-ga4", {**config, "service_account_key": str(file)}, "--test").exit_code == 0


def test_a_field_that_the_property_does_not_have_stops_one_report_alone(only: Callable[..., Run]) -> None:
    wrong = report(dimensions=["customEvent:nobody"])
    run = only("mine", "daily_totals", custom_reports=wrong)
    assert run.exit_code == 1
    assert "Field customEvent:nobody is not a valid dimension" in run.last_line
    assert "Change the report" in run.last_line
    assert run.records("daily_totals")


def test_dimensions_that_do_not_go_together_are_told(only: Callable[..., Run]) -> None:
    run = only("mine", custom_reports=report(dimensions=["sessionSource"], metrics=["itemRevenue"]))
    assert run.exit_code == 1
    assert "cannot be had together" in run.last_line
