"""The truth test in a real BigQuery project: `make test-bigquery PROJECT=my-project`. It costs a few cents.

It adds what no emulator shows: contracts, clustering and partitions, MERGE and PARSE_JSON as BigQuery does them. Its
datasets have a prefix of their own and are deleted in the end. Credentials are Google's default ones.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from google.cloud import bigquery

from talat_sandbox.testing import running_sandbox
from tests.truth.ads import check_ads
from tests.truth.pipeline import check, on_bigquery

FIRST = "2026-10-12T09:30:00Z"
THEN = "2026-11-15T17:00:00Z"


def test_marts_in_a_real_project_equal_the_truth_also_after_late_updates(tmp_path: Path) -> None:
    client = bigquery.Client(project=os.environ["PROJECT"])
    prefix = f"talat_test_{secrets.token_hex(4)}_"
    try:
        with running_sandbox(orders_per_day=25, days=45, as_of=FIRST, products=15) as sandbox:
            pipeline, query = on_bigquery(tmp_path, sandbox, client, prefix=prefix)
            for moment in (FIRST, THEN):
                pipeline.load(moment)
                pipeline.build()
                check(query, sandbox)
                check_ads(query, sandbox)
    finally:
        for dataset in client.list_datasets():
            if dataset.dataset_id.startswith(prefix):
                client.delete_dataset(dataset.dataset_id, delete_contents=True)
