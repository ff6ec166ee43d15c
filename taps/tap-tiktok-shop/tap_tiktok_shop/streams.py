"""TikTok Shop's streams. Each class is the facts about one endpoint; how they are read is the toolkit's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tap_tiktok_shop.client import SHOPS
from tap_toolkit.answers import dig, rows_in
from tap_toolkit.details import Children
from tap_toolkit.paging import Paging, TimeRange
from tap_toolkit.sources import Batch, Listing, Scope
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days, epoch_of, minutes

BY_TOKEN = Paging(
    param="page_token", first="", next="next_page_token", more="next_page_token", total="total_count", skip_first=True
)
OLDEST_FIRST = [("sort_field", "update_time"), ("sort_order", "ASC")]
UPDATED = TimeRange("update_time_ge", "update_time_lt", text=epoch_of)
PERFORMANCE = "analytics/202405/shop/performance"

ORDERS = Listing(
    "order/202309/orders/search",
    "orders",
    "id",
    version="update_time",
    params=OLDEST_FIRST,
    window=UPDATED,
    paging=BY_TOKEN,
    body={},
)
PRODUCTS = Listing(
    "product/202502/products/search",
    "products",
    "id",
    version="update_time",
    window=TimeRange("update_time_ge", "update_time_le", text=epoch_of),
    paging=replace(BY_TOKEN, most=10_000),
    body={"status": "ALL"},
)
RETURNS = Listing(
    "return_refund/202309/returns/search",
    "return_orders",
    "return_id",
    version="update_time",
    params=OLDEST_FIRST,
    window=UPDATED,
    paging=BY_TOKEN,
    body={},
)
STATEMENTS = Listing(
    "finance/202309/statements",
    "statements",
    "id",
    params=[("sort_field", "statement_time"), ("sort_order", "ASC")],
    window=TimeRange("statement_time_ge", "statement_time_lt"),
    paging=BY_TOKEN,
)
TRANSACTIONS = Children(
    Listing(
        "finance/202501/statements/{id}/statement_transactions",
        "transactions",
        "id",
        params=[("sort_field", "order_create_time"), ("sort_order", "ASC")],
        paging=BY_TOKEN,
    ),
    ids="id",
    keep={"id": "statement_id", "statement_time": "statement_time", "currency": "currency"},
)

# A statement's payment comes days after it, and may fail at first.
RESTATED = days(60)


@dataclass(frozen=True, slots=True)
class OwnShop:
    """The account's own of all the shops that its consent covers."""

    def read(self, scope: Scope) -> Iterator[Batch]:
        """One row."""
        shops = rows_in(scope.ask(SHOPS, []), "shops", SHOPS)
        own = [shop for shop in shops if str(dig(shop, "id")) == scope.account][:1]
        yield Batch(len(own), own)


@dataclass(frozen=True, slots=True)
class DailyPerformance:
    """A row for each local day of the window that TikTok has counted."""

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The days up to the latest that is there; what is not yet is left to the look-back of later runs."""
        assert scope.window is not None, "performance is read by windows"
        first, last = scope.window.dates(scope.zone)
        span = [("start_date_ge", first.isoformat()), ("end_date_lt", (last + timedelta(days=1)).isoformat())]
        answer = scope.ask(PERFORMANCE, [*span, ("granularity", "1D"), ("currency", "LOCAL")])
        rows = rows_in(answer, "performance.intervals", PERFORMANCE)
        latest = dig(answer, "latest_available_date")
        counted = [row for row in rows if not latest or str(dig(row, "start_date")) <= str(latest)]
        yield Batch(len(counted), counted)


class TikTokStream(PlatformStream):
    """A stream of one shop or more."""

    account_field = "shop_id"


class Shops(TikTokStream):
    """The shop itself [GET authorization/202309/shops]."""

    name = "shops"
    keys = ("shop_id",)
    source = OwnShop()


class Orders(TikTokStream):
    """Whole orders with a line for each unit, by update time [POST order/202309/orders/search]."""

    name = "orders"
    keys = ("shop_id", "id")
    cursor = "update_time"
    windows = Windows(span=days(7), lookback=minutes(15))
    source = ORDERS


class Products(TikTokStream):
    """Products of every status with their SKUs, by update time [POST product/202502/products/search]."""

    name = "products"
    keys = ("shop_id", "id")
    cursor = "update_time"
    # A catalogue is wanted whole, whenever its products were last touched; TikTok sells since 2021.
    windows = Windows(span=days(36500), lookback=minutes(15), since=datetime(2020, 1, 1, tzinfo=UTC))
    source = PRODUCTS


class Returns(TikTokStream):
    """Returns and refunds with a line for each unit, by update time [POST return_refund/202309/returns/search]."""

    name = "returns"
    keys = ("shop_id", "return_id")
    cursor = "update_time"
    windows = Windows(span=days(15), lookback=days(1))
    source = RETURNS


class Statements(TikTokStream):
    """What is paid out, about one a day, by its time [GET finance/202309/statements]."""

    name = "statements"
    keys = ("shop_id", "id")
    cursor = "statement_time"
    windows = Windows(span=days(30), lookback=RESTATED)
    source = STATEMENTS


class StatementTransactions(TikTokStream):
    """Each order's part of a statement with its fees [GET finance/202501/statements/{id}/statement_transactions]."""

    name = "statement_transactions"
    keys = ("shop_id", "id")
    cursor = "statement_time"
    windows = Windows(span=days(15), lookback=RESTATED)
    source = STATEMENTS.then(TRANSACTIONS)


class ShopPerformance(TikTokStream):
    """Sales and visits of each local day [GET analytics/202405/shop/performance]."""

    name = "shop_performance"
    keys = ("shop_id", "start_date")
    cursor = "start_date"
    windows = Windows(span=days(30), lookback=days(7), pad=timedelta(0), period="day")
    source = DailyPerformance()


STREAMS = (Shops, Orders, Products, Returns, Statements, StatementTransactions, ShopPerformance)
