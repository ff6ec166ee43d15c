"""What a Singer tap offers: what it says of itself, catalogs, credentials and consent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from click.testing import CliRunner

from talat_sandbox.platforms.google.accounts import CLIENT_SECRET
from talat_sandbox.testing import Sandbox
from tap_google_ads.gaql import READY_MADE
from tap_google_ads.tap import TapGoogleAds
from tap_toolkit.ledger import LEDGER
from tap_toolkit.testing import Run, discover, executable, run, run_tap

Config = dict[str, Any]
Reader = Callable[..., Run]
TAP = "tap-google-ads"
SECONDS = 60


def test_about_names_what_it_can_and_every_setting() -> None:
    about = json.loads(run(executable(TAP), "--about", "--format=json").stdout)
    for capability in ("about", "catalog", "discover", "state", "stream-maps", "schema-flattening", "batch"):
        assert capability in about["capabilities"]
    settings = about["settings"]["properties"]
    assert set(about["settings"]["required"]) == {"start_date"}
    secret = {name for name, setting in settings.items() if setting.get("secret")}
    assert secret == {"client_secret", "refresh_token", "service_account_key", "developer_token"}
    assert not {"refresh_tokens", "pii_salt"} & set(settings)


def test_discovery_asks_nobody_and_lists_the_reports_and_the_ledger(config: Config) -> None:
    mine = {"name": "mine", "query": "SELECT segments.date, segments.hour, metrics.clicks, label.name FROM new_view"}
    unreachable = {**config, "api_url": "http://no-such-host.invalid", "custom_reports": [mine]}
    streams = {stream["tap_stream_id"]: stream for stream in discover(TAP, unreachable)["streams"]}
    assert set(streams) == {report.name for report in READY_MADE} | {*LEDGER} | {"mine"}
    expected = {"customer_id", "new_view_resource_name", "label_resource_name", "date", "hour"}
    assert set(streams["mine"]["key_properties"]) == expected
    assert streams["mine"]["replication_key"] == "date"
    assert streams["campaigns"].get("replication_key") is None
    fields = streams["mine"]["schema"]["properties"]
    assert fields["clicks"]["type"] == "integer"
    assert {"customer_currency_code", "customer_time_zone", "label_name", "extra_fields"} <= set(fields)


def test_credentials_are_told_of_for_each_customer(config: Config) -> None:
    done = run_tap(TAP, config, "--test")
    assert done.exit_code == 0, done.log
    assert "customer 4820000001: the credentials work (Baan Talat TH, THB, Asia/Bangkok)." in done.stdout
    assert len(done.stdout.splitlines()) == 3


@pytest.fixture
def unknown(config: Config, tmp_path: Path) -> Config:
    """The settings of somebody who has an OAuth client, and no consent yet."""
    return {**config, "refresh_token": "", "token_store": str(tmp_path / "tokens")}


def test_given_consent_by_the_link_then_the_tap_can_read_every_customer(
    unknown: Config, sandbox: Sandbox, tmp_path: Path
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(unknown), encoding="utf-8")

    def authorize(answer: str) -> Any:
        arguments = ["--config", str(file), "--paste", "--redirect-uri", "https://talat.example/back"]
        return CliRunner().invoke(TapGoogleAds.authorize_command(), arguments, input=f"{answer}\n")

    shown = authorize("error=access_denied")
    assert shown.exit_code == 1
    assert "Consent was not given (access_denied)" in shown.output
    link = next(iter(re.findall(r"    (http\S+)\n", shown.output)))
    asked = parse_qs(urlsplit(link).query)
    assert (asked["access_type"], asked["prompt"]) == (["offline"], ["consent"]), "else there is no refresh token"
    answer = requests.get(f"{link}&approve=1", timeout=SECONDS, allow_redirects=False)
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    done = authorize(code)
    assert done.exit_code == 0, done.output
    assert done.output.count(" is authorized: ") == 3
    assert len(list((tmp_path / "tokens").glob("*.json"))) == 1, "a consent is for every customer"
    for secret in (CLIENT_SECRET, *sandbox.secrets()["google_ads"]["tokens"]):
        assert secret not in done.output.replace(link, "")
    sandbox.expire_tokens(platform="google_ads")
    read = run_tap(TAP, unknown, "--test")
    assert read.exit_code == 0, read.log
    again = authorize(code)
    assert again.exit_code == 1
    assert "tap-google-ads authorize" in again.output
