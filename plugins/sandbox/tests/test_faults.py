"""Every kind of fault does what it says, when and where the plan says."""

from __future__ import annotations

import http.client
import time
from typing import Any

import pytest

from talat_sandbox.platforms.shopee.protocol import ERRORS
from talat_sandbox.testing import Sandbox

TH, OTHER = 226001234, 226001235
DAY = 86400
INFO = "shop/get_shop_info"
LIST = "order/get_order_list"
DETAIL = {"match": {"path": "get_order_detail"}}


def serials(own: Any, end: int) -> list[str]:
    found: list[str] = own.serials(TH, end - 15 * DAY, end)
    return found


def detail(own: Any, end: int) -> Any:
    return own.details(TH, serials(own, end)[:50], "item_list,total_amount")[0]


@pytest.mark.parametrize("code", [*ERRORS, "common.error_auth"])
def test_given_any_code_of_the_table_when_planned_then_it_is_answered_once(
    own_shared: Any, own_shared_sandbox: Sandbox, code: str
) -> None:
    own_shared_sandbox.faults({"match": {"path": INFO, "shop_id": TH}, "kind": "error", "code": code})
    assert own_shared.call(OTHER, INFO).error == ""
    answer = own_shared.call(TH, INFO)
    assert (answer.status, answer.error) == (200, code)
    assert answer.json["message"]
    assert own_shared.call(TH, INFO).error == ""


def test_given_after_and_times_when_planned_then_only_those_calls_fail(own: Any, own_sandbox: Sandbox) -> None:
    own_sandbox.faults({"match": {"path": INFO}, "kind": "error", "code": "error_server", "after": 2, "times": 3})
    codes = [own.call(TH, INFO).error for _ in range(7)]
    assert codes == ["", "", *["error_server"] * 3, "", ""]
    assert own_sandbox.stats()["errors"] == {"error_server": 3}


def test_given_a_probability_when_planned_twice_then_the_same_calls_fail(own: Any, own_sandbox: Sandbox) -> None:
    rounds = []
    for _ in range(2):
        own_sandbox.faults(
            {"match": {"path": INFO}, "kind": "error", "code": "error_inner", "probability": 0.4, "seed": 3}
        )
        rounds.append([own.call(TH, INFO).error for _ in range(20)])
        assert len(own_sandbox.clear_faults()) == 1
    assert rounds[0] == rounds[1]
    assert set(rounds[0]) == {"", "error_inner"}


def test_given_http_faults_when_planned_then_status_and_headers_are_theirs(own: Any, own_sandbox: Sandbox) -> None:
    own_sandbox.faults(
        {"match": {"path": INFO}, "kind": "http_status", "status": 503},
        {"match": {"path": INFO}, "kind": "rate_limit", "retry_after": 2, "after": 1},
        {"match": {"path": INFO}, "kind": "rate_limit", "after": 2},
        {"match": {"path": INFO}, "kind": "error", "code": "error_auth", "status": 403, "after": 3},
    )
    first, second, third, fourth = (own.call(TH, INFO) for _ in range(4))
    assert (first.status, b"<html>" in first.body) == (503, True)
    assert (second.status, second.error, second.headers["Retry-After"]) == (429, "error_rate_limit", "2")
    assert (third.status, third.error) == (200, "error_rate_limit")
    assert (fourth.status, fourth.error) == (403, "error_auth")


def test_given_transport_faults_when_planned_then_the_body_or_the_connection_breaks(
    own: Any, own_sandbox: Sandbox
) -> None:
    own.call(TH, INFO)
    own_sandbox.faults(
        {"match": {"path": INFO}, "kind": "truncate"},
        {"match": {"path": INFO}, "kind": "truncate", "honest_length": True, "after": 1},
        {"match": {"path": INFO}, "kind": "reset", "after": 2},
    )
    with pytest.raises(http.client.IncompleteRead):
        own.call(TH, INFO)
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        own.call(TH, INFO).json  # noqa: B018
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        own.call(TH, INFO)
    assert own.call(TH, INFO).error == ""


def test_given_latency_when_planned_then_the_answer_waits_and_others_do_not(own: Any, own_sandbox: Sandbox) -> None:
    own.call(OTHER, INFO)
    own_sandbox.faults({"match": {"path": INFO, "shop_id": TH}, "kind": "latency", "ms": 300})
    started = time.monotonic()
    assert own.call(TH, INFO).error == ""
    assert time.monotonic() - started >= 0.3


def test_given_an_expiring_token_when_planned_then_the_call_says_so_and_a_refresh_helps(
    own: Any, own_sandbox: Sandbox
) -> None:
    own.call(TH, INFO)
    own_sandbox.faults({"match": {"path": INFO}, "kind": "expire_token"})
    assert own.call(TH, INFO).error == "invalid_acceess_token"
    assert own.refresh(TH).error == ""
    assert own.call(TH, INFO).error == ""


def test_given_spoilt_records_when_planned_then_only_the_first_record_is_touched(
    own: Any, own_sandbox: Sandbox, end: int
) -> None:
    sound = detail(own, end)
    own_sandbox.faults({**DETAIL, "kind": "future_update_time"})
    assert detail(own, end)["update_time"] > 4_000_000_000
    own_sandbox.faults({**DETAIL, "kind": "bad_record"})
    assert detail(own, end)["create_time"] == "not-a-value"
    own_sandbox.faults({**DETAIL, "kind": "bad_record", "field": "total_amount", "value": {"x": 1}})
    assert detail(own, end)["total_amount"] == {"x": 1}
    own_sandbox.faults({**DETAIL, "kind": "unknown_field", "field": "shiny", "value": [1]})
    assert detail(own, end) == {**sound, "shiny": [1]}
    assert detail(own, end) == sound


def test_given_broken_records_when_planned_then_only_the_first_lacks_what_is_taken(
    own: Any, own_sandbox: Sandbox, end: int
) -> None:
    sound = detail(own, end)
    own_sandbox.faults({**DETAIL, "kind": "missing_field", "field": "update_time"})
    assert detail(own, end) == {name: value for name, value in sound.items() if name != "update_time"}
    own_sandbox.faults({**DETAIL, "kind": "broken_text", "field": "item_name"})
    batch = ",".join(serials(own, end)[:1])
    answer = own.call(TH, "order/get_order_detail", order_sn_list=batch, response_optional_fields="item_list")
    assert rb'"item_name":"\ud83d"' in answer.body
    own_sandbox.faults({**DETAIL, "kind": "wrong_encoding"})
    answer = own.call(TH, "order/get_order_detail", order_sn_list=batch)
    assert (answer.headers["Content-Encoding"], answer.json["error"]) == ("gzip", "")


def test_given_pages_of_other_sizes_and_orders_when_planned_then_the_same_records_come(
    own: Any, own_sandbox: Sandbox, end: int
) -> None:
    whole = serials(own, end)
    window = {"time_range_field": "update_time", "time_from": end - 15 * DAY, "time_to": end, "page_size": 100}
    first = own.get(TH, LIST, **window)["order_list"]
    planned = {"match": {"path": LIST}}
    own_sandbox.faults({**planned, "kind": "page_size", "rows": 3, "times": 2})
    assert serials(own, end) == whole
    own_sandbox.faults({**planned, "kind": "empty_page", "times": 2}, {**planned, "kind": "empty_page", "after": 3})
    assert serials(own, end) == whole
    assert own_sandbox.stats()["faults"]["empty_page"] == 3
    own_sandbox.faults({**planned, "kind": "reverse"}, {**planned, "kind": "duplicate"})
    page = own.get(TH, LIST, **window)["order_list"]
    assert page == [*first[::-1], first[-1]]


def test_given_an_empty_page_of_meta_when_planned_then_its_cursor_goes_on(own_graph: Any, own_sandbox: Sandbox) -> None:
    path = f"act_{own_sandbox.ad_account_ids[0]}/ads"
    whole = own_graph.get(path, fields="id", limit=500)["data"]
    own_sandbox.faults({"match": {"path": path}, "kind": "empty_page"})
    empty = own_graph.get(path, fields="id", limit=500)
    assert empty["data"] == []
    assert empty["paging"]["next"]
    assert own_graph.get(path, fields="id", limit=500, after=empty["paging"]["cursors"]["after"])["data"] == whole


def test_given_a_replay_when_planned_then_the_first_answers_come_again_in_turn(own: Any, own_sandbox: Sandbox) -> None:
    own_sandbox.faults({"match": {"path": INFO}, "kind": "replay", "cycle": 2, "times": 5})
    names = [own.call(shop, INFO).json["shop_name"] for shop in (TH, OTHER, TH, TH, TH, TH)]
    assert names[:2] == names[2:4]
    assert names[4] == names[0] == names[5] != names[1]


def test_given_an_escrow_batch_when_a_field_is_added_then_it_is_in_the_record_not_its_wrapper(
    own: Any, own_sandbox: Sandbox, end: int
) -> None:
    window = {"release_time_from": end - 10 * DAY, "release_time_to": end}
    released = own.get(TH, "payment/get_escrow_list", **window)["escrow_list"]
    own_sandbox.faults({"match": {"path": "get_escrow_detail_batch"}, "kind": "unknown_field"})
    first, second = own.escrows(TH, [row["order_sn"] for row in released[:2]])
    assert first["sandbox_new_field"] == {"new": 1}
    assert "sandbox_new_field" not in second


def test_given_drift_when_paging_then_one_order_comes_twice_and_one_leaves_a_closed_window(
    own: Any, own_sandbox: Sandbox, end: int
) -> None:
    whole = serials(own, end)
    own_sandbox.faults({"match": {"path": "get_order_list"}, "kind": "drift"})
    reaching_now = own.serials(TH, end - 15 * DAY, end, page_size=20)
    assert sorted(set(reaching_now)) == sorted(whole)
    assert len(reaching_now) == len(whole) + 1  # listed before its update, and once more after it
    moved = {row["order_sn"] for row in own.details(TH, whole[:1] + whole[-1:], "") if row["update_time"] == end}
    assert len(moved) == 2
    past = own.serials(TH, end - 15 * DAY, end - 1)
    assert set(whole) - set(past) >= moved
    updated = {row["order_id"]: row["updated_at"] for row in own_sandbox.truth("orders")}
    assert all(updated[order_sn] == "2026-11-20T17:00:00Z" for order_sn in moved)


@pytest.mark.parametrize(
    "fault",
    [{"kind": "gremlins"}, {"kind": "error"}, ["not an object"], {"kind": "error", "code": "x", "times": "many"}],
)
def test_given_a_bad_plan_when_sent_then_it_is_refused_in_one_sentence(own_sandbox: Sandbox, fault: Any) -> None:
    with pytest.raises(RuntimeError, match="bad request"):
        own_sandbox._call("POST", "faults", {"faults": [fault]})
    assert own_sandbox.clear_faults() == []
