"""Signature, limits and envelopes as Shopee's documentation has them."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import urlencode

import pytest

from talat_sandbox.platforms.shopee.protocol import sign

TH, SG = 226001234, 226001236
DAY = 86400
LIST = "order/get_order_list"
VECTORS = {
    "2001887/api/v2/auth/token/get1790000000": "500cc51674e757c839d71f62ecb0588316ad6a14c786be4e3ed5f0eaa19c90cb",
    "2001887/api/v2/auth/access_token/get1790000000": (
        "1bfb3cb14b474bd21e7ffc1cdc10c8e2c95e112fb16aed269c1a3485bdcf2476"
    ),
    "2001887/api/v2/shop/auth_partner1790000000": "b4b67f26deb86da8f4d3a2f2396f95cb0c36fc51245927e41dba97ab67c6b848",
    "2001887/api/v2/order/get_order_list17900000006d6f636b746f6b656e53686f70303031226001234": (
        "9317ea48925c927797bf36fd00b8378f165321451679a3568d8420c386a9ae07"
    ),
    "2001887/api/v2/order/get_order_detail17900000006d6f636b746f6b656e53686f70303031226001234": (
        "d992adf81a3ded0d1868100ca349ad2c18323521b97a867db490d791c3b66a70"
    ),
    "2001887/api/v2/payment/get_escrow_detail_batch17900000006d6f636b746f6b656e53686f70303031226001234": (
        "08f5d65b37ebf4d68f9ca5dfc0c468c0425db619a7e58f3b0935411d66699e2c"
    ),
    "2001887/api/v2/merchant/get_merchant_info17900000006d6f636b746f6b656e53686f703030311005678": (
        "34ec5a716a4efd9f7083014a375cffbac2bc393dcd29a4d59d9fd7b68bff67d5"
    ),
}


@pytest.mark.parametrize(("base", "expected"), VECTORS.items())
def test_given_a_published_vector_when_signed_then_it_matches(base: str, expected: str) -> None:
    assert sign(base) == expected


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sign": "0" * 64}, "error_sign"),
        ({"sign": ""}, "error_sign"),
        ({"timestamp": "soon"}, "error_param"),
        ({"timestamp": int(time.time()) - 360}, "error_param"),
        ({"timestamp": int(time.time()) + 3600}, "error_param"),
        ({"partner_id": 1}, "invalid_partner_id"),
    ],
)
def test_given_a_bad_common_parameter_when_called_then_the_call_is_refused(
    client: Any, change: dict[str, object], code: str
) -> None:
    client.call(TH, "shop/get_shop_info")
    answer = client.call(TH, "shop/get_shop_info", **change)
    assert (answer.status, answer.error) == (200, code)
    assert "response" not in answer.json


def test_given_another_shops_token_when_called_then_it_is_refused(client: Any) -> None:
    client.call(TH, "shop/get_shop_info")
    path, stamp, token = "/api/v2/shop/get_shop_info", int(time.time()), client.tokens[TH]
    query = {"partner_id": 2001887, "timestamp": stamp, "access_token": token, "shop_id": SG}
    target = f"{path}?{urlencode({**query, 'sign': client.sign(path, stamp, f'{token}{SG}')})}"
    assert client.send("GET", target).error == "error_auth"


def window(end: int, days: float = 15, **more: object) -> dict[str, object]:
    span = {"time_range_field": "update_time", "time_from": end - int(days * DAY), "time_to": end}
    return {**span, "page_size": 100, **more}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"time_from": 0}, "order.order_list_invalid_time"),
        ({"time_from": 9_000_000_000}, "order.order_list_invalid_time"),
        ({"page_size": 101}, "error_param"),
        ({"page_size": 0}, "error_param"),
        ({"time_range_field": "pay_time"}, "error_param"),
        ({"order_status": "LOST"}, "error_param"),
        ({"order_status": "PENDING"}, "error_param"),
        ({"cursor": "100"}, "error_param"),
        ({"time_to": ""}, "error_param"),
    ],
)
def test_given_a_bad_list_parameter_when_listed_then_the_code_is_shopees(
    client: Any, end: int, change: dict[str, object], code: str
) -> None:
    assert client.call(TH, LIST, **{**window(end), **change}).error == code
    assert client.call(TH, LIST, **window(end)).error == ""


@pytest.mark.parametrize(
    ("name", "params", "code"),
    [
        ("order/get_order_detail", {"order_sn_list": ",".join(["2611010000000A"] * 51)}, "exceed_max_limit"),
        ("order/get_order_detail", {"order_sn_list": "2611010000000A"}, "order_not_found"),
        ("order/get_order_detail", {}, "error_param"),
        ("product/get_item_list", {"offset": 0, "page_size": 10}, "error_param"),
        ("product/get_item_list", {"offset": 0, "page_size": 10, "item_status": "SOLD"}, "error_param"),
        ("product/get_item_list", {"offset": 99_999, "page_size": 10, "item_status": "NORMAL"}, "error_param"),
        ("product/get_item_base_info", {"item_id_list": ",".join(["1"] * 51)}, "exceed_max_limit"),
        ("product/get_model_list", {"item_id": 1}, "error_not_found"),
        ("payment/get_escrow_list", {"release_time_from": 1, "release_time_to": 2, "page_no": 0}, "error_param"),
        ("payment/get_escrow_detail", {"order_sn": "2611010000000A"}, "order_not_found"),
        ("payment/get_escrow_detail_batch", {"order_sn_list": "2611010000000A"}, "error_param"),
        ("returns/get_return_list", {"page_size": 10}, "error_param"),
        (
            "returns/get_return_list",
            {"page_no": 0, "page_size": 10, "update_time_from": 1, "update_time_to": 2_000_000},
            "error_param",
        ),
        ("returns/get_return_detail", {"return_sn": "2611010000000A"}, "error_not_found"),
        ("order/search", {}, "error_not_found"),
    ],
)
def test_given_a_call_beyond_the_contract_when_sent_then_it_is_refused(
    client: Any, name: str, params: dict[str, object], code: str
) -> None:
    answer = client.call(TH, name, **params)
    assert (answer.status, answer.error) == (200, code)
    assert answer.json["message"]


def test_given_a_window_of_15_days_when_one_second_longer_then_it_is_refused(client: Any, end: int) -> None:
    longest = {**window(end), "time_from": end - 15 * DAY}
    assert client.call(TH, LIST, **longest).error == ""
    assert (
        client.call(TH, LIST, **{**longest, "time_from": end - 15 * DAY - 1}).error == "order.order_list_invalid_time"
    )
    returns = {"page_no": 0, "page_size": 10, "update_time_to": end}
    name = "returns/get_return_list"
    assert client.call(TH, name, **returns, update_time_from=end - 15 * DAY).error == ""
    assert client.call(TH, name, **returns, update_time_from=end - 15 * DAY - 1).error == "error_param"


def test_given_51_orders_when_escrows_are_asked_in_a_batch_then_it_is_refused(client: Any) -> None:
    body = {"order_sn_list": ["2611010000000A"] * 51}
    assert client.call(TH, "payment/get_escrow_detail_batch", "POST", body).error == "exceed_max_limit"
    assert client.call(TH, "payment/get_escrow_detail_batch", "POST", {}).error == "error_param"


def test_given_more_than_a_page_when_paged_then_every_order_comes_once_and_unsorted(client: Any, end: int) -> None:
    whole = client.serials(TH, end - 15 * DAY, end)
    paged = client.serials(TH, end - 15 * DAY, end, page_size=7)
    assert len(whole) > 100
    assert paged == whole
    assert len(set(paged)) == len(paged)
    times = [row["update_time"] for row in client.details(TH, whole, "")]
    assert times != sorted(times)


def test_given_a_window_edge_when_listed_then_both_ends_are_included(client: Any, end: int) -> None:
    order = client.details(TH, client.serials(TH, end - DAY, end)[:1], "")[0]
    at = order["update_time"]
    assert order["order_sn"] in client.serials(TH, at, at + 1)
    assert order["order_sn"] in client.serials(TH, at - 1, at)
    assert order["order_sn"] not in client.serials(TH, at + 1, at + DAY)


def test_given_no_optional_fields_when_detail_is_asked_then_items_and_amounts_are_silently_absent(
    client: Any, end: int
) -> None:
    serials = client.serials(TH, end - DAY, end)[:5]
    bare = client.details(TH, serials, "")[0]
    asked = client.details(TH, serials, "total_amount,item_list,no_such_field")[0]
    assert {"order_sn", "cod", "order_status", "create_time", "update_time", "message_to_seller"} <= bare.keys()
    assert {"item_list", "total_amount", "pay_time"}.isdisjoint(bare)
    assert asked.keys() - bare.keys() == {"total_amount", "item_list"}


def test_given_status_filters_when_listed_then_they_partition_the_window(client: Any, end: int) -> None:
    params = window(end, response_optional_fields="order_status")
    rows = client.get(TH, LIST, **params)["order_list"]
    for status in ("UNPAID", "COMPLETED", "CANCELLED", "SHIPPED"):
        filtered = client.serials(TH, end - 15 * DAY, end, order_status=status)
        details = client.details(TH, filtered, "") if filtered else []
        assert {row["order_status"] for row in details} <= {status}
    assert {"COMPLETED", "CANCELLED"} <= {row["order_status"] for row in rows}


def test_given_top_level_exceptions_when_called_then_there_is_no_response_member(client: Any) -> None:
    info = client.call(SG, "shop/get_shop_info").json
    assert (info["region"], info["shop_name"]) == ("SG", "Lion City Living")
    assert "response" not in info
    assert "shop_id" not in info
    assert client.get(SG, "shop/get_profile")["shop_name"] == "Lion City Living"
    metrics = client.get(SG, "account_health/get_shop_performance")["metric_list"]
    assert any(metric["metric_id"] < 0 for metric in metrics)


def test_given_products_when_read_then_models_stand_beside_items_and_prices_below_them(client: Any) -> None:
    statuses = ["NORMAL", "UNLIST", "BANNED", "SELLER_DELETE"]
    first = client.get(TH, "product/get_item_list", offset=0, page_size=40, item_status=statuses)
    assert first["has_next_page"]
    rest = client.get(TH, "product/get_item_list", offset=first["next_offset"], page_size=40, item_status=statuses)
    ids = [row["item_id"] for row in first["item"] + rest["item"]]
    assert len(set(ids)) == first["total_count"] == len(ids)
    batch = ",".join(map(str, ids[:50]))
    items = client.get(TH, "product/get_item_base_info", item_id_list=batch)["item_list"]
    assert {item["has_model"] for item in items} == {True, False}
    for item in items:
        assert ("price_info" in item) is not item["has_model"]
        assert isinstance(item["weight"], str)
    models = client.get(TH, "product/get_model_list", item_id=next(i["item_id"] for i in items if i["has_model"]))
    assert 2 <= len(models["model"]) <= 4
    extra = client.get(TH, "product/get_item_extra_info", item_id_list=batch)["item_list"]
    assert len(extra) == len(items)


def test_given_a_rate_limit_when_exceeded_then_it_is_refused_and_counted(connect: Any) -> None:
    from talat_sandbox.testing import running_sandbox

    with running_sandbox(days=2, orders_per_day=2, shop_rps=3, app_rps=0) as sandbox:
        client = connect(sandbox)
        codes = [client.call(TH, "shop/get_shop_info").error for _ in range(12)]
        assert "error_rate_limit" in codes
        assert sandbox.stats()["limit_violations"] == codes.count("error_rate_limit")
        sandbox.reset_stats()
        assert sandbox.stats()["limit_violations"] == 0
