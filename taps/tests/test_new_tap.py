"""A tap made from the template in a copy of the repository: its own tests pass, and nothing of the template is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tap_toolkit.testing import Run, executable, run
from tests.checkout import copy_checkout

NAME, MODULE = "tap-night-market", "tap_night_market"


def make(copy: Path, *name: str) -> Run:
    return run(sys.executable, str(copy / "taps" / "new_tap.py"), *name)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository with one tap more."""
    folder = tmp_path_factory.mktemp("repository")
    copy_checkout(folder)
    done = make(folder, NAME)
    assert done.exit_code == 0, done.log
    assert f"taps/{NAME} is a whole tap" in done.stdout
    return folder


@pytest.fixture(scope="module")
def env(copy: Path) -> Mapping[str, str]:
    """In which the tap can be imported, as if it was installed."""
    return {**os.environ, "PYTHONPATH": str(copy / "taps" / NAME), "PYTEST_ADDOPTS": ""}


def test_its_own_tests_pass(copy: Path, env: Mapping[str, str]) -> None:
    done = run(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        f"taps/{NAME}",
        cwd=copy,
        env=env,
    )
    assert done.exit_code == 0, done.stdout
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_it_is_written_as_all_code_is(copy: Path) -> None:
    # Lines may have become longer or shorter with the name: `make format` comes first.
    for command in (["format"], ["check"]):
        done = run(executable("ruff"), *command, "--no-cache", f"taps/{NAME}", cwd=copy)
        assert done.exit_code == 0, done.stdout + done.log


def test_nothing_of_the_template_is_left(copy: Path) -> None:
    made = [path for path in (copy / "taps" / NAME).rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    made.append(copy / "plugins" / "extractors" / f"{NAME}.meltano.yml")
    code = {"pyproject.toml", "py.typed", "tap.py", "client.py", "streams.py", "errors.csv", "orders.json"}
    assert {path.name for path in made} >= code | {"README.md", "BEHAVIOR.md", "LICENSE", "test_reading.py"}
    assert not [path for path in made if "sample" in path.read_text("utf-8").lower()]
    assert not [path for path in made if "sample" in path.name.lower()]
    assert "Night Market" in (copy / "taps" / NAME / "README.md").read_text("utf-8")


def test_the_workspace_names_it_wherever_it_names_packages(copy: Path) -> None:
    project = tomllib.loads((copy / "pyproject.toml").read_text("utf-8"))
    assert NAME in project["dependency-groups"]["workspace"]
    assert project["tool"]["uv"]["sources"][NAME] == {"workspace": True}
    strict = next(entry for entry in project["tool"]["mypy"]["overrides"] if entry.get("strict"))
    assert f"{MODULE}.*" in strict["module"]
    package = tomllib.loads((copy / "taps" / NAME / "pyproject.toml").read_text("utf-8"))
    assert package["project"]["scripts"] == {NAME: f"{MODULE}.__main__:main"}


def test_its_definition_is_what_it_says_of_itself(copy: Path, env: Mapping[str, str]) -> None:
    said = run(sys.executable, "-m", MODULE, "--about", "--format=json", env=env)
    about: dict[str, Any] = json.loads(said.stdout)
    definition = (copy / "plugins" / "extractors" / f"{NAME}.meltano.yml").read_text("utf-8")
    (plugin,) = yaml.safe_load(definition)["plugins"]["extractors"]
    assert set(plugin["capabilities"]) == set(about["capabilities"])
    declared = {setting["name"]: setting for setting in plugin["settings"]}
    own = {n: s for n, s in about["settings"]["properties"].items() if n in declared}
    assert set(own) == set(declared)
    for name, setting in own.items():
        assert bool(setting.get("secret")) == bool(declared[name].get("sensitive")), name
        assert setting.get("default") == declared[name].get("value"), name
    assert NAME in yaml.safe_load((copy / "plugins" / "hub" / "pages.yml").read_text("utf-8"))
    variables = (copy / ".env.example").read_text("utf-8")
    assert all(f"\nTAP_NIGHT_MARKET_{name.upper()}=" in variables for name in declared)


@pytest.mark.parametrize("name", ["", "example", "tap-", "tap-Example", "tap_example", "tap-../x", NAME])
def test_a_name_that_will_not_do_is_refused_and_nothing_is_written(copy: Path, name: str) -> None:
    def state() -> str:
        return subprocess.run(["find", ".", "-newer", "LICENSE"], cwd=copy, capture_output=True, text=True).stdout

    before, project = state(), (copy / "pyproject.toml").read_text("utf-8")
    done = make(copy, *filter(None, [name]))
    assert done.exit_code == 1
    assert ("is no name for a tap" if name != NAME else "is there already") in done.last_line
    assert "Traceback" not in done.log
    assert (state(), (copy / "pyproject.toml").read_text("utf-8")) == (before, project)
