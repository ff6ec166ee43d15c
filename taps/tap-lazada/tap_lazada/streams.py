"""Lazada's streams. Each class is the facts about one endpoint; how they are read is the toolkit's."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from tap_toolkit.answers import Row
from tap_toolkit.details import Detail
from tap_toolkit.paging import DayRange, FromTheEnd, Paging, TimeRange, epoch_seconds
from tap_toolkit.sources import Listing, Several
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days, minutes

#: Amounts of reverse orders, in hundredths but for Vietnam, whose dong has none.
MINOR = ("refund_amount", "item_unit_price")
WITHOUT_HUNDREDTHS = ("vn",)
#: What a booking is told apart by. Neither its number nor all of it will do: one number may be printed for several
#: fees, and what is not named here changes when it is paid out.
BOOKING = ("transaction_number", "fee_type", "orderItem_no", "amount")


def iso_text(moment: datetime) -> str:
    """As Lazada takes times: with an offset, which is signed unencoded."""
    return moment.isoformat(timespec="seconds")


def epoch_milliseconds(moment: datetime) -> str:
    """Milliseconds since 1970."""
    return f"{epoch_seconds(moment)}000"


def day_of(text: Any) -> Any:
    """``20 Sep 2026`` as ``2026-09-20``; anything else as it is, for the schema to judge."""
    try:
        return datetime.strptime(text, "%d %b %Y").date().isoformat()
    except (TypeError, ValueError):
        return text


UPDATED = TimeRange("update_after", "update_before", iso_text)
BY_OFFSET = FromTheEnd(param="offset", size_param="limit", by_rows=True, total="countTotal", most=5000)
PRODUCT_PAGES = FromTheEnd(
    param="offset", size_param="limit", by_rows=True, total="total_products", size=50, most=10_000
)
REVERSE_PAGES = FromTheEnd(param="page_no", first=1, total="total", key="reverse_order_id")
BOOKING_PAGES = Paging(param="offset", first="0", more="", size=500, size_param="limit", by_rows=True)

ORDER_LIST = Listing(
    "orders/get",
    "orders",
    "order_id",
    params=[("sort_by", "updated_at"), ("sort_direction", "ASC")],
    window=UPDATED,
    paging=BY_OFFSET,
)
ITEMS = Detail(
    "orders/items/get",
    "",
    ids="order_id",
    param="order_ids",
    size=50,
    form="[{}]",
    take={"order_items": "item_list"},
)
# Deleted products are not among "all".
PRODUCT_LISTS = tuple(
    Listing(
        "products/get",
        "products",
        "item_id",
        params=[("filter", state), ("options", "1")],
        window=UPDATED,
        paging=PRODUCT_PAGES,
    )
    for state in ("all", "deleted")
)
REVERSE_LIST = Listing(
    "reverse/getreverseordersforseller",
    "items",
    "reverse_order_line_id",
    lines="reverse_order_lines",
    window=TimeRange(
        "ReverseOrderLineModifiedTimeRangeStart", "ReverseOrderLineModifiedTimeRangeEnd", epoch_milliseconds
    ),
    paging=REVERSE_PAGES,
)
BOOKINGS = Listing(
    "finance/transaction/details/get",
    "",
    "",
    params=[("trans_type", "-1")],
    window=DayRange("start_time", "end_time"),
    paging=BOOKING_PAGES,
)

# A catalogue is wanted whole, whenever its products were last touched.
CATALOGUE = Windows(span=days(36500), lookback=minutes(60), since=datetime(2012, 1, 1, tzinfo=UTC))


class LazadaStream(PlatformStream):
    """A stream of one seller or more."""

    account_field = "seller_id"


class Seller(LazadaStream):
    """The seller itself [/seller/get]."""

    name = "seller"
    keys = ("seller_id",)
    source = Listing("seller/get", "", "")


class Orders(LazadaStream):
    """Orders with their units, by update time [/orders/get, /orders/items/get]."""

    name = "orders"
    keys = ("seller_id", "order_id")
    cursor = "updated_at"
    windows = Windows(span=days(15), lookback=minutes(60))
    source = ORDER_LIST.then(ITEMS)


class Products(LazadaStream):
    """Products of every state with their SKUs, by update time [/products/get]."""

    name = "products"
    keys = ("seller_id", "item_id")
    cursor = "updated_time"
    windows = CATALOGUE
    source = Several(PRODUCT_LISTS)


class ReverseOrders(LazadaStream):
    """Returns and refunds, a row for each unit, by update time [/reverse/getreverseordersforseller]."""

    name = "reverse_orders"
    keys = ("seller_id", "reverse_order_line_id")
    cursor = "return_order_line_gmt_modified"
    windows = Windows(span=days(15), lookback=days(1))
    source = REVERSE_LIST

    def prepare(self, row: Row, account: str) -> Row:
        """Amounts in major units, as everywhere else."""
        places = 0 if self.tap.config["country"] in WITHOUT_HUNDREDTHS else 2
        major = {name: Decimal(row[name]).scaleb(-places) for name in MINOR if type(row.get(name)) is int}
        return super().prepare({**row, **major}, account)


class Transactions(LazadaStream):
    """Bookings of the seller's account, by local day, back-dated for weeks [/finance/transaction/details/get]."""

    name = "transactions"
    keys = ("seller_id", "transaction_key")
    cursor = "transaction_date"
    windows = Windows(span=days(7), lookback=days(30), pad=days(0), period="day")
    source = BOOKINGS

    def prepare(self, row: Row, account: str) -> Row:
        """With names of one writing, an ISO day, and a key that is never empty."""
        row = {name.replace(" ", "_"): value for name, value in row.items()}
        key = "/".join(str(row.get(name) or "").replace(",", "") for name in BOOKING) if row.get(BOOKING[0]) else ""
        day = day_of(row.get("transaction_date"))
        return super().prepare({**row, "transaction_key": key, "transaction_date": day}, account)


STREAMS = (Seller, Orders, Products, ReverseOrders, Transactions)
