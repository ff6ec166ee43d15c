"""tap-lazada-ads: the settings and consent of tap-lazada, for an app that has Sponsored Solutions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from singer_sdk import typing as th

from tap_lazada.tap import AUTH_HOST, HOSTS, TapLazada
from tap_lazada_ads.client import LazadaAdsClient
from tap_lazada_ads.sources import BIZ_CODE
from tap_lazada_ads.streams import STREAMS
from tap_toolkit.http import Call
from tap_toolkit.settings import setting


class TapLazadaAds(TapLazada):
    """Spend, clicks and attributed orders of Lazada sellers' Sponsored Discovery, by campaign, product and keyword."""

    name = "tap-lazada-ads"
    stream_types = STREAMS
    unused_settings = TapLazada.unused_settings | {"pii_salt"}
    config_jsonschema: ClassVar[dict[str, Any]] = {
        **TapLazada.config_jsonschema,
        "properties": {
            **TapLazada.config_jsonschema["properties"],
            **th.PropertiesList(
                setting(
                    "requests_per_second",
                    th.NumberType(minimum=0),
                    "Requests a second",
                    "Budget of all sellers together; 0 for no limit. Lazada may block who asks too fast.",
                    default=5,
                ),
            ).to_dict()["properties"],
        },
    }

    def make_client(self, **common: Any) -> LazadaAdsClient:
        """The signed client of the country's host."""
        own = {name: self.config[name] for name in ("app_key", "app_secret")}
        other = (self.config.get("api_url") or "").rstrip("/")
        hosts = {"base_url": other or HOSTS[self.config["country"]], "auth_url": other or AUTH_HOST}
        return LazadaAdsClient(**hosts, **own, **common)

    def identify(self, account: str) -> str:
        """How many campaigns the seller has that are not deleted."""
        today = datetime.now(self.zone(account)).date().isoformat()
        asked = [BIZ_CODE, ("startDate", today), ("endDate", today), ("pageNo", "1"), ("pageSize", "1")]
        page = self.client.call(Call("sponsor/solutions/campaign/searchCampaignList", account, asked))
        return f"{page['totalCount']} campaigns"
