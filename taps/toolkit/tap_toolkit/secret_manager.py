"""Tokens in Google Secret Manager, for processes on many machines."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tap_toolkit.errors import Fatal
from tap_toolkit.token_stores import decode, encode, safe_name
from tap_toolkit.tokens import StaleTokens, Tokens

_LOGGER = logging.getLogger(__name__)
_LEASE = "talat-lease"
_ON = "state:ENABLED"
# How many versions below the lowest listed one are looked at: lists lag, and their pages shift.
_MISSED = 20


class _Current(NamedTuple):
    """The version of a secret that counts: its number, who wrote it and what."""

    number: int
    writer: str
    tokens: Tokens | None


class _Versions(NamedTuple):
    """What a secret holds: its highest version number, those that can be read, and the one that counts."""

    highest: int
    readable: set[int]
    current: _Current


_NOTHING = _Current(0, "", None)


class SecretManagerTokenStore:
    """One secret a key in a Google Cloud project, for processes of many machines. Needs the extra ``gsm``.

    The service cannot compare and swap, but numbers a secret's versions one after another. So each version says after
    which one it was written, and counts only if it came directly after it: of two writers who read the same, one wins,
    by one call, and every reader knows which. Older versions are destroyed. Only reading by number is strongly
    consistent (https://cloud.google.com/secret-manager/docs/reference/consistency); a list is where reading starts.

    The lock is a lease in the secret's annotations, changed under its etag. Its holder keeps changing it; one that has
    not changed for ``lease_seconds``, by the waiter's own clock, is dead and is taken over. The account needs
    ``roles/secretmanager.admin`` for the secrets that begin with ``prefix``.
    """

    def __init__(
        self, project: str, prefix: str = "talat", *, client: Any = None, lease_seconds: float = 60, poll: float = 1
    ) -> None:
        try:
            from google.api_core import exceptions, retry
            from google.auth.exceptions import GoogleAuthError

            if client is None:
                from google.cloud import secretmanager

                client = secretmanager.SecretManagerServiceClient()
        except ImportError:
            raise Fatal("Keeping tokens in Google Secret Manager needs a library: install tap-toolkit[gsm].") from None
        except GoogleAuthError as error:
            raise Fatal(f"Google Secret Manager cannot be used without credentials: {error}") from None
        self._client, self._project, self._prefix = client, project, prefix
        self._lease, self._poll = lease_seconds, poll
        self._google = exceptions
        self._errors = (exceptions.GoogleAPIError, GoogleAuthError)
        passing = retry.if_exception_type(
            exceptions.ServiceUnavailable,
            exceptions.DeadlineExceeded,
            exceptions.InternalServerError,
            exceptions.TooManyRequests,
        )
        self._retry = retry.Retry(predicate=passing, initial=0.2, maximum=10, timeout=120)
        self._await = retry.Retry(predicate=retry.if_exception_type(exceptions.NotFound), initial=0.2, timeout=60)

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the secret's lease, and keep it alive meanwhile."""
        holder = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        with self._told("lock"):
            secret = self._made(key)
            self._acquire(secret, holder)
        done = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(secret, holder, done), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()
            self._release(secret, holder)

    def load(self, key: str) -> Tokens | None:
        """The tokens of the version that counts."""
        with self._told("read"):
            return self._versions(key).current.tokens

    def swap(self, key: str, expected: Tokens | None, new: Tokens) -> None:
        """Add a version, and destroy those before it."""
        with self._told("write"):
            secret = self._made(key) if expected is None else self._name(key)
            writer = secrets.token_hex(8)
            while True:
                highest, readable, current = self._versions(key)
                if current.writer == writer:  # it was stored, and the answer lost
                    self._destroy(secret, readable - {current.number})
                    return
                if current.tokens != expected:
                    raise StaleTokens(f"The tokens in {secret} were changed by another process: run again.")
                payload = {"data": encode(key, new, after=highest, writer=writer)}
                added = _number(self._call("add_secret_version", parent=secret, payload=payload))
                if added == highest + 1:
                    self._destroy(secret, readable)
                    return
                self._destroy(secret, {added})

    def _name(self, key: str) -> str:
        return f"projects/{self._project}/secrets/{safe_name(self._prefix)}-{safe_name(key)}"

    def _made(self, key: str) -> str:
        secret = self._name(key)
        try:
            self._call("get_secret", name=secret)
        except self._google.NotFound:
            with contextlib.suppress(self._google.AlreadyExists):
                self._call(
                    "create_secret",
                    parent=f"projects/{self._project}",
                    secret_id=secret.rpartition("/")[2],
                    secret={"replication": {"automatic": {}}, "labels": {"made-by": "talat"}},
                )
            self._await(self._call)("get_secret", name=secret)
        return secret

    def _versions(self, key: str) -> _Versions:
        secret = self._name(key)
        try:
            readable = {_number(version) for version in self._call("list_secret_versions", parent=secret, filter=_ON)}
            listed = readable or {_number(version) for version in self._call("list_secret_versions", parent=secret)}
        except self._google.NotFound:
            return _Versions(0, set(), _NOTHING)
        highest, settled = max(listed, default=0), -1
        lowest = max(1, min(readable, default=highest) - _MISSED)
        contents: dict[int, bytes | None] = {}
        while True:
            with contextlib.suppress(self._google.NotFound):
                while True:  # what the list does not show yet
                    contents[highest + 1] = self._content(secret, highest + 1)
                    highest += 1
            current = self._newest(key, range(highest, lowest - 1, -1), contents)
            if current.number == highest or highest == settled:
                return _Versions(highest, readable - set(contents) | {n for n in contents if contents[n]}, current)
            settled = highest  # what counted may have been replaced and destroyed while this looked: look once more

    def _newest(self, key: str, numbers: Iterable[int], contents: dict[int, bytes | None]) -> _Current:
        """The first of these versions that counts. Contents are read once."""
        secret = self._name(key)
        for number in numbers:
            if number not in contents:
                contents[number] = self._content(secret, number)
            if content := contents[number]:
                tokens, more = decode(content, key, f"version {number} of {secret}")
                if more.get("after") == number - 1:
                    return _Current(number, str(more.get("writer")), tokens)
        return _NOTHING

    def _content(self, secret: str, number: int) -> bytes | None:
        """A version's content; None for one that is destroyed or disabled. Raises NotFound for one that never was."""
        try:
            answer = self._call("access_secret_version", name=f"{secret}/versions/{number}")
        except self._google.FailedPrecondition:
            return None
        return bytes(answer.payload.data)

    def _destroy(self, secret: str, numbers: Iterable[int]) -> None:
        for number in sorted(numbers):
            try:
                self._call("destroy_secret_version", name=f"{secret}/versions/{number}")
            except self._errors as error:
                _LOGGER.warning("Version %d of %s stays until the next renewal: %s", number, secret, error)

    def _acquire(self, secret: str, holder: str) -> None:
        seen, since = "", 0.0
        while True:
            stored = self._call("get_secret", name=secret)
            lease = stored.annotations.get(_LEASE, "")
            if lease != seen:
                seen, since = lease, time.monotonic()
            if lease.startswith(holder):  # it was written, and the answer lost
                return
            if (not lease or time.monotonic() - since >= self._lease) and self._put(stored, f"{holder}/0"):
                return
            time.sleep(self._poll)

    def _keep(self, secret: str, holder: str, done: threading.Event) -> None:
        """Change the lease until done."""
        beat = 0
        while not done.wait(self._lease / 3):
            beat += 1
            try:
                stored = self._call("get_secret", name=secret)
                if stored.annotations.get(_LEASE, "").startswith(holder):
                    self._put(stored, f"{holder}/{beat}")
            except self._errors as error:
                _LOGGER.warning("The lock of %s could not be kept alive: %s", secret, error)

    def _release(self, secret: str, holder: str) -> None:
        try:
            while True:
                stored = self._call("get_secret", name=secret)
                if not stored.annotations.get(_LEASE, "").startswith(holder) or self._put(stored, ""):
                    return
        except self._errors as error:
            _LOGGER.warning("The lock of %s lasts %g seconds more: %s", secret, self._lease, error)

    def _put(self, stored: Any, lease: str) -> bool:
        """Write the lease into a secret; False when it has changed since it was read."""
        annotations = {name: value for name, value in stored.annotations.items() if name != _LEASE}
        changed = {
            "name": stored.name,
            "etag": stored.etag,
            "annotations": annotations | ({_LEASE: lease} if lease else {}),
        }
        try:
            self._call("update_secret", secret=changed, update_mask={"paths": ["annotations"]})
        except (self._google.FailedPrecondition, self._google.Aborted):
            return False
        return True

    def _call(self, method: str, **request: Any) -> Any:
        return getattr(self._client, method)(request=request, retry=self._retry, timeout=30)

    @contextlib.contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            raise Fatal(f"Cannot {verb} tokens in Google Secret Manager, project {self._project}: {error}") from None


def _number(version: Any) -> int:
    return int(version.name.rpartition("/")[2])
