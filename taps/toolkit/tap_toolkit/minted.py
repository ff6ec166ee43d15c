"""Tokens that are made whenever they are needed, from a secret that lasts: nothing has to be kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from tap_toolkit.tokens import Tokens

# A token is not used in its last minutes: calls wait their turn with it.
_MARGIN = timedelta(minutes=5)


def _now() -> datetime:
    return datetime.now(UTC)


class MintedTokens:
    """One token for all accounts, in memory alone; ``mint`` asks the platform for it, as often as is needed.

    For what does not rotate: a key that signs, or a refresh token that stays good. Thread-safe.
    """

    def __init__(self, mint: Callable[[], Tokens], clock: Callable[[], datetime] = _now) -> None:
        self._mint, self._clock = mint, clock
        self._lock = threading.Lock()
        self._tokens: Tokens | None = None

    def access_token(self, account: str) -> str:
        """A token that is valid now; raises whatever ``mint`` raises."""
        with self._lock:
            held = self._tokens
            if held is None or (held.expires_at is not None and self._clock() >= held.expires_at - _MARGIN):
                held = self._tokens = self._mint()
            return held.access_token

    def renew(self, account: str, rejected: str) -> str:
        """Another token, unless another thread has made one already."""
        with self._lock:
            if self._tokens is None or self._tokens.access_token == rejected:
                self._tokens = self._mint()
            return self._tokens.access_token
