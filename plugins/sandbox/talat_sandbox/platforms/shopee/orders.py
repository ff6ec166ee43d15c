"""Order list and order detail. https://open.shopee.com/documents/v2/v2.order.get_order_list"""

from __future__ import annotations

import orjson

from talat_sandbox.business.model import Hit
from talat_sandbox.cache import FOREVER, Cache
from talat_sandbox.platforms.shopee.call import Call
from talat_sandbox.platforms.shopee.order_body import order_body, visible_status
from talat_sandbox.platforms.shopee.paging import encode_cursor, resume, serial_of, shuffle_key
from talat_sandbox.platforms.shopee.protocol import ApiError
from talat_sandbox.world import World

FILTERS = {
    "UNPAID",
    "READY_TO_SHIP",
    "PROCESSED",
    "SHIPPED",
    "COMPLETED",
    "IN_CANCEL",
    "CANCELLED",
    "INVOICE_PENDING",
}
_BATCH = 50


class Orders:
    """The order endpoints."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._windows: Cache[list[str]] = Cache(256)
        self._bodies: Cache[bytes] = Cache(world.options.cache_orders)

    def order_list(self, call: Call) -> bytes:
        """GET order.get_order_list: cursor paging over a window of at most 15 days."""
        keys, start, size = self._page(call)
        page = keys[start : start + size]
        more = start + size < len(keys)
        rows: list[dict[str, str]] = [{"order_sn": serial_of(key)} for key in page]
        if "order_status" in call.names("response_optional_fields"):
            for row in rows:
                row["order_status"] = self._status(call, row["order_sn"])
        return orjson.dumps({"more": more, "next_cursor": encode_cursor(page[-1]) if more else "", "order_list": rows})

    def order_detail(self, call: Call) -> bytes:
        """GET order.get_order_detail: at most 50 orders; unknown ones are left out."""
        asked = call.request.param("response_optional_fields")
        pending = call.flag("request_order_status_pending")
        fields = call.names("response_optional_fields")
        found = []
        for order_sn in call.ids("order_sn_list", _BATCH):
            key = (call.shop.index, order_sn, asked, pending)
            body = self._bodies.get(key, call.as_of) or self._body(call, key, fields)
            if body:
                found.append(body)
        if not found:
            raise ApiError("order_not_found")
        return b'{"order_list":[' + b",".join(found) + b"]}"

    def drift(self, call: Call) -> None:
        """Touch the first order of the page a list call has just shown, and the last one it has not shown."""
        keys, start, size = self._page(call)
        shown, hidden = keys[start : start + 1], keys[start + size :][-1:]
        for key in shown + hidden:
            order = self._world.business.find(call.shop, serial_of(key), call.as_of)
            if order:
                self._world.business.touch(order.ref, call.as_of)
        self._bodies.clear()

    def _page(self, call: Call) -> tuple[list[str], int, int]:
        by = call.request.param("time_range_field")
        if by not in ("create_time", "update_time"):
            raise ApiError("error_param", "time_range_field must be create_time or update_time.")
        first, last = call.window("time_from", "time_to", "order.order_list_invalid_time")
        size = call.page_size()
        wanted = call.request.param("order_status")
        pending = call.flag("request_order_status_pending")
        if wanted and wanted not in FILTERS and not (pending and wanted == "PENDING"):
            raise ApiError("error_param", f"order_status {wanted} is not supported.")
        last -= self._world.options.half_open
        business = self._world.business
        window = (call.shop.index, by, first, last, wanted, pending, call.as_of, business.touches)
        keys = self._windows.get(window, call.as_of)
        if keys is None:
            search = business.orders_created if by == "create_time" else business.orders_updated
            keys = self._keys(call, search(call.shop, first, last, call.as_of), wanted)
            self._windows.put(window, keys)
        return keys, resume(keys, call.request.param("cursor")), size

    def _keys(self, call: Call, hits: list[Hit], wanted: str) -> list[str]:
        business = self._world.business
        keys = [shuffle_key(business.serial(hit), business.is_touched(hit.ref)) for hit in hits]
        if wanted:
            keys = [key for key in keys if self._status(call, serial_of(key)) == wanted]
        return sorted(keys)

    def _status(self, call: Call, order_sn: str) -> str:
        order = self._world.business.find(call.shop, order_sn, call.as_of)
        assert order is not None, "a listed order exists"
        return visible_status(
            order.life.events[order.step(call.as_of)].status, call.flag("request_order_status_pending")
        )

    def _body(self, call: Call, key: tuple[int, str, str, bool], fields: frozenset[str]) -> bytes | None:
        business = self._world.business
        order = business.find(call.shop, key[1], call.as_of)
        if order is None:
            return None
        step = order.step(call.as_of)
        updated = business.updated_at(order, step, call.as_of)
        body = orjson.dumps(order_body(order, step, updated, fields, key[3]))
        if not business.is_touched(order.ref):
            events = order.life.events
            until = events[step + 1].at if step + 1 < len(events) else FOREVER
            self._bodies.put(key, body, events[step].at, until)
        return body
