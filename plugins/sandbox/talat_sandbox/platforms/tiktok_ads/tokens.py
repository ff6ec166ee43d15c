"""Long-term access tokens and the codes they are had for. Nothing is renewed: a token lives until it is revoked."""

from __future__ import annotations

import json
import secrets
import time
from pathlib import Path
from typing import Any

from talat_sandbox.platforms.tiktok_ads.protocol import (
    AUTH_CODE_SECONDS,
    BAD_CODE,
    BAD_TOKEN,
    LONG_TERM_TOKEN,
    NO_PERMISSION,
    NO_TOKEN,
    ApiError,
)
from talat_sandbox.vault import save_json


class Tokens:
    """Everything handed out, with the advertisers it is good for; kept over a restart. Lifetimes are real time."""

    def __init__(self, path: Path, advertisers: tuple[str, ...]) -> None:
        self._path, self.advertisers = path, advertisers
        self._data: dict[str, Any] = {
            "codes": {}, "tokens": {LONG_TERM_TOKEN: list(advertisers)}, "dead": [], "withdrawn": [],
        }  # fmt: skip
        if path.exists():
            self._data.update(json.loads(path.read_text("utf-8")))

    def granted(self, token: str) -> list[str]:
        """Return the advertisers that a token reads. Raises ApiError for one that is not valid."""
        if not token:
            raise ApiError(NO_TOKEN)
        if token in self._data["dead"] or token not in self._data["tokens"]:
            raise ApiError(BAD_TOKEN)
        return [account for account in self._data["tokens"][token] if account not in self._data["withdrawn"]]

    def check(self, token: str, advertiser: str) -> None:
        """Raise ApiError unless a token is valid and reads an advertiser."""
        if advertiser not in self.granted(token):
            raise ApiError(NO_PERMISSION, f"No permission to operate advertiser {advertiser}.")

    def new_code(self, advertisers: list[str]) -> str:
        """Return a code for a consent, which also ends the withdrawal of an earlier one."""
        code = secrets.token_hex(20)
        self._data["codes"][code] = [advertisers, time.time() + AUTH_CODE_SECONDS]
        self._data["withdrawn"] = [account for account in self._data["withdrawn"] if account not in advertisers]
        self._save()
        return code

    def redeem(self, code: str) -> str:
        """Return a token for a code, which is used up. Raises ApiError."""
        advertisers, until = self._data["codes"].pop(code, ([], 0.0))
        if until <= time.time():
            raise ApiError(BAD_CODE)
        token = secrets.token_hex(20)
        self._data["tokens"][token] = advertisers
        self._save()
        return token

    def kill(self, token: str | None = None) -> None:
        """Revoke one token, or all of them."""
        self._data["dead"] += self._data["tokens"] if token is None else [token]
        self._save()

    def withdraw(self, advertiser: str) -> None:
        """Let no token read an advertiser until somebody consents again."""
        self._data["withdrawn"].append(advertiser)
        self._save()

    def issued(self) -> list[str]:
        """Return every token and code."""
        return [*self._data["tokens"], *self._data["codes"]]

    def _save(self) -> None:
        save_json(self._path, self._data)
