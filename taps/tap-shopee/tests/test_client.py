"""The signature, the envelope and every row of the error table."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_shopee.client import ShopeeClient
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget

PARTNER_KEY = "shpk4d6f636b4b6579466f72446f63734f6e6c7930303031"
TOKEN = "6d6f636b746f6b656e53686f70303031"
ROWS = list(csv.DictReader(resources.files("tap_shopee").joinpath("errors.csv").read_text().splitlines()))


def client(url: str = "http://127.0.0.1") -> ShopeeClient:
    return ShopeeClient(
        base_url=url,
        partner_id=2001887,
        partner_key=PARTNER_KEY,
        budget=RateBudget(sleep=lambda seconds: None),
        concurrency=1,
        user_agent="test",
        max_seconds=0,
    )


@pytest.mark.parametrize(
    ("path", "token", "shop", "signature"),
    [
        ("auth/token/get", "", "", "500cc51674e757c839d71f62ecb0588316ad6a14c786be4e3ed5f0eaa19c90cb"),
        ("auth/access_token/get", "", "", "1bfb3cb14b474bd21e7ffc1cdc10c8e2c95e112fb16aed269c1a3485bdcf2476"),
        ("shop/auth_partner", "", "", "b4b67f26deb86da8f4d3a2f2396f95cb0c36fc51245927e41dba97ab67c6b848"),
        (
            "order/get_order_list",
            TOKEN,
            "226001234",
            "9317ea48925c927797bf36fd00b8378f165321451679a3568d8420c386a9ae07",
        ),
        (
            "order/get_order_detail",
            TOKEN,
            "226001234",
            "d992adf81a3ded0d1868100ca349ad2c18323521b97a867db490d791c3b66a70",
        ),
        (
            "payment/get_escrow_detail_batch",
            TOKEN,
            "226001234",
            "08f5d65b37ebf4d68f9ca5dfc0c468c0425db619a7e58f3b0935411d66699e2c",
        ),
    ],
)
def test_signatures_are_those_of_the_documentation(path: str, token: str, shop: str, signature: str) -> None:
    assert client().signature(path, 1790000000, token, shop) == signature


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        ({"error": "", "message": "", "request_id": "x", "response": {"more": False}}, {"more": False}),
        ({"error": "-", "message": "-", "response": [1]}, [1]),
        ({"error": "", "message": "", "request_id": "x", "warning": "", "shop_name": "y"}, {"shop_name": "y"}),
    ],
)
def test_the_envelope_is_taken_off(body: dict[str, Any], payload: Any) -> None:
    assert client().refusal(body) is None
    assert client().payload(body) == payload


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}-{row['text']}")
@pytest.mark.parametrize("prefix", ["", "common."])
def test_every_row_of_the_error_table_is_decided_as_it_says(sandbox: Sandbox, row: dict[str, str], prefix: str) -> None:
    """A real answer of the sandbox for each code, with and without a module's prefix."""
    path = "/api/v2/public/get_shops_by_partner"
    sandbox.faults(
        {
            "match": {"path": "auth/access_token/get"},
            "kind": "error",
            "code": prefix + row["code"],
            "message": f"about {row['text']}",
            "times": None,
        }
    )
    asked = client(sandbox.url)
    meter = Meter()
    call = Call(
        "auth/access_token/get", body={"refresh_token": "x", "partner_id": 2001887, "shop_id": 1}, authorized=False
    )
    with pytest.raises(errors.TapError) as raised:
        asked.call(call, meter)
    assert path not in str(raised.value)
    decision = row["decision"]
    if decision == "Reauthorize":  # without a token there is nothing to renew
        decision = "SkipAccount"
    elif decision in ("Retry", "Throttled"):
        assert row["attempts"] == "" or meter.requests == 1  # no time is left for a second
        decision = row["then"] or "SkipWindow"
    assert type(raised.value).__name__ == decision
    assert row["mend"] in str(raised.value)


def test_every_code_has_one_decision() -> None:
    pairs = [(row["code"], row["text"]) for row in ROWS]
    assert len(pairs) == len(set(pairs))
    for code, text in pairs:
        if text:
            assert pairs.index((code, text)) < pairs.index((code, "")), "the general row would win"
