"""Windows, accounts, pages and detail batches side by side; results in order.

Readers (threads) walk the listings of several windows at once; callers (threads) fetch the detail batches that the
readers find. Neither touches state or stdout: the main thread takes what is ready from the *first unfinished* window of
each account, so that one account's rows always come in the same order, with one thread or with many.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from tap_toolkit.errors import TapError
from tap_toolkit.http import ApiClient, Call, Meter, Params
from tap_toolkit.sources import Batch, Row, Rows, Source
from tap_toolkit.windows import Window

#: Rows that may wait to be written before readers pause; the first window of each account never does.
ROOM = 20_000


class CancelledError(Exception):
    """The account was given up while this call was waiting its turn."""


class Workers:
    """A fixed number of daemon threads, so that a fatal error ends the process at once, whatever they wait for."""

    def __init__(self, count: int, name: str) -> None:
        self._tasks: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None]
        self._tasks = queue.SimpleQueue()
        self._count = count
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number}", daemon=True).start()

    def submit(self, task: Callable[..., Any], *args: Any) -> Future[Any]:
        """Run ``task(*args)`` in one of the threads."""
        future: Future[Any] = Future()
        self._tasks.put((future, task, args))
        return future

    def close(self) -> None:
        """Let the threads end when the tasks at hand are done."""
        for _ in range(self._count):
            self._tasks.put(None)

    def _work(self) -> None:
        while (entry := self._tasks.get()) is not None:
            future, task, args = entry
            try:
                result = task(*args)
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever asks for the result
                future.set_exception(error)
            else:
                future.set_result(result)


@dataclass(slots=True, eq=False)
class Job:
    """One window of one account on its way. ``window`` is None for a stream without time."""

    account: str
    window: Window | None
    meter: Meter = field(default_factory=Meter)
    started_at: datetime | None = None
    total: int | None = None
    rejected: deque[tuple[Row, str]] = field(default_factory=deque)
    out: deque[Batch] = field(default_factory=deque)
    ended: bool = False
    cancelled: bool = False
    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Rows of a job, in order."""

    job: Job
    rows: Rows


@dataclass(frozen=True, slots=True)
class Finished:
    """A job is over: all its rows have arrived, or ``error`` says why they cannot."""

    job: Job
    error: TapError | None


class Fetcher:
    """The threads of one tap, shared by its streams one after the other."""

    def __init__(self, client: ApiClient, concurrency: int, *, windows_at_once: int = 0) -> None:
        self.client = client
        self._readers = Workers(max(concurrency, windows_at_once), "reader")
        self._callers = Workers(concurrency, "caller")

    def close(self) -> None:
        """Stop the threads."""
        self._readers.close()
        self._callers.close()

    def read(
        self,
        source: Source,
        plan: Mapping[str, Sequence[Window | None]],
        *,
        pad: timedelta,
        zone: Callable[[str], tzinfo] = lambda account: UTC,
    ) -> Reading:
        """Begin to read windows of accounts; the windows of an account come out in the order given."""
        return Reading(source, plan, pad, zone, self.client, self._readers, self._callers)


class Reading:
    """One stream being read. Iterate over :meth:`events` in the main thread."""

    def __init__(
        self,
        source: Source,
        plan: Mapping[str, Sequence[Window | None]],
        pad: timedelta,
        zone: Callable[[str], tzinfo],
        client: ApiClient,
        readers: Workers,
        callers: Workers,
    ) -> None:
        self.source, self.pad, self.zone, self.client, self.callers = source, pad, zone, client, callers
        self._ready: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._room = threading.Condition()
        self.waiting_rows = 0
        self._queues = {account: deque(Job(account, w) for w in plan[account]) for account in plan}
        # First windows first, so that every account's next window to write is always under way.
        rounds = max((len(jobs) for jobs in self._queues.values()), default=0)
        for number in range(rounds):
            for jobs in [list(q) for q in self._queues.values()]:
                if number < len(jobs):
                    readers.submit(self._read, jobs[number])

    def events(self) -> Iterator[Arrived | Finished]:
        """What happened, in the order of each account's windows, until every window is over."""
        while any(self._queues.values()):
            account = self._ready.get()
            jobs = self._queues[account]
            while jobs and (event := self._next(jobs[0])) is not None:
                if isinstance(event, Finished):
                    with self._room:
                        jobs.popleft()
                        self._room.notify_all()
                yield event

    def give_up(self, account: str) -> list[Job]:
        """Read no more of this account; returns the windows that were left."""
        with self._room:
            left = list(self._queues[account])
            for job in left:
                job.cancelled = True
                self.waiting_rows -= sum(batch.size for batch in job.out)
            self._queues[account].clear()
            self._room.notify_all()
        return left

    def _next(self, job: Job) -> Arrived | Finished | None:
        """The first thing of this job that is ready."""
        if job.out:
            weight, item = job.out[0]
            if isinstance(item, Future) and not item.done():
                return None
            job.out.popleft()
            with self._room:
                self.waiting_rows -= weight
                self._room.notify_all()
            if isinstance(item, list):
                return Arrived(job, item)
            if (error := item.exception()) is None:
                return Arrived(job, item.result())
            return self._failed(job, error)
        if not job.ended:
            return None
        return self._failed(job, job.error) if job.error else Finished(job, None)

    def _failed(self, job: Job, error: BaseException) -> Finished:
        with self._room:
            job.cancelled = True
            self.waiting_rows -= sum(batch.size for batch in job.out)
            job.out.clear()
            self._room.notify_all()
        if not isinstance(error, TapError):
            raise error
        return Finished(job, error)

    # In a reader's thread.

    def _read(self, job: Job) -> None:
        job.started_at = datetime.now(UTC)
        try:
            if not job.cancelled:
                for batch in self.source.read(JobScope(self, job)):
                    self._put(job, batch)
        except CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            job.error = error
        finally:
            job.ended = True
            self._ready.put(job.account)

    def _put(self, job: Job, batch: Batch) -> None:
        with self._room:
            if job.cancelled:
                raise CancelledError
            self.waiting_rows += batch.size
            job.out.append(batch)
        if isinstance(batch.rows, list):
            self._ready.put(job.account)
        else:
            batch.rows.add_done_callback(lambda _: self._ready.put(job.account))

    def wait_for_room(self, job: Job) -> None:
        """Block a reader while too many rows wait, unless its window is the next to be written."""
        with self._room:
            while not job.cancelled and self.waiting_rows > ROOM and self._queues[job.account][0] is not job:
                self._room.wait()
            if job.cancelled:
                raise CancelledError


class JobScope:
    """What a source sees of its job."""

    def __init__(self, reading: Reading, job: Job) -> None:
        self._reading, self._job = reading, job
        self.account, self.window, self.pad = job.account, job.window, reading.pad

    @property
    def zone(self) -> tzinfo:
        """The account's time zone."""
        return self._reading.zone(self.account)

    def ask(self, path: str, params: Params, body: Mapping[str, Any] | None = None) -> Any:
        """The decoded answer of one call for this account."""
        if self._job.cancelled:
            raise CancelledError
        return self._reading.client.call(Call(path, self.account, params, body), self._job.meter)

    def submit(self, task: Callable[..., Rows], *args: Any) -> Future[Rows]:
        """Run a task among the callers."""
        return self._reading.callers.submit(task, *args)

    def wait_for_room(self) -> None:
        """Block while too many rows wait to be written."""
        self._reading.wait_for_room(self._job)

    def reject(self, row: Row, reason: str) -> None:
        """Keep a row that cannot be used, with its reason."""
        self._job.rejected.append((row, reason))

    def expect(self, total: int) -> None:
        """Note the platform's own count; a window that was halved keeps the whole's."""
        self._job.total = max(total, self._job.total or 0)
