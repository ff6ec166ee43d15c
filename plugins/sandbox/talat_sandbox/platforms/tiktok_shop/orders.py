"""Order search and order detail. https://partner.tiktokshop.com/docv2/page/get-order-list-202309"""

from __future__ import annotations

import orjson

from talat_sandbox.business.model import Business
from talat_sandbox.cache import FOREVER, Cache
from talat_sandbox.platforms.tiktok_shop.call import Call, listed
from talat_sandbox.platforms.tiktok_shop.order_body import STATUSES, order_body
from talat_sandbox.platforms.tiktok_shop.paging import key_of, serial_of
from talat_sandbox.world import World

SORTS = ("create_time", "update_time")
_FILTERS = {*STATUSES.values(), "ON_HOLD", "PARTIALLY_SHIPPING"}
_BATCH = 50


class Orders:
    """The order endpoints."""

    def __init__(self, world: World, business: Business) -> None:
        self._business = business
        self._lists: Cache[list[str]] = Cache(256)
        self._bodies: Cache[bytes] = Cache(world.options.cache_orders)

    def search(self, call: Call) -> bytes:
        """POST orders/search: whole orders by time of creation or update; the end of a span is left out."""
        keys = self._keys(call)
        page, token = call.page(keys)
        return listed("orders", (self._body(call, serial_of(key)) for key in page), token, len(keys))

    def detail(self, call: Call) -> bytes:
        """GET orders: at most 50 ids, with commas between or one by one; unknown ones are left out."""
        ids = [part for joined in call.request.params.get("ids", ()) for part in joined.split(",") if part]
        if not 1 <= len(ids) <= _BATCH:
            raise call.refuse(f"ids is required, at most {_BATCH}.")
        known = (number for number in ids if self._business.find(call.shop, number, call.as_of))
        return b'{"orders":[' + b",".join(self._body(call, number) for number in known) + b"]}"

    def drift(self, call: Call) -> None:
        """Touch the first order of the page a search has just shown, and the last one it has not shown."""
        keys = self._keys(call)
        page, _ = call.page(keys)
        for key in {*page[:1], *keys[keys.index(page[-1]) + 1 :][-1:]} if page else ():
            order = self._business.find(call.shop, serial_of(key), call.as_of)
            assert order is not None, "a listed order exists"
            self._business.touch(order.ref, call.as_of)
        self._bodies.clear()

    def _keys(self, call: Call) -> list[str]:
        call.check_body()
        by, order = call.choice("sort_field", SORTS, "create_time"), call.choice("sort_order", ("ASC", "DESC"), "DESC")
        status = str(call.request.json.get("order_status") or "")
        if status and status not in _FILTERS:
            raise call.refuse(f"order_status {status} is not supported.")
        created, updated = call.span("create_time"), call.span("update_time")
        business, everything = self._business, (0, call.as_of)
        place = (call.shop.index, by, order, status, created, updated, call.as_of, business.touches)
        keys = self._lists.get(place, call.as_of)
        if keys is not None:
            return keys
        changed = {hit.ref: hit for hit in business.orders_updated(call.shop, *(updated or everything), call.as_of)}
        placed = {hit.ref: hit for hit in business.orders_created(call.shop, *(created or everything), call.as_of)}
        hits = placed if by == "create_time" else changed
        keys = [
            key_of(hits[ref].at, business.serial(hits[ref]), order == "DESC") for ref in changed.keys() & placed.keys()
        ]
        if status:
            keys = [key for key in keys if self._status(call, serial_of(key)) == status]
        return self._lists.put(place, sorted(keys))

    def _status(self, call: Call, number: str) -> str:
        order = self._business.find(call.shop, number, call.as_of)
        assert order is not None, "a listed order exists"
        return STATUSES[order.life.events[order.step(call.as_of)].status]

    def _body(self, call: Call, number: str) -> bytes:
        key = (call.shop.index, number)
        body = self._bodies.get(key, call.as_of)
        if body is not None:
            return body
        business = self._business
        order = business.find(call.shop, number, call.as_of)
        assert order is not None, "a listed order exists"
        step = order.step(call.as_of)
        body = orjson.dumps(order_body(order, step, business.updated_at(order, step, call.as_of)))
        if not business.is_touched(order.ref):
            events = order.life.events
            until = events[step + 1].at if step + 1 < len(events) else FOREVER
            self._bodies.put(key, body, events[step].at, until)
        return body
