"""`filtering`: what Meta lets a list or a report be narrowed by."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from talat_sandbox.business.ads import Ad, AdSet, Campaign
from talat_sandbox.platforms.facebook_ads.call import Call
from talat_sandbox.platforms.facebook_ads.protocol import parameter_error

Thing = Campaign | AdSet | Ad
SCOPES = ("campaign", "adset", "ad")
_TIMES = ("updated_time", "created_time")
_OBJECT = ("id", "name", "status", "configured_status", "effective_status", *_TIMES)
METRICS = ("impressions", "spend", "clicks", "reach")


class Filter(NamedTuple):
    """One condition. `scope` is the kind of object whose field is meant; empty for that of the rows themselves."""

    scope: str
    name: str
    operator: str
    values: tuple[str, ...]

    def accepts(self, actual: str | Decimal) -> bool:
        """Whether a value meets the condition; text as text, numbers as numbers."""
        first = self.values[0] if self.values else ""
        if self.operator in ("EQUAL", "IN", "NOT_EQUAL", "NOT_IN"):
            found = actual in (self._numbers() if isinstance(actual, Decimal) else self.values)
            return found is not self.operator.startswith("NOT")
        if self.operator in ("CONTAIN", "NOT_CONTAIN"):
            return (first.lower() in str(actual).lower()) is (self.operator == "CONTAIN")
        number, bound = Decimal(actual), self._numbers()[0]
        return {
            "GREATER_THAN": number > bound,
            "GREATER_THAN_OR_EQUAL": number >= bound,
            "LESS_THAN": number < bound,
            "LESS_THAN_OR_EQUAL": number <= bound,
        }[self.operator]

    def _numbers(self) -> tuple[Decimal, ...]:
        try:
            return tuple(_number(value) for value in self.values)
        except (InvalidOperation, ValueError):
            raise parameter_error(f"Filter value of {self.name} must be a number.") from None


_OPERATORS = (
    "EQUAL", "NOT_EQUAL", "IN", "NOT_IN", "CONTAIN", "NOT_CONTAIN", "GREATER_THAN", "GREATER_THAN_OR_EQUAL",
    "LESS_THAN", "LESS_THAN_OR_EQUAL",
)  # fmt: skip


def read_filters(call: Call) -> tuple[Filter, ...]:
    """Return the conditions of a call, `effective_status` among them. Raises GraphError for one Meta does not know."""
    entries = call.value("filtering")
    if entries is not None and not isinstance(entries, list):
        raise parameter_error("Param filtering must be an array.")
    filters = [_filter(entry) for entry in entries or []]
    statuses = call.names("effective_status")
    if statuses:
        filters.append(Filter("", "effective_status", "IN", tuple(statuses)))
    return tuple(filters)


def _filter(entry: object) -> Filter:
    if not isinstance(entry, dict) or not {"field", "operator", "value"} <= entry.keys():
        raise parameter_error("Param filtering must hold objects with field, operator and value.")
    scope, _, name = str(entry["field"]).rpartition(".")
    if scope not in ("", *SCOPES) or name not in (*_OBJECT, *METRICS):
        raise parameter_error(f"Filtering field {entry['field']} is invalid.")
    if entry["operator"] not in _OPERATORS:
        raise parameter_error(f"Filtering operator {entry['operator']} is invalid.")
    if entry["operator"].endswith(("THAN", "OR_EQUAL")) and name not in (*_TIMES, *METRICS):
        raise parameter_error(f"Filtering operator {entry['operator']} is invalid for {entry['field']}.")
    value = entry["value"]
    values = value if isinstance(value, list) else [value]
    return Filter(scope, name, entry["operator"], tuple(str(part) for part in values))


def keeps(thing: Thing, own: str, filters: tuple[Filter, ...], as_of: int) -> bool:
    """Whether an object, of the kind `own`, meets all conditions on objects at an instant.

    Conditions on what stands below it are met: an ad set has no one ad.
    """
    above = _above(thing)
    for condition in filters:
        subject = above.get(condition.scope or own)
        if condition.name in METRICS or subject is None:
            continue
        if not condition.accepts(_attribute(subject, condition.name, as_of)):
            return False
    return True


def _above(thing: Thing) -> dict[str, Thing]:
    if isinstance(thing, Ad):
        return {"campaign": thing.campaign, "adset": thing.ad_set, "ad": thing}
    return {"campaign": thing.campaign, "adset": thing} if isinstance(thing, AdSet) else {"campaign": thing}


def _attribute(thing: Thing, name: str, as_of: int) -> str | Decimal:
    version = thing.version(as_of) or thing.versions[0]
    if name == "id":
        return str(thing.object_id)
    if name == "effective_status":
        return thing.effective_status(as_of)
    if name in _TIMES:
        return Decimal(version.at if name == "updated_time" else thing.created)
    return version.name if name == "name" else version.status


def _number(text: str) -> Decimal:
    if "T" in text:
        return Decimal(int(datetime.fromisoformat(text).timestamp()))
    return Decimal(text)
