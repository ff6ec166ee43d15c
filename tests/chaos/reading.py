"""Taps that read a sandbox in processes of their own, for suites that look at what comes out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Message, Run, StreamReader
from tests.subjects import SUBJECTS, Config, Subject

Made = TypeVar("Made")


class BySubject(dict[str, Made]):
    """One thing for each subject, by its name, made when it is first asked for: few tests ask for all."""

    def __init__(self, make: Callable[[Subject], Made]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> Made:
        (subject,) = (subject for subject in SUBJECTS if subject.name == name)
        return self.setdefault(name, self._make(subject))


class Reader:
    """A subject and its settings for one sandbox; ``folder`` is for tokens."""

    def __init__(self, subject: Subject, sandbox: Sandbox, folder: Path, **more: Any) -> None:
        self.subject, self.sandbox = subject, sandbox
        self.config: Config = subject.config(sandbox, folder, **more)
        self._reader = StreamReader(subject.name, self.config)

    @functools.cached_property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The key of each stream."""
        streams: list[Message] = self._reader.catalog(self.config)["streams"]
        return {stream["tap_stream_id"]: tuple(stream["key_properties"]) for stream in streams}

    def read(self, *streams: str, state: object = None, env: Mapping[str, str] | None = None, **settings: Any) -> Run:
        """Read some streams, or without any named all of them, with the ledger."""
        return self._reader({**self.config, **settings}, *(streams or self.keys), state=state, env=env)


def by_key(run: Run, stream: str, keys: tuple[str, ...]) -> dict[tuple[str, ...], Message]:
    """The records of a stream, the last with a key counting."""
    return {tuple(str(record.get(name)) for name in keys): record for record in run.records(stream)}


def gaps(run: Run) -> list[Message]:
    """The windows that could not be read."""
    return [window for window in run.records("sync_windows") if window["status"] != "done"]
