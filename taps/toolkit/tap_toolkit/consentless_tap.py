"""A tap that nobody consents to: its accounts have keys that work until they are taken away, or need none."""

from __future__ import annotations

from collections.abc import Mapping

from tap_toolkit.errors import TapError
from tap_toolkit.tap import PlatformTap
from tap_toolkit.tokens import Tokens


class ConsentlessTap(PlatformTap):
    """A platform tap without ``authorize`` and without tokens that are kept."""

    unused_settings = frozenset({"refresh_tokens", "token_store"})
    consents = False

    def token_key(self, account: str) -> str:
        """Never asked for: nothing is stored."""
        raise self._no_consent()

    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        """Never asked for: nothing is renewed."""
        raise self._no_consent()

    def consent_url(self, redirect: str, state: str) -> str:
        """There is none."""
        raise self._no_consent()

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """There is nothing to exchange."""
        raise self._no_consent()

    def _no_consent(self) -> TapError:
        return TapError(f"{self.name} needs nobody's consent.")
