"""The commands, which start sooner than what they import."""

from __future__ import annotations

import gc
from importlib import import_module


def target_duckdb() -> None:
    """Load into DuckDB."""
    _run("duckdb", "TargetDuckDB")


def target_bigquery() -> None:
    """Load into BigQuery."""
    _run("bigquery", "TargetBigQuery")


def _run(module: str, name: str) -> None:
    # Nothing that is imported is garbage: looking through it again and again was a seventh of a start.
    gc.disable()
    target = getattr(import_module(f"talat_warehouse.{module}"), name)
    gc.freeze()
    gc.enable()
    target.cli()
