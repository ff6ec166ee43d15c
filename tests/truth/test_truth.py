"""The marts equal the invented business's own books, for each day and shop, to the satang."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from google.api_core.client_options import ClientOptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from talat_sandbox.testing import running_sandbox
from tests.emulator.launcher import Emulator, running_emulator
from tests.truth.ads import check_ads, check_finality, final_days
from tests.truth.pipeline import check, check_orders, on_bigquery, on_duckdb

FIRST = "2026-10-12T09:30:00Z"
THEN = "2026-11-15T17:00:00Z"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


@pytest.mark.parametrize(("seed", "channels"), [(11, ""), (2027, "all")])
def test_marts_on_duckdb_equal_the_truth_also_after_late_updates(seed: int, channels: str, tmp_path: Path) -> None:
    with running_sandbox(orders_per_day=25, days=45, seed=seed, as_of=FIRST, products=15, channels=channels) as sandbox:
        pipeline, query = on_duckdb(tmp_path, sandbox)
        for moment in (FIRST, THEN):
            pipeline.run(moment)
            check(query, sandbox)
            check_orders(query, sandbox)
            check_ads(query, sandbox)
            if moment == FIRST:
                final = final_days(query)
        check_finality(final, sandbox, date.fromisoformat(FIRST[:10]))


def test_marts_on_bigquery_equal_the_truth_also_after_late_updates(tmp_path: Path, emulator: Emulator) -> None:
    client = bigquery.Client(
        project="talat-truth",
        credentials=AnonymousCredentials(),
        client_options=ClientOptions(api_endpoint=emulator.host),
    )
    with running_sandbox(orders_per_day=25, days=45, as_of=FIRST, products=15, channels="all") as sandbox:
        pipeline, query = on_bigquery(tmp_path, sandbox, client, BIGQUERY_EMULATOR_HOST=emulator.host)
        for moment in (FIRST, THEN):
            pipeline.run(moment)
            check(query, sandbox)
            check_orders(query, sandbox)
            check_ads(query, sandbox)
