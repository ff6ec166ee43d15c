"""The query language: what is selected, from what, under which conditions.

https://developers.google.com/google-ads/api/docs/query/grammar
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from talat_sandbox.platforms.google_ads.protocol import GoogleAdsError

_WORDS = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[\w.\-]+|!=|>=|<=|[=<>(),]|\S")
_CLAUSES = ("SELECT", "FROM", "WHERE", "ORDER", "LIMIT", "PARAMETERS")
_COMPARED = ("=", "!=", ">", ">=", "<", "<=", "LIKE")
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition; `operator` in capitals, the values as texts."""

    field: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A query; `order` has fields, each with whether it is descending."""

    fields: tuple[str, ...]
    resource: str
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None


def parse(text: str) -> Query:
    """Return the query of a text. Raises GoogleAdsError."""
    words = _WORDS.findall(text)
    clauses: dict[str, list[str]] = {}
    inside = ""
    for word in words:
        if word.upper() in _CLAUSES:
            inside = word.upper()
            clauses[inside] = []
        elif inside:
            clauses[inside].append(word)
        else:
            raise _error("UNEXPECTED_INPUT", f"Error in query: unexpected input {word}.")
    if not clauses.get("SELECT"):
        raise _error("EXPECTED_SELECT", "Error in query: expected SELECT.")
    if len(clauses.get("FROM", ())) != 1:
        raise _error("EXPECTED_FROM", "Error in query: expected FROM.")
    return Query(
        _names(clauses["SELECT"]),
        clauses["FROM"][0],
        tuple(_conditions(clauses.get("WHERE", []))),
        _order(clauses.get("ORDER", [])),
        _limit(clauses["LIMIT"]) if "LIMIT" in clauses else None,
    )


def dates(condition: Condition, today: date) -> tuple[date, date]:
    """Return the first and the last day that a condition on a date allows; open sides are years away."""
    first, last = date(1990, 1, 1), date(2100, 1, 1)
    if condition.operator == "DURING":
        return _during(condition.values[0], today)
    days = [_day(value) for value in condition.values]
    if condition.operator == "BETWEEN":
        return days[0], days[1]
    one = timedelta(1)
    found = {
        "=": (days[0], days[0]),
        ">=": (days[0], last),
        ">": (days[0] + one, last),
        "<=": (first, days[0]),
        "<": (first, days[0] - one),
    }.get(condition.operator)
    if found is None:
        raise _error("INVALID_VALUE_WITH_DURING_OPERATOR", f"{condition.operator} cannot be used with a date.")
    return found


def _names(words: list[str]) -> tuple[str, ...]:
    names = " ".join(words).split(" , ")
    for name in names:
        if not _NAME.fullmatch(name):
            raise _error("UNEXPECTED_INPUT", f"Error in query: unexpected input {name or ','}.")
    return tuple(dict.fromkeys(names))


def _conditions(words: list[str]) -> list[Condition]:
    found: list[Condition] = []
    rest = list(words)
    while rest:
        if found and rest.pop(0).upper() != "AND":
            raise _error("UNEXPECTED_INPUT", "Error in query: conditions are joined by AND alone.")
        if len(rest) < 3:
            raise _error("UNEXPECTED_END_OF_QUERY", "Error in query: unexpected end of query.")
        field, operator = rest.pop(0), rest.pop(0).upper()
        if operator == "NOT":
            operator = f"NOT {rest.pop(0).upper()}"
        if operator in _COMPARED or operator == "DURING":
            values = [rest.pop(0)]
        elif operator == "BETWEEN" and len(rest) > 2 and rest[1].upper() == "AND":
            values = [rest[0], rest[2]]
            rest = rest[3:]
        elif operator in ("IN", "NOT IN") and rest and rest[0] == "(" and ")" in rest:
            end = rest.index(")")
            values, rest = [word for word in rest[1:end] if word != ","], rest[end + 1 :]
        else:
            raise _error("UNEXPECTED_INPUT", f"Error in query: unexpected input {operator}.")
        found.append(Condition(field, operator, tuple(value.strip("'\"") for value in values)))
    return found


def _order(words: list[str]) -> tuple[tuple[str, bool], ...]:
    if not words:
        return ()
    parts = [part.split() for part in " ".join(words[1:]).split(",")]
    if words[0].upper() != "BY" or not all(parts):
        raise _error("UNEXPECTED_INPUT", "Error in query: expected BY.")
    return tuple((part[0], part[-1].upper() == "DESC") for part in parts)


def _limit(words: list[str]) -> int:
    if len(words) != 1 or not words[0].isdigit() or int(words[0]) < 1:
        raise _error("INVALID_LIMIT", "Error in query: invalid limit.")
    return int(words[0])


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _error("INVALID_VALUE_WITH_BETWEEN_OPERATOR", f"Invalid date: {text}.") from None


def _during(name: str, today: date) -> tuple[date, date]:
    one = timedelta(1)
    spans = {"TODAY": (today, today), "YESTERDAY": (today - one, today - one)}
    for number in (7, 14, 30):  # which leave today out
        spans[f"LAST_{number}_DAYS"] = (today - timedelta(number), today - one)
    spans["THIS_MONTH"] = (today.replace(day=1), today)
    if name.upper() not in spans:
        raise _error("INVALID_VALUE_WITH_DURING_OPERATOR", f"Invalid date range: {name}.")
    return spans[name.upper()]


def _error(code: str, message: str) -> GoogleAdsError:
    return GoogleAdsError(f"queryError.{code}", message)
