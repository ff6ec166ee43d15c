"""Killed anywhere with -9 and run again with the state that was kept: every row is there, and once."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from talat_sandbox.testing import Sandbox
from tests.chaos.conftest import Open
from tests.chaos.pipes import Expected, Pipeline
from tests.chaos.reading import BySubject
from tests.chaos.supervisor import Kill
from tests.subjects import NAMES, SUBJECTS, Subject

SEEDS = int(os.environ.get("CHAOS_SEEDS", "10"))


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening() as running:
        yield running


@pytest.fixture(scope="module")
def expected(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Expected]:
    """By subject. Tokens are shared, as by all taps of a machine."""
    folder = tmp_path_factory.mktemp("quiet")

    def quiet(subject: Subject) -> Expected:
        config = subject.config(sandbox, folder, concurrency=4)
        return Expected(sandbox, Pipeline(subject, config, folder / subject.name))

    return BySubject(quiet)


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
    seed: int, expected: dict[str, Expected], tmp_path: Path
) -> None:
    subject = SUBJECTS[seed % len(SUBJECTS)]
    wanted = expected[subject.name]
    kill = drawn(seed, wanted)
    # Where the target loads as it pleases, mostly nothing was acknowledged in so short a run.
    pipeline = Pipeline(subject, wanted.quiet.config, tmp_path, eager=seed // len(SUBJECTS) % 4 > 0)
    ended = pipeline.run(kill)
    # A tap may have written everything when it is killed, and a run may be over.
    assert ended or kill.victim == "tap" or not kill.messages, f"nothing was killed: {kill}"
    if kill.victim == "tap":
        assert not pipeline.lost(), "what a dead tap has written is loaded and acknowledged"
    wanted.check_acknowledged(pipeline.tables, pipeline.state)
    assert pipeline.run() == 0, pipeline.log
    wanted.check(pipeline.tables, pipeline.state)
    wanted.check_reread(pipeline)
    assert "Traceback" not in pipeline.log


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_killed_again_and_again_it_still_arrives(
    subject: Subject, expected: dict[str, Expected], tmp_path: Path
) -> None:
    wanted = expected[subject.name]
    pipeline = Pipeline(subject, wanted.quiet.config, tmp_path, eager=True)
    for victim in ("all", "target", "tap", "supervisor"):
        pipeline.run(Kill(victim, states=2))
        wanted.check_acknowledged(pipeline.tables, pipeline.state)
    assert pipeline.run() == 0, pipeline.log
    wanted.check(pipeline.tables, pipeline.state)
