"""A person's mistakes: one sentence that says what is wrong and how to mend it, exit code 1, nothing written."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_google_ads.tap import TapGoogleAds
from tap_toolkit.testing import Run, run_tap

Config = dict[str, Any]
Reader = Callable[..., Run]
TAP = "tap-google-ads"


def by_hand(query: str, name: str = "mine") -> list[dict[str, str]]:
    return [{"name": name, "query": query}]


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("client_id", "", "Setting client_id is missing: set client_id and client_secret, or service_account_key."),
        ("client_secret", "", "Setting client_secret is missing"),
        ("start_date", "", "Setting start_date is missing."),
        ("start_date", "S3CRET", "Setting start_date is not a time"),
        ("customer_ids", [], "There is no customer to read: name one at least."),
        ("customer_ids", ["S3CRET"], "Setting customer_ids.0 must be a text of the form"),
        ("customer_ids", "4820000001", "Setting customer_ids must be a list"),
        ("login_customer_id", "48-10", "Setting login_customer_id must be a text of the form"),
        ("service_account_key", "S3CRET", "Setting service_account_key is no key: give the path of the JSON file"),
        ("service_account_key", '{"client_email": "a", "private_key": "S3CRET"}', "is no key"),
        ("lookback_days", 91, "Setting lookback_days must be at most 90"),
        ("operations_per_run", -1, "Setting operations_per_run must be at least 0"),
        ("api_version", "25", "Setting api_version must be a text of the form"),
        ("token_url", "oauth2", "Setting token_url must be a text of the form"),
        ("custom_reports", [{"name": "mine"}], "Setting custom_reports.0 lacks query."),
        ("custom_reports", by_hand("SELECT", name="Mine!"), "Setting custom_reports.0.name must be a text of the form"),
        ("custom_reports", by_hand("campaign.id"), "Report mine: write the query like SELECT"),
        (
            "custom_reports",
            by_hand("SELECT * FROM campaign"),
            "Report mine: * is no field: write it like campaign.name",
        ),
        (
            "custom_reports",
            by_hand("SELECT campaign.id FROM campaign", name="ads"),
            "Report ads: the name is a stream's already.",
        ),
        (
            "custom_reports",
            by_hand("SELECT metrics.clicks FROM campaign"),
            "Report mine: select segments.date beside metrics.clicks: figures are read by the day.",
        ),
        (
            "custom_reports",
            by_hand("SELECT campaign.id FROM campaign LIMIT 5"),
            "Report mine: leave LIMIT out: all rows are read.",
        ),
        (
            "custom_reports",
            by_hand("SELECT segments.date FROM campaign WHERE segments.date DURING LAST_7_DAYS"),
            "Report mine: leave the dates out of WHERE",
        ),
    ],
)
def test_a_wrong_setting_is_named_and_never_shown(config: Config, setting: str, value: Any, says: str) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapGoogleAds(config={**config, setting: value})
    told = " ".join(raised.value.errors)
    assert says in told
    assert "S3CRET" not in told


def test_two_reports_of_one_name_and_one_with_a_streams_name_are_refused(config: Config) -> None:
    twice = by_hand("SELECT campaign.id FROM campaign") * 2
    with pytest.raises(ConfigValidationError) as raised:
        TapGoogleAds(config={**config, "custom_reports": [*twice, {**twice[0], "name": "campaigns"}]})
    assert raised.value.errors == [
        "Two reports are named mine.",
        "Report campaigns: the name is a stream's already.",
    ]


def test_a_consent_that_is_dead_is_told_in_a_sentence(config: Config, tmp_path: Any) -> None:
    dead = {**config, "refresh_token": "1//S3CRET"}
    for arguments in ((), ("--test",)):
        done = run_tap(TAP, dead, *arguments)
        assert done.exit_code == 1
        assert "run `tap-google-ads authorize` again" in done.last_line
        assert "Traceback" not in done.log
        assert "S3CRET" not in done.log + done.stdout
        assert not [message for message in done.messages if message["type"] == "RECORD"]
    bare = {**config, "refresh_token": "", "token_store": str(tmp_path)}
    none = run_tap(TAP, bare)
    assert none.exit_code == 1
    assert "run `tap-google-ads authorize` and let the owner consent" in none.last_line


def test_a_host_that_nobody_listens_at_is_named(config: Config) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = run_tap(TAP, {**config, "api_url": f"http://127.0.0.1:{unused.getsockname()[1]}"})
    assert done.exit_code == 1
    assert "Check the api_url setting" in done.last_line


def test_an_ended_version_is_told(config: Config) -> None:
    done = run_tap(TAP, {**config, "api_version": "v22"})
    assert done.exit_code == 1
    assert "set api_version to a newer one" in done.last_line
