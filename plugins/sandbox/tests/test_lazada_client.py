"""Lazada's own Python SDK reads the sandbox as it reads Lazada.

It runs in a process with a home of its own, because it writes its log there as soon as it is imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.platforms.lazada.protocol import APP_KEY, APP_SECRET
from talat_sandbox.testing import Sandbox, running_sandbox
from talat_sandbox.vault import Vault

TH = 100100100
START = "2026-10-01T00:00:00+07:00"
# Sends calls, one after the other, and prints what the SDK makes of each answer.
SCRIPT = """
import json, sys
from lazop_sdk.base import LazopClient, LazopRequest
url, key, secret, token, calls = json.load(sys.stdin)
client = LazopClient(url + "/rest", key, secret)
answers = []
for path, method, params in calls:
    request = LazopRequest(path, method)
    for name, value in params.items():
        request.add_api_param(name, value)
    answer = client.execute(request, token or None)
    answers.append([answer.code, answer.type, answer.body])
    token = answer.body.get("access_token", token)
print(json.dumps(answers))
"""
Calls = list[tuple[str, str, dict[str, str]]]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(
        as_of="2026-10-20T17:00:00Z", orders_per_day=20, days=20, channels="lazada", ads="lazada_ads"
    ) as running:
        yield running


def run(sandbox: Sandbox, home: Path, calls: Calls, secret: str = APP_SECRET, token: str = "") -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([sandbox.url, APP_KEY, secret, token, calls]),
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "HOME": str(home)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_the_sdk_renews_tokens_and_reads_every_stream_by_get_and_by_post(sandbox: Sandbox, tmp_path: Path) -> None:
    listed = {"update_after": START, "sort_by": "updated_at", "sort_direction": "ASC", "limit": "100"}
    days = {"start_time": "2026-10-05", "end_time": "2026-10-20", "limit": "500"}
    reads: Calls = [
        (path, method, params)
        for method in ("GET", "POST")
        for path, params in (
            ("/seller/get", {}),
            ("/orders/get", listed),
            ("/products/get", {"filter": "all", "limit": "50"}),
            ("/reverse/getreverseordersforseller", {"page_no": "1", "page_size": "100"}),
            ("/finance/transaction/details/get", days),
        )
    ]
    refresh = ("/auth/token/refresh", "POST", {"refresh_token": Vault.first_refresh_token(TH)})
    renewed, *answers = run(sandbox, tmp_path, [refresh, *reads])
    assert {code for code, _, _ in answers} == {"0"}
    for place in range(5):
        got, posted = ({**answers[n][2], "request_id": ""} for n in (place, place + 5))
        assert got == posted
    orders = answers[1][2]["data"]["orders"]
    assert len(orders) == min(100, answers[1][2]["data"]["countTotal"]) > 30
    ids = f"[{','.join(str(order['order_id']) for order in orders[:50])}]"
    items: Calls = [("/orders/items/get", "GET", {"order_ids": ids})]
    (units,) = run(sandbox, tmp_path, items, token=renewed[2]["access_token"])
    assert [entry["order_id"] for entry in units[2]["data"]] == [order["order_id"] for order in orders[:50]]


def test_the_sdk_knows_the_sandboxs_errors_for_lazadas(sandbox: Sandbox, tmp_path: Path) -> None:
    (wrong,) = run(sandbox, tmp_path, [("/seller/get", "GET", {})], secret="x" * 32)
    assert wrong[:2] == ["IncompleteSignature", "ISV"]
    (stranger,) = run(sandbox, tmp_path, [("/seller/get", "GET", {})], token="never-issued")
    assert stranger[:2] == ["IllegalAccessToken", "ISV"]


def test_the_sdk_signs_empty_values_which_the_documentation_leaves_out(sandbox: Sandbox, tmp_path: Path) -> None:
    """So a client must not send any: whichever way Lazada reads them, it is then right."""
    (answer,) = run(sandbox, tmp_path, [("/auth/token/refresh", "GET", {"refresh_token": "x", "note": ""})])
    assert answer[0] == "IncompleteSignature"


def test_the_sdk_reads_the_reports_of_ads_by_get_and_by_post_as_the_truth_has_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    days = {"startDate": "2026-10-05", "endDate": "2026-10-18"}
    page = {"bizCode": "sponsoredSearch", "useRtTable": "false", "pageNo": "1", "pageSize": "100"}
    last = {"lastStartDate": "2026-10-01", "lastEndDate": "2026-10-04"}
    reads: Calls = [
        (f"/sponsor/solutions/{path}", method, {**days, **page, **last})
        for method in ("GET", "POST")
        for path in (
            "report/getDiscoveryReportCampaign",
            "report/getDiscoveryReportAdgroup",
            "report/getReportOverview",
            "campaign/searchCampaignList",
        )
    ]
    token = Vault.first_refresh_token(sandbox.channel_shop_ids["lazada"][1])
    _, *answers = run(sandbox, tmp_path, [("/auth/token/refresh", "POST", {"refresh_token": token}), *reads])
    assert {code for code, _, _ in answers} == {"0"}
    for place in range(4):
        got, posted = ({**answers[n][2], "request_id": ""} for n in (place, place + 4))
        assert got == posted
    campaigns, groups = ([row["spend"] for row in body["result"]["result"]] for _, _, body in answers[:2])
    spent = sum(
        Decimal(row["spend"])
        for row in sandbox.truth("ads_daily")
        if row["account_id"] == str(sandbox.channel_shop_ids["lazada"][1])
        and row["platform"] == "lazada_ads"
        and days["startDate"] <= row["date"] <= days["endDate"]
    )
    assert sum(map(Decimal, campaigns)) == sum(map(Decimal, groups)) == spent > 0
    assert Decimal(answers[2][2]["result"]["reportOverviewDetailDTO"]["spend"]) == spent
    assert len(answers[3][2]["result"]) == answers[3][2]["totalCount"] > 0


def test_the_sdk_sees_no_failure_that_is_told_inside_of_a_success(sandbox: Sandbox, tmp_path: Path) -> None:
    """So a client of the ads must look for it itself."""
    sandbox.faults({"match": {"path": "ReportCampaign"}, "kind": "error", "code": "INTERNAL_ERROR", "inside": True})
    days = {"startDate": "2026-10-05", "endDate": "2026-10-18", "pageNo": "1", "pageSize": "100"}
    token = Vault.first_refresh_token(sandbox.channel_shop_ids["lazada"][2])
    refresh = ("/auth/token/refresh", "POST", {"refresh_token": token})
    report = ("/sponsor/solutions/report/getDiscoveryReportCampaign", "GET", days)
    _, answer = run(sandbox, tmp_path, [refresh, report])
    assert answer[:2] == ["0", None]
    assert answer[2]["result"]["errorCode"] == "INTERNAL_ERROR"
