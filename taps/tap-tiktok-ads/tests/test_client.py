"""The header, the advertiser, the envelope and every row of the error table."""

from __future__ import annotations

import csv
import json
from importlib import resources
from typing import Any

import pytest

from talat_sandbox.platforms.tiktok_ads.protocol import LONG_TERM_TOKEN
from talat_sandbox.testing import Sandbox
from tap_tiktok_ads.client import INFO, TikTokAdsClient
from tap_toolkit import errors
from tap_toolkit.http import Call
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.tokens import FixedToken

ROWS = list(csv.DictReader(resources.files("tap_tiktok_ads").joinpath("errors.csv").read_text().splitlines()))
ACCOUNT = "7100000000000000001"


def client(url: str = "http://127.0.0.1") -> TikTokAdsClient:
    budget = RateBudget(sleep=lambda seconds: None)
    asked = TikTokAdsClient(base_url=url, budget=budget, concurrency=1, user_agent="test", max_seconds=0)
    asked.tokens = FixedToken(LONG_TERM_TOKEN, "access_token")
    return asked


def test_the_token_is_in_a_header_and_the_advertiser_in_the_query() -> None:
    signed = client().sign(Call("ad/get/", ACCOUNT), "a-token")
    assert signed.headers == {"Access-Token": "a-token"}
    assert signed.params == [("advertiser_id", ACCOUNT)]
    assert client().sign(Call(INFO, ACCOUNT), "a-token").params == [("advertiser_ids", json.dumps([ACCOUNT]))]
    of_app = client().sign(Call("oauth2/access_token/", body={}), "")
    assert (list(of_app.params), of_app.headers) == ([], {})


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"code": 0, "message": "OK", "data": {}}, None),
        ({"code": "0", "message": "OK", "data": {}}, None),
        ({"code": 40105, "message": "m", "data": {}}, ("40105", "m")),
        ({"message": "no code at all"}, ("", "no code at all")),
        ({"code": None}, ("", "")),
        ([1], ("", "an answer that is not an object")),
    ],
)
def test_a_refusal_is_read_from_the_envelope(body: Any, refusal: tuple[str, str] | None) -> None:
    assert client().refusal(body) == refusal


def test_the_envelope_is_taken_off(sandbox: Sandbox) -> None:
    (info,) = client(sandbox.url).call(Call(INFO, ACCOUNT))["list"]
    assert info["advertiser_id"] == ACCOUNT


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}-{row['text']}")
def test_every_row_of_the_error_table_is_decided_as_it_says(sandbox: Sandbox, row: dict[str, str]) -> None:
    """A real answer of the sandbox for each, with HTTP 200 unless the row is about another status."""
    _, of_status, status = row["code"].partition("HTTP ")
    told = (
        {"kind": "error", "code": int(row["code"]), "message": f"Said {row['text'].upper()}."} if not of_status else {}
    )
    told = told or {"kind": "http_status", "status": int(status)}
    sandbox.faults({**told, "match": {"path": "campaign/get/"}})
    with pytest.raises(errors.TapError) as raised:  # sent once, so that the decision itself is raised
        client(sandbox.url).call(Call("campaign/get/", ACCOUNT, once=True))
    error, decision = raised.value, row["decision"]
    assert type(error).__name__ == ("Retry" if decision == "Throttled" else decision)
    if isinstance(error, errors.Retry):
        assert (error.throttled, error.account_only) == (decision == "Throttled", False)
        assert error.attempts == (int(row["attempts"]) if row["attempts"] else None)
        assert error.then.__name__ == (row["then"] or "SkipWindow")
    assert str(error).endswith(row["mend"] or "». ")
    assert LONG_TERM_TOKEN not in str(error)


def test_every_code_has_one_decision_and_the_particular_comes_first() -> None:
    pairs = [(row["code"], row["text"]) for row in ROWS]
    assert len(pairs) == len(set(pairs))
    for code, text in pairs:
        if text:
            assert pairs.index((code, text)) < pairs.index((code, "")), "the general row would win"


def test_what_the_table_does_not_know_is_a_gap_and_no_end(sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "campaign/get/"}, "kind": "error", "code": 49999})
    with pytest.raises(errors.SkipWindow, match="which this tap does not know"):
        client(sandbox.url).call(Call("campaign/get/", ACCOUNT))


@pytest.mark.parametrize("status", [429, 500, 504])
def test_a_page_of_a_gateway_is_sent_again(sandbox: Sandbox, status: int) -> None:
    sandbox.faults({"match": {"path": "campaign/get/"}, "kind": "http_status", "status": status})
    with pytest.raises(errors.Retry) as raised:
        client(sandbox.url).call(Call("campaign/get/", ACCOUNT, once=True))
    assert raised.value.throttled == (status == 429)
