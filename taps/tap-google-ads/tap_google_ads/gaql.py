"""Reports: a name and what Google's query language selects from what; ready-made in reports.json, or by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Any

from tap_toolkit.reports import misnamed
from tap_toolkit.streams import read_schema

DATE = "segments.date"
_TABLE = json.loads(resources.files(__package__).joinpath("reports.json").read_text(encoding="utf-8"))
_IDENTITIES: Mapping[str, list[str]] = _TABLE["identities"]
_COLUMNS: Mapping[str, str] = _TABLE["columns"]
_QUERY = re.compile(
    r"\s*SELECT\s+(?P<fields>.+?)\s+FROM\s+(?P<resource>[a-z_]+)(?:\s+WHERE\s+(?P<where>.+?))?\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_MORE = re.compile(r"\b(ORDER\s+BY|LIMIT|PARAMETERS)\b", re.IGNORECASE)
#: What is known of fields, by Google's names.
FIELDS: Mapping[str, Any] = read_schema(__package__, "fields")["properties"]


@dataclass(frozen=True, slots=True)
class Report:
    """What is selected from a resource. ``span``: days of one query, for one with dates."""

    name: str
    resource: str
    fields: tuple[str, ...]
    where: str = ""
    span: int = 30

    @property
    def is_daily(self) -> bool:
        """Whether its rows are of a day each."""
        return DATE in self.fields

    @property
    def identity(self) -> tuple[str, ...]:
        """The fields that tell a customer's rows apart: what the resource is of, and every segment.

        Of a resource that the table does not know, all names of what is selected.
        """
        known = _IDENTITIES.get(self.resource)
        heads = dict.fromkeys([self.resource, *(name.partition(".")[0] for name in self.fields)])
        own = known or [f"{head}.resource_name" for head in heads if head not in ("segments", "metrics", "customer")]
        return (*own, *(name for name in self.fields if name.startswith("segments.")))

    @property
    def selected(self) -> tuple[str, ...]:
        """All that is asked for; beside figures the customer's currency and time zone."""
        money = ("customer.currency_code", "customer.time_zone") if self.is_daily else ()
        return tuple(dict.fromkeys([*self.identity, *money, *self.fields]))

    def query(self, since: date | None = None, until: date | None = None) -> str:
        """The query, over days of which both are included. Removed objects are left in: Google does so unasked."""
        conditions = [self.where] if self.where else []
        conditions += [f"{DATE} BETWEEN '{since}' AND '{until}'"] if since else []
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        return f"SELECT {', '.join(self.selected)} FROM {self.resource}{where}"


def column(field: str) -> str:
    """The name that a field has in records: `segments.date` is `date`, `ad_group_ad.ad.id` is `ad_id`."""
    for prefix, short in _COLUMNS.items():
        if field.startswith(prefix):
            return short + field.removeprefix(prefix).replace(".", "_")
    return field.replace(".", "_")


def _ready_made(name: str, it: Mapping[str, Any]) -> Report:
    metrics = (metric for group in it.get("metrics", ()) for metric in _TABLE["metrics"][group])
    return Report(name, it["from"], (*it["select"], *metrics), it.get("where", ""), it.get("days", 30))


READY_MADE = [_ready_made(name, it) for name, it in _TABLE["reports"].items()]


def by_hand(given: Sequence[Mapping[str, str]]) -> tuple[list[Report], list[str]]:
    """The reports of the setting ``custom_reports``, and a sentence for each mistake in them."""
    reports, wrong = [], misnamed([entry["name"] for entry in given], [report.name for report in READY_MADE])
    for entry in given:
        name, more = entry["name"], _MORE.search(entry["query"])
        found = _QUERY.fullmatch(entry["query"][: more.start() if more else None])
        if not found:
            wrong.append(f"Report {name}: write the query like SELECT campaign.id, metrics.clicks FROM campaign.")
            continue
        fields = tuple(dict.fromkeys(part.strip() for part in found["fields"].split(",")))
        report = Report(name, found["resource"], fields, (found["where"] or "").strip())
        wrong += [f"Report {name}: {sentence}" for sentence in _mistakes(report)]
        if more:
            wrong.append(f"Report {name}: leave {more[0].upper()} out: all rows are read.")
        reports.append(report)
    return reports, wrong


def _mistakes(report: Report) -> Iterator[str]:
    for field in report.fields:
        if not _FIELD.fullmatch(field):
            yield f"{field or ','} is no field: write it like campaign.name."
    if "segments.date" in report.where or "DURING" in report.where.upper():
        yield "leave the dates out of WHERE: the tap asks for the days that it needs."
    counted = [field for field in report.fields if field.startswith(("metrics.", "segments."))]
    if counted and not report.is_daily:
        yield f"select segments.date beside {counted[0]}: figures are read by the day."
    columns = [column(field) for field in report.selected]
    if doubled := sorted({name for name in columns if columns.count(name) > 1}):
        yield f"two of its fields would both be called {doubled[0]}: leave one out."
