"""A tap for a platform without consent: each account has a key, which works until somebody takes it away."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from singer_sdk import typing as th

from tap_toolkit.consentless_tap import ConsentlessTap
from tap_toolkit.errors import SkipAccount
from tap_toolkit.secrecy import conceal
from tap_toolkit.settings import setting
from tap_toolkit.tokens import TokenSource

# What a header can carry.
_KEY = re.compile(r"[!-~]+")


class AccountKeys:
    """The key of each account, as a source of tokens that are never renewed."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        conceal(dict(keys))
        self._keys = keys

    def access_token(self, account: str) -> str:
        """The account's key."""
        return self._keys[account]

    def renew(self, account: str, rejected: str) -> str:
        """There is no other: raises :class:`~tap_toolkit.errors.SkipAccount`."""
        raise SkipAccount("The key is not accepted. Make a new one, and set it in api_keys.")


def key_settings(account: str, where: str) -> list[th.Property[Any]]:
    """The settings ``api_keys`` and ``shop_ids``: what an account is called, and where its key is made."""
    return [
        setting(
            "api_keys",
            th.ObjectType(additional_properties=th.StringType(min_length=1)),
            "API keys",
            f'The key of each {account}, by a name of your choice, like {{"main": "…"}}. {where}',
            required=True,
            secret=True,
        ),
        setting(
            "shop_ids",
            th.ArrayType(th.StringType),
            "Shops",
            f'Which of them to read, like ["main"]; every {account} that has a key, when not set.',
        ),
    ]


class KeyedTap(ConsentlessTap):
    """A platform tap whose accounts have a key each, in the setting ``api_keys``."""

    account_name = "shop"

    @property
    def accounts(self) -> Sequence[str]:
        """The shops of the configuration, under the names that it gives them."""
        return list(dict.fromkeys(self.config.get("shop_ids") or self.config["api_keys"]))

    def check_config(self) -> list[str]:
        """Sentences about shops that have no key, and what all taps have to say."""
        keyless = [shop for shop in self.accounts if shop not in self.config["api_keys"]]
        errors = [f"There is no key of {self.account_name} {shop}: set it in api_keys." for shop in keyless]
        if "" in self.config["api_keys"]:
            errors.append(f"A {self.account_name} in api_keys has no name: give it one, by which its rows are known.")
        errors += [
            f"The key of {self.account_name} {shop} in api_keys has a space, a line break or a letter that no key has."
            for shop, key in self.config["api_keys"].items()
            if not _KEY.fullmatch(key)
        ]
        return [*errors, *super().check_config()]

    def token_source(self) -> TokenSource:
        """The keys of the settings."""
        return AccountKeys(self.config["api_keys"])
