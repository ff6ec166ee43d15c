"""Access tokens and consent codes. There are no refresh tokens: a token lives until it dies, and nobody is told."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any

from talat_sandbox.platforms.facebook_ads.protocol import SYSTEM_TOKEN, GraphError
from talat_sandbox.vault import save_json

CODE_SECONDS = 600
SHORT_SECONDS = 5400
LONG_SECONDS = 60 * 86400
SCOPES = ("ads_read", "business_management", "public_profile")


class Tokens:
    """Everything handed out, kept over a restart. Lifetimes are real time; every token is good for all accounts.

    One token is known beforehand and never expires by itself: that of a system user.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data: dict[str, Any] = {
            "codes": {}, "tokens": {SYSTEM_TOKEN: {"until": 0, "kind": "SYSTEM_USER"}}, "removed": [], "revoked": [],
        }  # fmt: skip
        if path.exists():
            self._data.update(json.loads(path.read_text("utf-8")))

    def check(self, token: str) -> None:
        """Raise GraphError unless a token is valid."""
        if not token:
            raise GraphError(2500, "An active access token must be used to query information about the current user.")
        if token in self._data["removed"]:
            raise GraphError(190, "Error validating access token: The user has not authorized application.", 458)
        entry = self._data["tokens"].get(token)
        if entry is None:
            raise GraphError(190, f"Malformed access token {token}", 467)
        if entry["until"] and entry["until"] <= time.time():
            raise GraphError(
                190, f"Error validating access token: Session has expired on {_date(entry['until'])}.", 463
            )

    def check_account(self, account: str) -> None:
        """Raise GraphError when the consent for an account was withdrawn."""
        if not self.has_consent(account):
            raise GraphError(200, "(#200) Ad account owner has NOT grant ads_management or ads_read permission")

    def has_consent(self, account: str) -> bool:
        """Whether the consent for an account stands."""
        return account not in self._data["revoked"]

    def new_code(self, redirect_uri: str) -> str:
        """Return a consent code; consenting also ends all revocations."""
        code = f"AQ{secrets.token_urlsafe(48)}"
        self._data["codes"][code] = {"until": time.time() + CODE_SECONDS, "redirect_uri": redirect_uri, "used": False}
        self._data["revoked"] = []
        self._save()
        return code

    def redeem(self, code: str, redirect_uri: str) -> str:
        """Return a short-lived token for a code. Raises GraphError."""
        entry = self._data["codes"].get(code)
        if entry is None:
            raise GraphError(100, "Invalid verification code format.", 36005)
        if entry["used"]:
            raise GraphError(100, "This authorization code has been used.", 36009)
        if entry["redirect_uri"] != redirect_uri:
            raise GraphError(
                100,
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you "
                "used in the OAuth dialog request",
                36008,
            )
        if entry["until"] <= time.time():
            raise GraphError(100, "This authorization code has expired.", 36007)
        entry["used"] = True
        return self._issue(SHORT_SECONDS)

    def exchange(self, token: str) -> str:
        """Return a long-lived token for a valid one. Raises GraphError."""
        self.check(token)
        return self._issue(LONG_SECONDS)

    def describe(self, token: str) -> dict[str, Any]:
        """Return what debug_token says about a token."""
        entry = self._data["tokens"].get(token)
        if entry is None:
            return {"is_valid": False, "error": {"code": 190, "message": "The access token could not be decrypted"}}
        try:
            self.check(token)
        except GraphError as error:
            problem = {"error": {"code": error.code, "message": error.message, "subcode": error.subcode}}
            return {"is_valid": False, **problem, **self._facts(entry)}
        return {"is_valid": True, **self._facts(entry)}

    def expire(self, token: str | None = None) -> None:
        """Let one token, or all of them, expire now."""
        for name, entry in self._data["tokens"].items():
            if token in (None, name):
                entry["until"] = 1
        self._save()

    def remove_app(self) -> None:
        """Let all tokens handed out so far be refused: somebody has removed the app."""
        self._data["removed"] = list(self._data["tokens"])
        self._save()

    def revoke(self, account: str) -> None:
        """Withdraw the consent for an account, until somebody consents again."""
        self._data["revoked"].append(account)
        self._save()

    def issued(self) -> list[str]:
        """Return every token and code."""
        return [*self._data["tokens"], *self._data["codes"]]

    def _issue(self, seconds: int) -> str:
        token = f"EAAO{secrets.token_hex(48)}"
        self._data["tokens"][token] = {"until": int(time.time()) + seconds, "kind": "USER"}
        self._save()
        return token

    def _facts(self, entry: dict[str, Any]) -> dict[str, Any]:
        return {"type": entry["kind"], "expires_at": entry["until"], "scopes": list(SCOPES)}

    def _save(self) -> None:
        save_json(self._path, self._data)


def _date(instant: float) -> str:
    return time.strftime("%A, %d-%b-%y %H:%M:%S UTC", time.gmtime(instant))
