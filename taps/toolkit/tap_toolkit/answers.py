"""The rows in a platform's answer, whatever it looks like today."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from tap_toolkit.errors import SkipWindow

Row = dict[str, Any]
Rows = list[Row]

_ENCODE = msgspec.json.Encoder().encode


def dig(body: Any, path: str) -> Any:
    """The value under a dotted path; the body itself for an empty one; None where there is none."""
    for name in path.split(".") if path else ():
        if not isinstance(body, Mapping):
            return None
        body = body.get(name)
    return body


def rows_in(answer: Any, path: str, call: str, *, told: bool = False) -> list[Any]:
    """The rows of an answer, whatever they are; an object there is one. A null is none, and so is nothing if ``told``.

    Raises :class:`SkipWindow` for an answer of another shape: taken for an empty one, it would lose what it hides.
    """
    found = dig(answer, path)
    if isinstance(found, list):
        return found
    if isinstance(found, dict) and found:
        return [found]
    parent, _, name = path.rpartition(".")
    holder = dig(answer, parent)
    if found is None and isinstance(holder, Mapping) and (told or name in holder):
        return []
    raise SkipWindow(f"{call} answered in another shape: there are no rows under {path!r}. It is asked again later.")


def unlike(rows: Iterable[Row], seen: set[Any]) -> Rows:
    """The rows without those that are like one in ``seen`` in every field."""
    fresh: Rows = []
    for row in rows:
        likeness = hashlib.blake2b(_ENCODE(row), digest_size=16).digest()
        if likeness not in seen:
            seen.add(likeness)
            fresh.append(row)
    return fresh


def objects(reject: Callable[[Row, str], None], rows: Iterable[Any], call: str) -> Rows:
    """The rows that are objects; what is none is rejected."""
    found: Rows = []
    for row in rows:
        if isinstance(row, dict):
            found.append(row)
        else:
            reject({"value": row}, f"{call} listed what is not an object")
    return found
