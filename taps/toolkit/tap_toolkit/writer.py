"""Singer messages to stdout, buffered: one write a megabyte, and always before a STATE passes."""

from __future__ import annotations

import sys
from typing import IO, Any

import msgspec
from singer_sdk.contrib.msgspec import enc_hook
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message, StateMessage

_FLUSH_AT = 1 << 20

_ENCODER = msgspec.json.Encoder(enc_hook=enc_hook, decimal_format="number")
encode = _ENCODER.encode


class BufferedWriter(GenericSingerWriter[bytes, Message]):
    """Writes whole lines to the stdout of the moment. Only the main thread may use it."""

    def __init__(self, out: IO[bytes] | None = None) -> None:
        super().__init__()
        self._out = out
        self._lines = bytearray()
        self._busy = False
        self._leave = 0

    def serialize_message(self, message: Message) -> bytes:
        """One line of JSON; decimals as exact numbers."""
        return encode(message.to_dict()) + b"\n"

    def write_message(self, message: Message) -> None:
        """Write a message; a STATE only after everything before it has left the process."""
        self.write_line(self.serialize_message(message))
        if isinstance(message, StateMessage):
            self.flush()

    def write_line(self, line: bytes) -> None:
        """Write one line that is already a message."""
        self._lines += line
        if len(self._lines) >= _FLUSH_AT:
            self.flush()

    def write_record(self, head: bytes, record: Any, tail: bytes) -> None:
        """Write one line: a record between the rest of its message."""
        lines, before = self._lines, len(self._lines)
        lines += head
        try:
            _ENCODER.encode_into(record, lines, -1)
        except BaseException:
            del lines[before:]  # half a line is no message
            raise
        lines += tail
        if len(lines) >= _FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Hand everything on. Raises :class:`BrokenPipeError` when nobody reads any more."""
        if self._leave:
            return  # no STATE speaks of what is left
        out = self._out or sys.stdout.buffer
        lines, self._lines = self._lines, bytearray()
        self._busy = True
        rest = memoryview(lines)
        while rest:
            # A signal cuts even a buffered write short, and Python says so only by the count.
            rest = rest[out.write(rest) :]
        out.flush()
        self._busy = False
        if self._leave:
            raise SystemExit(self._leave)

    def leave(self, code: int) -> None:
        """End the process, from a signal's handler: after the write under way, for half a line is no message.

        A second signal does not wait, since the reader may never go on.
        """
        if self._busy and not self._leave:
            self._leave = code
        else:
            raise SystemExit(code)
