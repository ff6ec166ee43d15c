"""tap-lazada: settings, sellers and consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any, ClassVar

from singer_sdk import typing as th

from tap_lazada.client import LazadaClient
from tap_lazada.streams import STREAMS
from tap_toolkit.errors import SkipAccount, TapError
from tap_toolkit.http import Call
from tap_toolkit.regions import ZONES
from tap_toolkit.settings import setting
from tap_toolkit.streams import PlatformStream
from tap_toolkit.tap import PlatformTap
from tap_toolkit.tokens import Tokens

#: Where each country's sellers are asked about.
HOSTS = {
    "th": "https://api.lazada.co.th",
    "sg": "https://api.lazada.sg",
    "my": "https://api.lazada.com.my",
    "vn": "https://api.lazada.vn",
    "ph": "https://api.lazada.com.ph",
    "id": "https://api.lazada.co.id",
}
AUTH_HOST = "https://auth.lazada.com"


class TapLazada(PlatformTap):
    """Orders, products, returns and bookings of Lazada sellers."""

    name = "tap-lazada"
    account_name = "seller"
    stream_types: ClassVar[tuple[type[PlatformStream], ...]] = STREAMS
    client: LazadaClient
    config_jsonschema = th.PropertiesList(
        setting("app_key", th.StringType, "App key", "The app's key in Lazada's console.", required=True),
        setting(
            "app_secret",
            th.StringType,
            "App secret",
            "The app's secret in Lazada's console.",
            required=True,
            secret=True,
        ),
        setting(
            "seller_ids", th.ArrayType(th.IntegerType), "Sellers", "Sellers to read, like [100100100].", required=True
        ),
        setting(
            "country",
            th.StringType,
            "Country",
            "Where all these sellers sell, which says what host knows them and where their days begin.",
            allowed_values=list(HOSTS),
            default="th",
        ),
        setting(
            "api_url", th.StringType, "API address", "Another host than the country's, for tokens, too: a sandbox's."
        ),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The sellers of the configuration."""
        return list(dict.fromkeys(str(seller) for seller in self.config["seller_ids"]))

    def account_value(self, account: str) -> int:
        """Seller ids are integers in Lazada's answers."""
        return int(account)

    def make_client(self, **common: Any) -> LazadaClient:
        """The signed client of the country's host."""
        own = {name: self.config[name] for name in ("app_key", "app_secret")}
        other = (self.config.get("api_url") or "").rstrip("/")
        hosts = {"base_url": other or HOSTS[self.config["country"]], "auth_url": other or AUTH_HOST}
        return LazadaClient(**hosts, **own, **common)

    def token_key(self, account: str) -> str:
        """Tokens belong to an app and a seller, whose id no other country has."""
        return f"lazada/{self.config['app_key']}/{account}"

    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        """A new pair for a seller. Calls do not name the seller: another's token would read another's orders."""
        renewed, sellers = self.client.token("refresh", refresh_token=tokens.refresh_token or "")
        if sellers and account not in sellers.values():
            raise SkipAccount(
                f"The refresh token of seller {account} is that of seller {', '.join(sellers.values())}: run "
                "`{self.name} authorize` for each, and mend refresh_tokens."
            )
        return renewed

    def consent_url(self, redirect: str, state: str) -> str:
        """The link a seller opens."""
        return self.client.consent_url(redirect, state, self.config["country"])

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """The tokens for what the seller's browser brought back."""
        if "code" not in answer:
            raise TapError("Lazada's answer has no code: paste the whole address that the browser ended at.")
        tokens, sellers = self.client.token("create", code=answer["code"])
        country = self.config["country"]
        if country not in sellers:
            raise TapError(
                f"The seller who consented sells in {', '.join(sellers) or 'no country'}, and not in {country}: "
                "mend the setting country."
            )
        return {sellers[country]: tokens}

    def identify(self, account: str) -> str:
        """The seller's name and state."""
        seller = self.client.call(Call("seller/get", account))
        return f"{seller['name']}, {seller['status']}"

    def find_zone(self, account: str) -> tzinfo:
        """The zone of the country."""
        return ZONES[self.config["country"].upper()]
