"""Where tokens lie: in a private directory, unless the setting names Google Secret Manager."""

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
    if not project:
        raise Fatal("Setting token_store names no Google Cloud project: write gsm:PROJECT or gsm:PROJECT/PREFIX.")
    from tap_toolkit.secret_manager import SecretManagerTokenStore

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
        return decode(content, key, str(path))[0]

    def swap(self, key: str, expected: Tokens | None, new: Tokens) -> None:
        """Replace the file. Writers of a directory take turns."""
        path = self._path(key)
        draft = path.with_suffix(".new")
        with self._told("write"), _flocked(os.open(self._directory, os.O_RDONLY)) as directory:
            if self.load(key) != expected:
                raise StaleTokens(f"The tokens in {path} were changed by another process: run again.")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(encode(key, new))
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


@contextlib.contextmanager
def _flocked(file: int) -> Iterator[int]:
    """Own an open file's lock, against threads and processes, and close it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def encode(key: str, tokens: Tokens, **more: str | int) -> bytes:
    """What a store writes for a key."""
    return json.dumps({**more, "key": key, "tokens": tokens.to_dict()}).encode()


def decode(content: bytes, key: str, where: str) -> tuple[Tokens, dict[str, Any]]:
    """The tokens of a key, and the whole record; raises :class:`Fatal` naming ``where`` for anything else."""
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or record.get("key") != key:
        record = {}
    return Tokens.from_dict(record.get("tokens"), where), record
