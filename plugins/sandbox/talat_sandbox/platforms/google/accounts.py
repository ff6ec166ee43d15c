"""Consent and tokens of all of Google's APIs. https://developers.google.com/identity/protocols/oauth2/web-server

An access token lives for an hour of real time. Refresh tokens are used again and again, and no answer brings a new one.
"""

from __future__ import annotations

import hmac
import html
import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from talat_sandbox.faults import Fault
from talat_sandbox.platforms.google.service_account import AssertionRefused, scopes_of
from talat_sandbox.vault import save_json
from talat_sandbox.web import HTML, Request, Response, json_response
from talat_sandbox.world import Command, World

CLIENT_ID = "110000000000-sandbox.apps.googleusercontent.com"
CLIENT_SECRET = "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"
#: Of somebody who may read everything; good until it is withdrawn.
REFRESH_TOKEN = "1//sandbox-google-refresh"
CONSENT, TOKEN = "/o/oauth2/v2/auth", "/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SCOPES = "https://www.googleapis.com/auth/"
_REAL_AUDIENCE = "https://oauth2.googleapis.com/token"
_CODE_SECONDS, _ACCESS_SECONDS = 600, 3600


class Refused(Exception):
    """A token or grant that is not valid; `code` is OAuth's, `status` of HTTP."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.description, self.status = code, description, status


class GoogleAccounts:
    """The consent page and the token endpoint; it knows which tokens are valid, and for what."""

    name = "google"

    def __init__(self, world: World) -> None:
        self.commands: dict[str, Command] = {"revoke_consent": self._revoke_consent, "service_account": self._let_in}
        self._path: Path = world.options.state_path / "auth-google.json"
        self._data: dict[str, Any] = {"codes": {}, "access": {}, "services": {}}
        self._data["refresh"] = {REFRESH_TOKEN: {"scopes": ["*"]}}
        if self._path.exists():
            self._data.update(json.loads(self._path.read_text("utf-8")))

    def serves(self, path: str) -> bool:
        """Whether a path is one of the two."""
        return path in (CONSENT, TOKEN)

    def has(self, account: str) -> bool:
        """Return false: accounts belong to the APIs."""
        return False

    def account(self, request: Request) -> str:
        """Return nothing: a grant names no account."""
        return ""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        try:
            return self._consent(request) if request.path == CONSENT else self._token(request)
        except Refused as error:
            return _refusal(error.code, error.description, error.status)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for."""
        options = fault.options
        if fault.kind == "rate_limit":
            return _refusal("rate_limit_exceeded", "Too many requests", 429)
        if fault.kind != "error":
            return None
        return _refusal(str(options["code"]), str(options.get("message", "")), int(options.get("status", 400)))

    def drift(self, request: Request, response: Response) -> None:
        """Do nothing: nothing is listed."""

    def deny(self, account: str, path: str) -> None:
        """Do nothing: there are no accounts."""

    def revoke(self, account: str) -> None:
        """Do nothing: there are no accounts."""

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Let all access tokens expire now, or all refresh tokens, as those of an app in testing do after a week."""
        for entry in self._data["refresh" if refresh else "access"].values():
            entry["until"] = 1
        self._save()

    def secrets(self) -> dict[str, list[str]]:
        """Return the client's secret and every token and code."""
        tokens = [name for kind in ("codes", "access", "refresh") for name in self._data[kind]]
        return {"client_secrets": [CLIENT_SECRET], "tokens": tokens}

    def check(self, token: str, scope: str) -> None:
        """Raise Refused unless an access token is valid for a scope.

        Its code is `invalid_token`, `expired_token`, `revoked_token` or `insufficient_scope`.
        """
        entry = self._data["access"].get(token, {"refused": "invalid_token", "until": 0})
        if "refused" in entry or entry["until"] <= time.time():
            code = entry.get("refused", "expired_token")
            raise Refused(code, "Request had invalid authentication credentials.", 401)
        if not {scope, "*"} & {*entry["scopes"]}:
            raise Refused("insufficient_scope", "Request had insufficient authentication scopes.", 403)

    def expire(self, token: str) -> None:
        """Let one access token expire now."""
        if token in self._data["access"]:
            self._data["access"][token]["until"] = 1
            self._save()

    def _consent(self, request: Request) -> Response:
        """Show the question, or with `approve` or `deny` send the browser back at once."""
        target = request.param("redirect_uri")
        if request.param("client_id") != CLIENT_ID:
            raise Refused("invalid_client", "The OAuth client was not found.", 401)
        if urlsplit(target).scheme not in ("http", "https") or request.param("response_type") != "code":
            raise Refused("invalid_request", "Missing or invalid parameter: redirect_uri, response_type")
        scopes = request.param("scope").split()
        if not scopes or not all(scope.startswith(_SCOPES) for scope in scopes):
            raise Refused("invalid_scope", "Some requested scopes were invalid.")
        if request.param("approve"):
            code = f"4/0A{secrets.token_urlsafe(32)}"
            # Only who asks for it, and makes the person look at the question again, surely gets a refresh token.
            lasting = request.param("access_type") == "offline" and request.param("prompt") == "consent"
            entry = {"until": time.time() + _CODE_SECONDS, "redirect_uri": target, "lasting": lasting}
            self._data["codes"][code] = {**entry, "scopes": scopes}
            self._save()
            answer = {"code": code, "scope": request.param("scope")}
        elif request.param("deny"):
            answer = {"error": "access_denied"}
        else:
            return _page(request)
        answer["state"] = request.param("state")
        joint = "&" if urlsplit(target).query else "?"
        return Response(b"", 302, HTML, [("Location", f"{target}{joint}{urlencode(answer)}")])

    def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in request.form.items()}
        if form.get("grant_type") == JWT_BEARER:
            audiences = (_REAL_AUDIENCE, f"http://{request.host}{TOKEN}")
            try:
                scopes = scopes_of(form.get("assertion", ""), self._data["services"], audiences)
            except AssertionRefused as error:
                raise Refused("invalid_grant", str(error)) from None
            if not scopes:
                raise Refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
            return self._issue(scopes)
        if form.get("client_id") != CLIENT_ID:
            raise Refused("invalid_client", "The OAuth client was not found.", 401)
        if not hmac.compare_digest(form.get("client_secret", "").encode(), CLIENT_SECRET.encode()):
            raise Refused("invalid_client", "The provided client secret is invalid.", 401)
        if form.get("grant_type") == "authorization_code":
            return self._redeem(form)
        if form.get("grant_type") != "refresh_token":
            raise Refused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', '')}")
        entry = self._data["refresh"].get(form.get("refresh_token", ""))
        if entry is None or "until" in entry:
            raise Refused("invalid_grant", "Token has been expired or revoked.")
        return self._issue(entry["scopes"])

    def _redeem(self, form: dict[str, str]) -> Response:
        entry = self._data["codes"].pop(form.get("code", ""), None)
        if entry is None or entry["until"] <= time.time():
            raise Refused("invalid_grant", "Malformed auth code.")
        if entry["redirect_uri"] != form.get("redirect_uri"):
            raise Refused("redirect_uri_mismatch", "Bad Request")
        lasting = {}
        if entry["lasting"]:
            lasting = {"refresh_token": f"1//0{secrets.token_urlsafe(48)}"}
            self._data["refresh"][lasting["refresh_token"]] = {"scopes": entry["scopes"]}
        return self._issue(entry["scopes"], **lasting)

    def _issue(self, scopes: list[str], **more: str) -> Response:
        token = f"ya29.{secrets.token_urlsafe(64)}"
        self._data["access"][token] = {"until": time.time() + _ACCESS_SECONDS, "scopes": scopes}
        self._save()
        answer = {"access_token": token, "expires_in": _ACCESS_SECONDS - 1, "token_type": "Bearer"}
        return json_response({**answer, "scope": " ".join(scopes), **more})

    def _revoke_consent(self, _: Mapping[str, Any]) -> object:
        """Withdraw all consents: every token is refused until somebody consents again."""
        for entry in self._data["access"].values():
            entry["refused"] = "revoked_token"
        self._data["refresh"] = {}
        self._save()
        return {"revoked": True}

    def _let_in(self, asked: Mapping[str, Any]) -> object:
        """Let a service account in, by the public half of its key; the modulus is hexadecimal."""
        self._data["services"][str(asked["email"])] = [str(asked["modulus"]), int(asked["exponent"])]
        self._save()
        return {"added": asked["email"]}

    def _save(self) -> None:
        save_json(self._path, self._data)


def _refusal(code: str, description: str, status: int) -> Response:
    return json_response({"error": code, "error_description": description}, status)


def _page(request: Request) -> Response:
    links = "".join(
        f'<li><a href="{html.escape(f"{CONSENT}?{request.query}&{choice}=1")}">{text}</a></li>'
        for choice, text in (("approve", "Continue"), ("deny", "Cancel"))
    )
    body = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox consent</title>'
        f"<h1>May the app read your data at Google?</h1><ul>{links}</ul></html>"
    )
    return Response(body.encode(), 200, HTML)
