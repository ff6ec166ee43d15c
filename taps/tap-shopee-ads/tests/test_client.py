"""The signature and every row of the error table."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from talat_sandbox.testing import Sandbox
from tap_shopee_ads.client import SHARED, ShopeeAdsClient
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.tokens import FixedToken

TOKEN = "6d6f636b746f6b656e53686f70303031"
ROWS = list(csv.DictReader(resources.files("tap_shopee_ads").joinpath("errors.csv").read_text().splitlines()))


def client(url: str = "http://127.0.0.1") -> ShopeeAdsClient:
    asked = ShopeeAdsClient(
        base_url=url,
        partner_id=2001887,
        partner_key="shpk4d6f636b4b6579466f72446f63734f6e6c7930303031",
        budget=RateBudget(sleep=lambda seconds: None),
        concurrency=1,
        user_agent="test",
        max_seconds=0,
    )
    asked.tokens = FixedToken(TOKEN)
    return asked


@pytest.mark.parametrize(
    ("path", "signature"),
    [
        (
            "ads/get_all_cpc_ads_daily_performance",
            "7b8a02016bfd85c35c4251d657a34ae168a356ed4154deb56788bd43c5955d9e",
        ),
        (
            "ads/get_product_campaign_daily_performance",
            "02db7ea8cedab476b6c9e851d63593a8ffe0f9a52dc74da494dc23034be2475d",
        ),
        ("ads/get_gms_campaign_performance", "0a583923b6aee1b7308d1e117885dab4e8fd04fb858234e236e7e0ec21c49654"),
    ],
)
def test_signatures_are_those_of_the_documentation(path: str, signature: str) -> None:
    assert client().signature(path, 1790000000, TOKEN, "226001234") == signature


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}-{row['text']}")
def test_every_row_of_the_error_table_is_decided_as_it_says(sandbox: Sandbox, row: dict[str, str]) -> None:
    fault = {"kind": "error", "code": row["code"], "message": f"about {row['text']}", "times": None}
    sandbox.faults({"match": {"path": "get_total_balance"}, **fault})
    meter = Meter()
    with pytest.raises(errors.TapError) as raised:
        client(sandbox.url).call(Call("ads/get_total_balance", str(sandbox.shop_ids[0])), meter)
    decision = "SkipWindow" if row["decision"].startswith("Throttled") else row["decision"]
    assert type(raised.value).__name__ == decision
    assert row["mend"] in str(raised.value)
    assert meter.requests == 1  # no time is left for a second


def test_a_throttled_shop_waits_a_minute_and_the_others_do_not() -> None:
    rules = {rule.code: rule for rule in ShopeeAdsClient.rules}
    assert rules["ads.rate_limit.exceed_shop_api"].account_only
    assert not rules["ads.rate_limit.exceed_partner_api"].account_only
    assert ShopeeAdsClient.throttled_seconds == 60


def test_codes_of_all_modules_are_decided_as_shopees_other_tap_does_but_for_its_name(sandbox: Sandbox) -> None:
    assert any("tap-shopee-ads authorize" in rule.mend for rule in SHARED)
    assert not any("tap-shopee authorize" in rule.mend for rule in SHARED)
    sandbox.faults({"match": {"path": "get_total_balance"}, "kind": "error", "code": "common.shop_access_expired"})
    with pytest.raises(errors.SkipAccount, match="tap-shopee-ads authorize"):
        client(sandbox.url).call(Call("ads/get_total_balance", str(sandbox.shop_ids[0])))


def test_every_code_has_one_decision() -> None:
    pairs = [(row["code"], row["text"]) for row in ROWS]
    assert len(pairs) == len(set(pairs))
