"""Orders like Shopee's (41 fields, 2 items, about 1.9 KB) to load, and how a process is measured."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

TEXTS = ["order_status", "currency", "region", "shipping_carrier", "payment_method", "cancel_reason", "booking_sn"]
TEXTS += ["buyer_user_id", "message_to_seller", "fulfillment_flag", "cancel_by", "note", "dropshipper", "invoice"]
TIMES = ["create_time", "update_time", "pay_time", "ship_by_date", "pickup_done_time", "return_due", "note_update_time"]
MONEY = ["total_amount", "estimated_shipping_fee", "actual_shipping_fee", "reverse_shipping_fee", "voucher", "coins"]
WHOLE = ["days_to_ship", "weight_gram", "warehouse", "buyer_ratings", "parcels"]
FLAGS = ["cod", "split_up", "fee_confirmed", "gift", "prescription"]


def asked(about: str | None) -> argparse.Namespace:
    """The options of a benchmark: ``orders``, ``rounds``."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0] if about else None)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


def schema() -> dict[str, Any]:
    """The JSON schema of an order."""
    properties: dict[str, Any] = {"shop_id": {"type": "integer"}, "order_sn": {"type": "string"}}
    properties |= {name: {"type": ["string", "null"]} for name in TEXTS}
    properties |= {name: {"type": ["string", "null"], "format": "date-time"} for name in TIMES}
    properties |= {name: {"type": ["number", "null"], "x-sql-datatype": "decimal"} for name in MONEY}
    properties |= {name: {"type": ["integer", "null"]} for name in WHOLE}
    properties |= {name: {"type": ["boolean", "null"]} for name in FLAGS}
    return {"properties": properties | {"item_list": {"type": "array"}, "extra_fields": {"type": "object"}}}


def order(number: int) -> dict[str, Any]:
    """An order; the same for the same number."""
    price = number % 90_000 / 100
    item = {
        "item_id": 2_500_000_000 + number,
        "item_name": "เสื้อยืดคอกลม Cotton T-Shirt ใส่สบาย",
        "item_sku": f"TS-{number % 997}",
        "model_id": 2_000_000_000 + number,
        "model_name": "M, ขาว",
        "model_sku": f"TS-{number % 997}-M-W",
        "model_quantity_purchased": 1 + number % 3,
        "model_original_price": price + 100,
        "model_discounted_price": price,
        "wholesale": False,
        "weight": 0.25,
        "promotion_type": "product_promotion",
        "promotion_id": 1_000_029_485,
        "order_item_id": 2_500_000_000 + number,
    }
    values: dict[str, Any] = {"shop_id": 226001234, "order_sn": f"260131{number:08d}"}
    values |= {name: f"{name[:9]} {number % 50}" for name in TEXTS}
    values |= dict.fromkeys(TIMES, f"2026-01-31T{number % 24:02d}:{number % 60:02d}:00Z")
    values |= dict.fromkeys(MONEY, price) | dict.fromkeys(WHOLE, number) | dict.fromkeys(FLAGS, True)
    return values | {"item_list": [item, item], "extra_fields": {}}


def write(folder: Path, orders: int) -> tuple[Path, Path]:
    """The same orders as Singer messages and bare."""
    singer, bare = folder / "singer.jsonl", folder / "bare.jsonl"
    head = {"type": "SCHEMA", "stream": "orders", "schema": schema(), "key_properties": ["shop_id", "order_sn"]}
    with singer.open("w") as messages, bare.open("w") as records:
        print(json.dumps(head), file=messages)
        for number in range(orders):
            text = json.dumps(order(number), ensure_ascii=False, separators=(",", ":"))
            print(text, file=records)
            print(f'{{"type":"RECORD","stream":"orders","record":{text}}}', file=messages)
        print('{"type":"STATE","value":{"done":true}}', file=messages)
    return singer, bare


def measure(arguments: list[str], source: Path | None = None) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of a Python process."""
    with source.open() if source else open(os.devnull) as stdin:  # noqa: PTH123
        start = time.perf_counter()
        quiet = subprocess.DEVNULL
        process = subprocess.Popen([sys.executable, "-c", *arguments], stdin=stdin, stdout=quiet, stderr=quiet)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{arguments[0][:60]}… failed with {process.returncode}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def medians(runs: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    """The median of each column of what `measure` gave."""
    wall, cpu, memory = (statistics.median(column) for column in zip(*runs, strict=True))
    return wall, cpu, memory
