"""Commands forked from an interpreter that has imported their package."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tap_toolkit.forked import Forks

MODULE = "json.tool"


@pytest.fixture
def forks() -> Iterator[Forks]:
    made = Forks()
    yield made
    made.close()


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "command"
    path.write_text(
        "import atexit, json, os, sys, time\n"
        "atexit.register(lambda: print('ended'))\n"
        "seen = getattr(json, 'seen', 0)\n"
        "json.seen = seen + 1\n"
        "print(os.getppid(), seen, os.environ.get('COLOUR'), os.getcwd(), sys.argv[1:], sys.stdin.read())\n"
        "print('trouble', file=sys.stderr)\n"
        "if sys.argv[1] == 'die': os.kill(os.getpid(), 9)\n"
        "if sys.argv[1] == 'sleep': time.sleep(float(sys.argv[2]))\n"
        "sys.exit(sys.argv[1])\n"
    )
    return path


def run(
    forks: Forks, script: Path, *args: str, colour: str = "red", seconds: float = 60
) -> tuple[int | None, str, str]:
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        given.write(b"given")
        given.seek(0)
        env = {**os.environ, "COLOUR": colour}
        exit_code = forks.run(MODULE, [str(script), *args], env, [given, out, error], seconds)
        out.seek(0)
        error.seek(0)
        return exit_code, out.read().decode(), error.read().decode()


def test_a_command_is_a_process_of_its_own_which_finds_nothing_of_the_one_before(forks: Forks, script: Path) -> None:
    parents = set()
    for word in ("first", "second"):
        exit_code, out, error = run(forks, script, word)
        parent, told = out.split(" ", 1)
        assert exit_code == 1
        assert told == f"0 red {Path.cwd()} [{word!r}] given\nended\n"
        assert error == f"trouble\n{word}\n"
        parents.add(parent)
    assert len(parents) == 1
    assert str(os.getpid()) not in parents


def test_another_environment_is_that_of_another_interpreter(forks: Forks, script: Path) -> None:
    red, blue = (run(forks, script, "0", colour=colour)[1].split() for colour in ("red", "blue"))
    assert (red[2], blue[2]) == ("red", "blue")
    assert red[0] != blue[0]


def test_one_that_is_killed_says_by_what_and_the_next_one_runs(forks: Forks, script: Path) -> None:
    assert run(forks, script, "die")[0] == -9
    assert run(forks, script, "again")[0] == 1


def test_one_that_takes_too_long_is_ended_and_the_next_one_runs(forks: Forks, script: Path) -> None:
    run(forks, script, "first")
    with pytest.raises(subprocess.TimeoutExpired):
        run(forks, script, "sleep", "60", seconds=0.5)
    assert run(forks, script, "again")[0] == 1


def test_a_second_one_at_once_is_left_to_the_caller(forks: Forks, script: Path) -> None:
    run(forks, script, "first")
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: run(forks, script, "sleep", "1")[0], range(3)))
    assert sorted(done, key=str) == [1, None, None]


def test_a_module_that_cannot_be_imported_is_no_exit_code(forks: Forks, script: Path) -> None:
    with tempfile.TemporaryFile() as file, pytest.raises(RuntimeError, match="no_such_module"):
        forks.run("no_such_module", [str(script)], os.environ, [file] * 3, 60)
