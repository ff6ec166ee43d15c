"""Shopee's Open Platform API v2: signature, envelope and tokens."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tap_toolkit.errors import load_rules
from tap_toolkit.http import ApiClient, Call, Signed
from tap_toolkit.tokens import Tokens

_ENVELOPE = ("error", "message", "request_id", "warning")


class ShopeeClient(ApiClient):
    """Signs with HMAC-SHA256 over partner id, path, time, token and shop; business parameters are not signed."""

    rules = load_rules("tap_shopee")
    prefix = "/api/v2/"
    payload_field = "response"
    refusal_fields = ("error", "message")

    def __init__(self, *, partner_id: int, partner_key: str, **common: Any) -> None:
        super().__init__(**common)
        self.partner_id = partner_id
        self._key = partner_key.encode()

    def signature(self, path: str, timestamp: int, token: str = "", shop_id: str = "") -> str:
        """Lowercase hex; ``path`` without the prefix, ``timestamp`` in seconds since 1970."""
        base = f"{self.partner_id}{self.prefix}{path}{timestamp}{token}{shop_id}"
        return hmac.new(self._key, base.encode(), hashlib.sha256).hexdigest()

    def sign(self, call: Call, token: str) -> Signed:
        """Common parameters, in the query also of a POST; made anew for each attempt, for they last five minutes."""
        shop, now = call.account if call.authorized else "", int(self.now())
        params: dict[str, Any] = {"partner_id": self.partner_id, "timestamp": now}
        params["sign"] = self.signature(call.path, now, token, shop)
        if call.authorized:
            params |= {"access_token": token, "shop_id": shop}
        return Signed([(name, str(value)) for name, value in params.items()])

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """An error is a non-empty ``error``, mostly with HTTP status 200; samples write "-" for none."""
        if not isinstance(body, Mapping):
            return "", "an answer that is not an object"
        code = str(body.get("error") or "")
        return None if code in ("", "-") else (code.casefold(), str(body.get("message") or ""))

    def payload(self, body: Any) -> Any:
        """``response``, or for shop info and tokens the rest of the body."""
        if "response" in body:
            return body["response"]
        return {name: value for name, value in body.items() if name not in _ENVELOPE}

    def consent_url(self, redirect: str) -> str:
        """Where a seller consents; the answer comes to ``redirect`` with ``code`` and ``shop_id``."""
        path, now = "shop/auth_partner", int(self.now())
        query = {"partner_id": self.partner_id, "timestamp": now, "sign": self.signature(path, now)}
        return f"{self.base_url}{self.prefix}{path}?{urlencode({**query, 'redirect': redirect})}"

    def token(self, method: str, shop_id: str, **proof: str) -> Tokens:
        """A pair for a ``code`` (``token/get``) or a ``refresh_token`` (``access_token/get``), which then is dead."""
        body = {**proof, "partner_id": self.partner_id, "shop_id": int(shop_id)}
        answer = self.call(Call(f"auth/{method}", shop_id, body=body, authorized=False, once=True))
        now, lasts = datetime.now(UTC), int(answer["expire_in"])
        # One of Shopee's samples has a point in time here.
        expires = now + timedelta(seconds=lasts) if lasts <= 86400 else datetime.fromtimestamp(lasts, UTC)
        return Tokens(answer["access_token"], answer["refresh_token"], expires, now + timedelta(days=30))
