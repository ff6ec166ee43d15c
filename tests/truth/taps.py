"""Each tap of a sandbox's platforms, and what it must know to read all of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from talat_sandbox.platforms.google import accounts as google
from talat_sandbox.platforms.lazada import protocol as lazada
from talat_sandbox.platforms.line_ads import protocol as line_ads
from talat_sandbox.platforms.line_shop.protocol import api_key
from talat_sandbox.platforms.shopee_ads.protocol import ADS_APP
from talat_sandbox.platforms.tiktok_ads import protocol as tiktok_ads
from talat_sandbox.platforms.tiktok_shop import protocol as tiktok_shop
from talat_sandbox.testing import Sandbox
from talat_sandbox.vault import Vault

Settings = dict[str, Any]
COMMON: Settings = {"requests_per_second": 0}


def settings(sandbox: Sandbox, folder: Path) -> Iterator[tuple[str, Settings]]:
    """The taps of shops, then those of ads; of Lazada's each country is a tap of its own."""
    tokens = {"token_store": str(folder / "tokens"), **COMMON}
    yield from _shops(sandbox, tokens)
    yield "tap-facebook-ads", {"account_ids": list(sandbox.ad_account_ids), "access_token": sandbox.facebook_token}
    yield "tap-exchange-rates", COMMON
    yield from _ads(sandbox, tokens)


def _shops(sandbox: Sandbox, tokens: Settings) -> Iterator[tuple[str, Settings]]:
    channels = sandbox.channel_shop_ids
    app: Settings = {"partner_id": sandbox.partner_id, "partner_key": sandbox.partner_key}
    yield "tap-shopee", {**app, **tokens, **_of_shops("shop_ids", sandbox.shop_ids)}
    if shops := channels.get("line_shop"):
        yield "tap-line-shop", {"api_keys": {str(shop): api_key(shop) for shop in shops}, **COMMON}
    if shops := channels.get("tiktok_shop"):
        app = {"app_key": tiktok_shop.APP_KEY, "app_secret": tiktok_shop.APP_SECRET, "auth_url": sandbox.url}
        yield "tap-tiktok-shop", {**app, **tokens, **_of_shops("shop_ids", shops, str)}
    yield from _of_lazada("tap-lazada", sandbox, tokens)


def _ads(sandbox: Sandbox, tokens: Settings) -> Iterator[tuple[str, Settings]]:
    accounts = defaultdict(list)
    for row in sandbox.truth("ad_accounts"):
        accounts[row["platform"]].append(row["account_id"])
    consent = {
        "client_id": google.CLIENT_ID,
        "client_secret": google.CLIENT_SECRET,
        "refresh_token": google.REFRESH_TOKEN,
        "token_url": f"{sandbox.url}{google.TOKEN}",
        **COMMON,
    }
    if accounts["google_ads"]:
        yield "tap-google-ads", consent
    if accounts["tiktok_ads"]:
        token = {"access_token": tiktok_ads.LONG_TERM_TOKEN}
        yield "tap-tiktok-ads", {**token, "advertiser_ids": accounts["tiktok_ads"], **COMMON}
    if accounts["line_ads"]:
        key = {"group_id": line_ads.GROUP, "access_key": line_ads.ACCESS_KEY, "secret_key": line_ads.SECRET_KEY}
        yield "tap-line-ads", {**key, "account_ids": accounts["line_ads"], **COMMON}
    if accounts["shopee_ads"]:
        app = {"partner_id": ADS_APP.partner_id, "partner_key": ADS_APP.key, "account_requests_per_second": 0}
        yield "tap-shopee-ads", {**app, **tokens, **_of_shops("shop_ids", sandbox.shop_ids)}
    if accounts["lazada_ads"]:
        yield from _of_lazada("tap-lazada-ads", sandbox, tokens)
    if properties := sorted({row["property_id"] for row in sandbox.truth("ga4_daily")}):
        yield "tap-ga4", {"property_ids": properties, **consent}


def _of_lazada(tap: str, sandbox: Sandbox, tokens: Settings) -> Iterator[tuple[str, Settings]]:
    """One for each country that has shops."""
    countries = defaultdict(list)
    for shop in sandbox.truth("shops"):
        if shop["platform"] == "lazada":
            countries[shop["region"].lower()].append(int(shop["shop_id"]))
    app = {"app_key": lazada.APP_KEY, "app_secret": lazada.APP_SECRET}
    for country, sellers in countries.items():
        yield tap, {**app, **tokens, **_of_shops("seller_ids", sellers), "country": country}


def _of_shops(name: str, shops: Iterable[int], write: type[int | str] = int) -> Settings:
    """The setting that names shops, and their first refresh tokens."""
    first = {str(shop): Vault.first_refresh_token(shop) for shop in shops}
    return {name: [write(shop) for shop in shops], "refresh_tokens": first}
