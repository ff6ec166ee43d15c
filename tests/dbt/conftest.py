"""One dbt build for each engine and session, over the same raw records."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.dbt.rawads import RAW_ADS
from tests.dbt.rawdata import AS_OF, LOADED, RAW
from tests.dbt.warehouses import ROOT, SCHEMAS, Raw, load_bigquery, load_duckdb
from tests.emulator.launcher import running_emulator
from tests.longer import LONGER

TRANSFORM = ROOT / "transform"
Rows = list[dict[str, Any]]
# What shops of the other platforms come to is in tests/truth; here their tables are there, and empty.
PLATFORMS: dict[str, Raw] = {platform: {} for platform in SCHEMAS} | {"shopee": RAW, "facebook_ads": RAW_ADS}

CONTRACTS = {
    "mart_daily_performance",
    "mart_shop_performance",
    "mart_product_performance",
    "mart_pipeline_runs",
    "mart_campaign_performance",
    "mart_ads_channel_performance",
    "alert_revenue_drop",
    "alert_data_freshness",
    "alert_roas_below_target",
    "alert_cpa_over_limit",
}


@dataclass(frozen=True)
class Done:
    """A finished run of dbt."""

    code: int
    output: str
    target: Path

    def artifact(self, name: str) -> dict[str, Any]:
        """manifest or run_results."""
        content: dict[str, Any] = json.loads((self.target / f"{name}.json").read_text())
        return content

    def statuses(self) -> dict[str, str]:
        """Status of every node that ran, by its short name."""
        return {it["unique_id"].split(".")[2]: it["status"] for it in self.artifact("run_results")["results"]}


@dataclass(frozen=True)
class Warehouse:
    """A warehouse that dbt has built, and how to ask it."""

    engine: str
    done: Done
    query: Callable[[str], Rows]


def models(done: Done) -> dict[str, dict[str, Any]]:
    """Models by their names, as dbt understood them."""
    nodes = done.artifact("manifest")["nodes"].values()
    return {node["name"]: node for node in nodes if node["resource_type"] == "model"}


def enforced(done: Done) -> set[str]:
    """The models whose contracts dbt enforces."""
    return {name for name, node in models(done).items() if node["contract"]["enforced"]}


# What dbt has parsed, by target: it reads it again where variables and environment are the same, and parses else.
_parsed: dict[str, Path] = {}


def run_dbt(folder: Path, *arguments: str, target: str = "duckdb", **env: str) -> Done:
    """Run dbt on the project at the records' moment, with its artifacts and ``warehouse.duckdb`` in ``folder``.

    Nothing of the caller's environment decides.
    """
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "BQ_", "DUCKDB_"))}
    inherited.pop("BIGQUERY_EMULATOR_HOST", None)
    ours = {
        "DBT_PROJECT_DIR": str(TRANSFORM),
        "DBT_PROFILES_DIR": str(TRANSFORM),
        "DBT_TARGET": target,
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_USE_COLORS": "false",
        "DO_NOT_TRACK": "1",
        "DUCKDB_PATH": "warehouse.duckdb",
    }
    parsed = folder / "target/partial_parse.msgpack"
    if target in _parsed and not parsed.exists():
        parsed.parent.mkdir(exist_ok=True)
        shutil.copy(_parsed[target], parsed)
    finished = subprocess.run(
        [str(Path(sys.executable).with_name("dbt")), *arguments, "--vars", json.dumps({"as_of": AS_OF})],
        env=inherited | ours | env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if parsed.exists():
        _parsed.setdefault(target, parsed)
    return Done(finished.returncode, finished.stdout + finished.stderr, folder / "target")


@pytest.fixture(scope="session")
def duckdb_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("dbt-duckdb")
    path = folder / "warehouse.duckdb"
    load_duckdb(path, PLATFORMS, LOADED)
    done = run_dbt(folder, "build")
    with duckdb.connect(str(path), read_only=True) as connection:

        def query(sql: str) -> Rows:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

        yield Warehouse("duckdb", done, query)


@pytest.fixture(scope="session")
def bigquery_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    folder = tmp_path_factory.mktemp("dbt-bigquery")
    with running_emulator() as emulator:
        client = bigquery.Client(
            project="talat-local",
            credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
            client_options={"api_endpoint": emulator.host},
        )
        load_bigquery(client, PLATFORMS, LOADED, "test_")
        done = run_dbt(
            folder,
            "build",
            target="bigquery",
            BIGQUERY_EMULATOR_HOST=emulator.host,
            BQ_PROJECT="talat-local",
            BQ_DATASET_PREFIX="test_",
        )

        def query(sql: str) -> Rows:
            for dataset in ("marts.", "alerts.", "staging."):
                sql = sql.replace(dataset, f"test_{dataset}")
            rows = [dict(row.items()) for row in client.query(sql, timeout=30).result(timeout=60)]
            for row in rows:
                # DATE_TRUNC of a DATE is a DATE on BigQuery, a TIMESTAMP on its emulator.
                if isinstance(row.get("month"), datetime):
                    row["month"] = row["month"].date()
            return rows

        yield Warehouse("bigquery", done, query)
        client.close()  # type: ignore[no-untyped-call]


@pytest.fixture(params=["duckdb", "bigquery"] if LONGER else ["duckdb"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    """Each engine in turn."""
    built: Warehouse = request.getfixturevalue(f"{request.param}_warehouse")
    return built
