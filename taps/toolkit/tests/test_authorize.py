"""``authorize``, from the link to the stored tokens, with a platform on localhost and a person who clicks or pastes."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
import urllib.error
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit
from urllib.request import urlopen

import click
import pytest
from click.testing import CliRunner, Result
from singer_sdk.exceptions import ConfigValidationError

from tap_toolkit.authorize import authorize_command
from tap_toolkit.errors import SkipAccount
from tap_toolkit.token_stores import FileTokenStore
from tap_toolkit.tokens import TokenManager, Tokens

EXPIRES = datetime(2026, 9, 21, 16, 0, tzinfo=UTC)
CODE = "one-time-code="
SECRETS = (CODE, quote(CODE), "access-of", "refresh-of")


class Platform(ThreadingHTTPServer):
    """The consent page redirects at once, as told; the token endpoint takes the code once."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answer: dict[str, str] = {"code": CODE, "shop_id": "226001234"}
        self.state: str | None = None
        self.codes = {CODE}


class Handler(BaseHTTPRequestHandler):
    server: Platform

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        if path == "/consent":
            self.send_response(302)
            state = query["state"] if self.server.state is None else self.server.state
            self.send_header("Location", f"{query['redirect']}?{urlencode({**self.server.answer, 'state': state})}")
            self.end_headers()
            return
        known = query["code"] in self.server.codes
        self.server.codes.discard(query["code"])
        self.send_response(200 if known else 403)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Flow:
    """A platform's part of the command, as a tap gives it."""

    def __init__(self, config: dict[str, Any], parse_env: bool) -> None:
        if "url" not in config:
            raise ConfigValidationError("", errors=["Setting url is missing."], schema={})
        self.config, self.parse_env = config, parse_env

    @property
    def tokens(self) -> TokenManager:
        return TokenManager(
            FileTokenStore(Path(self.config["store"])),
            key=lambda account: f"shopee/1/{account}",
            refresh=lambda account, tokens: tokens,
            seeds=self.config.get("seeds", {}),
            tap_name="tap-shopee",
        )

    def consent_url(self, redirect: str, state: str) -> str:
        return f"{self.config['url']}/consent?{urlencode({'redirect': redirect, 'state': state})}"

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        assert "state" not in answer
        try:
            urlopen(f"{self.config['url']}/token?{urlencode(answer)}").close()
        except urllib.error.HTTPError as refused:
            refused.close()
            raise SkipAccount("The platform answered «invalid_code».") from None
        shops = self.config.get("grants", [answer.get("shop_id", "226001234")])
        lasting = {"226001234": EXPIRES + timedelta(days=30), "226001235": None}
        return {shop: Tokens(f"access-of-{shop}", f"refresh-of-{shop}", EXPIRES, lasting[shop]) for shop in shops}


@pytest.fixture
def config(platform: Platform, tmp_path: Path) -> dict[str, Any]:
    return {"url": platform.url, "store": str(tmp_path / "tokens")}


@pytest.fixture
def run(config: dict[str, Any], tmp_path: Path) -> Iterator[Callable[..., Result]]:
    """Run the command; ``person`` gets the link as soon as it is shown. No output may hold a secret."""
    outputs: list[str] = []
    people: list[threading.Thread] = []

    def run(*options: str, person: Callable[[str], Any] | None = None, input: str | None = None) -> Result:  # noqa: A002
        class Tap(Flow):
            def consent_url(self, redirect: str, state: str) -> str:
                link = super().consent_url(redirect, state)
                if person:
                    people.append(threading.Thread(target=person, args=(link,)))
                    people[-1].start()
                return link

        command = authorize_command(tap_name="tap-shopee", make_flow=Tap, account_name="shop")
        file = tmp_path / "config.json"
        file.write_text(json.dumps(config))
        result = CliRunner().invoke(command, ["--config", str(file), "--no-browser", *options], input=input)
        outputs.append(result.output)
        for thread in people:
            thread.join()
        return result

    yield run
    assert outputs
    assert not [secret for secret in SECRETS for output in outputs if secret in output]


def stored(config: dict[str, Any], account: str = "226001234") -> Tokens | None:
    return FileTokenStore(Path(config["store"])).load(f"shopee/1/{account}")


def visit(link: str) -> str:
    with urlopen(link) as page:
        content: bytes = page.read()
    return content.decode()


def assert_failed(result: Result, sentence: str) -> None:
    assert re.search(sentence, result.output), result.output
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit), "no traceback"


def test_given_consent_in_a_browser_then_the_tokens_are_stored_and_their_end_is_said(
    run: Callable[..., Result], config: dict[str, Any]
) -> None:
    pages: list[str] = []
    result = run(person=lambda link: pages.append(visit(link)))
    assert result.exit_code == 0, result.output
    assert "You can close this window" in pages[0]
    assert (
        "Shop 226001234 is authorized: access until 2026-09-21 16:00 UTC, "
        "renewed by the tap itself when it runs before 2026-10-21 16:00 UTC." in result.output
    )
    tokens = stored(config)
    assert tokens is not None
    assert (tokens.access_token, tokens.refresh_token) == ("access-of-226001234", "refresh-of-226001234")


def test_given_tokens_that_are_there_then_a_new_consent_overwrites_them(
    run: Callable[..., Result], config: dict[str, Any]
) -> None:
    config |= {"grants": ["226001234", "226001235"], "seeds": {"226001234": "seed"}}
    FileTokenStore(Path(config["store"])).swap("shopee/1/226001234", None, Tokens("old", "old"))
    result = run(person=visit)
    assert (
        "Shop 226001235 is authorized: access until 2026-09-21 16:00 UTC, renewed by the tap itself." in result.output
    )
    tokens, other = stored(config), stored(config, "226001235")
    assert tokens is not None
    assert other is not None
    assert tokens.access_token == "access-of-226001234"
    assert tokens.has_used("seed")


@pytest.mark.parametrize("form", ["{redirect}?{query}", "?{query}", "{query}", "code={code}", CODE])
def test_given_what_a_person_pastes_then_it_is_understood(
    run: Callable[..., Result], config: dict[str, Any], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: "known-state")
    query = urlencode({"code": CODE, "shop_id": "226001234", "state": "known-state"})
    pasted = form.format(redirect="https://shop.example/return", query=query, code=quote(CODE))
    result = run("--paste", "--redirect-uri", "https://shop.example/return", input=f"  {pasted}\n")
    assert result.exit_code == 0, result.output
    assert quote("https://shop.example/return", safe="") in result.output
    assert stored(config) is not None


@pytest.mark.parametrize("paste", [False, True], ids=["redirect", "paste"])
def test_given_an_answer_to_another_question_then_it_is_refused(
    run: Callable[..., Result], config: dict[str, Any], platform: Platform, paste: bool
) -> None:
    platform.state = "foreign"
    pasted = f"http://127.0.0.1/?code={quote(CODE)}&state=foreign\n"
    result = run("--paste", input=pasted) if paste else run(person=visit)
    assert_failed(result, r"Error: The answer belongs to another consent \(its state is wrong\)")
    assert platform.codes, "the code was not used"
    assert stored(config) is None


@pytest.mark.parametrize("paste", [False, True], ids=["redirect", "paste"])
def test_given_a_person_who_says_no_then_the_sentence_and_the_page_say_so(
    run: Callable[..., Result], platform: Platform, paste: bool
) -> None:
    platform.answer = {"error": "access_denied", "error_description": "The seller\x1b[2J cancelled"}
    pages: list[str] = []
    if paste:
        result = run("--paste", input="?error=access_denied&error_description=The+seller%1b[2J+cancelled\n")
    else:
        result = run(person=lambda link: pages.append(visit(link)))
        assert "consent was not given" in pages[0]
    assert_failed(result, r"Consent was not given \(access_denied The seller\[2J cancelled\): run the command again")


def test_given_a_code_that_is_used_up_then_the_platforms_refusal_is_said(
    run: Callable[..., Result], platform: Platform
) -> None:
    platform.codes = set()
    assert_failed(run(person=visit), "Error: The platform answered «invalid_code».\n$")


def test_given_nobody_then_the_command_ends_after_its_timeout(run: Callable[..., Result]) -> None:
    assert_failed(run("--timeout", "0.05"), r"Nobody consented within 0\.05 seconds: .*--paste")


def test_given_other_requests_and_silent_connections_then_the_answer_is_still_awaited(
    run: Callable[..., Result], config: dict[str, Any]
) -> None:
    def person(link: str) -> None:
        redirect = dict(parse_qsl(urlsplit(link).query))["redirect"]
        with socket.create_connection(("127.0.0.1", urlsplit(redirect).port or 0)):
            with pytest.raises(urllib.error.HTTPError) as missing:
                visit(f"{redirect}favicon.ico")
            missing.value.close()
            visit(link)

    assert run(person=person).exit_code == 0
    assert stored(config) is not None


def test_given_a_port_that_is_taken_then_the_sentence_offers_others(run: Callable[..., Result]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert_failed(run("--port", str(port)), rf"Cannot listen on 127\.0\.0\.1:{port} \(.*in use\): choose another")
    assert_failed(run("--port", "70000"), r"Cannot listen on 127\.0\.0\.1:70000 \(not a port\)")


def test_given_no_account_granted_then_the_sentence_says_so(run: Callable[..., Result], config: dict[str, Any]) -> None:
    config["grants"] = []
    assert_failed(run(person=visit), "The platform granted no shop: consent again")


def test_given_a_store_that_cannot_be_opened_then_it_is_said_before_anybody_consents(
    run: Callable[..., Result], config: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "tokens").write_text("")
    result = run()
    assert_failed(result, "Cannot open the tokens")
    assert "consent?" not in result.output


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, r"Error: Cannot read the configuration .*\.json: No such file"),
        ('{"partner_key": "hidden', r"Error: The configuration .*\.json is not a JSON object"),
        ("[]", r"Error: The configuration .*\.json is not a JSON object"),
        ("{}", r"Error: Setting url is missing\.\n$"),
    ],
)
def test_given_a_wrong_configuration_then_one_sentence_says_so(
    tmp_path: Path, content: str | None, sentence: str
) -> None:
    file = tmp_path / "c.json"
    if content is not None:
        file.write_text(content)
    command = authorize_command(tap_name="tap-shopee", make_flow=Flow)
    result = CliRunner().invoke(command, ["--config", str(file)])
    assert_failed(result, sentence)
    assert "hidden" not in result.output


def test_given_several_configurations_and_env_then_they_are_merged_in_order(tmp_path: Path) -> None:
    seen: list[Any] = []

    def make_flow(config: dict[str, Any], parse_env: bool) -> Flow:
        seen.extend([config, parse_env])
        raise click.Abort

    for name, content in (("a", {"x": 1, "y": 1}), ("b", {"y": 2})):
        (tmp_path / name).write_text(json.dumps(content))
    command = authorize_command(tap_name="tap-shopee", make_flow=make_flow)
    CliRunner().invoke(command, ["--config", str(tmp_path / "a"), "--config", "ENV", "--config", str(tmp_path / "b")])
    assert seen == [{"x": 1, "y": 2}, True]


def test_given_a_screen_then_the_persons_own_browser_is_opened(platform: Platform, tmp_path: Path) -> None:
    """The whole command in a process of its own; the "browser" is a program that follows the link."""
    (tmp_path / "config.json").write_text(json.dumps({"url": platform.url, "store": str(tmp_path / "tokens")}))
    browser = tmp_path / "browser"
    browser.write_text(f"#!{sys.executable}\nimport sys\nfrom urllib.request import urlopen\nurlopen(sys.argv[1])\n")
    browser.chmod(0o700)
    script = f"""
import importlib.util
spec = importlib.util.spec_from_file_location("authorize_tests", {__file__!r})
tests = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tests)
tests.authorize_command(tap_name="tap-shopee", make_flow=tests.Flow)()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, "--config", str(tmp_path / "config.json"), "--timeout", "60"],
        env={**os.environ, "BROWSER": f"{browser} %s"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "It has been opened in your browser." in done.stdout
    assert "Account 226001234 is authorized" in done.stdout
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]
