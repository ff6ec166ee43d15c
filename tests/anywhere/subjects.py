"""The taps that people install: all that the suites of the whole know, and the one without accounts."""

from __future__ import annotations

import os
from pathlib import Path

from talat_sandbox.testing import Sandbox
from tests.subject import Config, Subject, Table
from tests.subjects import FEW, SUBJECTS


def _rates(sandbox: Sandbox, folder: Path) -> Config:
    """The truth begins before the business does."""
    first = min(row["date"] for row in sandbox.truth("exchange_rates"))
    return {"start_date": f"{first}T00:00:00Z", "requests_per_second": 0}


EXCHANGE_RATES = Subject(
    name="tap-exchange-rates",
    platform="exchange_rates",
    settings=_rates,
    accounts=lambda sandbox: ["ecb"],
    accounts_setting="currencies",
    tables=(
        Table(
            "rates",
            "exchange_rates",
            {"currency": "currency", "date": "date", "base": "base"},
            {"rate": "rate"},
        ),
    ),
    listing="eurofxref",
    detail="eurofxref",
    token="no token",
    dated="",
    choices=lambda sandbox: [],
    rotates=False,
    dead_token={},
    calls=("eurofxref",),
    troubles=(),
    consents=False,
    paged=False,
)

ALL = (*SUBJECTS, EXCHANGE_RATES)
NAMES = [subject.name for subject in ALL]
#: Those that the slow tests run for: all with `ALL_TAPS=1`.
CHOSEN = ALL if os.environ.get("ALL_TAPS") else FEW
