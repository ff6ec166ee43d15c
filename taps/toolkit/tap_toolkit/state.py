"""What has been read, per stream and account: the tap's bookmarks.

The state of a stream is a map of accounts, each with the spans of time that were read completely::

    {"bookmarks": {"orders": {"accounts": {"226001234": {"covered": [["2026-08-01T00:00:00Z", "…"]]}}}}}

The first span's end is the bookmark that other taps keep; later spans are windows that were finished beyond a gap. It
comes from the windows asked for and never from a record, so a future-dated row cannot move it. Accounts are keys of a
map because Meltano merges states by key and replaces lists whole; the size is linear in accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tap_toolkit.errors import Fatal
from tap_toolkit.windows import Window, instant, iso, merge, subtract

_MEND = (
    "Pass the state this tap wrote, or none at all to read from start_date again "
    "(in Meltano: `meltano state clear <state id>`)."
)


class StreamState:
    """The bookmarks of one stream over the tap's whole state, which STATE messages are written from."""

    def __init__(self, stream: str, state: dict[str, Any]) -> None:
        self._stream, self._state = stream, state

    @property
    def _accounts(self) -> Mapping[str, Any]:
        accounts: Mapping[str, Any] = self._state.get("bookmarks", {}).get(self._stream, {}).get("accounts", {})
        return accounts

    def covered(self, account: str) -> list[Window]:
        """The spans of time that were read completely, merged and in order."""
        spans = self._accounts.get(account, {}).get("covered", [])
        return [Window(instant(start), instant(end)) for start, end in spans]

    def finish(self, account: str, window: Window) -> None:
        """Note that the window was read and written completely."""
        self._write(account, merge([*self.covered(account), window]))

    def reopen(self, account: str, window: Window) -> None:
        """Note that the window could not be read: the next run asks for it again."""
        if account in self._accounts:
            self._write(account, subtract(self.covered(account), [window]))

    def _write(self, account: str, spans: Iterable[Window]) -> None:
        entry = self._state.setdefault("bookmarks", {}).setdefault(self._stream, {})
        entry.setdefault("accounts", {})[account] = {"covered": [[iso(s.start), iso(s.end)] for s in spans]}


def check_state(state: object, *, tap: str, streams: Iterable[str]) -> None:
    """Refuse a state that is corrupt or another tap's.

    Raises :class:`~tap_toolkit.errors.Fatal` with a sentence that names the place. A stream unknown to this version is
    let through: a state outlives a stream.
    """
    if not isinstance(state, Mapping):
        raise Fatal(f"The state given to {tap} is not a JSON object. {_MEND}")
    if not state:
        return
    bookmarks = state.get("bookmarks")
    if not isinstance(bookmarks, Mapping):
        raise Fatal(f"The state given to {tap} has no map of bookmarks. {_MEND}")
    known = set(streams)
    for stream, entry in bookmarks.items():
        if not isinstance(entry, Mapping):
            raise Fatal(f"The state of stream {stream} is not a JSON object. {_MEND}")
        if stream not in known:
            continue
        foreign = set(entry) - {"accounts"}
        if foreign:
            raise Fatal(
                f"The state of stream {stream} was written by another tap: {tap} does not know "
                f"{', '.join(sorted(map(str, foreign)))}. {_MEND}"
            )
        accounts = entry.get("accounts", {})
        if not isinstance(accounts, Mapping):
            raise Fatal(f"The accounts in the state of stream {stream} are not a JSON object. {_MEND}")
        for account, value in accounts.items():
            _check_account(value, f"stream {stream}, account {account}")


def _check_account(value: object, where: str) -> None:
    corrupt = Fatal(f"The state of {where} is corrupt: covered must be a list of [start, end] times. {_MEND}")
    if not isinstance(value, Mapping) or not isinstance(value.get("covered"), list):
        raise corrupt
    for span in value["covered"]:
        try:
            start, end = map(instant, span)
        except (TypeError, ValueError):
            raise corrupt from None
        if start >= end:
            raise corrupt
