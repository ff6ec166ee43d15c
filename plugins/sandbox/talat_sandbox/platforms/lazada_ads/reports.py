"""Reports: sums over the days of a span, which bear no date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any, TypeVar

import orjson

from talat_sandbox.business.ad_figures import Figures, add
from talat_sandbox.business.ad_shares import split
from talat_sandbox.business.ad_terms import keywords
from talat_sandbox.business.ads import Ad, AdSet, Campaign
from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.dice import Dice
from talat_sandbox.business.model import Business
from talat_sandbox.platforms.lazada.call import Call
from talat_sandbox.platforms.lazada_ads.call import Rows, dates, money, ratio, required, today_of

_DIRECT = 3  # up to here in `Figures.orders`: of the advertised product
_MANUAL = "1"
Thing = TypeVar("Thing", Campaign, AdSet)


class Reports:
    """The reports of what the ads did. `store` is any product of the seller's, `product` the advertised one."""

    def __init__(self, business: Business, advertising: Advertising) -> None:
        self._business, self._advertising = business, advertising

    def campaigns(self, call: Call) -> Rows:
        """/report/getDiscoveryReportCampaign."""
        sums = self._sums(call, lambda ad: ad.campaign)
        rows = [{**self._campaign(call, it), **metrics(parts)} for it, parts in sums.items()]
        return [row for row in rows if call.text("productType") in ("", row["productType"])]

    def ad_groups(self, call: Call) -> Rows:
        """/report/getDiscoveryReportAdgroup."""
        return [
            {**self._ad_group(call, it), **metrics(parts)}
            for it, parts in self._sums(call, lambda ad: ad.ad_set).items()
        ]

    def keywords(self, call: Call) -> Rows:
        """/report/getDiscoveryReportKeyword: the figures of an ad group by what was searched for."""
        found: Rows = []
        for ad_set, days in self._by_day(call, lambda ad: ad.ad_set).items():
            words = keywords(ad_set)
            if not words:
                continue
            parts = [split(add(day), [word.weight for word in words]) for day in days.values()]
            for place, word in enumerate(words):
                whole = add([part[place] for part in parts])
                if any(whole):
                    dice = Dice(f"{ad_set.campaign.account.key}|bid|{word.keyword_id}")
                    own = {"keywordId": word.keyword_id, "keyword": word.text, "maxBid": money(dice.between(100, 900))}
                    found.append({**self._ad_group(call, ad_set), **own, **metrics(whole)})
        return found

    def overview(self, call: Call) -> bytes:
        """/report/getReportOverview: one sum of the shop's, beside that of another span."""
        required(call, "bizCode", "useRtTable")
        spans = (("startDate", "endDate"), ("lastStartDate", "lastEndDate"))
        now, last = (self._total(call, dates(call, *names)) for names in spans)
        return orjson.dumps(
            {
                "success": "true",
                "errorMsg": "",
                "analyseTraceId": "",
                "result": {"reportOverviewDetailDTO": now, "lastReportOverviewDetailDTO": last},
            }
        )

    def _total(self, call: Call, days: list[date]) -> dict[str, Any]:
        whole = add([Figures(), *(figures for day in days for _, figures in self._day(call, day))])
        return {
            "spend": money(whole.spend),
            "impressions": whole.impressions,
            "clicks": whole.clicks,
            "ctr": ratio(whole.clicks, whole.impressions, 4),
            "unitsSold": whole.conversions,
            "revenue": money(whole.value),
            "cpc": ratio(whole.spend / 100, whole.clicks),
            "roi": ratio(whole.value, whole.spend),
        }

    def _day(self, call: Call, day: date) -> Iterator[tuple[Ad, Figures]]:
        ads = self._advertising.portfolio(call.shop).ads
        number = (day - self._business.plan.opens).days
        for place, figures in self._advertising.days(call.shop).day(number, call.as_of):
            yield ads[place], figures

    def _by_day(self, call: Call, of: Callable[[Ad], Thing]) -> dict[Thing, dict[date, list[Figures]]]:
        """Return what the ads of each thing did, day by day, in the order of the things' numbers."""
        wanted = {name: call.text(name) for name in ("campaignId", "adgroupId", "campaignType") if call.text(name)}
        found: defaultdict[Thing, dict[date, list[Figures]]] = defaultdict(dict)
        for day in dates(call):
            for ad, figures in self._day(call, day):
                own = {
                    "campaignId": str(ad.campaign.object_id),
                    "adgroupId": str(ad.ad_set.object_id),
                    "campaignType": ad.campaign.kind.name,
                }
                if all(own[name] == value for name, value in wanted.items()):
                    found[of(ad)].setdefault(day, []).append(figures)
        return dict(sorted(found.items(), key=lambda entry: entry[0].object_id))

    def _sums(self, call: Call, of: Callable[[Ad], Thing]) -> dict[Thing, Figures]:
        return {
            thing: add([figures for parts in days.values() for figures in parts])
            for thing, days in self._by_day(call, of).items()
        }

    def _campaign(self, call: Call, campaign: Campaign) -> dict[str, Any]:
        """Return what a row says of its campaign; names are not known of yesterday and today."""
        version = campaign.version(call.as_of) or campaign.versions[0]
        recent = dates(call)[-1:] >= [today_of(call) - timedelta(1)]
        return {
            "campaignId": campaign.object_id,
            "campaignName": None if recent else version.name,
            "campaignObjective": "",
            "campaignType": int(campaign.kind.name),
            "productType": "N" if campaign.kind.name == _MANUAL else "J",
            "dayBudget": version.budget / 100,
        }

    def _ad_group(self, call: Call, ad_set: AdSet) -> dict[str, Any]:
        own = self._campaign(call, ad_set.campaign)
        product = ad_set.campaign.products[ad_set.number % len(ad_set.campaign.products)]
        return {
            "campaignId": own["campaignId"],
            "campaignName": own["campaignName"],
            "adgroupId": ad_set.object_id,
            "adgroupName": own["campaignName"] and product.name,
            "itemId": product.item_id,
            "maxBid": -1,
        }


def metrics(figures: Figures) -> dict[str, Any]:
    """Return figures as reports have them: counts are numbers, all else are texts. How many units is invented."""
    orders, revenue = sum(figures.orders[:_DIRECT]), sum(figures.values[:_DIRECT])
    return {
        "impressions": figures.impressions,
        "clicks": figures.clicks,
        "ctr": ratio(figures.clicks, figures.impressions, 4),
        "cpc": ratio(figures.spend / 100, figures.clicks),
        "spend": money(figures.spend),
        "storeRevenue": money(figures.value),
        "storeRoi": ratio(figures.value, figures.spend),
        "storeCvr": ratio(figures.conversions, figures.clicks, 4),
        "storeA2c": figures.carts,
        "storeOrders": figures.conversions,
        "storeUnitSold": figures.conversions,
        "productRevenue": money(revenue),
        "productOrders": orders,
        "productUnitSold": orders,
        "productCvr": ratio(orders, figures.clicks, 4),
        "productA2c": figures.carts,
    }
