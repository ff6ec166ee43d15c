"""Consent page and token endpoints. https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow"""

from __future__ import annotations

import hmac
import html
from urllib.parse import urlencode, urlsplit

from talat_sandbox.platforms.facebook_ads.call import Call
from talat_sandbox.platforms.facebook_ads.protocol import APP_ID, APP_SECRET, GraphError
from talat_sandbox.platforms.facebook_ads.tokens import LONG_SECONDS, SHORT_SECONDS, Tokens
from talat_sandbox.web import HTML, Response, json_response

USER_ID = "122100000000000001"


class OAuth:
    """The calls that need no access token."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def answer(self, call: Call) -> Response | None:
        """Answer a call of this kind, or return None for another."""
        if call.parts == ("dialog", "oauth"):
            return self._consent(call)
        if call.parts == ("oauth", "access_token"):
            return self._token(call)
        return self._debug(call) if call.parts == ("debug_token",) else None

    def _consent(self, call: Call) -> Response:
        """Show the question, or with `approve` or `deny` send the browser back at once."""
        _check_app(call)
        target = call.param("redirect_uri")
        if urlsplit(target).scheme not in ("http", "https"):
            raise GraphError(191, "The redirect_uri URL must be absolute")
        if call.param("approve"):
            answer = {"code": self._tokens.new_code(target)}
        elif call.param("deny"):
            answer = {
                "error": "access_denied",
                "error_code": "200",
                "error_description": "Permissions error",
                "error_reason": "user_denied",
            }
        else:
            return _page(call)
        answer["state"] = call.param("state")
        joint = "&" if urlsplit(target).query else "?"
        return Response(b"", 302, HTML, [("Location", f"{target}{joint}{urlencode(answer)}")])

    def _token(self, call: Call) -> Response:
        _check_app(call)
        if not hmac.compare_digest(call.param("client_secret").encode(), APP_SECRET.encode()):
            raise GraphError(1, "Error validating client secret.")
        if call.param("grant_type") == "fb_exchange_token":
            token, seconds = self._tokens.exchange(call.param("fb_exchange_token")), LONG_SECONDS
        elif call.param("code"):
            token, seconds = self._tokens.redeem(call.param("code"), call.param("redirect_uri")), SHORT_SECONDS
        else:
            raise GraphError(1, "Missing authorization code")
        return json_response({"access_token": token, "token_type": "bearer", "expires_in": seconds})

    def _debug(self, call: Call) -> Response:
        if call.token != f"{APP_ID}|{APP_SECRET}":
            self._tokens.check(call.token)
        described = {"app_id": APP_ID, "application": "Sandbox", "user_id": USER_ID, "data_access_expires_at": 0}
        return json_response({"data": {**described, **self._tokens.describe(call.param("input_token"))}})


def _check_app(call: Call) -> None:
    if call.param("client_id") != APP_ID:
        raise GraphError(101, "Error validating application. Cannot get application info due to a system error.")


def _page(call: Call) -> Response:
    query = urlencode(dict(call.params))
    path = f"/{call.version}/dialog/oauth"
    links = "".join(
        f'<li><a href="{html.escape(f"{path}?{query}&{choice}=1")}">{text}</a></li>'
        for choice, text in (("approve", "Continue"), ("deny", "Not now"))
    )
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox consent</title>'
        f"<h1>May the app read your ad accounts?</h1><ul>{links}</ul></html>"
    )
    return Response(body.encode(), 200, HTML)
