"""Tokens made from a secret that lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tap_toolkit.errors import Fatal
from tap_toolkit.minted import MintedTokens
from tap_toolkit.tokens import Tokens

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


class Mint:
    """Makes numbered tokens that live for an hour."""

    def __init__(self) -> None:
        self.now, self.made = BEGAN, 0

    def __call__(self) -> Tokens:
        self.made += 1
        return Tokens(f"token-{self.made}", expires_at=self.now + timedelta(hours=1))


def test_one_token_serves_all_accounts_until_its_last_minutes() -> None:
    mint = Mint()
    tokens = MintedTokens(mint, lambda: mint.now)
    assert [tokens.access_token(account) for account in ("a", "b")] == ["token-1", "token-1"]
    mint.now += timedelta(minutes=54)
    assert tokens.access_token("a") == "token-1"
    mint.now += timedelta(minutes=1)
    assert tokens.access_token("a") == "token-2"


def test_a_rejected_token_is_replaced_once_however_many_report_it() -> None:
    mint = Mint()
    tokens = MintedTokens(mint, lambda: mint.now)
    first = tokens.access_token("a")
    assert [tokens.renew(account, first) for account in ("a", "b", "c")] == ["token-2"] * 3
    assert mint.made == 2


def test_what_forbids_a_token_is_told() -> None:
    def refuse() -> Tokens:
        raise Fatal("The key was deleted.")

    with pytest.raises(Fatal, match="deleted"):
        MintedTokens(refuse).access_token("a")
