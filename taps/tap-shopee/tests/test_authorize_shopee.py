"""A seller's consent, from the printed link to the first run: the real command, a browser's requests, the sandbox."""

from __future__ import annotations

import contextlib
import html
import json
import os
import pty
import re
import select
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urljoin, urlsplit

import pytest
import requests

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import executable, run_tap

Config = dict[str, Any]
SHOP, OTHER = 226001234, 226001235
AS_OF = "2026-10-20T17:00:00Z"
SECONDS = 60


@dataclass
class Consent:
    """A run of ``tap-shopee authorize`` in a terminal of its own, so that what is typed may be echoed."""

    config: Config
    process: subprocess.Popen[bytes]
    terminal: int
    shown: str = ""

    def until(self, pattern: str) -> str:
        """Read on until the terminal shows this; its first group."""
        while not (found := re.search(pattern, self.shown)):
            if not self._read():
                raise AssertionError(f"The command ended without {pattern!r}: {self.shown}")
        return found[1] if found.groups() else found[0]

    @property
    def link(self) -> str:
        """The link it tells the person to open."""
        return self.until(r"\n    (http\S+)\r\n")

    @property
    def redirect(self) -> str:
        """Where the link asks to send the browser back to, the state included."""
        return parse_qs(urlsplit(self.link).query)["redirect"][0]

    def paste(self, text: str) -> None:
        """Type it where the command asks for it; the last space comes when the terminal echoes no more."""
        self.until(r"hidden\): $")
        os.write(self.terminal, f"{text}\n".encode())

    def end(self) -> int:
        """Wait for its end; its exit code. Nothing it showed may hold a key, a code or a token."""
        while self._read():
            pass
        known = requests.get(f"{self.config['api_url']}/_sandbox/secrets", timeout=SECONDS).json()["shopee"]
        secrets = [self.config["partner_key"], *known["partner_key"], *known["tokens"]]
        assert not [secret for secret in secrets if secret in self.shown]
        return self.process.wait(SECONDS)

    @property
    def error(self) -> str:
        """The one sentence with which it ended, with exit code 1."""
        assert self.end() == 1, self.shown
        assert self.shown.count("Error: ") == 1, self.shown
        assert "Traceback" not in self.shown
        return self.until(r"\nError: ([^\r\n]+)\r\n$")

    def _read(self) -> bool:
        if not select.select([self.terminal], [], [], SECONDS)[0]:
            raise AssertionError(f"The command waits for nobody: {self.shown}")
        try:
            new = os.read(self.terminal, 65536)
        except OSError:  # the other end was closed
            return False
        self.shown += new.decode()
        return bool(new)


Authorize = Callable[..., Consent]


@pytest.fixture
def authorize(tmp_path: Path) -> Iterator[Authorize]:
    """Starts the command; nothing stays running."""
    with contextlib.ExitStack() as stack:

        def start(config: Config, *options: str) -> Consent:
            file = tmp_path / "authorize.json"
            file.write_text(json.dumps(config), encoding="utf-8")
            command = [executable("tap-shopee"), "authorize", "--config", str(file), "--no-browser", *options]
            terminal, own = pty.openpty()
            stack.callback(os.close, terminal)
            process = subprocess.Popen(command, stdin=own, stdout=own, stderr=own, start_new_session=True)
            os.close(own)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return Consent(config, process, terminal)

        yield start


@pytest.fixture
def mine(config: Config, tmp_path: Path) -> Config:
    """One shop, and nothing known of it."""
    bare = {name: value for name, value in config.items() if name != "refresh_tokens"}
    return {**bare, "shop_ids": [SHOP], "token_store": str(tmp_path / "tokens")}


def choose(link: str, shop: int) -> str:
    """Open the link and choose the shop, as a seller's browser would; where it is sent then."""
    page = requests.get(link, timeout=SECONDS)
    assert page.status_code == 200, page.text
    choices = [html.unescape(href) for href in re.findall(r'href="([^"]+)"', page.text)]
    chosen = next(href for href in choices if href.endswith(f"={shop}"))
    answer = requests.get(urljoin(link, chosen), timeout=SECONDS, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def agree(consent: Consent, shop: int) -> requests.Response:
    return requests.get(choose(consent.link, shop), timeout=SECONDS)


def changed(address: str, **query: str | None) -> str:
    """The address with other values in its query; None takes one out."""
    parts = urlsplit(address)
    values = {**dict(parse_qsl(parts.query)), **query}
    return parts._replace(query=urlencode({k: v for k, v in values.items() if v is not None})).geturl()


def assert_works(config: Config) -> None:
    done = run_tap("tap-shopee", config, "--test")
    assert done.exit_code == 0, done.log
    assert [line.partition(" (")[0] for line in done.stdout.splitlines()] == [
        f"shop {shop}: the credentials work" for shop in config["shop_ids"]
    ]


def test_given_a_seller_who_consents_in_a_browser_then_the_tap_can_read_the_shop(
    authorize: Authorize, mine: Config
) -> None:
    before = run_tap("tap-shopee", mine, "--test")
    assert before.exit_code == 1
    assert f"shop {SHOP}: the credentials do not work. There are no tokens for {SHOP}" in before.last_line

    consent = authorize(mine)
    page = agree(consent, SHOP)
    assert (page.status_code, "You can close this window" in page.text) == (200, True)
    assert urlsplit(page.url).hostname == "127.0.0.1"
    assert consent.end() == 0, consent.shown
    assert re.search(
        rf"\nShop {SHOP} is authorized: access until [-\d]+ [:\d]+ UTC, renewed by the tap itself when it runs before "
        r"[-\d]+ [:\d]+ UTC\.\r\n$",
        consent.shown,
    ), consent.shown

    store = Path(mine["token_store"])
    assert store.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in store.iterdir()} == {0o600}
    assert_works(mine)


def test_given_a_browser_elsewhere_then_the_pasted_address_does_and_is_not_echoed(
    authorize: Authorize, mine: Config
) -> None:
    consent = authorize(mine, "--paste", "--redirect-uri", "https://shop.example/back")
    address = choose(consent.link, SHOP)
    assert address.startswith("https://shop.example/back?")
    consent.paste(address)
    assert consent.end() == 0, consent.shown
    assert f"Shop {SHOP} is authorized" in consent.shown
    assert_works(mine)


def test_given_an_answer_to_another_question_then_it_is_refused_and_its_code_can_still_be_used_but_once(
    authorize: Authorize, mine: Config
) -> None:
    consent = authorize(mine)
    address = choose(consent.link, SHOP)
    requests.get(changed(address, state="foreign"), timeout=SECONDS)
    assert consent.error == "The answer belongs to another consent (its state is wrong): run the command again."
    assert not list(Path(mine["token_store"]).glob("*.json"))

    pasted = authorize(mine, "--paste")
    pasted.paste(address)
    assert pasted.error == "The answer belongs to another consent (its state is wrong): run the command again."

    stateless = changed(address, state=None)
    pasted = authorize(mine, "--paste")
    pasted.paste(stateless)
    assert pasted.end() == 0, pasted.shown

    pasted = authorize(mine, "--paste")
    pasted.paste(stateless)
    assert "invalid_code" in pasted.error
    assert "Let the seller consent again: run `tap-shopee authorize`" in pasted.error
    assert_works(mine)


def test_given_a_seller_who_says_no_then_the_page_and_the_sentence_say_so(authorize: Authorize, mine: Config) -> None:
    consent = authorize(mine)
    page = requests.get(f"{consent.redirect}&error=access_denied", timeout=SECONDS)
    assert "consent was not given" in page.text
    assert consent.error == "Consent was not given (access_denied): run the command again and agree."


def test_given_a_wrong_partner_key_then_the_seller_sees_no_shops_and_the_sentence_names_the_setting(
    authorize: Authorize, mine: Config
) -> None:
    consent = authorize({**mine, "partner_key": "k" * 48})
    assert "error_sign" in requests.get(consent.link, timeout=SECONDS).text
    requests.get(f"{consent.redirect}&code=some-code&shop_id={SHOP}", timeout=SECONDS)
    assert "error_sign" in consent.error
    assert "Check partner_id, partner_key and api_url" in consent.error
    assert "some-code" not in consent.shown


def test_given_an_answer_without_a_shop_then_the_sentence_says_what_is_missing(
    authorize: Authorize, mine: Config
) -> None:
    consent = authorize(mine, "--paste")
    consent.paste("only-the-code")
    assert "names no shop" in consent.error
    assert "only-the-code" not in consent.shown


def test_given_nobody_then_the_command_ends_after_its_timeout(authorize: Authorize, mine: Config) -> None:
    consent = authorize(mine, "--timeout", "0.5")
    assert consent.error.startswith("Nobody consented within 0.5 seconds: run the command again, or use --paste")


@pytest.fixture
def own_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(orders_per_day=20, days=3, as_of=AS_OF, products=12) as running:
        yield running


def test_given_a_consent_that_is_withdrawn_then_that_shop_is_named_until_its_owner_consents_again(
    authorize: Authorize, mine: Config, own_sandbox: Sandbox
) -> None:
    mine |= {"api_url": own_sandbox.url, "shop_ids": [SHOP, OTHER], "start_date": "2026-10-17T00:00:00Z"}

    def orders() -> dict[int, int]:
        shops = [order["shop_id"] for order in done.records("orders")]
        return {shop: shops.count(shop) for shop in set(shops)}

    for shop in (SHOP, OTHER):
        consent = authorize(mine)
        agree(consent, shop)
        assert consent.end() == 0, consent.shown
    done = run_tap("tap-shopee", mine)
    assert done.exit_code == 0, done.log
    all_orders = orders()
    assert set(all_orders) == {SHOP, OTHER}

    own_sandbox.revoke(SHOP)
    done = run_tap("tap-shopee", mine)
    assert done.exit_code == 1
    assert f"shop {SHOP} was skipped" in done.last_line
    assert "Let the seller consent again: run `tap-shopee authorize`" in done.last_line
    assert f"shop {OTHER} was skipped" not in done.log
    assert "Traceback" not in done.log
    assert orders() == {OTHER: all_orders[OTHER]}
    state = done.state

    consent = authorize(mine)
    agree(consent, SHOP)
    assert consent.end() == 0, consent.shown
    assert_works(mine)
    done = run_tap("tap-shopee", mine, state=state)
    assert done.exit_code == 0, done.log
    assert orders()[SHOP] == all_orders[SHOP], "what was missed is made up for"
