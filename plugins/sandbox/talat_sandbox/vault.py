"""Consent codes and token pairs of one platform; they survive a restart."""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

CODE_SECONDS = 600
REFRESH_SECONDS = 30 * 86400


class TokenError(Exception):
    """A code or token that is not valid; `reason` is one of unknown, used, expired, other_shop, revoked."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Vault:
    """Issued codes, access tokens (reusable until they expire) and refresh tokens (valid once).

    Each account starts with one refresh token known beforehand, `first_refresh_token`. All lifetimes are real time,
    in seconds. Every change is on disk before it is answered.
    """

    def __init__(self, path: Path, accounts: tuple[int, ...], access_seconds: int) -> None:
        self._path = path
        self._accounts = accounts
        self.access_seconds = access_seconds
        self._data: dict[str, Any] = {"codes": {}, "access": {}, "refresh": {}, "used": [], "revoked": []}
        if path.exists():
            self._data.update(json.loads(path.read_text("utf-8")))

    @staticmethod
    def first_refresh_token(account: int) -> str:
        """Return the refresh token an account starts with; like any other it works once."""
        return f"sandbox-refresh-{account}"

    def new_code(self, account: int) -> str:
        """Return a consent code; consenting also ends a revocation."""
        code = secrets.token_hex(16)
        self._data["codes"][code] = [account, time.time() + CODE_SECONDS]
        self._data["revoked"] = [entry for entry in self._data["revoked"] if entry != account]
        self._save()
        return code

    def redeem_code(self, code: str, account: int) -> tuple[str, str]:
        """Return a new (access token, refresh token) for a code. Raises TokenError."""
        self._take("codes", code, account)
        return self._issue(account)

    def refresh(self, token: str, account: int) -> tuple[str, str]:
        """Return a new (access token, refresh token) for a refresh token. Raises TokenError."""
        if account in self._data["revoked"]:
            raise TokenError("revoked")
        if token == self.first_refresh_token(account) and account in self._accounts:
            if token in self._data["used"]:
                raise TokenError("used")
            self._data["used"].append(token)
        else:
            self._take("refresh", token, account)
        return self._issue(account)

    def check_access(self, token: str, account: int) -> None:
        """Raise TokenError unless the access token is valid for the account."""
        if account in self._data["revoked"]:
            raise TokenError("revoked")
        entry = self._data["access"].get(token)
        if entry is None:
            raise TokenError("unknown")
        if entry[0] != account:
            raise TokenError("other_shop")
        if entry[1] <= time.time():
            raise TokenError("expired")

    def owner(self, kind: str, name: str) -> int | None:
        """Return whose code (kind `codes`), `access` or `refresh` token it is; None if it is unknown."""
        if name in self._data[kind]:
            return int(self._data[kind][name][0])
        firsts = self._accounts if kind == "refresh" else ()
        return next((account for account in firsts if name == self.first_refresh_token(account)), None)

    def revoke(self, account: int) -> None:
        """Withdraw an account's consent: its tokens are refused until somebody consents again."""
        self._data["revoked"].append(account)
        self._drop(account)
        self._save()

    def expire(self, account: int | None = None, token: str | None = None, refresh: bool = False) -> None:
        """Let access tokens (or refresh tokens) expire now: of one account, one token, or all."""
        for name, entry in self._data["refresh" if refresh else "access"].items():
            if account in (None, entry[0]) and token in (None, name):
                entry[1] = 0
        self._save()

    def issued(self) -> list[str]:
        """Return every code and token that was ever handed out and is still remembered."""
        first = [self.first_refresh_token(account) for account in self._accounts]
        kept = [name for kind in ("codes", "access", "refresh") for name in self._data[kind]]
        return sorted({*first, *kept, *self._data["used"]})

    def _take(self, kind: str, name: str, account: int) -> None:
        if name in self._data["used"]:
            raise TokenError("used")
        entry = self._data[kind].get(name)
        if entry is None:
            raise TokenError("unknown")
        if entry[0] != account:
            raise TokenError("other_shop")
        del self._data[kind][name]
        self._data["used"].append(name)
        if entry[1] <= time.time():
            self._save()
            raise TokenError("expired")

    def _issue(self, account: int) -> tuple[str, str]:
        access, refresh = secrets.token_hex(16), secrets.token_hex(16)
        self._data["access"][access] = [account, time.time() + self.access_seconds]
        self._data["refresh"][refresh] = [account, time.time() + REFRESH_SECONDS]
        self._save()
        return access, refresh

    def _drop(self, account: int) -> None:
        for kind in ("codes", "access", "refresh"):
            gone = [name for name, entry in self._data[kind].items() if entry[0] == account]
            for name in gone:
                del self._data[kind][name]
            self._data["used"].extend(gone)
        first = self.first_refresh_token(account)
        if first not in self._data["used"]:
            self._data["used"].append(first)

    def _save(self) -> None:
        save_json(self._path, self._data)


def save_json(path: Path, value: object) -> None:
    """Write a value to a file that is whole at every instant."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    with draft.open("w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
