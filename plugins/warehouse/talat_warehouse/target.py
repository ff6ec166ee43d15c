"""What both targets share: reading messages, and writing STATE only after everything before it is loaded."""

from __future__ import annotations

import copy
import re
import sys
import time
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, ClassVar, NoReturn

from singer_sdk import Sink, Target
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.helpers._batch import BaseBatchFileEncoding
from singer_sdk.helpers.capabilities import CapabilitiesEnum, PluginCapabilities, TargetCapabilities
from singer_sdk.mapper import SameRecordTransform

from talat_warehouse.background import Background
from talat_warehouse.codec import decode_exact
from talat_warehouse.engine import Engine
from talat_warehouse.errors import WarehouseError
from talat_warehouse.kinds import column_name
from talat_warehouse.reader import Reader, RecordLine, encode_exact
from talat_warehouse.sink import WarehouseSink, batch_file_lines

_LAST_SECONDS = 5.0  # for a load to end in order, when a run fails or is stopped


class WarehouseTarget(Target):
    """A Singer target over one engine."""

    default_sink_class = WarehouseSink
    message_reader_class = Reader
    capabilities: ClassVar[list[CapabilitiesEnum]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.BATCH,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.FLATTENING,
        PluginCapabilities.STRUCTURED_LOGGING,
        TargetCapabilities.VALIDATE_RECORDS,
    ]
    #: A STATE is written when the last one was written so long ago, and what the tap sent before it is loaded for that.
    #: What a target that is killed makes the next run read again is no older, but for one load.
    state_seconds: ClassVar[float]

    def __init__(self, **kwargs: Any) -> None:
        """Open the warehouse, so that a wrong setting is known before anything is read.

        Raises WarehouseError where it cannot be opened.
        """
        super().__init__(**kwargs)
        self.max_parallelism = 1  # Streams load one after another, in the background: an engine is one connection.
        self._schemas: dict[str, tuple[Any, Any]] = {}
        self._direct: dict[str, WarehouseSink] = {}
        self._places: dict[tuple[str, str], str] = {}
        self._reset_max_record_age()
        self.engine = self.open_engine()
        self.background = Background()
        self._temporary = TemporaryDirectory(prefix=f"{self.name}-")
        self.directory = Path(self._temporary.name)

    @abstractmethod
    def open_engine(self) -> Engine:
        """Connect to the warehouse; raises WarehouseError in one sentence that says how to mend it."""

    @abstractmethod
    def stream_place(self, stream: str) -> tuple[str, str]:
        """The schema (or dataset) and the table of a stream, before names are made safe."""

    def place(self, stream: str) -> tuple[str, str]:
        """The schema and the table of a stream; raises WarehouseError if another stream has them."""
        schema, table = self.stream_place(stream)
        place = (column_name(schema), column_name(table))
        other = self._places.setdefault((place[0].lower(), place[1].lower()), stream)
        if other != stream:
            raise WarehouseError(
                f"Streams '{other}' and '{stream}' would be one table {'.'.join(place)}; load them into two schemas."
            )
        return place

    def close(self) -> None:
        """Let go of the warehouse and of what was written beside it; a load that is going on is broken off."""
        self.background.end(self.engine.interrupt, _LAST_SECONDS)
        self.engine.close()
        self._temporary.cleanup()

    # Messages

    def _process_schema_message(self, message_dict: dict[str, Any]) -> None:
        stream, schema = message_dict.get("stream"), message_dict.get("schema")
        if not isinstance(stream, str) or not isinstance(schema, dict) or "properties" not in schema:
            raise WarehouseError("a SCHEMA message has no stream or no schema with properties; correct the tap")
        keys = message_dict.get("key_properties")
        if self._schemas.get(stream) == (schema, keys):
            return
        self._schemas[stream] = (schema, keys)
        super()._process_schema_message(copy.deepcopy(message_dict))
        # A record whose map changes nothing goes to its sink as it came.
        maps = self.mapper.stream_maps[stream]
        self._direct.pop(stream, None)
        if (
            len(maps) == 1
            and type(maps[0]) is SameRecordTransform
            and not maps[0].flattening_enabled
            and not self.config.get("validate_records")
        ):
            sink = self._sinks_active[stream]
            assert isinstance(sink, WarehouseSink)
            self._direct[stream] = sink

    def get_sink(
        self,
        stream_name: str,
        *,
        record: dict[str, Any] | None = None,
        schema: dict[str, Any] | None = None,
        key_properties: Sequence[str] | None = None,
    ) -> WarehouseSink:
        """The sink of a stream; a changed schema loads first what waits under the old one.

        The SDK would leave it waiting, and so let an older record overwrite a newer one.
        """
        old = self._sinks_active.get(stream_name)
        if schema is not None and old is not None:
            self.drain_one(old)
        sink = super().get_sink(stream_name, record=record, schema=schema, key_properties=key_properties)
        assert isinstance(sink, WarehouseSink)
        if sink is not old:
            sink.prepare()  # not in setup(), whose errors the SDK logs for a second time
        return sink

    def _process_record_message(self, message_dict: Any) -> None:
        line: RecordLine = message_dict
        sink = self._direct.get(line.stream)
        if sink is None:
            self._process_mapped(line)
            return
        sink.add(line.record, line.time_extracted)
        if sink.is_full:
            self.drain_one(sink)

    def _process_mapped(self, line: RecordLine) -> None:
        if line.stream not in self._schemas:
            raise WarehouseError(
                f"Stream '{line.stream}': a record came before its schema; the tap must write a SCHEMA message first."
            )
        for stream_map in self.mapper.stream_maps[line.stream]:
            record = stream_map.transform(decode_exact(line.record))
            if record is None:
                continue
            sink = self.get_sink(stream_map.stream_alias)
            sink.validate(record)
            sink.add(encode_exact(record), line.time_extracted)
            if sink.is_full:
                self.drain_one(sink)

    def _process_batch_message(self, message_dict: dict[str, Any]) -> None:
        encoding = BaseBatchFileEncoding.from_dict(message_dict["encoding"])
        for url in message_dict["manifest"]:
            for raw in batch_file_lines(encoding, url):
                self._process_record_message(RecordLine("RECORD", message_dict["stream"], raw))

    def _drain_all(self, sink_list: Iterable[Sink], parallelism: int) -> None:
        """Load what waits in these sinks, to the end: the SDK then writes the state."""
        super()._drain_all(sink_list, parallelism)
        self.background.wait()

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        super()._process_state_message(message_dict)
        # Here and not at each record: what matters is how old the last written state may be.
        if time.monotonic() - self._state_written_at >= self.state_seconds:
            self.drain_all()

    def _reset_max_record_age(self) -> None:
        """The SDK has loaded everything and written the state."""
        self._state_written_at = time.monotonic()

    def process_endofpipe(self) -> None:
        """Load all that waits, and write the state; raises WarehouseError where the input broke off."""
        super().process_endofpipe()
        reader = self.message_reader
        if isinstance(reader, Reader) and reader.cut_off:
            raise WarehouseError(
                f"line {reader.cut_off} of the input breaks off: the tap was stopped. What came before it is loaded, "
                "and the next run goes on from there"
            )

    def _process_activate_version_message(self, message_dict: dict[str, Any]) -> None:
        self.logger.info("ACTIVATE_VERSION of '%s': older rows are left as they are.", message_dict.get("stream"))

    def _write_state_message(self, state: dict[str, Any]) -> None:
        sys.stdout.write(encode_exact(state).decode() + "\n")
        sys.stdout.flush()

    # The command

    def _handle_termination(self, signum: int, frame: FrameType | None) -> NoReturn:
        """Stop without a state: what is half done is done again by the next run.

        The SDK would drain from inside the signal handler, in the middle of whatever was going on, and exit with 0.
        """
        self.logger.error("Stopped by signal %d; the next run goes on from the last state written.", signum)
        sys.exit(128 + signum)

    @classmethod
    def append_builtin_config(cls, config_jsonschema: dict[str, Any]) -> None:
        """Add the SDK's settings for stream maps and flattening, and none that this target does not heed."""
        super(Target, cls).append_builtin_config(config_jsonschema)

    @classmethod
    def invoke(  # type: ignore[override]
        cls,
        *,
        about: bool = False,
        about_format: str | None = None,
        config: Any = None,
        file_input: Any = None,
    ) -> None:
        """Run the command; an error of the warehouse is one line in the log and exit code 1."""
        super(Target, cls).invoke(about=about, about_format=about_format)
        target = None
        try:
            target = cls(config=config.config, parse_env_config=config.parse_env)
            target.listen(file_input)
        except ConfigValidationError as error:
            # Where a value is wrong the SDK's message quotes it, and it may be a secret.
            quoting = re.compile(r"^.* in config\['(\w+)'\].*$", re.DOTALL)
            wrong = "; ".join(quoting.sub(r"'\1' has a value that is not allowed", text) for text in error.errors)
            cls.logger.error("The settings cannot be used: %s. See `%s --about`.", wrong, cls.name)
            sys.exit(1)
        except WarehouseError as error:
            cls.logger.error("%s", error)
            sys.exit(1)
        finally:
            if target is not None:
                target.close()
