"""Reads Singer messages as bytes, and the record in a message not at all: its codec does that once."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import IO, Any

import msgspec
from singer_sdk.singerlib.encoding.base import GenericSingerReader

from talat_warehouse.errors import WarehouseError

_READ_AT_ONCE = 1 << 16  # bytes: what a pipe holds; Python would ask for 4 kB at a time


class RecordLine(msgspec.Struct, gc=False):
    """A RECORD message; of any other message, its type."""

    type: str
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw(b"null")
    time_extracted: datetime | None = None


_decode_line = msgspec.json.Decoder(RecordLine).decode
_decode_message = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
encode_exact = msgspec.json.Encoder(decimal_format="number").encode


class Reader(GenericSingerReader[bytes]):
    """Hands a RecordLine to the callback of RECORD, a dict (with exact numbers) to all others.

    ``cut_off`` is the number of a last line that breaks off, as one does of a tap that was killed; else 0.
    """

    cut_off = 0

    @property
    def default_input(self) -> IO[bytes]:
        """Standard input, as bytes."""
        return open(sys.stdin.fileno(), "rb", buffering=_READ_AT_ONCE, closefd=False)

    def deserialize_json(self, line: bytes) -> dict[str, Any]:
        """Decode a message; raises msgspec.DecodeError."""
        return _decode_message(line)

    def process_lines(self, file_input: IO[Any] | None, callbacks: dict[str, Callable[[Any], None]]) -> Counter[str]:
        """Feed every message to its callback; the count of each type.

        Raises WarehouseError for a line that is not a Singer message, naming its number and not its content.
        """
        source: Iterable[Any] = self.default_input if file_input is None else getattr(file_input, "buffer", file_input)
        on_record = callbacks["RECORD"]
        counts: Counter[str] = Counter()
        records = 0
        for number, text in enumerate(source, 1):
            line = text.encode() if isinstance(text, str) else text
            try:
                message = _decode_line(line)
                if message.type != "RECORD":
                    other = self.deserialize_json(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                if not line.strip():
                    continue
                if not line.endswith(b"\n"):
                    self.cut_off = number
                    break
                raise WarehouseError(
                    f"line {number} of the input is not a Singer message in valid JSON and Unicode; the tap "
                    "must write one message a line to standard output, and its log to standard error"
                ) from None
            if message.type == "RECORD":
                on_record(message)
                records += 1
                continue
            if message.type not in callbacks:
                raise WarehouseError(f"line {number} of the input has the unknown message type '{message.type[:40]}'")
            callbacks[message.type](other)
            counts[message.type] += 1
        counts["RECORD"] = records
        return counts
