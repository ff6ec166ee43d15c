"""Starting the server in the background, asking how it is, and stopping it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from talat_sandbox.options import OptionError, Options, check_clock, remembered_plan, to_arguments

_START_SECONDS = 60
_STOP_SECONDS = 10


def start(options: Options, reset: bool) -> str:
    """Start in the background, wait until it answers, and return one line to print. Raises OptionError."""
    running = _running(options)
    if running and not reset:
        check_clock(options, remembered_plan(options))
        if options.port in (0, running["port"]):
            return f"The sandbox is already running at {running['url']} (pid {running['pid']})."
        raise OptionError(
            f"The sandbox of {options.state_path} already runs at {running['url']}; stop it or use that port."
        )
    if running:
        stop(options)
    other = _health(f"http://127.0.0.1:{options.port}") if options.port else None
    if other and not reset and other["business"] == _business(options):
        return f"A sandbox with the same business is already running at http://127.0.0.1:{options.port}."
    check_clock(options, remembered_plan(options, reset))
    options.state_path.mkdir(parents=True, exist_ok=True)
    log = options.state_path / "sandbox.log"
    info = _info_path(options)
    info.unlink(missing_ok=True)
    command = [sys.executable, "-m", "talat_sandbox.cli", "serve", *to_arguments(options), f"--info-file={info}"]
    if reset:
        command.append("--reset")
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        running = _running(options)
        if running and running["pid"] == process.pid:
            process.returncode = 0  # it outlives this command: nobody will wait for it
            return f"The sandbox is ready at {running['url']} (pid {process.pid})."
        if process.poll() is not None:
            said = log.read_text("utf-8").strip().splitlines()
            raise OptionError(said[-1] if said else f"The sandbox ended at once; see {log}.")
        time.sleep(0.05)
    process.terminate()
    raise OptionError(f"The sandbox did not get ready within {_START_SECONDS} seconds; see {log}.")


def stop(options: Options) -> str:
    """Stop the sandbox of the state directory and wait for its end. Raises OptionError when it does not end."""
    running = _running(options)
    if not running:
        _info_path(options).unlink(missing_ok=True)
        return "No sandbox is running."
    pid = int(running["pid"])
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        # The server takes its pid file away when its port is free; a dead process may linger as a zombie.
        if not _info_path(options).exists() or not _alive(pid):
            _info_path(options).unlink(missing_ok=True)
            return f"The sandbox at {running['url']} has stopped."
        time.sleep(0.05)
    raise OptionError(f"The sandbox (pid {pid}) did not stop within {_STOP_SECONDS} seconds; end it by hand.")


def status(options: Options) -> tuple[bool, str]:
    """Return whether the sandbox of the state directory runs, and one line about it."""
    running = _running(options)
    if not running:
        return False, "No sandbox is running."
    health = running["health"]
    shops = ", ".join(str(shop["shop_id"]) for shop in health["shops"])
    return True, f"Running at {running['url']} (pid {running['pid']}), as of {health['as_of']}, shops {shops}."


def write_info(path: Path, url: str) -> None:
    """Write the pid file: where the server of this process is to be found."""
    path.write_text(json.dumps({"pid": os.getpid(), "url": url, "port": int(url.rsplit(":", 1)[1])}) + "\n", "utf-8")


def _info_path(options: Options) -> Path:
    return options.state_path / "sandbox.pid"


def _running(options: Options) -> dict[str, Any] | None:
    """Return pid, url, port and health of the state directory's server when it lives and answers."""
    try:
        info: dict[str, Any] = json.loads(_info_path(options).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    health = _health(info["url"]) if _alive(int(info["pid"])) else None
    return {**info, "health": health} if health and health["pid"] == info["pid"] else None


def _health(url: str) -> dict[str, Any] | None:
    try:
        with urllib.request.urlopen(f"{url}/_sandbox/health", timeout=2) as answer:
            health = json.loads(answer.read())
    except (OSError, ValueError, urllib.error.URLError):
        return None
    return health if isinstance(health, dict) and health.get("ready") else None


def _business(options: Options) -> dict[str, Any]:
    plan = remembered_plan(options)
    fields = {name: getattr(plan, name) for name in plan.__dataclass_fields__}
    return {**fields, "opens": plan.opens.isoformat()}


def _alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError, AttributeError):  # a child of ours stays a zombie until waited for
        os.waitpid(pid, os.WNOHANG)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
