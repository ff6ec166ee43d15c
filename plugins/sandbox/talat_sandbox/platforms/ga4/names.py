"""The dimensions and metrics that are served, and what each is of the facts.

https://developers.google.com/analytics/devguides/reporting/data/v1/api-schema
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from talat_sandbox.platforms.ga4.facts import Item, Visit

#: Dimensions of a session, by what must be split for them.
_OF_VISIT: dict[str, tuple[str, Callable[[Visit], str]]] = {
    "date": ("", lambda it: it.date.replace("-", "")),
    "yearMonth": ("", lambda it: it.date[:7].replace("-", "")),
    "sessionSource": ("", lambda it: it.origin[0]),
    "sessionMedium": ("", lambda it: it.origin[1]),
    "sessionSourceMedium": ("", lambda it: f"{it.origin[0]} / {it.origin[1]}"),
    "sessionCampaignName": ("", lambda it: it.origin[2]),
    "sessionDefaultChannelGroup": ("", lambda it: it.group),
    "sessionPrimaryChannelGroup": ("", lambda it: it.group),
    "deviceCategory": ("device", lambda it: it.split["device"][0]),
    "operatingSystem": ("device", lambda it: it.split["device"][1]),
    "country": ("country", lambda it: it.split["country"][0]),
    "countryId": ("country", lambda it: it.split["country"][1]),
    "landingPage": ("landing", lambda it: it.split["landing"][0]),
    "landingPagePlusQueryString": ("landing", lambda it: "".join(dict.fromkeys(it.split["landing"]))),
    "userGender": ("gender", lambda it: it.split["gender"][0]),
}
_OF_ITEM: dict[str, Callable[[Item], str]] = {
    "date": lambda it: it.date.replace("-", ""),
    "yearMonth": lambda it: it.date[:7].replace("-", ""),
    "itemId": lambda it: str(it.item_id),
    "itemName": lambda it: it.name,
    "itemCategory": lambda it: str(it.category),
}
#: Rows of few users are withheld where one of these is asked for.
DEMOGRAPHIC = {"userGender"}


class Sums:
    """What a row adds up; `parts` are sessions of each origin and day, for its users."""

    def __init__(self) -> None:
        self.parts: defaultdict[tuple[str, tuple[str, str, str], int, int], int] = defaultdict(int)
        self.counts: defaultdict[str, int] = defaultdict(int)

    def visit(self, it: Visit) -> None:
        """Add sessions."""
        self.parts[it.date, it.origin, *it.of] += it.sessions
        for name in ("sessions", "engaged", "carts", "checkouts", "transactions", "revenue"):
            self.counts[name] += getattr(it, name)

    def item(self, it: Item) -> None:
        """Add a product's figures."""
        for name in ("viewed", "added", "purchased", "revenue"):
            self.counts[name] += getattr(it, name)

    def merge(self, other: Sums) -> None:
        """Add what another row has."""
        for part, sessions in other.parts.items():
            self.parts[part] += sessions
        for name, count in other.counts.items():
            self.counts[name] += count

    def __getitem__(self, name: str) -> int:
        return self.counts[name]

    @property
    def users(self) -> int:
        """Users of one origin and day are known; of several, some are the same."""
        found = [-(-users * part // whole) for (_, _, users, whole), part in self.parts.items()]
        return found[0] if len(found) == 1 else max(max(found, default=0), math.ceil(sum(found) * 0.92))

    @property
    def seconds(self) -> int:
        """Time that visitors were engaged."""
        return self["engaged"] * 74 + (self["sessions"] - self["engaged"]) * 4


def _per(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _money(satang: int) -> float:
    return satang / 100


Metric = tuple[str, Callable[[Sums], Any]]
_I, _F, _C, _S = "TYPE_INTEGER", "TYPE_FLOAT", "TYPE_CURRENCY", "TYPE_SECONDS"
_SESSION_METRICS: dict[str, Metric] = {
    "sessions": (_I, lambda s: s["sessions"]),
    "totalUsers": (_I, lambda s: s.users),
    "activeUsers": (_I, lambda s: math.ceil(s.users * 0.97)),
    "newUsers": (_I, lambda s: s.users * 7 // 10),
    "engagedSessions": (_I, lambda s: s["engaged"]),
    "engagementRate": (_F, lambda s: _per(s["engaged"], s["sessions"])),
    "bounceRate": (_F, lambda s: _per(s["sessions"] - s["engaged"], s["sessions"])),
    "averageSessionDuration": (_S, lambda s: _per(s.seconds, s["sessions"])),
    "userEngagementDuration": (_S, lambda s: s.seconds),
    "screenPageViews": (_I, lambda s: s["sessions"] + 3 * s["engaged"]),
    "screenPageViewsPerSession": (_F, lambda s: _per(s["sessions"] + 3 * s["engaged"], s["sessions"])),
    "eventCount": (_I, lambda s: 5 * s["sessions"] + 6 * s["engaged"] + s["carts"]),
    "keyEvents": (_F, lambda s: float(s["transactions"] + s["checkouts"])),
    "keyEvents:purchase": (_F, lambda s: float(s["transactions"])),
    "sessionKeyEventRate": (_F, lambda s: _per(s["checkouts"], s["sessions"])),
    "sessionKeyEventRate:purchase": (_F, lambda s: _per(s["transactions"], s["sessions"])),
    "purchaseRevenue": (_C, lambda s: _money(s["revenue"])),
    "totalRevenue": (_C, lambda s: _money(s["revenue"])),
    "averagePurchaseRevenue": (_C, lambda s: _per(s["revenue"], 100 * s["transactions"])),
    "ecommercePurchases": (_I, lambda s: s["transactions"]),
    "transactions": (_I, lambda s: s["transactions"]),
    "addToCarts": (_I, lambda s: s["carts"]),
    "checkouts": (_I, lambda s: s["checkouts"]),
}
_ITEM_METRICS: dict[str, Metric] = {
    "itemsViewed": (_I, lambda s: s["viewed"]),
    "itemsAddedToCart": (_I, lambda s: s["added"]),
    "itemsPurchased": (_I, lambda s: s["purchased"]),
    "itemRevenue": (_C, lambda s: _money(s["revenue"])),
}
DIMENSIONS = (*_OF_VISIT, *(name for name in _OF_ITEM if name not in _OF_VISIT))
METRICS = _SESSION_METRICS | _ITEM_METRICS


def is_of_items(dimensions: list[str], metrics: list[str]) -> bool:
    """Whether a report is about products."""
    return any(name not in _OF_VISIT for name in dimensions) or any(name in _ITEM_METRICS for name in metrics)


def misfits(dimensions: list[str], metrics: list[str]) -> list[str]:
    """Return the names that do not go with products, in a report about them."""
    if not is_of_items(dimensions, metrics):
        return []
    return [name for name in dimensions if name not in _OF_ITEM] + [n for n in metrics if n not in _ITEM_METRICS]


def splits(dimensions: list[str]) -> list[str]:
    """Return what sessions must be split by."""
    return list(dict.fromkeys(part for name in dimensions if (part := _OF_VISIT[name][0])))


def visit_value(name: str, it: Visit) -> str:
    """Return a dimension of sessions."""
    return _OF_VISIT[name][1](it)


def item_value(name: str, it: Item) -> str:
    """Return a dimension of a product."""
    return _OF_ITEM[name](it)


def metric_text(name: str, sums: Sums) -> str:
    """Return a metric as the API writes it: whole numbers without a point."""
    value = METRICS[name][1](sums)
    return str(int(value)) if value == int(value) else repr(value)
