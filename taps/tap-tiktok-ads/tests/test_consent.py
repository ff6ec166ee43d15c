"""Consent to an app, from the printed link to runs without a token in the settings: the real command, the sandbox."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from talat_sandbox.platforms.tiktok_ads.protocol import APP_ID, APP_SECRET
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import executable, run_tap

Config = dict[str, Any]
TAP = "tap-tiktok-ads"
SECONDS = 60
ONE, OTHER = "7100000000000000001", "7100000000000000002"


@pytest.fixture(scope="module")
def own() -> Iterator[Sandbox]:
    with running_sandbox(
        channels="tiktok_shop", ads="tiktok_ads", orders_per_day=6, days=4, as_of="2026-10-20T17:00:00Z", products=12
    ) as running:
        yield running


@pytest.fixture
def mine(own: Sandbox, settings: Callable[..., Config], tmp_path: Path) -> Config:
    """An app, and no token of anybody."""
    config = settings(
        own, app_id=APP_ID, app_secret=APP_SECRET, token_store=str(tmp_path / "tokens"), reports=["daily_advertiser"]
    )
    return {name: value for name, value in config.items() if name != "access_token"}


def authorize(config: Config, folder: Path, choice: str, *, paste: str = "") -> tuple[int, str, str]:
    """The command's exit code, all that it showed, and the link, which a browser opens and approves."""
    file = folder / "authorize.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    options = ["--paste", "--redirect-uri", "https://shop.example/back"] if paste else []
    command = [executable(TAP), "authorize", "--config", str(file), "--no-browser", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as process:
        shown, link, typed = "", "", ""
        assert process.stdout is not None
        for line in process.stdout:
            shown += line
            if found := re.fullmatch(r"    (http\S+)\n", line):
                link = found[1]
                break
        if link:
            answer = requests.get(f"{link}&approve={choice}", timeout=SECONDS, allow_redirects=not paste)
            typed = paste.format(answer.headers.get("Location", "")) if paste else ""
        rest, _ = process.communicate(typed and f"{typed}\n", SECONDS)
    shown += rest
    assert "Traceback" not in shown
    assert config.get("app_secret", "no secret") not in shown
    return process.returncode, shown, link


def test_given_consent_then_every_account_is_read_without_a_token_in_the_settings(
    mine: Config, own: Sandbox, tmp_path: Path
) -> None:
    before = run_tap(TAP, mine, "--test")
    assert before.exit_code == 1
    assert "There are no tokens for" in before.last_line
    code, shown, link = authorize(mine, tmp_path, "all")
    assert code == 0, shown
    query = parse_qs(urlsplit(link).query)
    assert (urlsplit(link).path, query["app_id"]) == ("/portal/auth", [APP_ID])
    for account in (ONE, OTHER):
        assert f"Advertiser {account} is authorized: access without an end." in shown
    done = run_tap(TAP, mine)
    assert done.exit_code == 0, done.log
    assert {row["advertiser_id"] for row in done.records("advertisers")} == {ONE, OTHER}
    tokens = own.secrets()["tiktok_ads"]["tokens"]
    assert not [token for token in tokens if token in shown + done.log + done.stdout]
    own.expire_tokens(platform="tiktok_ads")
    dead = run_tap(TAP, mine)
    assert dead.exit_code == 1
    assert "are no longer accepted" in dead.last_line
    assert "`tap-tiktok-ads authorize`" in dead.last_line
    assert authorize(mine, tmp_path, "all")[0] == 0
    assert run_tap(TAP, mine, "--test").exit_code == 0


def test_given_consent_for_one_then_the_other_is_not_authorized(mine: Config, tmp_path: Path) -> None:
    code, shown, _ = authorize(mine, tmp_path, ONE)
    assert code == 0, shown
    assert shown.count(" is authorized: ") == 1
    done = run_tap(TAP, mine)
    assert done.exit_code == 1
    assert f"advertiser {OTHER} was skipped" in done.last_line
    assert {row["advertiser_id"] for row in done.records("advertisers")} == {ONE}


@pytest.mark.parametrize(
    ("pasted", "code", "says"),
    [
        ("{}", 0, "is authorized"),
        ("https://shop.example/back?state_of=x", 1, "TikTok's answer has no auth_code: consent again"),
        ("AQS3CRET", 1, "The code works once and for an hour: consent again."),
    ],
)
def test_given_a_browser_elsewhere_then_what_is_pasted_decides(
    mine: Config, tmp_path: Path, pasted: str, code: int, says: str
) -> None:
    ended, shown, _ = authorize(mine, tmp_path, ONE, paste=pasted)
    assert ended == code, shown
    assert says in shown
    assert "AQS3CRET" not in shown


@pytest.mark.parametrize("missing", ["app_id", "app_secret"])
def test_given_no_app_then_the_sentence_names_the_setting_before_anybody_consents(
    mine: Config, tmp_path: Path, missing: str
) -> None:
    ended, shown, link = authorize({name: value for name, value in mine.items() if name != missing}, tmp_path, ONE)
    assert (ended, link) == (1, "")
    assert f"Setting {missing} is missing: consent is given to an app." in shown


def test_given_a_wrong_app_secret_then_the_sentence_says_so(mine: Config, tmp_path: Path) -> None:
    ended, shown, _ = authorize({**mine, "app_secret": "S3CRET" * 5}, tmp_path, ONE)
    assert ended == 1
    assert "Check app_id and app_secret." in shown
