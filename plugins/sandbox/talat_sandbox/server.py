"""HTTP/1.1 on one asyncio loop: keep-alive, Content-Length and Date, delays that block nobody."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import cast

import httptools

from talat_sandbox.web import Request, Response

Handler = Callable[[Request], Response]

# Headers in which platforms other than Meta want their key or token, or Google the manager that one comes by.
_TOKENS = (b"x-api-key", b"x-tts-access-token", b"access-token", b"login-customer-id")
_KEPT_LENGTHS = {*map(len, ("host", "authorization", "date", "content-type")), *map(len, _TOKENS)}
_REASONS = {status.value: f"{status.value} {status.phrase}".encode() for status in HTTPStatus}


class Connection(asyncio.Protocol):
    """One client connection; answers leave in the order of their requests."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._parser = httptools.HttpRequestParser(self)
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._free_at = 0.0
        self._waiting = 0
        self._url = b""
        self._body: list[bytes] = []
        self._headers: dict[bytes, str] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        """Parse what arrived; a client that does not speak HTTP is hung up on."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._transport:
                self._transport.close()

    def on_message_begin(self) -> None:
        """Start a new request."""
        self._url, self._body, self._headers = b"", [], {}

    def on_url(self, url: bytes) -> None:
        """Collect the request target."""
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep the headers a platform may look at; all others only cost time."""
        if len(name) in _KEPT_LENGTHS:
            self._headers[name.lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        """Collect the request body."""
        self._body.append(body)

    def on_message_complete(self) -> None:
        """Answer a request that has arrived whole."""
        path, _, query = self._url.decode("latin-1").partition("?")
        headers = self._headers
        request = Request(
            self._parser.get_method().decode(),
            path,
            query,
            b"".join(self._body),
            headers.get(b"host", ""),
            headers.get(b"authorization", ""),
            next((headers[name] for name in _TOKENS if name in headers), ""),
            date=headers.get(b"date", ""),
            content_type=headers.get(b"content-type", ""),
        )
        keep_alive = self._parser.should_keep_alive()
        try:
            response = self._handle(request)
        except Exception:  # a bug in one handler must not end the server for every test that shares it
            logging.exception("the sandbox failed at %s", path)
            response = Response(b'{"error":"the sandbox has a bug; see its log"}', 500)
        if response.delay <= 0 and not self._waiting:
            self._send(response, keep_alive)
            return
        self._waiting += 1
        self._free_at = max(self._free_at, self._loop.time() + response.delay)
        self._loop.call_at(self._free_at, self._send_late, response, keep_alive)

    def _send_late(self, response: Response, keep_alive: bool) -> None:
        self._waiting -= 1
        self._send(response, keep_alive)

    def _send(self, response: Response, keep_alive: bool) -> None:
        if response.sent:
            response.sent()
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        if response.reset:
            transport.abort()
            return
        cut = response.cut is not None
        head = b"HTTP/1.1 %b\r\nDate: %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n" % (
            _REASONS.get(response.status, b"%d Unknown" % response.status),
            _date(int(time.time())),
            response.content_type,
            len(response.body),
        )
        for name, value in response.headers:
            head += f"{name}: {value}\r\n".encode("latin-1")
        if not keep_alive:
            head += b"Connection: close\r\n"
        transport.write(head + b"\r\n" + (response.body[: response.cut] if cut else response.body))
        if cut or not keep_alive:
            transport.close()


@functools.lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    """A second since 1970 as HTTP writes it; clients with a wrong clock learn the time from it."""
    return formatdate(second, usegmt=True).encode()


async def listen(handle: Handler, port: int) -> tuple[asyncio.AbstractServer, int]:
    """Start serving on 127.0.0.1 and return the server and its port; port 0 takes a free one.

    Raises OSError when the port is taken.
    """
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(handle), "127.0.0.1", port, backlog=512)
    return server, int(server.sockets[0].getsockname()[1])
