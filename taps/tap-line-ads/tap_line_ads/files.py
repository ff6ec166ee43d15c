"""Report files: CSV in UTF-8 with English column names, whose exact spelling LINE does not document."""

from __future__ import annotations

import csv
import io
import re

from tap_toolkit.answers import Row, Rows

#: Names by which the schema knows columns, where they are not the file's own with underscores.
_RENAMED = {
    "day": "date",
    "ad_group_id": "adgroup_id",
    "ad_group_name": "adgroup_name",
    "reach_estimated": "reach",
    "cv_value_purchased": "cv_value",
}
_NUMBER = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")


def read_file(content: bytes) -> Rows:
    """The rows by column. Raises :class:`ValueError` for what is no such file, or one that is cut off."""
    text = content.decode("utf-8-sig")
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise ValueError("not whole CSV") from None
    if not lines or "Day" not in lines[0] or not text.endswith("\n"):
        raise ValueError("not a report")
    names = [column(name) for name in lines[0]]
    if any(len(line) != len(names) for line in lines[1:] if line):
        raise ValueError("a line of another length")
    return [_row(names, line) for line in lines[1:] if line]


def column(name: str) -> str:
    """``ad_id`` for ``Ad ID``; what stands in brackets is a part of the name."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return _RENAMED.get(plain, plain)


def _row(names: list[str], line: list[str]) -> Row:
    """Values as texts, numbers without commas; a hyphen is nothing."""
    return {
        name: None if value in ("", "-") else value.replace(",", "") if _NUMBER.fullmatch(value) else value
        for name, value in zip(names, line, strict=True)
    }
