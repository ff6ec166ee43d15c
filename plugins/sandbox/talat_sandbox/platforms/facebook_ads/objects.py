"""Accounts, campaigns, ad sets, ads and creatives as Meta shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from talat_sandbox.business.ad_platforms import AD_SETS, DAILY, LIFETIME
from talat_sandbox.business.ads import ADS, SETS, Ad, AdAccount, AdSet, Campaign, Creative, Version
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop
from talat_sandbox.platforms.facebook_ads import fields as known
from talat_sandbox.platforms.facebook_ads.protocol import parameter_error

Thing = AdAccount | Campaign | AdSet | Ad | Creative
_ZONES = {"Asia/Bangkok": 126, "Asia/Singapore": 125}
_GOALS = {"OUTCOME_SALES": "OFFSITE_CONVERSIONS", "OUTCOME_TRAFFIC": "LINK_CLICKS", "OUTCOME_AWARENESS": "REACH"}
_PAGE_ID = 1001


@dataclass(frozen=True, slots=True)
class View:
    """One account as it is at an instant."""

    business: Business
    shop: Shop
    as_of: int

    def stamp(self, instant: int) -> str:
        """Return an instant as Meta writes it: in the account's time zone, the offset without a colon."""
        local = datetime.fromtimestamp(instant, ZoneInfo(self.shop.region.time_zone))
        return local.strftime("%Y-%m-%dT%H:%M:%S%z")

    def version(self, thing: Campaign | AdSet | Ad) -> Version:
        """Return what an object is now, or what it will first be."""
        return thing.version(self.as_of) or thing.versions[0]

    def spent(self, first: int = 0, ads: range | None = None) -> int:
        """Return the satang spent since the n-th local day, by some of the ads or by all."""
        days = self.business.advertising.days(self.shop)
        return sum(
            figures.spend
            for day in range(first, self.business.day_of(self.shop, self.as_of) + 1)
            for ad, figures in days.day(day, self.as_of)
            if ads is None or ad in ads
        )

    def spent_on_budget(self, ads: range, budget_kind: str) -> int:
        """Return the satang that count against a budget: today's, or all for one that is for the whole lifetime."""
        return self.spent(0 if budget_kind == LIFETIME else self.business.day_of(self.shop, self.as_of), ads)


class Kind(NamedTuple):
    """A kind of object: its name in errors, its fields, and the names of all fields Meta knows."""

    label: str
    fields: Mapping[str, Callable[[Any, View], object]]
    known: frozenset[str]


def goal(objective: str) -> str:
    """Return what the ad sets of a campaign are optimised for."""
    return _GOALS[objective]


def _budget(kind: str, thing: Campaign | AdSet, view: View, wanted: str) -> str | None:
    """Return the budget of the wanted kind: "0" when it has the other kind, nothing when it has none."""
    amount = view.version(thing).budget
    return str(amount if kind == wanted else 0) if amount else None


def _remaining(thing: Campaign | AdSet, kind: str, ads: range, view: View) -> str:
    amount = view.version(thing).budget
    return str(max(0, amount - view.spent_on_budget(ads, kind))) if amount else "0"


def _ads_of(campaign: Campaign) -> range:
    return range(campaign.index * SETS * ADS, (campaign.index + 1) * SETS * ADS)


_ACCOUNT: dict[str, Callable[[AdAccount, View], object]] = {
    "id": lambda it, _: f"act_{it.account_id}",
    "account_id": lambda it, _: str(it.account_id),
    "name": lambda it, _: it.name,
    "account_status": lambda *_: 1,
    "currency": lambda it, _: it.shop.region.currency,
    "timezone_id": lambda it, _: _ZONES[it.shop.region.time_zone],
    "timezone_name": lambda it, _: it.shop.region.time_zone,
    "timezone_offset_hours_utc": lambda it, view: _offset(it, view),
    "amount_spent": lambda _, view: str(view.spent()),
    "balance": lambda *_: "0",
    "spend_cap": lambda *_: "0",
    "created_time": lambda it, view: view.stamp(it.opened),
    "business": lambda *_: {"id": "77001", "name": "Baan Talat Co"},
    "business_name": lambda *_: "Baan Talat Co",
    "business_country_code": lambda it, _: it.shop.region.code,
    "disable_reason": lambda *_: 0,
}

_HISTORY: dict[str, Callable[[Any, View], object]] = {
    "id": lambda it, _: str(it.object_id),
    "account_id": lambda _, view: str(view.business.advertising.portfolio(view.shop).account.account_id),
    "name": lambda it, view: view.version(it).name,
    "status": lambda it, view: view.version(it).status,
    "configured_status": lambda it, view: view.version(it).status,
    "effective_status": lambda it, view: it.effective_status(view.as_of),
    "created_time": lambda it, view: view.stamp(it.created),
    "updated_time": lambda it, view: view.stamp(view.version(it).at),
}

_CAMPAIGN: dict[str, Callable[[Campaign, View], object]] = {
    **_HISTORY,
    "objective": lambda it, _: it.objective,
    "buying_type": lambda *_: "AUCTION",
    "bid_strategy": lambda it, _: None if it.budget_kind == AD_SETS else "LOWEST_COST_WITHOUT_CAP",
    "daily_budget": lambda it, view: _budget(it.budget_kind, it, view, DAILY),
    "lifetime_budget": lambda it, view: _budget(it.budget_kind, it, view, LIFETIME),
    "budget_remaining": lambda it, view: _remaining(it, it.budget_kind, _ads_of(it), view),
    "special_ad_categories": lambda *_: [],
    "start_time": lambda it, view: view.stamp(it.start),
    "stop_time": lambda it, view: view.stamp(it.stop) if it.stop is not None else None,
}

_AD_SET: dict[str, Callable[[AdSet, View], object]] = {
    **_HISTORY,
    "campaign_id": lambda it, _: str(it.campaign.object_id),
    "optimization_goal": lambda it, _: goal(it.campaign.objective),
    "billing_event": lambda *_: "IMPRESSIONS",
    "bid_strategy": lambda it, _: "LOWEST_COST_WITHOUT_CAP" if it.campaign.budget_kind == AD_SETS else None,
    "daily_budget": lambda it, view: _budget(DAILY, it, view, DAILY),
    "lifetime_budget": lambda it, view: _budget(DAILY, it, view, LIFETIME),
    "budget_remaining": lambda it, view: _remaining(it, DAILY, range(it.index * ADS, (it.index + 1) * ADS), view),
    "attribution_spec": lambda *_: [
        {"event_type": "CLICK_THROUGH", "window_days": 7},
        {"event_type": "VIEW_THROUGH", "window_days": 1},
    ],
    "targeting": lambda it, view: {
        "age_min": it.ages[0],
        "age_max": it.ages[1],
        "geo_locations": {"countries": [view.shop.region.code]},
    },
    "start_time": lambda it, view: view.stamp(max(it.created, it.campaign.start)),
    "end_time": lambda it, view: view.stamp(it.campaign.stop) if it.campaign.stop is not None else None,
}

_AD: dict[str, Callable[[Ad, View], object]] = {
    **_HISTORY,
    "campaign_id": lambda it, _: str(it.campaign.object_id),
    "adset_id": lambda it, _: str(it.ad_set.object_id),
}

_CREATIVE: dict[str, Callable[[Creative, View], object]] = {
    "id": lambda it, _: str(it.object_id),
    "account_id": lambda it, _: str(it.account.account_id),
    "name": lambda it, _: it.name,
    "status": lambda *_: "ACTIVE",
    "object_type": lambda it, _: "VIDEO" if it.is_video else "SHARE",
    "title": lambda it, _: it.title,
    "body": lambda it, _: it.body,
    "call_to_action_type": lambda *_: "SHOP_NOW",
    "image_url": lambda it, _: f"https://scontent.example.com/creative/{it.object_id}.jpg",
    "thumbnail_url": lambda it, _: f"https://scontent.example.com/creative/{it.object_id}_64.jpg",
    "video_id": lambda it, _: str(it.object_id + 5) if it.is_video else None,
    "image_hash": lambda it, _: None if it.is_video else f"{it.object_id:032x}",
    "effective_object_story_id": lambda it, _: f"{_PAGE_ID}_{it.object_id}",
    "object_story_spec": lambda it, _: {
        "page_id": str(_PAGE_ID),
        "video_data" if it.is_video else "link_data": {"title" if it.is_video else "name": it.title},
    },
    "link_url": lambda it, _: f"https://shop.example.com/product/{it.product.item_id}",
    "url_tags": lambda it, _: f"utm_source=facebook&utm_content={it.object_id}",
}

KINDS: dict[type, Kind] = {
    AdAccount: Kind("AdAccount", _ACCOUNT, known.ACCOUNT),
    Campaign: Kind("Campaign", _CAMPAIGN, known.CAMPAIGN),
    AdSet: Kind("AdSet", _AD_SET, known.AD_SET),
    Ad: Kind("Adgroup", _AD, known.AD),
    Creative: Kind("AdCreative", _CREATIVE, known.CREATIVE),
}
_LINKS: dict[type, Mapping[str, tuple[type, Callable[[Any], Thing]]]] = {
    Campaign: {},
    AdSet: {"campaign": (Campaign, lambda it: it.campaign)},
    Ad: {
        "campaign": (Campaign, lambda it: it.campaign),
        "adset": (AdSet, lambda it: it.ad_set),
        "creative": (Creative, lambda it: it.creative),
    },
}

Asked = tuple[tuple[str, Any], ...]  # (field, what is asked of the object it names, or None)


def read_fields(text: str, kind: type) -> Asked:
    """Return the fields of `a,b,link{c,d}` for a kind of object. Raises GraphError for one Meta does not know."""
    found: dict[str, Asked | None] = {}
    for name, inner in _split(text):
        link = _LINKS.get(kind, {}).get(name)
        if inner is not None and link is None:
            raise parameter_error(f"Subfields are not supported by {name}")
        if link:
            found[name] = read_fields(inner or "id", link[0])
        elif name in KINDS[kind].known:
            found[name] = None
        else:
            raise parameter_error(f"Tried accessing nonexistent field ({name}) on node type ({KINDS[kind].label})")
    return tuple(found.items())


def show(thing: Thing, asked: Asked, view: View) -> dict[str, object]:
    """Return an object with the fields asked for, those without value left out, and always its id."""
    kind = type(thing)
    shown: dict[str, object] = {}
    for name, inner in asked:
        if inner is not None:
            shown[name] = show(_LINKS[kind][name][1](thing), inner, view)
        elif name in KINDS[kind].fields:
            value = KINDS[kind].fields[name](thing, view)
            if value is not None:
                shown[name] = value
    shown.setdefault("id", KINDS[kind].fields["id"](thing, view))
    return shown


def _split(text: str) -> list[tuple[str, str | None]]:
    """Return the names at the top level, each with what stands in its braces."""
    parts, depth, begin = [], 0, 0
    for place, sign in enumerate(text + ","):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            parts.append(text[begin:place].strip())
            begin = place + 1
    if depth:
        raise parameter_error("Syntax error: the braces in fields are not balanced")
    pairs = []
    for part in filter(None, parts):
        name, brace, rest = part.partition("{")
        pairs.append((name.strip(), rest.rstrip().removesuffix("}") if brace else None))
    return pairs


def _offset(account: AdAccount, view: View) -> int:
    local = datetime.fromtimestamp(view.as_of, ZoneInfo(account.shop.region.time_zone))
    return int((local.utcoffset() or timedelta()).total_seconds() // 3600)
