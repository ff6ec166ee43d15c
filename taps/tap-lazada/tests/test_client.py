"""The signature, the envelopes and every row of the error table."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_lazada.client import LazadaClient
from tap_lazada.tap import AUTH_HOST, HOSTS
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget

ROWS = list(csv.DictReader(resources.files("tap_lazada").joinpath("errors.csv").read_text().splitlines()))
COMMON = [("app_key", "500123"), ("sign_method", "sha256"), ("timestamp", "1790000000000")]
TOKEN = ("access_token", "50000mockLazadaToken001")


def client(url: str = "http://127.0.0.1", secret: str = "LzdMockSecretForDocs0001abcdefgh") -> LazadaClient:
    return LazadaClient(
        base_url=url,
        auth_url=url,
        app_key="500123",
        app_secret=secret,
        budget=RateBudget(sleep=lambda seconds: None),
        concurrency=1,
        user_agent="test",
        max_seconds=0,
    )


@pytest.mark.parametrize(
    ("path", "params", "signature"),
    [
        (
            "orders/get",
            [
                TOKEN,
                ("sort_by", "updated_at"),
                ("sort_direction", "ASC"),
                ("limit", "100"),
                ("offset", "0"),
                ("update_after", "2026-09-20T00:00:00+07:00"),
                ("update_before", "2026-09-21T00:00:00+07:00"),
            ],
            "53DF40C4B92328CAE0A2A90CE9BD5D3D67B151641FF24549FD26D307309A9C74",
        ),
        (
            "orders/items/get",
            [TOKEN, ("order_ids", "[900100200300001,900100200300002]")],
            "145854A4FB5F139E841481224CA91CD90774B5702CCEA3DF1B0DC593DA6C2318",
        ),
        ("seller/get", [TOKEN], "E25C91A3FD83FD96C865E23E96BC0EBAE193D34B575F938F10CF8C8E740679ED"),
        (
            "auth/token/create",
            [("code", "0_500123_mockCode0001")],
            "6C1356D7DDDF8B929D53330B94ED7EF30EE261F4348BE7990A650B79DB41BAF3",
        ),
        (
            "auth/token/refresh",
            [("refresh_token", "50001mockRefresh001")],
            "A2047C21E0B7308D62D83130D8377C7C36204D266AE71CC563D3F51AF9BE8AD7",
        ),
    ],
)
def test_signatures_are_those_of_the_documentation(path: str, params: list[tuple[str, str]], signature: str) -> None:
    assert client().signature(path, [*COMMON, *params]) == signature


def test_the_official_example_is_signed_as_it_says() -> None:
    params = [("order_id", "1234"), ("access_token", "test"), ("app_key", "123456"), ("sign_method", "sha256")]
    signed = client(secret="helloworld").signature("order/get", [*params, ("timestamp", "1517820392000"), ("nil", "")])
    assert signed == "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        ({"code": "0", "request_id": "x", "data": {"count": 0}}, {"count": 0}),
        ({"code": "0", "request_id": "x", "data": [1]}, [1]),
        ({"code": "0", "result": {"success": True, "items": []}}, {"success": True, "items": []}),
        ({"code": "0", "request_id": "x", "access_token": "y"}, {"access_token": "y"}),
    ],
)
def test_the_envelopes_are_taken_off(body: dict[str, Any], payload: Any) -> None:
    assert client().refusal(body) is None
    assert client().payload(body) == payload


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"code": "IllegalAccessToken", "type": "ISV", "message": "no"}, ("IllegalAccessToken", "no")),
        ({"code": "6", "message": None}, ("6", "")),
        ({"code": 901, "message": "later"}, ("901", "later")),
        ({"code": "0", "result": {"success": False, "errorCode": "106", "errorMsg": "none"}}, ("106", "none")),
        ({"code": "0", "result": {"success": "false"}}, ("", "")),
        ({}, ("", "")),
        ([], ("", "an answer that is not an object")),
    ],
)
def test_a_refusal_is_known_in_either_envelope(body: Any, refusal: tuple[str, str]) -> None:
    assert client().refusal(body) == refusal


def test_a_ban_is_waited_for_as_long_as_its_text_says() -> None:
    told = client().wait_told("The request has exceeded the frequency limit, this ban will last 3 seconds")
    assert told is not None
    assert 3 < told < 4
    assert client().wait_told("The service timed out after 3 seconds") is None


def test_tokens_are_asked_for_at_another_host() -> None:
    hosts = {"auth_url": AUTH_HOST, "base_url": HOSTS["th"], "app_key": "1", "app_secret": "2"}
    own = LazadaClient(**hosts, budget=RateBudget(), concurrency=1, user_agent="test")
    assert (own.host, own.auth.host) == ("api.lazada.co.th", "auth.lazada.com")
    assert own.consent_url("https://x.example/", "s", "th").startswith("https://auth.lazada.com/oauth/authorize?")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}-{row['text']}")
@pytest.mark.parametrize("inside", [False, True])
def test_every_row_of_the_error_table_is_decided_as_it_says(
    sandbox: Sandbox, row: dict[str, str], inside: bool
) -> None:
    """A real answer of the sandbox for each code, in either envelope."""
    path = "auth/token/refresh"
    fault = {"kind": "error", "code": row["code"], "message": f"about {row['text']}", "inside": inside, "times": None}
    sandbox.faults({"match": {"path": path}, **fault})
    meter = Meter()
    with pytest.raises(errors.TapError) as raised:
        client(sandbox.url).call(Call(path, params=[("refresh_token", "x")], authorized=False), meter)
    decision = row["decision"]
    if decision == "Reauthorize":  # without a token there is nothing to renew
        decision = "SkipAccount"
    elif decision in ("Retry", "Throttled", "ThrottledAccount"):
        assert meter.requests == 1  # no time is left for a second
        decision = row["then"] or "SkipWindow"
    assert type(raised.value).__name__ == decision
    assert row["mend"] in str(raised.value)


def test_every_code_has_one_decision() -> None:
    pairs = [(row["code"], row["text"]) for row in ROWS]
    assert len(pairs) == len(set(pairs))
    for code, text in pairs:
        if text and (code, "") in pairs:
            assert pairs.index((code, text)) < pairs.index((code, "")), "the general row would win"
