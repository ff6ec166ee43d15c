"""Lists in the order of a number, page by page. The tokens are opaque and full of what must be escaped."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from bisect import bisect_right

# Encoded, these are "++++////".
_HEAD = b"\xfb\xef\xbe\xff\xff\xff"
_HIGHEST = 10**11


def key_of(number: int, serial: str, descending: bool = False) -> str:
    """Return the place of a serial in a list; equal numbers are in the order of the serials."""
    return f"{_HIGHEST - number if descending else number:012d}{serial}"


def serial_of(key: str) -> str:
    """Return the serial behind a place."""
    return key[12:]


def token_after(key: str) -> str:
    """Return a token that resumes after a place, also when that place has moved; it ends with `=`."""
    payload = _HEAD + key.encode()
    return b64encode(payload + b" " * (len(payload) % 3 == 0)).decode()


def resume(keys: list[str], token: str) -> int:
    """Return the index in sorted `keys` at which a token resumes. Raises ValueError for a foreign token."""
    if not token:
        return 0
    try:
        payload = b64decode(token, validate=True)
    except binascii.Error:
        raise ValueError("page_token is invalid.") from None
    if not payload.startswith(_HEAD):
        raise ValueError("page_token is invalid.")
    return bisect_right(keys, payload.removeprefix(_HEAD).decode("utf-8", "replace").strip())
