"""A file of messages, as our tap wrote them, into a warehouse: what a record costs in the loader alone."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.contestants import registry_target
from tests.benchmarks.environments import PEERS, ROOT, ours
from tests.benchmarks.measure import BenchmarkError, Command, Contestant, Sample, alternate, run
from tests.benchmarks.rows import Bench
from tests.benchmarks.shop import Shop
from tests.benchmarks.table import Line
from tests.emulator.launcher import running_emulator

_RECORD = re.compile(rb'\{"type":"RECORD","stream":"orders","record":(\{.*\}),"time_extracted":"[^"]*"\}\n')
_COUNT = "SELECT count(*), count(DISTINCT concat(CAST(shop_id AS {}), order_sn)) FROM {}"
_IN_BIGQUERY = """
import sys
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery
client = bigquery.Client(sys.argv[2], AnonymousCredentials(), client_options={"api_endpoint": sys.argv[1]})
print(*next(iter(client.query(sys.argv[3]).result())).values())
"""
_IN_DUCKDB = "import sys, duckdb; print(*duckdb.connect(sys.argv[1], read_only=True).sql(sys.argv[2]).fetchone())"
_PROJECT = "talat-local"
SCHEMA = "raw_shopee"
REGISTRY = "registry's target-duckdb"


def into_duckdb(bench: Bench) -> list[Line]:
    """target-duckdb beside what DuckDB itself needs, and beside the registry's target-duckdb."""
    shop = bench.large_shop()
    bare = _bare_records(shop)
    schema = str(ROOT / "taps/tap-shopee/tap_shopee/schemas/orders.json")
    merge = Command([sys.executable, str(PEERS / "duckdb_merge.py"), schema, str(bare), str(database(shop))])
    stock = registry_target(shop, database(shop), SCHEMA)
    contestants = {
        "target-duckdb": Contestant(lambda: _loaded(shop, target(shop), f"{SCHEMA}.orders", shop.messages)),
        "DuckDB's own merge": Contestant(lambda: _loaded(shop, merge, "orders")),
        REGISTRY: Contestant(lambda: _loaded(shop, stock, f"{SCHEMA}.orders", shop.messages), once=True),
    }
    medians = alternate(contestants, bench.rounds, bench.say)
    own = medians.pop("target-duckdb")
    least, registry = medians.values()
    work = f"{shop.orders:,} orders into DuckDB"
    return [
        Line(work, own.wall, "s", "DuckDB's own merge", least.wall, 1.5, "within"),
        Line(f"{work}: peak memory", own.rss, "MB", "DuckDB's own merge", least.rss, 250, "below"),
        Line(f"{work}: rows lost", own.figures["lost"], "", REGISTRY, registry.figures["lost"], 0, "below"),
        Line(work, own.wall, "s", REGISTRY, registry.wall),
        Line(f"{work}: CPU a record", own.cpu / shop.orders * 1e6, "µs"),
    ]


def into_bigquery(bench: Bench) -> list[Line]:
    """target-bigquery's own CPU, its start and Google's client with it; the emulator's time counts for nothing."""
    shop = bench.large_shop()
    config = shop.write("bigquery", {"project": _PROJECT, "dataset": SCHEMA})

    def loaded() -> Sample:
        with running_emulator() as emulator:
            environment = {"BIGQUERY_EMULATOR_HOST": emulator.host}
            sample = run(Command([ours("target-bigquery"), "--config", config], environment), stdin=shop.messages)
            count = _COUNT.format("STRING", f"{SCHEMA}.orders")
            return replace(sample, figures={"lost": _lost(shop, _IN_BIGQUERY, emulator.host, _PROJECT, count)})

    own = alternate({"target-bigquery": Contestant(loaded)}, bench.rounds, bench.say)["target-bigquery"]
    work = f"{shop.orders:,} orders into BigQuery"
    return [
        Line(f"{work}: CPU a record", own.cpu / shop.orders * 1e6, "µs", aim=45, kind="below"),
        Line(f"{work}: rows lost", own.figures["lost"], "", aim=0, kind="below"),
        Line(f"{work}: peak memory", own.rss, "MB"),
    ]


def database(shop: Shop) -> Path:
    """The DuckDB file that is loaded, anew each time."""
    return shop.folder / "warehouse.duckdb"


def target(shop: Shop) -> Command:
    """Our target-duckdb with its own settings."""
    config = shop.write("duckdb", {"path": str(database(shop)), "default_target_schema": SCHEMA})
    return Command([ours("target-duckdb"), "--config", config])


def lost_rows(shop: Shop, file: Path, table: str) -> int:
    """Orders that are not in a table of a DuckDB file. Raises BenchmarkError when some are in it twice."""
    return _lost(shop, _IN_DUCKDB, str(file), _COUNT.format("VARCHAR", table))


def _lost(shop: Shop, program: str, *arguments: str) -> int:
    answer = subprocess.run([sys.executable, "-c", program, *arguments], check=True, capture_output=True)
    rows, keys = map(int, answer.stdout.split())
    if rows != keys:
        raise BenchmarkError(f"there are {rows} rows of {keys} orders")
    return shop.orders - rows


def _loaded(shop: Shop, command: Command, table: str, messages: Path | None = None) -> Sample:
    forget(database(shop))
    sample = run(command, stdin=messages)
    return replace(sample, figures={"lost": lost_rows(shop, database(shop), table)})


def forget(file: Path) -> None:
    """Remove a DuckDB file and what belongs to it."""
    for path in (file, file.with_name(f"{file.name}.wal")):
        path.unlink(missing_ok=True)


def _bare_records(shop: Shop) -> Path:
    """The records of the file of messages without their envelopes."""
    path = shop.folder / "records.jsonl"
    with shop.messages.open("rb") as messages, path.open("wb") as records:
        for line in messages:
            if found := _RECORD.fullmatch(line):
                records.write(found[1] + b"\n")
    return path
