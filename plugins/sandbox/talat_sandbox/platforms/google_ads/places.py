"""What a resource has rows of: the finest parts of an account, and which share of its ads' figures each has.

Shares are fixed and invented, as those of Facebook's breakdowns are; the parts of something add up to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from talat_sandbox.business.ad_shares import weights
from talat_sandbox.business.ad_terms import Keyword, keywords, search_terms
from talat_sandbox.business.ads import Ad, AdAccount, AdSet, Campaign, Portfolio, Version
from talat_sandbox.business.catalogue import Product

_COUNTRIES = {"TH": "2764", "LA": "2418", "MY": "2458", "SG": "2702", "ID": "2360"}
_PRESENCE = (("LOCATION_OF_PRESENCE", 91), ("AREA_OF_INTEREST", 9))
_DEVICES = (("MOBILE", 71), ("DESKTOP", 21), ("TABLET", 6), ("CONNECTED_TV", 2))
_NETWORKS = {
    "SEARCH": (("SEARCH", 88), ("SEARCH_PARTNERS", 12)),
    "SHOPPING": (("SEARCH", 100),),
    "PERFORMANCE_MAX": (("SEARCH", 46), ("YOUTUBE", 22), ("CONTENT", 17), ("DISCOVER", 8), ("GMAIL", 5), ("MAPS", 2)),
    "VIDEO": (("YOUTUBE", 93), ("GOOGLE_TV", 7)),
}
AD_GROUP, ASSET_GROUP = "ad_group", "asset_group"

Share = tuple[tuple[int, ...], int]  # weights, and whose turn it is


@dataclass(frozen=True, slots=True)
class Place:
    """One part of an account at an instant: `ads` are places in the portfolio, `dims` the segments that it stands for.

    Its figures are those of its ads, split by each of `shares` in turn.
    """

    account: AdAccount
    as_of: int
    ads: tuple[int, ...] = ()
    campaign: Campaign | None = None
    ad_set: AdSet | None = None
    ad: Ad | None = None
    keyword: Keyword | None = None
    term: str = ""
    country: str = ""
    presence: str = ""
    product: Product | None = None
    dims: Mapping[str, str] = field(default_factory=dict)
    shares: tuple[Share, ...] = ()

    def version(self, thing: Campaign | AdSet | Ad) -> Version:
        """Return what an object is now, or what it will first be."""
        return thing.version(self.as_of) or thing.versions[0]


def places(resource: str, portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    """Yield the parts that a resource has in an account; what does not exist yet is left out."""
    yield from _KINDS[resource](portfolio, as_of)


def segmented(found: Iterator[Place], segments: Sequence[str]) -> Iterator[Place]:
    """Yield the same, parted further by some of the segments that everything may have."""
    for place in found:
        parts = [place]
        for name in segments:
            rows: Sequence[tuple[str, int]] = ()
            if name == "segments.device":
                rows = _DEVICES
            elif name == "segments.ad_network_type" and place.campaign:
                rows = _NETWORKS[place.campaign.kind.name]
            elif name == "segments.geo_target_region":
                rows = _regions(place)
            if rows:
                parts = [_with(part, name, rows, turn) for part in parts for turn in range(len(rows))]
        yield from parts


def _with(place: Place, name: str, rows: Sequence[tuple[str, int]], turn: int) -> Place:
    share = (tuple(weight for _, weight in rows), turn)
    return replace(place, dims={**place.dims, name: rows[turn][0]}, shares=(*place.shares, share))


def _regions(place: Place) -> Sequence[tuple[str, int]]:
    """Return the regions within a place's country, by invented numbers."""
    rows = weights(("country", "region"), place.account.shop.region.code, ())
    return [
        (f"geoTargetConstants/{9_000_000 + number}", weight)
        for number, ((country, _), weight) in enumerate(rows)
        if place.country in ("", country)
    ]


def _campaigns(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    for campaign in portfolio.campaigns:
        if campaign.created <= as_of:
            ads = tuple(ad.index for ad in portfolio.of(campaign))
            yield Place(portfolio.account, as_of, ads, campaign)


def _customer(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    yield Place(portfolio.account, as_of, tuple(ad.index for ad in portfolio.ads))


def _sets(shown: str) -> Callable[[Portfolio, int], Iterator[Place]]:
    """Return what yields the ad sets that the platform calls so: Performance Max has no ad groups."""

    def found(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
        for place in _campaigns(portfolio, as_of):
            assert place.campaign is not None
            for ad_set in portfolio.sets_of(place.campaign):
                if place.campaign.kind.ad_set == shown and ad_set.created <= as_of:
                    ads = tuple(ad.index for ad in portfolio.of(place.campaign) if ad.ad_set is ad_set)
                    yield replace(place, ad_set=ad_set, ads=ads)

    return found


_ad_groups = _sets(AD_GROUP)


def _ads(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    for place in _ad_groups(portfolio, as_of):
        for ad in (portfolio.ads[index] for index in place.ads):
            if ad.created <= as_of:
                yield replace(place, ad=ad, ads=(ad.index,))


def _keywords(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    for place in _ad_groups(portfolio, as_of):
        assert place.ad_set is not None
        found = keywords(place.ad_set)
        spread = tuple(keyword.weight for keyword in found)
        for turn, keyword in enumerate(found):
            yield replace(place, keyword=keyword, shares=((spread, turn),))


def _terms(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    """Yield what is disclosed of what people searched for."""
    for place in _keywords(portfolio, as_of):
        assert place.keyword is not None
        rows = search_terms(place.keyword)
        spread = tuple(weight for _, weight in rows)
        dims = {
            "segments.search_term_match_type": place.keyword.match_type,
            "segments.keyword.info.text": place.keyword.text,
            "segments.keyword.info.match_type": place.keyword.match_type,
        }
        for turn, (term, _) in enumerate(rows):
            if term:
                yield replace(place, term=term, dims=dims, shares=(*place.shares, (spread, turn)))


def _campaign_terms(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    """Yield what people searched for who saw Performance Max: what is promoted, by its first word."""
    for place in _campaigns(portfolio, as_of):
        assert place.campaign is not None
        if place.campaign.kind.name == "PERFORMANCE_MAX":
            nouns = list(dict.fromkeys(product.name.split()[0] for product in place.campaign.products))
            spread = (*(30 + turn for turn in range(len(nouns))), 40)  # the last part is not disclosed
            for turn, noun in enumerate(nouns):
                yield replace(place, term=noun, shares=((spread, turn),))


def _products(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    """Yield the products that campaigns with a feed have shown, by their ads."""
    for place in _campaigns(portfolio, as_of):
        assert place.campaign is not None
        if place.campaign.kind.name in ("SHOPPING", "PERFORMANCE_MAX"):
            shown = sorted(portfolio.of(place.campaign), key=lambda ad: ad.creative.product.item_id)
            for _, group in groupby(shown, key=lambda ad: ad.creative.product.item_id):
                ads = list(group)
                yield replace(place, ads=tuple(ad.index for ad in ads), product=ads[0].creative.product)


def _countries(portfolio: Portfolio, as_of: int) -> Iterator[Place]:
    rows = weights(("country",), portfolio.account.shop.region.code, ())
    spread, seen = tuple(weight for _, weight in rows), tuple(weight for _, weight in _PRESENCE)
    for place in _campaigns(portfolio, as_of):
        for turn, ((country,), _) in enumerate(rows):
            for other, (presence, _) in enumerate(_PRESENCE):
                shares = ((spread, turn), (seen, other))
                yield replace(place, country=country, presence=presence, shares=shares)


def country_id(country: str) -> str:
    """Return the number of a country among Google's geo targets: 2000 and its ISO number."""
    return _COUNTRIES[country]


_KINDS: dict[str, Callable[[Portfolio, int], Iterator[Place]]] = {
    "customer": _customer,
    "campaign": _campaigns,
    "campaign_budget": _campaigns,
    "ad_group": _ad_groups,
    "ad_group_ad": _ads,
    "ad_group_criterion": _keywords,
    "keyword_view": _keywords,
    "search_term_view": _terms,
    "campaign_search_term_view": _campaign_terms,
    "shopping_performance_view": _products,
    "asset_group": _sets(ASSET_GROUP),
    "geographic_view": _countries,
}
RESOURCES = frozenset(_KINDS)
