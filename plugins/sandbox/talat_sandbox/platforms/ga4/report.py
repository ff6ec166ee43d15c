"""runReport: the rows of a query, with what the property's limits do to them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop, local_date
from talat_sandbox.platforms.ga4 import names
from talat_sandbox.platforms.ga4.facts import Facts
from talat_sandbox.platforms.ga4.names import METRICS, Sums, metric_text
from talat_sandbox.platforms.ga4.query import Query

OTHER = "(other)"
_FEWEST_USERS = 10  # in a row that tells something of persons

Row = tuple[tuple[str, ...], Sums]


@dataclass
class Limits:
    """What a property bears: rows of a day before the rest is `(other)`, and when it answers from a sample.

    0 is no limit. Of `space` events `read` are read where a range has more than `days`. `page`: rows of an answer at
    most, whatever is asked for.
    """

    rows: int = 0
    read: int = 0
    space: int = 0
    days: int = 0
    page: int = 0


@dataclass
class Reports:
    """Answers queries; `limits` by property."""

    business: Business
    facts: Facts
    limits: dict[str, Limits] = field(default_factory=dict)
    _answers: Iterator[int] = field(default_factory=itertools.count)

    def run(self, query: Query, shop: Shop, account: str, as_of: int) -> tuple[dict[str, Any], int]:
        """Return the answer without its quota, and what it costs in tokens."""
        limits = self.limits.get(account, Limits())
        rows, other = self._rows(query, shop, as_of, limits)
        sampled = limits.read > 0 and (query.until - query.since).days + 1 > limits.days
        withheld = [row for row in rows if query.is_thresholded and row[1].users < _FEWEST_USERS]
        rows = [row for row in rows if row not in withheld]
        metadata: dict[str, Any] = {
            "currencyCode": shop.region.currency,
            "timeZone": shop.region.time_zone,
            "subjectToThresholding": query.is_thresholded,
            "dataLossFromOtherRow": other,
        }
        if sampled:
            sample = {"samplesReadCount": str(limits.read), "samplingSpaceSize": str(limits.space)}
            metadata["samplingMetadatas"] = [sample]
        answer: dict[str, Any] = {
            "dimensionHeaders": [{"name": name} for name in query.dimensions],
            "metricHeaders": [{"name": name, "type": METRICS[name][0]} for name in query.metrics],
        }
        if rows:
            page = self._sorted(rows, query)[query.offset : query.offset + min(query.limit, limits.page or query.limit)]
            answer["rows"] = [_shown(row, query, limits if sampled else None) for row in page]
            answer["rowCount"] = len(rows)
        days = (query.until - query.since).days + 1
        tokens = 1 + days // 10 + len(query.dimensions) // 4 + len(rows) // 20_000
        return {**answer, "metadata": metadata, "kind": "analyticsData#runReport"}, tokens

    def _rows(self, query: Query, shop: Shop, as_of: int, limits: Limits) -> tuple[list[Row], bool]:
        """Return the rows, and whether some of them were put together."""
        found: dict[tuple[str, ...], Sums] = {}
        other = False
        for day in self._days(query, shop, as_of):
            rows = self._day(query, shop, day, as_of)
            if 0 < limits.rows < len(rows):
                kept = sorted(rows, key=lambda key: (-sum(rows[key].counts.values()), key))[: limits.rows]
                for key in [key for key in rows if key not in kept]:
                    dates = ("date", "yearMonth")
                    merged = tuple(
                        value if name in dates else OTHER for name, value in zip(query.dimensions, key, strict=True)
                    )
                    rows.setdefault(merged, Sums()).merge(rows.pop(key))
                    other = True
            for key, sums in rows.items():
                found.setdefault(key, Sums()).merge(sums)
        return [(key, sums) for key, sums in found.items() if any(sums.counts.values())], other

    def _days(self, query: Query, shop: Shop, as_of: int) -> Iterator[int]:
        """Yield the days of the business that lie in the query's range."""
        opens = local_date(shop.region.time_zone, self.business.day_start(shop, 0))
        date = max(query.since, opens)
        while date <= query.until and (day := (date - opens).days) <= self.business.day_of(shop, as_of):
            yield day
            date += timedelta(1)

    def _day(self, query: Query, shop: Shop, day: int, as_of: int) -> dict[tuple[str, ...], Sums]:
        found: dict[tuple[str, ...], Sums] = {}
        if names.is_of_items(query.dimensions, query.metrics):
            for item in self.facts.items(shop, day, as_of):
                key = tuple(names.item_value(name, item) for name in query.dimensions)
                found.setdefault(key, Sums()).item(item)
        else:
            for visit in self.facts.visits(shop, day, as_of, names.splits(query.dimensions)):
                key = tuple(names.visit_value(name, visit) for name in query.dimensions)
                found.setdefault(key, Sums()).visit(visit)
        return found

    def _sorted(self, rows: list[Row], query: Query) -> list[Row]:
        """Return the rows as asked for; those that are alike in that come in another order in each answer."""
        turn = next(self._answers) % len(rows)
        rows = rows[turn:] + rows[:turn]
        for name, desc in reversed(query.orders or [(query.metrics[0], True)]):
            if name in query.dimensions:
                place = query.dimensions.index(name)
                rows = sorted(rows, key=lambda row: row[0][place], reverse=desc)
            else:
                rows = sorted(rows, key=lambda row: float(metric_text(name, row[1])), reverse=desc)
        return rows


def _shown(row: Row, query: Query, sample: Limits | None) -> dict[str, Any]:
    texts = [metric_text(name, row[1]) for name in query.metrics]
    if sample:  # what a sample tells is told for the whole
        step = max(1, sample.space // sample.read)
        whole = [METRICS[name][0] == "TYPE_INTEGER" for name in query.metrics]
        texts = [
            str(int(text) // step * step) if is_whole else text for text, is_whole in zip(texts, whole, strict=True)
        ]
    return {
        "dimensionValues": [{"value": value} for value in row[0]],
        "metricValues": [{"value": text} for text in texts],
    }
