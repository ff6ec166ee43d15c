"""What every peer must know of Shopee's API, whatever its framework: the signature and the windows.

The settings are a JSON object: `api_url`, `partner_id`, `partner_key`, `access_tokens` (by shop id), `shop_ids`,
`start` and `end` (seconds since 1970), `fields` (what get_order_detail is asked for).
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from typing import Any

ORDER_LIST = "/api/v2/order/get_order_list"
ORDER_DETAIL = "/api/v2/order/get_order_detail"
PAGE_SIZE = 100
BATCH_SIZE = 50
_WINDOW_SECONDS = 15 * 86400


def signed_params(settings: Mapping[str, Any], path: str, shop_id: str) -> dict[str, str]:
    """The parameters that each call of a shop must carry; the signature lasts five minutes."""
    partner, token, now = str(settings["partner_id"]), settings["access_tokens"][shop_id], str(int(time.time()))
    base = f"{partner}{path}{now}{token}{shop_id}".encode()
    sign = hmac.new(settings["partner_key"].encode(), base, hashlib.sha256).hexdigest()
    return {"partner_id": partner, "timestamp": now, "access_token": token, "shop_id": shop_id, "sign": sign}


def list_params(window: tuple[int, int], cursor: str) -> dict[str, str]:
    """The parameters of a page of get_order_list."""
    return {
        "time_range_field": "update_time",
        "time_from": str(window[0]),
        "time_to": str(window[1]),
        "page_size": str(PAGE_SIZE),
        "cursor": cursor,
    }


def detail_params(settings: Mapping[str, Any], serials: list[str]) -> dict[str, str]:
    """The parameters of get_order_detail for at most 50 orders."""
    return {"order_sn_list": ",".join(serials), "response_optional_fields": settings["fields"]}


def windows(settings: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Spans of at most 15 days, the longest that get_order_list takes."""
    start, end = settings["start"], settings["end"]
    return [(first, min(first + _WINDOW_SECONDS, end)) for first in range(start, end, _WINDOW_SECONDS)]


def batches(serials: list[str]) -> Iterator[list[str]]:
    """As many order serials as get_order_detail takes at once."""
    for first in range(0, len(serials), BATCH_SIZE):
        yield serials[first : first + BATCH_SIZE]
