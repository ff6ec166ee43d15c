"""Whatever a run leaves behind, searched for secrets and for planted personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path

import duckdb

from talat_sandbox.testing import Sandbox
from tests.subjects import SUBJECTS, Subject

# Settings and tokens lie where their owner put them, and the sandbox has its own; programs are none of a run's making.
_OWN = ("tap.json", "config.json", "authorize.json", "auth-*.json", ".env", "tokens", "sandbox", "project")
_PROGRAMS = ("site-packages", "clone*", "*.py", "*.whl", "*.tar.gz", "meltano.yml")
# No address with a query belongs anywhere: it holds the token, the signature or the proof.
_QUERY = r"[?&](?:access_token|refresh_token|sign|appsecret_proof|client_secret|app_secret|auth_code)="


class Patterns:
    """What must be found nowhere."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._ids: set[str] = set()

    def learn(self, subject: Subject, sandbox: Sandbox) -> None:
        """Add everything that the sandbox has handed out to a subject until now."""
        personal = subject.personal(sandbox)
        self._texts |= {*subject.secrets(sandbox), *(text for text in personal if not text.isdigit())}
        self._ids |= {text for text in personal if text.isdigit()}

    def found(self, text: str) -> list[str]:
        """The places with something forbidden, cut out with a little around them."""
        places = [match.span() for match in re.finditer(_QUERY, text)]
        # Of ids the beginning is known; a fraction that happens to have those digits is none.
        places += [m.span() for start in self._ids for m in re.finditer(rf"(?<![\w.]){start}\d{{3,}}", text)]
        for secret in self._texts:
            if (at := text.find(secret)) >= 0:
                places.append((at, at + len(secret)))
        return [text[max(0, start - 60) : end + 10] for start, end in places]


def assert_clean(subject: Subject, sandbox: Sandbox, *artefacts: str | Path) -> None:
    """Raise AssertionError naming where a text, a file or something in a folder has a secret or a person's data."""
    patterns = Patterns()
    patterns.learn(subject, sandbox)
    check(patterns, artefacts)


def check(patterns: Patterns, artefacts: Iterable[str | Path]) -> None:
    """See :func:`assert_clean`."""
    bad = {
        name: found[:3]
        for artefact in artefacts
        for name, text in (texts(artefact) if isinstance(artefact, Path) else [("a text", artefact)])
        if (found := patterns.found(text))
    }
    assert not bad, bad


def texts(place: Path) -> Iterator[tuple[str, str]]:
    """Name and text of every file at or below a path; of a database, each column of each table."""
    for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
        parts = path.relative_to(place).parts
        if not path.is_file() or any(fnmatch(part, name) for part in parts for name in (*_OWN, *_PROGRAMS)):
            continue
        content = path.read_bytes()
        if content[8:12] == b"DUCK":
            yield from _columns(path)
        else:
            yield str(path), content.decode("utf-8", errors="replace")


def _columns(path: Path) -> Iterator[tuple[str, str]]:
    with duckdb.connect(str(path), read_only=True) as db:
        columns = db.sql(
            "select database_name, schema_name, table_name, column_name from duckdb_columns()"
            " where table_oid in (select table_oid from duckdb_tables() where database_name = current_database())"
            " and database_name = current_database()"
        )
        for database, schema, table, column in columns.fetchall():
            # The whole name: a file may be called as a schema in it.
            place = f'"{database}"."{schema}"."{table}"'
            values = db.sql(f'select distinct cast("{column}" as varchar) from {place}').fetchall()
            yield f"{path} {table}.{column}", "\n".join(str(value) for (value,) in values)


class Witness(Patterns):
    """Knows the secrets of every sandbox of a session."""

    def hear(self, sandbox: Sandbox) -> None:
        """Learn what a sandbox has handed out to anybody."""
        for subject in SUBJECTS:
            self.learn(subject, sandbox)
