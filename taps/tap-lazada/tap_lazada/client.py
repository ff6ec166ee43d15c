"""Lazada's Open Platform: signature, envelopes and tokens."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from tap_toolkit.answers import dig
from tap_toolkit.errors import load_rules
from tap_toolkit.http import ApiClient, Call, Signed
from tap_toolkit.tokens import Tokens

_ENVELOPE = ("code", "request_id")
_BAN = re.compile(r"ban will last (\d+) second")


class LazadaClient(ApiClient):
    """Signs with HMAC-SHA256 over the path without ``/rest`` and all parameters, sorted; tokens are another host's."""

    rules = load_rules("tap_lazada")
    prefix = "/rest/"
    payload_field = "data"
    refusal_fields: ClassVar[tuple[str, ...]] = ("code", "message", "result")

    def __init__(self, *, auth_url: str, app_key: str, app_secret: str, **common: Any) -> None:
        super().__init__(**common)
        self.app_key = app_key
        self._secret = app_secret.encode()
        self.auth = self
        if auth_url != self.base_url:
            common["base_url"] = auth_url
            self.auth = LazadaClient(auth_url=auth_url, app_key=app_key, app_secret=app_secret, **common)

    def signature(self, path: str, params: Iterable[tuple[str, str]]) -> str:
        """Uppercase hex; ``path`` without the prefix. Values as they are, not as an address encodes them."""
        base = f"/{path}" + "".join(name + value for name, value in sorted(params) if value)
        return hmac.new(self._secret, base.encode(), hashlib.sha256).hexdigest().upper()

    def sign(self, call: Call, token: str) -> Signed:
        """System parameters, with the time in milliseconds; made anew for each attempt, for they last two hours."""
        params = [("app_key", self.app_key), ("sign_method", "sha256"), ("timestamp", str(int(self.now() * 1000)))]
        if token:
            params.append(("access_token", token))
        return Signed([*params, ("sign", self.signature(call.path, [*params, *call.params]))])

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """An error is a ``code`` other than the text "0", with HTTP status 200, or a ``result`` without success."""
        if not isinstance(body, Mapping):
            return "", "an answer that is not an object"
        if (code := str(body.get("code", ""))) != "0":
            return code, str(body.get("message") or "")
        if dig(body, "result.success") in (False, "false"):
            return str(dig(body, "result.errorCode") or ""), str(dig(body, "result.errorMsg") or "")
        return None

    def payload(self, body: Any) -> Any:
        """``data`` or ``result``, or for tokens the rest of the body."""
        for name in ("data", "result"):
            if name in body:
                return body[name]
        return {name: value for name, value in body.items() if name not in _ENVELOPE}

    def wait_told(self, message: str) -> float | None:
        """The seconds of a ban for too many calls, and some more, so that not all come back at once."""
        ban = _BAN.search(message)
        return int(ban[1]) + 0.2 if ban else None

    def consent_url(self, redirect: str, state: str, country: str) -> str:
        """Where a seller consents; the answer comes to ``redirect`` with ``code`` and ``state``."""
        query = {"response_type": "code", "force_auth": "true", "client_id": self.app_key}
        query |= {"redirect_uri": redirect, "state": state, "country": country}
        return f"{self.auth.base_url}/oauth/authorize?{urlencode(query)}"

    def token(self, method: str, **proof: str) -> tuple[Tokens, dict[str, str]]:
        """A new pair for a ``code`` (``create``) or a ``refresh_token`` (``refresh``), which then is dead.

        With it the seller ids that it is for, by country; none where the answer does not say.
        """
        call = Call(f"auth/token/{method}", params=list(proof.items()), authorized=False, once=True)
        answer = self.auth.call(call)
        now = datetime.now(UTC)
        # 0 seconds say that it cannot be renewed: the seller must consent again.
        lasts, renewable = int(answer["expires_in"]), int(answer["refresh_expires_in"])
        refresh = answer["refresh_token"] if renewable else None
        ends = now + timedelta(seconds=renewable) if renewable else None
        users = answer.get("country_user_info") or answer.get("country_user_info_list") or []
        sellers = {user["country"]: str(user["seller_id"]) for user in users}
        return Tokens(answer["access_token"], refresh, now + timedelta(seconds=lasts), ends), sellers
