"""Every row of the error table."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from talat_sandbox.testing import Sandbox
from tap_exchange_rates.client import ExchangeRatesClient
from tap_exchange_rates.streams import NEWEST
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget

ROWS = list(csv.DictReader(resources.files("tap_exchange_rates").joinpath("errors.csv").read_text().splitlines()))


def client(url: str) -> ExchangeRatesClient:
    budget = RateBudget(sleep=lambda seconds: None)
    return ExchangeRatesClient(base_url=url, budget=budget, concurrency=1, user_agent="test", max_seconds=0)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"])
def test_every_row_of_the_error_table_is_decided_as_it_says(sandbox: Sandbox, row: dict[str, str]) -> None:
    sandbox.faults({"match": {"path": NEWEST}, "kind": "error", "code": row["code"], "times": None})
    meter = Meter()
    with pytest.raises(errors.TapError) as raised:
        client(sandbox.url).call(Call(NEWEST), meter)
    decision = row["decision"]
    if decision in ("Retry", "Throttled"):
        assert meter.requests == 1  # no time is left for a second
        decision = row["then"] or "SkipWindow"
    assert type(raised.value).__name__ == decision
    assert row["mend"] in str(raised.value)
    assert "what is not a whole file of rates" in str(raised.value)
