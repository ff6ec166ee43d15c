"""The tap's own account of what it did: two ordinary streams, loaded beside the data.

``sync_windows`` has a row for each window of each account and stream; ``rejected_records`` keeps, whole but for
personal data, what could not be used.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk import Stream

from tap_toolkit.fetch import Job
from tap_toolkit.streams import read_schema
from tap_toolkit.windows import iso

if TYPE_CHECKING:
    from singer_sdk import Tap

#: The streams that every tap has beside its own.
LEDGER = ("sync_windows", "rejected_records")
_ENCODE = msgspec.json.Encoder(order="deterministic", decimal_format="number").encode


class LedgerStream(Stream):
    """A stream whose records the tap makes itself, while it reads the others."""

    def __init__(self, tap: Tap, name: str, primary_keys: tuple[str, ...]) -> None:
        super().__init__(tap, schema=read_schema("tap_toolkit", name), name=name)
        self.primary_keys = primary_keys
        self._announced = False

    def get_records(self, context: Mapping[str, Any] | None) -> Iterable[dict[str, Any]]:
        """Nothing: the records were written while other streams were read."""
        return ()

    def get_replication_key_signpost(self, context: Mapping[str, Any] | None = None) -> None:
        """None: this stream has no bookmark."""

    def _write_schema_message(self) -> None:
        """Announce the schema once, before the first record."""
        if not self._announced:
            self._announced = True
            super()._write_schema_message()

    def write(self, record: dict[str, Any]) -> None:
        """Write a record now, if the stream is selected."""
        if self.selected:
            self._write_schema_message()
            self._write_record_message(record)


class Ledger:
    """Writes the two ledger streams of one run."""

    def __init__(self, tap: Tap) -> None:
        self.began = datetime.now(UTC)
        self.run_id = f"{self.began:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
        keys = ("run_id", "stream", "account_id", "window_start")
        self.windows = LedgerStream(tap, LEDGER[0], keys)
        self.rejections = LedgerStream(tap, LEDGER[1], ("stream", "account_id", "record_hash"))

    def window(self, stream: str, job: Job, *, status: str, rows: int, rejected: int, error: str | None = None) -> None:
        """Record how one window of one account went: ``status`` is done, gap or skipped."""
        began = iso(self.began)
        self.windows.write(
            {
                "run_id": self.run_id,
                "stream": stream,
                "account_id": job.account,
                "window_start": iso(job.window.start) if job.window else began,
                "window_end": iso(job.window.end) if job.window else began,
                "status": status,
                "rows": rows,
                "rejected": rejected,
                "platform_total": job.total,
                "requests": job.meter.requests,
                "retries": job.meter.retries,
                "seconds_throttled": round(job.meter.throttled, 3),
                "started_at": iso(job.started_at or self.began),
                "finished_at": iso(datetime.now(UTC)),
                "error": error,
            }
        )

    def reject(self, stream: str, job: Job, record: Mapping[str, Any], reason: str) -> None:
        """Keep a record that could not be used; ``record`` is already without personal data."""
        self.rejections.write(
            {
                "stream": stream,
                "account_id": job.account,
                "record_hash": hashlib.sha256(_ENCODE(record)).hexdigest(),
                "run_id": self.run_id,
                "window_start": iso(job.window.start if job.window else self.began),
                "reason": reason,
                "record": record,
                "rejected_at": iso(datetime.now(UTC)),
            }
        )
