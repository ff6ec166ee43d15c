"""Numbers that BigQuery's JSON cannot hold, kept as JSON text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
# Shorter numbers without an exponent always fit; most documents have no others and are not parsed. To search for a
# single character is much faster than for one of several: whatever may stand before a number becomes a colon first,
# and whatever it may have inside a zero.
_ALIKE = bytes.maketrans(b"123456789.E,[- \t\r\n", b"0000000000e:::::::")
_MAYBE_WIDE = re.compile(rb":0(?:0{15}|0*e)")
_NUMBER = b"-0123456789"


def exact_in_64_bits(raw: bytes) -> str:
    """JSON text in which each number that is neither a 64-bit integer nor a double, digit for digit, is a string.

    Raises msgspec.DecodeError for text that is not JSON.
    """
    if raw[:1] in _NUMBER or _MAYBE_WIDE.search(raw.translate(_ALIKE)):
        raw = _encode(_narrow(_decode(raw)))
    return raw.decode()


def _narrow(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _narrow(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_narrow(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else str(value)
    return value if Decimal(repr(float(value))) == value else format(value, "f")
