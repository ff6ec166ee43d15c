"""One stream: its table, its codec, and the batch file that is being written."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from gzip import open as gzip_open
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
from singer_sdk import Sink
from singer_sdk.helpers._batch import BaseBatchFileEncoding, StorageTarget
from singer_sdk.sinks.core import BaseJSONSchemaValidator

from talat_warehouse.codec import Codec, UnknownFieldsError
from talat_warehouse.engine import Batch, Table
from talat_warehouse.errors import BadRecordError, WarehouseError
from talat_warehouse.kinds import METADATA, Kind, column_names, kind_of, widened
from talat_warehouse.reader import encode_exact

if TYPE_CHECKING:
    from talat_warehouse.target import WarehouseTarget

_WRITE_AT = 1 << 20  # bytes of lines held before they go to the file
_FULL_AT = 32 << 20  # bytes of a batch file, whatever its rows

_sequence = 0
_batch_numbers = count(1)


def next_sequence() -> int:
    """The time of reading in microseconds since 1970, made strictly increasing."""
    global _sequence
    _sequence = max(_sequence + 1, time.time_ns() // 1000)
    return _sequence


class WarehouseSink(Sink):
    """Writes records to a file and has full files loaded in the background. Used by one thread."""

    def __init__(
        self, target: WarehouseTarget, stream_name: str, schema: dict[str, Any], key_properties: Sequence[str] | None
    ) -> None:
        """Work out the table; raises WarehouseError for keys or names that no table can have."""
        super().__init__(target, stream_name, schema, key_properties)
        self._engine = target.engine
        self._background = target.background
        self._load_timer = self.get_batch_processing_timer()
        self._kinds = {n: kind_of(s) for n, s in schema["properties"].items() if n not in METADATA}
        for key in self.key_properties:
            if self._kinds.get(key, Kind.JSON) is Kind.JSON:
                raise WarehouseError(
                    f"Stream '{stream_name}': its key '{key}' is not a text, number, date or boolean property of "
                    "its schema; correct key_properties or the schema in the tap."
                )
        names = column_names(self._kinds)
        self.table = Table(
            *target.place(stream_name),
            columns={names[name]: kind for name, kind in self._kinds.items()},
            keys=tuple(names[key] for key in self.key_properties),
        )
        self._directory = target.directory
        self._begin()

    def _begin(self) -> None:
        """Start an empty batch."""
        self._number = next(_batch_numbers)
        self._path = self._directory / f"{self._number}.jsonl"
        self._lines = bytearray()
        self._rows = self._bytes = self._longest = 0

    # What the SDK would do to schema and records, this package does in its own way.

    @property
    def include_sdc_metadata_properties(self) -> bool:
        """False: the metadata columns are added by the engine."""
        return False

    def _remove_sdc_metadata_from_schema(self) -> None:
        """Leave the schema alone: the SDK compares this very object with the next SCHEMA."""

    def get_validator(self) -> BaseJSONSchemaValidator | None:
        """A validator that does not quote the record; none unless `validate_records` is set."""
        return Validator(self.stream_name, self.schema) if self.config.get("validate_records") else None

    def validate(self, record: dict[str, Any]) -> None:
        """Check a record against its JSON schema, where that is asked for."""
        if self._validator is not None:
            self._validator.validate(record)

    # The table

    def prepare(self) -> None:
        """Make the table fit the schema: create it, add columns, widen types."""
        self._background.wait()
        try:
            present = self._engine.columns(self.table)
            if not present:
                self._engine.create(self.table)
            self._fit({column.lower(): (column, kind) for column, kind in present.items()}, bool(present))
        except WarehouseError as error:
            raise WarehouseError(f"Stream '{self.stream_name}': {error}") from error

    def _fit(self, present: Mapping[str, tuple[str, Kind]], existed: bool) -> None:
        names = column_names(self._kinds)
        missing = {names[n]: k for n, k in self._kinds.items() if existed and names[n].lower() not in present}
        if missing:
            self._engine.add_columns(self.table, missing)
        for name, wanted in self._kinds.items():
            column, current = present.get(names[name].lower(), (names[name], wanted))
            kind = widened(column, current, wanted)
            if kind is not current:
                self.logger.warning("Column '%s' becomes %s.", column, kind.value)
                self._engine.widen(self.table, column, current, kind)
            self._kinds[name] = kind
        self._compile()

    def _compile(self) -> None:
        self._codec = Codec(self.stream_name, self._kinds, self.key_properties, self._engine.json_text)
        columns = {self._codec.columns[name]: kind for name, kind in self._kinds.items()}
        self.table = replace(self.table, columns=columns)

    # Records

    def add(self, raw: bytes | msgspec.Raw, extracted_at: datetime | None = None) -> None:
        """Take one record, as JSON. Raises BadRecordError for one that the table cannot hold exactly."""
        sequence = next_sequence()
        start = len(self._lines)
        try:
            self._codec.write(raw, extracted_at, sequence, self._lines)
        except UnknownFieldsError as unknown:
            self._learn(unknown.names)
            self._codec.write(raw, extracted_at, sequence, self._lines)
        self._rows += 1
        self._longest = max(self._longest, len(self._lines) - start)
        if len(self._lines) >= _WRITE_AT:
            self._write()

    def _learn(self, names: list[str]) -> None:
        """A field that the schema does not name is kept, in a JSON column."""
        self.logger.warning("Fields %s are not in the schema; each is kept in a column of JSON.", names)
        self._kinds.update(dict.fromkeys(names, Kind.JSON))
        self.prepare()

    def _write(self) -> None:
        with self._path.open("ab") as file:
            file.write(self._lines)
        self._bytes += len(self._lines)
        self._lines.clear()

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Take a record that is not JSON yet; the SDK's own way in, which this package's target does not go."""
        self.add(encode_exact(record))

    @property
    def current_size(self) -> int:
        """Rows that wait to be loaded."""
        return self._rows

    @property
    def is_full(self) -> bool:
        """Whether the batch has as many rows, or bytes, as one batch may have."""
        return self._rows >= self.max_size or self._bytes >= _FULL_AT

    @property
    def batch_processing_timer(self) -> Any:
        """Nothing: the SDK would measure how long a load takes to start, and `_load` measures it itself."""
        return nullcontext()

    def process_batch(self, context: dict[str, Any]) -> None:
        """Begin to load what waits, all or nothing, when the load before is done; raises that one's error."""
        self._write()
        batch = Batch(self._path, self._rows, self._longest, datetime.now(UTC), self._number)
        self._background.start(partial(self._load, self.table, batch))
        self._begin()

    def _load(self, table: Table, batch: Batch) -> None:
        try:
            with self._load_timer:
                self._engine.load(table, batch)
        except WarehouseError as error:
            raise WarehouseError(f"Stream '{self.stream_name}': {error}") from error
        batch.path.unlink()
        self.tally_record_read(batch.rows)
        self.record_counter_metric.increment(batch.rows)


class Validator(BaseJSONSchemaValidator):
    """JSON schema, with an error that names the field and the rule and never the value."""

    def __init__(self, stream: str, schema: dict[str, Any]) -> None:
        super().__init__(schema)
        self._stream = stream
        self._validator = jsonschema.validators.validator_for(schema, jsonschema.Draft7Validator)(schema)

    def validate(self, record: dict[str, Any]) -> None:
        """Raise BadRecordError for a record that breaks its schema."""
        error = next(self._validator.iter_errors(record), None)
        if error is not None:
            field = ".".join(str(part) for part in error.absolute_path) or "(the record)"
            raise BadRecordError(self._stream, f"field '{field}' breaks the schema's rule '{error.validator}'")


def batch_file_lines(encoding: BaseBatchFileEncoding, url: str) -> Any:
    """The records of one file of a BATCH message, as raw lines.

    Raises WarehouseError for a format that is not JSON lines, plain or gzip, and for a missing file.
    """
    if encoding.format != "jsonl" or encoding.compression not in (None, "none", "gzip"):
        raise WarehouseError(
            f"a BATCH message has files of format '{encoding.format}' ({encoding.compression}); set the tap's "
            "batch_config to jsonl with gzip or without compression"
        )
    head, tail = StorageTarget.split_url(url)
    try:
        with StorageTarget.from_url(head).open(tail, mode="rb") as file:
            if encoding.compression == "gzip":
                with gzip_open(file) as lines:
                    yield from lines
            else:
                yield from file
    except OSError as error:
        raise WarehouseError(f"the batch file {Path(tail).name} cannot be read ({error.strerror or error})") from error
