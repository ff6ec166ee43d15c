"""What the README says of the taps."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_lines_of_each_tap_are_about_as_many_as_it_says() -> None:
    rows = re.findall(r"\[(tap-[a-z0-9-]+)\]\(taps/.* (\d+) \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    told = {tap: int(lines) for tap, lines in rows}
    counted = {
        tap.name: sum(len(file.read_text("utf-8").splitlines()) for file in tap.glob("tap_*/*.py"))
        for tap in (ROOT / "taps").glob("tap-*")
    }
    assert set(told) == set(counted)
    assert {tap: (told[tap], lines) for tap, lines in counted.items() if abs(told[tap] - lines) > lines / 20} == {}
