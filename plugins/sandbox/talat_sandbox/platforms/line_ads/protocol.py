"""LINE Ads' signature, envelope and errors.

Every request bears a JSON Web Signature (RFC 7515, HS256) over its body's digest, its content type, the day of its
`Date` header and its path without the query.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from email.utils import parsedate_to_datetime

import orjson

from talat_sandbox.web import Request, Response

PREFIX = "/api/v3/"
ACCESS_KEY = "SANDBOXLINEADS01"
SECRET_KEY = "sandbox4d6f636b4c696e65416473536563726574"
GROUP = "G49799300001"
_SKEW = 900  # seconds

#: What the body says with a status where it says no more.
REASONS = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 403: "FORBIDDEN", 404: "NOT_FOUND", 500: "INTERNAL"}


class ApiError(Exception):
    """A refusal: an HTTP status and LINE's reason, perhaps of one property."""

    def __init__(self, status: int, reason: str = "", about: str = "") -> None:
        super().__init__(status)
        self.status, self.reason, self.about = status, reason or REASONS.get(status, ""), about


def error_response(status: int, reason: str = "", about: str = "") -> Response:
    """Return an error as LINE tells it; of too many requests it tells the status alone."""
    if status == 429:
        return Response(b"", 429)
    error = {"reason": reason or REASONS.get(status, "INTERNAL"), **({"property": about} if about else {})}
    return Response(orjson.dumps({"errors": [error]}), status)


def payload_of(body: bytes, content_type: str, day: str, path: str) -> str:
    """Return what is signed; `day` is YYYYMMDD in GMT. Without a body there is no content type."""
    return "\n".join((hashlib.sha256(body).hexdigest(), content_type if body else "", day, path))


def check_signature(request: Request, access_key: str = ACCESS_KEY, secret: str = SECRET_KEY) -> None:
    """Raise ApiError (401) unless the request is signed with the group's key, now, for itself."""
    parts = request.authorization.removeprefix("Bearer ").split(".")
    try:
        header, payload = json.loads(_decoded(parts[0])), _decoded(parts[1]).decode()
        given = _decoded(parts[2])
        stamp = parsedate_to_datetime(request.date)
    except (ValueError, IndexError, TypeError):
        raise ApiError(401, "INVALID_TOKEN") from None
    right = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
    if header.get("alg") != "HS256" or header.get("kid") != access_key or not hmac.compare_digest(right, given):
        raise ApiError(401, "INVALID_SIGNATURE")
    if not request.date.endswith("GMT") or abs(stamp.timestamp() - time.time()) > _SKEW:
        raise ApiError(401, "INVALID_DATE")
    content_type = request.content_type.partition(";")[0]
    if payload != payload_of(request.body, content_type, stamp.strftime("%Y%m%d"), request.path):
        raise ApiError(401, "INVALID_PAYLOAD")


def page_of(rows: list[dict[str, object]], page: int, size: int) -> dict[str, object]:
    """Return a page, from 1 on, of rows that come newest first."""
    paging = {"page": page, "size": size, "totalElements": len(rows), "sorts": ["createdDate,DESC"]}
    return {"paging": paging, "datas": rows[(page - 1) * size : page * size]}


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part.rstrip("=") + "=" * (-len(part.rstrip("=")) % 4))
