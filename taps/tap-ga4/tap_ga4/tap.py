"""tap-ga4: settings and properties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from singer_sdk import Stream
from singer_sdk import typing as th

from tap_ga4.client import Ga4Client
from tap_ga4.reports import read_reports, report_settings
from tap_ga4.streams import STREAMS, Ga4Report, Properties
from tap_toolkit.answers import text_in
from tap_toolkit.google_tap import GoogleTap, google_settings
from tap_toolkit.http import Call
from tap_toolkit.regions import zone_named
from tap_toolkit.settings import setting
from tap_toolkit.windows import days

# Google answers no more at once of a property.
MOST_CONCURRENT = 10
_IDS = th.ArrayType(th.CustomType({"type": ["string", "integer"], "pattern": r"^\d+$", "minimum": 1}))


class TapGa4(GoogleTap):
    """Daily reports of Google Analytics 4 properties, by the Data API."""

    name = "tap-ga4"
    account_name = "property"
    scope = "https://www.googleapis.com/auth/analytics.readonly"
    token_rules = Ga4Client.rules
    stream_types = STREAMS
    client: Ga4Client
    config_jsonschema = th.PropertiesList(
        setting("property_ids", _IDS, "Properties", 'Properties to read, like ["370000001"].', required=True),
        *google_settings("It must be a Viewer of each property.", "https://analyticsdata.googleapis.com"),
        *report_settings(),
        setting(
            "lookback_days",
            th.IntegerType(minimum=0),
            "Days to read again",
            "Key events and revenue are credited anew for up to twelve days, and a day is complete after two.",
            default=14,
        ),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The properties of the configuration."""
        return list(dict.fromkeys(str(account) for account in self.config["property_ids"]))

    def make_client(self, **common: Any) -> Ga4Client:
        """The client."""
        common["concurrency"] = min(common["concurrency"], MOST_CONCURRENT)
        return Ga4Client(base_url=self.config["api_url"], **common)

    def check_config(self) -> list[str]:
        """Also what is wrong with the reports asked for."""
        taken = [stream.name for stream in self.stream_types]
        return super().check_config() + read_reports(self._config, taken)[1]

    def make_streams(self) -> Sequence[Stream]:
        """The properties, and one stream for each report."""
        lookback = days(self.config["lookback_days"])
        return [*super().make_streams(), *(Ga4Report.of(it, lookback)(self) for it in read_reports(self.config)[0])]

    def info(self, account: str) -> Mapping[str, Any]:
        """What the property says of itself."""
        answer: Mapping[str, Any] = self.client.call(Call(f"{account}:runReport", account, body=Properties.source.body))
        metadata: Mapping[str, Any] = answer.get("metadata") or {}
        return metadata

    def identify(self, account: str) -> str:
        """The property's currency and time zone."""
        return ", ".join(text_in(self.info(account), name, account) for name in ("currencyCode", "timeZone"))

    def find_zone(self, account: str) -> tzinfo:
        """The property's time zone, in which GA4 counts its days."""
        return zone_named(text_in(self.info(account), "timeZone", account))
