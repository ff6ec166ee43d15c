"""Windows, accounts, pages and detail batches side by side; results in order.

Readers (threads) walk the listings of several windows at once; callers (threads) fetch the detail batches that the
readers find. Neither touches state or stdout: the main thread takes what is ready from the *first unfinished* window of
each account, so that one account's rows always come in the same order, with one thread or with many.

Several streams may be read at once (:mod:`tap_toolkit.ahead`), and one is written. Nothing waits for itself: windows
are taken in the order in which they will be written, only those that are not next wait for room, and calls wait for no
calls; so the next window to be written has always been taken, and goes on.
"""

from __future__ import annotations

import contextlib
import queue
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

from tap_toolkit.answers import Row, Rows
from tap_toolkit.errors import SkipAccount, TapError
from tap_toolkit.http import ApiClient, Call, Meter, Params
from tap_toolkit.room import Packed, Room
from tap_toolkit.sources import Batch, Source
from tap_toolkit.typed import TypedRows
from tap_toolkit.windows import Window
from tap_toolkit.workers import Workers

T = TypeVar("T")


class CancelledError(Exception):
    """The account was given up while this call was waiting its turn."""


@dataclass(slots=True, eq=False)
class Job:
    """One window of one account on its way. ``window`` is None for a stream without time.

    Of its rows that wait, ``held`` are kept back by its source, and those in ``out`` can be written.
    """

    account: str
    window: Window | None
    meter: Meter = field(default_factory=Meter)
    started_at: datetime | None = None
    total: int | None = None
    held: int = 0
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
    """The threads of one tap, shared by its streams, and what waits to be written."""

    def __init__(self, client: ApiClient, concurrency: int, *, windows_at_once: int = 0) -> None:
        self.client = client
        self.readers = Workers(max(concurrency, windows_at_once), "reader")
        self.callers = Workers(concurrency, "caller")
        self.room = Room()
        self._refused: dict[str, SkipAccount] = {}

    def close(self) -> None:
        """Stop the threads."""
        self.readers.close()
        self.callers.close()

    @contextlib.contextmanager
    def asking_for(self, account: str) -> Iterator[None]:
        """Raise for an account what was raised when it was refused: whoever comes later need not ask."""
        if refused := self._refused.get(account):
            raise refused
        try:
            yield
        except SkipAccount as refused:
            self._refused[account] = refused
            raise

    def read(
        self,
        source: Source,
        plan: Mapping[str, Sequence[Window | None]],
        *,
        pad: timedelta,
        zone: Callable[[str], tzinfo] = lambda account: UTC,
        typed: TypedRows | None = None,
    ) -> Reading:
        """Begin to read windows of accounts; the windows of an account come out in the order given.

        Rows may be ``typed``, where the source says what it reads.
        """
        return Reading(source, plan, pad, zone, self, typed)


class Reading:
    """One stream being read. Iterate over :meth:`events` in the main thread."""

    def __init__(
        self,
        source: Source,
        plan: Mapping[str, Sequence[Window | None]],
        pad: timedelta,
        zone: Callable[[str], tzinfo],
        fetcher: Fetcher,
        typed: TypedRows | None,
    ) -> None:
        self.source, self.pad, self.zone, self.fetcher, self.typed = source, pad, zone, fetcher, typed
        self._ready: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._room = fetcher.room
        self._written = False
        self._queues = {account: deque(Job(account, w) for w in plan[account]) for account in plan}
        with self._room.changed:
            self._room.windows += sum(map(len, self._queues.values()))
        # First windows first, so that every account's next window to write is always under way.
        rounds = max((len(jobs) for jobs in self._queues.values()), default=0)
        for number in range(rounds):
            for jobs in [list(q) for q in self._queues.values()]:
                if number < len(jobs):
                    fetcher.readers.submit(self._read, jobs[number])

    def events(self) -> Iterator[Arrived | Finished]:
        """What happened, in the order of each account's windows, until every window is over."""
        with self._room.changed:
            self._written = True
            self._room.changed.notify_all()
        while any(self._queues.values()):
            account = self._ready.get()
            jobs = self._queues[account]
            while jobs and (event := self._next(jobs[0])) is not None:
                if isinstance(event, Finished):
                    with self._room.changed:
                        jobs.popleft()
                        self._room.windows -= 1
                        self._room.changed.notify_all()
                yield event

    def give_up(self, account: str) -> list[Job]:
        """Read no more of this account; returns the windows that were left."""
        with self._room.changed:
            jobs = self._queues.get(account, deque())
            left = list(jobs)
            for job in left:
                self._cancel(job)
            self._room.windows -= len(left)
            jobs.clear()
        return left

    def _next(self, job: Job) -> Arrived | Finished | None:
        """The first thing of this job that is ready."""
        if job.out:
            batch = job.out[0]
            if isinstance(batch.rows, Future) and not batch.rows.done():
                return None
            job.out.popleft()
            with self._room.changed:
                self._room.rows -= batch.size
                if not self._room.full:
                    self._room.changed.notify_all()
            if isinstance(batch.rows, Future) and (error := batch.rows.exception()):
                return self._failed(job, error)
            return Arrived(job, batch.taken())
        if not job.ended:
            return None
        return self._failed(job, job.error) if job.error else Finished(job, None)

    def _failed(self, job: Job, error: BaseException) -> Finished:
        with self._room.changed:
            self._cancel(job)
        if not isinstance(error, TapError):
            raise error
        return Finished(job, error)

    def _cancel(self, job: Job) -> None:
        job.cancelled = True
        self._room.rows -= sum(batch.size for batch in job.out)
        job.out.clear()
        self._room.changed.notify_all()

    # In a reader's thread.

    def _read(self, job: Job) -> None:
        job.started_at = datetime.now(UTC)
        scope = JobScope(self, job)
        try:
            if not job.cancelled:
                with self.fetcher.asking_for(job.account):
                    for batch in self.source.read(scope):
                        self._put(job, batch)
        except CancelledError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            job.error = error
        finally:
            scope.begin_followers()
            self._hold(job, -job.held)
            job.ended = True
            self._ready.put(job.account)

    def _put(self, job: Job, batch: Batch) -> None:
        with self._room.changed:
            if job.cancelled:
                raise CancelledError
            self._hold(job, -min(job.held, batch.size))
            self._room.rows += batch.size
            job.out.append(batch)
        if isinstance(batch.rows, Future):
            batch.rows.add_done_callback(lambda _: self._ready.put(job.account))
        else:
            self._ready.put(job.account)

    def wait_for_room(self, job: Job, pausing: Callable[[], None]) -> None:
        """Block a reader while too many rows wait, unless its window is the next to be written.

        ``pausing`` is called before it waits.
        """
        with self._room.changed:
            while self._room.full and not (job.cancelled or self._is_next(job)):
                pausing()
                self._room.changed.wait()
            if job.cancelled:
                raise CancelledError

    def keep(self, job: Job, rows: Rows) -> Batch:
        """Count rows that the source keeps back for now, and pack them where room is scarce."""
        batch = Batch(len(rows), rows)
        if self._room.scarce and not self._is_next(job):
            packed = Packed(rows)
            batch = Batch(packed.size, packed)
        self._hold(job, batch.size)
        return batch

    def _is_next(self, job: Job) -> bool:
        """Whether it is the window of its account that is written next."""
        jobs = self._queues[job.account]
        return self._written and bool(jobs) and jobs[0] is job

    def _hold(self, job: Job, rows: int) -> None:
        with self._room.changed:
            self._room.rows += rows
            job.held += rows
            if rows < 0:
                self._room.changed.notify_all()


class JobScope:
    """What a source sees of its job."""

    def __init__(self, reading: Reading, job: Job) -> None:
        self._reading, self._job = reading, job
        self.account, self.window, self.pad = job.account, job.window, reading.pad
        self._followers: deque[Callable[[], None]] = deque()

    @property
    def zone(self) -> tzinfo:
        """The account's time zone."""
        return self._reading.zone(self.account)

    def ask(
        self,
        path: str,
        params: Params,
        body: Mapping[str, Any] | None = None,
        *,
        reads: Sequence[str] = (),
        page: bool = False,
    ) -> Any:
        """The decoded answer of one call for this account."""
        if self._job.cancelled:
            raise CancelledError
        call = Call(path, self.account, params, body, page=self.begin_followers if page else None)
        client, typed = self._reading.fetcher.client, self._reading.typed
        if typed and reads and client.refusal_fields:
            inside = f"{client.payload_field}." if client.payload_field else ""
            call = replace(call, read=typed.decoder(*(inside + path for path in reads), *client.refusal_fields))
        return client.call(call, self._job.meter)

    def submit(self, task: Callable[..., T], *args: Any) -> Future[T]:
        """Run a task among the callers."""
        return self._reading.fetcher.callers.submit(task, *args, account=self.account)

    def follow(self, task: Callable[..., Rows], *args: Any) -> Future[Rows]:
        """Run a task among the callers, after the job's next page."""
        future, begin = self._reading.fetcher.callers.prepare(task, *args, account=self.account)
        self._followers.append(begin)
        return future

    def begin_followers(self) -> None:
        """Let the tasks go that waited for a page to go first. Only the job's reader may call it."""
        while self._followers:
            self._followers.popleft()()

    def wait_for_room(self) -> None:
        """Block while too many rows wait to be written."""
        self._reading.wait_for_room(self._job, self.begin_followers)

    def keep(self, rows: Rows) -> Batch:
        """Rows for later, counted among those that wait, and perhaps packed."""
        return self._reading.keep(self._job, rows)

    def reject(self, row: Row, reason: str) -> None:
        """Keep a row that cannot be used, with its reason."""
        self._job.rejected.append((row, reason))

    def expect(self, total: int) -> None:
        """Note the platform's own count; a window that was halved keeps the whole's."""
        self._job.total = max(total, self._job.total or 0)
