"""The rows of an insights answer: found, split, filtered and sorted, and written only when their page is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from talat_sandbox.business.action_shares import action_weights
from talat_sandbox.business.ad_days import DAY, day_part
from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_shares import split, weights
from talat_sandbox.business.ads import ADS, GONE, SETS, Ad, AdAccount, AdSet, Campaign
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import local_date
from talat_sandbox.platforms.facebook_ads.breakdowns import HOURS, write_value
from talat_sandbox.platforms.facebook_ads.filters import METRICS, keeps
from talat_sandbox.platforms.facebook_ads.objects import View
from talat_sandbox.platforms.facebook_ads.query import Query, Span, months_before
from talat_sandbox.platforms.facebook_ads.row import FIELDS, Deed, Row, flags, is_shown, major, shown_fields

_UNIQUE_MONTHS = 13
_KEPT_REPORTS = 12


class Group(NamedTuple):
    """An object over one span of days, and what it did there before any split."""

    thing: AdAccount | Campaign | AdSet | Ad
    span: Span
    figures: Figures


class Place(NamedTuple):
    """Where a page goes on: the number of a group, and of the part within its split."""

    group: int
    part: int


class Reports:
    """Answers queries about the business as it was known at an instant."""

    def __init__(self, business: Business) -> None:
        self._business = business
        self.groups = lru_cache(maxsize=_KEPT_REPORTS)(self._groups)

    def page(
        self, query: Query, as_of: int, start: Place, limit: int, is_async: bool
    ) -> tuple[list[dict[str, object]], Place | None]:
        """Return at most `limit` rows from a place on, and where the next page begins if there is one."""
        view = View(self._business, self._business.shops[query.shop], as_of)
        shown = flags(query)
        if query.breakdowns and not is_async and self._is_old(query, view):
            shown["has_reach"] = False
        fields = shown_fields(query.fields, query)
        rows: list[dict[str, object]] = []
        for place, group, values, figures in self._parts(query, as_of, start):
            if len(rows) == limit:
                return rows, place
            row = Row(group.thing, figures, _deeds(query, figures), view, query.windows, **shown)
            rows.append(
                {
                    **_written(fields, row),
                    "date_start": group.span.first.isoformat(),
                    "date_stop": group.span.last.isoformat(),
                    **{name: write_value(name, value) for name, value in zip(query.breakdowns, values, strict=True)},
                }
            )
        return rows, None

    def count(self, query: Query, as_of: int) -> int:
        """Return how many rows there are."""
        return sum(1 for _ in self._parts(query, as_of, Place(0, 0)))

    def summary(self, query: Query, as_of: int) -> dict[str, object]:
        """Return the total of all rows, with the fields the query wants in its summary."""
        groups = self.groups(query.delivery(), as_of)
        view = View(self._business, self._business.shops[query.shop], as_of)
        account = self._business.advertising.portfolio(view.shop).account
        total = add(group.figures for group in groups) if groups else Figures()
        row = Row(account, total, _deeds(query, total), view, query.windows, **flags(query))
        return {
            **_written(shown_fields(query.summary, query), row),
            "date_start": query.spans[0].first.isoformat(),
            "date_stop": query.spans[-1].last.isoformat(),
        }

    def _parts(self, query: Query, as_of: int, start: Place) -> Iterator[tuple[Place, Group, tuple[str, ...], Figures]]:
        """Yield the rows from a place on: their place, their group, the breakdowns' values and the figures."""
        groups = self.groups(query.delivery(), as_of)
        has_orders = flags(query)["has_orders"]
        for number in range(start.group, len(groups)):
            group = groups[number]
            parts = self._split(query, group, as_of)
            for part in range(start.part if number == start.group else 0, len(parts)):
                values, figures = parts[part]
                if is_shown(figures, has_orders) and _meets(query, figures):
                    yield Place(number, part), group, values, figures

    def _split(self, query: Query, group: Group, as_of: int) -> list[tuple[tuple[str, ...], Figures]]:
        if not query.breakdowns:
            return [((), group.figures)]
        if "product_id" in query.breakdowns:
            return []  # no ad here shows a catalogue
        shop = self._business.shops[query.shop]
        names = ["hour" if name in HOURS else name for name in query.breakdowns]
        shares = weights(names, shop.region.code, self._hours(query.shop, group.span, as_of) if "hour" in names else ())
        figures = split(group.figures, [weight for _, weight in shares])
        return [(values, part) for (values, _), part in zip(shares, figures, strict=True)]

    def _hours(self, index: int, span: Span, as_of: int) -> list[int]:
        """Return how delivery is spread over the hours of a span, none of it later than the instant."""
        shop = self._business.shops[index]
        today = local_date(shop.region.time_zone, as_of)
        passed = as_of - self._business.day_start(shop, self._business.day_of(shop, as_of))
        whole = max(0, (min(span.last, today - timedelta(1)) - span.first).days + 1)
        limit = passed if span.first <= today <= span.last else 0
        hour = DAY // 24
        return [
            whole * (day_part((number + 1) * hour) - day_part(number * hour))
            + day_part(min(limit, (number + 1) * hour))
            - day_part(min(limit, number * hour))
            for number in range(24)
        ]

    def _groups(self, query: Query, as_of: int) -> list[Group]:
        shop = self._business.shops[query.shop]
        portfolio = self._business.advertising.portfolio(shop)
        days = self._business.advertising.days(shop)
        levels: dict[str, tuple[Sequence[AdAccount | Campaign | AdSet | Ad], int]] = {
            "account": ((portfolio.account,), len(portfolio.ads)),
            "campaign": (portfolio.campaigns, SETS * ADS),
            "adset": (portfolio.ad_sets, ADS),
            "ad": (portfolio.ads, 1),
        }
        things, size = levels[query.level]
        kept = {
            ad.index
            for ad in portfolio.ads
            if ad.index in query.ads and _is_kept(things[ad.index // size], ad, query, as_of)
        }
        last_day = self._business.day_of(shop, as_of)
        found: list[tuple[int, int, list[Figures]]] = []
        for place, span in enumerate(query.spans):
            sums: dict[int, list[Figures]] = {}
            first, last = ((day - self._business.plan.opens).days for day in span)
            for day in range(max(0, first), min(last, last_day) + 1):
                for ad, figures in days.day(day, as_of):
                    if ad in kept:
                        sums.setdefault(ad // size, []).append(figures)
            found += [(number, place, listed) for number, listed in sums.items()]
        found.sort(key=lambda entry: entry[:2])
        groups = [Group(things[number], query.spans[place], add(listed)) for number, place, listed in found]
        if query.sort:
            metric, reverse = query.sort
            groups.sort(key=lambda group: int(getattr(group.figures, metric)), reverse=reverse)
        return groups

    def _is_old(self, query: Query, view: View) -> bool:
        today = local_date(view.shop.region.time_zone, view.as_of)
        return query.spans[0].first < months_before(today, _UNIQUE_MONTHS)


def _is_kept(thing: AdAccount | Campaign | AdSet | Ad, ad: Ad, query: Query, as_of: int) -> bool:
    """Whether an ad counts in the rows of something, itself or what is above it.

    What is deleted or archived has rows of its own only when it is asked for by its id or the status is asked about;
    above it, it always counts.
    """
    asked = query.is_named or any(condition.name == "effective_status" for condition in query.filters)
    if not asked and not isinstance(thing, AdAccount) and thing.effective_status(as_of) in GONE:
        return False
    return keeps(ad, query.level, query.filters, as_of)


def _meets(query: Query, figures: Figures) -> bool:
    for condition in query.filters:
        if condition.name in METRICS:
            number = getattr(figures, condition.name)
            if not condition.accepts(Decimal(major(number)) if condition.name == "spend" else Decimal(number)):
                return False
    return True


def _deeds(query: Query, figures: Figures) -> list[Deed]:
    """Return the parts of a row's actions that the action breakdowns tell apart: usually one, of all figures."""
    if not query.action_breakdowns:
        return [Deed({}, figures)]
    shares = action_weights(query.action_breakdowns)
    parts = split(figures, [weight for _, weight in shares])
    return [Deed(members, part) for (members, _), part in zip(shares, parts, strict=True)]


def _written(fields: Iterable[str], row: Row) -> dict[str, object]:
    written = ((name, FIELDS[name](row)) for name in fields)
    return {name: value for name, value in written if value is not None}
