"""tap-line-shop: settings and shops."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_line_shop.client import LineClient
from tap_line_shop.streams import STREAMS
from tap_toolkit.http import Call
from tap_toolkit.keyed_tap import KeyedTap, key_settings
from tap_toolkit.settings import setting


class TapLineShop(KeyedTap):
    """Orders and products of shops on LINE SHOPPING, by the MyShop API."""

    name = "tap-line-shop"
    stream_types = STREAMS
    unused_settings = KeyedTap.unused_settings | {"pii_salt"}
    config_jsonschema = th.PropertiesList(
        *key_settings("shop", "Made in LINE OA Plus, Settings, API Keys."),
        setting(
            "lookback_days",
            th.IntegerType(minimum=0),
            "Days to read again",
            "Orders of so many days are read again, because refunds may not count as changes; an hour at least.",
            default=14,
        ),
        setting(
            "requests_per_second",
            th.NumberType(minimum=0),
            "Requests a second",
            "Budget of all shops together; 0 for no limit. LINE allows 1,000 a minute.",
            default=16,
        ),
        setting(
            "api_url",
            th.StringType,
            "API address",
            "LINE's, or a sandbox's.",
            default="https://developers-oaplus.line.biz",
        ),
    ).to_dict()

    def make_client(self, **common: Any) -> LineClient:
        """The client."""
        return LineClient(base_url=self.config["api_url"], **common)

    def identify(self, account: str) -> str:
        """How many products the shop has, for the API does not tell its name."""
        page = self.client.call(Call("products", account, [("page", "1"), ("perPage", "1")]))
        return f"{page['totalRow']} products"
