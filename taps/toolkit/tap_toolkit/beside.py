"""Calls of one window that do not hang on one another: on their way at once, their results one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import tzinfo
from functools import partial
from typing import Any, TypeVar

from tap_toolkit.answers import Row
from tap_toolkit.http import Params
from tap_toolkit.sources import Scope

# Tasks of one window that may run ahead of whoever reads their results.
_AHEAD = 16

T = TypeVar("T")
R = TypeVar("R")


def beside(
    scope: Scope, task: Callable[[Scope, T], R], of: Iterable[T], *, ahead: int = _AHEAD
) -> Iterator[tuple[T, R]]:
    """Each thing with what a task found of it, in the order of the things; up to ``ahead`` more are on their way.

    For the reader of the window alone: tasks must not wait for tasks. What fails is raised in its turn, and tasks that
    have not begun by then never do. A result is counted among the rows that wait only when it is kept: ``ahead``
    should be small where results are large.
    """
    pending: deque[tuple[T, _Aside, Future[R]]] = deque()
    try:
        for thing in of:
            scope.wait_for_room()
            aside = _Aside(scope)
            pending.append((thing, aside, scope.submit(task, aside, thing)))
            if len(pending) > ahead:
                yield _first(pending)
        while pending:
            yield _first(pending)
    finally:
        for _, _, future in pending:
            future.cancel()


def _first(pending: deque[tuple[T, _Aside, Future[R]]]) -> tuple[T, R]:
    thing, aside, future = pending.popleft()
    try:
        return thing, future.result()
    finally:
        aside.tell()


class _Aside:
    """What a task sees of its window's scope. It waits for no room, for calls must not wait for one another.

    What it rejects and expects is told in its turn: the same, in the same order, however many tasks there are at once.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._told: list[Callable[[], None]] = []
        self.account, self.window, self.pad = scope.account, scope.window, scope.pad
        self.submit, self.follow, self.keep = scope.submit, scope.follow, scope.keep

    @property
    def zone(self) -> tzinfo:
        """The account's time zone."""
        return self._scope.zone

    def ask(
        self,
        path: str,
        params: Params,
        body: Mapping[str, Any] | None = None,
        *,
        reads: Sequence[str] = (),
        page: bool = False,
    ) -> Any:
        """The decoded answer of a call, which goes before no other, whatever it is of."""
        return self._scope.ask(path, params, body, reads=reads)

    def wait_for_room(self) -> None:
        """Nothing: whoever began the task has waited."""

    def reject(self, row: Row, reason: str) -> None:
        """Reject a row when it is the task's turn."""
        self._told.append(partial(self._scope.reject, row, reason))

    def expect(self, total: int) -> None:
        """Note a total when it is the task's turn."""
        self._told.append(partial(self._scope.expect, total))

    def tell(self) -> None:
        """What the task had to tell."""
        for told in self._told:
            told()
