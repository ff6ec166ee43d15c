"""The European Central Bank's public files: no key, no codes; the HTTP status says what is wrong."""

from __future__ import annotations

from typing import Any

from tap_exchange_rates.files import Days, read_days
from tap_toolkit.errors import load_rules
from tap_toolkit.http import ApiClient, Call, Signed


class ExchangeRatesClient(ApiClient):
    """Reads files of rates."""

    rules = load_rules("tap_exchange_rates")
    prefix = "/stats/eurofxref/"

    def sign(self, call: Call, token: str) -> Signed:
        """Nothing is signed."""
        return Signed(headers={"Accept": "text/xml"})

    def read(self, content: bytes) -> Days | None:
        """The days of a file; None for what is none, be it cut off or a page for people."""
        try:
            return read_days(content)
        except ValueError:
            return None

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """Anything but a file; what it is, its HTTP status says."""
        return ("", "what is not a whole file of rates") if body is None else None
