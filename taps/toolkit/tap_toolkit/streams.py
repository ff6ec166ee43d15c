"""A stream as a table of facts about one endpoint, and the reading that all streams share."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING, Any, ClassVar, cast

from singer_sdk import Stream
from singer_sdk.mapper import SameRecordTransform

from tap_toolkit.ahead import Begun
from tap_toolkit.answers import Row, Rows, TypedRow
from tap_toolkit.errors import Fatal, SkipAccount, SkipStream, TapError
from tap_toolkit.fetch import Arrived, Finished, Job
from tap_toolkit.privacy import published, scrubber
from tap_toolkit.records import EXTRA, Converter, Record, UnusableError
from tap_toolkit.sources import Source
from tap_toolkit.state import StreamState
from tap_toolkit.typed import TypedRows, typed_rows
from tap_toolkit.windows import Window, Windows, iso
from tap_toolkit.writer import BufferedWriter

if TYPE_CHECKING:
    from tap_toolkit.tap import PlatformTap

# Windows that fail one after the other before an account is left alone for this run.
_PATIENCE = 3
_LOG_EVERY_SECONDS = 5.0


class PlatformStream(Stream):
    """One stream of a platform.

    A subclass is a declaration: ``name``, ``keys``, ``source``, and for incremental streams ``cursor`` (the field that
    moves when a row changes) and ``windows``; ``local_days`` where its rows need the account's time zone. Its
    schema is ``schemas/<name>.json`` of the tap's package.
    """

    keys: ClassVar[tuple[str, ...]]
    cursor: ClassVar[str | None] = None
    windows: Windows | None = None
    source: ClassVar[Source]
    account_field: ClassVar[str]
    local_days: ClassVar[bool] = False

    def __init__(self, tap: PlatformTap) -> None:
        self.tap = tap
        #: Names of unknown fields that were left out because they are a person's.
        self.personal: set[str] = set()
        self._full_schema = self.full_schema()
        super().__init__(tap, schema=published(self._full_schema))
        self.primary_keys = self.keys
        self.replication_key = self.cursor

    @classmethod
    def full_schema(cls) -> dict[str, Any]:
        """The schema with what is not published; overridden where a stream has no file of its own."""
        return read_schema(cls.__module__.partition(".")[0], cls.name)

    def prepare(self, row: Row, account: str) -> Row:
        """The row as the schema names its fields; overridden where the platform's own names will not do."""
        row[self.account_field] = self.tap.account_value(account)
        return row

    def converter(self) -> Converter:
        """What makes records of prepared rows."""
        salt = self.tap.config.get("pii_salt") or ""
        return Converter(self._full_schema, keys=self.keys, salt=salt, on_personal=self.personal.add)

    def plan(self, account: str, state: StreamState) -> Sequence[Window | None]:
        """The windows to read for an account; raises what asking for its time zone may raise."""
        tap = self.tap
        # Only days need the zone, which may cost a call.
        counts_days = self.local_days or (self.windows is not None and self.windows.period is not None)
        zone = tap.zone(account) if counts_days else UTC
        if self.windows is None:
            return [None]
        covered = state.covered(account) if self.replication_method == "INCREMENTAL" else ()
        return self.windows.plan(start=tap.start, now=tap.now, end=tap.end, covered=covered, zone=zone)

    def begin(self) -> Begun:
        """Plan what is to be read of each account, and begin to read it. Any thread may do so, ahead of the turn."""
        tap, state = self.tap, StreamState(self.name, cast(dict[str, Any], self.tap.state))
        plan: dict[str, Sequence[Window | None]] = {}
        refused: dict[str, TapError] = {}
        for account in tap.accounts:
            if account in tap.dead:
                continue
            try:
                with tap.fetcher.asking_for(account):
                    plan[account] = self.plan(account, state)
            except TapError as error:
                refused[account] = error
        pad = self.windows.pad if self.windows else timedelta(0)
        as_sent = type(self).prepare is PlatformStream.prepare
        typed = typed_rows(self._full_schema, self.converter()) if as_sent else None
        return Begun(tap.fetcher.read(self.source, plan, pad=pad, zone=tap.zone, typed=typed), plan, refused)

    def log(self, message: str, *args: Any, **more: Any) -> None:
        """Write to the log, unless it is of an error that says itself what is wrong, once, at the end of the run."""
        if not isinstance(sys.exception(), TapError):
            super().log(message, *args, **more)

    def get_replication_key_signpost(self, context: Mapping[str, Any] | None = None) -> None:
        """None: bookmarks come from the windows asked for, which never reach past the moment the sync began."""

    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[Record]:
        """The records of all accounts, in order within each; windows, state and ledger are kept on the way."""
        return _Sync(self, write=False).run()

    def _sync_records(
        self, context: Mapping[str, Any] | None = None, *, write_messages: bool = True
    ) -> Generator[Record, None, None]:
        """Read everything; yields the records only where someone else writes them (BATCH)."""
        yield from _Sync(self, write=write_messages).run()


def schema_of(properties: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON schema of a stream that has no file: its fields, and a place for those that it does not know."""
    note = "Fields the platform sent that this schema does not know yet."
    rest = {"type": ["object", "null"], "properties": {}, "additionalProperties": True, "description": note}
    return {"type": "object", "properties": {**properties, EXTRA: rest}}


def read_schema(package: str, name: str) -> dict[str, Any]:
    """The JSON schema ``schemas/<name>.json`` of a package."""
    text = resources.files(package).joinpath(f"schemas/{name}.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


class _Sync:
    """One stream's pass over all its accounts."""

    def __init__(self, stream: PlatformStream, *, write: bool) -> None:
        self.stream, self.tap, self.write = stream, stream.tap, write
        self.now = stream.tap.now  # asked for here first, in the main thread, and the same for all
        self.state = StreamState(stream.name, cast(dict[str, Any], self.tap.state))
        salt = self.tap.config.get("pii_salt") or ""
        self.convert = stream.converter()
        self.typed: TypedRows | None = None
        self.scrub = scrubber(stream._full_schema, salt, stream.personal.add)
        self.rows: Counter[Job] = Counter()
        self.rejected: Counter[Job] = Counter()
        self.failures: Counter[str] = Counter()
        self.progress = Counter[str]()
        self.logged_at = time.monotonic()

    def run(self) -> Iterator[Record]:
        stream, tap = self.stream, self.tap
        kept = stream.windows.retention if stream.windows else None
        if kept is not None and tap.start < self.now - kept:
            stream.logger.warning(
                "%s: the platform keeps %d days: nothing before %s can be read, whatever start_date says.",
                stream.name,
                kept.days,
                iso(self.now - kept),
            )
        reading, plan, refused = tap.ahead.begun(stream)
        self.typed = reading.typed
        for account in tap.accounts:
            if reason := tap.dead.get(account):
                reading.give_up(account)
                self._skipped(Job(account, None), reason)
            elif isinstance(error := refused.get(account), Fatal):
                raise error
            elif error:
                self._account_failed(account, error, [Job(account, None)])
        self.progress["windows"] = sum(len(windows) for account, windows in plan.items() if account not in tap.dead)
        for event in reading.events():
            if isinstance(event, Arrived):
                yield from self._arrived(event.job, event.rows)
                continue
            if isinstance(event.error, Fatal) and not tap.has_written:
                raise event.error  # a mistake in the settings: nothing is written, not even the ledger
            self._finish(event)
            if isinstance(event.error, Fatal):
                raise event.error
            account = event.job.account
            self.failures[account] = self.failures[account] + 1 if event.error else 0
            if isinstance(event.error, (SkipAccount, SkipStream)) or self.failures[account] >= _PATIENCE:
                self._account_failed(account, event.error, reading.give_up(account))
        self._log(final=True)
        for name in sorted(stream.personal):
            stream.logger.warning("%s: left out the unknown field %r, whose name is a person's", stream.name, name)

    def _arrived(self, job: Job, rows: Rows) -> Iterator[Record]:
        stream = self.stream
        self.tap.has_written = True
        fast = _fast_writer(stream) if self.write else None
        extracted = f',"time_extracted":"{datetime.now(UTC).isoformat()}"}}\n'.encode()
        edges = self._edges(job)
        cursor, typed = stream.cursor, self.typed if fast else None
        own, account = stream.account_field, self.tap.account_value(job.account)
        for row in rows:
            record: Record | TypedRow
            try:
                if typed and isinstance(row, TypedRow):
                    setattr(row, own, account)
                    record = typed.record(row)
                    moment = getattr(record, cursor) if cursor else None
                else:
                    prepared = stream.prepare(row, job.account)
                    record = self.convert(prepared.plain() if isinstance(prepared, TypedRow) else prepared)
                    moment = record.get(cursor) if cursor else None
            except UnusableError as error:
                self._reject(job, row, str(error))
                continue
            if moment in edges:
                continue
            self.rows[job] += 1
            if fast:
                fast[0].write_record(fast[1], record, extracted)
            elif self.write:
                stream._write_record_message(cast(Record, record))
            else:
                yield cast(Record, record)
        self._log()

    def _edges(self, job: Job) -> frozenset[str]:
        """Instants asked for besides the window, whose rows belong to the windows before and after it."""
        windows = self.stream.windows
        if windows is None or job.window is None or not windows.pad:
            return frozenset()
        return frozenset({iso(job.window.start - windows.pad), iso(job.window.end)})

    def _finish(self, event: Finished) -> None:
        job, error = event.job, event.error
        while job.rejected:
            row, reason = job.rejected.popleft()
            self._reject(job, self.stream.prepare(row, job.account), reason)
        status = "done" if error is None else "gap"
        if isinstance(error, (SkipAccount, SkipStream, Fatal)):
            status = "skipped"
        self._account_for(job, status, error)
        if job.window is not None:
            if error is None:
                self.state.finish(job.account, job.window)
            else:
                self.state.reopen(job.account, job.window)
        if status == "gap":
            span = f" {job.window}" if job.window else ""
            self.tap.gap(f"{self.stream.name} of {self.tap.account_name} {job.account}{span}: {error}")
        if self.write:
            self.tap.state_writer.write_state(self.tap.state)

    def _account_failed(self, account: str, error: TapError | None, left: Sequence[Job]) -> None:
        reason = str(error)
        if isinstance(error, SkipAccount):
            self.tap.dead[account] = reason
            self.tap.ahead.give_up(account)
            self.tap.gap(f"{self.tap.account_name} {account} was skipped: {reason}")
        elif isinstance(error, SkipStream):
            self.tap.gap(f"{self.stream.name} of {self.tap.account_name} {account} was skipped: {reason}")
        else:
            self.tap.gap(f"the rest of {self.stream.name} of {self.tap.account_name} {account}: {reason}")
        for job in left:
            self._skipped(job, reason)

    def _skipped(self, job: Job, reason: str) -> None:
        if job.window is not None:
            self.state.reopen(job.account, job.window)
        self._account_for(job, "skipped", reason)

    def _account_for(self, job: Job, status: str, error: object) -> None:
        self.tap.ledger.window(
            self.stream.name,
            job,
            status=status,
            rows=self.rows[job],
            rejected=self.rejected[job],
            error=str(error) if error else None,
        )
        self.progress["done"] += 1
        self.progress["rows"] += self.rows.pop(job, 0)
        self.progress["rejected"] += self.rejected.pop(job, 0)
        self.progress["requests"] += job.meter.requests
        self.progress["milliseconds"] += round(job.meter.throttled * 1000)

    def _reject(self, job: Job, row: Row, reason: str) -> None:
        row = row.plain() if isinstance(row, TypedRow) else row
        self.rejected[job] += 1
        self.stream.logger.warning("%s: kept a record in rejected_records: %s", self.stream.name, reason)
        self.tap.ledger.reject(self.stream.name, job, self.scrub(row), reason)

    def _log(self, *, final: bool = False) -> None:
        now = time.monotonic()
        if not final and now - self.logged_at < _LOG_EVERY_SECONDS:
            return
        self.logged_at = now
        seen = self.progress
        facts = {
            "windows_done": seen["done"],
            "windows_left": max(0, seen["windows"] - seen["done"]),
            "rows": seen["rows"] + sum(self.rows.values()),
            "rejected": seen["rejected"] + sum(self.rejected.values()),
            "requests": seen["requests"] + sum(job.meter.requests for job in self.rows),
            "seconds_throttled": round(seen["milliseconds"] / 1000 + sum(job.meter.throttled for job in self.rows), 1),
        }
        text = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.items())
        self.stream.logger.info("%s: %s", self.stream.name, text, extra={"progress": facts})


def _fast_writer(stream: PlatformStream) -> tuple[BufferedWriter, bytes] | None:
    """The writer and the head of a RECORD line, where nothing stands between a record and its line."""
    writer = stream.tap.message_writer
    maps = stream.stream_maps
    plain = (
        isinstance(writer, BufferedWriter)
        and len(maps) == 1
        and type(maps[0]) is SameRecordTransform
        and not maps[0].flattening_enabled
        and stream._stream_version is None
        and all(stream.mask.values())
    )
    if not plain or not isinstance(writer, BufferedWriter):
        return None
    return writer, f'{{"type":"RECORD","stream":{json.dumps(stream.name)},"record":'.encode()
