"""LINE's Management API for ads, by a client written from its documentation, and against the truth."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import http.client
import io
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from email.utils import formatdate
from typing import Any
from urllib.parse import urlencode

import pytest

from talat_sandbox.platforms.line_ads.protocol import ACCESS_KEY, GROUP, SECRET_KEY
from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T05:00:00Z"
ACCOUNT = "A49799313413"
DAYS = {"since": "2026-10-25", "until": "2026-11-20"}
ASKED = {
    "level": "AD", **DAYS, "breakdown": {"time": "DAY"}, "filtering": {"idType": "ADACCOUNT", "ids": [ACCOUNT]},
    "includeRemove": True, "fileFormat": "CSV", "locale": "en",
}  # fmt: skip


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


def jws(access: str, secret: str, body: bytes, day: str, path: str) -> str:
    header = json.dumps({"alg": "HS256", "kid": access, "typ": "text/plain"}, separators=(",", ":"))
    kind = "application/json" if body else ""
    payload = f"{hashlib.sha256(body).hexdigest()}\n{kind}\n{day}\n{path}"
    signed = f"{b64(header.encode())}.{b64(payload.encode())}"
    return f"{signed}.{b64(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())}"


@dataclass
class Answer:
    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Line:
    """A client of the group."""

    sandbox: Sandbox
    secret: str = SECRET_KEY

    def send(self, method: str, path: str, body: Any = None, *, signed: str = "", at: float | None = None,
             **params: Any) -> Answer:  # fmt: skip
        path, data = f"/api/v3/{path}", b"" if body is None else json.dumps(body).encode()
        stamp = time.time() if at is None else at
        day = time.strftime("%Y%m%d", time.gmtime(stamp))
        token = jws(ACCESS_KEY, self.secret, data, day, f"/api/v3/{signed}" if signed else path)
        headers = {"Authorization": f"Bearer {token}", "Date": formatdate(stamp, usegmt=True)}
        if data:
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=30)
        try:
            target = f"{path}?{urlencode(params)}" if params else path
            connection.request(method, target, data or None, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page, total = 1, 1
        while len(found) < total:
            answer = self.send("GET", path, page=page, **params).json
            total, page = answer["paging"]["totalElements"], page + 1
            if not answer["datas"]:
                break
            found += answer["datas"]
        assert len(found) == total
        return found

    def report(self, account: str = ACCOUNT, **asked: Any) -> list[dict[str, str]]:
        body = {**ASKED, "filtering": {"idType": "ADACCOUNT", "ids": [account]}, **asked}
        job = self.send("POST", f"adaccounts/{account}/pfreports", body).json
        while True:
            (seen,) = self.rows(f"adaccounts/{account}/pfreports", ids=job["id"])
            if seen["status"] == "READY":
                break
            time.sleep(0.02)
        file = self.send("GET", f"adaccounts/{account}/pfreports/{job['id']}/download").body
        return list(csv.DictReader(io.StringIO(file.decode())))


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with running_sandbox(
        as_of=AS_OF, orders_per_day=60, days=25, products=12, channels="line_shop", ads="line_ads", job_ms=30
    ) as running:
        yield Line(running)


@pytest.fixture(autouse=True)
def no_faults(line: Line) -> Iterator[None]:
    yield
    line.sandbox.clear_faults()


def plain(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def test_the_published_vectors_are_signed_as_published() -> None:
    key = ("LINEADSAMPLE", "LINEADSECRETKEYSAMPLE")
    path = "/api/v3/adaccounts/A1/campaigns"
    body = b'{"name":"test","campaignObjective":"VISIT_MY_WEBSITE"}'
    assert jws(*key, b"", "20211222", path).endswith(".xHzIHHbWvIZUiek7Jy0fuyG6U0FQpobUyFXybcx9t4c=")
    assert jws(*key, body, "20211222", path).endswith(".Krh1Xh-kWldS-MkOmNH6dmMdkWDTBVmnkDCZHlMRUoo=")


def test_only_what_is_signed_for_itself_and_now_is_answered(line: Line) -> None:
    path = f"adaccounts/{ACCOUNT}/campaigns"
    assert line.send("GET", path, page=1).status == 200
    assert line.send("GET", path, at=time.time() - 840).status == 200
    for answer in (
        line.send("GET", path, signed=f"adaccounts/{ACCOUNT}/ads"),
        line.send("GET", path, signed=f"{path}?page=1", page=1),
        line.send("GET", path, at=time.time() - 960),
        line.send("GET", path, at=time.time() + 960),
        Line(line.sandbox, "another").send("GET", path),
    ):
        assert answer.status == 401
        assert answer.json["errors"][0]["reason"]


def test_the_group_has_the_accounts_of_the_truth(line: Line) -> None:
    truth = {
        row["account_id"]: (row["name"], row["currency"], row["time_zone"])
        for row in line.sandbox.truth("ad_accounts")
        if row["platform"] == "line_ads"
    }
    found = line.rows(f"groups/{GROUP}/adaccounts", size=1)
    assert {row["id"]: (row["name"], row["currency"], row["timezone"]) for row in found} == truth
    assert all(row["contactEmail"].startswith("PII-") for row in found)


def test_campaigns_are_those_of_the_truth_and_removed_ones_only_if_asked_for(line: Line) -> None:
    truth = {
        row["campaign_id"]: (row["name"], row["objective"], row["status"])
        for row in line.sandbox.truth("campaigns")
        if row["account_id"] == ACCOUNT and row["platform"] == "line_ads"
    }
    rows = line.rows(f"adaccounts/{ACCOUNT}/campaigns", includeRemoved="true", size=2)
    assert {str(r["id"]): (r["name"], r["campaignObjective"], r["configuredStatus"]) for r in rows} == truth
    assert [row["createdDate"] for row in rows] == sorted((row["createdDate"] for row in rows), reverse=True)
    for kind in ("campaigns", "adgroups", "ads"):
        whole = line.rows(f"adaccounts/{ACCOUNT}/{kind}", includeRemoved="true")
        shown = line.rows(f"adaccounts/{ACCOUNT}/{kind}")
        assert shown == [row for row in whole if row["deliveryStatus"] != "REMOVED"]
        assert len({row["id"] for row in whole}) == len(whole) >= len(shown)


def test_what_stands_below_says_what_it_is_below_of(line: Line) -> None:
    campaign = line.rows(f"adaccounts/{ACCOUNT}/campaigns")[0]["id"]
    groups = line.rows(f"adaccounts/{ACCOUNT}/adgroups", campaignId=campaign, includeRemoved="true")
    assert {row["campaignId"] for row in groups} == {campaign}
    assert all(row["dailyBudgetMicro"] % 10_000 == 0 < row["dailyBudgetMicro"] for row in groups)
    ads = line.rows(f"adaccounts/{ACCOUNT}/ads", adgroupId=groups[0]["id"], includeRemoved="true")
    assert {row["adgroupId"] for row in ads} == {groups[0]["id"]}
    (one,) = line.rows(f"adaccounts/{ACCOUNT}/ads", ids=ads[0]["id"], includeRemoved="true")
    assert one == ads[0]


@pytest.mark.parametrize(
    ("level", "keys"),
    [
        ("AD", ("Campaign ID", "Ad group ID", "Ad ID")),
        ("ADGROUP", ("Campaign ID", "Ad group ID")),
        ("CAMPAIGN", ("Campaign ID",)),
        ("ADACCOUNT", ()),
    ],
)
def test_a_report_has_the_truth_of_each_day(line: Line, level: str, keys: tuple[str, ...]) -> None:
    columns = dict(zip(("Campaign ID", "Ad group ID", "Ad ID"), ("campaign_id", "adset_id", "ad_id"), strict=True))
    truth: defaultdict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
    for row in line.sandbox.truth("ads_daily"):
        if row["platform"] == "line_ads" and row["account_id"] == ACCOUNT:
            parts = [Decimal(row[n]) for n in ("spend", "impressions", "clicks", "conversions", "conversion_value")]
            key = (row["date"], *(row[columns[name]] for name in keys))
            truth[key] = [whole + part for whole, part in zip(truth[key], parts, strict=True)]
    names = ("Cost", "Impressions", "Clicks", "CV", "CV value (purchased)")
    found = {
        (row["Day"], *(row[key] for key in keys)): [plain(row[name]) for name in names]
        for row in line.report(level=level)
    }
    assert found == truth
    assert sum(row[3] for row in truth.values()) > 5


def test_what_was_removed_is_in_a_report_only_if_asked_for(line: Line) -> None:
    whole, shown = line.report(), line.report(includeRemove=False)
    removed = {
        str(row["id"])
        for row in line.rows(f"adaccounts/{ACCOUNT}/ads", includeRemoved="true")
        if row["deliveryStatus"] == "REMOVED"
    }
    assert removed
    assert shown == [row for row in whole if row["Ad ID"] not in removed]


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ({"level": "KEYWORD"}, "level"),
        ({"since": "2026-11-20", "until": "2026-11-01"}, "since"),
        ({"since": "2020-01-01"}, "since"),
        ({"until": "2026-11-21"}, "since"),
        ({"until": "yesterday"}, "until"),
        ({"filtering": {}}, "filtering"),
        ({"breakdown": {"time": "HOUR"}}, "breakdown"),
        ({"fileFormat": "XML"}, "fileFormat"),
        ({"locale": "th"}, "locale"),
    ],
)
def test_a_wrong_report_is_refused_with_what_is_wrong(line: Line, asked: Any, about: str) -> None:
    answer = line.send("POST", f"adaccounts/{ACCOUNT}/pfreports", {**ASKED, **asked})
    assert (answer.status, answer.json) == (400, {"errors": [{"reason": "BAD_REQUEST", "property": about}]})


def test_a_report_is_fetched_when_it_is_ready_and_can_be_deleted(line: Line) -> None:
    path = f"adaccounts/{ACCOUNT}/pfreports"
    for outcome, status in (("stalled", "PREPARING"), ("failed", "ERROR")):
        line.sandbox.faults({"match": {"path": "pfreports"}, "kind": "job", "outcome": outcome})
        job = line.send("POST", path, ASKED).json["id"]
        time.sleep(0.1)
        assert line.rows(path, ids=job)[0]["status"] == status
        assert line.send("GET", f"{path}/{job}/download").json["errors"][0]["reason"] == "REPORT_NOT_READY"
        assert line.send("DELETE", f"{path}/{job}").status == 200
        assert line.rows(path, ids=job) == []
        assert line.send("GET", f"{path}/{job}/download").status == 404


def test_errors_have_their_status_and_too_many_requests_no_body(line: Line) -> None:
    assert line.send("GET", "adaccounts/A1/campaigns").status == 403
    assert line.send("GET", "groups/G1/adaccounts").status == 403
    assert line.send("GET", f"adaccounts/{ACCOUNT}/lookalikes").status == 404
    assert line.send("GET", f"adaccounts/{ACCOUNT}/ads", size=101).json["errors"][0]["property"] == "size"
    assert line.send("GET", f"adaccounts/{ACCOUNT}/ads", page=0).json["errors"][0]["property"] == "page"
    line.sandbox.faults({"kind": "rate_limit", "match": {}})
    answer = line.send("GET", f"adaccounts/{ACCOUNT}/ads")
    assert (answer.status, answer.body) == (429, b"")


def test_requests_are_counted_for_each_endpoint() -> None:
    with running_sandbox(
        as_of=AS_OF, orders_per_day=10, days=3, products=12, channels="line_shop", ads="line_ads", shop_rps=2
    ) as running:
        line = Line(running)
        ads = [line.send("GET", f"adaccounts/{ACCOUNT}/ads").status for _ in range(3)]
        assert sorted(ads) == [200, 200, 429]
        assert line.send("GET", f"adaccounts/{ACCOUNT}/campaigns").status == 200
