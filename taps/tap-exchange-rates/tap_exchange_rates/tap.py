"""tap-exchange-rates: settings, and what may be asked for."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from singer_sdk import typing as th

from tap_exchange_rates.client import ExchangeRatesClient
from tap_exchange_rates.streams import NEWEST, Rates
from tap_toolkit.consentless_tap import ConsentlessTap
from tap_toolkit.http import Call
from tap_toolkit.settings import setting
from tap_toolkit.tokens import FixedToken, TokenSource
from tap_toolkit.windows import instant

BANK = "ecb"
#: Where the bank's days begin.
FRANKFURT = ZoneInfo("Europe/Berlin")
#: The first day of the euro's rates is 4 January 1999.
FIRST = datetime(1999, 1, 3, 23, tzinfo=UTC)


class TapExchangeRates(ConsentlessTap):
    """Daily reference rates of the euro, as the European Central Bank publishes them."""

    name = "tap-exchange-rates"
    account_name = "source"
    stream_types = (Rates,)
    unused_settings = ConsentlessTap.unused_settings | {"pii_salt", "account_requests_per_second"}
    config_jsonschema = th.PropertiesList(
        setting(
            "currencies",
            th.ArrayType(th.StringType(pattern="^[A-Z]{3}$")),
            "Currencies",
            'Whose rates to keep, like ["THB", "SGD", "USD"]; all that the bank publishes, when not set. A rate '
            "between two of them needs both.",
        ),
        setting(
            "lookback_days",
            th.IntegerType(minimum=0),
            "Days to read again",
            "Rates of so many days are read again, should the bank correct one.",
            default=7,
        ),
        setting(
            "api_url", th.StringType, "Address", "The bank's, or a sandbox's.", default="https://www.ecb.europa.eu"
        ),
    ).to_dict()

    @property
    def accounts(self) -> Sequence[str]:
        """The bank."""
        return [BANK]

    @functools.cached_property
    def start(self) -> datetime:
        """The setting ``start_date``, but nothing before there was a rate."""
        return max(instant(self.config["start_date"]), FIRST)

    def find_zone(self, account: str) -> tzinfo:
        """The bank's."""
        return FRANKFURT

    def make_client(self, **common: Any) -> ExchangeRatesClient:
        """The client."""
        return ExchangeRatesClient(base_url=self.config["api_url"], **common)

    def token_source(self) -> TokenSource:
        """An empty token, which is sent to nobody."""
        return FixedToken("")

    def identify(self, account: str) -> str:
        """The day of the newest rates."""
        return f"rates of {max(self.client.call(Call(NEWEST, account)))}"
