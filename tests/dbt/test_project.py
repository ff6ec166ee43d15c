"""The dbt project itself: documented, linted, valid on real BigQuery, and clear about what it lacks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import sqlglot
import yaml

from tests.dbt.conftest import CONTRACTS, PLATFORMS, TRANSFORM, Done, enforced, models, run_dbt
from tests.dbt.rawdata import LOADED, RAW
from tests.dbt.warehouses import ROOT, load_duckdb, raw_tables
from tests.longer import LONGER


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The project compiled for real BigQuery, without asking it anything."""
    return run_dbt(
        tmp_path_factory.mktemp("dbt-compile"),
        "compile",
        "--no-populate-cache",
        "--no-introspect",
        target="bigquery",
        BQ_PROJECT="some-project",
        BQ_DATASET_PREFIX="prod_",
        BQ_ACCESS_TOKEN="dummy",
    )


def test_every_model_is_bigquery_sql(compiled: Done) -> None:
    assert compiled.code == 0, compiled.output
    found = models(compiled)

    for name, node in found.items():
        sql = (ROOT / "transform" / node["compiled_path"]).read_text()
        assert len(sqlglot.parse(sql, read="bigquery")) == 1, name
        assert "json_extract_string" not in sql, name
    assert len(found) >= 70


def test_bigquery_names_datasets_with_the_prefix_and_partitions_big_tables(compiled: Done) -> None:
    manifest = compiled.artifact("manifest")
    found = models(compiled)

    assert {node["schema"] for node in found.values()} == {"prod_staging", "prod_marts", "prod_alerts"}
    assert {source["schema"] for source in manifest["sources"].values()} == {
        *(f"prod_raw_{platform}" for platform in PLATFORMS),
        "prod_raw_web_shop",
        "prod_raw_ads_exports",
    }
    for name, field in {
        "stg_orders": "order_date",
        "mart_daily_performance": "date",
        "mart_product_performance": "date",
        "stg_ads_performance": "date",
        "mart_campaign_performance": "date",
        "mart_ads_channel_performance": "date",
    }.items():
        assert found[name]["config"]["partition_by"]["field"] == field


def test_contracts_are_enforced_on_real_bigquery(compiled: Done) -> None:
    assert enforced(compiled) == CONTRACTS


@pytest.mark.parametrize("platform", PLATFORMS)
def test_sources_name_only_columns_that_taps_deliver(compiled: Done, platform: str) -> None:
    delivered = raw_tables(platform)

    found = compiled.artifact("manifest")["sources"].values()
    sources = {source["name"]: source for source in found if source["source_name"] == f"raw_{platform}"}

    assert {"sync_windows", "rejected_records"} < set(sources) <= set(delivered)
    for name, source in sources.items():
        assert set(source["columns"]) <= set(delivered[name]), name


def test_sql_is_clean() -> None:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "BQ_"))}

    # In one process: each parses the project for itself, and other tests have the other processors.
    lint = subprocess.run(
        [str(Path(sys.executable).with_name("sqlfluff")), "lint", "--processes", "1", "--disable-progress-bar", "."],
        cwd=TRANSFORM,
        env=env | {"DUCKDB_PATH": ":memory:", "DBT_TARGET_PATH": "target/lint", "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert lint.returncode == 0, lint.stdout + lint.stderr


def test_a_stream_that_was_never_loaded_leaves_its_models_empty_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    load_duckdb(path, PLATFORMS, LOADED)
    with duckdb.connect(str(path)) as connection:
        connection.execute("drop table raw_shopee.products")

    kinds = ["--resource-type", "model", "--resource-type", "seed"]
    done = run_dbt(tmp_path, "build", *kinds, "--select", "+stg_products")

    assert done.code == 0, done.output
    assert "is not there yet; its models are empty until its stream is loaded." in done.output
    assert "has no table" not in done.output
    with duckdb.connect(str(path)) as connection:
        assert connection.sql("select count(*) from staging.stg_products").fetchall() == [(0,)]


@pytest.mark.parametrize("loaded", ["shopee", "facebook_ads"] if LONGER else ["shopee"])
def test_one_platform_alone_can_be_built_and_says_once_of_each_other_that_it_is_absent(
    tmp_path: Path, loaded: str
) -> None:
    path = tmp_path / "warehouse.duckdb"
    load_duckdb(path, {loaded: PLATFORMS[loaded]}, LOADED)

    done = run_dbt(tmp_path, "build", "--exclude-resource-type", "unit_test", "test")

    assert done.code == 0, done.output
    said = [line for line in done.output.splitlines() if "the marts are built without that platform." in line]
    assert len(said) == len(PLATFORMS) - 1
    for absent in set(PLATFORMS) - {loaded}:
        assert any(f"raw_{absent} has no table" in line for line in said), absent
    with duckdb.connect(str(path)) as connection:
        counted = "select sum(orders) > 0, sum(ads_spend_thb) > 0 from marts.mart_daily_performance"
        assert connection.sql(counted).fetchall() == [(loaded == "shopee", loaded == "facebook_ads")]


def test_levels_that_disagree_on_a_final_day_fail_and_on_an_open_day_warn(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    load_duckdb(path, PLATFORMS, LOADED)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "update raw_facebook_ads.daily_campaign set clicks = clicks + 1 "
            "where date_start in ('2026-04-21', '2026-04-22')"
        )

    levels = ["+stg_ads_level_totals", "stg_ads_level_totals+"]
    done = run_dbt(tmp_path, "build", "--select", *levels, "--exclude-resource-type", "unit_test")

    statuses = done.statuses()
    assert statuses["ads_levels_agree_on_final_days"] == "fail", done.output
    assert statuses["warn_ads_levels_differ_on_open_days"] == "warn"
    results = {it["unique_id"].split(".")[2]: it["failures"] for it in done.artifact("run_results")["results"]}
    assert results["ads_levels_agree_on_final_days"] == 1
    assert results["warn_ads_levels_differ_on_open_days"] == 1


def test_a_warehouse_without_any_raw_table_is_refused_in_one_sentence(tmp_path: Path) -> None:
    done = run_dbt(tmp_path, "run", "--select", "base_shopee__shop")

    assert done.code == 1
    assert "run a tap with a loader first, or correct DUCKDB_PATH, BQ_PROJECT or BQ_DATASET_PREFIX." in done.output
    assert "Traceback" not in done.output


def test_a_key_that_stands_twice_stops_the_build_before_the_marts(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    load_duckdb(path, {"shopee": {**RAW, "orders": [*RAW["orders"], RAW["orders"][0]]}}, LOADED)

    done = run_dbt(tmp_path, "build", "--select", "base_shopee__orders+")

    statuses = done.statuses()
    assert done.code == 1
    assert statuses["unique_together_base_shopee__orders_shop_id__order_sn"] == "fail"
    assert statuses["mart_daily_performance"] == "skipped"


@pytest.mark.parametrize("engine", ["duckdb", "bigquery"])
def test_meltano_tells_dbt_what_its_profile_asks_for(engine: str) -> None:
    definition = yaml.safe_load((ROOT / f"plugins/utilities/dbt-{engine}.meltano.yml").read_text())
    plugin = definition["plugins"]["utilities"][0]
    profile = yaml.safe_load((TRANSFORM / "profiles.yml").read_text())["talat"]["outputs"][engine]

    settings = {setting["env"]: setting.get("value") for setting in plugin["settings"]}

    assert settings["DBT_TARGET"] == engine
    assert settings["DBT_TARGET_PATH"].endswith(f"/{engine}")
    for name in settings:
        assert name.startswith("DBT_") or name in json.dumps(profile) or name == "BQ_DATASET_PREFIX", name
    assert {"build", "run", "test", "seed", "snapshot", "docs-generate", "source-freshness", "clean"} <= set(
        plugin["commands"]
    )
