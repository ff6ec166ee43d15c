"""What a Singer tap can do besides reading, and consent."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from talat_sandbox.platforms.google.accounts import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, discover, executable, run, run_tap

Config = dict[str, Any]
SCOPE = "https://www.googleapis.com/auth/analytics.readonly"


@pytest.fixture
def consenting(config: Config, tmp_path: Path) -> Config:
    """An OAuth client, and no service account."""
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "token_store": str(tmp_path / "tokens")}
    return {**{name: value for name, value in config.items() if name != "service_account_key"}, **client}


def authorized(config: Config, folder: Path, answer: Callable[[str], str]) -> tuple[int, str]:
    """Run ``authorize`` with what is pasted for the link; its exit code and all it shows."""
    file = folder / "authorize.json"
    file.write_text(json.dumps(config))
    command = [executable("tap-ga4"), "authorize", "--config", str(file), "--no-browser", "--paste"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True)
    assert process.stdout
    shown = ""
    for line in process.stdout:
        shown += line
        if line.startswith("    http"):
            break
    rest, _ = process.communicate(answer(shown.splitlines()[-1].strip()) + "\n", 60)
    return process.returncode, shown + rest


def test_consent_lets_every_property_be_read_and_shows_no_secret(
    consenting: Config, tmp_path: Path, sandbox: Sandbox
) -> None:
    before = run_tap("tap-ga4", consenting, "--test")
    assert (before.exit_code, "`tap-ga4 authorize`" in before.log) == (1, True)

    def approved(link: str) -> str:
        query = parse_qs(urlsplit(link).query)
        assert (query["scope"], query["access_type"], query["prompt"]) == ([SCOPE], ["offline"], ["consent"])
        return requests.get(f"{link}&approve=1", timeout=30, allow_redirects=False).headers["Location"]

    code, shown = authorized(consenting, tmp_path, approved)
    assert code == 0, shown
    assert shown.count(" is authorized: ") == 3
    done = run_tap("tap-ga4", {**consenting, "reports": ["daily_totals"]})
    assert done.exit_code == 0, done.log
    assert {row["property_id"] for row in done.records("daily_totals")} == {*consenting["property_ids"]}
    for secret in sandbox.secrets()["google"]["tokens"]:
        assert secret not in shown + done.log + done.stdout


def test_a_refusal_and_an_address_without_a_code_are_told(consenting: Config, tmp_path: Path) -> None:
    def denied(link: str) -> str:
        return requests.get(f"{link}&deny=1", timeout=30, allow_redirects=False).headers["Location"]

    code, shown = authorized(consenting, tmp_path, denied)
    assert (code, "Consent was not given" in shown) == (1, True)
    code, shown = authorized(consenting, tmp_path, lambda link: "https://shop.example/back?scope=x")
    assert (code, "Google's answer has no code" in shown) == (1, True)


def test_a_refresh_token_of_the_settings_does_without_consent(consenting: Config) -> None:
    assert run_tap("tap-ga4", {**consenting, "refresh_token": REFRESH_TOKEN}, "--test").exit_code == 0
    dead = run_tap("tap-ga4", {**consenting, "refresh_token": "1//dead"}, "--test")
    assert (dead.exit_code, "consent again" in dead.log, "1//dead" in dead.log) == (1, True, False)


def test_authorize_needs_an_oauth_client(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config))
    told = run(executable("tap-ga4"), "authorize", "--config", str(file), "--no-browser")
    assert told.exit_code == 1
    assert "Setting client_id is missing: consent is given to an OAuth client." in told.log


def test_test_says_in_a_sentence_whether_each_property_can_be_read(config: Config) -> None:
    works = run_tap("tap-ga4", config, "--test")
    assert works.exit_code == 0
    assert "property 370000003: the credentials work (SGD, Asia/Singapore)" in works.stdout
    wrong = run_tap("tap-ga4", {**config, "property_ids": ["370000001", "380000001"]}, "--test")
    assert wrong.exit_code == 1
    assert "property 380000001: the credentials do not work" in wrong.log
    assert "property 370000001: the credentials work" in wrong.stdout


def test_singer_capabilities(only: Callable[..., Run], config: Config) -> None:
    about = json.loads(run(executable("tap-ga4"), "--about", "--format=json").stdout)
    assert {"catalog", "discover", "state", "stream-maps", "schema-flattening", "batch"} <= {*about["capabilities"]}
    settings = about["settings"]["properties"]
    assert settings["service_account_key"]["secret"]
    assert not {"pii_salt", "refresh_tokens"} & {*settings}
    mapped = only(
        "daily_totals", stream_maps={"daily_totals": {"property_id": "property_id", "date": "date", "__else__": None}}
    )
    assert {tuple(sorted(record)) for record in mapped.records("daily_totals")} == {("date", "property_id")}
    text = json.dumps(discover("tap-ga4", config))
    assert "purchase_revenue" in text
