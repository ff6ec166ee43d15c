"""Shopee's streams. Each class is the facts about one endpoint; how they are read is the toolkit's."""

from __future__ import annotations

from datetime import UTC, datetime

from tap_toolkit.answers import Row
from tap_toolkit.details import Detail
from tap_toolkit.paging import Paging, TimeRange
from tap_toolkit.sources import Listing
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days, minutes

#: Orders name what they want, or get neither items nor amount; personal fields are not asked for.
ORDER_FIELDS = (
    "item_list,total_amount,pay_time,buyer_user_id,buyer_cancel_reason,cancel_by,cancel_reason,payment_method,"
    "package_list,shipping_carrier,estimated_shipping_fee,actual_shipping_fee,actual_shipping_fee_confirmed,"
    "fulfillment_flag,pickup_done_time,split_up,return_request_due_date,order_chargeable_weight_gram,"
    "reverse_shipping_fee"
)
ITEM_STATUSES = ("NORMAL", "BANNED", "UNLIST", "REVIEWING", "SELLER_DELETE", "SHOPEE_DELETE")
BY_CURSOR = Paging(param="cursor", first="", next="next_cursor", more="more")
BY_OFFSET = Paging(
    param="offset", first="0", next="next_offset", more="has_next_page", total="total_count", one_page_windows=True
)
FROM_PAGE_0 = Paging(param="page_no", first="0", more="more", one_page_windows=True)
FROM_PAGE_1 = Paging(param="page_no", first="1", more="more")
UPDATED = TimeRange("update_time_from", "update_time_to")

ORDER_LIST = Listing(
    "order/get_order_list",
    "order_list",
    "order_sn",
    params=[("time_range_field", "update_time")],
    window=TimeRange("time_from", "time_to"),
    paging=BY_CURSOR,
)
ORDER_DETAIL = Detail(
    "order/get_order_detail",
    "order_list",
    ids="order_sn",
    param="order_sn_list",
    size=50,
    params=[("response_optional_fields", ORDER_FIELDS)],
)
ITEM_LIST = Listing(
    "product/get_item_list",
    "item",
    "item_id",
    params=[("item_status", status) for status in ITEM_STATUSES],
    window=UPDATED,
    paging=BY_OFFSET,
)
ITEM_DETAIL = Detail("product/get_item_base_info", "item_list", ids="item_id", param="item_id_list", size=50)
MODELS = Detail(
    "product/get_model_list",
    "model",
    ids="item_id",
    param="item_id",
    when="has_model",
    many=True,
    keep={"item_id": "item_id", "update_time": "item_update_time"},
)
RETURN_LIST = Listing(
    "returns/get_return_list", "return", "return_sn", version="update_time", window=UPDATED, paging=FROM_PAGE_0
)
ESCROW_LIST = Listing(
    "payment/get_escrow_list",
    "escrow_list",
    "order_sn",
    window=TimeRange("release_time_from", "release_time_to"),
    paging=FROM_PAGE_1,
)
ESCROW_DETAIL = Detail(
    "payment/get_escrow_detail_batch",
    "",
    ids="order_sn",
    param="order_sn_list",
    size=50,
    post=True,
    unwrap="escrow_detail",
    keep={"escrow_release_time": "escrow_release_time", "payout_amount": "payout_amount"},
)
METRICS = Listing(
    "account_health/get_shop_performance",
    "metric_list",
    "metric_id",
    keep={"overall_performance.rating": "overall_rating"},
)

# A catalogue is wanted whole, whenever its products were last touched.
CATALOGUE = Windows(span=days(36500), lookback=minutes(30), since=datetime(2015, 1, 1, tzinfo=UTC))


class ShopeeStream(PlatformStream):
    """A stream of one shop or more."""

    account_field = "shop_id"


class Shop(ShopeeStream):
    """The shop itself, with the end of its consent [v2.shop.get_shop_info]."""

    name = "shop"
    keys = ("shop_id",)
    source = Listing("shop/get_shop_info", "", "shop_id")


class Orders(ShopeeStream):
    """Orders with items and packages, by update time [v2.order.get_order_list, get_order_detail]."""

    name = "orders"
    keys = ("shop_id", "order_sn")
    cursor = "update_time"
    windows = Windows(span=days(15), lookback=minutes(30))
    source = ORDER_LIST.then(ORDER_DETAIL)


class Products(ShopeeStream):
    """Products of every status, by update time [v2.product.get_item_list, get_item_base_info]."""

    name = "products"
    keys = ("shop_id", "item_id")
    cursor = "update_time"
    windows = CATALOGUE
    source = ITEM_LIST.then(ITEM_DETAIL)


class ProductModels(ShopeeStream):
    """Variants with price and stock, of each changed product that has them [v2.product.get_model_list]."""

    name = "product_models"
    keys = ("shop_id", "item_id", "model_id")
    cursor = "item_update_time"
    windows = CATALOGUE
    source = ITEM_LIST.then(ITEM_DETAIL).then(MODELS)


class Returns(ShopeeStream):
    """Returns and refunds, by update time [v2.returns.get_return_list]."""

    name = "returns"
    keys = ("shop_id", "return_sn")
    cursor = "update_time"
    windows = Windows(span=days(15), lookback=days(1))
    source = RETURN_LIST


class Escrow(ShopeeStream):
    """Settlements with every fee, by release time, adjusted for weeks [v2.payment.get_escrow_list, …_detail_batch]."""

    name = "escrow"
    keys = ("shop_id", "order_sn")
    cursor = "escrow_release_time"
    windows = Windows(span=days(15), lookback=days(30))
    source = ESCROW_LIST.then(ESCROW_DETAIL)


class ShopPerformance(ShopeeStream):
    """Today's reading of each health metric; there is no history [v2.account_health.get_shop_performance]."""

    name = "shop_performance"
    keys = ("shop_id", "snapshot_date", "metric_id")
    source = METRICS
    local_days = True

    def prepare(self, row: Row, account: str) -> Row:
        """The reading's day, as the shop counts days."""
        today = self.tap.now.astimezone(self.tap.zone(account)).date()
        return super().prepare({**row, "snapshot_date": today.isoformat()}, account)


STREAMS = (Shop, Orders, Products, ProductModels, Returns, Escrow, ShopPerformance)
