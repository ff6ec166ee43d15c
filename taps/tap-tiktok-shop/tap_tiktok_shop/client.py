"""TikTok Shop's Open API: signature, envelope, the keys of shops, and tokens."""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tap_toolkit.answers import dig, rows_in, text_in
from tap_toolkit.errors import SkipAccount, load_rules
from tap_toolkit.http import ApiClient, Call, Params, Signed
from tap_toolkit.secrecy import conceal
from tap_toolkit.tokens import Tokens

SHOPS = "authorization/202309/shops"
#: Codes with which a shop's key may be out of date: it belongs to one consent.
_STALE = ("101000", "36004004")


class _Client(ApiClient):
    """What both of TikTok's hosts have in common."""

    rules = load_rules("tap_tiktok_shop")
    payload_field = "data"
    refusal_fields = ("code", "message")

    def __init__(self, *, app_key: str, app_secret: str, **common: Any) -> None:
        super().__init__(**common)
        self.app_key, self._secret = app_key, app_secret
        conceal(app_secret)

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """An error is a code other than 0, whatever the HTTP status."""
        if not isinstance(body, Mapping):
            return "", "an answer that is not an object"
        code = body.get("code")
        return None if code in (0, "0") else (str("" if code is None else code), str(body.get("message") or ""))

    def payload(self, body: Any) -> Any:
        """``data``."""
        return body.get("data")


class TikTokClient(_Client):
    """Signs with HMAC-SHA256 over the path, all parameters as they are meant, and the body as it is sent."""

    def __init__(self, **common: Any) -> None:
        super().__init__(**common)
        self._ciphers: dict[str, str] = {}
        self._asking = threading.Lock()

    def signature(self, path: str, params: Params, content: bytes | None = None) -> str:
        """Lowercase hex; ``path`` without its first slash, values not yet encoded for the address."""
        pairs = "".join(name + value for name, value in sorted(params))
        secret = self._secret
        message = f"{secret}/{path}{pairs}".encode() + (content or b"") + secret.encode()
        return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()

    def sign(self, call: Call, token: str) -> Signed:
        """App, time and signature in the query, also of a POST; the token, which is not signed, in a header."""
        common = [("app_key", self.app_key), ("timestamp", str(int(self.now())))]
        if call.path != SHOPS:  # which refuses it
            common.append(("shop_cipher", self._ciphers.get(call.account, "")))
        signature = self.signature(call.path, [*common, *call.params], self.content(call))
        return Signed([*common, ("sign", signature)], {"x-tts-access-token": token})

    def ready(self, call: Call) -> None:
        """The shop's key, asked for once."""
        if call.path == SHOPS or call.account in self._ciphers:
            return
        with self._asking:
            if call.account not in self._ciphers:
                cipher = text_in(self.shop(call.account), "cipher", SHOPS)
                conceal(cipher)
                self._ciphers[call.account] = cipher

    def refused(self, call: Call, code: str) -> None:
        """A key that does not fit the token any more is asked for again."""
        if code in _STALE:
            self._ciphers.pop(call.account, None)

    def shops(self, account: str) -> dict[str, Mapping[str, Any]]:
        """What TikTok says of all shops that an account's token reaches, by id."""
        rows = rows_in(self.call(Call(SHOPS, account)), "shops", SHOPS)
        return {str(row["id"]): row for row in rows if dig(row, "id")}

    def shop(self, account: str) -> Mapping[str, Any]:
        """What TikTok says of a shop; :class:`SkipAccount` where the token does not reach it."""
        if found := self.shops(account).get(account):
            return found
        raise SkipAccount(
            f"The consent does not cover shop {account}. Let its seller consent: run `tap-tiktok-shop authorize`."
        )


class TikTokTokens(_Client):
    """The host of tokens. Calls are not signed; the app's secret stands in the address, which is never told."""

    prefix = "/api/v2/token/"
    url_setting = "auth_url"

    def sign(self, call: Call, token: str) -> Signed:
        """The app, by its key and secret."""
        return Signed([("app_key", self.app_key), ("app_secret", self._secret)])

    def token(self, method: str, grant: str, **proof: str) -> tuple[Tokens, Mapping[str, Any]]:
        """A pair for an ``auth_code`` (``get``) or a ``refresh_token`` (``refresh``), and all that came with it."""
        call = Call(method, params=[*proof.items(), ("grant_type", grant)], authorized=False, once=True)
        answer = self.call(call)
        texts = [text_in(answer, name, f"token/{method}") for name in ("access_token", "refresh_token")]
        names = ("access_token_expire_in", "refresh_token_expire_in")
        # Points in time, whatever the names say.
        ends = [datetime.fromtimestamp(int(text_in(answer, name, f"token/{method}")), UTC) for name in names]
        return Tokens(texts[0], texts[1], ends[0], ends[1]), answer
