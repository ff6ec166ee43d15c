"""What a record costs on its way through a tap, beside what singer-sdk spends on the same record.

    .venv/bin/python taps/toolkit/benchmarks/record_path.py [rounds]

Both start from the bytes of an answer of 50 orders and end with the bytes of 50 RECORD lines, in one process, in turns.
The SDK's path is its own default: simplejson, conformance of every field, its message writer's encoding, no flush.
Prints medians of CPU time a record: for answers that are as their schema promises, for the same read as they are sent,
and for the SDK, with how many times its time ours is less.
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
import time
from importlib import resources
from typing import Any

import simplejson
from singer_sdk.helpers._typing import conform_record_data_types
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.encoding.simple import RecordMessage, SimpleSingerWriter

from tap_toolkit.answers import decode
from tap_toolkit.privacy import published
from tap_toolkit.records import Converter
from tap_toolkit.typed import typed_rows
from tap_toolkit.writer import encode

PAGE = 50


def order(number: int) -> dict[str, Any]:
    """An order as Shopee sends it, with two items."""
    item = {
        "item_id": 236000000005, "item_name": "ผ้าเช็ดตัวไมโครไฟเบอร์ ลายไทย No.6", "item_sku": "TWL-00005",
        "model_id": 2214000000051, "model_name": "ชมพู", "model_sku": "TWL-00005-PNK", "model_quantity_purchased": 1,
        "model_original_price": 51.45, "model_discounted_price": 46.31, "wholesale": False, "weight": 0.95,
        "add_on_deal": False, "main_item": False, "add_on_deal_id": 0, "promotion_type": "product_promotion",
        "promotion_id": 779000000000005, "order_item_id": 236000000005, "line_item_id": 100030000030000,
        "promotion_group_id": 0, "image_info": {"image_url": "https://cf.shopee.example/file/th-mock"},
        "product_location_id": ["THZ"], "is_prescription_item": False,
        "is_b2c_owned_item": False, "active_qty": 1, "cancelled_qty": 0,
        "promotion_list": [{"promotion_type": "product_promotion", "promotion_id": 779000000000005}],
    }  # fmt: skip
    return {
        "shop_id": 226001234, "order_sn": f"261025{number:08d}", "region": "TH", "currency": "THB", "cod": False,
        "order_status": "COMPLETED", "create_time": 1790000000, "update_time": 1790090000, "pay_time": 1790000600,
        "days_to_ship": 2, "ship_by_date": 1790182800, "total_amount": 417.1, "payment_method": "ShopeePay",
        "buyer_user_id": 1170000001, "estimated_shipping_fee": 38.0, "actual_shipping_fee": 38.0,
        "actual_shipping_fee_confirmed": True, "shipping_carrier": "SPX Express", "split_up": False,
        "fulfillment_flag": "fulfilled_by_local_seller", "cancel_by": "", "cancel_reason": "", "pickup_done_time": 0,
        "item_list": [item, {**item, "line_item_id": 100030000030001}],
        "package_list": [{"package_number": "OFG19100030000030000", "logistics_status": "LOGISTICS_DELIVERY_DONE"}],
    }  # fmt: skip


def main(rounds: int) -> None:
    """Measure in turns and print."""
    schema = json.loads(resources.files("tap_shopee").joinpath("schemas/orders.json").read_text(encoding="utf-8"))
    plain = published(schema)
    for field in plain["properties"].values():
        if field.get("format") == "date-time":  # the SDK does not turn seconds into times
            field.clear()
            field["type"] = ["integer", "null"]
    page = json.dumps({"orders": [order(number) for number in range(PAGE)]}).encode()
    convert = Converter(schema, keys=("shop_id", "order_sn"), salt="salt")
    typed = typed_rows(schema, convert)
    assert typed is not None
    writer, logger = SimpleSingerWriter(), logging.getLogger("benchmark")
    head = b'{"type":"RECORD","stream":"orders","record":'

    def as_promised() -> int:
        return sum(len(head + encode(typed.record(row)) + b"}\n") for row in typed.decoder("orders")(page)["orders"])

    def as_sent() -> int:
        return sum(len(head + encode(convert(row)) + b"}\n") for row in decode(page)["orders"])

    def stock() -> int:
        size = 0
        for row in simplejson.loads(page, use_decimal=True)["orders"]:
            record = conform_record_data_types("orders", row, plain, TypeConformanceLevel.RECURSIVE, logger)
            size += len(writer.format_message(RecordMessage("orders", record)))
        return size

    paths = {"as promised": as_promised, "as sent": as_sent, "singer-sdk": stock}
    times: dict[str, list[float]] = {name: [] for name in paths}
    for _ in range(rounds):
        for name, path in paths.items():
            began = time.process_time()
            assert path() > PAGE * 1000
            times[name].append((time.process_time() - began) / PAGE * 1e6)
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, value in medians.items():
        print(f"{name:<12}{value:8.1f} µs CPU a record{medians['singer-sdk'] / value:8.1f} times")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
