"""The marts equal the invented business's own books, for each day and shop, to the satang."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from talat_sandbox.testing import running_sandbox
from tests.emulator.launcher import Emulator, running_emulator
from tests.longer import LONGER
from tests.truth.ads import check_ads, check_finality, check_traffic, final_days
from tests.truth.pipeline import check, check_orders, on_bigquery, on_duckdb

FIRST = "2026-10-12T09:30:00Z"
THEN = "2026-11-15T17:00:00Z"
BUSINESS: dict[str, Any] = {"orders_per_day": 25, "days": 45, "as_of": FIRST, "products": 15}


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


@pytest.mark.parametrize(("seed", "platforms"), [(2027, "all"), *([(11, "")] if LONGER else [])])
def test_marts_on_duckdb_equal_the_truth_also_after_late_updates(seed: int, platforms: str, tmp_path: Path) -> None:
    with running_sandbox(**BUSINESS, seed=seed, channels=platforms, ads=platforms) as sandbox:
        pipeline, query = on_duckdb(tmp_path, sandbox)
        for moment in (FIRST, THEN):
            pipeline.load(moment)
            pipeline.build(*(["test"] if moment == FIRST else []))
            check(query, sandbox)
            check_orders(query, sandbox)
            check_ads(query, sandbox)
            if platforms:
                check_traffic(query, sandbox)
            if moment == FIRST:
                final = final_days(query)
        check_finality(final, sandbox, date.fromisoformat(FIRST[:10]))


def test_marts_on_bigquery_equal_the_truth_also_after_late_updates(tmp_path: Path, emulator: Emulator) -> None:
    client = bigquery.Client(
        project="talat-truth",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=emulator.host),
    )
    with running_sandbox(**BUSINESS, channels="all", ads="all") as sandbox:
        pipeline, query = on_bigquery(tmp_path, sandbox, client, BIGQUERY_EMULATOR_HOST=emulator.host)
        for moment in (FIRST, THEN):
            pipeline.load(moment)
        pipeline.build()
        check(query, sandbox)
        check_orders(query, sandbox)
        check_ads(query, sandbox)
        check_traffic(query, sandbox)
