"""Lazada Sponsored Solutions: sums over spans that agree with the truth, and its three envelopes."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest

from talat_sandbox.platforms.lazada.protocol import APP_KEY, APP_SECRET, sign
from talat_sandbox.testing import Sandbox, running_sandbox
from talat_sandbox.vault import Vault

AS_OF, TODAY, FIRST = "2026-11-20T10:00:00Z", date(2026, 11, 20), date(2026, 10, 11)
CAMPAIGNS = "/sponsor/solutions/report/getDiscoveryReportCampaign"
AD_GROUPS = "/sponsor/solutions/report/getDiscoveryReportAdgroup"
KEYWORDS = "/sponsor/solutions/report/getDiscoveryReportKeyword"
OVERVIEW = "/sponsor/solutions/report/getReportOverview"
SEARCH = "/sponsor/solutions/campaign/searchCampaignList"
Figures = dict[tuple[str, ...], list[Decimal]]


@dataclass
class Seller:
    """A client written from the documentation, sharing no code with the sandbox."""

    sandbox: Sandbox
    number: int
    token: str = field(default="")

    def send(self, path: str, **params: Any) -> Any:
        query = {"app_key": APP_KEY, "timestamp": str(int(time.time() * 1000)), "sign_method": "sha256"}
        query |= {name: str(value) for name, value in params.items()}
        base = path + "".join(name + query[name] for name in sorted(query) if query[name])
        query["sign"] = hmac.new(APP_SECRET.encode(), base.encode(), hashlib.sha256).hexdigest().upper()
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            connection.request("GET", f"/rest{path}?{urlencode(query)}")
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()

    def call(self, path: str, **params: Any) -> Any:
        if not self.token:
            refresh = Vault.first_refresh_token(self.number)
            self.token = self.send("/auth/token/refresh", refresh_token=refresh)["access_token"]
        return self.send(path, access_token=self.token, **params)

    def rows(self, path: str, first: date, last: date, **params: Any) -> list[dict[str, Any]]:
        """All rows of a report, page by page, of three a page."""
        found: list[dict[str, Any]] = []
        for number in range(1, 100):
            page = self.call(path, startDate=first, endDate=last, pageNo=number, pageSize=3, **params)["result"]
            found += page["result"]
            if len(found) == page["totalCount"]:
                break
        return found


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox(
        as_of=AS_OF, orders_per_day=150, days=40, products=12, channels="lazada", ads="lazada_ads", campaigns=5,
        app_rps=0, shop_rps=0,
    ) as running:  # fmt: skip
        yield running


@pytest.fixture(scope="module")
def sellers(shared: Sandbox) -> list[Seller]:
    return [Seller(shared, number) for number in shared.channel_shop_ids["lazada"]]


def summed(rows: list[dict[str, Any]], keys: tuple[str, ...], names: tuple[str, ...]) -> Figures:
    found: Figures = defaultdict(lambda: [Decimal(0)] * len(names))
    for row in rows:
        key = tuple(str(row[name]) for name in keys)
        found[key] = [total + Decimal(row[name]) for total, name in zip(found[key], names, strict=True)]
    return found


def truth(sandbox: Sandbox, *keys: str, keep: Callable[[dict[str, str]], bool] = lambda row: True) -> Figures:
    rows = [row for row in sandbox.truth("ads_daily") if row["platform"] == "lazada_ads" and keep(row)]
    return summed(rows, keys, ("spend", "impressions", "clicks", "conversions", "conversion_value"))


def figures(rows: list[dict[str, Any]], *keys: str) -> Figures:
    return summed(rows, keys, ("spend", "impressions", "clicks", "storeOrders", "storeRevenue"))


def test_given_a_published_vector_when_signed_then_it_matches() -> None:
    params = {
        "access_token": "50000mockLazadaToken001", "app_key": "500123", "endDate": "2026-09-20", "pageNo": "1",
        "pageSize": "100", "sign_method": "sha256", "startDate": "2026-09-20", "timestamp": "1790000000000",
    }  # fmt: skip
    assert sign(CAMPAIGNS, params) == "8F1E6B3081E3AF7BD6CF7F01B3EDA157961AA25F9056C0359C8179D74D36699D"


@pytest.mark.parametrize(
    ("path", "keys", "columns"),
    [
        (CAMPAIGNS, ("campaignId",), ("campaign_id",)),
        (AD_GROUPS, ("campaignId", "adgroupId"), ("campaign_id", "adset_id")),
    ],
)
def test_a_report_is_one_sum_over_its_span_as_the_truth_has_it(
    sellers: list[Seller], shared: Sandbox, path: str, keys: tuple[str, ...], columns: tuple[str, ...]
) -> None:
    for first, last in ((FIRST, TODAY - timedelta(1)), (FIRST + timedelta(9), FIRST + timedelta(9))):
        rows = [row for seller in sellers for row in seller.rows(path, first, last, useRtTable="false")]
        span = (first.isoformat(), last.isoformat())
        books = truth(shared, *columns, keep=lambda row, span=span: span[0] <= row["date"] <= span[1])  # type: ignore[misc]
        assert figures(rows, *keys) == books
        assert not any("date" in name.casefold() for row in rows for name in row)
        assert all(row["productOrders"] <= row["storeOrders"] for row in rows)


def test_keywords_add_up_to_their_ad_groups(sellers: list[Seller], shared: Sandbox) -> None:
    seller, last = sellers[0], TODAY - timedelta(1)
    words = seller.rows(KEYWORDS, FIRST, last)
    groups = {row["adgroupId"] for row in words}
    whole = [row for row in seller.rows(AD_GROUPS, FIRST, last) if row["adgroupId"] in groups]
    assert figures(words, "adgroupId") == figures(whole, "adgroupId")
    assert len({(row["adgroupId"], row["keywordId"]) for row in words}) == len(words) > len(groups) > 0
    one = seller.rows(KEYWORDS, FIRST, last, campaignId=words[0]["campaignId"])
    assert {row["campaignId"] for row in one} == {words[0]["campaignId"]}


def test_today_is_in_the_table_of_the_present_alone_and_has_no_names(sellers: list[Seller], shared: Sandbox) -> None:
    seller = sellers[0]
    assert seller.rows(CAMPAIGNS, TODAY, TODAY) == []
    rows = seller.rows(CAMPAIGNS, TODAY, TODAY, useRtTable="true")
    account = str(seller.number)
    books = truth(shared, "campaign_id", keep=lambda row: (row["date"], row["account_id"]) == ("2026-11-20", account))
    assert figures(rows, "campaignId") == books
    assert {row["campaignName"] for row in rows} == {None}
    assert all(row["campaignName"] for row in seller.rows(CAMPAIGNS, FIRST, FIRST))


def test_the_shops_total_is_the_sum_of_its_campaigns(sellers: list[Seller]) -> None:
    seller, day = sellers[0], FIRST + timedelta(12)
    asked = {"startDate": day, "endDate": day, "lastStartDate": day, "lastEndDate": day, "useRtTable": "false"}
    answer = seller.call(OVERVIEW, bizCode="sponsoredSearch", **asked)
    assert (answer["code"], answer["success"]) == ("0", "true")
    total = answer["result"]["reportOverviewDetailDTO"]
    rows = seller.rows(CAMPAIGNS, day, day)
    assert Decimal(total["spend"]) == sum(Decimal(row["spend"]) for row in rows) > 0
    assert total["clicks"] == sum(row["clicks"] for row in rows)
    assert seller.call(OVERVIEW, bizCode="sponsoredSearch", startDate=day)["code"] == "MissingParameter"


def test_campaigns_are_listed_by_status_and_page(sellers: list[Seller], shared: Sandbox) -> None:
    books = {row["campaign_id"]: row for row in shared.truth("campaigns") if row["platform"] == "lazada_ads"}
    found: dict[str, str] = {}
    for seller in sellers:
        for status in ("1", "0", "9"):
            asked = {"bizCode": "sponsoredSearch", "startDate": FIRST, "endDate": FIRST, "onlineStatus": status}
            answer = seller.call(SEARCH, pageNo=1, pageSize=200, **asked)
            assert (answer["success"], answer["totalCount"]) == (True, len(answer["result"]))
            for row in answer["result"]:
                assert row["campaignName"] == books[str(row["campaignId"])]["name"]
                assert Decimal(row["dailyBudget"]) == Decimal(books[str(row["campaignId"])]["daily_budget"])
                assert row["spend"] == "-"
                found[str(row["campaignId"])] = status
    assert found == {number: row["status"] for number, row in books.items()}
    assert {"1", "9"} <= {*found.values()}


@pytest.mark.parametrize(
    ("path", "change", "code"),
    [
        (CAMPAIGNS, {"pageSize": 101}, "InvalidParameter"),
        (CAMPAIGNS, {"pageNo": 101}, "InvalidParameter"),
        (CAMPAIGNS, {"pageNo": ""}, "MissingParameter"),
        (CAMPAIGNS, {"startDate": ""}, "MissingParameter"),
        (CAMPAIGNS, {"startDate": "20-09-2026"}, "InvalidParameter"),
        (CAMPAIGNS, {"startDate": TODAY}, "InvalidParameter"),
        (SEARCH, {}, "MissingParameter"),
        (SEARCH, {"bizCode": "sponsoredMax"}, "InvalidParameter"),
        (SEARCH, {"bizCode": "sponsoredSearch", "pageSize": 201}, "InvalidParameter"),
        (SEARCH, {"bizCode": "sponsoredSearch", "onlineStatus": 2}, "InvalidParameter"),
    ],
)
def test_what_the_documentation_forbids_is_refused(
    sellers: list[Seller], path: str, change: dict[str, Any], code: str
) -> None:
    asked = {"startDate": FIRST, "endDate": FIRST, "pageNo": 1, "pageSize": 100, **change}
    assert sellers[0].call(path, **asked)["code"] == code


def test_a_failure_may_be_told_inside_the_result_or_beside_the_code(sellers: list[Seller], shared: Sandbox) -> None:
    asked = {"startDate": FIRST, "endDate": FIRST, "pageNo": 1, "pageSize": 100}
    for where in ("inside", "beside"):
        shared.faults({"match": {"path": "ReportCampaign"}, "kind": "error", "code": "INTERNAL_ERROR", where: True})
        answer = sellers[0].call(CAMPAIGNS, **asked)
        told = answer["result"] if where == "inside" else answer
        assert (answer["code"], told["success"], told["errorCode"]) == ("0", False, "INTERNAL_ERROR")
    assert sellers[0].call(CAMPAIGNS, **asked)["result"]["success"] is True


def test_without_the_ads_the_app_has_no_such_paths() -> None:
    with running_sandbox(as_of=AS_OF, orders_per_day=2, days=2, channels="lazada") as sandbox:
        assert Seller(sandbox, sandbox.channel_shop_ids["lazada"][0]).call(SEARCH)["code"] == "InvalidApiPath"
