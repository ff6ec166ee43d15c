"""Requests and responses as plain values, so that a platform is a function from one to the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus

import orjson

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=utf-8"
CSV = b"text/csv; charset=utf-8"


@dataclass
class Request:
    """One HTTP request. `path` has no query; `query` is the raw text after the question mark.

    Of the headers only `host`, `authorization`, `date`, `content_type` and the one with a platform's key or `token` are
    kept, as they came.
    `sent_query` is what came, and was signed, where a fault has put another `query` in its place.
    """

    method: str
    path: str
    query: str
    body: bytes = b""
    host: str = ""
    authorization: str = ""
    token: str = ""
    sent_query: str | None = None
    date: str = ""
    content_type: str = ""

    @cached_property
    def params(self) -> dict[str, list[str]]:
        """Query parameters by name, decoded, repeated keys kept in order."""
        return _pairs(self.query)

    @property
    def sent_params(self) -> dict[str, list[str]]:
        """The same of the query that came."""
        return self.params if self.sent_query is None else _pairs(self.sent_query)

    def asking(self, query: str) -> Request:
        """Return what a request is that asks something else, but came as this one."""
        return replace(self, query=query, sent_query=self.query if self.sent_query is None else self.sent_query)

    @cached_property
    def form(self) -> dict[str, list[str]]:
        """The body read as a form, like `params`."""
        return _pairs(self.body.decode("utf-8", "replace"))

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body as a JSON object; empty when it is not one."""
        try:
            value = orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}

    def param(self, name: str, default: str = "") -> str:
        """Return the first value of a query parameter."""
        values = self.params.get(name)
        return values[0] if values else default


@dataclass(slots=True)
class Response:
    """One HTTP response, and how badly to deliver it.

    `delay` is in seconds. `cut` sends only that many bytes of the body and closes, though the length promises all;
    `reset` closes the connection without an answer. `sent` is called when the answer has left.
    """

    body: bytes
    status: int = 200
    content_type: bytes = JSON
    headers: list[tuple[str, str]] = field(default_factory=list)
    delay: float = 0.0
    cut: int | None = None
    reset: bool = False
    sent: Callable[[], None] | None = None


def json_response(value: object, status: int = 200) -> Response:
    """Return a value as a JSON response."""
    return Response(orjson.dumps(value), status)


def _pairs(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        if name:
            found.setdefault(_unquote(name), []).append(_unquote(value))
    return found


def _unquote(text: str) -> str:
    # Batches are comma-joined and clients escape the comma; a plain replace spares the slow general decoder.
    text = text.replace("%2C", ",")
    return unquote_plus(text) if "%" in text or "+" in text else text
