"""Facts about the countries our platforms sell in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from tap_toolkit.errors import SkipAccount

#: Where a shop's days begin, by ISO 3166 country.
ZONES = {
    "TH": ZoneInfo("Asia/Bangkok"),
    "SG": ZoneInfo("Asia/Singapore"),
    "MY": ZoneInfo("Asia/Kuala_Lumpur"),
    "VN": ZoneInfo("Asia/Ho_Chi_Minh"),
    "PH": ZoneInfo("Asia/Manila"),
    "ID": ZoneInfo("Asia/Jakarta"),
    "TW": ZoneInfo("Asia/Taipei"),
    "BR": ZoneInfo("America/Sao_Paulo"),
}
#: What a shop's money is, by ISO 3166 country.
CURRENCIES = {
    "TH": "THB",
    "SG": "SGD",
    "MY": "MYR",
    "VN": "VND",
    "PH": "PHP",
    "ID": "IDR",
    "TW": "TWD",
    "BR": "BRL",
}


def zone_named(name: str) -> ZoneInfo:
    """The time zone of an IANA name; :class:`SkipAccount` where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise SkipAccount(
            f"This machine does not know the time zone {name!r}, in which the account counts its days: install tzdata."
        ) from None
