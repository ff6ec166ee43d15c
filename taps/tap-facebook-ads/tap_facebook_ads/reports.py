"""Reports: ready-made ones by name, a user's own by hand, and what Meta refuses, told before it is asked.

The templates and the rules are data: ``reports.json``.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, cast

from tap_toolkit.settings import nearest
from tap_toolkit.streams import read_schema
from tap_toolkit.windows import Period, Windows, days

TABLE: Mapping[str, Any] = json.loads(resources.files(__package__).joinpath("reports.json").read_text("utf-8"))
FIELDS: Mapping[str, Any] = read_schema(__package__, "insights")["properties"]
LEVELS: tuple[str, ...] = tuple(TABLE["levels"])
DEFAULT = ("daily_account", "daily_campaign", "daily_adset", "daily_ad")
PERIODS: Mapping[int | str, Period | None] = {1: "day", 7: "week", "monthly": "month", "all_days": None}

# Figures change for 28 days. Meta keeps 37 months (1,123 days at least), and 13 of what counts people by breakdowns.
_RESTATED = days(28)
_KEPT, _PEOPLE_KEPT = days(1122), days(392)
_PEOPLE = ("reach", "frequency", "cpp", "unique_*")
_COMBINATIONS: list[list[str]] = [*TABLE["combinations"], *([name] for name in TABLE["alone"])]
_BREAKDOWNS = {name for names in _COMBINATIONS for name in names}
_PLACEMENT = frozenset({"publisher_platform", "platform_position", "impression_device"})


@dataclass(frozen=True, slots=True)
class Report:
    """One report: who is counted (``level``), what (``fields``, metrics alone), split by what, and over which time.

    ``creative``: "beside" adds each ad's creative, "grouped" makes the rows those of creatives.
    """

    name: str
    level: str
    fields: tuple[str, ...]
    breakdowns: tuple[str, ...] = ()
    action_breakdowns: tuple[str, ...] = ("action_type",)
    time_increment: int | str = 1
    attribution_windows: tuple[str, ...] = ("1d_click", "7d_click", "1d_view")
    creative: str = ""

    @property
    def named_by(self) -> tuple[str, ...]:
        """The field that names the object of a row; none for the account, which is asked."""
        return () if self.level == "account" else (f"{self.level}_id",)

    @property
    def identity(self) -> tuple[str, ...]:
        """The fields that tell its rows apart within an account. ``date_stop`` moves while a period lasts."""
        return (*self.named_by, "date_start", *self.breakdowns)

    @property
    def keys(self) -> tuple[str, ...]:
        """The primary key."""
        own = ("creative_id", "date_start") if self.creative == "grouped" else self.identity
        return ("account_id", *own)

    @property
    def columns(self) -> tuple[str, ...]:
        """What is asked for of each object: names of it and those above, currency, attribution, and the metrics."""
        above = LEVELS[: LEVELS.index(self.level) + 1]
        names = [name for level in above for name in TABLE["levels"][level] if name not in self.named_by]
        return (*dict.fromkeys([*names, "account_currency", "attribution_setting", *self.fields]),)

    @property
    def is_light(self) -> bool:
        """Whether a synchronous call is cheaper than a job: few rows, nothing to split."""
        return self.level in ("account", "campaign") and not self.breakdowns

    @property
    def windows(self) -> Windows:
        """Whole periods of the account's time zone, those of the last 28 days again."""
        counts_people = self.breakdowns and (_matching(self.fields, _PEOPLE) or self.breakdowns[0].startswith("hourly"))
        period = PERIODS[self.time_increment]
        span = {"day": days(30 if self.is_light else 7), "week": days(28), "month": days(31), None: days(3660)}[period]
        return Windows(
            span=span,
            lookback=_RESTATED,
            pad=days(0),
            retention=_PEOPLE_KEPT if counts_people else _KEPT,
            period=period or "day",
        )


def read_reports(config: Mapping[str, Any]) -> tuple[list[Report], list[str]]:
    """The reports that the settings ask for, and a sentence for each mistake in them."""
    reports, wrong = [], []
    for name in dict.fromkeys(config.get("reports", DEFAULT)):
        if template := TABLE["reports"].get(name):
            reports.append(_template(name, template))
        else:
            known = TABLE["reports"]
            wrong.append(
                f"Report {name} is not known: the nearest is {nearest(name, known)}. There are {', '.join(known)}."
            )
    for given in config.get("custom_reports", ()):
        values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
        report = Report(**cast(dict[str, Any], values))
        reports.append(report)
        wrong += [f"Report {report.name}: {sentence}" for sentence in _mistakes(report)]
    names = [report.name for report in reports]
    wrong += [f"Two reports are named {name}." for name in sorted({n for n in names if names.count(n) > 1})]
    return reports, wrong


def _template(name: str, template: Mapping[str, Any]) -> Report:
    return Report(
        name=name,
        level=template["level"],
        fields=tuple(field for metrics in template["metrics"] for field in TABLE["metrics"][metrics]),
        breakdowns=tuple(template.get("breakdowns", ())),
        time_increment=template["time_increment"],
        creative=template.get("creative", ""),
    )


def _mistakes(report: Report) -> Iterator[str]:
    """What Meta would refuse, and the nearest thing that it would not."""
    for field in report.fields:
        if field in _BREAKDOWNS:
            yield f"{field} is a breakdown: name it in breakdowns, not in fields."
        elif field not in FIELDS:
            yield f"field {field} is not known: the nearest is {nearest(field, FIELDS)}."
    asked = frozenset(report.breakdowns)
    if "dma" in asked:
        yield "Meta has dropped the breakdown dma: use comscore_market."
    elif unknown := sorted(asked - _BREAKDOWNS):
        yield f"breakdown {unknown[0]} is not known: the nearest is {nearest(unknown[0], _BREAKDOWNS)}."
    elif asked and asked not in map(frozenset, _COMBINATIONS):
        together = f"the breakdowns {_list(report.breakdowns)} together" if len(asked) > 1 else f"{_list(asked)} alone"
        yield f"Meta refuses {together}: the nearest it allows is {_list(_nearest_combination(report.breakdowns))}."
    for breakdown in report.breakdowns:
        if lacking := _matching(report.fields, TABLE["without"].get(breakdown, ())):
            yield f"{_list(lacking)} cannot be had by {breakdown}: leave it out."
    yield from _mistaken_actions(report)


def _mistaken_actions(report: Report) -> Iterator[str]:
    rules = TABLE["action_breakdowns"]
    allowed = [*rules["anywhere"]]
    if _PLACEMENT.issuperset(report.breakdowns):
        allowed += rules["by placement"]
    if not report.breakdowns:
        allowed += rules["alone"]
    for name in report.action_breakdowns:
        if name not in allowed:
            beside = f" beside {_list(report.breakdowns)}" if report.breakdowns else ""
            yield f"Meta refuses the action breakdown {name}{beside}: the nearest is {nearest(name, allowed)}."
    for name in report.attribution_windows:
        if name not in TABLE["attribution_windows"]:
            known = nearest(name, TABLE["attribution_windows"])
            yield f"Meta gives no figures for the attribution window {name}: the nearest is {known}."


def _nearest_combination(asked: Sequence[str]) -> Sequence[str]:
    """The combination that keeps most of what was asked for, adds least, and keeps what was named first."""

    def likeness(known: Sequence[str]) -> tuple[int, int, list[bool]]:
        kept = [name in known for name in asked]
        return sum(kept), sum(kept) - len(known), kept

    return max(_COMBINATIONS, key=likeness)


def _matching(fields: Sequence[str], patterns: Sequence[str]) -> list[str]:
    return [field for field in fields if any(fnmatch.fnmatch(field, pattern) for pattern in patterns)]


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
