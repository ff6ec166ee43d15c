"""A seller's consent: the real command, a browser's requests, the sandbox."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from click.testing import CliRunner, Result

from talat_sandbox.platforms.tiktok_shop.protocol import APP_SECRET, SERVICE_ID
from talat_sandbox.testing import Sandbox, running_sandbox
from tap_tiktok_shop.tap import TapTikTokShop
from tap_toolkit.testing import executable, run_tap

Config = dict[str, Any]
Paste = Callable[..., Result]
SECONDS = 60


@pytest.fixture
def mine(config: Config, tmp_path: Path) -> Config:
    """The settings with nothing known of any shop."""
    bare = {name: value for name, value in config.items() if name != "refresh_tokens"}
    return {**bare, "token_store": str(tmp_path / "tokens")}


@pytest.fixture
def paste(tmp_path: Path, sandbox: Sandbox) -> Paste:
    """Runs the command and pastes an answer; nothing that is shown may be secret."""

    def run(config: Config, answer: str) -> Result:
        file = tmp_path / "authorize.json"
        file.write_text(json.dumps(config), encoding="utf-8")
        command = TapTikTokShop.authorize_command()
        done = CliRunner().invoke(command, ["--config", str(file), "--paste"], input=f"{answer}\n")
        known = sandbox.secrets()["tiktok_shop"]
        assert not [secret for secret in (APP_SECRET, *known["tokens"], *known["ciphers"]) if secret in done.output]
        return done

    return run


def consent(sandbox: Sandbox, choice: str) -> str:
    """The address that a seller's browser is sent to, without the state that a person may leave out."""
    query = {"service_id": SERVICE_ID, "redirect_uri": "https://shop.example/back", "approve": choice}
    answer = requests.get(f"{sandbox.url}/open/authorize?{urlencode(query)}", timeout=SECONDS, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    address: str = answer.headers["Location"].replace("&state=", "")
    assert {"code", "app_key", "shop_region"} == parse_qs(urlsplit(address).query).keys()
    return address


def test_given_a_seller_who_consents_in_a_browser_then_the_tap_can_read_the_shop(
    mine: Config, shop_ids: list[str], tmp_path: Path
) -> None:
    config = {**mine, "shop_ids": shop_ids[:1]}
    before = run_tap("tap-tiktok-shop", config, "--test")
    assert before.exit_code == 1
    assert f"There are no tokens for {shop_ids[0]}" in before.last_line

    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    command = [executable("tap-tiktok-shop"), "authorize", "--config", str(file), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        link = next(found[1] for line in process.stdout if (found := re.fullmatch(r"    (http\S+)\n", line)))
        assert parse_qs(urlsplit(link).query).keys() == {"service_id", "state", "redirect_uri"}
        page = requests.get(f"{link}&approve={shop_ids[0]}", timeout=SECONDS)
        assert (page.status_code, "You can close this window" in page.text) == (200, True)
        shown = process.stdout.read()
        assert process.wait(SECONDS) == 0, shown
    assert re.search(rf"Shop {shop_ids[0]} is authorized: access until [-\d]+ [:\d]+ UTC, renewed by the tap", shown)
    done = run_tap("tap-tiktok-shop", config, "--test")
    assert done.exit_code == 0, done.log


def test_given_one_consent_for_all_shops_then_they_share_its_tokens_where_the_settings_say_so(
    mine: Config, shop_ids: list[str], sandbox: Sandbox, paste: Paste, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = shop_ids
    done = paste(mine, consent(sandbox, "all"))
    assert done.exit_code == 0, done.output
    assert f"Shop {first} is authorized" in done.output
    assert f'let tokens_of have "{second}": "{first}"' in caplog.text
    shared = {**mine, "tokens_of": {second: first}}
    works = run_tap("tap-tiktok-shop", shared, "--test")
    assert works.exit_code == 0, works.log
    assert len(list(Path(mine["token_store"]).glob("*.json"))) == 1, "one pair, which rotates"
    sandbox.expire_tokens(platform="tiktok_shop")
    sandbox.reset_stats()
    again = run_tap("tap-tiktok-shop", shared, "--test")
    assert again.exit_code == 0, again.log
    assert sum(sandbox.stats()["calls"]["/api/v2/token/refresh"].values()) == 1


def test_given_a_code_that_was_used_then_the_sentence_says_what_to_do(
    mine: Config, shop_ids: list[str], sandbox: Sandbox, paste: Paste
) -> None:
    config, address = {**mine, "shop_ids": shop_ids[:1]}, consent(sandbox, shop_ids[0])
    assert paste(config, address).exit_code == 0
    again = paste(config, address)
    assert again.exit_code == 1
    assert "auth_code is invalid" in again.output
    assert "run `tap-tiktok-shop authorize`" in again.output


def test_given_a_consent_that_is_of_no_use_then_the_sentence_says_why(
    mine: Config, shop_ids: list[str], sandbox: Sandbox, paste: Paste
) -> None:
    first, second = shop_ids
    other = paste({**mine, "shop_ids": [first]}, consent(sandbox, second))
    assert other.exit_code == 1
    assert f"The consent covers {second}: name one of them in shop_ids." in other.output
    no_code = paste(mine, "https://shop.example/back?shop_region=TH")
    assert no_code.exit_code == 1
    assert "TikTok's answer has no code" in no_code.output
    bare = {name: value for name, value in mine.items() if name != "service_id"}
    nameless = paste(bare, "anything")
    assert nameless.exit_code == 1
    assert "Setting service_id is missing" in nameless.output
    wrong = paste({**mine, "app_secret": "k" * 40}, consent(sandbox, first))
    assert wrong.exit_code == 1
    assert "Check app_key, app_secret" in wrong.output
    assert "k" * 40 not in wrong.output


def test_given_a_consent_that_is_withdrawn_then_only_a_new_one_helps(
    settings_of: Callable[..., Config], tmp_path: Path, paste: Paste
) -> None:
    with running_sandbox(orders_per_day=3, days=3, shops=1, channels="tiktok_shop") as own:
        (shop,) = map(str, own.channel_shop_ids["tiktok_shop"])
        config = settings_of(own, tmp_path / "tokens", [shop])
        assert paste(config, consent(own, shop)).exit_code == 0
        own.revoke(account=shop)
        done = run_tap("tap-tiktok-shop", config, "--test")
        assert done.exit_code == 1
        assert "Let the seller consent again: run `tap-tiktok-shop authorize`" in done.last_line
        assert "Traceback" not in done.log
        assert paste(config, consent(own, shop)).exit_code == 0
        assert run_tap("tap-tiktok-shop", config, "--test").exit_code == 0
