"""A seller's consent, from the printed link to the first run: the real command, a browser's requests, the sandbox."""

from __future__ import annotations

import html
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from talat_sandbox.testing import Sandbox, running_sandbox
from talat_sandbox.vault import Vault
from tap_toolkit.testing import executable, run_tap

Config = dict[str, Any]
AS_OF = "2026-10-20T17:00:00Z"
SECONDS = 60


@pytest.fixture(scope="module")
def own_sandbox() -> Iterator[Sandbox]:
    with running_sandbox(orders_per_day=20, days=3, as_of=AS_OF, products=6, channels="lazada") as running:
        yield running


@pytest.fixture
def mine(config: Config, own_sandbox: Sandbox, tmp_path: Path) -> Config:
    """One seller, and nothing known of it."""
    bare = {name: value for name, value in config.items() if name != "refresh_tokens"}
    bare |= {"api_url": own_sandbox.url, "token_store": str(tmp_path / "tokens"), "start_date": "2026-10-17T00:00:00Z"}
    return {**bare, "seller_ids": list(own_sandbox.channel_shop_ids["lazada"][:1])}


def authorize(config: Config, folder: Path, seller: int, **answer: str) -> tuple[int, str]:
    """Let a seller agree as a browser would, or send another answer; the exit code, and all that was shown."""
    file = folder / "authorize.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    command = [executable("tap-lazada"), "authorize", "--config", str(file), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        shown = ""
        while not (found := re.search(r"\n    (http\S+)\n", shown)):
            line = process.stdout.readline()
            assert line, shown
            shown += line
        link = found[1]
        redirect = parse_qs(urlsplit(link).query)["redirect_uri"][0]
        if answer:
            state = parse_qs(urlsplit(link).query)["state"][0]
            requests.get(redirect, {"state": state, **answer}, timeout=SECONDS)
        else:
            page = requests.get(link, timeout=SECONDS).text
            choices = [html.unescape(href) for href in re.findall(r'href="([^"]+)"', page)]
            chosen = next(href for href in choices if href.endswith(f"={seller}"))
            assert "You can close this window" in requests.get(urljoin(link, chosen), timeout=SECONDS).text
        shown += process.stdout.read()
        code = process.wait(SECONDS)
    known = requests.get(f"{config['api_url']}/_sandbox/secrets", timeout=SECONDS).json()["lazada"]
    assert not [secret for secret in [*known["app_secret"], *known["tokens"]] if secret in shown]
    assert "Traceback" not in shown
    return code, shown


def test_a_seller_who_consents_in_a_browser_can_be_read_until_consent_is_withdrawn(
    mine: Config, own_sandbox: Sandbox, tmp_path: Path
) -> None:
    seller, other = own_sandbox.channel_shop_ids["lazada"][:2]
    both = {**mine, "seller_ids": [seller, other]}
    before = run_tap("tap-lazada", mine, "--test")
    assert before.exit_code == 1
    assert f"seller {seller}: the credentials do not work. There are no tokens for {seller}" in before.last_line
    for each in (seller, other):
        code, shown = authorize(both, tmp_path, each)
        assert code == 0, shown
        assert re.search(rf"\nSeller {each} is authorized: access until [-\d]+ [:\d]+ UTC, renewed by the tap", shown)
    first = run_tap("tap-lazada", both)
    assert first.exit_code == 0, first.log

    own_sandbox.revoke(seller)
    done = run_tap("tap-lazada", both, state=first.state)
    assert done.exit_code == 1
    assert f"seller {seller} was skipped" in done.last_line
    assert "Let the seller consent again: run `tap-lazada authorize`" in done.last_line
    assert {row["seller_id"] for row in done.records("seller")} == {other}

    assert authorize(both, tmp_path, seller)[0] == 0
    works = run_tap("tap-lazada", both, "--test")
    assert works.exit_code == 0, works.log
    assert f"seller {seller}: the credentials work (Baan Talat, ACTIVE)" in works.stdout


def test_a_seller_of_another_country_is_told_where_it_sells(mine: Config, own_sandbox: Sandbox, tmp_path: Path) -> None:
    abroad = own_sandbox.channel_shop_ids["lazada"][2]
    code, shown = authorize(mine, tmp_path, abroad)
    assert code == 1
    assert "sells in sg, and not in th: mend the setting country" in shown
    code, shown = authorize({**mine, "country": "sg"}, tmp_path, abroad)
    assert code == 0, shown


@pytest.mark.parametrize(
    ("answer", "change", "says"),
    [
        ({"error": "access_denied"}, {}, "Consent was not given (access_denied)"),
        ({"other": "1"}, {}, "Lazada's answer has no code"),
        ({"code": "never-issued"}, {}, "InvalidCode"),
        ({"code": "never-issued"}, {"app_secret": "k" * 32}, "Check app_key, app_secret and api_url"),
    ],
)
def test_a_consent_that_comes_to_nothing_is_one_sentence(
    mine: Config, tmp_path: Path, answer: dict[str, str], change: Config, says: str
) -> None:
    code, shown = authorize({**mine, **change}, tmp_path, 0, **answer)
    assert code == 1
    assert says in shown
    assert shown.count("Error: ") == 1
    assert "never-issued" not in shown


def test_a_token_of_another_seller_is_refused_before_anything_is_read(mine: Config, own_sandbox: Sandbox) -> None:
    """No call names its seller: the other's orders would be loaded as this one's."""
    seller, _, other = own_sandbox.channel_shop_ids["lazada"][:3]
    done = run_tap("tap-lazada", {**mine, "refresh_tokens": {str(seller): Vault.first_refresh_token(other)}})
    assert done.exit_code == 1
    assert f"The refresh token of seller {seller} is that of seller {other}" in done.log
    assert {m["stream"] for m in done.messages if m["type"] == "RECORD"} == {"sync_windows"}
