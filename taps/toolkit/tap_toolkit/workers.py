"""Threads that take tasks in the order in which they come, account by account."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")
_Entry = tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]


def to_the_end(task: Callable[[], T]) -> T:
    """The result of a task that an ending process waits for, though it may have been begun by a daemon thread."""
    future: Future[T] = Future()
    threading.Thread(target=_run, args=(future, task), daemon=False).start()
    return future.result()


class Workers:
    """A fixed number of daemon threads, so that a fatal error ends the process at once, whatever they wait for.

    Tasks of one account are taken in the order in which they come. Of several accounts the one with the fewest under
    way is served first: one that may be asked once a second would else hold all threads, waiting, while others may be
    asked.
    """

    def __init__(self, count: int, name: str) -> None:
        self._names = deque(f"{name}-{number}" for number in range(count))
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[_Entry]] = {}
        self._under_way: Counter[str] = Counter()
        self._closed = False

    def submit(self, task: Callable[..., T], *args: Any, account: str = "") -> Future[T]:
        """Run ``task(*args)`` in one of the threads, which begin as tasks come."""
        future, begin = self.prepare(task, *args, account=account)
        begin()
        return future

    def prepare(self, task: Callable[..., T], *args: Any, account: str = "") -> tuple[Future[T], Callable[[], None]]:
        """The result of a task, and what submits it; one that is cancelled before it begins never does."""
        future: Future[T] = Future()
        return future, partial(self._begin, account, (future, task, args))

    def close(self) -> None:
        """Let the threads end when the tasks at hand are done."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _begin(self, account: str, entry: _Entry) -> None:
        with self._changed:
            self._waiting.setdefault(account, deque()).append(entry)
            self._changed.notify()
            if self._names:
                threading.Thread(target=self._work, name=self._names.popleft(), daemon=True).start()

    def _work(self) -> None:
        while taken := self._taken():
            account, (future, task, args) = taken
            _run(future, task, *args)
            with self._changed:
                self._under_way[account] -= 1

    def _taken(self) -> tuple[str, _Entry] | None:
        with self._changed:
            while not self._waiting:
                if self._closed:
                    return None
                self._changed.wait()
            account = min(self._waiting, key=self._under_way.__getitem__)
            tasks = self._waiting.pop(account)
            entry = tasks.popleft()
            if tasks:
                self._waiting[account] = tasks  # behind the others
            self._under_way[account] += 1
            return account, entry


def _run(future: Future[Any], task: Callable[..., Any], *args: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        result = task(*args)
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever asks for the result
        future.set_exception(error)
    else:
        future.set_result(result)
