"""How an assertion that a service account signs is checked.

RS256 as in RFC 7518 (PKCS #1 v1.5 over SHA-256); the claims are those of
https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping

_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")  # what PKCS #1 puts before the digest
_LONGEST, _SKEW = 3600, 300  # seconds


class AssertionRefused(Exception):
    """An assertion that is not valid; the text is Google's description."""


def scopes_of(assertion: str, keys: Mapping[str, tuple[str, int]], audiences: tuple[str, ...]) -> list[str]:
    """Return the scopes that an assertion asks for. Raises AssertionRefused.

    `keys` are the public halves by the service account's address: the modulus in hexadecimal, and the exponent.
    """
    parts = assertion.split(".")
    try:
        header, claims = (json.loads(_decoded(part)) for part in parts[:2])
        signature = _decoded(parts[2])
    except (ValueError, IndexError):
        raise AssertionRefused("Bad Request") from None
    if claims.get("iss") not in keys:
        raise AssertionRefused("Invalid grant: account not found")
    message = f"{parts[0]}.{parts[1]}".encode()
    if header.get("alg") != "RS256" or not _is_signed(message, signature, *keys[claims["iss"]]):
        raise AssertionRefused("Invalid JWT Signature.")
    if claims.get("aud") not in audiences:
        raise AssertionRefused("Invalid JWT: Failed audience check.")
    issued, until, now = int(claims.get("iat", 0)), int(claims.get("exp", 0)), time.time()
    if until - issued > _LONGEST or issued > now + _SKEW or until < now:
        raise AssertionRefused(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
            "Check your iat and exp values in the JWT claim."
        )
    return str(claims.get("scope", "")).split()


def _is_signed(message: bytes, signature: bytes, modulus: str, exponent: int) -> bool:
    number = int(modulus, 16)
    size = (number.bit_length() + 7) // 8
    digest = _SHA256 + hashlib.sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    opened = pow(int.from_bytes(signature, "big"), exponent, number)
    return len(signature) == size and opened.to_bytes(size, "big") == padded


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
