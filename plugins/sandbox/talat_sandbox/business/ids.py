"""Order and return numbers: they look arbitrary, and can be read back to their place without any table."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

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
