"""How long our commands take to start: what a person waits for `--about`, and a schedule for a run with nothing new."""

from __future__ import annotations

import json

from tests.benchmarks.environments import ours
from tests.benchmarks.measure import Command, Contestant, alternate, run
from tests.benchmarks.rows import Bench
from tests.benchmarks.table import Line

_AIM = 0.35
_ROUNDS = 10


def measure(bench: Bench) -> list[Line]:
    """Medians of ten; nothing new means one look at one window."""
    shop = bench.small_shop()
    tap = shop.tap()
    state = shop.folder / "state.json"
    with shop.messages.open("rb") as lines:
        states = [line for line in lines if line.startswith(b'{"type":"STATE"')]
    state.write_text(json.dumps(json.loads(states[-1])["value"]), encoding="utf-8")
    config = tap.argv[:3]
    commands = {
        "tap-shopee --about": Command([ours("tap-shopee"), "--about"]),
        "target-duckdb --about": Command([ours("target-duckdb"), "--about"]),
        "target-bigquery --about": Command([ours("target-bigquery"), "--about"]),
        "tap-shopee --discover": Command([*config, "--discover"]),
        "an empty incremental run": Command([*tap.argv, "--state", str(state)]),
    }
    contestants = {name: Contestant(lambda command=command: run(command)) for name, command in commands.items()}
    medians = alternate(contestants, _ROUNDS, bench.say)
    return [Line(name, sample.wall, "s", aim=_AIM, kind="below") for name, sample in medians.items()]
