"""Runs tap | target as Meltano does, as a process of its own that can be killed; ``python supervisor.py order.json``.

It hands on each line of the tap, closes the target's input when the tap is gone, and keeps each line of the target as
the state, durably, when it comes. The order (:class:`Order`) may name whom to kill, and when.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True)
class Kill:
    """A kill -9 of ``tap``, ``target``, ``supervisor`` (its children are orphans) or ``all``.

    It strikes after so many ``seconds`` or so many ``messages`` handed on; or when the target's state number ``states``
    comes, which then is lost, although what it speaks of is loaded.
    """

    victim: str
    seconds: float | None = None
    messages: int | None = None
    states: int | None = None


@dataclass(frozen=True)
class Order:
    """What to run. ``state`` is read by the tap if it is there; ``handed_on`` receives the tap's STATE lines."""

    tap: list[str]
    target: list[str]
    state: str
    handed_on: str
    tap_log: str
    target_log: str
    pids: str
    kill: Kill | None = None


def durably(path: Path, content: bytes) -> None:
    """Replace a file, so that it is whole and on disk."""
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


class Supervisor:
    """One run of tap and target."""

    def __init__(self, order: Order) -> None:
        self.order, self.kill = order, order.kill or Kill("")
        state = Path(order.state)
        more = ["--state", str(state)] if state.exists() else []
        with Path(order.tap_log).open("ab") as tap_log, Path(order.target_log).open("ab") as target_log:
            self.tap = subprocess.Popen([*order.tap, *more], stdout=subprocess.PIPE, stderr=tap_log)
            self.target = subprocess.Popen(
                order.target, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=target_log
            )
        durably(Path(order.pids), f"{self.tap.pid} {self.target.pid}".encode())

    def run(self) -> int:
        """Run both to their ends; 1 when one of them failed."""
        if self.kill.seconds is not None:
            timer = threading.Timer(self.kill.seconds, self.strike)
            timer.daemon = True
            timer.start()
        keeper = threading.Thread(target=self.keep_states)
        keeper.start()
        # A target that is gone: its own exit code tells.
        with contextlib.suppress(BrokenPipeError):
            self.hand_on()
        with contextlib.suppress(BrokenPipeError):
            assert self.target.stdin
            self.target.stdin.close()
        keeper.join()
        failed = self.target.wait()
        if failed:
            self.tap.kill()
        return 1 if self.tap.wait() or failed else 0

    def hand_on(self) -> None:
        assert self.tap.stdout
        assert self.target.stdin
        with Path(self.order.handed_on).open("ab", buffering=0) as states:
            for number, line in enumerate(self.tap.stdout, 1):
                self.target.stdin.write(line)
                self.target.stdin.flush()
                if line.startswith(b'{"type":"STATE"') and line.endswith(b"\n"):
                    states.write(line)
                if number == self.kill.messages:
                    self.strike()

    def keep_states(self) -> None:
        assert self.target.stdout
        states: IO[bytes] = self.target.stdout
        for number, line in enumerate(states, 1):
            if number == self.kill.states:
                self.strike()
            durably(Path(self.order.state), line)

    def strike(self) -> None:
        if self.kill.victim == "tap":
            self.tap.kill()
        elif self.kill.victim == "target":
            self.target.kill()
        elif self.kill.victim == "supervisor":
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            os.killpg(0, signal.SIGKILL)


def main() -> int:
    """Carry out the order in the file named on the command line."""
    given = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    kill = Kill(**given.pop("kill")) if given.get("kill") else None
    return Supervisor(Order(**{**given, "kill": kill})).run()


if __name__ == "__main__":
    sys.exit(main())
