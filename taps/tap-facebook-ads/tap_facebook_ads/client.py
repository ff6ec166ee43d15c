"""Meta's Graph API: tokens, errors and usage headers."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tap_toolkit.errors import load_rules
from tap_toolkit.http import ApiClient, Call, Signed

_COUNTS = ("call_count", "total_cputime", "total_time")  # per cent
_REGAIN = "estimated_time_to_regain_access"  # minutes


class FacebookClient(ApiClient):
    """Sends the token as a header, and where the app's secret is known the proof of it that an app may demand."""

    rules = load_rules("tap_facebook_ads")
    refusal_fields = ("error",)
    posts_forms = True

    def __init__(self, *, version: str, app_secret: str = "", **common: Any) -> None:
        super().__init__(**common)
        self.prefix = f"/{version}/"
        self._secret = app_secret.encode()

    def sign(self, call: Call, token: str) -> Signed:
        """The token in the header, so that no address holds it; ``appsecret_proof`` is its HMAC-SHA256."""
        if not token:
            return Signed()
        proof = hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()
        params = [("appsecret_proof", proof)] if self._secret else []
        return Signed(params, {"Authorization": f"Bearer {token}"})

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """``error`` in the body; its code is written ``code/subcode``."""
        if not isinstance(body, Mapping):
            return "", "an answer that is not an object"
        error = body.get("error")
        return error_of(error) if isinstance(error, Mapping) else None

    def observe(self, call: Call, headers: Mapping[str, str]) -> None:
        """Steer by the fullest of the allowances that the usage headers tell of, for as long as the longest takes."""
        throttle = _json(headers, "X-Fb-Ads-Insights-Throttle")
        business = [*_business_usage(headers)]
        # ``reset_time_duration`` is until nothing at all is used, which is longer than anybody must wait.
        account = [
            _percent(usage, "acc_id_util_pct") for usage in (_json(headers, "X-Ad-Account-Usage"), throttle) if usage
        ]
        account += [_percent(entry, *_COUNTS) for entry in business]
        if account and call.account:
            frees_in = max((60 * _percent(entry, _REGAIN) for entry in business), default=0.0)
            self.budget.usage(max(account), call.account, frees_in=frees_in)
        if usage := _json(headers, "X-App-Usage") | throttle:
            self.budget.usage(_percent(usage, *_COUNTS, "app_id_util_pct"))

    def retry_after(self, headers: Mapping[str, str]) -> float | None:
        """Meta names minutes, in the usage header, and never sends ``Retry-After``."""
        return max((60 * _percent(entry, _REGAIN) for entry in _business_usage(headers)), default=0.0) or None


def error_of(error: Mapping[str, Any]) -> tuple[str, str]:
    """The (code, message) of an error object: ``100/33``, code and subcode; what Meta says will pass is told so."""
    code = "/".join(str(part) for part in (error.get("code"), error.get("error_subcode")) if part is not None)
    message = str(error.get("message") or error.get("error_user_msg") or "")
    return code, f"{message} (transient)" if error.get("is_transient") else message


def _percent(usage: Mapping[str, Any], *names: str) -> float:
    """The largest of some of its figures; what is no figure counts for nothing."""
    return max(float(value) if isinstance(value := usage.get(name), (int, float)) else 0.0 for name in names)


def _business_usage(headers: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    for entries in _json(headers, "X-Business-Use-Case-Usage").values():
        if isinstance(entries, list):
            yield from (entry for entry in entries if isinstance(entry, Mapping))


def _json(headers: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        value = json.loads(headers.get(name) or "{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
