"""A small Sample of the tests' own, until the sandbox has one, and the tap run against it."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tap_toolkit.testing import Run, run_tap

Config = dict[str, Any]
KEYS = {"main": "key-of-the-main-shop", "second": "key-of-the-second-shop"}
FIRST = datetime(2026, 9, 1, tzinfo=UTC)
PAGE = 100


def orders_of(shop: str, count: int = 250) -> list[dict[str, Any]]:
    """An order every four hours, with exact money and a person's address."""
    return [
        {
            "id": (1 + list(KEYS).index(shop)) * 1_000_000 + number,
            "status": "paid",
            "updated_at": (FIRST + timedelta(hours=4 * number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "total": number + 0.25,
            "email": f"PII-{number}@mail.example",
        }
        for number in range(count)
    ]


class Api(ThreadingHTTPServer):
    """Serves the orders of both shops; ``trouble`` are answers that are given instead, by status and body."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.orders = {shop: orders_of(shop) for shop in KEYS}
        self.trouble: list[tuple[int, dict[str, Any]]] = []
        self.dead: set[str] = set()
        self.calls: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, target: str, key: str) -> tuple[int, dict[str, Any]]:
        """The status and body for a path with its query."""
        path, params = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query))
        self.calls.append(path)
        if self.trouble:
            return self.trouble.pop(0)
        shop = next((shop for shop, known in KEYS.items() if known == key), None)
        if shop is None or shop in self.dead:
            return 401, {"error": "wrong_key", "message": "no such key"}
        if path == "/v1/shop":
            return 200, {"name": f"The {shop} shop"}
        span = (params["updated_from"], params["updated_to"])
        rows = [row for row in self.orders[shop] if span[0] <= row["updated_at"] <= span[1]]
        start = int(params.get("cursor") or 0)
        more = start + PAGE < len(rows)
        return 200, {"orders": rows[start : start + PAGE], "more": more, "next": str(start + PAGE) if more else ""}


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the API."""

    protocol_version = "HTTP/1.1"
    server: Api

    def do_GET(self) -> None:
        status, body = self.server.answer(self.path, self.headers.get("X-API-KEY", ""))
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def config(api: Api) -> Config:
    return {
        "api_keys": KEYS,
        "api_url": api.url,
        "start_date": "2026-08-31T00:00:00Z",
        "end_date": "2026-11-01T00:00:00Z",
        "requests_per_second": 0,
    }


@pytest.fixture
def read(config: Config) -> Callable[..., Run]:
    """Run the tap as a process, installed or not; settings may be given by name."""

    def run(*args: str, state: object = None, **settings: Any) -> Run:
        return run_tap((sys.executable, "-m", "tap_sample"), {**config, **settings}, *args, state=state)

    return run
