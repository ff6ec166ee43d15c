"""A client of TikTok's API for business, and the business and account that its tests ask for."""

from __future__ import annotations

import http.client
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from talat_sandbox.platforms.tiktok_ads.protocol import LONG_TERM_TOKEN
from talat_sandbox.testing import Sandbox

AS_OF, TODAY = "2026-11-20T10:00:00Z", date(2026, 11, 20)
ACCOUNT = "7100000000000000001"
STORE = "7490000000000000001"
ALL = {"primary_status": "STATUS_ALL"}
PRODUCTS = {"gmv_max_promotion_types": ["PRODUCT"]}
EVERY = {"campaign_statuses": ["STATUS_ALL"]}
SMALL: dict[str, Any] = {
    "channels": "tiktok_shop", "ads": "tiktok_ads", "orders_per_day": 60, "days": 28, "as_of": AS_OF, "products": 12,
    "campaigns": 8, "seed": 7,
}  # fmt: skip


@dataclass
class TikTok:
    """A client written from the documentation, sharing no code with the sandbox."""

    sandbox: Sandbox
    token: str = LONG_TERM_TOKEN
    account: str = ACCOUNT

    def send(self, method: str, target: str, body: Any = None) -> tuple[int, bytes, dict[str, str]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, target, content, {"Access-Token": self.token} if self.token else {})
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def ask(self, path: str, body: Any = None, **params: Any) -> Any:
        """The envelope of an answer; lists and objects are sent as JSON texts."""
        own = {} if body is not None or path.startswith("oauth2") else {"advertiser_id": self.account}
        query = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in {**own, **params}.items()
            if value is not None
        }
        target = f"/open_api/v1.3/{path}?{urlencode(query)}"
        status, content, _ = self.send("GET" if body is None else "POST", target, body)
        assert status == 200, "errors have it, too"
        answer = json.loads(content)
        assert set(answer) == {"code", "message", "request_id", "data"}
        return answer

    def code(self, path: str, body: Any = None, **params: Any) -> int:
        answer = self.ask(path, body, **params)
        assert answer["code"] == 0 or answer["data"] == {}
        return int(answer["code"])

    def data(self, path: str, body: Any = None, **params: Any) -> Any:
        answer = self.ask(path, body, **params)
        assert answer["code"] == 0, answer
        return answer["data"]

    def rows(self, path: str, **params: Any) -> list[Any]:
        """All rows, page by page."""
        found, page = [], 1
        while True:
            data = self.data(path, **{"page_size": 100, **params}, page=page)
            found += data["list"]
            if page >= data["page_info"]["total_page"]:
                assert len(found) == data["page_info"]["total_number"]
                return found
            page += 1

    def report(
        self, level: str, *dimensions: str, kind: str = "BASIC", status: str = "STATUS_ALL", **params: Any
    ) -> Any:
        asked = {
            "report_type": kind, "data_level": f"AUCTION_{level.upper()}",
            "dimensions": [f"{level}_id", *dimensions], "metrics": ["spend", "impressions", "clicks", "conversion"],
            "start_date": "2026-10-23", "end_date": "2026-11-20",
        }  # fmt: skip
        if level != "advertiser":
            asked["filtering"] = [
                {"field_name": f"{level}_status", "filter_type": "IN", "filter_value": json.dumps([status])}
            ]
        return self.rows("report/integrated/get/", **{**asked, **params})

    def gmv_max(self, *dimensions: str, **params: Any) -> Any:
        asked = {
            "store_ids": [STORE], "dimensions": list(dimensions), "metrics": ["cost", "orders", "gross_revenue"],
            "start_date": "2026-10-23", "end_date": "2026-11-20",
        }  # fmt: skip
        return self.rows("gmv_max/report/get/", **{**asked, **params})

    def campaigns(self) -> list[str]:
        """All campaigns of GMV Max that delivered."""
        rows = self.gmv_max("campaign_id", filtering={**PRODUCTS, **EVERY})
        return [row["dimensions"]["campaign_id"] for row in rows]


def truth(sandbox: Sandbox, *columns: str, gmv_max: bool) -> dict[tuple[str, ...], list[Decimal]]:
    """The books of one account, by some of their columns: spend, impressions, clicks, conversions and their value."""
    kinds = {row["campaign_id"]: row["objective"] for row in sandbox.truth("campaigns")}
    sums: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
    for row in sandbox.truth("ads_daily"):
        if row["account_id"] == ACCOUNT and (kinds[row["campaign_id"]] == "PRODUCT_GMV_MAX") == gmv_max:
            figures = [Decimal(row[n]) for n in ("spend", "impressions", "clicks", "conversions", "conversion_value")]
            key = tuple(row[column] for column in columns)
            sums[key] = [a + b for a, b in zip(sums[key], figures, strict=True)]
    return dict(sums)
