"""Reports by name or by hand: ``reports.json`` has the ready-made ones, the types of metrics, and what is not read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from singer_sdk import typing as th

from tap_toolkit.reports import misnamed
from tap_toolkit.settings import nearest, setting
from tap_toolkit.streams import schema_of

DATA: Mapping[str, Any] = json.loads(resources.files(__package__).joinpath("reports.json").read_text("utf-8"))
_METRICS = [*DATA["integers"], *DATA["money"], *DATA["fractions"]]
_NAMES = th.ArrayType(th.StringType(pattern=r"^[a-zA-Z][a-zA-Z0-9_:\[\]]*$"))
#: What every row has beside the property, its dimensions and metrics.
ABOUT = {
    "currency_code": "string",
    "time_zone": "string",
    "data_loss_from_other_row": "boolean",
    "subject_to_thresholding": "boolean",
    "samples_read_count": "integer",
    "sampling_space_size": "integer",
}


@dataclass(frozen=True, slots=True)
class Report:
    """One report of days. Names are the API's; ``date`` is not among the dimensions, and always there."""

    name: str
    dimensions: tuple[str, ...]
    metrics: tuple[str, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The primary key: the property, the day and every dimension."""
        return ("property_id", "date", *map(column, self.dimensions))

    def schema(self) -> dict[str, Any]:
        """The JSON schema of its rows."""
        text: dict[str, Any] = {"type": "string"}
        properties: dict[str, Any] = {"property_id": text, "date": {"type": "string", "format": "date"}}
        properties |= {column(name): text for name in self.dimensions}
        properties |= {column(name): _type_of(name) for name in self.metrics}
        properties |= {name: {"type": [kind, "null"]} for name, kind in ABOUT.items()}
        return schema_of(properties)


def column(name: str) -> str:
    """``session_source`` for ``sessionSource``, ``key_events_purchase`` for ``keyEvents:purchase``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def _type_of(name: str) -> dict[str, Any]:
    """An integer where it is known to be one; all else is an exact number, money above all."""
    if name in DATA["integers"]:
        return {"type": ["integer", "null"]}
    return {"type": ["number", "null"], **({"x-sql-datatype": "decimal"} if name in DATA["money"] else {})}


def report_settings() -> list[th.Property[Any]]:
    """The settings ``reports`` and ``custom_reports``."""
    custom = th.ObjectType(
        th.Property("name", th.StringType(pattern="^[a-z][a-z0-9_]*$"), required=True),
        th.Property("dimensions", _NAMES, required=True),
        th.Property("metrics", _NAMES, required=True),
        additional_properties=False,
    )
    ready = f"Ready-made reports by name: {', '.join(DATA['reports'])}."
    by_hand = 'Like [{"name": "by_city", "dimensions": ["city"], "metrics": ["sessions"]}]; each is by day.'
    return [
        setting("reports", th.ArrayType(th.StringType), "Reports", ready, default=DATA["default"]),
        setting("custom_reports", th.ArrayType(custom), "Reports of your own", by_hand),
    ]


def read_reports(config: Mapping[str, Any], taken: Iterable[str] = ()) -> tuple[list[Report], list[str]]:
    """The reports that the settings ask for, and a sentence for each mistake in them; ``taken`` are other streams."""
    reports, wrong = [], []
    for name in dict.fromkeys(config.get("reports", DATA["default"])):
        if ready := DATA["reports"].get(name):
            reports.append(Report(name, tuple(ready["dimensions"]), tuple(ready["metrics"])))
        else:
            like = f"the nearest is {nearest(name, DATA['reports'])}. There are {', '.join(DATA['reports'])}."
            wrong.append(f"Report {name} is not known: {like}")
    for given in config.get("custom_reports", ()):
        dimensions = tuple(name for name in given["dimensions"] if name != "date")
        report = Report(given["name"], dimensions, tuple(given["metrics"]))
        reports.append(report)
        wrong += [f"Report {report.name}: {sentence}" for sentence in _mistakes(report)]
    return reports, wrong + misnamed([report.name for report in reports], taken)


def _mistakes(report: Report) -> Iterator[str]:
    """What Google would refuse, and what this tap does not read."""
    most = DATA["most"]
    if len(report.dimensions) + 1 > most["dimensions"]:
        yield f"GA4 knows {most['dimensions']} dimensions in a report, the date included: name fewer."
    if not 1 <= len(report.metrics) <= most["metrics"]:
        yield f"a report has 1 to {most['metrics']} metrics: name as many, and others in another report."
    names = [*report.dimensions, *report.metrics]
    for name in names:
        if name in DATA["renamed"]:
            yield f"GA4 has no {name} any more: use {DATA['renamed'][name]}."
        elif name in DATA["personal"]:
            yield f"{name} holds what visitors typed: use {DATA['personal'][name]}."
    for name in report.dimensions:
        if name in _METRICS:
            yield f"{name} is a metric: name it in metrics, not in dimensions."
    columns = [*map(column, names), "property_id", "date", *ABOUT]
    for name in sorted({name for name in columns if columns.count(name) > 1}):
        yield f"two of its columns would be named {name}: leave one out."
