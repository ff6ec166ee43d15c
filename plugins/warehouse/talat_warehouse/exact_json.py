"""Numbers that BigQuery's JSON cannot hold, kept as JSON text."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
# Shorter numbers always fit; most documents have no longer ones and are not parsed.
_MAYBE_WIDE = re.compile(rb"[0-9][0-9.]{15,}|[0-9][eE][-+]?[0-9]")


def exact_in_64_bits(raw: bytes) -> str:
    """JSON text in which each number that is neither a 64-bit integer nor a double, digit for digit, is a string.

    Raises msgspec.DecodeError for text that is not JSON.
    """
    if _MAYBE_WIDE.search(raw):
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
