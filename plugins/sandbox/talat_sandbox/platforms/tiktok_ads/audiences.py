"""Who saw the ads, in TikTok's words, and in which hour: values of dimensions and their weights, fixed and invented."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from talat_sandbox.business.ad_days import DAY, HOUR, day_part
from talat_sandbox.business.ad_shares import weights

_AGES = {
    "13-17": "AGE_13_17",
    "18-24": "AGE_18_24",
    "25-34": "AGE_25_34",
    "35-44": "AGE_35_44",
    "45-54": "AGE_45_54",
    "55-64": "AGE_55_100",
    "65+": "AGE_55_100",
}
_GENDERS = {"female": "FEMALE", "male": "MALE", "unknown": "NONE"}
_PLATFORMS = ((("ANDROID",), 61), (("IPHONE",), 32), (("IPAD",), 4), (("PC",), 3))
#: What an audience may be split by, alone or together.
SPLITS = (("gender",), ("age",), ("gender", "age"), ("country_code",), ("platform",))

Parts = list[tuple[tuple[str, ...], int]]


def parts(dimensions: Sequence[str], region: str) -> Parts:
    """Return the values of the dimensions of a split, and their weights, for an account of a region."""
    if dimensions == ("platform",):
        return list(_PLATFORMS)
    if dimensions == ("country_code",):
        return weights(["country"], region, ())
    sums: dict[tuple[str, ...], int] = {}
    for values, weight in weights(dimensions, region, ()):
        named = zip(dimensions, values, strict=True)
        key = tuple(_AGES[value] if name == "age" else _GENDERS[value] for name, value in named)
        sums[key] = sums.get(key, 0) + weight
    return list(sums.items())


def hours(day: str, seconds: int) -> Parts:
    """Return the hours of a local day that have begun `seconds` after it did, and how much of its delivery each had."""
    begun = min(seconds, DAY)
    bounds = [day_part(min(hour * HOUR, begun)) for hour in range(-(-begun // HOUR) + 1)]
    found = [high - low for low, high in pairwise(bounds)]
    return [((f"{day} {hour:02d}:00:00",), weight) for hour, weight in enumerate(found)]
