"""Settlements and returns. https://open.shopee.com/documents/v2/v2.payment.get_escrow_list"""

from __future__ import annotations

from typing import Any

import orjson

from talat_sandbox.business.model import Hit
from talat_sandbox.business.money import Settlement
from talat_sandbox.cache import FOREVER, Cache
from talat_sandbox.platforms.shopee.call import WINDOW_SECONDS, Call
from talat_sandbox.platforms.shopee.finance_body import escrow_body, return_body
from talat_sandbox.platforms.shopee.paging import serial_of, shuffle_key
from talat_sandbox.platforms.shopee.protocol import ApiError
from talat_sandbox.world import World

_BATCH = 50
RETURN_STATUSES = {
    "REQUESTED",
    "PROCESSING",
    "ACCEPTED",
    "JUDGING",
    "SELLER_DISPUTE",
    "REFUND_PAID",
    "CLOSED",
    "CANCELLED",
    "COMPLETED",
}


class Finance:
    """The payment and returns endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._windows: Cache[list[tuple[str, int]]] = Cache(256)
        self._bodies: Cache[bytes] = Cache(world.options.cache_orders)
        self._amounts: Cache[float] = Cache(world.options.cache_orders)

    def escrow_list(self, call: Call) -> bytes:
        """GET payment.get_escrow_list: by release time, page_no from 1, 40 rows unless told."""
        first, last = call.window("release_time_from", "release_time_to", limited=False)
        size, page = call.page_size(40), call.integer("page_no", 1)
        if page < 1:
            raise ApiError("error_param", "page_no starts at 1.")
        last -= self._world.options.half_open
        key = ("escrow", call.shop.index, first, last, call.as_of)
        rows = self._windows.get(key, call.as_of)
        if rows is None:
            hits = self._world.business.released(call.shop, first, last, call.as_of)
            rows = self._windows.put(key, self._sorted(hits))
        start = (page - 1) * size
        return orjson.dumps(
            {
                "more": start + size < len(rows),
                "escrow_list": [
                    {
                        "order_sn": serial_of(place),
                        "payout_amount": self._amount(call, serial_of(place)),
                        "escrow_release_time": at,
                    }
                    for place, at in rows[start : start + size]
                ],
            }
        )

    def escrow_detail(self, call: Call) -> bytes:
        """GET payment.get_escrow_detail: one order; nothing before its release."""
        order_sn = call.request.param("order_sn")
        if not order_sn:
            raise ApiError("error_param", "order_sn is required.")
        if self._world.business.find(call.shop, order_sn, call.as_of) is None:
            raise ApiError("order_not_found")
        body = self._escrow(call, order_sn)
        if body is None:
            raise ApiError("income_not_found")
        return body

    def escrow_batch(self, call: Call) -> bytes:
        """POST payment.get_escrow_detail_batch: JSON body, at most 50 orders; the answer is an array."""
        wanted = call.request.json.get("order_sn_list")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(item, str) for item in wanted):
            raise ApiError("error_param", "order_sn_list is required, format should be string[]")
        if len(wanted) > _BATCH:
            raise ApiError("exceed_max_limit", f"order_sn_list may hold {_BATCH} ids.")
        bodies = [body for body in (self._escrow(call, order_sn) for order_sn in wanted) if body]
        return b"[" + b",".join(b'{"escrow_detail":' + body + b"}" for body in bodies) + b"]"

    def return_list(self, call: Call) -> bytes:
        """GET returns.get_return_list: page_no from 0, by create or update time, at most 15 days."""
        page, size = call.integer("page_no"), call.page_size()
        if page < 0:
            raise ApiError("error_param", "page_no starts at 0.")
        status = call.request.param("status")
        if status and status not in RETURN_STATUSES:
            raise ApiError("error_param", f"status {status} is not supported.")
        rows = self._returns(call, status)
        start = page * size
        bodies = []
        for place, _ in rows[start : start + size]:
            entry = self._world.business.find_return(call.shop, serial_of(place), call.as_of)
            assert entry is not None, "a listed return exists"
            bodies.append(return_body(entry, entry.step(call.as_of), False))
        return orjson.dumps({"more": start + size < len(rows), "return": bodies})

    def return_detail(self, call: Call) -> bytes:
        """GET returns.get_return_detail: one return with item refund amounts."""
        return_sn = call.request.param("return_sn")
        if not return_sn:
            raise ApiError("error_param", "return_sn is required.")
        entry = self._world.business.find_return(call.shop, return_sn, call.as_of)
        if entry is None:
            raise ApiError("error_not_found", "The return is not found.")
        return orjson.dumps(return_body(entry, entry.step(call.as_of), True))

    def _returns(self, call: Call, status: str) -> list[tuple[str, int]]:
        created, updated = self._range(call, "create_time"), self._range(call, "update_time")
        if created and updated and updated[0] < created[0]:
            raise ApiError("error_param", "update_time_from must not be before create_time_from.")
        key = ("returns", call.shop.index, created, updated, status, call.as_of)
        rows = self._windows.get(key, call.as_of)
        if rows is not None:
            return rows
        business = self._world.business
        everything = (0, call.as_of)
        hits = business.returns_updated(call.shop, *(updated or everything), call.as_of)
        if created:
            fresh = {(hit.ref, hit.part) for hit in business.returns_created(call.shop, *created, call.as_of)}
            hits = [hit for hit in hits if (hit.ref, hit.part) in fresh]
        if status:
            hits = [hit for hit in hits if self._return_status(call, hit) == status]
        return self._windows.put(key, self._sorted(hits))

    def _range(self, call: Call, name: str) -> tuple[int, int] | None:
        if not call.request.param(f"{name}_from") and not call.request.param(f"{name}_to"):
            return None
        first, last = call.integer(f"{name}_from"), call.integer(f"{name}_to")
        if first > last or last - first > WINDOW_SECONDS:
            raise ApiError("error_param", f"{name}_from must be before {name}_to, at most 15 days apart.")
        return first, last - self._world.options.half_open

    def _return_status(self, call: Call, hit: Hit) -> str:
        events = self._world.business.life(hit.ref).returns[hit.part - 1].events
        return [event.status for event in events if event.at <= call.as_of][-1]

    def _sorted(self, hits: list[Hit]) -> list[tuple[str, int]]:
        return sorted((shuffle_key(self._world.business.serial(hit)), hit.at) for hit in hits)

    def _settlement(self, call: Call, order_sn: str) -> Settlement | None:
        order = self._world.business.find(call.shop, order_sn, call.as_of)
        return self._world.business.settlement(order, call.as_of) if order else None

    def _amount(self, call: Call, order_sn: str) -> float:
        """Return what was paid out at the release; adjustments come later and by another way."""
        key = (call.shop.index, order_sn)
        amount = self._amounts.get(key, call.as_of)
        if amount is None:
            settled = self._settlement(call, order_sn)
            assert settled is not None, "a listed settlement was released"
            amount = self._amounts.put(key, settled.amount / 100, settled.released)
        return amount

    def _escrow(self, call: Call, order_sn: str) -> bytes | None:
        key = (call.shop.index, order_sn)
        body = self._bodies.get(key, call.as_of)
        if body is not None:
            return body
        settled = self._settlement(call, order_sn)
        if settled is None:
            return None
        rendered: dict[str, Any] = escrow_body(settled)
        change = settled.order.life.adjusted
        until = FOREVER if settled.adjusted or change is None else change
        return self._bodies.put(key, orjson.dumps(rendered), settled.adjusted or settled.released, until)
