"""Lazada's signature, system parameters, bounds and error codes, as its documentation has them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from plugins.sandbox.tests.lazada_api import AS_OF, FINANCE, ITEMS, ORDERS, PRODUCTS, REVERSE, SELLER, START, TH, Client
from talat_sandbox.platforms.lazada.protocol import APP_KEY, sign
from talat_sandbox.testing import running_sandbox

TOKEN = "50000mockLazadaToken001"
COMMON = {"app_key": "500123", "sign_method": "sha256", "timestamp": "1790000000000"}
VECTORS: list[tuple[str, dict[str, str], str]] = [
    (
        "/orders/get",
        {
            "access_token": TOKEN,
            "limit": "100",
            "offset": "0",
            "sort_by": "updated_at",
            "sort_direction": "ASC",
            "update_after": "2026-09-20T00:00:00+07:00",
            "update_before": "2026-09-21T00:00:00+07:00",
        },
        "53DF40C4B92328CAE0A2A90CE9BD5D3D67B151641FF24549FD26D307309A9C74",
    ),
    (
        "/orders/items/get",
        {"access_token": TOKEN, "order_ids": "[900100200300001,900100200300002]"},
        "145854A4FB5F139E841481224CA91CD90774B5702CCEA3DF1B0DC593DA6C2318",
    ),
    ("/seller/get", {"access_token": TOKEN}, "E25C91A3FD83FD96C865E23E96BC0EBAE193D34B575F938F10CF8C8E740679ED"),
    (
        "/auth/token/create",
        {"code": "0_500123_mockCode0001"},
        "6C1356D7DDDF8B929D53330B94ED7EF30EE261F4348BE7990A650B79DB41BAF3",
    ),
    (
        "/auth/token/refresh",
        {"refresh_token": "50001mockRefresh001"},
        "A2047C21E0B7308D62D83130D8377C7C36204D266AE71CC563D3F51AF9BE8AD7",
    ),
]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_sandbox(as_of=AS_OF, orders_per_day=30, days=60, channels="lazada", products=60) as running:
        yield Client(running)


@pytest.mark.parametrize(("path", "params", "expected"), VECTORS)
def test_given_a_vector_when_signed_then_it_matches(path: str, params: dict[str, str], expected: str) -> None:
    assert sign(path, {**COMMON, **params, "sign": "x", "empty": ""}) == expected


def test_given_the_official_vector_when_signed_then_it_matches() -> None:
    params = {"access_token": "test", "app_key": "123456", "order_id": "1234", "sign_method": "sha256"}
    signed = sign("/order/get", {**params, "timestamp": "1517820392000"}, "helloworld")
    assert signed == "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sign": "0" * 64}, "IncompleteSignature"),
        ({"sign": ""}, "MissingParameter"),
        ({"app_key": "1"}, "IncompleteSignature"),
        ({"timestamp": "soon"}, "InvalidParameter"),
        ({"timestamp": str(int((time.time() - 7300) * 1000))}, "InvalidParameter"),
        ({"timestamp": str(int(time.time()))}, "InvalidParameter"),
        ({"access_token": "never-issued"}, "IllegalAccessToken"),
    ],
)
def test_given_a_bad_system_parameter_when_called_then_it_is_refused(
    client: Client, change: dict[str, str], code: str
) -> None:
    answer = client.call(TH, SELLER, change=change)
    assert answer["code"] == code
    assert answer["type"] == "ISV"
    assert "data" not in answer


def test_given_a_lowercase_signature_when_called_then_it_is_refused(client: Client) -> None:
    params = {"app_key": APP_KEY, "sign_method": "sha256", "timestamp": str(int(time.time() * 1000))}
    params["access_token"] = client.refresh(TH)["access_token"] if TH not in client.tokens else client.tokens[TH]
    right = sign(SELLER, params)
    assert client.send(SELLER, params, change={"sign": right.lower()})["code"] == "IncompleteSignature"
    assert client.send(SELLER, params, change={"sign": right})["code"] == "0"


def test_given_a_form_when_posted_then_it_is_signed_like_a_query(client: Client) -> None:
    assert client.call(TH, SELLER, "POST")["data"]["seller_id"] == TH
    wanted: dict[str, Any] = {"update_after": START, "limit": 3}
    listed = client.call(TH, ORDERS, "POST", **wanted)["data"]
    assert listed == client.get(TH, ORDERS, **wanted)
    assert listed["count"] == 3


GOOD: dict[str, dict[str, Any]] = {
    ORDERS: {"update_after": START},
    ITEMS: {"order_ids": "[1]"},
    PRODUCTS: {"filter": "all"},
    FINANCE: {"start_time": "2026-11-01", "end_time": "2026-11-07"},
    REVERSE: {},
    "/order/get": {},
}


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        (ORDERS, {"update_after": ""}, "MissingParameter"),
        (ORDERS, {"update_after": "2026-09-20"}, "17"),
        (ORDERS, {"update_after": "2026-09-20T00:00:00"}, "17"),
        (ORDERS, {"limit": 101}, "19"),
        (ORDERS, {"limit": 0}, "19"),
        (ORDERS, {"offset": 5001}, "14"),
        (ORDERS, {"offset": -1}, "14"),
        (ORDERS, {"sort_direction": "UP"}, "74"),
        (ORDERS, {"sort_by": "price"}, "75"),
        (ORDERS, {"status": "happy"}, "36"),
        (ITEMS, {"order_ids": "1,2"}, "56"),
        (ITEMS, {"order_ids": "[]"}, "39"),
        (ITEMS, {"order_ids": "[1]"}, "37"),
        (ITEMS, {"order_ids": f"[{','.join(map(str, range(51)))}]"}, "38"),
        (PRODUCTS, {"filter": ""}, "MissingParameter"),
        (PRODUCTS, {"filter": "some"}, "36"),
        (PRODUCTS, {"limit": 51}, "19"),
        (PRODUCTS, {"offset": 10_001}, "14"),
        (FINANCE, {"start_time": "20 Sep 2026"}, "17"),
        (FINANCE, {"start_time": "2026-01-01"}, "1000012"),
        (FINANCE, {"start_time": "2026-09-01"}, "ServiceTimeout"),
        (FINANCE, {"limit": 501}, "19"),
        (FINANCE, {"trans_type": "77"}, "1000014"),
        (REVERSE, {"page_size": 101}, "InvalidParameter"),
        (REVERSE, {"page_no": 0}, "InvalidParameter"),
        (REVERSE, {"ReverseOrderLineModifiedTimeRangeStart": "today"}, "InvalidParameter"),
        ("/order/get", {"order_id": "1"}, "16"),
        ("/orders/search", {}, "InvalidApiPath"),
    ],
)
def test_given_a_call_beyond_the_contract_when_sent_then_the_code_is_lazadas(
    client: Client, path: str, change: dict[str, Any], code: str
) -> None:
    assert client.call(TH, path, **{**GOOD.get(path, {}), **change})["code"] == code


@pytest.mark.parametrize(("number", "code"), [("", "105"), ("1", "106")])
def test_given_a_reverse_order_that_is_none_when_asked_then_the_inner_flag_says_so(
    client: Client, number: str, code: str
) -> None:
    answer = client.call(TH, REVERSE, reverse_order_id=number)
    assert (answer["code"], answer["result"]["success"], answer["result"]["errorCode"]) == ("0", False, code)
