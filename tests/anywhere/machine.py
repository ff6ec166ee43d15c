"""What another machine has: uv, a Python, no network, and this repository at its address.

    .venv/bin/python tests/anywhere/machine.py

brings into uv's cache, from the registry, whatever the tests install. `make test` does it when a requirement changed.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
UV = str(Path(sys.executable).with_name("uv"))
PACKAGES = sorted(path.parent for path in ROOT.glob("*/*/pyproject.toml"))
#: Versions of everything that our packages need.
CONSTRAINTS = ROOT / "plugins" / "constraints.txt"
#: Published loaders, and the file that names the versions of everything in their environments.
REQUIREMENTS = {path.stem: path for path in sorted((Path(__file__).parent / "requirements").glob("*.txt"))}


@functools.cache
def interpreters() -> dict[str, str]:
    """The Pythons of this machine that the packages are for, by version, like ``3.12``: those on PATH and pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin")
    env = {**os.environ, "UV_PYTHON": "", "PATH": os.pathsep.join([os.environ["PATH"], *map(str, pyenv)])}
    found = {}
    for version in ("3.11", "3.12", "3.13"):
        command = [UV, "python", "find", "--no-project", "--system", "--offline", version]
        done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, env=env)
        if done.returncode == 0:
            found[version] = done.stdout.strip()
    return found


def loaders() -> dict[str, str]:
    """The published loaders that this machine can install, and the Python for each: one is not for 3.12 and later."""
    pythons = {"z3-target-bigquery": interpreters().get("3.11")}
    found = {name: pythons.get(name, sys.executable) for name in REQUIREMENTS}
    return {name: python for name, python in found.items() if python}


def offline(**more: str) -> dict[str, str]:
    """An environment without network and with no version that the lock file does not name."""
    return {**os.environ, "UV_OFFLINE": "1", "UV_PYTHON": "", "UV_CONSTRAINT": str(CONSTRAINTS), **more}


def make_environment(folder: Path, python: str, *arguments: str, env: dict[str, str]) -> None:
    """An empty environment with packages in it. Raises AssertionError with what uv says when it cannot."""
    for command in (
        ["venv", "--no-project", "--python", python, folder],
        ["pip", "install", "--python", folder, *arguments],
    ):
        done = subprocess.run([UV, *command], capture_output=True, encoding="utf-8", check=False, env=env)
        assert done.returncode == 0, done.stderr


def fetch() -> None:
    """Install everything once, with the network."""
    env = {**os.environ, "UV_PYTHON": ""}
    with tempfile.TemporaryDirectory() as scratch:
        for version, python in interpreters().items():
            make_environment(
                Path(scratch, version), python, "--constraint", str(CONSTRAINTS), *map(str, PACKAGES), env=env
            )
        for name, python in loaders().items():
            make_environment(Path(scratch, name), python, "--override", str(REQUIREMENTS[name]), name, env=env)


if __name__ == "__main__":
    fetch()
