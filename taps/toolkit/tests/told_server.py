"""A server on localhost that answers as it is told, and a client of the made-up platform behind it."""

from __future__ import annotations

import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tap_toolkit.errors import (
    Fatal,
    Reauthorize,
    Retry,
    Rule,
    SkipRecord,
    SkipStream,
)
from tap_toolkit.http import ApiClient, Call, Signed
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.testing import Clock

SECRET = "s3cr3t-token"


@dataclass
class Answer:
    """What the server sends: a body of JSON, or raw bytes; ``cut`` closes the connection in the middle."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    seconds: float = 0.0


class Server(ThreadingHTTPServer):
    """Sends the answers of a list one after the other, the last one for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[Answer] = []
        self.asked: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.under_way = self.most = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        server = self.server
        with server.lock:
            server.asked.append(dict(parse_qsl(urlsplit(self.path).query)))
            if length := int(self.headers.get("Content-Length") or 0):
                server.bodies.append(self.rfile.read(length))
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            server.under_way += 1
            server.most = max(server.most, server.under_way)
        time.sleep(answer.seconds)
        with server.lock:
            server.under_way -= 1
        content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        self.send_response_only(answer.status)
        for name, value in {"Content-Length": str(len(content)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if answer.cut else content)
        if answer.cut:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    do_POST = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Client(ApiClient):
    """A made-up platform whose errors are ``{"error": code, "message": text}``."""

    prefix = "/v1/"
    rules = (
        Rule("gone", SkipRecord, "It is gone."),
        Rule("forbidden", SkipStream, "Ask for the permission."),
        Rule("busy", Retry, "Later.", throttled=True),
        Rule("full", Retry, "Later.", throttled=True, account_only=True),
        Rule("twice", Retry, "Again.", attempts=2, then=Fatal),
        Rule("token", Reauthorize, "Consent."),
    )

    def sign(self, call: Call, token: str) -> Signed:
        return Signed([("token", token or SECRET), ("at", str(int(self.now())))])

    def refusal(self, body: Any) -> tuple[str, str] | None:
        return (body["error"], body.get("message", "")) if body.get("error") else None


def client(server: Server | None, url: str = "", **more: Any) -> Client:
    watch = Clock()
    made: Client = more.pop("kind", Client)(
        base_url=server.url if server else url,
        budget=RateBudget(clock=watch, sleep=watch.sleep, began=0.0),
        concurrency=more.pop("concurrency", 4),
        user_agent="test",
        **more,
    )
    return made


OK = Answer({"money": 199.10, "rows": [1]})
