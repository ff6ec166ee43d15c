"""The signature, the envelopes and every row of the error table."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from talat_sandbox.vault import Vault
from tap_lazada_ads.client import SHARED, LazadaAdsClient
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget

ROWS = list(csv.DictReader(resources.files("tap_lazada_ads").joinpath("errors.csv").read_text().splitlines()))
REPORT = "sponsor/solutions/report/getDiscoveryReportCampaign"


def client(url: str = "http://127.0.0.1") -> LazadaAdsClient:
    return LazadaAdsClient(
        base_url=url,
        auth_url=url,
        app_key="500123",
        app_secret="LzdMockSecretForDocs0001abcdefgh",
        budget=RateBudget(sleep=lambda seconds: None),
        concurrency=1,
        user_agent="test",
        max_seconds=0,
    )


def test_the_signature_is_that_of_the_documentation() -> None:
    common = [("app_key", "500123"), ("sign_method", "sha256"), ("timestamp", "1790000000000")]
    asked = [("access_token", "50000mockLazadaToken001"), ("startDate", "2026-09-20"), ("endDate", "2026-09-20")]
    signature = client().signature(REPORT, [*common, *asked, ("pageNo", "1"), ("pageSize", "100")])
    assert signature == "8F1E6B3081E3AF7BD6CF7F01B3EDA157961AA25F9056C0359C8179D74D36699D"


@pytest.mark.parametrize(
    ("body", "payload"),
    [
        (
            {"code": "0", "request_id": "x", "result": {"success": True, "totalCount": 1, "result": [1]}},
            {"success": True, "totalCount": 1, "result": [1]},
        ),
        (
            {"code": "0", "request_id": "x", "success": True, "totalCount": 1, "result": [1]},
            {"success": True, "totalCount": 1, "result": [1]},
        ),
        (
            {"code": "0", "request_id": "x", "success": "true", "result": {"dateList": []}},
            {"success": "true", "result": {"dateList": []}},
        ),
        ({"code": "0", "request_id": "x", "access_token": "y"}, {"access_token": "y"}),
    ],
)
def test_the_envelopes_are_taken_off(body: dict[str, Any], payload: Any) -> None:
    assert client().refusal(body) is None
    assert client().payload(body) == payload


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"code": "ApiCallLimit", "message": "slow"}, ("ApiCallLimit", "slow")),
        ({"code": "0", "result": {"success": False, "errorCode": "E", "errorMsg": "no"}}, ("inner/E", "no")),
        ({"code": "0", "success": "false", "errorMsg": "no", "analyseTraceId": "t1"}, ("inner/", "no (trace t1)")),
        ([], ("", "an answer that is not an object")),
    ],
)
def test_a_refusal_is_known_in_every_envelope(body: Any, refusal: tuple[str, str]) -> None:
    assert client().refusal(body) == refusal


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']}-{row['text']}")
@pytest.mark.parametrize("where", ["inside", "beside"])
def test_every_row_of_the_error_table_is_decided_as_it_says(sandbox: Sandbox, row: dict[str, str], where: str) -> None:
    """The table speaks of failures of calls that succeeded: a real answer of the sandbox in either envelope."""
    fault = {"kind": "error", "code": "INTERNAL_ERROR", "message": f"about {row['text']}", where: True, "times": None}
    sandbox.faults({"match": {"path": "getDiscoveryReportCampaign"}, **fault})
    meter = Meter()
    with pytest.raises(errors.TapError) as raised:
        client(sandbox.url).call(Call(REPORT, authorized=False), meter)
    decision = (row["then"] or "SkipWindow") if row["decision"] == "Retry" else row["decision"]
    assert type(raised.value).__name__ == decision
    assert row["mend"] in str(raised.value)
    assert meter.requests == 1  # no time is left for a second


@pytest.mark.parametrize(
    ("code", "decision"),
    [
        ("ApiCallLimit", "SkipWindow"),
        ("901", "SkipWindow"),
        ("AppApiCallLimit", "Fatal"),
        ("IllegalAccessToken", "SkipAccount"),
        ("InsufficientPermission", "SkipStream"),
        ("ServiceTimeout", "Split"),
        ("MissingParameter", "SkipStream"),
        ("IllegalRefreshToken", "SkipAccount"),
    ],
)
def test_codes_of_all_apis_are_decided_as_lazadas_other_tap_does_but_for_its_name(
    sandbox: Sandbox, code: str, decision: str
) -> None:
    sandbox.faults({"match": {"path": "getDiscoveryReportCampaign"}, "kind": "error", "code": code, "times": None})
    with pytest.raises(errors.TapError) as raised:
        client(sandbox.url).call(Call(REPORT, authorized=False))
    assert type(raised.value).__name__ == decision
    assert "`tap-lazada authorize`" not in str(raised.value)
    assert any("tap-lazada-ads authorize" in rule.mend for rule in SHARED)


def test_the_tokens_of_a_code_are_read_though_ads_have_other_envelopes(sandbox: Sandbox) -> None:
    seller = sandbox.channel_shop_ids["lazada"][-1]
    with pytest.raises(errors.SkipAccount, match="tap-lazada-ads authorize"):
        client(sandbox.url).token("create", code="none")
    assert Vault.first_refresh_token(seller).endswith(str(seller))


def test_every_code_has_one_decision() -> None:
    pairs = [(row["code"], row["text"]) for row in ROWS]
    assert len(pairs) == len(set(pairs))
