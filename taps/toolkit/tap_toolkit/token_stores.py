"""Where tokens lie: a private directory by default, Google Secret Manager in production."""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tap_toolkit.errors import Fatal
from tap_toolkit.tokens import StaleTokens, Tokens, TokenStore

_LOGGER = logging.getLogger(__name__)


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
    """What a secret holds: its highest version number, those that can be read, and the tokens that count."""

    highest: int
    enabled: list[int]
    tokens: Tokens | None


class SecretManagerTokenStore:
    """One secret a key in a Google Cloud project, for processes of many machines. Needs the extra ``gsm``.

    The service has no compare-and-swap for versions, but numbers them one after another. So each version says after
    which one it was written, and counts only if it came directly after: of two writers who read the same, one wins, by
    one call, and every reader knows which. Older versions are destroyed. Reading by number is strongly consistent where
    lists may lag (https://cloud.google.com/secret-manager/docs/overview), so a list is only where reading starts.

    The lock is a lease in the secret's annotations, changed under its etag. Its holder keeps changing it; one that has
    not changed for ``lease_seconds``, by the waiter's own clock, is dead and is taken over.
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
            raise Fatal("Google Secret Manager needs a library: install tap-toolkit[gsm].") from None
        except GoogleAuthError as error:
            raise Fatal(f"Google Secret Manager needs credentials: {error}") from None
        self._client, self._project, self._prefix = client, project, prefix
        self._lease, self._poll = lease_seconds, poll
        self._google = exceptions
        self._auth_error = GoogleAuthError
        passing = (
            exceptions.ServiceUnavailable,
            exceptions.DeadlineExceeded,
            exceptions.InternalServerError,
            exceptions.TooManyRequests,
        )
        self._retry = retry.Retry(predicate=retry.if_exception_type(*passing), initial=0.5, maximum=10, timeout=120)

    @contextlib.contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the secret's lease, and keep it alive meanwhile."""
        secret = self._made(key)
        holder = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._acquire(secret, holder)
        done = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(secret, holder, done), daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()
            try:
                while self._change(secret, holder, None) is None:
                    time.sleep(self._poll)
            except Fatal as error:
                _LOGGER.warning("A lock was not given back and lasts %g seconds more: %s", self._lease, error)

    def load(self, key: str) -> Tokens | None:
        """The newest version that counts."""
        return self._versions(key).tokens

    def swap(self, key: str, expected: Tokens | None, new: Tokens) -> None:
        """Add a version, and destroy those before it."""
        secret = self._made(key) if expected is None else self._name(key)
        for attempt in itertools.count():
            found = self._versions(key)
            if attempt and found.tokens == new:  # an earlier attempt was stored, and its answer lost
                self._destroy(secret, found.enabled[:-1])
                return
            if found.tokens != expected:
                raise StaleTokens(f"The tokens in {secret} were changed by another process: run again.")
            payload = {"data": _encode(key, new, after=found.highest)}
            added = _number(self._call("add_secret_version", parent=secret, payload=payload))
            if added == found.highest + 1:
                self._destroy(secret, found.enabled)
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
        return secret

    def _versions(self, key: str) -> _Versions:
        secret = self._name(key)
        try:
            enabled = sorted(map(_number, self._call("list_secret_versions", parent=secret, filter="state:ENABLED")))
            listed = enabled or sorted(map(_number, self._call("list_secret_versions", parent=secret)))
        except self._google.NotFound:
            return _Versions(0, [], None)
        highest = listed[-1] if listed else 0
        contents: dict[int, bytes | None] = {}
        with contextlib.suppress(self._google.NotFound):
            while True:  # what the list did not show yet
                contents[highest + 1] = self._content(secret, highest + 1)
                highest += 1
        enabled += [number for number, content in contents.items() if content is not None]
        for number in reversed(enabled):
            content = contents[number] if number in contents else self._content(secret, number)
            if content is not None:
                tokens, after = _decode(content, key, f"version {number} of {secret}")
                if after == number - 1:
                    return _Versions(highest, enabled, tokens)
        return _Versions(highest, enabled, None)

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
            except (Fatal, self._google.GoogleAPICallError) as error:
                _LOGGER.warning("Version %d of %s is destroyed by the next renewal: %s", number, secret, error)

    def _acquire(self, secret: str, holder: str) -> None:
        seen, since = "", 0.0
        while True:
            lease = self._call("get_secret", name=secret).annotations.get(_LEASE, "")
            if lease != seen:
                seen, since = lease, time.monotonic()
            if (not lease or time.monotonic() - since >= self._lease) and self._change(secret, lease, holder):
                return
            time.sleep(self._poll)

    def _keep(self, secret: str, holder: str, done: threading.Event) -> None:
        """Change the lease until done."""
        for beat in itertools.count(1):
            if done.wait(self._lease / 3):
                return
            try:
                if self._change(secret, holder, f"{holder}/{beat}") is False:
                    _LOGGER.warning("The lock of %s was taken over: this process was stopped for too long.", secret)
                    return
            except Fatal as error:
                _LOGGER.warning("The lock of %s could not be kept alive: %s", secret, error)

    def _change(self, secret: str, owner: str, lease: str | None) -> bool | None:
        """Put ``lease`` in the place of a lease of ``owner``: False when it is another's, None when it just changed."""
        stored = self._call("get_secret", name=secret)
        found = stored.annotations.get(_LEASE, "")
        if lease and found.partition("/")[0] == lease.partition("/")[0] and found == lease:
            return True
        if found.partition("/")[0] != owner.partition("/")[0]:
            return False
        annotations = {name: value for name, value in stored.annotations.items() if name != _LEASE}
        if lease:
            annotations[_LEASE] = lease
        try:
            self._call(
                "update_secret",
                secret={"name": secret, "etag": stored.etag, "annotations": annotations},
                update_mask={"paths": ["annotations"]},
            )
        except (self._google.FailedPrecondition, self._google.Aborted):
            return None
        return True


@contextlib.contextmanager
def _flocked(file: int) -> Iterator[int]:
    """Own an open file's lock, against threads and processes, and close it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def encode(key: str, tokens: Tokens, **more: Any) -> bytes:
    """What a store writes for a key."""
    return json.dumps({"key": key, **more, "tokens": tokens.to_dict()}).encode()


def decode(content: bytes, key: str, where: str) -> Tokens:
    """What :func:`encode` wrote; raises :class:`Fatal` naming ``where`` for anything else."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    belongs = isinstance(record, dict) and record.get("key") == key
    return Tokens.from_dict(record["tokens"] if belongs and "tokens" in record else None, where)
