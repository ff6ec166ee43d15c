"""Streams begun ahead of their turn, so that the API is asked, and reports are prepared, while others are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, NamedTuple

from tap_toolkit.errors import TapError
from tap_toolkit.fetch import Fetcher, Reading
from tap_toolkit.windows import Window

if TYPE_CHECKING:
    from tap_toolkit.streams import PlatformStream

# Windows of streams that were begun, above which no other is: each costs about as much memory as a row.
_WINDOWS = 2_000


class Begun(NamedTuple):
    """A stream that is being read: the windows planned for each account, and why some could not be planned."""

    reading: Reading
    plan: Mapping[str, Sequence[Window | None]]
    refused: Mapping[str, TapError]


class ReadAhead:
    """Begins streams in their order, each as soon as readers have taken all windows of those before it.

    That is when its beginning, itself a task of the readers, is taken. It waits while too much waits to be written,
    unless the stream is the one to be written: then all before it is over.
    """

    def __init__(self, streams: Sequence[PlatformStream] = (), fetcher: Fetcher | None = None) -> None:
        self._streams, self._fetcher = streams, fetcher
        self._begun: dict[int, Future[Begun]] = {}
        self._turn = -1

    def begun(self, stream: PlatformStream) -> Begun:
        """The stream, whose turn it is to be written. One that is read by itself begins now."""
        if self._fetcher is None or stream not in self._streams:
            return stream.begin()
        with self._fetcher.room.changed:
            self._turn = self._streams.index(stream)
            self._fetcher.room.changed.notify_all()
        if not self._begun:
            self._submit(self._fetcher, 0)
        return self._begun[self._turn].result()

    def give_up(self, account: str) -> None:
        """Read no more of an account in streams ahead."""
        for number, begun in list(self._begun.items()):
            if number > self._turn and begun.done():
                begun.result().reading.give_up(account)

    # In a reader's thread, but for the first.

    def _submit(self, fetcher: Fetcher, number: int) -> None:
        if number < len(self._streams):
            self._begun[number] = fetcher.readers.submit(self._begin, fetcher, number)

    def _begin(self, fetcher: Fetcher, number: int) -> Begun:
        room = fetcher.room
        with room.changed:
            while self._turn < number and (room.full or room.windows > _WINDOWS):
                room.changed.wait()
        begun = self._streams[number].begin()
        self._submit(fetcher, number + 1)
        return begun
