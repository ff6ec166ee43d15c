"""LINE Ads' Management API: a signature for each attempt, bare answers, report files, errors by their HTTP status.

A request bears a JSON Web Signature (RFC 7515, HS256) over the digest of its body, its content type, the day of its
``Date`` header (GMT) and its path without the query.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from tap_line_ads.files import read_file
from tap_toolkit.answers import decode
from tap_toolkit.errors import load_rules
from tap_toolkit.http import ApiClient, Call, Signed


class LineAdsClient(ApiClient):
    """Signs with the group's key; the token that it is given is the secret half."""

    rules = load_rules("tap_line_ads")
    prefix = "/api/v3/"
    refusal_fields = ("errors",)
    throttled_seconds = 2

    def __init__(self, *, access_key: str, **common: Any) -> None:
        super().__init__(**common)
        self._access_key = access_key

    def sign(self, call: Call, token: str) -> Signed:
        """The signature, with the date it speaks of; by LINE's clock, from which it may be 15 minutes off."""
        now = self.now()
        day = time.strftime("%Y%m%d", time.gmtime(now))
        bearer = signature(self._access_key, token, self.content(call) or b"", day, self.prefix + call.path)
        return Signed(headers={"Authorization": f"Bearer {bearer}", "Date": formatdate(now, usegmt=True)})

    def read(self, content: bytes) -> Any:
        """JSON; or the rows of a report's file, which is no JSON."""
        return decode(content) if content.lstrip()[:1] in (b"{", b"[") else {"rows": read_file(content)}

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """The first of ``errors``: its reason, and of which property."""
        if not isinstance(body, Mapping):
            return "malformed", "an answer that is not an object"
        errors = body.get("errors")
        if not errors:
            return None
        first = errors[0] if isinstance(errors, list) and isinstance(errors[0], Mapping) else {}
        return str(first.get("reason") or ""), str(first.get("property") or "")


def signature(access_key: str, secret: str, body: bytes, day: str, path: str) -> str:
    """The signature of a request; ``day`` is ``YYYYMMDD`` in GMT. A request without a body has no content type."""
    header = json.dumps({"alg": "HS256", "kid": access_key, "typ": "text/plain"}, separators=(",", ":"))
    payload = "\n".join((hashlib.sha256(body).hexdigest(), "application/json" if body else "", day, path))
    signed = ".".join(base64.urlsafe_b64encode(part.encode()).decode() for part in (header, payload))
    digest = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).decode()}"
