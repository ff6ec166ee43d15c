"""Google's own client for the Data API reads the sandbox, and its messages know every field of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from google.analytics.data_v1beta import BetaAnalyticsDataClient
from google.analytics.data_v1beta.services.beta_analytics_data.transports.rest import BetaAnalyticsDataRestTransport
from google.analytics.data_v1beta.types import (
    BatchRunReportsRequest,
    BatchRunReportsResponse,
    Metadata,
    MetricType,
    RunReportRequest,
    RunReportResponse,
)
from google.api_core.exceptions import BadRequest, Forbidden, TooManyRequests
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials

from talat_sandbox.platforms.ga4.names import DIMENSIONS, METRICS
from talat_sandbox.platforms.google.accounts import CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN
from talat_sandbox.testing import Sandbox, running_sandbox

PROPERTY = "properties/370000001"
KEYS = ("date", "sessionSource", "sessionMedium", "sessionCampaignName")
FIGURES = {
    "sessions": "sessions", "engagedSessions": "engaged_sessions", "totalUsers": "users",
    "ecommercePurchases": "transactions", "purchaseRevenue": "revenue",
}  # fmt: skip


class Google:
    """The client, which has its tokens by a person's consent, with the bodies it was answered.

    With a service account it would ask Google, at an address of its own, where that may be used from.
    """

    def __init__(self, sandbox: Sandbox, refresh_token: str = REFRESH_TOKEN) -> None:
        granted = Credentials(
            token=None,
            refresh_token=refresh_token,
            token_uri=f"{sandbox.url}/token",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
        )
        transport = BetaAnalyticsDataRestTransport(
            host=f"127.0.0.1:{sandbox.port}", url_scheme="http", credentials=granted
        )
        self.bodies: list[str] = []
        transport._session.hooks["response"].append(lambda answer, **_: self.bodies.append(answer.text))
        self.client = BetaAnalyticsDataClient(transport=transport)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(as_of="2026-11-20T05:00:00Z", orders_per_day=60, days=25, products=12, ads="ga4") as running:
        yield running


@pytest.fixture
def google(sandbox: Sandbox) -> Google:
    return Google(sandbox)


def asking(dimensions: tuple[str, ...], metrics: tuple[str, ...], **more: Any) -> RunReportRequest:
    return RunReportRequest(
        property=PROPERTY,
        dimensions=[{"name": name} for name in dimensions],
        metrics=[{"name": name} for name in metrics],
        date_ranges=[{"start_date": "2026-10-01", "end_date": "today"}],
        order_bys=[{"dimension": {"dimension_name": name}} for name in dimensions],
        return_property_quota=True,
        **more,
    )


def test_given_a_report_when_read_page_by_page_then_its_rows_are_the_truth(google: Google, sandbox: Sandbox) -> None:
    found: dict[tuple[str, ...], list[Decimal]] = {}
    for offset in range(0, 1000, 100):
        answer = google.client.run_report(asking(KEYS, tuple(FIGURES), limit=100, offset=offset))
        for row in answer.rows:
            found[tuple(it.value for it in row.dimension_values)] = [Decimal(it.value) for it in row.metric_values]
        if len(found) == answer.row_count:
            break
    truth = {
        (row["date"].replace("-", ""), row["source"], row["medium"], row["campaign"]): [
            Decimal(row[name]) for name in FIGURES.values()
        ]
        for row in sandbox.truth("ga4_daily")
        if row["property_id"] == PROPERTY.removeprefix("properties/")
    }
    assert found == truth
    assert len(found) > 100
    assert [header.name for header in answer.dimension_headers] == [*KEYS]
    assert answer.metric_headers[-1].type_ == MetricType.TYPE_CURRENCY
    assert (answer.metadata.currency_code, answer.metadata.time_zone) == ("THB", "Asia/Bangkok")
    quota = answer.property_quota
    assert quota.tokens_per_day.consumed + quota.tokens_per_day.remaining <= 200_000
    assert quota.concurrent_requests.remaining == 10


def test_given_any_answer_when_held_against_its_message_then_no_field_is_unknown(google: Google) -> None:
    client = google.client
    client.run_report(asking(("date", "userGender"), ("totalUsers",)))
    client.batch_run_reports(
        BatchRunReportsRequest(
            property=PROPERTY, requests=[asking(("date",), ("sessions",)), asking((), ("sessions",))]
        )
    )
    metadata = client.get_metadata(name=f"{PROPERTY}/metadata")
    *_, report, batch, described = google.bodies
    assert RunReportResponse.from_json(report).metadata.subject_to_thresholding
    assert [len(it.rows) > 0 for it in BatchRunReportsResponse.from_json(batch).reports] == [True, True]
    assert Metadata.from_json(described) == metadata
    assert {it.api_name for it in metadata.dimensions} == {*DIMENSIONS}
    assert {it.api_name: it.type_.name for it in metadata.metrics} == {
        name: kind for name, (kind, _) in METRICS.items()
    }


def test_given_wrong_calls_when_made_then_the_client_raises_what_they_are(google: Google, sandbox: Sandbox) -> None:
    with pytest.raises(RefreshError, match="invalid_grant"):
        Google(sandbox, "revoked").client.get_metadata(name=f"{PROPERTY}/metadata")
    with pytest.raises(BadRequest, match="Field nonsense is not a valid metric"):
        google.client.run_report(asking(("date",), ("nonsense",)))
    with pytest.raises(Forbidden):
        google.client.get_metadata(name="properties/1/metadata")
    sandbox.set_quota("370000001", "tokensPerHour", 0)
    with pytest.raises(TooManyRequests, match="Exhausted property tokens per hour"):
        google.client.run_report(asking(("date",), ("sessions",)))
