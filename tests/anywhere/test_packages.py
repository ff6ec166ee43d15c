"""Each package is whole: built, described, and installed by itself under every Python it is for."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import discover, run
from tests.anywhere.conftest import build
from tests.anywhere.machine import PACKAGES, interpreters, make_environment, offline
from tests.anywhere.subjects import ALL, NAMES
from tests.checkout import ROOT
from tests.subject import Subject

PYTHONS = interpreters()
PROJECTS: dict[Path, dict[str, Any]] = {
    folder: tomllib.loads((folder / "pyproject.toml").read_text())["project"] for folder in PACKAGES
}
every_package = pytest.mark.parametrize("folder", PACKAGES, ids=[folder.name for folder in PACKAGES])


@pytest.fixture(scope="module")
def from_sdists(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every package's sdist, and the wheel that is built from it."""
    return build(clone, tmp_path_factory.mktemp("sdists"))


@pytest.fixture(scope="module")
def environments(wheels: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For each Python an environment with the wheels of all packages, and nothing of the sources."""
    folder = tmp_path_factory.mktemp("environments")
    for python, path in PYTHONS.items():
        make_environment(folder / python, path, *map(str, wheels.glob("*.whl")), env=offline())
    return {python: folder / python for python in PYTHONS}


def wheel_of(folder: Path, wheels: Path) -> zipfile.ZipFile:
    (path,) = wheels.glob(f"{PROJECTS[folder]['name'].replace('-', '_')}-*.whl")
    return zipfile.ZipFile(path)


def metadata(wheel: zipfile.ZipFile) -> Message:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Parser().parsestr(wheel.read(name).decode())


@every_package
def test_a_wheel_holds_every_file_of_the_package_and_no_other(folder: Path, clone: Path, wheels: Path) -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=clone / folder.relative_to(ROOT), capture_output=True, text=True, check=True
    )
    (package,) = (path.parent for path in folder.glob("*/py.typed"))
    sources = {name for name in tracked.stdout.splitlines() if name.startswith(f"{package.name}/")}
    assert f"{package.name}/py.typed" in sources
    with wheel_of(folder, wheels) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        assert names == sources
        (licence,) = (name for name in wheel.namelist() if name.endswith(".dist-info/licenses/LICENSE"))
        assert wheel.read(licence).decode() == (ROOT / "LICENSE").read_text()


@every_package
def test_a_wheel_built_from_the_sdist_is_the_same(folder: Path, wheels: Path, from_sdists: Path) -> None:
    with wheel_of(folder, wheels) as one, wheel_of(folder, from_sdists) as other:
        files = {info.filename: info.CRC for info in one.infolist() if not info.filename.endswith("RECORD")}
        assert files == {info.filename: info.CRC for info in other.infolist() if not info.filename.endswith("RECORD")}


@every_package
def test_metadata_say_what_it_is_for_whom_and_where_from(folder: Path, wheels: Path) -> None:
    with wheel_of(folder, wheels) as wheel:
        said = metadata(wheel)
    assert said["Summary"] == PROJECTS[folder]["description"]
    assert said.get_payload() == (folder / "README.md").read_text()
    assert said["Description-Content-Type"] == "text/markdown"
    assert (said["License-Expression"], said["License-File"]) == ("MIT", "LICENSE")
    assert set(said["Requires-Python"].split(",")) == {">=3.11", "<3.14"}
    classifiers = said.get_all("Classifier") or []
    for version in ("3.11", "3.12", "3.13"):
        assert f"Programming Language :: Python :: {version}" in classifiers
    assert said["Keywords"]
    assert {url.partition(",")[0] for url in said.get_all("Project-URL") or []} == {
        "Repository",
        "Documentation",
        "Changelog",
    }


def test_all_packages_have_one_address_and_one_version() -> None:
    assert len({project["urls"]["Repository"] for project in PROJECTS.values()}) == 1
    assert len({project["version"] for project in PROJECTS.values()}) == 1


def test_the_python_that_runs_this_is_among_those_found() -> None:
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in PYTHONS


@every_package
def test_a_wheel_installs_by_itself_into_an_empty_environment(folder: Path, wheels: Path, tmp_path: Path) -> None:
    """What it needs of this project comes from the folder of wheels."""
    project = PROJECTS[folder]
    wanted = f"{project['name']}=={project['version']}"
    make_environment(tmp_path / "venv", sys.executable, "--find-links", str(wheels), wanted, env=offline())
    for command in project.get("scripts", {}):
        helped = run(str(tmp_path / "venv/bin" / command), "--help")
        assert helped.exit_code == 0, helped.log
        assert "usage" in helped.stdout.lower()
    (package,) = (path.parent.name for path in folder.glob("*/py.typed"))
    imported = run(
        str(tmp_path / "venv/bin/python"), "-c", f"import {package}; print({package}.__file__)", cwd=tmp_path
    )
    assert Path(imported.stdout.strip()).is_relative_to(tmp_path), imported.log


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("command", [*NAMES, "target-duckdb", "target-bigquery"])
def test_about_runs_under_each_python(environments: dict[str, Path], python: str, command: str) -> None:
    told = run(str(environments[python] / "bin" / command), "--about", "--format=json")
    assert told.exit_code == 0, told.log
    assert json.loads(told.stdout)["name"] == command


@pytest.mark.parametrize("subject", ALL, ids=NAMES)
def test_discovery_is_the_same_under_each_python(
    environments: dict[str, Path], subject: Subject, sandbox: Sandbox, tmp_path: Path
) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps(subject.config(sandbox, tmp_path)))
    here = discover(subject.name, subject.config(sandbox, tmp_path))
    for folder in environments.values():
        found = run(str(folder / "bin" / subject.name), "--config", str(config), "--discover")
        assert found.exit_code == 0, found.log
        assert json.loads(found.stdout) == here, folder.name
