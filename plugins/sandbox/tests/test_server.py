"""The HTTP layer alone: order, delays, and what happens to nonsense."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from email.utils import parsedate_to_datetime

import pytest

from talat_sandbox.server import listen
from talat_sandbox.web import Request, Response

DELAYS = {"/slow": 0.2, "/fast": 0.0}


def answer(request: Request) -> Response:
    if request.path == "/bug":
        raise ZeroDivisionError("never shown to a client")
    return Response(f"{request.method} {request.path} {request.body.decode()}".encode(), delay=DELAYS[request.path])


async def exchange(sent: bytes) -> bytes:
    server, port = await listen(answer, 0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()


def get(path: str, more: str = "") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n".encode()


def test_given_pipelined_requests_when_the_first_is_slow_then_answers_keep_their_order() -> None:
    received = asyncio.run(exchange(get("/slow") + get("/fast") + get("/fast", "Connection: close\r\n")))
    bodies = [part.split(b"\r\n\r\n")[1] for part in received.split(b"HTTP/1.1 200 OK\r\n")[1:]]
    assert bodies == [b"GET /slow ", b"GET /fast ", b"GET /fast "]


def test_given_an_answer_when_read_then_it_tells_the_platforms_time() -> None:
    received = asyncio.run(exchange(get("/fast", "Connection: close\r\n")))
    date = re.search(rb"\r\nDate: (.*) GMT\r\n", received)
    assert date
    assert abs(parsedate_to_datetime(date[1].decode() + " GMT").timestamp() - time.time()) < 5


def test_given_a_body_in_pieces_when_posted_then_it_arrives_whole() -> None:
    request = b"POST /fast HTTP/1.0\r\nContent-Length: 6\r\n\r\nabcdef"
    assert asyncio.run(exchange(request)).endswith(b"POST /fast abcdef")


def test_given_bytes_that_are_not_http_when_sent_then_the_line_is_closed() -> None:
    assert asyncio.run(exchange(b"\x16\x03\x01 hello\r\n\r\n")) == b""


def test_given_a_bug_in_a_handler_when_called_then_the_client_gets_500_and_the_log_the_reason(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        received = asyncio.run(exchange(get("/bug", "Connection: close\r\n")))
    assert received.startswith(b"HTTP/1.1 500 Internal Server Error")
    assert b"never shown" not in received
    assert "ZeroDivisionError" in caplog.text
