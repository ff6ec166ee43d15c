"""What people search for when they see an ad: the keywords of an ad set, and the search terms behind a keyword.

Their figures are the ad set's, by `ad_shares.split` with the weights given here, so that they add up to it.
"""

from __future__ import annotations

from typing import NamedTuple

from talat_sandbox.business.ad_platforms import KEYWORD_LEVEL
from talat_sandbox.business.ads import AdSet
from talat_sandbox.business.dice import Dice

EXACT, PHRASE, BROAD = "EXACT", "PHRASE", "BROAD"
_MATCHES = (EXACT, PHRASE, PHRASE, BROAD)
_KEYWORDS = ("{}", "{} ราคา", "ซื้อ {}", "{} รีวิว", "{} ออนไลน์", "{} ถูก")
_AROUND = ("{} ยี่ห้อไหนดี", "{} ส่งฟรี", "{} ใกล้ฉัน", "{} pantip")
_PER_AD_SET = 4


class Keyword(NamedTuple):
    """A keyword of an ad set, and its share of the ad set's figures among the others' weights."""

    keyword_id: int
    text: str
    match_type: str
    weight: int


def keywords(ad_set: AdSet) -> tuple[Keyword, ...]:
    """Return the keywords of an ad set; none where its kind of campaign has none."""
    campaign = ad_set.campaign
    if not campaign.kind.keywords:
        return ()
    account = campaign.account
    dice = Dice(f"{account.key}|keywords|{ad_set.object_id}")
    product = campaign.products[ad_set.number % len(campaign.products)]
    noun, texts = product.name.split()[0], list(_KEYWORDS)
    return tuple(
        Keyword(
            account.platform.numbers.of(KEYWORD_LEVEL, account.shop.index, campaign.index, ad_set.number, number),
            texts.pop(dice.below(len(texts))).format(noun),
            dice.pick(_MATCHES),
            dice.between(10, 100),
        )
        for number in range(_PER_AD_SET)
    )


def search_terms(keyword: Keyword) -> tuple[tuple[str, int], ...]:
    """Return what people searched for whom a keyword matched, and weights; the empty term is what is not disclosed."""
    if keyword.match_type == EXACT:
        return ((keyword.text, 9), ("", 1))
    dice = Dice(f"terms|{keyword.keyword_id}|{keyword.text}")
    around = list(_AROUND)
    near = [around.pop(dice.below(len(around))).format(keyword.text) for _ in range(3)]
    hidden = 20 if keyword.match_type == PHRASE else 40
    return (
        (keyword.text, 60 - hidden), *((term, weight) for term, weight in zip(near, (20, 12, 8), strict=True)),
        ("", hidden),
    )  # fmt: skip
