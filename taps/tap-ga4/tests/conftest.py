"""One sandbox for all tests of this tap, with its clock standing still."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run, StreamReader, run_tap

AS_OF = "2026-10-20T17:00:00Z"
PROPERTIES = ("370000001", "370000002", "370000003")
NAMES = ("sessions", "engaged_sessions", "total_users", "ecommerce_purchases", "purchase_revenue")
Config = dict[str, Any]
Figures = dict[tuple[str, ...], list[Decimal]]


def settings_for(sandbox: Sandbox, **more: Any) -> Config:
    """Everything from the business's opening to its clock, by a service account."""
    return {
        "property_ids": list(PROPERTIES),
        "service_account_key": sandbox.service_account(),
        "token_url": f"{sandbox.url}/token",
        "api_url": sandbox.url,
        "start_date": "2026-09-20T00:00:00Z",
        "end_date": "2026-10-20T17:00:01Z",
        "requests_per_second": 0,
        **more,
    }


def figures_of(records: list[Mapping[str, Any]], *keys: str) -> Figures:
    """The records' figures by some of their fields."""
    return {
        tuple(str(record[key]) for key in keys): [Decimal(record[name]) for name in NAMES if name in record]
        for record in records
    }


def truth_of(sandbox: Sandbox) -> Figures:
    """The truth's sessions, engaged sessions, users, purchases and revenue by property, day and origin."""
    names = ("sessions", "engaged_sessions", "users", "transactions", "revenue")
    keys = ("property_id", "date", "source", "medium", "campaign")
    return {
        tuple(row[key] for key in keys): [Decimal(row[name]) for name in names] for row in sandbox.truth("ga4_daily")
    }


ORIGINS: Config = {
    "name": "origins",
    "dimensions": ["sessionSource", "sessionMedium", "sessionCampaignName"],
    "metrics": ["sessions", "engagedSessions", "totalUsers", "ecommercePurchases", "purchaseRevenue"],
}
ORIGIN_KEYS = ("property_id", "date", "session_source", "session_medium", "session_campaign_name")


@pytest.fixture(scope="session")
def settings() -> Callable[..., Config]:
    """The settings for any sandbox: ``settings(sandbox, concurrency=1)``."""
    return settings_for


@pytest.fixture(scope="session")
def by_origin() -> Callable[[list[Mapping[str, Any]]], Figures]:
    """Records of the report ``origins`` as the truth has them."""
    return lambda records: figures_of(records, *ORIGIN_KEYS)


@pytest.fixture(scope="session")
def books() -> Callable[[Sandbox], Figures]:
    return truth_of


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(orders_per_day=45, days=20, as_of=AS_OF, products=12, ads="ga4,google_ads") as running:
        yield running


@pytest.fixture(autouse=True)
def no_trouble(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()
    sandbox.set_limits(PROPERTIES[0])


@pytest.fixture(scope="session")
def config(sandbox: Sandbox) -> Config:
    return settings_for(sandbox)


@pytest.fixture(scope="session")
def full(config: Config) -> Run:
    """Everything, read once, and a report by hand."""
    return run_tap("tap-ga4", {**config, "custom_reports": [ORIGINS]})


@pytest.fixture(scope="session")
def reading(config: Config) -> StreamReader:
    """Read some streams and the ledger of any sandbox: ``reading(settings, "daily_totals", state=…)``."""
    return StreamReader("tap-ga4", config)


@pytest.fixture
def only(config: Config, reading: StreamReader) -> Callable[..., Run]:
    """Read one property, and of its reports one by hand unless others are named; settings may be given by name."""

    def chosen(*streams: str, state: object = None, **settings: Any) -> Run:
        one = {"property_ids": [PROPERTIES[0]], "custom_reports": [ORIGINS]}
        return reading({**config, **one, **settings}, *(streams or ("origins",)), state=state)

    return chosen
