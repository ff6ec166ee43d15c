"""What the wire shows and what the truth says are the same, to the satang."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from talat_sandbox.testing import Sandbox

FIELDS = "item_list,total_amount,pay_time"
DAY = 86400
ZONES = {"TH": ZoneInfo("Asia/Bangkok"), "SG": ZoneInfo("Asia/Singapore")}
FEES = (
    "commission_fee", "service_fee", "seller_transaction_fee", "seller_order_processing_fee",
    "order_ams_commission_fee", "escrow_tax", "ads_escrow_top_up_fee_or_technical_support_fee",
)  # fmt: skip


def exact(value: float | None) -> Decimal:
    return Decimal(repr(value)) if value is not None else Decimal(0)


class Books:
    """A warehouse in miniature: everything read over HTTP, figured by the published definitions."""

    def __init__(self, client: Any, end: int) -> None:
        self.orders: list[dict[str, Any]] = []
        self.escrows: dict[str, dict[str, Any]] = {}
        self.returns: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for shop in client.sandbox.shop_ids:
            serials = client.serials(shop, end - 75 * DAY, end)
            self.orders += [{**row, "shop_id": shop} for row in client.details(shop, serials, FIELDS)]
            rows = client.get(
                shop, "payment/get_escrow_list", release_time_from=end - 75 * DAY, release_time_to=end, page_size=100
            )
            released, page = rows["escrow_list"], 1
            while rows["more"]:
                page += 1
                rows = client.get(
                    shop, "payment/get_escrow_list", release_time_from=end - 75 * DAY, release_time_to=end,
                    page_size=100, page_no=page,
                )  # fmt: skip
                released = released + rows["escrow_list"]
            for escrow in client.escrows(shop, [row["order_sn"] for row in released]):
                self.escrows[escrow["order_sn"]] = escrow["order_income"]
            for row in client.returns(shop):
                self.returns[row["order_sn"]].append(row)

    def refund(self, order_sn: str) -> Decimal:
        income = self.escrows.get(order_sn, {})
        seen = income.get("seller_return_refund") or income.get("drc_adjustable_refund")
        counted = ("REFUND_PAID", "COMPLETED", "CLOSED") if seen else ("REFUND_PAID", "COMPLETED")
        return sum(
            (exact(row["refund_amount"]) for row in self.returns.get(order_sn, []) if row["status"] in counted),
            Decimal(0),
        )

    def is_sale(self, order: dict[str, Any]) -> bool:
        return order["order_status"] != "CANCELLED" and bool(order["pay_time"] or order["cod"])

    def status(self, order: dict[str, Any]) -> str:
        if order["order_status"] == "CANCELLED":
            return "cancelled"
        if order["order_status"] != "COMPLETED":
            return "pending"
        income = self.escrows.get(order["order_sn"])
        goods = (
            exact(income["cost_of_goods_sold"])
            if income
            else sum(exact(x["model_discounted_price"]) * x["model_quantity_purchased"] for x in order["item_list"])
        )
        refund = self.refund(order["order_sn"])
        return "refunded" if refund and refund >= goods else "completed"


@pytest.fixture(scope="module")
def books(client: Any, end: int) -> Books:
    return Books(client, end)


def test_given_all_orders_over_http_when_figured_then_each_one_equals_the_truth(books: Books, sandbox: Sandbox) -> None:
    truth = {row["order_id"]: row for row in sandbox.truth("orders")}
    assert len(truth) > 1000
    assert {order["order_sn"] for order in books.orders} == truth.keys()
    for order in books.orders:
        row, income = truth[order["order_sn"]], books.escrows.get(order["order_sn"])
        assert row["shop_id"] == str(order["shop_id"])
        assert row["status"] == books.status(order), row
        assert row["is_sale"] == str(books.is_sale(order)).lower()
        assert (row["total_amount"] or None) == (
            None if order["total_amount"] is None else f"{exact(order['total_amount']):.2f}"
        )
        assert row["refund_amount"] == f"{books.refund(order['order_sn']):.2f}"
        assert row["is_settled"] == str(income is not None).lower()
        if income:
            assert row["payout"] == f"{exact(income['escrow_amount_after_adjustment']):.2f}"
            assert row["fees"] == f"{sum(exact(income[fee]) for fee in FEES):.2f}"
        moment = datetime.fromtimestamp(order["update_time"], UTC)
        assert row["updated_at"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        local = datetime.fromtimestamp(order["create_time"], ZONES[order["region"]])
        assert row["order_date"] == local.date().isoformat()


def test_given_all_orders_over_http_when_summed_then_the_daily_table_is_met(books: Books, sandbox: Sandbox) -> None:
    sums: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for order in books.orders:
        local = datetime.fromtimestamp(order["create_time"], ZONES[order["region"]]).date().isoformat()
        total, income = sums[local, str(order["shop_id"])], books.escrows.get(order["order_sn"])
        total["placed_orders"] += 1
        total["cancelled_orders"] += order["order_status"] == "CANCELLED"
        if books.is_sale(order):
            refund = books.refund(order["order_sn"])
            total["orders"] += 1
            total["revenue"] += exact(order["total_amount"])
            total["units"] += sum(item["model_quantity_purchased"] for item in order["item_list"])
            total["refunds"] += refund
            total["refunded_orders"] += refund > 0
            if income:
                total["settled_orders"] += 1
                total["fees"] += sum(exact(income[fee]) for fee in FEES)
                total["payout"] += exact(income["escrow_amount_after_adjustment"])
    rows = sandbox.truth("daily")
    assert {(row["date"], row["shop_id"]) for row in rows} == sums.keys()
    for row in rows:
        total = sums[row["date"], row["shop_id"]]
        total["net_revenue"] = total["revenue"] - total["refunds"] - total["fees"]
        for name in row.keys() - {"date", "platform", "shop_id", "currency"}:
            assert Decimal(row[name]) == total[name].quantize(Decimal("0.01"), ROUND_HALF_UP), (name, row)


def test_given_all_lines_over_http_when_valued_then_they_equal_the_truth(books: Books, sandbox: Sandbox) -> None:
    truth = {row["line_id"]: row for row in sandbox.truth("order_items")}
    seen = 0
    for order in books.orders:
        income = books.escrows.get(order["order_sn"])
        settled = {item["line_item_id"]: item["discounted_price"] for item in income["items"]} if income else {}
        for item in order["item_list"]:
            row, line = truth[str(item["line_item_id"])], item["line_item_id"]
            seen += 1
            if line in settled:
                value: Decimal | None = exact(settled[line])
            elif item["promotion_type"] == "bundle_deal":
                assert item["model_discounted_price"] == 0
                value = None
            else:
                value = exact(item["model_discounted_price"]) * item["model_quantity_purchased"]
            assert row["line_value"] == ("" if value is None else f"{value:.2f}")
            assert row["is_priced"] == str(value is not None).lower()
            assert row["units"] == str(item["model_quantity_purchased"])
            assert (row["product_id"], row["variant_id"]) == (str(item["item_id"]), str(item["model_id"]))
    assert seen == len(truth)
    by_product = sandbox.truth("product_daily")
    sold = [row for row in truth.values() if row["is_sale"] == "true"]
    assert sum(int(row["units"]) for row in by_product) == sum(int(row["units"]) for row in sold)
    assert sum(Decimal(row["goods_value"]) for row in by_product) == sum(
        Decimal(row["line_value"] or 0) for row in sold
    )
    assert sum(int(row["unpriced_units"]) for row in by_product) == sum(
        int(row["units"]) for row in sold if row["is_priced"] == "false"
    )


def test_given_settled_orders_when_added_up_then_escrow_items_make_the_goods(books: Books) -> None:
    assert len(books.escrows) > 500
    for income in books.escrows.values():
        assert sum(exact(item["discounted_price"]) for item in income["items"]) == exact(income["cost_of_goods_sold"])
        adjusted = exact(income["escrow_amount"]) + exact(income["total_adjustment_amount"])
        assert adjusted == exact(income["escrow_amount_after_adjustment"])
        assert ("order_adjustment" in income) is (income["total_adjustment_amount"] != 0)


def test_given_payloads_when_read_then_planted_personal_data_are_in_every_place_shopee_puts_them(
    client: Any, books: Books, end: int
) -> None:
    shop = client.sandbox.shop_ids[0]
    serials = client.serials(shop, end - 15 * DAY, end)[:50]
    personal = ("recipient_address", "buyer_username", "buyer_user_id")
    orders = client.details(shop, serials, ",".join(personal))
    prefix = client.sandbox.secrets()["pii_buyer_id_prefix"]
    for order in orders:
        assert all(
            str(value).startswith("PII-") or name == "region" for name, value in order["recipient_address"].items()
        )
        assert order["buyer_username"].startswith("PII-")
        assert str(order["buyer_user_id"]).startswith(prefix)
    assert any(order["message_to_seller"].startswith("PII-") for order in orders)
    assert set(personal).isdisjoint(client.details(shop, serials, "item_list")[0])
    escrow = client.escrows(shop, list(books.escrows)[:50])[0]
    assert escrow["buyer_user_name"].startswith("PII-")
    for row in client.returns(shop):
        assert "PII-" in row["text_reason"]
        assert all("PII-" in value for value in row["user"].values())
        assert "PII-" in json.dumps(row["image"])


def test_given_a_past_instant_when_asked_by_clock_or_by_table_then_the_answers_agree(
    own_sandbox: Sandbox, tmp_path: Path
) -> None:
    past = "2026-11-10T05:00:00Z"
    before = own_sandbox.truth("daily", as_of=past)
    own_sandbox.advance(5 * DAY)
    assert own_sandbox.truth("daily", as_of=past) == before
    own_sandbox.set_clock(past)
    assert own_sandbox.truth("daily") == before


def test_given_an_unreleased_order_when_its_settlement_is_asked_then_there_is_none_until_the_release(
    own_sandbox: Sandbox, own: Any, end: int
) -> None:
    shop = own_sandbox.shop_ids[0]
    rows = own.get(shop, "payment/get_escrow_list", release_time_from=end - 5 * DAY, release_time_to=end)
    last = max(rows["escrow_list"], key=lambda row: row["escrow_release_time"])
    order_sn, at = last["order_sn"], last["escrow_release_time"]
    own_sandbox.set_clock(datetime.fromtimestamp(at - 1, UTC).isoformat())
    assert own.escrows(shop, [order_sn]) == []
    assert own.call(shop, "payment/get_escrow_detail", order_sn=order_sn).error == "income_not_found"
    own_sandbox.advance(1)
    assert own.get(shop, "payment/get_escrow_detail", order_sn=order_sn)["order_sn"] == order_sn


def test_given_records_read_before_when_the_clock_moves_either_way_then_they_are_read_as_of_then(
    own_sandbox: Sandbox, own: Any, end: int
) -> None:
    shop = own_sandbox.shop_ids[0]
    serials = own.serials(shop, end - 20 * DAY, end)
    payouts = []
    for instant in (end, end + 15 * DAY, end + 40 * DAY, end):
        own_sandbox.set_clock(datetime.fromtimestamp(instant, UTC).isoformat())
        truth = {row["order_id"]: row for row in own_sandbox.truth("orders")}
        for order in own.details(shop, serials, "total_amount"):
            moment = datetime.fromtimestamp(order["update_time"], UTC)
            assert truth[order["order_sn"]]["updated_at"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        escrows = {row["order_sn"]: row["order_income"] for row in own.escrows(shop, serials)}
        settled = {order_sn for order_sn in serials if truth[order_sn]["is_settled"] == "true"}
        assert escrows.keys() == settled
        for order_sn, income in escrows.items():
            assert truth[order_sn]["payout"] == f"{exact(income['escrow_amount_after_adjustment']):.2f}"
        payouts.append({order_sn: truth[order_sn]["payout"] for order_sn in settled})
    assert payouts[0] == payouts[3]
    assert any(payouts[0][order_sn] != payouts[2][order_sn] for order_sn in payouts[0])
