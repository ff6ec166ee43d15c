"""Facts about the countries our platforms sell in."""

from __future__ import annotations

from zoneinfo import ZoneInfo

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
