"""tap-line-ads: settings and ad accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from singer_sdk import Stream
from singer_sdk import typing as th

from tap_line_ads.client import LineAdsClient
from tap_line_ads.streams import LEVELS, OBJECTS, AdAccounts, Daily, account_in
from tap_toolkit.answers import Row, text_in
from tap_toolkit.consentless_tap import ConsentlessTap
from tap_toolkit.http import Call, Params
from tap_toolkit.regions import zone_named
from tap_toolkit.settings import setting
from tap_toolkit.tokens import FixedToken, TokenSource
from tap_toolkit.windows import days

_IDS = th.ArrayType(th.StringType(pattern=r"^A\d+$"))


class TapLineAds(ConsentlessTap):
    """Ad accounts, campaigns, ad groups, ads and daily performance of LINE Ads, by the Management API."""

    name = "tap-line-ads"
    account_name = "ad account"
    stream_types = (AdAccounts, *OBJECTS)
    unused_settings = ConsentlessTap.unused_settings | {"pii_salt", "account_requests_per_second"}
    # Windows mostly wait for reports.
    windows_at_once = 32
    config_jsonschema = th.PropertiesList(
        setting("account_ids", _IDS, "Ad accounts", 'Accounts to read, like ["A49799313413"].', required=True),
        setting(
            "group_id", th.StringType(pattern=r"^G\d+$"), "Group", "The group that they are linked to.", required=True
        ),
        setting("access_key", th.StringType, "Access key", "Of the group, from its settings page.", required=True),
        setting("secret_key", th.StringType, "Secret key", "Made with the access key.", required=True, secret=True),
        setting(
            "reports",
            th.ArrayType(th.StringType(allowed_values=list(LEVELS))),
            "Reports",
            f"Daily performance by level: {', '.join(LEVELS)}.",
            default=list(LEVELS),
        ),
        setting(
            "lookback_days",
            th.IntegerType(minimum=0),
            "Days to read again",
            "Conversions may be counted up to 30 days after the click.",
            default=30,
        ),
        setting(
            "requests_per_second",
            th.NumberType(minimum=0),
            "Requests a second",
            "Budget of all accounts; 0 for no limit. LINE allows 2 of each kind to a key for reporting, 10 to others.",
            default=2,
        ),
        setting("api_url", th.StringType, "API address", "LINE's, or a sandbox's.", default="https://ads.line.me"),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The ad accounts of the configuration."""
        return list(dict.fromkeys(self.config["account_ids"]))

    def make_client(self, **common: Any) -> LineAdsClient:
        """The client."""
        return LineAdsClient(base_url=self.config["api_url"], access_key=self.config["access_key"], **common)

    def token_source(self) -> TokenSource:
        """The secret half of the group's key, by which all is signed."""
        return FixedToken(self.config["secret_key"], "secret_key")

    def make_streams(self) -> Sequence[Stream]:
        """The objects, and a stream for each report."""
        lookback = days(self.config["lookback_days"])
        reports = [Daily.of(name, lookback)(self) for name in dict.fromkeys(self.config["reports"])]
        group = self.config.get("group_id", "")  # streams are discovered without settings, too
        return [AdAccounts.of(group)(self), *(stream(self) for stream in OBJECTS), *reports]

    def info(self, account: str) -> Row:
        """What its group says of an account."""

        def ask(path: str, params: Params) -> Any:
            return self.client.call(Call(path, account, params))

        return account_in(self.config["group_id"], account, ask)

    def identify(self, account: str) -> str:
        """The account's name, currency and time zone."""
        info = self.info(account)
        return ", ".join(text_in(info, name, account) for name in ("name", "currency", "timezone"))

    def find_zone(self, account: str) -> tzinfo:
        """The account's time zone, in which LINE counts its days."""
        return zone_named(text_in(self.info(account), "timezone", account))
