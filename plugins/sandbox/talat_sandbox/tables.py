"""What a table of the truth is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from talat_sandbox.business.model import Business

Row = tuple[object, ...]


class Table(NamedTuple):
    """A table of the truth: its columns and the rows at an instant."""

    columns: tuple[str, ...]
    rows: Callable[[Business, int], Iterator[Row]]


def money(satang: int | None) -> str:
    """Return satang as text with two digits; empty for None."""
    if satang is None:
        return ""
    whole, rest = divmod(abs(satang), 100)
    return f"{'-' if satang < 0 else ''}{whole}.{rest:02d}"
