"""LINE's keys, envelope and errors."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import orjson

from talat_sandbox.business.shops import iso
from talat_sandbox.web import Response

PREFIX = "/myshop/v1/"
KEY = "sandbox-line-key-"

#: Codes are not catalogued: those of the statuses that are documented, and what is said with them.
ERRORS = {
    400: ("BAD_REQUEST", "invalid parameter"),
    401: ("UNAUTHORIZED", "invalid API key"),
    403: ("FORBIDDEN", "the API key is not allowed to do this"),
    404: ("NOT_FOUND", "not found"),
    409: ("CONFLICT", "the state does not allow this"),
    429: ("TOO_MANY_REQUESTS", "rate limit exceeded"),
}


class ApiError(Exception):
    """A refusal with one of LINE's statuses."""

    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(status)
        self.status, self.message = status, message


def api_key(shop_id: int, generation: int = 1) -> str:
    """Return a shop's key, or the n-th that was made after others had been deleted. Invented."""
    return f"{KEY}{shop_id}" + (f"-{generation}" if generation > 1 else "")


def error_response(status: int, message: str = "", code: str = "") -> Response:
    """Return an error as LINE tells it: the HTTP status says what kind it is."""
    usual, said = ERRORS.get(status, ("INTERNAL_SERVER_ERROR", "internal server error"))
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"code": code or usual, "message": message or said, "timestamp": stamp}
    return with_id(Response(orjson.dumps(body), status))


def with_id(response: Response) -> Response:
    """Return the answer with the number by which LINE's support finds the request."""
    response.headers.append(("x-line-oap-request-id", uuid.uuid4().hex))
    return response


def time_text(instant: int) -> str:
    """Return an epoch second as LINE writes it: UTC, with milliseconds."""
    return iso(instant).replace("Z", ".000Z")


def baht(satang: int) -> int | float:
    """Return satang as a JSON number of baht: whole where it is whole."""
    return satang // 100 if satang % 100 == 0 else satang / 100
