"""The key, the envelope and every row of the error table."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any

import pytest

from talat_sandbox.platforms.line_shop.protocol import api_key
from talat_sandbox.testing import Sandbox
from tap_line_shop.client import LineClient
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.keyed_tap import AccountKeys
from tap_toolkit.ratelimit import RateBudget

ROWS = list(csv.DictReader(resources.files("tap_line_shop").joinpath("errors.csv").read_text().splitlines()))


def client(url: str = "http://127.0.0.1", **keys: str) -> LineClient:
    made = LineClient(
        base_url=url,
        budget=RateBudget(sleep=lambda seconds: None),
        concurrency=1,
        user_agent="test",
        max_seconds=0,
    )
    made.tokens = AccountKeys(keys)
    return made


def test_the_key_is_in_a_header_and_in_no_address() -> None:
    signed = client().sign(Call("orders", "shop"), "the-key")
    assert signed.headers["X-API-KEY"] == "the-key"
    assert list(signed.params) == []


@pytest.mark.parametrize(
    "body",
    [
        {"currentPage": 1, "perPage": 100, "totalPage": 0, "totalRow": 0, "data": []},
        {"orderNumber": "TH260921ABC001", "orderItems": []},
    ],
)
def test_a_page_and_an_order_are_no_errors(body: dict[str, Any]) -> None:
    assert client().refusal(body) is None
    assert client().payload(body) == body


@pytest.mark.parametrize("body", [[], "maintenance", None, {"data": "maintenance"}, {"data": None}])
def test_what_is_neither_is_malformed(body: Any) -> None:
    refusal = client().refusal(body)
    assert refusal is not None
    assert refusal[0] == "malformed"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"])
def test_every_row_of_the_error_table_is_decided_as_it_says(
    sandbox: Sandbox, shops: list[str], row: dict[str, str]
) -> None:
    """A real answer of the sandbox for each status, whatever its code."""
    sandbox.faults({"match": {"path": "/orders"}, "kind": "error", "code": row["code"], "times": None})
    asked, meter = client(sandbox.url, **{shops[0]: api_key(int(shops[0]))}), Meter()
    with pytest.raises(errors.TapError) as raised:
        asked.call(Call("orders", shops[0]), meter)
    decision = row["decision"]
    if decision in ("Retry", "Throttled"):
        assert meter.requests == 1  # no time is left for a second
        decision = row["then"] or "SkipWindow"
    assert type(raised.value).__name__ == decision
    assert row["mend"] in str(raised.value)
    assert api_key(int(shops[0])) not in str(raised.value)


def test_an_unknown_code_is_decided_by_its_status(sandbox: Sandbox, shops: list[str]) -> None:
    fault = {"match": {"path": "/orders"}, "kind": "error", "code": "SOMETHING_NEW", "status": 404, "times": None}
    sandbox.faults(fault)
    with pytest.raises(errors.SkipRecord, match="SOMETHING_NEW"):
        client(sandbox.url, **{shops[0]: api_key(int(shops[0]))}).call(Call("orders/TH1", shops[0]))


def test_every_code_has_one_decision() -> None:
    codes = [row["code"] for row in ROWS]
    assert len(codes) == len(set(codes))


def test_a_refused_key_is_not_renewed_and_never_shown() -> None:
    with pytest.raises(errors.SkipAccount) as raised:
        AccountKeys({"main": "the-key-of-main"}).renew("main", "the-key-of-main")
    assert "the-key" not in str(raised.value)
