"""Shopee's orders with singer-sdk alone, as its documentation teaches: a RESTStream, a partition a shop.

python stock_tap.py --config settings.json
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

import requests
from shopee_api import BATCH_SIZE, ORDER_DETAIL, ORDER_LIST, detail_params, list_params, signed_params, windows
from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.exceptions import FatalAPIError, RetriableAPIError
from singer_sdk.helpers.jsonpath import extract_jsonpath
from singer_sdk.pagination import BaseAPIPaginator
from singer_sdk.streams.rest import HTTPRequest, PageContext

_SCHEMA = Path(__file__).parents[3] / "taps/tap-shopee/tap_shopee/schemas/orders.json"
_BUSY = {"error_rate_limit", "error_server", "error_inner", "error_system_busy"}

Page = tuple[int, str]


def order_schema() -> dict[str, Any]:
    """The fields of an order, with times as Shopee sends them: seconds since 1970."""
    schema: dict[str, Any] = json.loads(_SCHEMA.read_text("utf-8"))
    for name, field in schema["properties"].items():
        if field.get("format") == "date-time":
            schema["properties"][name] = {"type": "integer" if name == "update_time" else ["integer", "null"]}
    return schema


class WindowPaginator(BaseAPIPaginator[Page]):
    """Walks the pages of one window after the other; a page is the window's number and the cursor in it."""

    def __init__(self, window_count: int) -> None:
        super().__init__((0, ""))
        self._last = window_count - 1

    def continue_if_empty(self, response: requests.Response) -> bool:
        """A window without orders does not end the walk."""
        return True

    def has_more(self, response: requests.Response) -> bool:
        """Whether this window has another page, or there is another window."""
        return response.json()["response"]["more"] or self.current_value[0] < self._last

    def get_next(self, response: requests.Response) -> Page:
        """The next page of this window, or the first one of the next."""
        answer = response.json()["response"]
        window = self.current_value[0]
        return (window, answer["next_cursor"]) if answer["more"] else (window + 1, "")


class Orders(RESTStream[Page]):
    """The orders of each shop, by update time."""

    name = "orders"
    path = ORDER_LIST
    primary_keys = ("shop_id", "order_sn")
    replication_key = "update_time"
    records_jsonpath = "$.response.order_list[*]"
    schema = order_schema()

    @property
    def url_base(self) -> str:
        """Shopee's host."""
        return str(self.config["api_url"])

    @property
    def partitions(self) -> list[dict[str, Any]]:
        """One for each shop."""
        return [{"shop_id": shop_id} for shop_id in self.config["shop_ids"]]

    def get_new_paginator(self) -> WindowPaginator:
        """Pages of all windows."""
        return WindowPaginator(len(windows(self.config)))

    def get_http_request(self, *, page: PageContext[Page]) -> HTTPRequest:
        """A page of the listing, signed."""
        request = super().get_http_request(page=page)
        window, cursor = page.next_page_token
        request.params = {
            **signed_params(self.config, self.path, str(page.stream_context["shop_id"])),
            **list_params(windows(self.config)[window], cursor),
        }
        return request

    def validate_response(self, response: requests.Response) -> None:
        """Shopee reports errors with HTTP status 200."""
        super().validate_response(response)
        error = response.json()["error"]
        if error in _BUSY:
            raise RetriableAPIError(error, response)
        if error:
            raise FatalAPIError(error)

    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        """The details of all listed orders, 50 in a call."""
        listed = (row["order_sn"] for row in self.request_records(context))
        while serials := list(islice(listed, BATCH_SIZE)):
            yield from self._details(serials, context)

    def _details(self, serials: list[str], context: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
        params = {
            **signed_params(self.config, ORDER_DETAIL, str(context["shop_id"])),
            **detail_params(self.config, serials),
        }
        request = self.build_prepared_request("GET", self.url_base + ORDER_DETAIL, params=params)
        response = self.request_decorator(self._request)(request, context)
        yield from extract_jsonpath(self.records_jsonpath, response.json(parse_float=Decimal))


class TapStock(Tap):
    """Shopee's orders."""

    name = "tap-stock"
    config_jsonschema = th.PropertiesList(
        th.Property("api_url", th.StringType, required=True),
        th.Property("partner_id", th.IntegerType, required=True),
        th.Property("partner_key", th.StringType, required=True, secret=True),
        th.Property("access_tokens", th.ObjectType(additional_properties=th.StringType), required=True, secret=True),
        th.Property("shop_ids", th.ArrayType(th.IntegerType), required=True),
        th.Property("start", th.IntegerType, required=True),
        th.Property("end", th.IntegerType, required=True),
        th.Property("fields", th.StringType, required=True),
    ).to_dict()

    def discover_streams(self) -> list[Orders]:
        """Orders alone."""
        return [Orders(self)]


if __name__ == "__main__":
    TapStock.cli()
