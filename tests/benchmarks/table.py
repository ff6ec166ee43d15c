"""The lines of the result, and how they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

_HEAD = ("work", "ours", "against", "ratio", "aim", "")


@dataclass(frozen=True)
class Line:
    """One comparison. The ratio is how many times better ``ours`` is; for ``within`` how many times worse.

    ``kind``: `times` (as fast as, by at least ``aim``), `within` (``aim`` times ``theirs``), `below` (``ours`` itself
    is at most ``aim``). Without an aim it is for information.
    """

    work: str
    ours: float
    unit: str
    against: str = ""
    theirs: float | None = None
    aim: float | None = None
    kind: Literal["times", "within", "below"] = "times"

    @property
    def ratio(self) -> float | None:
        """Ours and theirs as one number; None where there is nothing to compare with."""
        over, under = (self.ours, self.theirs) if self.kind == "within" else (self.theirs, self.ours)
        return over / under if over is not None and under else None

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        value = self.ours if self.kind == "below" else self.ratio
        assert value is not None
        return value >= self.aim if self.kind == "times" else value <= self.aim

    def cells(self) -> tuple[str, ...]:
        """The line as texts, in the order of the head."""
        theirs = "" if self.theirs is None else f"{self.against} {_figure(self.theirs)} {self.unit}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        sign = {"times": "≥", "within": "≤", "below": "≤"}[self.kind]
        aim = "" if self.aim is None else f"{sign} {self.aim:g}"
        verdict = {None: "", True: "met", False: "**missed**"}[self.met]
        return (self.work, f"{_figure(self.ours)} {self.unit}", theirs, ratio, aim, verdict)


def _figure(value: float) -> str:
    return f"{value:.2f}" if value < 100 and value != int(value) else f"{value:.0f}"


def as_markdown(lines: Sequence[Line]) -> str:
    """A table for a README."""
    rows = [_HEAD, tuple("---" for _ in _HEAD), *(line.cells() for line in lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def as_text(lines: Sequence[Line]) -> str:
    """A table for a terminal."""
    rows = [_HEAD, *(tuple(cell.replace("*", "") for cell in line.cells()) for line in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
