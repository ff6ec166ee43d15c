"""Pages and their cursors, which say where to go on and mean nothing to anybody else."""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

from talat_sandbox.platforms.facebook_ads.call import Call
from talat_sandbox.platforms.facebook_ads.protocol import GraphError

_MARK = "sandbox:"


def encode_cursor(*numbers: int) -> str:
    """Return an opaque cursor that holds some numbers."""
    return urlsafe_b64encode((_MARK + ":".join(map(str, numbers))).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, count: int) -> tuple[int, ...]:
    """Return the numbers of a cursor. Raises GraphError for one that was never handed out here."""
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        numbers = tuple(int(part) for part in text.removeprefix(_MARK).split(":"))
    except (binascii.Error, ValueError):
        numbers, text = (), ""
    if not text.startswith(_MARK) or len(numbers) != count:
        raise GraphError(2642, "(#2642) Invalid cursors values")
    return numbers


def page(call: Call, rows: Sequence[object], first: str, last: str, more: bool, less: bool = False) -> dict[str, Any]:
    """Return an edge's answer. Its cursors stand on every page, `next` only where something follows."""
    if not rows:
        return {"data": []}
    paging: dict[str, Any] = {"cursors": {"before": first, "after": last}}
    if more:
        paging["next"] = call.page_url(after=last)
    if less:
        paging["previous"] = call.page_url(before=first)
    return {"data": rows, "paging": paging}
