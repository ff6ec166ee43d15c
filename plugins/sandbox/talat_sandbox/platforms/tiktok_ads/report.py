"""The integrated report, asked for and answered at once. It knows nothing of GMV Max, which has a report of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import orjson

from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_shares import split
from talat_sandbox.business.ads import Ad
from talat_sandbox.business.shops import day_start
from talat_sandbox.platforms.tiktok_ads.audiences import SPLITS, Parts, hours, parts
from talat_sandbox.platforms.tiktok_ads.call import MOST_IDS, Call, json_param, texts, wrong
from talat_sandbox.platforms.tiktok_ads.metrics import AUDIENCE, BASIC, CASH, NOTHING, tell
from talat_sandbox.platforms.tiktok_ads.objects import NOT_DELETED, STATUSES, Thing, fits, is_gmv_max

DAY_DIMENSION, HOUR_DIMENSION = "stat_time_day", "stat_time_hour"
LEVELS = ("advertiser", "campaign", "adgroup", "ad")
#: Most objects of one answer, the newest first; what is left out is not told.
MOST_ENTITIES = 20_000
_USUAL_METRICS = ["spend", "impressions"]
_ABOVE = {
    "advertiser": ("currency",),
    "campaign": ("campaign_id", "campaign_name", "objective_type"),
    "adgroup": ("adgroup_id", "adgroup_name", "placement_type"),
    "ad": ("ad_id", "ad_name"),
}

Key = tuple[str, ...]


class Report:
    """What is asked for: a level, what rows are told apart by, and which objects count."""

    def __init__(self, call: Call) -> None:
        self._call = call
        call.param("service_type", ("AUCTION",), "AUCTION")
        kind = call.param("report_type", ("BASIC", "AUDIENCE"))
        self._level = call.param("data_level", [f"AUCTION_{level.upper()}" for level in LEVELS]).lower()[8:]
        dimensions = call.texts("dimensions")
        if len(set(dimensions)) != len(dimensions):
            raise wrong("dimensions: each may be named once.")
        rest = [name for name in dimensions if name != f"{self._level}_id"]
        if len(rest) == len(dimensions):
            raise wrong(f"dimensions: {self._level}_id is required for this data_level.")
        times = [name for name in rest if name in (DAY_DIMENSION, HOUR_DIMENSION)]
        self._time = times[0] if times else ""
        self._split = tuple(name for name in ("gender", "age", "country_code", "platform") if name in rest)
        if len(times) > 1 or len(rest) != len(times) + len(self._split):
            raise wrong(f"dimensions: {', '.join(dimensions)} are not supported together.")
        if kind == "AUDIENCE":
            if self._split not in SPLITS or self._time == HOUR_DIMENSION:
                raise wrong("dimensions: not supported for an audience report.")
        elif self._split not in ((), ("country_code",)):
            raise wrong("dimensions: only an audience report has them.")
        self._dimensions = dimensions
        self._metrics = call.texts("metrics") or _USUAL_METRICS
        self._check_metrics(AUDIENCE if kind == "AUDIENCE" else BASIC)
        self._days = call.days(self._time)
        self._ads = {self._id(ad): ad for ad in call.portfolio.ads}
        self._fits = self._filters()

    def rows(self) -> list[dict[str, Any]]:
        """Return all rows, in no order that would mean anything."""
        call, sums = self._call, dict[Key, list[Figures]]()
        for ad, day, figures in counted(call, self._days):
            if is_gmv_max(ad) or not self._fits(ad):
                continue
            for values, part in self._parts(day, figures):
                if any(part[:-2]) or any(part.orders):
                    sums.setdefault((self._id(ad), *values), []).append(part)
        told = {key: add(rows) for key, rows in sums.items()}
        if not self._time and not self._split:
            for ad in call.portfolio.ads:
                if ad.version(call.as_of) and not is_gmv_max(ad) and self._fits(ad):
                    told.setdefault((self._id(ad),), Figures())
        ids = sorted({key[0] for key in told}, reverse=True)[:MOST_ENTITIES]
        rows = [self._row(key, told[key]) for key in sorted(told, key=_no_order) if key[0] in set(ids)]
        order = call.param("order_field")
        if order:
            if order not in self._metrics or order in self._names:
                raise wrong("order_field: must be one of the metrics.")
            rows.sort(key=lambda row: _number(row["metrics"][order]), reverse=call.param("order_type") != "ASC")
        return rows

    def _check_metrics(self, known: Iterable[str]) -> None:
        above = LEVELS[: LEVELS.index(self._level) + 1]
        self._names = [name for level in above for name in _ABOVE[level]]
        allowed = {*known, *self._names}
        if self._level == "advertiser" and self._time == DAY_DIMENSION:
            allowed |= CASH.keys()
        if unknown := [name for name in self._metrics if name not in allowed]:
            raise wrong(f"metrics: {unknown[0]} is not supported for these dimensions.")

    def _filters(self) -> Callable[[Ad], bool]:
        """Return what decides whether an ad counts. Raises ApiError."""
        filters = json_param(self._call.request, "filtering") or []
        status, ids = NOT_DELETED, dict[str, set[str]]()
        for entry in filters if isinstance(filters, list) else [None]:
            if not isinstance(entry, dict) or entry.get("filter_type") != "IN":
                raise wrong("filtering: must be a list of objects with the filter_type IN.")
            name = str(entry.get("field_name"))
            try:
                values = texts(orjson.loads(str(entry.get("filter_value"))), name, MOST_IDS)
            except orjson.JSONDecodeError:
                raise wrong("filter_value: must be a JSON text.") from None
            if name == f"{self._level}_status" and len(values) == 1 and values[0] in STATUSES:
                status = values[0]
            elif name.removesuffix("_ids") in LEVELS[1:]:
                ids[name.removesuffix("_ids")] = set(values)
            else:
                raise wrong(f"filtering: {name} is not supported.")
        as_of, level = self._call.as_of, self._level

        def counts(ad: Ad) -> bool:
            things = _things(ad)
            if any(str(things[of].object_id) not in wanted for of, wanted in ids.items()):
                return False
            return level == "advertiser" or fits(things[level], status, as_of)

        return counts

    def _id(self, ad: Ad) -> str:
        thing = _things(ad).get(self._level)
        return str(thing.object_id) if thing else self._call.portfolio.account.text

    def _parts(self, day: date, figures: Figures) -> Iterator[tuple[Key, Figures]]:
        """Yield what a day's figures are split into, with the values that tell the parts apart."""
        call = self._call
        when: Key = (f"{day.isoformat()} 00:00:00",) if self._time == DAY_DIMENSION else ()
        shares: Parts = [((), 1)]
        if self._split:
            shares = parts(self._split, call.shop.region.code)
        elif self._time == HOUR_DIMENSION:
            shares = hours(day.isoformat(), call.as_of - day_begins(call, day))
        for (values, _), part in zip(shares, split(figures, [weight for _, weight in shares]), strict=True):
            yield (*values, *when), part if len(shares) > 1 else figures

    def _row(self, key: Key, figures: Figures) -> dict[str, Any]:
        time = [self._time] if self._time else []
        values = dict(zip([f"{self._level}_id", *self._split, *time], key, strict=True))
        names = [name for name in self._metrics if name in self._names]
        told = {name: self._named(key[0], name) for name in names}
        return {
            "dimensions": {name: values[name] for name in self._dimensions},
            "metrics": {**told, **tell(figures, [name for name in self._metrics if name not in told])},
        }

    def _named(self, object_id: str, name: str) -> str:
        """Return an attribute of a row's object, or of what it belongs to."""
        call, account = self._call, self._call.portfolio.account
        if name == "currency":
            return account.shop.region.currency
        ad = self._ads[object_id]
        level, _, what = name.partition("_")
        if level == "placement":
            return "Select placement"
        if name == "objective_type":
            return ad.campaign.objective
        found = _things(ad)[level]
        version = found.version(call.as_of)
        return str(found.object_id) if what == "id" else version.name if version else NOTHING


def counted(call: Call, days: Sequence[date]) -> Iterator[tuple[Ad, date, Figures]]:
    """Yield what each ad of the account did on each of some local days, as it is known now."""
    ads, account_days = call.portfolio.ads, call.advertising.days(call.shop)
    for day in days:
        for place, figures in account_days.day((day - call.opens).days, call.as_of):
            yield ads[place], day, figures


def day_begins(call: Call, day: date) -> int:
    """Return the epoch second at which a local day of the account begins."""
    return day_start(call.shop.region.time_zone, day)


def _things(ad: Ad) -> dict[str, Thing]:
    return {"campaign": ad.campaign, "adgroup": ad.ad_set, "ad": ad}


def _no_order(key: Key) -> tuple[str, ...]:
    """Sort by the ids read backwards: repeatable, and of no use to anybody."""
    return (key[0][::-1], *key[1:])


def _number(text: str) -> float:
    return -1.0 if text == NOTHING else float(text)
