"""The Data API of GA4, by a client written from its documentation, and against the truth."""

from __future__ import annotations

import http.client
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from google.auth import crypt, jwt

from talat_sandbox.platforms.google.accounts import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T05:00:00Z"
FIRST, THIRD = "370000001", "370000003"
SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
TRAFFIC = ["date", "sessionSource", "sessionMedium", "sessionCampaignName"]
MEASURES = ["sessions", "engagedSessions", "totalUsers", "ecommercePurchases", "purchaseRevenue"]
RANGE = {"startDate": "2026-10-01", "endDate": "2026-11-20"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Google:
    """A client with one access token."""

    sandbox: Sandbox
    token: str = ""

    def send(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.sandbox.port, timeout=60)
        try:
            connection.request(method, target, body, headers)
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def grant(self, **form: str) -> Answer:
        return self.send("POST", "/token", urlencode(form).encode())

    def assertion(self, **claims: Any) -> str:
        key, now = json.loads(self.sandbox.service_account()), int(time.time())
        usual = {"iss": key["client_email"], "scope": SCOPE, "aud": "https://oauth2.googleapis.com/token"}
        signer = crypt.RSASigner.from_string(key["private_key"])
        return jwt.encode(signer, {**usual, "iat": now, "exp": now + 3600, **claims}).decode()

    def signed_in(self) -> Google:
        grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
        return Google(self.sandbox, self.grant(grant_type=grant, assertion=self.assertion()).json["access_token"])

    def call(self, method: str, body: Any, account: str = FIRST, verb: str = "POST") -> Answer:
        data = None if body is None else json.dumps(body).encode()
        return self.send(verb, f"/v1beta/properties/{account}{method}", data, Authorization=f"Bearer {self.token}")

    def report(self, dimensions: list[str], metrics: list[str], account: str = FIRST, **more: Any) -> Any:
        answer = self.call(":runReport", asking(dimensions, metrics, **more), account)
        assert answer.status == 200, answer.body
        return answer.json

    def refused(self, dimensions: list[str], metrics: list[str], account: str = FIRST, **more: Any) -> dict[str, Any]:
        answer = self.call(":runReport", asking(dimensions, metrics, **more), account)
        error: dict[str, Any] = answer.json["error"]
        assert answer.status == error["code"] >= 400
        return error


def asking(dimensions: list[str], metrics: list[str], **more: Any) -> dict[str, Any]:
    named = {"dimensions": [{"name": n} for n in dimensions], "metrics": [{"name": n} for n in metrics]}
    return {**named, "dateRanges": [RANGE], "limit": "250000", **more}


def rows_of(report: Any) -> list[dict[str, str]]:
    names = [header["name"] for header in report["dimensionHeaders"] + report["metricHeaders"]]
    return [
        dict(zip(names, [it["value"] for it in row["dimensionValues"] + row["metricValues"]], strict=True))
        for row in report.get("rows", [])
    ]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(as_of=AS_OF, orders_per_day=60, days=25, products=12, ads="ga4,google_ads") as running:
        yield running


@pytest.fixture(scope="module")
def google(sandbox: Sandbox) -> Google:
    return Google(sandbox).signed_in()


@pytest.fixture
def own() -> Iterator[Google]:
    """A property whose limits a test may change."""
    with running_sandbox(as_of=AS_OF, orders_per_day=30, days=10, products=12, ads="ga4") as running:
        yield Google(running).signed_in()


@pytest.mark.parametrize("account", [FIRST, THIRD])
def test_sessions_users_and_purchases_are_those_of_the_truth(google: Google, account: str) -> None:
    found = {
        tuple(row[name] for name in TRAFFIC): [Decimal(row[name]) for name in MEASURES]
        for row in rows_of(google.report(TRAFFIC, MEASURES, account))
    }
    names = ("sessions", "engaged_sessions", "users", "transactions", "revenue")
    truth = {
        (row["date"].replace("-", ""), row["source"], row["medium"], row["campaign"]): [Decimal(row[n]) for n in names]
        for row in google.sandbox.truth("ga4_daily")
        if row["property_id"] == account
    }
    assert found == truth
    assert any("cpc" in key for key in truth)


@pytest.mark.parametrize("names", [["deviceCategory", "country"], ["landingPage"], ["sessionDefaultChannelGroup"]])
def test_parts_of_any_kind_add_up_except_for_users(google: Google, names: list[str]) -> None:
    added = ["sessions", "engagedSessions", "addToCarts", "checkouts", "ecommercePurchases", "purchaseRevenue"]
    whole = {row["date"]: row for row in rows_of(google.report(["date"], [*added, "totalUsers"]))}
    parts = rows_of(google.report(["date", *names], [*added, "totalUsers"]))
    for name in added:
        sums: defaultdict[str, Decimal] = defaultdict(Decimal)
        for row in parts:
            sums[row["date"]] += Decimal(row[name])
        assert sums == {day: Decimal(row[name]) for day, row in whole.items()}
    assert sum(int(row["totalUsers"]) for row in parts) > sum(int(row["totalUsers"]) for row in whole.values())


def test_what_products_bring_is_in_the_purchases(google: Google) -> None:
    items = rows_of(google.report(["date", "itemId", "itemName"], ["itemsViewed", "itemsPurchased", "itemRevenue"]))
    assert len({row["itemId"] for row in items}) > 5
    assert all(int(row["itemsViewed"]) > int(row["itemsPurchased"]) for row in items)
    assert sum(Decimal(row["itemRevenue"]) for row in items) > 0


def test_without_rows_the_answer_has_none(google: Google) -> None:
    past = {"startDate": "2020-01-01", "endDate": "2020-01-02"}
    report = google.report(["date"], ["sessions"], dateRanges=[past])
    assert not {"rows", "rowCount"} & {*report}
    assert report["metadata"]["timeZone"] == "Asia/Bangkok"
    assert report["metricHeaders"] == [{"name": "sessions", "type": "TYPE_INTEGER"}]


def test_pages_of_a_total_order_make_the_whole(google: Google) -> None:
    whole = google.report(TRAFFIC, ["sessions"])
    orders = [{"dimension": {"dimensionName": name}} for name in TRAFFIC]
    pages = []
    for offset in range(0, whole["rowCount"], 40):
        page = google.report(TRAFFIC, ["sessions"], limit="40", offset=str(offset), orderBys=orders)
        assert page["rowCount"] == whole["rowCount"]
        pages += rows_of(page)
    assert pages == sorted(rows_of(whole), key=lambda row: [row[name] for name in TRAFFIC])
    assert rows_of(google.report(TRAFFIC, ["engagedSessions"])) != rows_of(google.report(TRAFFIC, ["engagedSessions"]))


def test_days_may_be_named_from_today(google: Google) -> None:
    for since, until, first, last in (
        ("3daysAgo", "yesterday", "20261117", "20261119"),
        ("today", "today", "20261120", "20261120"),
    ):
        named = {"startDate": since, "endDate": until}
        days = sorted(row["date"] for row in rows_of(google.report(["date"], ["sessions"], dateRanges=[named])))
        assert (days[0], days[-1]) == (first, last)


@pytest.mark.parametrize(
    ("dimensions", "metrics", "more", "said"),
    [
        (["sessionCampaing"], ["sessions"], {}, "Field sessionCampaing is not a valid dimension."),
        (["date"], ["session"], {}, "Field session is not a valid metric."),
        (["date", "itemId"], ["sessions"], {}, "Please remove sessions to make the request compatible."),
        (["date", "sessionSource"], ["itemRevenue"], {}, "Please remove sessionSource"),
        (["date"], [], {}, "At least one metric"),
        (["date"], ["sessions"], {"dateRanges": []}, "date ranges"),
        (["date"], ["sessions"], {"dateRanges": [{"startDate": "2026-11-02", "endDate": "2026-11-01"}]}, "is after"),
        (["date"], ["sessions"], {"dateRanges": [{"startDate": "2015-08-13", "endDate": "today"}]}, "2015-08-14"),
        (["date"], ["sessions"], {"dateRanges": [{"startDate": "1.11.2026", "endDate": "today"}]}, "Invalid date"),
        (["date"], ["sessions"], {"limit": "0"}, "limit"),
        (["date"], ["sessions"], {"orderBys": [{"metric": {"metricName": "newUsers"}}]}, "orderBys"),
        (["date"], ["sessions"], {"pageSize": 5}, "Unknown name"),
    ],
)
def test_a_wrong_request_is_refused(
    google: Google, dimensions: list[str], metrics: list[str], more: Any, said: str
) -> None:
    error = google.refused(dimensions, metrics, **more)
    assert (error["status"], said in error["message"]) == ("INVALID_ARGUMENT", True)


def test_nine_dimensions_and_ten_metrics_are_the_most(google: Google) -> None:
    metadata = google.call("/metadata", None, verb="GET").json
    dimensions = [it["apiName"] for it in metadata["dimensions"] if not it["apiName"].startswith("item")]
    metrics = [it["apiName"] for it in metadata["metrics"] if not it["apiName"].startswith("item")]
    assert google.report(dimensions[:9], metrics[:10])["rowCount"] > 0
    assert "limited to 9 dimensions" in google.refused(dimensions[:10], metrics[:10])["message"]
    assert "limited to 10 metrics" in google.refused(dimensions[:9], metrics[:11])["message"]


def test_a_batch_has_five_reports_at_most_and_one_bad_one_spoils_it(google: Google) -> None:
    good, bad = asking(["date"], ["sessions"]), asking(["date"], ["visits"])
    batch = google.call(":batchRunReports", {"requests": [good] * 5}).json
    assert [report["rowCount"] for report in batch["reports"]] == [26] * 5
    assert google.call(":batchRunReports", {"requests": [good] * 6}).status == 400
    assert google.call(":batchRunReports", {"requests": [good, bad]}).status == 400


def test_who_may_ask(google: Google, own: Google) -> None:
    body = asking(["date"], ["sessions"])
    assert google.refused(["date"], ["sessions"], "370009999")["status"] == "PERMISSION_DENIED"
    assert google.refused(["date"], ["sessions"], "G-ABC")["status"] == "INVALID_ARGUMENT"
    assert google.call(":runFunnelReport", body).json["error"]["status"] == "NOT_FOUND"
    assert Google(google.sandbox, "ya29.unknown").call(":runReport", body).json["error"]["code"] == 401
    own.sandbox.revoke(account=FIRST)
    assert own.refused(["date"], ["sessions"])["code"] == 403
    own.sandbox.expire_tokens(platform="google")
    assert own.refused(["date"], ["sessions"], THIRD)["status"] == "UNAUTHENTICATED"


def test_an_assertion_must_be_the_accounts_own_short_lived_and_for_a_scope(google: Google) -> None:
    grant, now = "urn:ietf:params:oauth:grant-type:jwt-bearer", int(time.time())
    good = google.assertion()
    for assertion, said in (
        (good[:-8] + "AAAAAAAA", "Invalid JWT Signature."),
        ("nonsense", "Bad Request"),
        (google.assertion(iss="other@example.com"), "account not found"),
        (google.assertion(aud="https://example.com"), "audience"),
        (google.assertion(exp=now + 7200), "short-lived"),
        (google.assertion(iat=now - 7200, exp=now - 3600), "short-lived"),
    ):
        answer = google.grant(grant_type=grant, assertion=assertion)
        assert (answer.status, answer.json["error"]) == (400, "invalid_grant")
        assert said in answer.json["error_description"]
    assert google.grant(grant_type=grant, assertion=google.assertion(scope="")).json["error"] == "invalid_scope"
    other = google.grant(grant_type=grant, assertion=google.assertion(scope="https://www.googleapis.com/auth/drive"))
    refused = Google(google.sandbox, other.json["access_token"]).refused(["date"], ["sessions"])
    assert (refused["code"], "scopes" in refused["message"]) == (403, True)


def test_consent_brings_a_code_and_a_lasting_token_if_asked_for(google: Google) -> None:
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    asked = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": "http://127.0.0.1:1/back", "scope": SCOPE}
    lasting = {"access_type": "offline", "prompt": "consent"}

    def consented(**more: str) -> Any:
        sent = google.send("GET", f"/o/oauth2/v2/auth?{urlencode({**asked, **more, 'state': 's', 'approve': '1'})}")
        back = parse_qs(urlsplit(sent.headers["Location"]).query)
        assert back["state"] == ["s"]
        form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": asked["redirect_uri"]}
        first = google.grant(**client, **form)
        assert google.grant(**client, **form).json["error"] == "invalid_grant", "a code works once"
        return first.json

    assert "refresh_token" not in consented()
    renewed = google.grant(**client, grant_type="refresh_token", refresh_token=consented(**lasting)["refresh_token"])
    assert Google(google.sandbox, renewed.json["access_token"]).report(["date"], ["sessions"])["rowCount"] == 26
    again = google.grant(**client, grant_type="refresh_token", refresh_token=REFRESH_TOKEN)
    assert (again.status, "refresh_token" in again.json) == (200, False)
    wrong = google.grant(client_id=CLIENT_ID, client_secret="no", grant_type="refresh_token", refresh_token="x")
    assert (wrong.status, wrong.json["error"]) == (401, "invalid_client")
    page = google.send("GET", f"/o/oauth2/v2/auth?{urlencode(asked)}")
    assert b"approve=1" in page.body
    denied = google.send("GET", f"/o/oauth2/v2/auth?{urlencode({**asked, 'deny': '1'})}")
    assert "error=access_denied" in denied.headers["Location"]


def test_every_answer_tells_of_the_quotas_and_nothing_is_answered_without(own: Google) -> None:
    told = own.report(["date"], ["sessions"], returnPropertyQuota=True)["propertyQuota"]
    assert told["tokensPerDay"]["consumed"] > 0
    assert told["tokensPerDay"]["consumed"] + told["tokensPerDay"]["remaining"] == 200_000
    assert {*told} == {
        "tokensPerDay", "tokensPerHour", "tokensPerProjectPerHour", "concurrentRequests",
        "serverErrorsPerProjectPerHour", "potentiallyThresholdedRequestsPerHour",
    }  # fmt: skip
    own.sandbox.set_quota(FIRST, "tokensPerHour", 5)
    assert (
        own.report(["date"], ["sessions"], returnPropertyQuota=True)["propertyQuota"]["tokensPerHour"]["remaining"] < 5
    )
    own.sandbox.set_quota(FIRST, "tokensPerHour", 0)
    refused = own.refused(["date"], ["sessions"])
    assert (refused["code"], refused["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert own.report(["date"], ["sessions"], THIRD)


def test_ten_server_errors_in_an_hour_shut_a_property(own: Google) -> None:
    own.sandbox.faults({"match": {"account": FIRST}, "kind": "error", "code": "INTERNAL", "times": 10})
    assert [own.refused(["date"], ["sessions"])["code"] for _ in range(10)] == [500] * 10
    assert "server errors" in own.refused(["date"], ["sessions"])["message"]


def test_rows_beyond_what_a_day_holds_are_put_together(own: Google) -> None:
    whole = own.report(TRAFFIC, ["sessions"])
    own.sandbox.set_limits(FIRST, rows=2)
    cut = own.report(TRAFFIC, ["sessions"])
    assert (whole["metadata"]["dataLossFromOtherRow"], cut["metadata"]["dataLossFromOtherRow"]) == (False, True)
    other = [row for row in rows_of(cut) if row["sessionSource"] == "(other)"]
    assert len(other) == len({row["date"] for row in other}) > 5
    assert sum(int(row["sessions"]) for row in rows_of(cut)) == sum(int(row["sessions"]) for row in rows_of(whole))


def test_a_sample_says_so_and_is_coarser(own: Google) -> None:
    whole = rows_of(own.report(["date"], ["sessions"]))
    own.sandbox.set_limits(FIRST, read=10, space=100, days=1)
    sampled = own.report(["date"], ["sessions"])
    assert sampled["metadata"]["samplingMetadatas"] == [{"samplesReadCount": "10", "samplingSpaceSize": "100"}]
    assert {int(row["sessions"]) % 10 for row in rows_of(sampled)} == {0}
    day = {"startDate": "2026-11-15", "endDate": "2026-11-15"}
    exact = own.report(["date"], ["sessions"], dateRanges=[day])
    assert "samplingMetadatas" not in exact["metadata"]
    assert rows_of(exact) == [row for row in whole if row["date"] == "20261115"]


def test_rows_of_few_users_are_withheld_where_they_tell_of_persons(google: Google) -> None:
    report = google.report(["date", "sessionSource", "userGender"], ["totalUsers", "sessions"])
    assert report["metadata"]["subjectToThresholding"]
    assert min(int(row["totalUsers"]) for row in rows_of(report)) >= 10
    whole = google.report(["date", "sessionSource"], ["sessions"])
    assert not whole["metadata"]["subjectToThresholding"]
    assert sum(int(r["sessions"]) for r in rows_of(report)) < sum(int(r["sessions"]) for r in rows_of(whole))


def test_what_visitors_typed_is_in_addresses_with_a_query(google: Google) -> None:
    paths = {
        row["landingPagePlusQueryString"]
        for row in rows_of(google.report(["landingPagePlusQueryString"], ["sessions"]))
    }
    assert any("PII-" in path for path in paths)
    assert not any("PII-" in row["landingPage"] for row in rows_of(google.report(["landingPage"], ["sessions"])))
