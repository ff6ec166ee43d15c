"""The order endpoints. https://open.lazada.com/apps/doc/api?path=%2Forders%2Fget"""

from __future__ import annotations

import orjson

from talat_sandbox.business.model import Business, Hit
from talat_sandbox.business.orders import Order
from talat_sandbox.cache import FOREVER, Cache
from talat_sandbox.platforms.lazada.call import Call
from talat_sandbox.platforms.lazada.order_body import items_body, order_body, unit_statuses
from talat_sandbox.platforms.lazada.protocol import ApiError

PAGE, DEEPEST, BATCH = 100, 5000, 50
FILTERS = {
    "all", "unpaid", "pending", "packed", "canceled", "ready_to_ship", "delivered", "returned", "shipped", "failed",
    "topack", "toship", "shipping", "lost", "lost_by_3pl", "damaged_by_3pl", "failed_delivery", "shipped_back",
    "shipped_back_success", "shipped_back_failed", "package_scrapped", "confirmed",
}  # fmt: skip


class Orders:
    """Orders, which can be listed by time, and their units, which are asked for by order."""

    def __init__(self, business: Business, cached: int) -> None:
        self._business = business
        self._lists: Cache[list[str]] = Cache(256)
        self._bodies: Cache[bytes] = Cache(cached)

    def order_list(self, call: Call) -> bytes:
        """/orders/get: by the time of creation or change, by offset, 100 a page and not beyond offset 5000."""
        numbers = self._listed(call)
        start, size = self._page(call)
        page = numbers[start : start + size]
        rows = b",".join(self._rendered(call, number, "order") for number in page)
        return b'{"count":%d,"countTotal":%d,"orders":[%s]}' % (len(page), len(numbers), rows)

    def order(self, call: Call) -> bytes:
        """/order/get: one order."""
        return self._rendered(call, self._known(call, call.text("order_id"), "16"), "order")

    def order_items(self, call: Call) -> bytes:
        """/order/items/get: the units of one order."""
        rendered = self._rendered(call, self._known(call, call.text("order_id"), "16"), "items")
        return orjson.dumps(orjson.loads(rendered)["order_items"])

    def items(self, call: Call) -> bytes:
        """/orders/items/get: the units of up to 50 orders, `order_ids=[1,2]`."""
        text = call.text("order_ids").strip()
        if not (text.startswith("[") and text.endswith("]")):
            raise ApiError("56")
        wanted = [part.strip() for part in text[1:-1].split(",") if part.strip()]
        if not wanted:
            raise ApiError("39")
        if len(wanted) > BATCH:
            raise ApiError("38")
        known = [self._known(call, number, "37") for number in wanted]
        return b"[" + b",".join(self._rendered(call, number, "items") for number in known) + b"]"

    def drift(self, call: Call) -> None:
        """Touch the first order of the page a list call has just shown, and the last one of the list."""
        numbers = self._listed(call)
        start, _ = self._page(call)
        for number in {*numbers[start : start + 1], *numbers[-1:]}:
            order = self._business.find(call.shop, number, call.as_of)
            if order:
                self._business.touch(order.ref, call.as_of)
        self._bodies.clear()

    def _page(self, call: Call) -> tuple[int, int]:
        return call.integer("offset", 0, DEEPEST, "14"), call.integer("limit", PAGE, PAGE, "19", least=1)

    def _listed(self, call: Call) -> list[str]:
        """Return the numbers of all orders that a list call asks for, in its order."""
        if not call.text("update_after") and not call.text("created_after"):
            raise ApiError("MissingParameter", "update_after or created_after is mandatory and not supplied")
        updated, created = call.span("update_after", "update_before"), call.span("created_after", "created_before")
        by, way = call.text("sort_by") or "created_at", call.text("sort_direction") or "DESC"
        if by not in ("created_at", "updated_at"):
            raise ApiError("75")
        if way not in ("ASC", "DESC"):
            raise ApiError("74")
        status = call.text("status") or "all"
        if status not in FILTERS:
            raise ApiError("36")
        key = (call.shop.index, updated, created, by, way, status, call.as_of, self._business.touches)
        found = self._lists.get(key, call.as_of)
        if found is not None:
            return found
        business = self._business
        search = business.orders_updated if updated else business.orders_created
        hits = search(call.shop, *(updated or created or (0, call.as_of)), call.as_of)
        if updated and created:
            hits = [hit for hit in hits if created[0] <= business.life(hit.ref).created <= created[1]]
        placed = [(self._place(call, hit, by, bool(updated)), business.serial(hit)) for hit in hits]
        if status != "all":
            placed = [entry for entry in placed if status in self._statuses(call, entry[1])]
        return self._lists.put(key, [number for _, number in sorted(placed, reverse=way == "DESC")])

    def _place(self, call: Call, hit: Hit, by: str, found_by_update: bool) -> int:
        if (by == "updated_at") == found_by_update:
            return hit.at
        if by == "created_at":
            return self._business.life(hit.ref).created
        order = self._business.order(hit.ref)
        return self._business.updated_at(order, order.step(call.as_of), call.as_of)

    def _statuses(self, call: Call, number: str) -> list[str]:
        order = self._found(call, number)
        return unit_statuses(order, self._business.returns(order), order.step(call.as_of))

    def _found(self, call: Call, number: str) -> Order:
        order = self._business.find(call.shop, number, call.as_of)
        assert order is not None, "a listed order exists"
        return order

    def _known(self, call: Call, number: str, code: str) -> str:
        """Return the number of an order of the shop. Raises ApiError with `code` for any other."""
        if self._business.find(call.shop, number, call.as_of) is None:
            raise ApiError(code)
        return number

    def _rendered(self, call: Call, number: str, what: str) -> bytes:
        key = (call.shop.index, number, what)
        body = self._bodies.get(key, call.as_of)
        if body is not None:
            return body
        order, business = self._found(call, number), self._business
        step = order.step(call.as_of)
        statuses = unit_statuses(order, business.returns(order), step)
        render = order_body if what == "order" else items_body
        body = orjson.dumps(render(order, statuses, step, business.updated_at(order, step, call.as_of)))
        if not business.is_touched(order.ref):
            events = order.life.events
            until = events[step + 1].at if step + 1 < len(events) else FOREVER
            self._bodies.put(key, body, events[step].at, until)
        return body
