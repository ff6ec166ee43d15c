"""Order and return numbers: they look arbitrary, and can be read back to their place without any table.

Each channel writes them in its own way.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple, Protocol

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SPACE = 36**8
# Odd and not a multiple of 3, hence coprime to 36**8: the scramble is a bijection.
_FACTOR = 1_977_326_743_789
_INVERSE = pow(_FACTOR, -1, _SPACE)
_SHIFT = 1_234_567_890_123 % _SPACE
_SHOPS = 1000
_PARTS = 4  # an order itself, and up to three returns of it


class Ref(NamedTuple):
    """The place of an order: shop index, local creation day (days since the opening) and number in that day."""

    shop: int
    day: int
    number: int


class Codec(Protocol):
    """How a channel numbers its orders, and the returns of an order (parts 1, 2 …)."""

    def encode(self, opens: date, ref: Ref, part: int = 0) -> str:
        """Return the number of a place."""

    def decode(self, opens: date, number: str) -> tuple[Ref, int] | None:
        """Return the place and the part behind a number, or None when it is not one of ours."""


class Serials:
    """Shopee's: 14 characters."""

    def encode(self, opens: date, ref: Ref, part: int = 0) -> str:
        """Return the number of a place."""
        return encode(opens, ref, part)

    def decode(self, opens: date, number: str) -> tuple[Ref, int] | None:
        """Return the place behind a number."""
        return decode(opens, number)


class LineNumbers:
    """LINE's: `TH` and Shopee's 14 characters."""

    def encode(self, opens: date, ref: Ref, part: int = 0) -> str:
        """Return the number of a place."""
        return "TH" + encode(opens, ref, part)

    def decode(self, opens: date, number: str) -> tuple[Ref, int] | None:
        """Return the place behind a number."""
        return decode(opens, number[2:]) if number.startswith("TH") else None


class Numbers:
    """Whole numbers: a prefix, and 13 digits that are scattered over the space."""

    _SPACE = 10**13
    _DAYS = 10_000
    _FACTOR = 3_141_592_653_589  # ends in 9, hence coprime to a power of ten: the scramble is a bijection
    _INVERSE = pow(_FACTOR, -1, _SPACE)

    def __init__(self, prefix: int) -> None:
        self._prefix = str(prefix)

    def encode(self, opens: date, ref: Ref, part: int = 0) -> str:
        """Return the number of a place. Orders of a day in one shop are numbered up to 250,000."""
        packed = ((ref.number * _SHOPS + ref.shop) * _PARTS + part) * self._DAYS + ref.day
        return f"{self._prefix}{(packed * self._FACTOR + _SHIFT) % self._SPACE:013d}"

    def decode(self, opens: date, number: str) -> tuple[Ref, int] | None:
        """Return the place behind a number."""
        if not number.isascii() or not number.isdigit() or len(number) != len(self._prefix) + 13:
            return None
        if not number.startswith(self._prefix):
            return None
        packed, day = divmod((int(number[-13:]) - _SHIFT) * self._INVERSE % self._SPACE, self._DAYS)
        rest, part = divmod(packed, _PARTS)
        place, shop = divmod(rest, _SHOPS)
        return Ref(shop, day, place), part


def encode(opens: date, ref: Ref, part: int = 0) -> str:
    """Return the 14-character serial of an order (part 0) or of its n-th return (part n)."""
    packed = (ref.number * _SHOPS + ref.shop) * _PARTS + part
    value = (packed * _FACTOR + _SHIFT * (ref.day + 1)) % _SPACE
    tail = ""
    for _ in range(8):
        value, digit = divmod(value, 36)
        tail += _DIGITS[digit]
    return (opens + timedelta(ref.day)).strftime("%y%m%d") + tail


def decode(opens: date, serial: str) -> tuple[Ref, int] | None:
    """Return the place and the part behind a serial, or None when it is not one of ours."""
    if len(serial) != 14 or not serial.isascii():
        return None
    try:
        day = date(2000 + int(serial[:2]), int(serial[2:4]), int(serial[4:6]))
        value = int(serial[:5:-1], 36)
    except ValueError:
        return None
    days = (day - opens).days
    packed = (value - _SHIFT * (days + 1)) * _INVERSE % _SPACE
    rest, part = divmod(packed, _PARTS)
    number, shop = divmod(rest, _SHOPS)
    return Ref(shop, days, number), part
