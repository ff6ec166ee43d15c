"""Headers, both envelopes, tokens, and every row of the error table."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest

from talat_sandbox.platforms.google.accounts import JWT_BEARER, TOKEN
from talat_sandbox.platforms.google_ads.accounts import MANAGER
from talat_sandbox.testing import Sandbox
from tap_google_ads.client import GoogleAdsClient
from tap_google_ads.gaql import READY_MADE
from tap_google_ads.streams import GoogleAdsStream
from tap_google_ads.tap import TapGoogleAds
from tap_toolkit import errors
from tap_toolkit.google_tap import TokenEndpoint, signed
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.tokens import FixedToken

ROWS = list(csv.DictReader(resources.files("tap_google_ads").joinpath("errors.csv").read_text().splitlines()))
FIRST = "4820000001"
QUERY = Call(f"customers/{FIRST}/googleAds:searchStream", FIRST, body={"query": "SELECT customer.id FROM customer"})
FAILURE = {
    "errorCode": {"queryError": "UNRECOGNIZED_FIELD"},
    "message": "Unrecognized field in the query: 'campaign.nme'.",
}


def client(url: str = "http://127.0.0.1", **more: Any) -> GoogleAdsClient:
    common: dict[str, Any] = {"concurrency": 1, "user_agent": "test", "max_seconds": 0}
    made = GoogleAdsClient(base_url=url, version="v25", budget=RateBudget(sleep=lambda seconds: None), **common, **more)
    made.logins[FIRST] = str(MANAGER)
    return made


def tokens_of(url: str) -> TokenEndpoint:
    made = TokenEndpoint(f"{url}{TOKEN}", GoogleAdsClient.rules, "test")
    made._max_seconds = 0
    return made


def failed(failure: dict[str, Any], **more: Any) -> dict[str, Any]:
    details = [{"@type": "GoogleAdsFailure", "errors": [failure], "requestId": "x"}]
    return {"error": {"code": 400, "message": "Wrong.", "status": "INVALID_ARGUMENT", "details": details, **more}}


def test_the_token_and_the_manager_are_in_headers_and_no_developer_token_unless_it_is_set() -> None:
    assert client().sign(QUERY, "ya29").headers == {"Authorization": "Bearer ya29", "login-customer-id": str(MANAGER)}
    alone = client(developer_token="abc").sign(Call("customers:listAccessibleCustomers", "google"), "ya29")
    assert alone.headers == {"Authorization": "Bearer ya29", "developer-token": "abc"}


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ([{"results": [{"a": 1}], "fieldMask": "a"}, {"results": [{"a": 2}]}], [{"a": 1}, {"a": 2}]),
        ([{"fieldMask": "a", "requestId": "x"}], []),
        ([], []),
        ({"results": [{"a": 1}]}, [{"a": 1}]),
        ({"fieldMask": "a"}, []),
    ],
)
def test_rows_are_those_of_all_parts(body: Any, rows: list[Any]) -> None:
    assert client().refusal(body) is None
    assert client().payload(body) == {"results": rows}


def test_an_error_is_found_in_a_stream_and_by_itself() -> None:
    code = ("queryError.UNRECOGNIZED_FIELD", "Unrecognized field in the query: 'campaign.nme'.")
    for body in (failed(FAILURE), [failed(FAILURE)], [{"results": [{"a": 1}]}, failed(FAILURE)]):
        assert client().refusal(body) == code
    assert client().refusal({"error": {"code": 401, "message": "No.", "status": "UNAUTHENTICATED"}}) == (
        "UNAUTHENTICATED",
        "No.",
    )
    assert client().refusal("maintenance") == ("", "an answer that is not an object")
    assert client().refusal({"error": "maintenance"}) == ("", "")


def test_how_long_to_wait_is_read_from_the_details_or_the_text() -> None:
    quota = {"errorCode": {"quotaError": "RESOURCE_EXHAUSTED"}, "message": "Too many requests."}
    for failure, seconds in (
        ({**quota, "details": {"quotaErrorDetails": {"retryDelay": "900s"}}}, 900),
        ({**quota, "message": "Too many requests. Retry in 7 seconds."}, 7),
        (quota, None),
    ):
        refusal = client().refusal([failed(failure)])
        assert refusal is not None
        assert client().wait_told(refusal[1]) == seconds


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['code']} {row['text']}".strip())
def test_every_row_of_the_error_table_is_decided_as_it_says(sandbox: Sandbox, row: dict[str, str]) -> None:
    """A real answer of the sandbox for each code; a row for a whole kind is tried with one that it does not name."""
    code, meter = row["code"].replace("*", "SOMETHING_NEW"), Meter()
    is_token = code.islower()
    path = TOKEN if is_token else "searchStream"
    fault = {"kind": "error", "code": code, "message": row["text"] or "said", "times": None}
    sandbox.faults({"match": {"path": path}, **fault})
    asked: Any = tokens_of(sandbox.url) if is_token else client(sandbox.url)
    with pytest.raises(errors.TapError) as raised:
        asked.call(Call(TOKEN.lstrip("/"), body={}, authorized=False) if is_token else QUERY, meter)
    decision = row["decision"]
    if decision in ("Retry", "Throttled"):
        assert meter.requests == 1  # no time is left for a second
        decision = row["then"] or "SkipWindow"
    # Without a source of tokens there is nothing to renew a token by.
    assert type(raised.value).__name__ == decision.replace("Reauthorize", "SkipAccount")
    assert row["mend"] in str(raised.value)


def test_every_code_and_text_has_one_decision() -> None:
    told = [(row["code"], row["text"]) for row in ROWS]
    assert len(told) == len(set(told))


def test_a_run_uses_no_more_operations_than_it_may(sandbox: Sandbox) -> None:
    asked = client(sandbox.url, most_operations=2)
    asked.tokens = FixedToken("ya29.unknown")
    for _ in range(2):
        with pytest.raises(errors.Fatal, match="token just issued"):
            asked.call(QUERY)
    with pytest.raises(errors.Fatal, match="used the 2 operations of the setting operations_per_run"):
        asked.call(QUERY)


def test_a_service_account_signs_for_its_token(sandbox: Sandbox, config: dict[str, Any]) -> None:
    settings = {name: value for name, value in config.items() if name not in ("client_id", "client_secret")}
    given = {**settings, "refresh_token": "", "service_account_key": sandbox.service_account()}
    tap = TapGoogleAds(config=given)
    assert FIRST in tap.accounts
    assert tap.identify(FIRST).startswith("Baan Talat TH, THB, Asia/Bangkok")


def test_a_request_that_is_too_old_or_signed_by_another_is_refused(sandbox: Sandbox) -> None:
    key = json.loads(sandbox.service_account())
    about = {"iss": key["client_email"], "scope": TapGoogleAds.scope, "aud": f"{sandbox.url}{TOKEN}"}
    old = signed({**about, "iat": 1_700_000_000, "exp": 1_700_003_600}, key["private_key"])
    head, claims, signature = old.split(".")
    for assertion in (old, f"{head}.{claims}.{signature[:-8]}AAAAAAAA"):
        with pytest.raises(errors.Fatal, match="Invalid JWT"):
            tokens_of(sandbox.url).granted(grant_type=JWT_BEARER, assertion=assertion)


def test_a_row_is_put_in_one_level_with_nothing_lost(config: dict[str, Any]) -> None:
    (report,) = (report for report in READY_MADE if report.name == "campaign_performance")
    stream = GoogleAdsStream.of(report)(TapGoogleAds(config=config))
    sent = {
        "customer": {"resourceName": "customers/1", "currencyCode": "THB"},
        "campaign": {"resourceName": "customers/1/campaigns/222", "id": "222", "somethingNew": 1},
        "segments": {"date": "2026-03-01"},
        "metrics": {"clicks": "120", "costMicros": "45670000", "conversions": Decimal("3.3333333333333335")},
    }
    record = stream.converter()(stream.prepare(sent, FIRST))
    assert (record["customer_id"], record["campaign_id"], record["date"]) == (FIRST, "222", "2026-03-01")
    assert (record["clicks"], record["cost_micros"]) == (120, 45_670_000)
    assert record["conversions"] == Decimal("3.333333333")
    assert record["impressions"] == record["conversions_value"] == 0, "what is zero may be left out"
    assert "search_impression_share" not in record, "what is unknown is not zero"
    assert record["extra_fields"] == {"somethingNew": 1}


def test_parts_of_a_key_without_a_value_are_unknown(config: dict[str, Any]) -> None:
    (report,) = (report for report in READY_MADE if report.name == "shopping_performance")
    stream = GoogleAdsStream.of(report)(TapGoogleAds(config=config))
    record = stream.prepare({"campaign": {"id": "2"}, "segments": {"date": "2026-03-01"}}, FIRST)
    assert (record["product_item_id"], record["product_country"]) == ("unknown", "unknown")
