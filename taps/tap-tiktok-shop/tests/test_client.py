"""The signature, the envelope, the keys of shops and every row of the error table."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any

import msgspec
import pytest

from talat_sandbox.testing import Sandbox
from tap_tiktok_shop.client import SHOPS, TikTokClient, TikTokTokens
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.tokens import FixedToken

SECRET, CIPHER = "ttsMockSecretForDocs0001", "TTP_mockCipher01=="
ROWS = list(csv.DictReader(resources.files("tap_tiktok_shop").joinpath("errors.csv").read_text().splitlines()))
APP = [("app_key", "6mockkey01"), ("timestamp", "1790000000")]
SEARCH = [*APP, ("shop_cipher", CIPHER), ("page_size", "100"), ("sort_field", "update_time"), ("sort_order", "ASC")]
DAY = {"update_time_ge": 1789948800, "update_time_lt": 1790035200}


def client(url: str = "http://127.0.0.1", kind: Any = TikTokClient, **app: str) -> Any:
    return kind(
        base_url=url,
        **{"app_key": "6mockkey01", "app_secret": SECRET, **app},
        budget=RateBudget(sleep=lambda seconds: None),
        concurrency=1,
        user_agent="test",
        max_seconds=0,
    )


@pytest.mark.parametrize(
    ("path", "params", "body", "signature"),
    [
        (SHOPS, APP, None, "b3034143d3f34b917430e74023feaca4d21ae0b93ad74efe86362609900ac105"),
        (
            "order/202309/orders/search",
            SEARCH,
            DAY,
            "8c5585dae87ec65497b4347412fb8eba209f5619e6398141ff41230ae80bef40",
        ),
        (
            "order/202309/orders/search",
            [*SEARCH, ("page_token", "aDU2dHIzcw+/==mock")],
            DAY,
            "9359ab4994307e538533549ee7b5b5a45f72d6a83cd409ddb29a7a155a5fbe88",
        ),
        (
            "order/202309/orders",
            [*APP, ("shop_cipher", CIPHER), ("ids", "579000000000000001,579000000000000002")],
            None,
            "b5de46e23aa49661440fad52331c8f87a7558344fecd30fd110f76ddcac25990",
        ),
    ],
)
def test_signatures_are_those_of_the_documentation(path: str, params: Any, body: Any, signature: str) -> None:
    asked = client()
    content = asked.content(Call(path, "1", body=body))
    assert content == (None if body is None else b'{"update_time_ge":1789948800,"update_time_lt":1790035200}')
    assert asked.signature(path, params, content) == signature


def test_the_platforms_own_example_is_signed_as_it_is_there() -> None:
    asked = client(app_key="29a39d", app_secret="e59af819cc")
    params = [("app_key", "29a39d"), ("timestamp", "1623812664")]
    assert asked.signature(SHOPS, params) == "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8"


def test_the_token_and_the_shops_key_go_where_they_belong() -> None:
    asked = client()
    asked._ciphers["1"] = CIPHER
    of_shop = asked.sign(Call("order/202309/orders/search", "1", body={}), "a-token")
    assert ("shop_cipher", CIPHER) in of_shop.params
    assert of_shop.headers == {"x-tts-access-token": "a-token"}
    assert not any(value == "a-token" for _, value in of_shop.params)
    assert "shop_cipher" not in dict(asked.sign(Call(SHOPS, "1"), "a-token").params)


def test_the_envelope_is_taken_off() -> None:
    asked = client()
    for code in (0, "0"):
        assert asked.refusal({"code": code, "message": "Success", "data": {"shops": []}}) is None
    assert asked.payload({"code": 0, "message": "Success", "request_id": "x", "data": {"shops": []}}) == {"shops": []}
    assert asked.refusal({"code": 105002, "message": "expired"}) == ("105002", "expired")
    assert asked.refusal({"message": "no code at all"}) == ("", "no code at all")
    assert asked.refusal([1]) == ("", "an answer that is not an object")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}-{row['text']}")
@pytest.mark.parametrize("status", [200, 400])
def test_every_row_of_the_error_table_is_decided_as_it_says(sandbox: Sandbox, row: dict[str, str], status: int) -> None:
    """A real answer of the sandbox for each code, whatever its HTTP status."""
    for code in row["code"].split("-"):
        sandbox.clear_faults()
        fault = {"kind": "error", "code": int(code), "message": f"about {row['text']}", "status": status}
        sandbox.faults({**fault, "match": {"path": "/token/refresh"}, "times": None})
        meter = Meter()
        with pytest.raises(errors.TapError) as raised:
            client(sandbox.url, TikTokTokens).call(Call("refresh", authorized=False), meter)
        decision = row["decision"]
        if decision == "Reauthorize":  # without a token there is nothing to renew
            decision = "SkipAccount"
        elif decision in ("Retry", "ThrottledAccount"):
            assert meter.requests == 1  # no time is left for a second
            decision = row["then"] or "SkipWindow"
        assert type(raised.value).__name__ == decision
        assert row["mend"] in str(raised.value)
        assert SECRET not in str(raised.value)


def test_every_code_has_one_decision() -> None:
    pairs = [(row["code"], row["text"]) for row in ROWS]
    assert len(pairs) == len(set(pairs))
    for code, text in pairs:
        if text:
            assert pairs.index((code, text)) < pairs.index((code, "")), "the general row would win"


def test_the_secret_in_the_address_of_tokens_is_told_to_nobody(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    asked = client(sandbox.url, TikTokTokens)
    for fault in (
        {"kind": "error", "code": 36009004, "message": f"app_secret {SECRET} is wrong"},
        {"kind": "reset"},
        {"kind": "truncate"},
        {"kind": "http_status", "status": 502},
    ):
        sandbox.faults({**fault, "match": {"path": "/token/refresh"}})
        with pytest.raises(errors.TapError) as raised:
            asked.token("refresh", "refresh_token", refresh_token="a-refresh-token")
        assert SECRET not in str(raised.value) + repr(raised.value.__context__) + caplog.text


@pytest.mark.parametrize("data", [None, "text", 5, [], {}, {"access_token": "a" * 20, "refresh_token": None}])
def test_tokens_of_another_shape_are_asked_for_again_later(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = client(kind=TikTokTokens)
    monkeypatch.setattr(asked, "call", lambda call: data)
    with pytest.raises(errors.SkipWindow, match="token/refresh answered in another shape"):
        asked.token("refresh", "refresh_token", refresh_token="x")


def test_a_shops_key_is_asked_for_once_and_again_when_it_fits_no_more(sandbox: Sandbox, config: dict[str, Any]) -> None:
    from tap_tiktok_shop.tap import TapTikTokShop

    tap = TapTikTokShop(config=config)
    shop = tap.accounts[0]
    search = Call("order/202309/orders/search", shop, [("page_size", "1")], {})
    sandbox.reset_stats()
    for _ in range(3):
        tap.client.call(search)
    assert sandbox.stats()["calls"][f"/{SHOPS}"] == {shop: 1}
    tap.client._ciphers[shop] = "TTP_of_an_earlier_consent=="
    assert tap.client.call(search)["orders"]
    assert sandbox.stats()["calls"][f"/{SHOPS}"] == {shop: 2}
    tap.client.tokens = FixedToken(tap.tokens.access_token(shop))
    with pytest.raises(errors.SkipAccount, match="does not cover shop 7490000000000000099"):
        tap.client.call(Call("order/202309/orders/search", "7490000000000000099", body={}))


def test_what_is_signed_is_what_is_sent() -> None:
    body = {"status": "ALL", "name": "ขวดน้ำ"}
    assert client().content(Call("x", body=body)) == msgspec.json.encode(body)
