"""Lists of objects: an account's campaigns, a campaign's ads and so on, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from talat_sandbox.business.ads import GONE, Ad, AdAccount, AdSet, Campaign, Creative
from talat_sandbox.platforms.facebook_ads.call import Call
from talat_sandbox.platforms.facebook_ads.filters import keeps, read_filters
from talat_sandbox.platforms.facebook_ads.objects import Thing, View, read_fields, show
from talat_sandbox.platforms.facebook_ads.paging import decode_cursor, encode_cursor, page

KINDS: dict[str, type] = {"campaigns": Campaign, "adsets": AdSet, "ads": Ad, "adcreatives": Creative}
_OWN = {"campaigns": "campaign", "adsets": "adset", "ads": "ad"}


def has_edge(node: Thing, edge: str) -> bool:
    """Whether an object has a list of that name."""
    lists = {
        AdAccount: ("campaigns", "adsets", "ads", "adcreatives"),
        Campaign: ("adsets", "ads"),
        AdSet: ("ads", "adcreatives"),
        Ad: ("adcreatives",),
    }
    return edge in lists.get(type(node), ())


def list_edge(call: Call, node: Thing, edge: str, view: View) -> dict[str, Any]:
    """Return a page of a list, in the order of the ids. What is deleted or archived is left out unless asked for."""
    asked = read_fields(call.fields(), KINDS[edge])
    things: Sequence[Campaign | AdSet | Ad | Creative]
    things = _creatives(node, view) if edge == "adcreatives" else _kept(call, _below(node, edge, view), edge, view)
    keys = [thing.object_id for thing in things]
    rows, less, more = cut(call, keys)
    shown = [show(thing, asked, view) for thing in things[rows]]
    if not shown:
        return {"data": []}
    first, last = encode_cursor(keys[rows.start]), encode_cursor(keys[rows.stop - 1])
    answer = page(call, shown, first, last, more, less)
    if call.param("summary"):
        answer["summary"] = {"total_count": len(keys)}
    return answer


def cut(call: Call, keys: list[int]) -> tuple[slice, bool, bool]:
    """Return which of the sorted keys are on the page, and whether there are some before and after it."""
    limit, size = call.limit(), len(keys)
    if call.param("before"):
        (before,) = decode_cursor(call.param("before"), 1)
        stop = sum(key < before for key in keys)
        start = max(0, stop - limit)
    else:
        after = decode_cursor(call.param("after"), 1)[0] if call.param("after") else -1
        start = sum(key <= after for key in keys)
        stop = min(size, start + limit)
    return slice(start, stop), start > 0, stop < size


def _below(node: Thing, edge: str, view: View) -> list[Campaign | AdSet | Ad]:
    portfolio = view.business.advertising.portfolio(view.shop)
    everything: dict[str, Sequence[Campaign | AdSet | Ad]] = {
        "campaigns": portfolio.campaigns, "adsets": portfolio.ad_sets, "ads": portfolio.ads,
    }  # fmt: skip
    return [thing for thing in everything[edge] if thing.created <= view.as_of and _is_in(thing, node)]


def _is_in(thing: Campaign | AdSet | Ad, node: Thing) -> bool:
    if isinstance(node, Campaign):
        return not isinstance(thing, Campaign) and thing.campaign is node
    return thing.ad_set is node if isinstance(node, AdSet) and isinstance(thing, Ad) else isinstance(node, AdAccount)


def _kept(call: Call, things: list[Campaign | AdSet | Ad], edge: str, view: View) -> list[Campaign | AdSet | Ad]:
    filters, as_of = read_filters(call), view.as_of
    everything = any(condition.name in ("effective_status", "status", "configured_status") for condition in filters)
    return [
        thing
        for thing in things
        if (everything or thing.effective_status(as_of) not in GONE) and keeps(thing, _OWN[edge], filters, as_of)
    ]


def _creatives(node: Thing, view: View) -> list[Creative]:
    ads = [node] if isinstance(node, Ad) else [ad for ad in _below(node, "ads", view) if isinstance(ad, Ad)]
    found = {ad.creative.object_id: ad.creative for ad in ads}
    return [found[key] for key in sorted(found)]
