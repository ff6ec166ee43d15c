"""What a Singer tap can do besides reading, and consent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from talat_sandbox.platforms.shopee_ads.protocol import ADS_APP
from talat_sandbox.testing import Sandbox
from tap_shopee_ads.tap import TapShopeeAds
from tap_toolkit.testing import Run, executable, run, run_tap
from tap_toolkit.tokens import FixedToken

Config = dict[str, Any]
Reader = Callable[..., Run]


def test_singer_capabilities(only: Reader) -> None:
    about = json.loads(run(executable("tap-shopee-ads"), "--about", "--format=json").stdout)
    assert {"catalog", "discover", "state", "stream-maps", "batch", "structured-logging"} <= set(about["capabilities"])
    settings = about["settings"]["properties"]
    assert settings["partner_key"]["secret"]
    assert settings["account_requests_per_second"]["default"] == 0.7
    assert "pii_salt" not in settings
    flat = only("campaigns", flattening_enabled=True, flattening_max_depth=1)
    assert all("auto_bidding_info__roas_target" in row for row in flat.records("campaigns"))


def test_test_says_in_a_sentence_whether_the_credentials_work(config: Config) -> None:
    works = run_tap("tap-shopee-ads", config, "--test")
    assert works.exit_code == 0, works.log
    assert works.stdout.count("the credentials work (a shop in TH)") == 2
    assert works.stdout.count("the credentials work (a shop in SG)") == 1
    wrong = run_tap("tap-shopee-ads", {**config, "partner_key": "x" * 48}, "--test")
    assert wrong.exit_code == 1
    assert "error_sign" in wrong.log


def test_consent_brings_the_tokens_of_the_app_with_ads(config: Config, sandbox: Sandbox) -> None:
    tap = TapShopeeAds(config=config, setup_mapper=False)
    link = tap.consent_url("http://127.0.0.1:9/", "state-1")
    assert parse_qs(urlsplit(link).query)["partner_id"] == [str(ADS_APP.partner_id)]
    shop = str(sandbox.shop_ids[0])
    answer = requests.get(f"{link}&approve={shop}", allow_redirects=False, timeout=10)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["state"] == ["state-1"]
    tokens = tap.exchange({name: values[0] for name, values in query.items()}, "http://127.0.0.1:9/")
    assert set(tokens) == {shop}
    tap.client.tokens = FixedToken(tokens[shop].access_token)
    assert tap.identify(shop) == "a shop in TH"
