"""tap-google-ads: settings and customers."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any

from singer_sdk import Stream
from singer_sdk import typing as th

from tap_google_ads.client import GoogleAdsClient
from tap_google_ads.customers import discovered
from tap_google_ads.gaql import READY_MADE, by_hand
from tap_google_ads.streams import GoogleAdsStream
from tap_toolkit.answers import dig, text_in
from tap_toolkit.google_tap import GoogleTap, google_settings
from tap_toolkit.regions import zone_named
from tap_toolkit.settings import setting

_NUMBER = r"^\d{3}-?\d{3}-?\d{4}$"
_ID = th.CustomType({"type": ["string", "integer"], "pattern": _NUMBER, "minimum": 1_000_000_000})
_REPORT = th.ObjectType(
    th.Property("name", th.StringType(pattern="^[a-z][a-z0-9_]*$"), required=True),
    th.Property("query", th.StringType, required=True),
    additional_properties=False,
)
_DAYS, _VERSION = th.IntegerType(minimum=0, maximum=90), th.StringType(pattern=r"^v\d+$")
_MANAGER = "The manager by which customers are reached; without it, every one that the consent reaches."
_CUSTOMERS = 'Customers to read, like ["123-456-7890"]; all enabled ones below the managers, when not set.'
_BY_HAND = 'Like [{"name": "by_hour", "query": "SELECT segments.date, segments.hour, metrics.clicks FROM campaign"}].'
_LOOKBACK = "Figures of so many days are read again: conversions come for as long as the conversion window is open."
_OPERATIONS = (
    "Most queries that one run may send: a project has 2,880 (Explorer) or 15,000 (Basic) in 24 hours, for all that "
    "uses it; 0 for no limit."
)
_DEVELOPER = "Not needed since September 2026, and sent only when set."


class TapGoogleAds(GoogleTap):
    """Campaigns, ads, keywords, products and performance of Google Ads customers."""

    name = "tap-google-ads"
    account_name = "customer"
    scope = "https://www.googleapis.com/auth/adwords"
    token_rules = GoogleAdsClient.rules
    stream_types = ()
    client: GoogleAdsClient
    config_jsonschema = th.PropertiesList(
        setting("customer_ids", th.ArrayType(_ID), "Customers", _CUSTOMERS),
        setting("login_customer_id", th.StringType(pattern=_NUMBER), "Manager", _MANAGER),
        *google_settings("It must be a user of the Ads accounts.", "https://googleads.googleapis.com"),
        setting("developer_token", th.StringType, "Developer token", _DEVELOPER, secret=True),
        setting("custom_reports", th.ArrayType(_REPORT), "Reports of your own", _BY_HAND),
        setting("lookback_days", _DAYS, "Days to read again", _LOOKBACK, default=30),
        setting("operations_per_run", th.IntegerType(minimum=0), "Operations of a run", _OPERATIONS, default=0),
        setting("api_version", _VERSION, "API version", "Google ends one after about a year.", default="v25"),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The customers of the configuration, as digits, or all that there are."""
        named = self.config.get("customer_ids")
        return list(self._found if named is None else dict.fromkeys(map(_digits, named)))

    def names_accounts(self) -> bool:
        """Whether a list of customers has some; without a list Google is asked."""
        return self.config.get("customer_ids") != []

    @functools.cached_property
    def _found(self) -> Mapping[str, str]:
        return discovered(self.client, self._manager, self.logger)

    @property
    def _manager(self) -> str:
        return _digits(self.config.get("login_customer_id") or "")

    def run(self) -> None:
        """Find the customers first: what hinders that is told before anything is written."""
        self.client.check_reachable()
        self.logger.info("Customers to read: %s.", ", ".join(self.accounts))
        try:
            super().run()
        finally:
            self.logger.info("Used %d operations.", self.client.operations)

    def check_config(self) -> list[str]:
        """Also what is wrong with the reports."""
        return super().check_config() + by_hand(self._config.get("custom_reports") or ())[1]

    def make_streams(self) -> Sequence[Stream]:
        """The ready-made reports, and those of the settings."""
        reports = [*READY_MADE, *by_hand(self.config.get("custom_reports") or ())[0]]
        return [GoogleAdsStream.of(report, self.config["lookback_days"])(self) for report in reports]

    def make_client(self, **common: Any) -> GoogleAdsClient:
        """The client, which reaches named customers by the manager."""
        config = self.config
        client = GoogleAdsClient(
            base_url=config["api_url"],
            version=config["api_version"],
            developer_token=config.get("developer_token") or "",
            most_operations=config["operations_per_run"],
            **common,
        )
        if self._manager:
            client.logins.update(dict.fromkeys(map(_digits, config.get("customer_ids") or ()), self._manager))
        return client

    def identify(self, account: str) -> str:
        """The customer's name, currency and time zone."""
        customer = self._customer(account)
        return ", ".join(str(customer.get(name)) for name in ("descriptiveName", "currencyCode", "timeZone"))

    def find_zone(self, account: str) -> tzinfo:
        """The customer's time zone, known already of those that were found below a manager."""
        if self.config.get("customer_ids") is None:
            return zone_named(self._found[account])
        return zone_named(text_in(self._customer(account), "timeZone", f"customers/{account}"))

    def _customer(self, account: str) -> Mapping[str, Any]:
        query = "SELECT customer.descriptive_name, customer.currency_code, customer.time_zone FROM customer"
        return dig(next(iter(self.client.query(account, query)), {}), "customer") or {}


def _digits(number: object) -> str:
    return str(number).replace("-", "")
