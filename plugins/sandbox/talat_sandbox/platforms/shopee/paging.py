"""Lists without a promised order: shuffled by their serials, so that no client can lean on sortedness."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right

from talat_sandbox.platforms.shopee.protocol import ApiError


def shuffle_key(serial: str, late: bool = False) -> str:
    """Return the place of a serial in a list; what changed during the paging (`late`) moves to the end."""
    return f"{'1' if late else '0'}{serial[6:]}{serial[:6]}"


def serial_of(key: str) -> str:
    """Return the serial behind a place."""
    return key[9:] + key[1:9]


def encode_cursor(key: str) -> str:
    """Return an opaque cursor that resumes after a place."""
    return urlsafe_b64encode(key.encode()).decode()


def resume(keys: list[str], cursor: str) -> int:
    """Return the index in sorted `keys` at which a cursor resumes. Raises ApiError for a foreign cursor."""
    if not cursor:
        return 0
    try:
        key = urlsafe_b64decode(cursor).decode()
    except (binascii.Error, ValueError):
        raise ApiError("error_param", "cursor is invalid.") from None
    if len(key) != 15:
        raise ApiError("error_param", "cursor is invalid.")
    return bisect_right(keys, key)
