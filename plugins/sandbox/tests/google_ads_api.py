"""A client of the Google Ads API, and the business, customer and days that its tests ask for."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from talat_sandbox.platforms.google.accounts import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN, TOKEN
from talat_sandbox.platforms.google_ads.accounts import MANAGER
from talat_sandbox.testing import Sandbox

AS_OF = "2026-10-20T17:00:00Z"
BUSINESS: dict[str, Any] = {
    "ads": "google_ads", "as_of": AS_OF, "days": 40, "orders_per_day": 40, "products": 12, "campaigns": 6,
}  # fmt: skip
FIRST = 4_820_000_001
DATED = "segments.date BETWEEN '2026-09-01' AND '2026-10-21'"
REFRESH = {"grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN}
Reply = tuple[int, Any]
Asker = Callable[..., Reply]


def send(sandbox: Sandbox, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, Any, str]:
    connection = http.client.HTTPConnection("127.0.0.1", sandbox.port, timeout=60)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        content = answer.read()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, json.loads(content) if is_json else content, answer.getheader("Location") or ""
    finally:
        connection.close()


def token_answer(sandbox: Sandbox, **form: str) -> Reply:
    return send(sandbox, "POST", TOKEN, urlencode({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **form}))[:2]


def new_token(sandbox: Sandbox) -> str:
    status, answer = token_answer(sandbox, **REFRESH)
    assert status == 200, answer
    return str(answer["access_token"])


def asker(sandbox: Sandbox) -> Asker:
    """What asks a customer a query, with a token of its own, and returns HTTP status and answer."""
    token = new_token(sandbox)

    def asked(query: str, customer: object = FIRST, *, login: object = MANAGER, method: str = "searchStream") -> Reply:
        headers = {"Authorization": f"Bearer {token}"} | ({"login_customer_id": str(login)} if login else {})
        path = f"/v25/customers/{customer}/googleAds:{method}"
        return send(sandbox, "POST", path, json.dumps({"query": query}), **headers)[:2]

    return asked


def code(answer: Any) -> str:
    error = (answer[0] if isinstance(answer, list) else answer)["error"]
    ((kind, name),) = error["details"][0]["errors"][0]["errorCode"].items()
    return f"{kind}.{name}"
