"""Starting a tap for each of many tests, without importing it each time.

Importing is most of what a short run costs. So an interpreter imports the tap once, and forks for each run: a run is a
process of its own, from the command's script to the interpreter's end, and nothing of it is left for the next one.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO

_MOST_BYTES = 1 << 16


class Forks:
    """Runs commands of Python packages in this process's folder, one at a time.

    There is one interpreter; a command of another module, or in another environment, gets a new one in its place.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._knows: tuple[str, dict[str, str]] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        atexit.register(self.close)

    def run(
        self, module: str, command: Sequence[str], env: Mapping[str, str], files: Sequence[IO[bytes]], seconds: float
    ) -> int | None:
        """The exit code of a command with these standard files, negative for a signal; None while another runs.

        Raises :class:`subprocess.TimeoutExpired`, and :class:`RuntimeError` where the module cannot be imported.
        """
        if not self._turn.acquire(blocking=False):
            return None
        done = False
        try:
            channel = self._channel_to(module, dict(env))
            channel.settimeout(seconds)
            socket.send_fds(
                channel, [json.dumps([str(Path.cwd()), *command]).encode()], [file.fileno() for file in files]
            )
            answer = channel.recv(_MOST_BYTES)
            done = bool(answer)
        except TimeoutError:
            raise subprocess.TimeoutExpired(list(command), seconds) from None
        except OSError:
            answer = b""
        finally:
            if not done:
                self.close()
            self._turn.release()
        if not done:
            raise RuntimeError(f"The interpreter ended that should import {module} and run {command[0]}.")
        return int(answer)

    def close(self) -> None:
        """End the interpreter, and what it has forked."""
        if self._channel and self._server:
            self._channel.close()
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
        self._knows = self._server = self._channel = None

    def _channel_to(self, module: str, env: dict[str, str]) -> socket.socket:
        if self._channel is None or self._knows != (module, env):
            self.close()
            self._channel, theirs = socket.socketpair()
            with theirs:
                file = theirs.fileno()
                command = [sys.executable, "-m", __name__, str(file), module]
                self._server = subprocess.Popen(command, env=env, pass_fds=[file], start_new_session=True)
            self._knows = module, env
        return self._channel


def serve(channel: socket.socket) -> list[str]:
    """Fork for each request; returns in what was forked, with its command, and ends the process that forks."""
    while True:
        asked, files, _, _ = socket.recv_fds(channel, _MOST_BYTES, 3)
        if not asked:
            sys.exit()
        if pid := os.fork():
            for file in files:
                os.close(file)
            _, status = os.waitpid(pid, 0)
            channel.sendall(str(os.waitstatus_to_exitcode(status)).encode())
            continue
        channel.close()
        for standard, file in enumerate(files):
            os.dup2(file, standard)
            os.close(file)
        folder, *command = json.loads(asked)
        os.chdir(folder)
        return list(command)


def main() -> None:
    """Import, and then be whatever is asked for."""
    import_module(sys.argv[2])
    gc.freeze()
    sys.argv = serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
