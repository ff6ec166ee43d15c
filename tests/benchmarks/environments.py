"""The peers' own environments, below .bench in the project's folder, with pinned requirements."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.measure import BenchmarkError

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
_FOLDER = ROOT / ".bench"


def ours(command: str) -> str:
    """The path of a command of this project's own environment."""
    return str(Path(sys.executable).parent / command)


def peer(name: str, command: str = "python") -> str:
    """The path of a command of a peer's environment, which is made if it is not there or its pins have changed."""
    folder, pins = _FOLDER / name, (PEERS / f"{name}.txt").read_text("utf-8")
    made = folder / "pins.txt"
    if not made.exists() or made.read_text("utf-8") != pins:
        uv = shutil.which("uv", path=f"{ROOT / '.tools/bin'}{os.pathsep}{os.environ['PATH']}")
        if uv is None:
            raise BenchmarkError("uv is not installed: run make test or make demo once, which bring it.")
        _FOLDER.mkdir(exist_ok=True)
        for step in (
            ["venv", "--quiet", "--clear", "--python", sys.executable, str(folder)],
            ["pip", "install", "--quiet", "--python", str(folder), "--requirement", str(PEERS / f"{name}.txt")],
        ):
            subprocess.run([uv, *step], check=True)
        made.write_text(pins, "utf-8")
    return str(folder / "bin" / command)
