"""An environment for each contestant, ours too, below .bench in the project's folder, with pinned requirements."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from tests.benchmarks.measure import BenchmarkError

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
_FOLDER = ROOT / ".bench"
_OURS = ("taps/toolkit", *(f"taps/{tap.name}" for tap in sorted(ROOT.glob("taps/tap-*"))), "plugins/warehouse")


@cache
def ours(command: str) -> str:
    """The path of a command of ours, installed as its users install it; Meltano is this project's own."""
    if command == "meltano":
        return str(Path(sys.executable).parent / command)
    return str(_ours() / "bin" / command)


@cache
def _ours() -> Path:
    folder = _FOLDER / "talat"
    if not folder.exists():
        _uv("venv", "--python", sys.executable, str(folder))
    packages = [str(ROOT / package) for package in _OURS]
    again = [word for package in _OURS for word in ("--reinstall-package", _name(package))]
    constraints = ["--constraint", str(ROOT / "plugins/constraints.txt")]
    _uv("pip", "install", "--python", str(folder), *constraints, *again, *packages)
    return folder


def peer(name: str, command: str = "python") -> str:
    """The path of a command of a peer's environment, which is made if it is not there or its pins have changed."""
    folder, pins = _FOLDER / name, (PEERS / f"{name}.txt").read_text("utf-8")
    made = folder / "pins.txt"
    if not made.exists() or made.read_text("utf-8") != pins:
        _uv("venv", "--clear", "--python", sys.executable, str(folder))
        _uv("pip", "install", "--python", str(folder), "--requirement", str(PEERS / f"{name}.txt"))
        made.write_text(pins, "utf-8")
    return str(folder / "bin" / command)


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv", path=f"{ROOT / '.tools/bin'}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        raise BenchmarkError("uv is not installed: run make test or make demo once, which bring it.")
    _FOLDER.mkdir(exist_ok=True)
    subprocess.run([uv, *arguments, "--quiet"], check=True)


def _name(package: str) -> str:
    return {"toolkit": "tap-toolkit", "warehouse": "talat-warehouse"}.get(Path(package).name, Path(package).name)
