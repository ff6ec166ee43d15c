"""A tap for one of Google's APIs: by a service account's key, or by a person's consent to an OAuth client.

https://developers.google.com/identity/protocols/oauth2 - Access tokens live for an hour. Refresh tokens are used again
and again until they are revoked; those of a client whose consent screen is in testing die after a week.
"""

from __future__ import annotations

import base64
import functools
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from singer_sdk import typing as th

from tap_toolkit.answers import text_in
from tap_toolkit.errors import Rule, TapError
from tap_toolkit.http import ApiClient, Call, Signed
from tap_toolkit.minted import MintedTokens
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.secrecy import conceal
from tap_toolkit.settings import setting
from tap_toolkit.tap import PlatformTap
from tap_toolkit.tokens import Tokens, TokenSource

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_LIFE = 3600  # seconds; an assertion may not ask for more
_HEADER = {"alg": "RS256", "typ": "JWT"}
_CLIENT = ("client_id", "client_secret")


class TokenEndpoint(ApiClient):
    """Where grants become tokens; ``rules`` are the tap's."""

    refusal_fields = ("error", "error_description")
    posts_forms = True
    url_setting = "token_url"

    def __init__(self, url: str, rules: tuple[Rule, ...], user_agent: str) -> None:
        parts = urlsplit(url)
        super().__init__(
            base_url=f"{parts.scheme}://{parts.netloc}", budget=RateBudget(), concurrency=8, user_agent=user_agent
        )
        self.url, self._path = url, parts.path.lstrip("/")
        self.rules = rules  # type: ignore[misc]

    def sign(self, call: Call, token: str) -> Signed:
        """Nothing: the form has all that proves it."""
        return Signed()

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """``error`` and ``error_description``."""
        if not isinstance(body, Mapping):
            return "", "an answer that is not an object"
        code = body.get("error")
        return None if code is None else (str(code), str(body.get("error_description") or ""))

    def granted(self, **form: str) -> Tokens:
        """The tokens for a grant. Raises what the table decides."""
        answer = self.call(Call(self._path, body=form, authorized=False))
        until = datetime.now(UTC) + timedelta(seconds=int(answer.get("expires_in") or _LIFE))
        return Tokens(text_in(answer, "access_token", self._path), answer.get("refresh_token"), until)


def service_account(key: Mapping[str, str], scope: str, endpoint: TokenEndpoint) -> MintedTokens:
    """The tokens of a service account: asked for with an assertion that its key signs."""
    conceal(key["private_key"])
    about = {"iss": key["client_email"], "scope": scope, "aud": endpoint.url}

    def mint() -> Tokens:
        now = int(time.time())
        assertion = signed({**about, "iat": now, "exp": now + _LIFE}, key["private_key"])
        return endpoint.granted(grant_type=_JWT_BEARER, assertion=assertion)

    return MintedTokens(mint)


def signed(claims: Mapping[str, Any], private_key: str) -> str:
    """A JSON Web Token, RS256; the key is a PEM text. Raises :class:`ValueError` for what is no RSA key."""
    key = load_pem_private_key(private_key.encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (_HEADER, claims)]
    signature = key.sign(b".".join(parts), PKCS1v15(), SHA256())
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def key_in(text: str) -> dict[str, str]:
    """The key in a setting, which is the key file or what it holds. Raises :class:`TapError` in a sentence."""
    try:
        content = text if text.lstrip().startswith("{") else Path(text).expanduser().read_text("utf-8")
        key = json.loads(content)
        signed({"iss": str(key["client_email"])}, key["private_key"])
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        raise TapError(
            "Setting service_account_key is no key: give the path of the JSON file that Google Cloud made for a "
            "service account, or what it holds."
        ) from None
    return dict(key)


def google_settings(permission: str, api: str) -> list[th.Property[Any]]:
    """The settings of who reads, and where from; ``permission`` is the sentence on what a service account needs."""
    text, url, whose = th.StringType, th.StringType(pattern=r"^https?://\S+$"), "Google's, or a sandbox's."
    key = "The JSON key file of a service account, or what it holds"
    consented = "One that was consented to elsewhere. Without it the one that `authorize` kept is used."
    return [
        setting("service_account_key", text, "Service account key", f"{key}. {permission}", secret=True),
        setting("client_id", text, "Client id", "Of an OAuth client, in the place of a service account."),
        setting("client_secret", text, "Client secret", "Of the OAuth client.", secret=True),
        setting("refresh_token", text, "Refresh token", consented, secret=True),
        setting("token_url", url, "Token address", whose, default="https://oauth2.googleapis.com/token"),
        setting("api_url", url, "API address", whose, default=api),
    ]


class GoogleTap(PlatformTap):
    """A platform tap of Google's: its ``scope``, and ``token_rules``, which decide what the token endpoint refuses.

    A consent is a person's, and good for all accounts that the person can read.
    """

    scope: ClassVar[str]
    token_rules: ClassVar[tuple[Rule, ...]]
    unused_settings = frozenset({"refresh_tokens", "pii_salt"})

    def check_config(self) -> list[str]:
        """Also whether the key is one, or else the client whole."""
        errors = super().check_config()
        if key := self._config.get("service_account_key"):
            try:
                key_in(key)
            except TapError as wrong:
                errors.append(str(wrong))
        elif missing := [name for name in _CLIENT if not self._config.get(name)]:
            errors.append(f"Setting {missing[0]} is missing: set client_id and client_secret, or service_account_key.")
        return errors

    @functools.cached_property
    def endpoint(self) -> TokenEndpoint:
        """Where tokens come from."""
        return TokenEndpoint(self.config["token_url"], self.token_rules, f"{self.name}/{self.plugin_version}")

    def token_source(self) -> TokenSource:
        """A service account's tokens, those of the refresh token in the settings, or those that were consented to."""
        if key := self.config.get("service_account_key"):
            return service_account(key_in(key), self.scope, self.endpoint)
        if token := self.config.get("refresh_token"):
            return MintedTokens(lambda: self.refresh("", Tokens("", token)))
        return self.tokens

    def token_key(self, account: str) -> str:
        """Tokens belong to an OAuth client alone: all accounts share one entry."""
        return f"{self.name.removeprefix('tap-').replace('-', '_')}/{self.config.get('client_id')}/google"

    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        """A new access token; the refresh token stays."""
        return self.endpoint.granted(
            grant_type="refresh_token", refresh_token=tokens.refresh_token or "", **self._client()
        )

    def consent_url(self, redirect: str, state: str) -> str:
        """The link that whoever may read the accounts opens. ``prompt``: without it only the first consent lasts."""
        query = {"response_type": "code", "client_id": self._client()["client_id"], "redirect_uri": redirect}
        lasting = {"access_type": "offline", "prompt": "consent"}
        parts = urlsplit(self.config["token_url"].replace("//oauth2.googleapis.com", "//accounts.google.com"))
        asked = urlencode({**query, "scope": self.scope, **lasting, "state": state})
        return f"{parts.scheme}://{parts.netloc}/o/oauth2/v2/auth?{asked}"

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """The tokens of a consent, for each configured account that they can read."""
        if "code" not in answer:
            raise TapError("Google's answer has no code: consent again, and paste the whole address.")
        grant = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": redirect}
        return self.readable_with(self.endpoint.granted(**grant, **self._client()))

    def _client(self) -> dict[str, str]:
        for name in _CLIENT:
            if not self.config.get(name):
                raise TapError(f"Setting {name} is missing: consent is given to an OAuth client.")
        return {name: str(self.config[name]) for name in _CLIENT}
