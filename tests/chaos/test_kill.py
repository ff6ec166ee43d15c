"""Killed anywhere with -9 and run again with the state that was kept: every row is there, and once."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from talat_sandbox.testing import Sandbox
from tests.chaos.artefacts import assert_clean
from tests.chaos.conftest import Open
from tests.chaos.pipes import Expected, Pipeline
from tests.chaos.supervisor import Kill
from tests.subjects import NAMES, SUBJECTS, Config, Subject

SEEDS = int(os.environ.get("CHAOS_SEEDS", "20"))


@dataclass(frozen=True)
class Case:
    """How a subject is read, and what comes of it."""

    config: Config
    expected: Expected


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening() as running:
        yield running


@pytest.fixture(scope="module")
def cases(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """By name. Tokens are shared, as by all taps of a machine."""
    folder = tmp_path_factory.mktemp("quiet")
    made = {}
    for subject in SUBJECTS:
        config = subject.config(sandbox, folder, concurrency=4)
        quiet = Pipeline(subject, config, folder / subject.name)
        made[subject.name] = Case(config, Expected(subject, sandbox, quiet))
    return made


def drawn(seed: int, quiet: Expected) -> Kill:
    """Whom to kill, and when."""
    draw = random.Random(seed)
    victim = draw.choice(["tap", "target", "supervisor", "all"])
    match draw.choice(["seconds", "messages", "messages", "states"]):
        case "seconds":
            return Kill(victim, seconds=draw.uniform(0.3, 1) * quiet.seconds)
        case "messages":
            return Kill(victim, messages=draw.randint(1, quiet.messages))
        case _:
            return Kill(draw.choice(["supervisor", "all"]), states=draw.randint(1, 8))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_is_killed_whenever_the_next_run_completes_the_tables(
    seed: int, sandbox: Sandbox, cases: dict[str, Case], tmp_path: Path
) -> None:
    subject = SUBJECTS[seed % len(SUBJECTS)]
    case = cases[subject.name]
    kill = drawn(seed, case.expected)
    # With every other pair of seeds the target loads as it pleases: then mostly nothing was acknowledged.
    pipeline = Pipeline(subject, case.config, tmp_path / "run", eager=seed // 2 % 4 > 0)
    ended = pipeline.run(kill)
    assert ended or kill.seconds or kill.states, f"nothing was killed: {kill}"
    case.expected.check_acknowledged(pipeline)
    if kill.victim == "tap":
        assert max(pipeline.lost().values(), default=0) <= 1, "the target loads what a dead tap has written"
    assert pipeline.run() == 0, pipeline.log
    case.expected.check(pipeline)
    case.expected.check_reread(pipeline)
    assert_clean(subject, sandbox, tmp_path)
    assert "Traceback" not in pipeline.log


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_killed_again_and_again_it_still_arrives(subject: Subject, cases: dict[str, Case], tmp_path: Path) -> None:
    case = cases[subject.name]
    pipeline = Pipeline(subject, case.config, tmp_path / "run", eager=True)
    for victim in ("all", "target", "tap", "supervisor"):
        pipeline.run(Kill(victim, states=2))
        case.expected.check_acknowledged(pipeline)
    assert pipeline.run() == 0, pipeline.log
    case.expected.check(pipeline)
