"""The bank's files of rates, read by expat piece by piece: no tree is built, and nothing outside them is looked at.

An envelope holds a ``Cube``, which holds one with a ``time`` for each day, the newest first, which holds one for each
currency [https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/].
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from xml.parsers import expat

#: Rates by currency, in units of it for one euro, as the file writes them; by day.
Days = dict[date, dict[str, str]]

# The whole history had 7 MB after 25 years.
_MOST_BYTES = 64 << 20
_PIECE = 1 << 16


def read_days(content: bytes) -> Days:
    """The rates that a file has. Raises :class:`ValueError` for what is not a whole file, or more than one can be."""
    if len(content) > _MOST_BYTES:
        raise ValueError("more than any file of rates has")
    days: Days = {}
    rates: dict[str, str] = {}

    def begin(name: str, attributes: Mapping[str, str]) -> None:
        nonlocal rates
        if name != "Cube":
            return
        if "time" in attributes:
            rates = days.setdefault(date.fromisoformat(attributes["time"]), {})
        elif "currency" in attributes:
            rates[attributes["currency"]] = attributes.get("rate", "")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.StartDoctypeDeclHandler = _refuse
    try:
        for start in range(0, len(content), _PIECE):
            parser.Parse(content[start : start + _PIECE], False)
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise ValueError("not whole XML") from None
    if not days:
        raise ValueError("a file without a day")
    return days


def _refuse(*declared: object) -> None:
    """The bank's files declare no type; entities, within or without, are declared in one."""
    raise ValueError("a file with a document type")
