"""The list of orders, and one order."""

from __future__ import annotations

from datetime import datetime

import orjson

from talat_sandbox.business.model import Business
from talat_sandbox.business.orders import Order
from talat_sandbox.cache import FOREVER, Cache
from talat_sandbox.platforms.line_shop.bodies import is_refunded, items, listed, order_row
from talat_sandbox.platforms.line_shop.call import Call, page_of
from talat_sandbox.platforms.line_shop.protocol import ApiError

SORTS = ("ORDER_NO", "CREATED_AT", "UPDATED_AT", "CHECKED_OUT_AT")
ENUMS = {
    "orderStatus": ("FINALIZED", "COMPLETED", "EXPIRED", "CANCELED"),
    "paymentStatus": ("NO_PAYMENT", "PENDING", "PAID", "REFUND"),
    "shipmentStatus": ("NO_SHIPMENT", "SHIPMENT_READY", "ON_DELIVERY", "SHIPPED_ALL"),
}


class Orders:
    """The order endpoints that read."""

    def __init__(self, business: Business, cache_orders: int) -> None:
        self._business = business
        self._lists: Cache[list[str]] = Cache(64)
        self._bodies: Cache[tuple[bytes, bytes]] = Cache(cache_orders)

    def listing(self, call: Call) -> bytes:
        """GET orders: sorted and filtered as asked, without items."""
        numbers = self._numbers(call)
        page, size = call.paging()
        rows = [self._body(call, number)[0] for number in numbers[(page - 1) * size : page * size]]
        return page_of(rows, page, size, len(numbers))

    def detail(self, call: Call, number: str) -> bytes:
        """GET orders/{orderNumber}: one order with its items."""
        if self._business.find(call.shop, number, call.as_of) is None:
            raise ApiError(404, "order not found")
        return self._body(call, number)[1]

    def drift(self, call: Call) -> None:
        """Change the first order of the page a list call has just shown, and the last one it has not shown."""
        numbers, (page, size) = self._numbers(call), call.paging()
        for number in numbers[(page - 1) * size :][:1] + numbers[page * size :][-1:]:
            order = self._business.find(call.shop, number, call.as_of)
            if order:
                self._business.touch(order.ref, call.as_of)
        self._bodies.clear()

    def _numbers(self, call: Call) -> list[str]:
        """Return the numbers of all orders that are asked for, in order."""
        sort, direction = call.choice("sortBy", SORTS, "CREATED_AT"), call.choice("orderBy", ("ASC", "DESC"), "DESC")
        wanted = {name: call.choices(name, allowed) for name, allowed in ENUMS.items()}
        methods, search = call.several("paymentMethod"), call.request.param("search")
        # What the two filter is not documented; here it is the checkout, so that who takes it for the update finds out.
        first, last = call.instant("startAt", 0), call.instant("endAt", call.as_of)
        business = self._business
        filters = (tuple(sorted(wanted.items())), tuple(methods), search, first, last)
        key = (call.shop.index, sort, direction, filters, call.as_of, business.touches)
        found = self._lists.get(key, call.as_of)
        if found is not None:
            return found
        if sort == "UPDATED_AT":
            hits = business.orders_updated(call.shop, 0, call.as_of, call.as_of)
        else:
            hits = business.orders_created(call.shop, 0, call.as_of, call.as_of)
        places = [("" if sort == "ORDER_NO" else f"{hit.at:012d}", business.serial(hit)) for hit in hits]
        numbers = [number for _, number in sorted(places, reverse=direction == "DESC")]
        if any(wanted.values()) or methods or search or call.request.param("startAt") or call.request.param("endAt"):
            numbers = [n for n in numbers if self._matches(call, n, {**wanted, "paymentMethod": methods}, first, last)]
            numbers = [n for n in numbers if search in n]
        return self._lists.put(key, numbers)

    def _matches(self, call: Call, number: str, wanted: dict[str, tuple[str, ...]], first: int, last: int) -> bool:
        row = orjson.loads(self._body(call, number)[0])
        created = int(datetime.fromisoformat(row["checkoutAt"]).timestamp())
        return first <= created <= last and all(row[name] in values for name, values in wanted.items() if values)

    def _body(self, call: Call, number: str) -> tuple[bytes, bytes]:
        """Return an order as the list and as the detail show it."""
        key = (call.shop.index, number)
        body = self._bodies.get(key, call.as_of)
        if body is not None:
            return body
        order = self._business.find(call.shop, number, call.as_of)
        assert order is not None, "a listed order exists"
        return self._render(order, key, call.as_of)

    def _render(self, order: Order, key: tuple[int, str], as_of: int) -> tuple[bytes, bytes]:
        business, events, step = self._business, order.life.events, order.step(as_of)
        row = order_row(
            order, step, business.updated_at(order, step, as_of), is_refunded(business.returns(order), as_of)
        )
        body = (orjson.dumps(listed(row, order)), orjson.dumps({**row, "orderItems": items(order)}))
        if business.is_touched(order.ref):
            return body
        until = events[step + 1].at if step + 1 < len(events) else FOREVER
        return self._bodies.put(key, body, events[step].at, until)
