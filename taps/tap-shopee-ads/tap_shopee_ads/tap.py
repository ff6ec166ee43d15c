"""tap-shopee-ads: the settings and consent of tap-shopee, for an app whose category has ads."""

from __future__ import annotations

import functools
from datetime import UTC, tzinfo
from typing import Any, ClassVar

from singer_sdk import typing as th

from tap_shopee.tap import TapShopee
from tap_shopee_ads.client import ShopeeAdsClient
from tap_shopee_ads.streams import CAMPAIGN_IDS, STREAMS
from tap_toolkit.answers import text_in
from tap_toolkit.http import Call
from tap_toolkit.regions import CURRENCIES, ZONES
from tap_toolkit.settings import setting


class TapShopeeAds(TapShopee):
    """Spend, clicks and attributed orders of Shopee shops' ads, by shop, campaign, day and hour."""

    name = "tap-shopee-ads"
    stream_types = STREAMS
    unused_settings = TapShopee.unused_settings | {"pii_salt"}
    config_jsonschema: ClassVar[dict[str, Any]] = {
        **TapShopee.config_jsonschema,
        "properties": {
            **TapShopee.config_jsonschema["properties"],
            **th.PropertiesList(
                setting(
                    "account_requests_per_second",
                    th.NumberType(minimum=0),
                    "Requests a second and shop",
                    "Budget of each shop; 0 for no limit. Shopee publishes none and refuses bursts.",
                    default=0.7,
                ),
            ).to_dict()["properties"],
        },
    }

    def make_client(self, **common: Any) -> ShopeeAdsClient:
        """The signed client."""
        own = {name: self.config[name] for name in ("partner_id", "partner_key")}
        return ShopeeAdsClient(base_url=self.config["api_url"], **own, **common)

    @functools.cached_property
    def _regions(self) -> dict[str, str]:
        return {}

    def region(self, account: str) -> str:
        """The shop's country, by a call that every app with ads may make; asked for once."""
        if account not in self._regions:
            answer = self.client.call(Call(CAMPAIGN_IDS.path, account, [("ad_type", "all"), ("limit", "1")]))
            self._regions[account] = text_in(answer, "region", CAMPAIGN_IDS.path)
        return self._regions[account]

    def currency(self, account: str) -> str | None:
        """What the shop's money is, of which no answer speaks."""
        return CURRENCIES.get(self.region(account))

    def identify(self, account: str) -> str:
        """The shop's country."""
        return f"a shop in {self.region(account)}"

    def find_zone(self, account: str) -> tzinfo:
        """The zone of the shop's country."""
        return ZONES.get(self.region(account), UTC)
