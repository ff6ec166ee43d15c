"""Reports by name or by hand: who is counted, what, split by what and over which time, held to the platform's rules.

What a platform offers is data, ``reports.json`` in the tap's package:

- ``levels`` from the account down, with what names an object of each; ``metrics``, named groups of fields; what rows
  ``always`` have; ``reports``, ready-made ones, and which are the ``default``;
- ``combinations`` of breakdowns and those allowed ``alone``; those that are ``gone``, or ``gated`` (without rows, in
  silence, until the account opts in: ``opt_in`` says how); fields that cannot be had by a breakdown (``without``);
- ``account``, the field with the account's id, where it is not ``account_id``; the ``periods`` that there are, where it
  is not all; ``immediate`` for a platform that answers at once, so that there is nothing to wait for;
- further ``options`` of a report, each with a default and what is allowed, everywhere or within some breakdowns;
- ``shapes`` that the platform's source may give a report's rows, and for grouping them ``sums``, ``stats``, ``ratios``.

All fields there are, with their types, are the schema ``insights`` of the package.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from importlib import resources
from typing import Any, ClassVar

from singer_sdk import typing as th

from tap_toolkit.answers import Row
from tap_toolkit.ledger import LEDGER
from tap_toolkit.settings import nearest, setting
from tap_toolkit.sources import Source
from tap_toolkit.streams import PlatformStream, read_schema
from tap_toolkit.windows import Period, Windows, days

PERIODS: Mapping[int | str, Period | None] = {1: "day", 7: "week", "monthly": "month", "all_days": None}
_NAMES = th.ArrayType(th.StringType)


@dataclass(frozen=True, slots=True)
class Report:
    """One report. ``fields`` are metrics alone; ``shape`` names what the platform's source makes of its rows."""

    name: str
    level: str
    fields: tuple[str, ...]
    _: KW_ONLY
    table: ReportTable = field(repr=False, compare=False)
    breakdowns: tuple[str, ...] = ()
    time_increment: int | str = 1
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shape: str = ""

    @property
    def named_by(self) -> tuple[str, ...]:
        """The field that names the object of a row; none for the account, which is asked."""
        return () if self.level == self.table.levels[0] else (f"{self.level}_id",)

    @property
    def identity(self) -> tuple[str, ...]:
        """The fields that tell its rows apart within an account. The last date moves while a period lasts."""
        return (*self.named_by, "date_start", *self.breakdowns)

    @property
    def keys(self) -> tuple[str, ...]:
        """The primary key."""
        own = self.table.shapes.get(self.shape, {}).get("identity") or self.identity
        return (self.table.account, *own)

    @property
    def columns(self) -> tuple[str, ...]:
        """What is asked for of each object: names of it and those above, what every row has, and the metrics."""
        above = self.table.levels[: self.table.levels.index(self.level) + 1]
        names = [name for level in above for name in self.table.data["levels"][level] if name not in self.named_by]
        return tuple(dict.fromkeys([*names, *self.table.data["always"], *self.fields]))

    def has(self, patterns: Sequence[str]) -> list[str]:
        """Its fields that are like one of the patterns."""
        return [name for name in self.fields if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]

    def windows(self, *, span: timedelta, restated: timedelta, kept: timedelta | None = None) -> Windows:
        """Whole periods of the account's time zone; by days, ``span`` at a time. Those ``restated`` are read again."""
        period = PERIODS[self.time_increment]
        spans = {"day": span, "week": days(28), "month": days(31), None: days(3660)}
        return Windows(span=spans[period], lookback=restated, pad=days(0), retention=kept, period=period or "day")


def misnamed(names: Sequence[str], taken: Iterable[str]) -> list[str]:
    """A sentence for each name that two reports have, or that is a stream's: one ``taken``, or of the ledger."""
    twice = sorted({name for name in names if names.count(name) > 1})
    streams = sorted({*names} & {*taken, *LEDGER})
    return [
        *(f"Two reports are named {name}." for name in twice),
        *(f"Report {name}: the name is a stream's already." for name in streams),
    ]


class ReportTable:
    """A platform's reports and rules."""

    def __init__(self, package: str) -> None:
        text = resources.files(package).joinpath("reports.json").read_text(encoding="utf-8")
        self.data: Mapping[str, Any] = json.loads(text)
        self.schema = read_schema(package, "insights")
        self.fields: Mapping[str, Any] = self.schema["properties"]
        self.levels: tuple[str, ...] = tuple(self.data["levels"])
        self.account: str = self.data.get("account", "account_id")
        self.shapes: Mapping[str, Any] = self.data.get("shapes", {})
        self.reports: Mapping[str, Any] = self.data["reports"]
        alone = [[name] for name in self.data["alone"]]
        self.combinations: list[list[str]] = [*self.data["combinations"], *alone]
        self.breakdowns = {name for names in self.combinations for name in names}

    def settings(self) -> list[th.Property[Any]]:
        """The settings ``reports`` and ``custom_reports``."""
        text = th.StringType
        custom = th.ObjectType(
            th.Property("name", text(pattern="^[a-z][a-z0-9_]*$"), required=True),
            th.Property("level", text(allowed_values=self.levels), required=True),
            th.Property("fields", _NAMES, required=True),
            th.Property("breakdowns", _NAMES),
            th.Property("time_increment", th.CustomType({"enum": self.data.get("periods", list(PERIODS))})),
            *(th.Property(name, _NAMES) for name in self.data["options"]),
            additional_properties=False,
        )
        ready, default = f"Ready-made reports by name: {', '.join(self.reports)}.", self.data["default"]
        by_hand = 'Like [{"name": "by_country", "level": "campaign", "fields": ["spend"], "breakdowns": ["country"]}].'
        patience = setting(
            "report_minutes",
            th.IntegerType(minimum=1),
            "Minutes for a report",
            "How long the platform may take for a report before it is asked for again.",
            default=30,
        )
        return [
            setting("reports", _NAMES, "Reports", ready, default=default),
            setting("custom_reports", th.ArrayType(custom), "Reports of your own", by_hand),
            *([] if self.data.get("immediate") else [patience]),
        ]

    def read(self, config: Mapping[str, Any], taken: Iterable[str] = ()) -> tuple[list[Report], list[str]]:
        """The reports that the settings ask for, and a sentence for each mistake in them.

        ``taken`` are names of other streams.
        """
        reports, wrong = [], []
        for name in dict.fromkeys(config.get("reports", self.data["default"])):
            if template := self.reports.get(name):
                metrics = [metric for group in template["metrics"] for metric in self.data["metrics"][group]]
                reports.append(self._report({"name": name, **template, "fields": metrics}))
            else:
                like = f"the nearest is {nearest(name, self.reports)}. There are {', '.join(self.reports)}."
                wrong.append(f"Report {name} is not known: {like}")
        for given in config.get("custom_reports", ()):
            report = self._report(given)
            reports.append(report)
            wrong += [f"Report {report.name}: {sentence}" for sentence in self._mistakes(report)]
        return reports, wrong + misnamed([report.name for report in reports], taken)

    def _report(self, given: Mapping[str, Any]) -> Report:
        options = {name: tuple(given.get(name, option["default"])) for name, option in self.data["options"].items()}
        return Report(
            given["name"],
            given["level"],
            tuple(given["fields"]),
            table=self,
            breakdowns=tuple(given.get("breakdowns", ())),
            time_increment=given.get("time_increment", 1),
            options=options,
            shape=given.get("shape", ""),
        )

    def _mistakes(self, report: Report) -> Iterator[str]:
        """What the platform would refuse, and the nearest thing that it would not."""
        platform, asked = self.data["platform"], report.breakdowns
        for name in report.fields:
            if name in self.breakdowns:
                yield f"{name} is a breakdown: name it in breakdowns, not in fields."
            elif name not in self.fields:
                yield f"field {name} is not known: the nearest is {nearest(name, self.fields)}."
        if gone := [name for name in asked if name in self.data["gone"]]:
            yield f"{platform} has dropped the breakdown {gone[0]}: use {self.data['gone'][gone[0]]}."
        elif unknown := [name for name in asked if name not in self.breakdowns]:
            yield f"breakdown {unknown[0]} is not known: the nearest is {nearest(unknown[0], self.breakdowns)}."
        elif asked and {*asked} not in map(set, self.combinations):
            what = f"the breakdowns {', '.join(asked)} together" if len(asked) > 1 else f"{asked[0]} alone"
            yield f"{platform} refuses {what}: the nearest it allows is {', '.join(self._nearest(asked))}."
        for breakdown in asked:
            if lacking := report.has(self.data["without"].get(breakdown, ())):
                yield f"{', '.join(lacking)} cannot be had by {breakdown}: leave it out."
        for option, names in report.options.items():
            allowed = self._allowed(option, asked)
            for name in names:
                if name not in allowed:
                    what = f"{option.removesuffix('s').replace('_', ' ')} {name}"
                    beside = f" beside {', '.join(asked)}" if asked else ""
                    yield f"{platform} refuses the {what}{beside}: the nearest is {nearest(name, allowed)}."

    def _allowed(self, option: str, breakdowns: Sequence[str]) -> list[str]:
        """An option's names that may stand beside these breakdowns."""
        groups = self.data["options"][option]["allowed"]
        fitting = [g for g in groups if "within" not in g or {*breakdowns} <= {*g["within"]}]
        return [name for group in fitting for name in group["names"]]

    def _nearest(self, asked: Sequence[str]) -> Sequence[str]:
        """The combination that keeps most of what was asked for, adds least, and keeps what was named first."""

        def likeness(known: Sequence[str]) -> tuple[int, int, list[bool]]:
            kept = [name in known for name in asked]
            return sum(kept), sum(kept) - len(known), kept

        return max(self.combinations, key=likeness)


class ReportStream(PlatformStream):
    """A report as a stream; its schema is what of the platform's fields it asks for."""

    report: ClassVar[Report]

    @classmethod
    def of(cls, report: Report, source: Source, windows: Windows) -> type[ReportStream]:
        """The stream of a report, read by a source."""
        facts = {
            "__doc__": f"The report {report.name}.",
            "__module__": cls.__module__,
            "name": report.name,
            "keys": report.keys,
            "cursor": None if report.time_increment == "all_days" else "date_start",
            "windows": windows,
            "source": source,
            "report": report,
        }
        return type(report.name, (cls,), facts)

    @classmethod
    def full_schema(cls) -> dict[str, Any]:
        """The account, what identifies a row, its dates, and what the report asks for."""
        report, known = cls.report, cls.report.table.fields
        names = [report.table.account, *report.identity, "date_stop", *report.columns]
        names += report.table.shapes.get(report.shape, {}).get("fields", [])
        text = {"type": ["string", "null"]}
        return {**report.table.schema, "properties": {name: known.get(name, text) for name in [*names, "extra_fields"]}}

    def prepare(self, row: Row, account: str) -> Row:
        """Breakdowns as parts of a key: one left out is ``unknown``, one that is an object is its id (and kept)."""
        for name in self.report.breakdowns:
            value = row.get(name) or "unknown"
            if isinstance(value, Mapping):
                row[f"{name}_object"], value = value, value.get("id") or "unknown"
            row[name] = value
        return super().prepare(row, account)
