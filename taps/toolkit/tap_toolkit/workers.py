"""Threads that take tasks in the order in which they come."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


def to_the_end(task: Callable[[], T]) -> T:
    """The result of a task that an ending process waits for, though it may have been begun by a daemon thread."""
    future: Future[T] = Future()
    threading.Thread(target=_run, args=(future, task), daemon=False).start()
    return future.result()


class Workers:
    """A fixed number of daemon threads, so that a fatal error ends the process at once, whatever they wait for."""

    def __init__(self, count: int, name: str) -> None:
        self._tasks: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None]
        self._tasks = queue.SimpleQueue()
        self._names = deque(f"{name}-{number}" for number in range(count))
        self._begun = 0
        self._lock = threading.Lock()

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run ``task(*args)`` in one of the threads, which begin as tasks come; tasks are taken in their order."""
        future, begin = self.prepare(task, *args)
        begin()
        return future

    def prepare(self, task: Callable[..., Any], *args: Any) -> tuple[Future[Any], Callable[[], None]]:
        """The result of a task, and what submits it."""
        future: Future[Any] = Future()
        return future, partial(self._begin, future, task, args)

    def close(self) -> None:
        """Let the threads end when the tasks at hand are done."""
        with self._lock:
            self._names.clear()
            for _ in range(self._begun):
                self._tasks.put(None)

    def _begin(self, future: Future[Any], task: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self._tasks.put((future, task, args))
        with self._lock:
            if self._names:
                threading.Thread(target=self._work, name=self._names.popleft(), daemon=True).start()
                self._begun += 1

    def _work(self) -> None:
        while (entry := self._tasks.get()) is not None:
            future, task, args = entry
            _run(future, task, *args)


def _run(future: Future[Any], task: Callable[..., Any], *args: Any) -> None:
    try:
        result = task(*args)
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever asks for the result
        future.set_exception(error)
    else:
        future.set_result(result)
