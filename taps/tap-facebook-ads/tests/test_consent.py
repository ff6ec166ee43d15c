"""Consent to an app, from the printed link to runs without a token in the settings: the real command, the sandbox."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, executable, run_tap
from tap_toolkit.token_stores import open_store
from tap_toolkit.tokens import Tokens

Config = dict[str, Any]
TAP = "tap-facebook-ads"
AS_OF = "2026-10-20T17:00:00Z"
SECONDS = 60
UNKNOWN = "1010035716099999"
DAYS_60 = timedelta(days=60)


class Consent:
    """A run of ``authorize`` that has printed its link. What it shows holds no secret."""

    def __init__(self, process: subprocess.Popen[str], secret: str) -> None:
        self._process, self._secret = process, secret
        self.shown = ""
        assert process.stdout is not None
        for line in process.stdout:
            self.shown += line
            if found := re.fullmatch(r"    (http\S+)\n", line):
                self.link = found[1]
                break

    def open_link(self, choice: str) -> requests.Response:
        """Choose on the consent page; the browser then follows to the waiting command."""
        return requests.get(f"{self.link}&{choice}=1", timeout=SECONDS)

    def end(self, typed: str = "") -> int:
        """Type a line where one is asked for, and wait for the end; the exit code."""
        rest, _ = self._process.communicate(typed and f"{typed}\n", SECONDS)
        self.shown += rest
        assert "Traceback" not in self.shown
        assert self._secret not in self.shown
        assert "EAAO" not in self.shown, "every token begins so"
        return self._process.returncode

    @property
    def error(self) -> str:
        """The one sentence with which it ended, with exit code 1."""
        assert self.end() == 1, self.shown
        return self.shown.partition("Error: ")[2].strip()


Authorize = Callable[..., Consent]


@pytest.fixture
def authorize(tmp_path: Path) -> Iterator[Authorize]:
    """Starts the command; nothing stays running."""
    with contextlib.ExitStack() as stack:

        def start(config: Config, *options: str) -> Consent:
            file = tmp_path / "authorize.json"
            file.write_text(json.dumps(config), encoding="utf-8")
            command = [executable(TAP), "authorize", "--config", str(file), "--no-browser", *options]
            pipe = subprocess.PIPE
            process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, start_new_session=True
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return Consent(process, config.get("app_secret", "no secret"))

        yield start


@pytest.fixture
def own() -> Iterator[Sandbox]:
    with running_sandbox(orders_per_day=6, days=4, as_of=AS_OF, products=12, job_ms=10, job_ms_max=40) as running:
        yield running


@pytest.fixture
def mine(own: Sandbox, settings: Callable[..., Config], tmp_path: Path) -> Config:
    """An app, and no token of anybody."""
    config = settings(
        own,
        app_id=own.facebook_app_id,
        app_secret=own.facebook_app_secret,
        token_store=str(tmp_path / "tokens"),
        start_date="2026-10-17T00:00:00Z",
        reports=["daily_account"],
    )
    return {name: value for name, value in config.items() if name != "access_token"}


def key(config: Config, account: str) -> str:
    return f"facebook_ads/{config['app_id']}/{account}"


def stored(config: Config) -> dict[str, Tokens]:
    """What the store holds, by account."""
    store = open_store(config["token_store"])
    found = {account: store.load(key(config, account)) for account in [*config["account_ids"], UNKNOWN]}
    return {account: tokens for account, tokens in found.items() if tokens}


def ending_in(config: Config, left: timedelta) -> None:
    """Let every stored token be one of 60 days that is nearly over."""
    end = datetime.now(UTC) + left
    for account, tokens in stored(config).items():
        ending = replace(tokens, expires_at=end, issued_at=end - DAYS_60)
        open_store(config["token_store"]).swap(key(config, account), tokens, ending)


def exchanges(sandbox: Sandbox) -> int:
    """How often a token was asked for."""
    return sum(sum(c.values()) for path, c in sandbox.stats()["calls"].items() if path.endswith("oauth/access_token"))


def succeed(config: Config, *args: str) -> Run:
    done = run_tap(TAP, config, *args)
    assert done.exit_code == 0, done.log
    return done


def test_given_consent_in_a_browser_then_every_account_is_read_without_a_token_in_the_settings(
    authorize: Authorize, mine: Config, own: Sandbox
) -> None:
    before = run_tap(TAP, mine, "--test")
    assert before.exit_code == 1
    assert "There are no tokens for" in before.last_line

    consent = authorize(mine)
    link = urlsplit(consent.link)
    query = parse_qs(link.query)
    assert link.path == "/v26.0/dialog/oauth"
    assert (query["client_id"], query["scope"]) == ([own.facebook_app_id], ["ads_read"])
    page = consent.open_link("approve")
    assert (page.status_code, "You can close this window" in page.text) == (200, True)
    assert urlsplit(page.url).hostname == "127.0.0.1"
    assert consent.end() == 0, consent.shown
    for account in mine["account_ids"]:
        assert f"\nAd account {account} is authorized: access until " in consent.shown
    assert exchanges(own) == 2, "a short token for the code, a long one for that"

    tokens = stored(mine)
    assert set(tokens) == set(mine["account_ids"])
    assert len({token.access_token for token in tokens.values()}) == 1
    for token in tokens.values():
        assert token.expires_at
        assert DAYS_60 - timedelta(minutes=5) < token.expires_at - datetime.now(UTC) <= DAYS_60
    folder = Path(mine["token_store"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}

    done = succeed(mine)
    assert {row["account_id"] for row in done.records("daily_account")} == set(mine["account_ids"])
    assert exchanges(own) == 2, "a young token is used as it is"
    secrets = [mine["app_secret"], *own.secrets()["facebook_ads"]["tokens"]]
    assert not [secret for secret in secrets if secret in done.log or secret in done.stdout]


def test_given_a_token_near_its_end_then_it_is_renewed_before_and_a_dead_one_needs_a_person(
    authorize: Authorize, mine: Config, own: Sandbox
) -> None:
    consent = authorize(mine)
    consent.open_link("approve")
    assert consent.end() == 0, consent.shown
    first = stored(mine)

    ending_in(mine, timedelta(days=16))
    succeed(mine, "--test")
    assert exchanges(own) == 2

    ending_in(mine, timedelta(days=14))
    succeed(mine, "--test")
    assert exchanges(own) == 2 + len(first), "each account renews its own"
    second = stored(mine)
    for account, token in second.items():
        assert token.access_token != first[account].access_token
        assert token.expires_at
        assert token.expires_at > datetime.now(UTC) + timedelta(days=59)

    own.expire_tokens(platform="facebook_ads")
    done = run_tap(TAP, mine)
    assert done.exit_code == 1
    assert "Traceback" not in done.log
    assert "190/463" in done.last_line
    assert "`tap-facebook-ads authorize`" in done.last_line
    assert not done.records("daily_account")
    again = authorize(mine)
    again.open_link("approve")
    assert again.end() == 0, again.shown
    succeed(mine)


def test_given_an_account_that_cannot_be_read_then_the_others_are_authorized(
    authorize: Authorize, mine: Config, own: Sandbox
) -> None:
    readable, denied, _ = mine["account_ids"]
    own.deny(account=denied, path="act_")
    consent = authorize({**mine, "account_ids": [readable, denied, UNKNOWN]})
    consent.open_link("approve")
    assert consent.end() == 0, consent.shown
    assert set(stored(mine)) == {readable}
    assert consent.shown.count(" is authorized: ") == 1
    assert f"Ad account {readable} is authorized" in consent.shown


def test_given_no_account_that_can_be_read_then_nothing_is_kept(authorize: Authorize, mine: Config) -> None:
    consent = authorize({**mine, "account_ids": [UNKNOWN]})
    consent.open_link("approve")
    assert consent.error == "The platform granted no ad account: consent again and choose at least one."
    assert stored(mine) == {}


def test_given_a_browser_elsewhere_then_the_pasted_address_does(authorize: Authorize, mine: Config) -> None:
    consent = authorize(mine, "--paste", "--redirect-uri", "https://shop.example/back")
    answer = requests.get(f"{consent.link}&approve=1", timeout=SECONDS, allow_redirects=False)
    assert answer.headers["Location"].startswith("https://shop.example/back?code=")
    assert consent.end(answer.headers["Location"]) == 0, consent.shown
    assert set(stored(mine)) == set(mine["account_ids"])
    succeed(mine, "--test")


def test_given_a_pasted_address_without_a_code_then_the_sentence_says_so(authorize: Authorize, mine: Config) -> None:
    consent = authorize(mine, "--paste")
    assert consent.end("https://shop.example/back?granted_scopes=ads_read") == 1
    assert "Meta's answer has no code: consent again, and paste the whole address." in consent.shown


def test_given_a_code_that_is_none_then_it_is_refused_and_not_shown(authorize: Authorize, mine: Config) -> None:
    consent = authorize(mine, "--paste")
    assert consent.end("AQS3CRET") == 1
    assert "Invalid verification code format" in consent.shown
    assert "AQS3CRET" not in consent.shown


def test_given_somebody_who_says_no_then_the_page_and_the_sentence_say_so(authorize: Authorize, mine: Config) -> None:
    consent = authorize(mine)
    assert "consent was not given" in consent.open_link("deny").text
    assert consent.error == (
        "Consent was not given (access_denied Permissions error): run the command again and agree."
    )


def test_given_a_wrong_app_secret_then_the_sentence_says_so_and_nothing_is_kept(
    authorize: Authorize, mine: Config
) -> None:
    consent = authorize({**mine, "app_secret": "S3CRET" * 5})
    consent.open_link("approve")
    assert "Error validating client secret" in consent.error
    assert stored(mine) == {}


@pytest.mark.parametrize("missing", ["app_id", "app_secret"])
def test_given_no_app_then_the_sentence_names_the_setting_before_anybody_consents(
    authorize: Authorize, mine: Config, missing: str
) -> None:
    consent = authorize({name: value for name, value in mine.items() if name != missing})
    assert consent.error == f"Setting {missing} is missing: consent is given to an app."
