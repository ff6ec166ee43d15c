"""Threads that take tasks: in order, fairly between accounts, and not what nobody wants any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tap_toolkit.workers import Workers


@pytest.fixture
def two() -> Iterator[Workers]:
    workers = Workers(2, "worker")
    yield workers
    workers.close()


def held(gate: threading.Semaphore) -> None:
    assert gate.acquire(timeout=60)


def test_an_account_that_is_slow_takes_no_threads_from_others(two: Workers) -> None:
    gate, order = threading.Semaphore(0), list[str]()
    slow = [two.submit(held, gate, account="slow") for _ in range(2)]
    slow += [two.submit(order.append, "slow", account="slow")]
    rest = [two.submit(order.append, name, account=name) for name in ("a", "b", "a")]
    assert not any(task.done() for task in rest), "both threads are the slow account's"
    gate.release()
    for task in rest:
        task.result(60)
    assert order[:3] == ["a", "b", "a"], "one thread is the slow account's, and the other serves those in turn"
    gate.release()
    for task in slow:
        task.result(60)


def test_tasks_of_an_account_are_taken_in_their_order(two: Workers) -> None:
    gate, order = threading.Semaphore(0), list[int]()
    two.submit(held, gate)
    tasks = [two.submit(order.append, number) for number in range(20)]
    for task in tasks:
        task.result(60)
    gate.release()
    assert order == list(range(20))


def test_a_cancelled_task_never_begins_and_those_behind_it_do(two: Workers) -> None:
    gate, order = threading.Semaphore(0), list[str]()
    for _ in range(2):
        two.submit(held, gate)
    unwanted, wanted = two.submit(order.append, "unwanted"), two.submit(order.append, "wanted")
    assert unwanted.cancel()
    gate.release(2)
    wanted.result(60)
    assert order == ["wanted"]
