"""Starts and stops BigQuery's emulator on this machine.

    python tests/emulator/launcher.py serve [--port 9050]     in the foreground
    python tests/emulator/launcher.py start [--port 9050]     in the background, until `stop`
    python tests/emulator/launcher.py stop

Clients find it by BIGQUERY_EMULATOR_HOST=http://127.0.0.1:PORT. Nothing is kept when it stops. Tests use
`running_emulator()`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_SERVE = Path(__file__).with_name("serve.py")
_STATE = Path(__file__).parents[2] / ".talat" / "bigquery-emulator.json"
_START_SECONDS = 60


class EmulatorError(Exception):
    """The emulator did not do as it was told; one sentence."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator."""

    port: int
    log: Path

    @property
    def host(self) -> str:
        """What BIGQUERY_EMULATOR_HOST must be, with the scheme."""
        return f"http://127.0.0.1:{self.port}"

    def env(self) -> dict[str, str]:
        """An environment for a process that is to use it instead of BigQuery."""
        return {**os.environ, "BIGQUERY_EMULATOR_HOST": self.host}


@contextmanager
def running_emulator(port: int = 0) -> Iterator[Emulator]:
    """An emulator of its own, on a free port, that is gone afterwards whatever happens."""
    with tempfile.TemporaryDirectory(prefix="bigquery-emulator-") as folder:
        log = Path(folder) / "emulator.log"
        port = port or free_port()
        process = _spawn(port, log)
        try:
            _wait(port, process, log)
            yield Emulator(port, log)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def _spawn(port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, str(_SERVE), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for whoever started it, who then stops it
        )


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(port):
            return
        time.sleep(0.1)
    if process.poll() is None:
        process.kill()
        process.wait()
    raise EmulatorError(f"the emulator did not start on port {port}; the end of its log:\n{log.read_text()[-2000:]}")


def _answers(port: int) -> bool:
    url = f"http://127.0.0.1:{port}/bigquery/v2/projects/p/datasets"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def start(port: int) -> None:
    """Start one in the background; one that runs already is left running."""
    running = _running()
    if running is not None:
        print(f"BigQuery emulator already on http://127.0.0.1:{running[1]}")
        return
    if _answers(port):
        raise EmulatorError(f"port {port} is in use by another server; give another --port")
    _STATE.parent.mkdir(exist_ok=True)
    log = _STATE.with_suffix(".log")
    process = _spawn(port, log)
    _wait(port, process, log)
    process.returncode = 0  # it goes on without this process, which Python would warn of
    _STATE.write_text(json.dumps({"pid": process.pid, "port": port}))
    print(f"BigQuery emulator on http://127.0.0.1:{port} (log: {log})")


def stop() -> None:
    """Stop the one in the background; fine if there is none."""
    running = _running()
    _STATE.unlink(missing_ok=True)
    if running is None:
        print("BigQuery emulator is not running")
        return
    pid, port = running
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + 10
    while _is_emulator(pid):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    print(f"BigQuery emulator on port {port} stopped")


def _running() -> tuple[int, int] | None:
    try:
        state = json.loads(_STATE.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return (state["pid"], state["port"]) if _is_emulator(state["pid"]) else None


def _is_emulator(pid: int) -> bool:
    # Not any process that has come to have this number.
    command = subprocess.run(["ps", "-o", "stat=,args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(_SERVE) in command.stdout and not command.stdout.lstrip().startswith("Z")


def main() -> int:
    """Run a command; 1 after an error."""
    parser = argparse.ArgumentParser(description="BigQuery's emulator, for tests and Meltano's environment emulator")
    parser.add_argument("command", choices=["start", "stop", "serve"])
    parser.add_argument("--port", type=int, default=int(os.environ.get("BIGQUERY_EMULATOR_PORT", "9050")))
    arguments = parser.parse_args()
    try:
        if arguments.command == "start":
            start(arguments.port)
        elif arguments.command == "stop":
            stop()
        else:
            os.execv(sys.executable, [sys.executable, str(_SERVE), str(arguments.port)])
    except EmulatorError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
