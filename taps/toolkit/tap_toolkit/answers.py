"""A platform's answer and the rows in it, whatever it looks like today."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

import msgspec

from tap_toolkit.errors import SkipWindow

#: What a platform sent: an object, or a `TypedRow`, which is asked and told alike.
Row = dict[str, Any]
Rows = list[Row]


class TypedRow(msgspec.Struct, gc=False):
    """A row whose fields are as its schema promises; those that were not sent are UNSET."""

    def __getitem__(self, name: str) -> Any:
        value = self.get(name, msgspec.UNSET)
        if value is msgspec.UNSET:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self, name, value)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field, or ``default`` where none was sent."""
        value = getattr(self, name, msgspec.UNSET)
        return default if value is msgspec.UNSET else value

    def plain(self) -> Row:
        """The same as an object."""
        sent = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not msgspec.UNSET}
        for name, value in sent.items():
            if type(value) is msgspec.Raw:
                sent[name] = decode(bytes(value))
            elif type(value) is Decimal and not value.is_finite():
                sent[name] = str(value)  # it came as a text, for no number is written so
        return sent

    def __reduce__(self) -> Any:  # its class is made anew by each process, and of no use to another
        return dict, (self.plain(),)


_ENCODE = msgspec.json.Encoder().encode
# Fractions stay exact: money must never pass through a binary float.
_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode
# An escape, or a pair of them for one letter, or half of such a pair.
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>u[dD][89a-fA-F]..)|.)", re.DOTALL)


def decode(content: bytes) -> Any:
    """The value of a JSON text; fractions are :class:`~decimal.Decimal`. Raises :class:`ValueError` for no whole JSON.

    Platforms cut names in the middle of a letter and send the half of it; it becomes U+FFFD, and the rest is read.
    """
    try:
        return _DECODE(content)
    except ValueError:  # msgspec's errors, and those of wrong UTF-8, are ValueErrors
        text = content.decode("utf-8", "replace")
        return _DECODE(_ESCAPE.sub(lambda escape: "\\ufffd" if escape["half"] else escape[0], text))


def dig(body: Any, path: str) -> Any:
    """The value under a dotted path; the body itself for an empty one; None where there is none."""
    for name in path.split(".") if path else ():
        if not isinstance(body, Mapping):
            return None
        body = body.get(name)
    return body


def rows_in(answer: Any, path: str, call: str, *, told: bool = False) -> list[Any]:
    """The rows of an answer, whatever they are; an object there is one. A null is none, and so is nothing, if ``told``.

    Raises :class:`SkipWindow` for an answer of another shape: taken for an empty one, it would lose what it hides.
    """
    found = dig(answer, path)
    if isinstance(found, list):
        return found
    if isinstance(found, dict) and found:
        return [found]
    if found is None and told:
        return []
    raise SkipWindow(f"{call} answered in another shape: there are no rows under {path!r}. It is asked again later.")


def told_in(answer: Any, path: str) -> bool:
    """Whether an answer has a value, be it null, under a dotted path."""
    parent, _, name = path.rpartition(".")
    holder = dig(answer, parent)
    return isinstance(holder, Mapping) and name in holder


def text_in(answer: Any, name: str, call: str) -> str:
    """A text, or a number as one, without which nothing goes on. Raises :class:`SkipWindow` where there is none."""
    found = dig(answer, name)
    if isinstance(found, (str, int)) and found:
        return str(found)
    raise SkipWindow(f"{call} answered in another shape: there is no {name}. It is asked again later.")


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
        if isinstance(row, (dict, TypedRow)):
            found.append(cast(Row, row))
        else:
            reject({"value": row}, f"{call} listed what is not an object")
    return found
