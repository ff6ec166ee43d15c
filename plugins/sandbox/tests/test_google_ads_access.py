"""Customers, tokens, pages, limits and planned faults of the Google Ads API."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from plugins.sandbox.tests.google_ads_api import (
    AS_OF,
    BUSINESS,
    DATED,
    FIRST,
    REFRESH,
    Asker,
    Reply,
    asker,
    code,
    new_token,
    send,
    token_answer,
)
from talat_sandbox.platforms.google.accounts import CLIENT_ID, CONSENT
from talat_sandbox.platforms.google_ads.accounts import MANAGER, SUB_MANAGER, SUSPENDED
from talat_sandbox.platforms.google_ads.protocol import SCOPE
from talat_sandbox.testing import Sandbox, running_sandbox

ANALYTICS = "https://www.googleapis.com/auth/analytics.readonly"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(**BUSINESS) as running:
        yield running


@pytest.fixture
def ask(sandbox: Sandbox) -> Asker:
    return asker(sandbox)


def test_customers_are_found_below_their_manager(ask: Asker, sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {new_token(sandbox)}"}
    listed = send(sandbox, "GET", "/v25/customers:listAccessibleCustomers", **headers)[1]
    assert listed == {"resourceNames": [f"customers/{MANAGER}"]}
    query = "SELECT customer_client.id, customer_client.level, customer_client.status, customer_client.time_zone, "
    query += "customer_client.manager, customer_client.currency_code, customer_client.descriptive_name "
    status, answer = ask(query + "FROM customer_client", MANAGER)
    assert status == 200
    clients = {row["customerClient"]["id"]: row["customerClient"] for row in answer[0]["results"]}
    assert clients[str(SUSPENDED)]["status"] == "SUSPENDED"
    assert clients[str(SUB_MANAGER)]["manager"] is True
    books = [row for row in sandbox.truth("ad_accounts") if row["platform"] == "google_ads"]
    assert books
    for row in books:
        client = clients[row["account_id"]]
        assert (client["descriptiveName"], client["currencyCode"]) == (row["name"], row["currency"])
        assert client["timeZone"] == row["time_zone"]
    enabled = ask(query + "FROM customer_client WHERE customer_client.status = 'ENABLED'", MANAGER)[1][0]["results"]
    assert len(enabled) == len(clients) - 1
    below = ask(query + "FROM customer_client", SUB_MANAGER)[1][0]["results"]
    assert [row["customerClient"]["id"] for row in below] == [str(SUB_MANAGER), str(FIRST + 1)]


@pytest.mark.parametrize(
    ("customer", "login", "status", "expected"),
    [
        (FIRST, None, 403, "authorizationError.USER_PERMISSION_DENIED"),
        (FIRST, SUB_MANAGER, 403, "authorizationError.USER_PERMISSION_DENIED"),
        (FIRST, "481-000-0001", 400, "headerError.INVALID_LOGIN_CUSTOMER_ID"),
        (FIRST + 900, MANAGER, 403, "authorizationError.USER_PERMISSION_DENIED"),
        (SUSPENDED, MANAGER, 403, "authorizationError.CUSTOMER_NOT_ENABLED"),
        ("482-000-0001", MANAGER, 400, "requestError.INVALID_CUSTOMER_ID"),
    ],
)
def test_who_may_read_which_customer(ask: Asker, customer: object, login: object, status: int, expected: str) -> None:
    found, answer = ask("SELECT customer.id FROM customer", customer, login=login)
    assert (found, code(answer)) == (status, expected)
    assert ask("SELECT customer.id FROM customer", FIRST + 1, login=SUB_MANAGER)[0] == 200


def test_a_manager_has_no_metrics(ask: Asker) -> None:
    status, answer = ask("SELECT metrics.clicks FROM campaign", MANAGER)
    assert (status, code(answer)) == (400, "queryError.REQUESTED_METRICS_FOR_MANAGER")
    assert "results" not in ask("SELECT campaign.id FROM campaign", MANAGER)[1][0]


def token_for(sandbox: Sandbox, scope: str) -> str:
    """An access token that was consented to for a scope alone."""
    query = {"client_id": CLIENT_ID, "redirect_uri": "http://127.0.0.1:9/", "response_type": "code", "scope": scope}
    _, _, target = send(sandbox, "GET", f"{CONSENT}?{urlencode({**query, 'approve': '1'})}")
    grant = {"grant_type": "authorization_code", "code": parse_qs(urlsplit(target).query)["code"][0]}
    return str(token_answer(sandbox, **grant, redirect_uri="http://127.0.0.1:9/")[1]["access_token"])


def test_a_dead_version_and_a_foreign_token_are_refused(sandbox: Sandbox) -> None:
    path = f"/v25/customers/{FIRST}/googleAds:search"
    status, answer, _ = send(sandbox, "POST", path, "{}", Authorization="Bearer ya29.unknown")
    assert (status, code(answer)) == (401, "authenticationError.OAUTH_TOKEN_INVALID")
    status, answer, _ = send(sandbox, "POST", path, "{}", Authorization=f"Bearer {token_for(sandbox, ANALYTICS)}")
    assert (status, answer["error"]["status"], "scopes" in answer["error"]["message"]) == (
        403, "PERMISSION_DENIED", True,
    )  # fmt: skip
    status, answer, _ = send(sandbox, "POST", path.replace("v25", "v22"), "{}")
    assert (status, code(answer)) == (400, "requestError.UNSUPPORTED_VERSION")


def test_search_has_pages_of_a_size_that_nobody_chooses(sandbox: Sandbox) -> None:
    headers = {"Authorization": f"Bearer {new_token(sandbox)}", "login_customer_id": str(MANAGER)}
    path = f"/v25/customers/{FIRST}/googleAds:search"

    def asked(**body: object) -> tuple[int, Any, str]:
        return send(sandbox, "POST", path, json.dumps(body), **headers)

    query = (
        "SELECT campaign.id, ad_group.id, ad_group_criterion.criterion_id, segments.device, segments.ad_network_type, "
        f"segments.date, metrics.clicks FROM keyword_view WHERE {DATED}"
    )
    first = asked(query=query, searchSettings={"returnTotalResultsCount": True})[1]
    total, seen = int(first["totalResultsCount"]), len(first["results"])
    assert seen == min(total, 10_000)
    if "nextPageToken" in first:
        last = asked(query=query, pageToken=first["nextPageToken"])[1]
        assert seen + len(last["results"]) == total
    assert code(asked(query=query, pageSize=100)[1]) == "requestError.PAGE_SIZE_NOT_SUPPORTED"
    assert code(asked(query=query, pageToken="AAA")[1]) == "requestError.INVALID_PAGE_TOKEN"
    behind = base64.urlsafe_b64encode(b"10000@1790000000").decode()
    assert "results" not in asked(query="SELECT campaign.id FROM campaign", pageToken=behind)[1]


def test_a_day_has_so_many_operations_and_a_second_so_many_calls() -> None:
    with running_sandbox(
        ads="google_ads", as_of=AS_OF, days=3, orders_per_day=2, shops=1, operations_a_day=2
    ) as limited:
        headers = {"Authorization": f"Bearer {new_token(limited)}", "login_customer_id": str(MANAGER)}
        path, body = f"/v25/customers/{FIRST}/googleAds:searchStream", '{"query": "SELECT customer.id FROM customer"}'
        answers = [send(limited, "POST", path, body, **headers) for _ in range(3)]
        assert [status for status, _, _ in answers] == [200, 200, 429]
        (failure,) = answers[2][1][0]["error"]["details"][0]["errors"]
        assert code(answers[2][1]) == "quotaError.RESOURCE_EXHAUSTED"
        wait = int(failure["details"]["quotaErrorDetails"]["retryDelay"].removesuffix("s"))
        assert 86_000 < wait <= 86_401
    with running_sandbox(ads="google_ads", as_of=AS_OF, days=3, orders_per_day=2, shops=1, shop_rps=1) as limited:
        headers = {"Authorization": f"Bearer {new_token(limited)}", "login_customer_id": str(MANAGER)}
        answers = [send(limited, "POST", path, body, **headers) for _ in range(3)]
        assert code(answers[2][1]) == "quotaError.RESOURCE_TEMPORARILY_EXHAUSTED"


def test_consent_brings_a_refresh_token_that_does_not_rotate(sandbox: Sandbox) -> None:
    query = {
        "client_id": CLIENT_ID, "redirect_uri": "http://127.0.0.1:9/", "response_type": "code", "scope": SCOPE,
        "access_type": "offline", "prompt": "consent", "state": "s",
    }  # fmt: skip
    status, page, _ = send(sandbox, "GET", f"{CONSENT}?{urlencode(query)}")
    assert status == 200
    assert b"approve=1" in page
    _, _, target = send(sandbox, "GET", f"{CONSENT}?{urlencode({**query, 'approve': '1'})}")
    answer = parse_qs(urlsplit(target).query)
    form = {"grant_type": "authorization_code", "code": answer["code"][0], "redirect_uri": "http://127.0.0.1:9/"}
    status, tokens = token_answer(sandbox, **form)
    assert (status, answer["state"], tokens["expires_in"]) == (200, ["s"], 3599)
    assert token_answer(sandbox, **form)[1]["error"] == "invalid_grant"
    for _ in range(2):
        status, renewed = token_answer(sandbox, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
        assert status == 200
        assert "refresh_token" not in renewed
    _, _, refused = send(sandbox, "GET", f"{CONSENT}?{urlencode({**query, 'deny': '1'})}")
    assert "error=access_denied" in refused
    status, answer, _ = send(sandbox, "GET", f"{CONSENT}?{urlencode({**query, 'scope': 'adwords'})}")
    assert (status, answer["error"]) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({**REFRESH, "client_secret": "x"}, 401, "invalid_client"),
        ({**REFRESH, "refresh_token": "x"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "invalid_grant"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "a.b.c"}, 400, "invalid_grant"),
    ],
)
def test_what_the_token_endpoint_refuses(sandbox: Sandbox, form: dict[str, str], status: int, error: str) -> None:
    found, answer = token_answer(sandbox, **form)
    assert (found, answer["error"]) == (status, error)


def test_personal_data_are_planted_and_faults_strike(ask: Asker, sandbox: Sandbox) -> None:
    people = ask("SELECT customer_user_access.email_address FROM customer_user_access")[1][0]["results"]
    assert people[0]["customerUserAccess"]["emailAddress"].startswith("PII-")
    match = {"path": "googleAds", "account": str(FIRST)}
    sandbox.faults(
        {"match": match, "kind": "error", "code": "internalError.TRANSIENT_ERROR"},
        {"match": match, "kind": "rate_limit", "after": 1},
        {"match": match, "kind": "expire_token", "after": 2},
    )
    answers = [ask("SELECT customer.id FROM customer") for _ in range(3)]
    assert [(status, code(answer)) for status, answer in answers] == [
        (503, "internalError.TRANSIENT_ERROR"),
        (429, "quotaError.RESOURCE_TEMPORARILY_EXHAUSTED"),
        (401, "authenticationError.OAUTH_TOKEN_EXPIRED"),
    ]
    sandbox.clear_faults()


def test_faults_find_the_records_in_the_parts_of_a_stream(ask: Asker, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": "searchStream"}, "kind": "duplicate"})
    doubled = ask("SELECT campaign.id FROM campaign")[1][0]["results"]
    assert doubled[0] == doubled[-1]
    assert len(doubled) == 1 + len(ask("SELECT campaign.id FROM campaign")[1][0]["results"])


def test_a_customer_can_be_lost_and_denied_and_consent_withdrawn() -> None:
    with running_sandbox(ads="google_ads", as_of=AS_OF, days=3, orders_per_day=2, shops=2) as own:
        headers = {"Authorization": f"Bearer {new_token(own)}", "login_customer_id": str(MANAGER)}

        def asked(customer: int) -> Reply:
            path, body = f"/v25/customers/{customer}/googleAds:search", '{"query": "SELECT campaign.id FROM campaign"}'
            return send(own, "POST", path, body, **headers)[:2]

        own.revoke(account=str(FIRST))
        own.deny(account=str(FIRST + 1), path="FROM campaign")
        assert code(asked(FIRST)[1]) == "authorizationError.USER_PERMISSION_DENIED"
        assert code(asked(FIRST + 1)[1]) == "authorizationError.METRIC_ACCESS_DENIED"
        send(own, "POST", "/_sandbox/google/revoke_consent", "{}")
        assert code(asked(FIRST)[1]) == "authenticationError.OAUTH_TOKEN_REVOKED"
        assert token_answer(own, **REFRESH)[1]["error_description"] == "Token has been expired or revoked."
