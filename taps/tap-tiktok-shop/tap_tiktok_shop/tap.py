"""tap-tiktok-shop: settings, shops and consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from singer_sdk import Stream
from singer_sdk import typing as th

from tap_tiktok_shop.client import SHOPS, TikTokClient, TikTokTokens
from tap_tiktok_shop.streams import STREAMS, ShopPerformance
from tap_toolkit.answers import dig, text_in
from tap_toolkit.errors import TapError
from tap_toolkit.regions import ZONES
from tap_toolkit.settings import setting
from tap_toolkit.tap import PlatformTap
from tap_toolkit.tokens import FixedToken, TokenManager, Tokens, TokenSource

#: The scope of `shop_performance`; the names of the others are not known for certain.
ANALYTICS = "data.shop_analytics.public.read"
_ID = th.CustomType({"type": ["string", "integer"], "pattern": r"^\d+$", "minimum": 1})
_URL = th.StringType(pattern=r"^https?://\S+$")
_SERVICE = "The app's id on the page of consent, in TikTok Shop's Partner Center; for authorize."
_TOKENS_OF = "Shop to the shop whose tokens it is read with, where one consent covers both."
_PERFORMANCE = f"Read shop_performance, too; the app needs the scope {ANALYTICS}."
_CONSENT = "Where a seller consents; for the United States https://services.us.tiktokshop.com/open/authorize."


class SharedTokens:
    """Tokens of shops, some of which are read with another's: who consents once has one pair, which rotates."""

    def __init__(self, tokens: TokenManager, tokens_of: Mapping[str, str]) -> None:
        self._tokens, self._tokens_of = tokens, tokens_of

    def access_token(self, account: str) -> str:
        """A token that should be valid now."""
        return self._tokens.access_token(self._tokens_of.get(account, account))

    def renew(self, account: str, rejected: str) -> str:
        """Another token, after the platform has rejected this one."""
        return self._tokens.renew(self._tokens_of.get(account, account), rejected)


class TapTikTokShop(PlatformTap):
    """Orders, products, returns, statements and performance of shops on TikTok."""

    name = "tap-tiktok-shop"
    account_name = "shop"
    stream_types = STREAMS
    renew_before = timedelta(days=1)
    client: TikTokClient
    auth: TikTokTokens
    config_jsonschema = th.PropertiesList(
        setting("app_key", th.StringType, "App key", "The app's key in Partner Center.", required=True),
        setting("app_secret", th.StringType, "App secret", "The app's secret there.", required=True, secret=True),
        setting("shop_ids", th.ArrayType(_ID), "Shops", 'Shops to read, like ["7490000000000000001"].', required=True),
        setting("service_id", th.StringType, "Service id", _SERVICE),
        setting("tokens_of", th.ObjectType(additional_properties=_ID), "Shared tokens", _TOKENS_OF),
        setting("shop_performance", th.BooleanType, "Shop performance", _PERFORMANCE, default=False),
        setting(
            "api_url",
            th.StringType,
            "API address",
            "TikTok Shop's, or a sandbox's.",
            default="https://open-api.tiktokglobalshop.com",
        ),
        setting(
            "auth_url",
            _URL,
            "Token address",
            "TikTok Shop's host of tokens, or a sandbox's.",
            default="https://auth.tiktok-shops.com",
        ),
        setting(
            "consent_url",
            _URL,
            "Consent address",
            _CONSENT,
            default="https://services.tiktokshop.com/open/authorize",
        ),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The shops of the configuration."""
        return list(dict.fromkeys(str(shop) for shop in self.config["shop_ids"]))

    @property
    def tokens_of(self) -> dict[str, str]:
        """The shops that are read with another's tokens, and that other."""
        return {shop: str(other) for shop, other in (self.config.get("tokens_of") or {}).items()}

    def make_streams(self) -> Sequence[Stream]:
        """Performance only where it is asked for: its scope is granted to few apps."""
        wanted = self.config["shop_performance"]
        return [stream(self) for stream in self.stream_types if wanted or stream is not ShopPerformance]

    def make_client(self, **common: Any) -> TikTokClient:
        """The signed client, and beside it the one of the tokens' host."""
        app = {name: self.config[name] for name in ("app_key", "app_secret")}
        self.auth = TikTokTokens(base_url=self.config["auth_url"], **app, **common)
        return TikTokClient(base_url=self.config["api_url"], **app, **common)

    def token_source(self) -> TokenSource:
        """The tokens of each shop, or of the shop whose consent covers it."""
        return SharedTokens(self.tokens, self.tokens_of)

    def token_key(self, account: str) -> str:
        """Tokens belong to an app and a seller, who is named by a shop."""
        return f"tiktok_shop/{self.config['app_key']}/{account}"

    def refresh(self, account: str, tokens: Tokens) -> Tokens:
        """A new pair for a shop."""
        return self.auth.token("refresh", "refresh_token", refresh_token=tokens.refresh_token or "")[0]

    def consent_url(self, redirect: str, state: str) -> str:
        """The link a seller opens; TikTok sends the browser to the address that Partner Center has for the app."""
        if not self.config.get("service_id"):
            raise TapError("Setting service_id is missing: consent is given to a service.")
        query = {"service_id": self.config["service_id"], "state": state, "redirect_uri": redirect}
        return f"{self.config['consent_url']}?{urlencode(query)}"

    def exchange(self, answer: Mapping[str, str], redirect: str) -> dict[str, Tokens]:
        """The tokens for what the seller's browser brought back, for the first of the shops that they reach."""
        if "code" not in answer:
            raise TapError("TikTok's answer has no code: consent again, and paste the whole address.")
        tokens, granted = self.auth.token("get", "authorized_code", auth_code=answer["code"])
        self.client.tokens = FixedToken(tokens.access_token)
        reached = self.client.shops("consent")
        holders = [self.tokens_of.get(shop, shop) for shop in self.accounts if shop in reached]
        if not holders:
            raise TapError(f"The consent covers {', '.join(reached) or 'no shop'}: name one of them in shop_ids.")
        first, *others = dict.fromkeys(holders)
        for other in others:
            self.logger.warning(
                'This consent covers shop %s, too: to read it with the same tokens, let tokens_of have "%s": "%s".',
                other, other, first,
            )  # fmt: skip
        if self.config["shop_performance"] and ANALYTICS not in (dig(granted, "granted_scopes") or [ANALYTICS]):
            self.logger.warning("The app has no scope %s: shop_performance will be skipped.", ANALYTICS)
        return {first: tokens}

    def identify(self, account: str) -> str:
        """The shop's name and country."""
        shop = self.client.shop(account)
        return ", ".join(text_in(shop, name, SHOPS) for name in ("name", "region"))

    def find_zone(self, account: str) -> tzinfo:
        """The zone of the shop's region."""
        return ZONES.get(text_in(self.client.shop(account), "region", SHOPS), UTC)
