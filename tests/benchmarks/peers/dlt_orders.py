"""Shopee's orders with dlt, as its documentation teaches for speed: parallelized listings and deferred details.

    python dlt_orders.py settings.json FOLDER extract|load

`extract` stops when dlt has written its own files; `load` goes on into FOLDER/orders.duckdb. dlt is tuned from
outside, by its environment variables.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from dlt.common import json
from dlt.sources.helpers import requests
from shopee_api import ORDER_DETAIL, ORDER_LIST, batches, detail_params, list_params, signed_params, windows

Settings = dict[str, Any]
Row = dict[str, Any]

KEY = ("shop_id", "order_sn")


def get(settings: Settings, path: str, shop_id: str, params: dict[str, str]) -> Row:
    """One answer, parsed by orjson, as dlt advises. Its session tries again after 429 and 5xx, and raises."""
    params = {**signed_params(settings, path, shop_id), **params}
    answer = json.loadb(requests.get(settings["api_url"] + path, params=params).content)
    if answer["error"]:  # mostly with HTTP status 200
        raise RuntimeError(f"{path}: {answer['error']}")
    return answer["response"]


def listed(settings: Settings, shop_id: str, window: tuple[int, int]) -> Iterator[list[str]]:
    """The order serials of one window, page by page, 50 at a time."""
    cursor, more = "", True
    while more:
        page = get(settings, ORDER_LIST, shop_id, list_params(window, cursor))
        yield from batches([row["order_sn"] for row in page["order_list"]])
        cursor, more = page["next_cursor"], page["more"]


@dlt.source(name="shopee", max_table_nesting=0)
def shopee(settings: Settings) -> Any:
    """One listing for each shop and window, all side by side, and all details side by side as well."""
    for shop_id, window in itertools.product(map(str, settings["shop_ids"]), windows(settings)):

        @dlt.defer
        def details(serials: list[str], shop_id: str = shop_id) -> list[Row]:
            answer = get(settings, ORDER_DETAIL, shop_id, detail_params(settings, serials))
            return [{"shop_id": int(shop_id), **row} for row in answer["order_list"]]

        name = f"{shop_id}_{window[0]}"
        serials = dlt.resource(listed(settings, shop_id, window), name=f"serials_{name}", parallelized=True)
        yield dlt.transformer(
            details,
            data_from=serials,
            name=f"orders_{name}",
            table_name="orders",
            primary_key=KEY,
            write_disposition="merge",
        )


def main() -> None:
    """Read, and perhaps load."""
    settings = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    folder, work = Path(sys.argv[2]), sys.argv[3]
    pipeline = dlt.pipeline(
        "shopee",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.duckdb(str(folder / "orders.duckdb")),
        dataset_name="raw_shopee",
    )
    if work == "extract":
        pipeline.extract(shopee(settings))
    else:
        pipeline.run(shopee(settings), loader_file_format="parquet")


if __name__ == "__main__":
    main()
