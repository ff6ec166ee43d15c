"""Who advertises what: the campaigns of one account, drawn from the seed alone."""

from __future__ import annotations

from talat_sandbox.business.ad_platforms import (
    ACTIVE,
    AD_LEVEL,
    AD_SET_LEVEL,
    AD_SETS,
    ARCHIVED,
    CAMPAIGN_LEVEL,
    CREATIVE_LEVEL,
    DAILY,
    DELETED,
    LIFETIME,
    PAUSED,
    AdPlatform,
)
from talat_sandbox.business.ads import ADS, SETS, Ad, AdAccount, AdSet, Campaign, Creative, Portfolio, Version
from talat_sandbox.business.catalogue import Catalogue, Product
from talat_sandbox.business.dice import Dice

DAY = 86400
_POPULAR = 8
_DAILY_BUDGETS = (30_000, 50_000, 50_000, 80_000, 150_000)  # satang at the Thai price level
_AGES = ((18, 34), (25, 44), (35, 54), (18, 65))
_SHARES = ((500, 300, 200), (450, 350, 200), (600, 250, 150))
_TITLES = ("ลดสูงสุด 50%", "ส่งฟรีทั่วไทย 🚚", "ของใหม่มาแล้ว", "Payday deal")
_BODIES = ("สั่งวันนี้ ได้ของพรุ่งนี้", "สินค้าขายดี มีจำนวนจำกัด", "Free shipping this week only", "คุ้มกว่านี้ไม่มีแล้ว ✨")
_FOREVER_DAYS = 730  # pauses keep coming for so long after the history


class Planner:
    """Draws the campaigns of one account on a platform.

    `opens` is the business's first instant, `days` the length of its history.

    The first four campaigns show what must be seen in every account: one with daily budget that is renamed and gets
    more money, one with budgets at its ad sets that pauses now and then, one with a lifetime budget that ends and is
    archived, one that begins during the history and is deleted before its end. Where the platform has no such budget,
    theirs are its usual ones.
    """

    def __init__(
        self, seed: int, platform: AdPlatform, catalogue: Catalogue, opens: int, days: int, campaigns: int
    ) -> None:
        self._key, self._platform, self._catalogue = platform.key(seed), platform, catalogue
        self._opens, self._days, self._size = opens, days, campaigns
        self._shop, self._numbers = catalogue.shop, platform.numbers

    def portfolio(self) -> Portfolio:
        """Return the account with all it will ever hold."""
        account = AdAccount(self._platform, self._shop, self._opens - 400 * DAY, self._key)
        campaigns = tuple(self._campaign(account, index) for index in range(self._size))
        ad_sets = tuple(self._ad_set(campaign, number) for campaign in campaigns for number in range(SETS))
        creatives: dict[int, Creative] = {}
        ads = tuple(self._ad(ad_set, number, creatives) for ad_set in ad_sets for number in range(ADS))
        return Portfolio(account, campaigns, ad_sets, ads, tuple(creatives.values()))

    def _campaign(self, account: AdAccount, index: int) -> Campaign:
        dice = self._dice("campaign", index)
        role = index if index < 4 else dice.pick((0, 0, 0, 0, 1, 1, 2, 3))
        first_kinds = self._platform.first
        kind = first_kinds[index] if index < len(first_kinds) else dice.pick(self._platform.kinds)
        budget_kind = self._budget_kind(role)
        products = self._products(dice, index)
        budget = dice.pick(_DAILY_BUDGETS) * self._shop.region.price_percent * self._platform.size // 10_000
        name = f"{kind.label} | {products[0].name.split()[0]} | {self._shop.region.code} {index + 1}"
        start, stop = self._opens, None
        if role == 3:
            start = self._at(dice, 200, 400)
        elif index >= 4 and dice.chance(300):
            start = self._at(dice, 50, 600)
        created = start - dice.between(DAY // 24, 15 * DAY)
        first = Version(created, ACTIVE, name, 0 if budget_kind == AD_SETS else budget)
        later: list[Version] = []
        if role == 0:
            later.append(first._replace(at=self._at(dice, 350, 500), name=f"{name} ⭐"))
            later.append(later[0]._replace(at=self._at(dice, 550, 700), budget=first.budget * 130 // 100))
        if role == 1 or (role == 0 and index >= 4 and dice.chance(500)):
            later = self._pauses(dice, start, first)
        if role == 2:
            stop = self._at(dice, 650, 750)
            if budget_kind == LIFETIME:
                first = first._replace(budget=budget * max(1, (stop - start) // DAY))
            later = [first._replace(at=stop + dice.between(3600, 2 * DAY), status=ARCHIVED)]
        elif role == 3:
            later = [first._replace(at=self._at(dice, 800, 900), status=DELETED)]
        return Campaign(
            self._numbers.of(CAMPAIGN_LEVEL, self._shop.index, index),
            (first, *(version for version in later if version.at > created)),
            account,
            index,
            kind,
            budget_kind,
            start,
            stop,
            products,
        )

    def _budget_kind(self, role: int) -> str:
        wanted = {1: AD_SETS, 2: LIFETIME}.get(role, DAILY)
        return wanted if wanted in self._platform.budgets else self._platform.budgets[0]

    def _ad_set(self, campaign: Campaign, number: int) -> AdSet:
        dice = self._dice("ad set", campaign.index, number)
        created = campaign.created + 60 * (number + 1)
        share = 550 if number == 0 else 450
        budget = 0
        if campaign.budget_kind == AD_SETS:
            budget = dice.pick(_DAILY_BUDGETS) * self._shop.region.price_percent * self._platform.size // 20_000
        ages = dice.pick(_AGES)
        name = f"{self._shop.region.code} {ages[0]}-{ages[1]}{'+' if ages[1] == 65 else ''}"
        first = Version(created, ACTIVE, name, budget)
        later: list[Version] = []
        if number and dice.chance(300):
            paused = self._at(dice, 300, 500)
            later = [first._replace(at=paused, status=PAUSED), first._replace(at=paused + dice.between(1, 6) * DAY)]
        kept = (version for version in later if version.at > created)
        key = self._numbers.of(AD_SET_LEVEL, self._shop.index, campaign.index, number)
        return AdSet(key, (first, *kept), campaign, number, share, ages)

    def _ad(self, ad_set: AdSet, number: int, creatives: dict[int, Creative]) -> Ad:
        campaign = ad_set.campaign
        dice = self._dice("ad", campaign.index, ad_set.number, number)
        shared = number == 0 and not campaign.kind.one_product
        creative = self._creative(campaign, 0 if shared else ad_set.number, number)
        creative = creatives.setdefault(creative.object_id, creative)
        created = ad_set.created + 60 * (number + 1)
        if number == ADS - 1 and dice.chance(250):  # a new idea while the campaign runs
            created = max(created, self._at(dice, 100, 600))
        first = Version(created, ACTIVE, creative.name)
        later: list[Version] = []
        fate = dice.below(100)
        if number and fate < 30:
            turning = self._at(dice, 300, 850)
            status = PAUSED if fate < 20 else ARCHIVED if fate < 25 else DELETED
            later = [first._replace(at=turning, status=status)]
            if fate < 10:
                later.append(first._replace(at=turning + dice.between(DAY, 9 * DAY)))
        kept = (version for version in later if version.at > created)
        share = _SHARES[self._dice("shares", ad_set.index).below(len(_SHARES))][number]
        key = self._numbers.of(AD_LEVEL, self._shop.index, campaign.index, ad_set.number, number)
        return Ad(key, (first, *kept), ad_set, number, share, creative)

    def _creative(self, campaign: Campaign, ad_set: int, number: int) -> Creative:
        """Return what an ad shows; the first ads of both ad sets show the same, unless each has its own product."""
        dice = self._dice("creative", campaign.index, ad_set, number)
        is_video, product = dice.chance(400) or campaign.kind.video, dice.pick(campaign.products)
        if campaign.kind.one_product:
            product = campaign.products[ad_set % len(campaign.products)]
        return Creative(
            self._numbers.of(CREATIVE_LEVEL, self._shop.index, campaign.index, ad_set, number),
            campaign.account,
            f"{'Video' if is_video else 'Image'} {'ABCDEF'[ad_set * ADS + number]} | {product.sku}",
            dice.pick(_TITLES),
            dice.pick(_BODIES),
            is_video,
            product,
        )

    def _products(self, dice: Dice, index: int) -> tuple[Product, ...]:
        everything = self._catalogue.products
        chosen = {index % min(_POPULAR, len(everything)): None}
        for _ in range(dice.between(2, 4)):
            chosen[dice.below(len(everything))] = None
        return tuple(everything[place] for place in chosen)

    def _pauses(self, dice: Dice, start: int, first: Version) -> list[Version]:
        """Return a pause of 2 to 5 days every three to five weeks."""
        versions: list[Version] = []
        now, end = start, self._opens + (self._days + _FOREVER_DAYS) * DAY
        while now < end:
            now += min(dice.between(18, 30), max(1, self._days // 4)) * DAY + dice.below(DAY)
            versions.append(first._replace(at=now, status=PAUSED))
            now += dice.between(2, 5) * DAY + dice.below(DAY)
            versions.append(first._replace(at=now))
        return versions

    def _at(self, dice: Dice, low: int, high: int) -> int:
        """Return an instant between two thousandths of the history."""
        span = self._days * DAY
        return self._opens + dice.between(span * low // 1000, span * high // 1000)

    def _dice(self, *key: object) -> Dice:
        return Dice("|".join(map(str, (self._key, "ads", self._shop.index, *key))))
