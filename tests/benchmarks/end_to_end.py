"""Orders from the API to a DuckDB table: by a shell's pipe, by Meltano, and as the peers do it."""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.contestants import dlt_folder, dlt_loading, registry_target, stock
from tests.benchmarks.environments import PEERS, ROOT, ours
from tests.benchmarks.extraction import CONCURRENCY
from tests.benchmarks.loading import SCHEMA, database, forget, lost_rows, target
from tests.benchmarks.measure import Command, Contestant, Sample, alternate, run
from tests.benchmarks.rows import Bench
from tests.benchmarks.shop import Shop
from tests.benchmarks.table import Line

_SHELL, _MELTANO = "tap | target", "meltano run"
_STOCK, _STOCK_MELTANO, _DLT = "stock pair", "stock pair in Meltano", "dlt"


def measure(bench: Bench) -> list[Line]:
    """Everybody in turns; the rows that arrived are counted each time."""
    shop = bench.large_shop()
    file, orders = database(shop), f"{SCHEMA}.orders"
    meltano = _project(shop)
    contestants = {
        _SHELL: _loading(shop, file, lambda: [shop.tap(concurrency=CONCURRENCY), target(shop)]),
        _MELTANO: _loading(shop, file, lambda: [meltano("tap-shopee", "target-duckdb")]),
        _DLT: _loading(shop, dlt_folder(shop) / "orders.duckdb", lambda: [dlt_loading(shop)]),
        _STOCK: _loading(shop, file, lambda: [stock(shop), registry_target(shop, file, SCHEMA)], once=True),
        _STOCK_MELTANO: _loading(shop, file, lambda: [meltano("tap-stock", "target-registry")], once=True),
    }
    medians = alternate(contestants, bench.rounds, bench.say)
    shell, inside = medians[_SHELL], medians[_MELTANO]
    work = f"{shop.orders:,} orders from API to {orders}"
    return [
        Line(f"{work}, {_SHELL}", shell.wall, "s", _STOCK, medians[_STOCK].wall, 7),
        Line(f"{work}, {_SHELL}", shell.wall, "s", _DLT, medians[_DLT].wall, 4),
        Line(f"{work}, {_MELTANO}", inside.wall, "s", _STOCK_MELTANO, medians[_STOCK_MELTANO].wall, 5),
        Line(f"{work}, {_MELTANO}", inside.wall, "s", _DLT, medians[_DLT].wall, 2.4),
        Line(f"{work}: rows lost", shell.figures["lost"], "", _STOCK, medians[_STOCK].figures["lost"], 0, "below"),
        Line(f"{work}, {_SHELL}: CPU", shell.cpu, "s", _STOCK, medians[_STOCK].cpu),
        Line(f"{work}, {_SHELL}: CPU", shell.cpu, "s", _DLT, medians[_DLT].cpu),
    ]


def _loading(shop: Shop, file: Path, commands: Callable[[], list[Command]], once: bool = False) -> Contestant:
    def loaded() -> Sample:
        forget(file)
        sample = shop.watched(*commands())
        return replace(sample, figures={"lost": lost_rows(shop, file, f"{SCHEMA}.orders")})

    return Contestant(loaded, once)


def _project(shop: Shop) -> Callable[[str, str], Command]:
    """A Meltano project with this project's own plugin definitions and the stock pair's; the plugins are installed."""
    folder = shop.folder / "meltano"
    definitions = folder / "definitions"
    definitions.mkdir(parents=True)
    for path in (
        ROOT / "plugins/extractors/tap-shopee.meltano.yml",
        ROOT / "plugins/loaders/target-duckdb.meltano.yml",
    ):
        shutil.copy(path, definitions)
    shutil.copy(PEERS / "stock_pair.meltano.yml", definitions)
    for name in ("taps", "plugins", "pyproject.toml"):  # what the definitions install
        (folder / name).symlink_to(ROOT / name)
    registry = registry_target(shop, database(shop), SCHEMA)
    for name, command in (("tap-stock", stock(shop)), ("target-registry", registry)):
        script = folder / name
        script.write_text(f'#!/bin/sh\nexec {shlex.join(_without_config(command))} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    extractors = [
        {"name": "tap-shopee", "config": _config(shop.tap(concurrency=CONCURRENCY)), "select": ["orders.*"]},
        {"name": "tap-stock", "config": _config(stock(shop))},
    ]
    loaders = [
        {"name": "target-duckdb", "config": _config(target(shop))},
        {"name": "target-registry", "config": _config(registry)},
    ]
    project = {
        "project_id": "talat-benchmarks",
        "default_environment": "bench",
        "send_anonymous_usage_stats": False,
        "include_paths": ["definitions/*.yml"],
        "environments": [{"name": "bench", "config": {"plugins": {"extractors": extractors, "loaders": loaders}}}],
    }
    # Meltano reads YAML, of which JSON is a part.
    (folder / "meltano.yml").write_text(json.dumps(project), encoding="utf-8")
    run(Command([ours("meltano"), "install"], cwd=folder))
    return lambda extractor, loader: Command([ours("meltano"), "run", "--full-refresh", extractor, loader], cwd=folder)


def _without_config(command: Command) -> list[str]:
    place = command.argv.index("--config")
    return [*command.argv[:place], *command.argv[place + 2 :]]


def _config(command: Command) -> dict[str, object]:
    """The settings that a command would read from its file."""
    config: dict[str, object] = json.loads(Path(command.argv[command.argv.index("--config") + 1]).read_text("utf-8"))
    return config
