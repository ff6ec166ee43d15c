"""TikTok's API for business: the token, the advertiser and the envelope."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tap_toolkit.errors import load_rules
from tap_toolkit.http import ApiClient, Call, Signed

INFO = "advertiser/info/"


class TikTokAdsClient(ApiClient):
    """Sends the token as a header, and with each call of an advertiser the advertiser's number."""

    rules = load_rules("tap_tiktok_ads")
    prefix = "/open_api/v1.3/"
    payload_field = "data"
    refusal_fields = ("code", "message")

    def sign(self, call: Call, token: str) -> Signed:
        """Lists among the parameters are JSON texts, and the one call for many advertisers has such a list."""
        params = [("advertiser_id", call.account)] if call.account else []
        if call.path == INFO:
            params = [("advertiser_ids", json.dumps([call.account]))]
        return Signed(params, {"Access-Token": token} if token else {})

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """An error is a code other than 0; its HTTP status is 200, too."""
        if not isinstance(body, Mapping):
            return "", "an answer that is not an object"
        code = body.get("code")
        return None if code in (0, "0") else (str("" if code is None else code), str(body.get("message") or ""))

    def payload(self, body: Any) -> Any:
        """``data``."""
        return body.get("data")
