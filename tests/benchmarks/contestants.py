"""The peers as commands, each as its own documentation says it should be run; the programs are in peers/."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.benchmarks.environments import PEERS, peer
from tests.benchmarks.measure import Command
from tests.benchmarks.shop import Shop

STOCK = "stock singer-sdk"
DLT, DLT_TUNED = "dlt", "dlt, 64 workers"
AIRBYTE, AIRBYTE_40 = "Airbyte CDK, 10 workers", "Airbyte CDK, 40 workers"

_AIRBYTE_CATALOG = {
    "streams": [
        {
            "stream": {"name": "orders", "json_schema": {"type": "object"}, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
    ]
}
#: What dlt's documentation names for waiting on an API, by environment variables.
_DLT_TUNED = {"EXTRACT__WORKERS": "64", "EXTRACT__MAX_PARALLEL_ITEMS": "200"}
#: Normalizing in both cores needs more than one file; Parquet was faster than dlt's own choice for DuckDB.
_DLT_LOADING = {
    "NORMALIZE__WORKERS": "2",
    "NORMALIZE__DATA_WRITER__FILE_MAX_ITEMS": "50000",
    "EXTRACT__DATA_WRITER__FILE_MAX_ITEMS": "25000",
}


def readers(shop: Shop) -> dict[str, Callable[[], Command]]:
    """Everybody else who reads the same orders to stdout, or for dlt into its files."""
    return {
        STOCK: lambda: stock(shop),
        DLT: lambda: dlt(shop, "extract", {}),
        DLT_TUNED: lambda: dlt(shop, "extract", _DLT_TUNED),
        AIRBYTE: lambda: airbyte(shop, 10),
        AIRBYTE_40: lambda: airbyte(shop, 40),
    }


def stock(shop: Shop) -> Command:
    """A tap with singer-sdk alone."""
    return Command([peer("stock"), str(PEERS / "stock_tap.py"), "--config", shop.settings()])


def dlt(shop: Shop, work: str, tuning: Mapping[str, str]) -> Command:
    """A pipeline of dlt that knows nothing of earlier runs."""
    folder = dlt_folder(shop)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    argv = [peer("dlt"), str(PEERS / "dlt_orders.py"), shop.settings(), str(folder), work]
    return Command(argv, {"RUNTIME__DLTHUB_TELEMETRY": "false", **tuning})


def dlt_folder(shop: Shop) -> Path:
    """Where dlt keeps its files, and the DuckDB file `orders.duckdb`."""
    return shop.folder / "dlt"


def dlt_loading(shop: Shop) -> Command:
    """dlt from the API into DuckDB, as fast as we found it."""
    return dlt(shop, "load", _DLT_LOADING)


def airbyte(shop: Shop, workers: int) -> Command:
    """A source of Airbyte's declarative CDK."""
    config, catalog = shop.settings(workers=workers), shop.write("airbyte-catalog", _AIRBYTE_CATALOG)
    argv = [peer("airbyte"), str(PEERS / "airbyte_orders.py"), "read", "--config", config, "--catalog", catalog]
    return Command(argv)


def registry_target(shop: Shop, database: Path, schema: str) -> Command:
    """The target-duckdb that the registry has."""
    config = shop.write("registry-duckdb", {"path": str(database), "default_target_schema": schema})
    return Command([peer("target-duckdb", "target-duckdb"), "--config", config])
