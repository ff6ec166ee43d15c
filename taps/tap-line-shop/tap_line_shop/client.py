"""LINE's MyShop API: a key in a header, bare answers, and errors by their HTTP status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tap_toolkit.errors import load_rules
from tap_toolkit.http import ApiClient, Call, Signed


class LineClient(ApiClient):
    """Sends the shop's key with each call; nothing is signed."""

    rules = load_rules("tap_line_shop")
    prefix = "/myshop/v1/"
    refusal_fields = ("code", "message")
    throttled_seconds = 60

    def sign(self, call: Call, token: str) -> Signed:
        """The key, in a header."""
        return Signed(headers={"X-API-KEY": token, "Accept": "application/json"})

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """``code`` and ``message``, which neither an order nor a page has; or what has no rows where a page has them.

        Codes are not documented: the HTTP status decides, and a page that is none is told as ``malformed``.
        """
        if not isinstance(body, Mapping) or ("data" in body and not isinstance(body["data"], list)):
            return "malformed", "an answer that is neither an order nor a page"
        code = body.get("code")
        return None if code is None else (str(code), str(body.get("message") or ""))
