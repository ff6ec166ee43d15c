"""tap-shopee: settings, shops and consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any, ClassVar

from singer_sdk import typing as th

from tap_shopee.client import ShopeeClient
from tap_shopee.streams import STREAMS
from tap_toolkit.answers import text_in
from tap_toolkit.errors import TapError
from tap_toolkit.http import Call
from tap_toolkit.regions import ZONES
from tap_toolkit.settings import setting
from tap_toolkit.streams import PlatformStream
from tap_toolkit.tap import PlatformTap
from tap_toolkit.tokens import Tokens


class TapShopee(PlatformTap):
    """Orders, products, returns, settlements and health of Shopee shops."""

    name = "tap-shopee"
    account_name = "shop"
    stream_types: ClassVar[tuple[type[PlatformStream], ...]] = STREAMS
    client: ShopeeClient
    config_jsonschema = th.PropertiesList(
        setting("partner_id", th.IntegerType, "Partner id", "The app's id in Shopee's console.", required=True),
        setting(
            "partner_key",
            th.StringType,
            "Partner key",
            "The app's key in Shopee's console.",
            required=True,
            secret=True,
        ),
        setting("shop_ids", th.ArrayType(th.IntegerType), "Shops", "Shops to read, like [226001234].", required=True),
        setting(
            "api_url",
            th.StringType,
            "API address",
            "Shopee's host for where this machine stands, or a sandbox's.",
            default="https://partner.shopeemobile.com",
        ),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The shops of the configuration."""
        return list(dict.fromkeys(str(shop) for shop in self.config["shop_ids"]))

    def account_value(self, account: str) -> int:
        """Shop ids are integers in Shopee's answers."""
        return int(account)

    def make_client(self, **common: Any) -> ShopeeClient:
        """The signed client."""
        own = {name: self.config[name] for name in ("partner_id", "partner_key")}
        return ShopeeClient(base_url=self.config["api_url"], **own, **common)

    def token_key(self, account: str) -> str:
        """Tokens belong to an app and a shop."""
        return f"shopee/{self.config['partner_id']}/{account}"

    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        """A new pair for a shop."""
        return self.client.token("access_token/get", account, refresh_token=tokens.refresh_token or "")

    def consent_url(self, redirect: str, state: str) -> str:
        """The link a seller opens; Shopee keeps the redirect's own query, and so the state."""
        return self.client.consent_url(f"{redirect}?state={state}")

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """The tokens for what the seller's browser brought back."""
        if not {"code", "shop_id"} <= set(answer):
            raise TapError(
                "Shopee's answer names no shop: paste the whole address, and log in as the shop, not as a main account."
            )
        return {answer["shop_id"]: self.client.token("token/get", answer["shop_id"], code=answer["code"])}

    def info(self, account: str) -> Mapping[str, Any]:
        """The shop's own description of itself."""
        answer: Mapping[str, Any] = self.client.call(Call("shop/get_shop_info", account))
        return answer

    def identify(self, account: str) -> str:
        """The shop's name and the end of its consent."""
        shop = self.info(account)
        return f"{shop['shop_name']}, consent until {datetime.fromtimestamp(shop['expire_time'], UTC):%Y-%m-%d}"

    def find_zone(self, account: str) -> tzinfo:
        """The zone of the shop's region."""
        return ZONES.get(text_in(self.info(account), "region", "shop/get_shop_info"), UTC)
