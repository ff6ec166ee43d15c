"""Who saw the ads, where and on what: a total split by fixed weights, so that the parts make the whole exactly."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise

from talat_sandbox.business.ad_figures import Figures

_Row = tuple[tuple[str, ...], int]

_AGES = (("13-17", 2), ("18-24", 19), ("25-34", 34), ("35-44", 24), ("45-54", 13), ("55-64", 6), ("65+", 2))
_GENDERS = (("female", 58), ("male", 40), ("unknown", 2))
_PLACES = {
    "TH": (
        ("TH", "Bangkok", 340), ("TH", "Chon Buri", 110), ("TH", "Chiang Mai", 90), ("TH", "Nonthaburi", 85),
        ("TH", "Samut Prakan", 75), ("TH", "Khon Kaen", 70), ("TH", "Nakhon Ratchasima", 65), ("TH", "Phuket", 60),
        ("TH", "Songkhla", 50), ("TH", "Unknown", 25), ("LA", "Vientiane Prefecture", 20), ("MY", "Kedah", 10),
    ),
    "SG": (("SG", "Singapore", 955), ("MY", "Johor", 35), ("ID", "Riau Islands Province", 10)),
}  # fmt: skip
_PLACEMENTS = (
    ("facebook", "feed", "android_smartphone", "mobile_app", 210),
    ("facebook", "feed", "iphone", "mobile_app", 120),
    ("facebook", "feed", "desktop", "desktop", 45),
    ("facebook", "facebook_reels", "android_smartphone", "mobile_app", 90),
    ("facebook", "facebook_reels", "iphone", "mobile_app", 45),
    ("facebook", "marketplace", "desktop", "mobile_web", 20),
    ("facebook", "search", "android_smartphone", "mobile_web", 15),
    ("instagram", "feed", "iphone", "mobile_app", 110),
    ("instagram", "feed", "android_smartphone", "mobile_app", 80),
    ("instagram", "instagram_stories", "iphone", "mobile_app", 85),
    ("instagram", "instagram_stories", "android_smartphone", "mobile_app", 60),
    ("instagram", "instagram_reels", "iphone", "mobile_app", 60),
    ("instagram", "instagram_reels", "ipad", "mobile_app", 12),
    ("audience_network", "rewarded_video", "android_smartphone", "mobile_app", 30),
    ("messenger", "messenger_inbox", "android_smartphone", "mobile_app", 12),
    ("threads", "threads_feed", "iphone", "mobile_app", 6),
)
_SINGLE = {
    "comscore_market": (("Unknown", 96), ("New York", 3), ("Los Angeles", 1)),
    "frequency_value": (("1", 54), ("2", 21), ("3", 11), ("4", 6), ("5", 3), ("6-10", 4), ("11+", 1)),
    "ad_format_asset": (("single_image", 61), ("single_video", 39)),
    "body_asset": (("Made to last.", 48), ("Half the price this week.", 37), ("Delivered tomorrow.", 15)),
    "call_to_action_asset": (("SHOP_NOW", 71), ("LEARN_MORE", 29)),
    "description_asset": (("Free returns", 66), ("Cash on delivery", 34)),
    "image_asset": (
        ("https://scontent.example.com/asset/1.jpg", 57), ("https://scontent.example.com/asset/2.jpg", 43),
    ),
    "link_url_asset": (("https://shop.example.com/", 82), ("https://shop.example.com/sale", 18)),
    "title_asset": (("On sale now", 63), ("New in the shop", 37)),
    "video_asset": (
        ("https://scontent.example.com/asset/1.mp4", 69), ("https://scontent.example.com/asset/2.mp4", 31),
    ),
}  # fmt: skip
_PLACEMENT_NAMES = ("publisher_platform", "platform_position", "impression_device", "device_platform")


def weights(names: Sequence[str], region: str, hours: Sequence[int]) -> list[_Row]:
    """Return the values of some dimensions and their weights, for an account of a region (`TH`, `SG`).

    Dimensions are age and gender, country and region, placement and device, `hour`, whose weights are given, or one
    that stands alone: a market, a frequency or an asset.
    Raises KeyError for a dimension or a combination there is no split for.
    """
    if set(names) <= {"age", "gender"}:
        both = (((age, gender), some * other) for age, some in _AGES for gender, other in _GENDERS)
        return grouped(("age", "gender"), names, both)
    if set(names) <= {"country", "region"}:
        return grouped(("country", "region"), names, (((land, area), part) for land, area, part in _PLACES[region]))
    if tuple(names) == ("hour",):
        return [((f"{hour:02d}:00:00 - {hour:02d}:59:59",), weight) for hour, weight in enumerate(hours)]
    if len(names) == 1 and names[0] in _SINGLE:
        return [((value,), weight) for value, weight in _SINGLE[names[0]]]
    return grouped(_PLACEMENT_NAMES, names, ((row[:4], row[4]) for row in _PLACEMENTS))


def split(whole: Figures, shares: Sequence[int]) -> list[Figures]:
    """Return the parts of a total. Everything adds up to the whole but reach: who was reached twice counts twice.

    What follows from something (clicks from impressions, value from orders) goes where that went.
    """
    impressions = _deal(whole.impressions, shares)
    base = impressions if whole.impressions else shares
    spend, clicks, plays = (_deal(count, base) for count in (whole.spend, whole.clicks, whole.plays))
    links = _deal(whole.link_clicks, clicks if whole.clicks else base)
    carts = _deal(whole.carts, links if whole.link_clicks else base)
    watched = [_deal(count, plays if whole.plays else base) for count in whole[7:12]]
    orders = [_deal(count, base) for count in whole.orders]
    values = [_deal(value, parts) if any(parts) else parts for value, parts in zip(whole.values, orders, strict=True)]
    total = sum(shares)
    return [
        Figures._make(
            (
                spend[place],
                impressions[place],
                clicks[place],
                links[place],
                min(impressions[place], -(-whole.reach * shares[place] * 26 // (25 * total))),
                carts[place],
                plays[place],
                *(column[place] for column in watched),
                tuple(column[place] for column in orders),
                tuple(column[place] for column in values),
            )
        )
        for place in range(len(shares))
    ]


def _deal(total: int, shares: Sequence[int]) -> list[int]:
    """Return a number in parts that add up to it; what rounding leaves is dealt along the way."""
    bounds = list(accumulate(shares, initial=0))
    return [total * high // bounds[-1] - total * low // bounds[-1] for low, high in pairwise(bounds)]


def grouped(known: Sequence[str], names: Sequence[str], rows: Iterable[_Row]) -> list[_Row]:
    """Return the rows of a table with the columns `known` added up by some of them. Raises KeyError for another."""
    places = [known.index(name) for name in names if name in known]
    if len(places) != len(names):
        raise KeyError(", ".join(names))
    sums: dict[tuple[str, ...], int] = {}
    for values, weight in rows:
        key = tuple(values[place] for place in places)
        sums[key] = sums.get(key, 0) + weight
    return list(sums.items())
