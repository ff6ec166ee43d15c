"""Loading a batch while the next one is read."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Thread

_BREAK_OFF_EVERY = 0.1  # seconds


class Background:
    """Runs one call at a time beside its caller, in the order in which they were started.

    What a call raises is raised by the next `start` or `wait`. A process that ends does not wait for it.
    """

    def __init__(self) -> None:
        """Start the one thread of all calls: of many threads each would keep memory of its own."""
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._idle = Event()
        self._idle.set()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call()
            except BaseException as error:  # noqa: BLE001 - raised again where the result is awaited
                self._error = error
            self._idle.set()

    def start(self, call: Callable[[], None]) -> None:
        """Begin a call, after the one before it has ended; raises what that one raised."""
        self.wait()
        self._idle.clear()
        self._calls.put(call)

    def wait(self) -> None:
        """Return when nothing is going on; raises what the last call raised."""
        self._idle.wait()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def end(self, break_off: Callable[[], None], seconds: float) -> None:
        """Start nothing more, and break off what is going on: again and again, for it may be between two steps.

        Returns after so many seconds, whether it has ended or not.
        """
        self._calls.put(None)
        deadline = time.monotonic() + seconds
        while self._thread.is_alive() and time.monotonic() < deadline:
            break_off()
            self._thread.join(_BREAK_OFF_EVERY)
