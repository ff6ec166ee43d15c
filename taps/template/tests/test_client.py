"""The envelope and every row of the error table."""

from __future__ import annotations

import csv
from importlib import resources
from typing import Any

import pytest

from tap_sample.client import SampleClient
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget

ROWS = list(csv.DictReader(resources.files("tap_sample").joinpath("errors.csv").read_text().splitlines()))


def client(url: str) -> SampleClient:
    budget = RateBudget(sleep=lambda seconds: None)
    return SampleClient(base_url=url, budget=budget, concurrency=1, user_agent="test", max_seconds=0)


def test_the_key_is_in_a_header_and_in_no_address() -> None:
    signed = client("http://127.0.0.1").sign(Call("orders", "main"), "the-key")
    assert signed.headers["X-API-KEY"] == "the-key"
    assert list(signed.params) == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"])
def test_every_row_of_the_error_table_is_decided_as_it_says(api: Any, row: dict[str, str]) -> None:
    status = int(row["code"].removeprefix("HTTP ")) if row["code"].startswith("HTTP ") else 400
    api.trouble = [(status, {"error": row["code"], "message": f"about {row['text']}"})] * 3
    meter = Meter()
    with pytest.raises(errors.TapError) as raised:
        client(api.url).call(Call("orders", authorized=False), meter)
    decision = row["decision"]
    if decision in ("Retry", "Throttled"):
        assert meter.requests == 1  # no time is left for a second
        decision = row["then"] or "SkipWindow"
    assert type(raised.value).__name__ == decision
    assert row["mend"] in str(raised.value)
