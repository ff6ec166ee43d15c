"""One row of a report, written the way Meta does: numbers as text, what has no value left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from talat_sandbox.business.ad_figures import LATER, SAME_DAY, VIEW, Figures
from talat_sandbox.business.ads import Ad, AdAccount, AdSet, Campaign
from talat_sandbox.platforms.facebook_ads.breakdowns import ASSETS, FREQUENCY, HOURS
from talat_sandbox.platforms.facebook_ads.objects import View, goal
from talat_sandbox.platforms.facebook_ads.query import Query

_PURCHASES = ("omni_purchase", "purchase", "offsite_conversion.fb_pixel_purchase")
_CARTS = ("add_to_cart", "omni_add_to_cart", "offsite_conversion.fb_pixel_add_to_cart")
_CLICK_WINDOWS = {"1d_click": (SAME_DAY,), "7d_click": (SAME_DAY, LATER), "28d_click": (SAME_DAY, LATER)}
_WINDOWS = {**_CLICK_WINDOWS, "1d_view": (VIEW,)}
_PIXEL = 3  # the kinds of conversions before this one were seen by the pixel
_DIGITS = 6

Stats = list[dict[str, object]]
Counts = list[tuple[str, Sequence[int]]]  # action types, each with its numbers by kind of conversion


def major(satang: int) -> str:
    """Return satang as text in the currency itself, with as many digits as it needs."""
    whole, rest = divmod(satang, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def ratio(part: int, whole: int, factor: int = 1) -> str:
    """Return part / whole * factor with up to six digits, rounded half up; `whole` must not be 0."""
    scaled = (2 * part * factor * 10**_DIGITS + whole) // (2 * whole)
    whole_part, rest = divmod(scaled, 10**_DIGITS)
    return f"{whole_part}.{rest:0{_DIGITS}d}".rstrip("0").rstrip(".")


class Deed(NamedTuple):
    """A part of a row's actions, and the members that tell it apart in every list of stats."""

    members: Mapping[str, str]
    figures: Figures


class Row(NamedTuple):
    """What a row is about. What Meta withholds from some breakdowns is switched off by the three flags.

    The figures of all `deeds` add up to the row's own, but reach.
    """

    thing: AdAccount | Campaign | AdSet | Ad
    figures: Figures
    deeds: Sequence[Deed]
    view: View
    windows: tuple[str, ...]
    has_orders: bool
    has_reach: bool
    has_video: bool

    @property
    def campaign(self) -> Campaign | None:
        """The campaign, except for an account's row."""
        if isinstance(self.thing, Campaign | AdAccount):
            return self.thing if isinstance(self.thing, Campaign) else None
        return self.thing.campaign

    @property
    def ad_set(self) -> AdSet | None:
        """The ad set of an ad set's or an ad's row."""
        if isinstance(self.thing, Ad):
            return self.thing.ad_set
        return self.thing if isinstance(self.thing, AdSet) else None

    @property
    def ad(self) -> Ad | None:
        """The ad of an ad's row."""
        return self.thing if isinstance(self.thing, Ad) else None

    def counts(self, it: Figures) -> Counts:
        """Return every action type with its number by kind of conversion; clicks count as made the same day."""
        found: Counts = [("link_click", (it.link_clicks,))]
        if self.has_video:
            found.append(("video_view", (it.p25,)))
        if self.has_orders:
            found += [(name, (it.carts,)) for name in _CARTS]
            found += _by_channel(it.orders)
        return [(name, numbers) for name, numbers in found if any(numbers)]

    def stats(self, counts: Callable[[Figures], Counts], write: Callable[[int], str]) -> Stats:
        """Return numbers as a list of stats, each with the attribution windows that were asked for."""
        listed: Stats = []
        found = ((members, *count) for members, figures in self.deeds for count in counts(figures))
        for members, name, numbers in found:
            entry: dict[str, object] = {"action_type": name, **members, "value": write(sum(numbers))}
            for window in self.windows:
                part = sum(number for kind, number in enumerate(numbers) if kind % _PIXEL in _WINDOWS.get(window, ()))
                if part:
                    entry[window] = write(part)
            listed.append(entry)
        return listed

    def each(self, name: str, value: Callable[[Figures], object]) -> Stats | None:
        """Return stats of one action type, a value for each part of the actions that has one."""
        found = ((deed.members, value(deed.figures)) for deed in self.deeds)
        return [{"action_type": name, **members, "value": number} for members, number in found if number] or None


def _by_channel(numbers: tuple[int, ...]) -> Counts:
    """Return the purchase types, which overlap: all orders twice, and those that the pixel has seen."""
    return [(name, numbers if name != _PURCHASES[2] else numbers[:_PIXEL]) for name in _PURCHASES]


def _values(row: Row) -> Stats | None:
    if not row.has_orders:
        return None
    return row.stats(lambda it: [entry for entry in _by_channel(it.values) if any(entry[1])], major) or None


def _roas(row: Row, name: str) -> Stats | None:
    if not row.has_orders:
        return None
    return row.each(name, lambda it: _per(sum(dict(_by_channel(it.values))[name]), row.figures.spend))


def _costs(row: Row) -> Stats | None:
    spend = row.figures.spend
    return [
        {"action_type": name, **members, "value": ratio(spend, 100 * sum(numbers))}
        for members, figures in row.deeds
        for name, numbers in row.counts(figures)
        if spend
    ] or None


def _results(row: Row, cost: bool) -> list[dict[str, object]] | None:
    if not row.campaign:
        return None
    it, objective = row.figures, row.campaign.objective
    indicator, count = {
        "OUTCOME_SALES": (f"actions:{_PURCHASES[2]}", sum(it.orders[:_PIXEL]) if row.has_orders else 0),
        "OUTCOME_TRAFFIC": ("actions:link_click", it.link_clicks),
        "OUTCOME_AWARENESS": ("reach", it.reach if row.has_reach else 0),
    }[objective]
    if not count or (cost and not it.spend):
        return None
    value = ratio(it.spend, 100 * count) if cost else str(count)
    return [{"indicator": indicator, "values": [{"value": value, "attribution_windows": ["default"]}]}]


def _per(part: int, whole: int, factor: int = 1) -> str | None:
    return ratio(part, whole, factor) if whole and part else None


def _some(count: int) -> str | None:
    return str(count) if count else None


def _watched(row: Row, count: Callable[[Figures], int]) -> Stats | None:
    return row.each("video_view", lambda it: _some(count(it))) if row.has_video else None


def _curve(it: Figures) -> list[int]:
    return [count * 100 // it.plays for count in (it.plays, it.p25, it.p50, it.p75, it.p100) if it.plays]


def _name(thing: Campaign | AdSet | Ad | None, row: Row) -> str | None:
    return row.view.version(thing).name if thing else None


def _id(thing: Campaign | AdSet | Ad | None) -> str | None:
    return str(thing.object_id) if thing else None


def _date(row: Row, updated: bool) -> str:
    thing = row.thing
    if isinstance(thing, AdAccount):
        return row.view.stamp(thing.opened)[:10]
    return row.view.stamp(row.view.version(thing).at if updated else thing.created)[:10]


def _account(row: Row) -> AdAccount:
    return row.view.business.advertising.portfolio(row.view.shop).account


def _reach(row: Row) -> int:
    return row.figures.reach if row.has_reach else 0


_ABOUT: dict[str, Callable[[Row], object]] = {
    "account_id": lambda row: str(_account(row).account_id),
    "account_name": lambda row: _account(row).name,
    "account_currency": lambda row: row.view.shop.region.currency,
    "campaign_id": lambda row: _id(row.campaign),
    "campaign_name": lambda row: _name(row.campaign, row),
    "adset_id": lambda row: _id(row.ad_set),
    "adset_name": lambda row: _name(row.ad_set, row),
    "ad_id": lambda row: _id(row.ad),
    "ad_name": lambda row: _name(row.ad, row),
    "objective": lambda row: row.campaign.objective if row.campaign else None,
    "buying_type": lambda row: "AUCTION" if row.campaign else None,
    "optimization_goal": lambda row: goal(row.ad_set.campaign.objective) if row.ad_set else None,
    "attribution_setting": lambda row: "7d_click_1d_view" if row.campaign else None,
    "created_time": lambda row: _date(row, False),
    "updated_time": lambda row: _date(row, True),
}
_METRICS: dict[str, Callable[[Row], object]] = {
    "impressions": lambda row: str(row.figures.impressions),
    "clicks": lambda row: str(row.figures.clicks),
    "spend": lambda row: major(row.figures.spend),
    "reach": lambda row: _some(_reach(row)),
    "frequency": lambda row: _per(row.figures.impressions, _reach(row)),
    "cpp": lambda row: _per(row.figures.spend * 10, _reach(row)),
    "cpc": lambda row: _per(row.figures.spend, row.figures.clicks * 100),
    "cpm": lambda row: _per(row.figures.spend * 10, row.figures.impressions),
    "ctr": lambda row: _per(row.figures.clicks, row.figures.impressions, 100),
    "unique_clicks": lambda row: _some(min(_reach(row), row.figures.clicks * 93 // 100)),
    "inline_link_clicks": lambda row: _some(row.figures.link_clicks),
    "inline_link_click_ctr": lambda row: _per(row.figures.link_clicks, row.figures.impressions, 100),
    "cost_per_inline_link_click": lambda row: _per(row.figures.spend, row.figures.link_clicks * 100),
    "inline_post_engagement": lambda row: _some(row.figures.link_clicks + row.figures.p25 * row.has_video),
    "outbound_clicks": lambda row: row.each("outbound_click", lambda it: _some(it.link_clicks)),
    "outbound_clicks_ctr": lambda row: row.each(
        "outbound_click", lambda it: _per(it.link_clicks, row.figures.impressions, 100)
    ),
    "social_spend": lambda row: "0" if row.figures.spend else None,
    "actions": lambda row: row.stats(row.counts, str) or None,
    "action_values": _values,
    "cost_per_action_type": _costs,
    "purchase_roas": lambda row: _roas(row, _PURCHASES[0]),
    "website_purchase_roas": lambda row: _roas(row, _PURCHASES[2]),
    "results": lambda row: _results(row, False),
    "cost_per_result": lambda row: _results(row, True),
    "video_play_actions": lambda row: _watched(row, lambda it: it.plays),
    "video_p25_watched_actions": lambda row: _watched(row, lambda it: it.p25),
    "video_p50_watched_actions": lambda row: _watched(row, lambda it: it.p50),
    "video_p75_watched_actions": lambda row: _watched(row, lambda it: it.p75),
    "video_p100_watched_actions": lambda row: _watched(row, lambda it: it.p100),
    "video_thruplay_watched_actions": lambda row: _watched(row, lambda it: it.thruplays),
    "video_play_curve_actions": lambda row: row.each("video_view", _curve) if row.has_video else None,
}
FIELDS = {**_ABOUT, **_METRICS}
_BY_ASSET = _ABOUT.keys() | {"impressions", "clicks", "spend", "reach", "actions", "action_values"}


def shown_fields(names: Iterable[str], query: Query) -> list[str]:
    """Return the fields of which a row may have a value: those there are, and with assets only the few Meta counts."""
    shown = _BY_ASSET if not ASSETS.isdisjoint(query.breakdowns) else FIELDS.keys()
    return [name for name in names if name in shown]


def flags(query: Query) -> dict[str, bool]:
    """Return what Meta shows under the query's breakdowns: orders, reach and video figures."""
    hourly, region = not HOURS.isdisjoint(query.breakdowns), "region" in query.breakdowns
    return {
        "has_orders": not (hourly or region),
        "has_reach": not hourly and FREQUENCY not in query.breakdowns,
        "has_video": not (hourly or region),
    }


def is_shown(figures: Figures, has_orders: bool) -> bool:
    """Whether there was delivery, or an order that the row may show."""
    return bool(figures.impressions or figures.spend or (has_orders and figures.conversions))
