"""Google's own messages take every answer of the sandbox: they refuse unknown fields, words and types.

Google's client itself speaks gRPC alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from google.ads.googleads.v25.errors.types.errors import GoogleAdsFailure
from google.ads.googleads.v25.services.types.customer_service import ListAccessibleCustomersResponse
from google.ads.googleads.v25.services.types.google_ads_service import (
    SearchGoogleAdsResponse,
    SearchGoogleAdsStreamResponse,
)
from google.protobuf.json_format import ParseDict

from talat_sandbox.platforms.google.accounts import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from talat_sandbox.platforms.google_ads.fields import ATTRIBUTES, HISTORICAL, SEGMENTS
from talat_sandbox.platforms.google_ads.gaql import parse
from talat_sandbox.platforms.google_ads.metrics import METRICS
from talat_sandbox.platforms.google_ads.places import RESOURCES
from talat_sandbox.platforms.google_ads.protocol import GoogleAdsError
from talat_sandbox.platforms.google_ads.rules import DATES, PARTED, REGION, TERMS, check
from talat_sandbox.testing import running_sandbox

FIELDS = [
    *ATTRIBUTES, *METRICS, *HISTORICAL, *SEGMENTS, *PARTED, *TERMS, REGION, *(f"segments.{name}" for name in DATES),
]  # fmt: skip
TODAY = date(2026, 10, 21)
DATED = "segments.date BETWEEN '2026-10-12' AND '2026-10-21'"
SEARCH = "customers/4820000001/googleAds:search"
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    with running_sandbox(
        ads="google_ads", as_of="2026-10-20T17:00:00Z", days=20, orders_per_day=20, products=12, campaigns=6
    ) as running:
        proof = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": REFRESH_TOKEN}
        granted = httpx.post(f"{running.url}/token", data={**proof, "grant_type": "refresh_token"}).json()
        headers = {"Authorization": f"Bearer {granted['access_token']}", "login-customer-id": "4810000001"}
        with httpx.Client(headers=headers, timeout=60) as client:

            def asked(path: str, query: str = "") -> Any:
                sent = {"json": {"query": query}} if query else {}
                return client.request("POST" if query else "GET", f"{running.url}/v25/{path}", **sent).json()

            yield asked


def allowed(resource: str) -> list[str]:
    """All fields that can be asked for of a resource."""
    found = []
    for name in FIELDS:
        dated = f" WHERE {DATED}" if name.startswith("segments.") else ""
        try:
            check(parse(f"SELECT {name} FROM {resource}{dated}"), TODAY, "v25")
        except GoogleAdsError:
            continue
        found.append(name)
    return found


@pytest.mark.parametrize("resource", sorted(RESOURCES))
def test_given_all_fields_of_a_resource_when_streamed_then_googles_message_takes_them(ask: Ask, resource: str) -> None:
    names = allowed(resource)
    dated = f" WHERE {DATED}" if "segments.date" in names else ""
    parts = ask(f"{SEARCH}Stream", f"SELECT {', '.join(names)} FROM {resource}{dated}")
    read = [ParseDict(part, SearchGoogleAdsStreamResponse.pb()()) for part in parts]
    assert sum(len(part.results) for part in read) > 0


def test_given_other_answers_when_read_then_googles_messages_take_them(ask: Ask) -> None:
    page = ParseDict(ask(SEARCH, "SELECT customer.id FROM customer"), SearchGoogleAdsResponse.pb()())
    assert page.results[0].customer.id == 4820000001
    listed = ParseDict(ask("customers:listAccessibleCustomers"), ListAccessibleCustomersResponse.pb()())
    assert listed.resource_names
    for query in ("SELECT campaign.nonsense FROM campaign", "SELECT campaign.id FROM nonsense", "nonsense"):
        (detail,) = ask(f"{SEARCH}Stream", query)[0]["error"]["details"]
        del detail["@type"]
        failure = ParseDict(detail, GoogleAdsFailure.pb()())
        assert failure.errors[0].error_code.query_error > 1
