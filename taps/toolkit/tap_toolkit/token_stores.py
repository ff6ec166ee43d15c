"""Where tokens lie: a private directory by default, Google Secret Manager in production."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import logging
import os
import secrets
import socket
import stat
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tap_toolkit.errors import Fatal
from tap_toolkit.tokens import StaleTokens, Tokens, TokenStore

_LOGGER = logging.getLogger(__name__)
_LEASE = "talat-lease"
_ON = "state:ENABLED"


def open_store(setting: str) -> TokenStore:
    """The store that the setting ``token_store`` names: a directory, ``gsm:PROJECT`` or ``gsm:PROJECT/PREFIX``.

    Raises :class:`Fatal` when it cannot be opened.
    """
    if not setting.startswith("gsm:"):
        return FileTokenStore(Path(setting).expanduser())
    project, _, prefix = setting.removeprefix("gsm:").partition("/")
    return SecretManagerTokenStore(project, prefix or "talat")


def safe_name(key: str) -> str:
    """A key as a file name or secret id, one to one: ``shopee/2001887/1`` becomes ``shopee-2001887-1``."""
    plain = (character if character.isascii() and character.isalnum() else None for character in key)
    return "".join(
        kept or ("-" if character == "/" else "".join(f"_{byte:02x}" for byte in character.encode()))
        for kept, character in zip(plain, key, strict=True)
    )


class FileTokenStore:
    """One file a key in a directory that only its owner may enter. For processes of one machine.

    A write is a new file, flushed to disk and renamed over the old one: a crash leaves the old content or the new.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        with self._told("open"):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            mode = stat.S_IMODE(directory.stat().st_mode)
        if mode & 0o077:
            raise Fatal(
                f"Others may enter {directory} (mode {mode:03o}), where tokens are kept: "
                f"run `chmod 700 {directory}`, or name another directory in token_store."
            )

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the key's lock file. A process that dies lets it go."""
        with self._told("lock"):
            file = os.open(self._directory / f"{safe_name(key)}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        with _flocked(file):
            yield

    def load(self, key: str) -> Tokens | None:
        """The file's content. A file that others may read is closed to them, and said."""
        path = self._path(key)
        with self._told("read"):
            try:
                file = os.open(path, os.O_RDONLY)
            except FileNotFoundError:
                return None
            with os.fdopen(file, "rb") as opened:
                if os.fstat(file).st_mode & 0o077:
                    os.fchmod(file, 0o600)
                    _LOGGER.warning(
                        "Others on this machine could read %s, and so its tokens; its mode is 600 now. "
                        "If they may have, let the account's owner consent again.",
                        path,
                    )
                content = opened.read()
        return _decode(content, key, str(path))[0]

    def swap(self, key: str, expected: Tokens | None, new: Tokens) -> None:
        """Replace the file. Writers of a directory take turns."""
        path = self._path(key)
        draft = path.with_suffix(".new")
        with self._told("write"), _flocked(os.open(self._directory, os.O_RDONLY)) as directory:
            if self.load(key) != expected:
                raise StaleTokens(f"The tokens in {path} were changed by another process: run again.")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(_encode(key, new))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
            os.fsync(directory)

    def _path(self, key: str) -> Path:
        return self._directory / f"{safe_name(key)}.json"

    @contextlib.contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Fatal(
                f"Cannot {verb} the tokens in {self._directory} ({error.strerror}): check that it is a directory of "
                "this user with free space, or name another in token_store."
            ) from None


class _Versions(NamedTuple):
    """What a secret holds: its highest version number, those that can be read, the one that counts and its tokens."""

    highest: int
    readable: list[int]
    current: int
    tokens: Tokens | None


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
            return self._versions(key).tokens

    def swap(self, key: str, expected: Tokens | None, new: Tokens) -> None:
        """Add a version, and destroy those before it."""
        with self._told("write"):
            secret = self._made(key) if expected is None else self._name(key)
            for attempt in itertools.count():
                found = self._versions(key)
                if attempt and found.tokens == new:  # it was stored, and the answer lost
                    self._destroy(secret, set(found.readable) - {found.current})
                    return
                if found.tokens != expected:
                    raise StaleTokens(f"The tokens in {secret} were changed by another process: run again.")
                payload = {"data": _encode(key, new, after=found.highest)}
                added = _number(self._call("add_secret_version", parent=secret, payload=payload))
                if added == found.highest + 1:
                    self._destroy(secret, found.readable)
                    return
                self._destroy(secret, [added])

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
            return _Versions(0, [], 0, None)
        highest = max(listed, default=0)
        contents: dict[int, bytes | None] = {}
        with contextlib.suppress(self._google.NotFound):
            while True:  # what the list does not show yet
                contents[highest + 1] = self._content(secret, highest + 1)
                highest += 1
        readable |= {number for number, content in contents.items() if content is not None}
        for number in range(highest, min(readable, default=highest + 1) - 1, -1):
            content = contents[number] if number in contents else self._content(secret, number)
            if content is not None:
                tokens, after = _decode(content, key, f"version {number} of {secret}")
                if after == number - 1:
                    return _Versions(highest, sorted(readable), number, tokens)
        return _Versions(highest, sorted(readable), 0, None)

    def _content(self, secret: str, number: int) -> bytes | None:
        """A version's content; None for one that is destroyed or disabled. Raises NotFound for one that never was."""
        try:
            answer = self._call("access_secret_version", name=f"{secret}/versions/{number}")
        except self._google.FailedPrecondition:
            return None
        return bytes(answer.payload.data)

    def _destroy(self, secret: str, numbers: Iterable[int]) -> None:
        for number in numbers:
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


@contextlib.contextmanager
def _flocked(file: int) -> Iterator[int]:
    """Own an open file's lock, against threads and processes, and close it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _encode(key: str, tokens: Tokens, **more: int) -> bytes:
    return json.dumps({"key": key, **more, "tokens": tokens.to_dict()}).encode()


def _decode(content: bytes, key: str, where: str) -> tuple[Tokens, int | None]:
    """The tokens of a key and what they came after; raises :class:`Fatal` naming ``where`` for anything else."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or record.get("key") != key:
        record = {}
    return Tokens.from_dict(record.get("tokens"), where), record.get("after")
