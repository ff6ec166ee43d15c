"""LINE's streams. Each class is the facts about one endpoint; how they are read is the toolkit's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tap_toolkit.sources import Detail, Listing, Paging
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days, minutes

if TYPE_CHECKING:
    from tap_toolkit.tap import PlatformTap

BY_NUMBER = Paging(
    param="page", first="1", pages="totalPage", number="currentPage", total="totalRow", size_param="perPage"
)

# What changes while pages are read moves to the first, where the next run finds it. Sorted the other way, all that is
# behind it would move up, and a row be missed on each page's edge.
ORDER_LIST = Listing(
    "orders",
    "data",
    "orderNumber",
    params=[("sortBy", "UPDATED_AT"), ("orderBy", "DESC")],
    paging=BY_NUMBER,
    newest_first="lastUpdatedAt",
)
# The list has no items, and an order is all that one call brings.
ORDER_DETAIL = Detail("orders/{id}", "", ids="orderNumber")
PRODUCT_LIST = Listing("products", "data", "id", paging=replace(BY_NUMBER, restarts=True))


class LineStream(PlatformStream):
    """A stream of one shop or more."""

    account_field = "shop_id"


class Orders(LineStream):
    """Orders with items, by update time [GET /myshop/v1/orders, /orders/{orderNumber}]."""

    name = "orders"
    keys = ("shop_id", "orderNumber")
    cursor = "lastUpdatedAt"
    # Rows are chosen here and not by the platform, hence exactly: there is no edge to be unsure of.
    windows = Windows(span=days(30), pad=days(0))
    source = ORDER_LIST.then(ORDER_DETAIL)

    def __init__(self, tap: PlatformTap) -> None:
        super().__init__(tap)
        again = max(minutes(60), days(self.config["lookback_days"]))
        self.windows = replace(type(self).windows, lookback=again)


class Products(LineStream):
    """Products with variants, prices and stock; nothing tells when one changed [GET /myshop/v1/products]."""

    name = "products"
    keys = ("shop_id", "id")
    source = PRODUCT_LIST


STREAMS = (Orders, Products)
