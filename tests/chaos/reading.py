"""Taps that read a sandbox in processes of their own, for suites that look at what comes out."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Message, Run, discover, run_tap, selecting
from tests.subjects import Config, Subject

LEDGER = ("sync_windows", "rejected_records")


class Reader:
    """A subject and its settings for one sandbox; ``folder`` is for tokens."""

    def __init__(self, subject: Subject, sandbox: Sandbox, folder: Path, **more: Any) -> None:
        self.subject, self.sandbox = subject, sandbox
        self.config: Config = subject.config(sandbox, folder, **more)

    @functools.cached_property
    def _catalog(self) -> str:
        return json.dumps(discover(self.subject.name, self.config))

    @functools.cached_property
    def keys(self) -> dict[str, tuple[str, ...]]:
        """The key of each stream."""
        streams: list[Message] = json.loads(self._catalog)["streams"]
        return {stream["tap_stream_id"]: tuple(stream["key_properties"]) for stream in streams}

    def read(self, *streams: str, state: object = None, env: Mapping[str, str] | None = None, **settings: Any) -> Run:
        """Read some streams, or without any named all of them, with the ledger."""
        chosen = selecting(json.loads(self._catalog), [*(streams or self.keys), *LEDGER])
        return run_tap(self.subject.name, {**self.config, **settings}, state=state, catalog=chosen, env=env)


def by_key(run: Run, stream: str, keys: tuple[str, ...]) -> dict[tuple[str, ...], Message]:
    """The records of a stream, the last with a key counting."""
    return {tuple(str(record.get(name)) for name in keys): record for record in run.records(stream)}


def gaps(run: Run) -> list[Message]:
    """The windows that could not be read."""
    return [window for window in run.records("sync_windows") if window["status"] != "done"]
