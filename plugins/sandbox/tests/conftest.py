from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T17:00:00Z"
END = int(datetime.fromisoformat(AS_OF).timestamp())
DAY = 86400


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"])


@dataclass
class Client:
    """A client written from the platform's documentation, sharing no code with the sandbox."""

    sandbox: Sandbox
    tokens: dict[int, str] = field(default_factory=dict)
    refresh_tokens: dict[int, str] = field(default_factory=dict)

    def sign(self, path: str, stamp: int, owner: str = "") -> str:
        base = f"{self.sandbox.partner_id}{path}{stamp}{owner}"
        return hmac.new(self.sandbox.partner_key.encode(), base.encode(), hashlib.sha256).hexdigest()

    def send(self, method: str, target: str, body: object = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            connection.request(method, target, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def public(self, name: str, body: object = None, method: str = "POST", **params: object) -> Answer:
        path = f"/api/v2/{name}"
        stamp = int(time.time())
        common = {"partner_id": self.sandbox.partner_id, "timestamp": stamp, "sign": self.sign(path, stamp)}
        return self.send(method, f"{path}?{urlencode({**common, **params}, doseq=True)}", body)

    def refresh(self, shop: int, token: str | None = None) -> Answer:
        token = token or self.refresh_tokens.get(shop) or self.sandbox.refresh_tokens[shop]
        body = {"refresh_token": token, "partner_id": self.sandbox.partner_id, "shop_id": shop}
        answer = self.public("auth/access_token/get", body)
        if not answer.error:
            self.tokens[shop], self.refresh_tokens[shop] = answer.json["access_token"], answer.json["refresh_token"]
        return answer

    def call(self, shop: int, name: str, method: str = "GET", body: object = None, **params: Any) -> Answer:
        if shop not in self.tokens:
            assert self.refresh(shop).error == ""
        path, stamp, token = f"/api/v2/{name}", int(time.time()), self.tokens[shop]
        common: dict[str, object] = {
            "partner_id": self.sandbox.partner_id,
            "timestamp": stamp,
            "access_token": token,
            "shop_id": shop,
            "sign": self.sign(path, stamp, f"{token}{shop}"),
        }
        return self.send(method, f"{path}?{urlencode({**common, **params}, doseq=True)}", body)

    def get(self, shop: int, name: str, **params: Any) -> Any:
        answer = self.call(shop, name, **params)
        assert answer.error == "", answer.json
        return answer.json["response"]

    def serials(self, shop: int, first: int, last: int, by: str = "update_time", **params: object) -> list[str]:
        found: list[str] = []
        while first < last:
            window: dict[str, Any] = {"time_from": first, "time_to": min(last, first + 15 * DAY)}
            window = {"time_range_field": by, "page_size": 100, **window, **params}
            cursor, more = "", True
            while more:
                page = self.get(shop, "order/get_order_list", **window, cursor=cursor)
                found += [row["order_sn"] for row in page["order_list"]]
                more, cursor = page["more"], page["next_cursor"]
            first += 15 * DAY
        return found

    def details(self, shop: int, serials: list[str], fields: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for place in range(0, len(serials), 50):
            batch = ",".join(serials[place : place + 50])
            found += self.get(shop, "order/get_order_detail", order_sn_list=batch, response_optional_fields=fields)[
                "order_list"
            ]
        return found

    def escrows(self, shop: int, serials: list[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for place in range(0, len(serials), 50):
            body = {"order_sn_list": serials[place : place + 50]}
            rows = self.call(shop, "payment/get_escrow_detail_batch", "POST", body).json["response"]
            found += [row["escrow_detail"] for row in rows]
        return found

    def returns(self, shop: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page, more = 0, True
        while more:
            answer = self.get(shop, "returns/get_return_list", page_no=page, page_size=50)
            found += answer["return"]
            page, more = page + 1, answer["more"]
        return found


@dataclass
class Graph:
    """A client of Meta's API written from its documentation, sharing no code with the sandbox."""

    sandbox: Sandbox
    token: str = ""
    version: str = "v25.0"

    def send(self, method: str, path: str, headers: dict[str, str] | None = None, **params: Any) -> Answer:
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        query = urlencode({"access_token": self.token or self.sandbox.facebook_token, **texts})
        target = f"/{self.version}/{path}"
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            if method == "POST":
                connection.request(method, target, query, headers or {})
            else:
                connection.request(method, f"{target}?{query}", headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def get(self, path: str, **params: Any) -> Any:
        answer = self.send("GET", path, **params)
        assert answer.status == 200, answer.json
        return answer.json

    def refused(self, path: str, method: str = "GET", **params: Any) -> tuple[int, int, int | None, str]:
        """Return HTTP status, code, subcode and message of a call that must fail."""
        answer = self.send(method, path, **params)
        error = answer.json["error"]
        assert error["type"]
        assert error["fbtrace_id"]
        return answer.status, error["code"], error.get("error_subcode"), error["message"]

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """Return all rows of an edge, page by page."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(path, **params)
            found += page["data"]
            if "next" not in page.get("paging", {}):
                return found
            params = {**params, "after": page["paging"]["cursors"]["after"]}

    def act(self, place: int = 0) -> str:
        return f"act_{self.sandbox.ad_account_ids[place]}"

    def report(self, path: str, **params: Any) -> str:
        """Start a report and return its number."""
        answer = self.send("POST", f"{path}/insights", **params)
        assert answer.status == 200, answer.json
        return str(answer.json["report_run_id"])

    def wait(self, run_id: str) -> dict[str, Any]:
        """Poll a report until it is over, and return what it says then."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            status: dict[str, Any] = self.get(run_id)
            if not status["is_running"]:
                return status
            time.sleep(0.01)
        raise AssertionError(status)


@pytest.fixture(scope="session")
def graph(sandbox: Sandbox) -> Graph:
    return Graph(sandbox)


@pytest.fixture
def own_graph(own_sandbox: Sandbox) -> Graph:
    return Graph(own_sandbox)


@pytest.fixture(scope="session")
def graph_of() -> Callable[..., Graph]:
    return Graph


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One business for tests that change nothing in it."""
    with running_sandbox(as_of=AS_OF, orders_per_day=20, days=60) as running:
        yield running


@pytest.fixture(scope="session")
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)


@pytest.fixture
def own_sandbox() -> Iterator[Sandbox]:
    """A sandbox a test may break."""
    with running_sandbox(as_of=AS_OF, orders_per_day=20, days=20) as running:
        yield running


@pytest.fixture
def own(own_sandbox: Sandbox) -> Client:
    return Client(own_sandbox)


@pytest.fixture(scope="session")
def connect() -> Callable[[Sandbox], Client]:
    return Client


@pytest.fixture(scope="session")
def end() -> int:
    """The instant the sandboxes' clock stands at."""
    return END


@pytest.fixture(scope="module")
def own_shared_sandbox() -> Iterator[Sandbox]:
    """One breakable sandbox for tests that mend what they break."""
    with running_sandbox(as_of=AS_OF, orders_per_day=2, days=2) as running:
        yield running


@pytest.fixture(scope="module")
def own_shared(own_shared_sandbox: Sandbox) -> Client:
    return Client(own_shared_sandbox)
