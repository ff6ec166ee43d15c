"""Singer messages to stdout, buffered: one write a megabyte, and always before a STATE passes."""

from __future__ import annotations

import sys
from typing import IO

import msgspec
from singer_sdk.contrib.msgspec import enc_hook
from singer_sdk.singerlib.encoding.base import GenericSingerWriter
from singer_sdk.singerlib.encoding.simple import Message, StateMessage

_FLUSH_AT = 1 << 20

encode = msgspec.json.Encoder(enc_hook=enc_hook, decimal_format="number").encode


class BufferedWriter(GenericSingerWriter[bytes, Message]):
    """Writes whole lines to the stdout of the moment. Only the main thread may use it."""

    def __init__(self, out: IO[bytes] | None = None) -> None:
        super().__init__()
        self._out = out
        self._lines = bytearray()

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

    def flush(self) -> None:
        """Hand everything on."""
        out = self._out or sys.stdout.buffer
        lines, self._lines = self._lines, bytearray()
        out.write(lines)
        out.flush()
