"""Sample's API: how a call is signed, and what an answer says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tap_toolkit.errors import load_rules
from tap_toolkit.http import ApiClient, Call, Signed


class SampleClient(ApiClient):
    """Sends the shop's key with each call."""

    rules = load_rules("tap_sample")
    prefix = "/v1/"
    refusal_fields = ("error", "message")

    def sign(self, call: Call, token: str) -> Signed:
        """The key, in a header; whatever must be new for each attempt (a time, a signature) belongs here, too."""
        return Signed(headers={"X-API-KEY": token})

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """The code and message of an error; an answer without ``error`` is none."""
        if not isinstance(body, Mapping):
            return "", "an answer that is not an object"
        code = body.get("error")
        return None if code is None else (str(code), str(body.get("message") or ""))
