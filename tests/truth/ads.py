"""The marts' figures of advertising against the business's own books, for each day and campaign."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from talat_sandbox.testing import Sandbox

Row = dict[str, Any]
Query = Callable[[str], list[Row]]
Figures = tuple[Decimal, ...]
NAMES = ("spend", "impressions", "clicks", "conversions", "conversion_value")
ACCOUNT = ("platform", "account_id")
CAMPAIGN = (*ACCOUNT, "campaign_id")
AD = ("platform", "account_id", "ad_id", "date")
TRAFFIC = ("sessions", "engaged_sessions", "users", "transactions", "revenue")
#: For so many days each platform's figures can change.
OPEN_DAYS = {
    "facebook_ads": 28, "google_ads": 30, "tiktok_ads": 28, "line_ads": 30, "shopee_ads": 8, "lazada_ads": 14,
}  # fmt: skip


def totals(
    rows: Iterable[Mapping[str, Any]], *keys: str, prefix: str = "", names: tuple[str, ...] = NAMES
) -> dict[tuple[str, ...], Figures]:
    """Figures added up by key; keys of which all figures are zero are left out."""
    sums: dict[tuple[str, ...], Figures] = defaultdict(lambda: (Decimal(0),) * len(names))
    for row in rows:
        key = tuple(str(row[name]) for name in keys)
        added = (Decimal(row[prefix + name] or 0) for name in names)
        sums[key] = tuple(a + b for a, b in zip(sums[key], added, strict=True))
    return {key: figures for key, figures in sums.items() if any(figures)}


def check_ads(query: Query, sandbox: Sandbox) -> None:
    """Compare everything about advertising with the truth at the sandbox's present moment."""
    truth = sandbox.truth("ads_daily")
    campaign_days = totals(truth, *CAMPAIGN, "date")
    assert len(campaign_days) > 300
    ads = query("select * from staging.stg_ads_performance")
    assert totals(_ads(ads), *AD) == totals(_ads_of_the_books(sandbox), *AD)
    campaigns = query("select * from marts.mart_campaign_performance")
    untold = _untold(sandbox)
    assert told(totals(campaigns, *CAMPAIGN, "date"), untold) == told(campaign_days, untold)
    channels = query("select * from marts.mart_ads_channel_performance")
    assert totals(channels, "platform", "account_id", "date") == totals(truth, "platform", "account_id", "date")

    shops = {(row["platform"], row["account_id"]): row["shop_id"] for row in sandbox.truth("ad_accounts")}
    of_shops = [{**row, "shop_id": shops[row["platform"], row["account_id"]]} for row in truth]
    daily = query("select * from marts.mart_daily_performance")
    assert totals(daily, "shop_id", "date", prefix="ads_") == totals(of_shops, "shop_id", "date")
    for row in daily:
        spend, value = (Decimal(row[name] or 0) for name in ("ads_spend_thb", "ads_conversion_value_thb"))
        expected = (value / spend).quantize(Decimal("0.001"), "ROUND_HALF_UP") if spend else None
        found = None if row["roas"] is None else Decimal(row["roas"]).quantize(Decimal("0.001"), "ROUND_HALF_UP")
        assert found == expected, row

    statuses = {_key(row): _status(row) for row in sandbox.truth("campaigns")}
    found_statuses = {_key(row): row["platform_status"] for row in query("select * from staging.stg_campaigns")}
    assert told(found_statuses, untold) == told(statuses, untold)


def check_traffic(query: Query, sandbox: Sandbox) -> None:
    """Compare what GA4 saw with what the web shops' visitors did."""
    keys = ("property_id", "date", "source", "medium", "campaign")
    expected = totals(sandbox.truth("ga4_daily"), *keys, names=TRAFFIC)
    assert len(expected) > 100
    assert totals(query("select * from staging.stg_ga4_traffic"), *keys, names=TRAFFIC) == expected


def final_days(query: Query) -> dict[tuple[str, ...], Figures]:
    """The figures of the accounts' days that are said to be final."""
    return totals(query("select * from staging.stg_ads_performance where is_final"), *ACCOUNT, "date")


def check_finality(final: Mapping[tuple[str, ...], Figures], sandbox: Sandbox, as_of: date) -> None:
    """What was called final on a day is what the books say for ever, and lies as many days before it as it must."""
    truth = totals(sandbox.truth("ads_daily"), *ACCOUNT, "date")
    assert {key: truth[key] for key in final} == final
    newest: dict[str, date] = {}
    for platform, _, day in final:
        newest[platform] = max(date.fromisoformat(day), newest.get(platform, date.min))
    advertised = {row["platform"] for row in sandbox.truth("ad_accounts")}
    assert newest == {platform: as_of - timedelta(OPEN_DAYS[platform] + 1) for platform in advertised}


def told(rows: Mapping[tuple[str, ...], Any], untold: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], Any]:
    """What is said by campaign, without those that are untold and what stands for them all."""
    return {key: value for key, value in rows.items() if key[:3] not in untold and key[2] != "other"}


def _untold(sandbox: Sandbox) -> set[tuple[str, ...]]:
    """Shopee lists no deleted campaigns, and no day of theirs."""
    campaigns = sandbox.truth("campaigns")
    return {_key(row) for row in campaigns if row["platform"] == "shopee_ads" and row["status"] == "deleted"}


def _key(row: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in CAMPAIGN)


def _status(row: Mapping[str, str]) -> str | None:
    """As staging tells it: Lazada's numbers in words, and nothing of GMV Max at Shopee, which tells nothing."""
    if row["platform"] == "lazada_ads":
        return {"1": "online", "0": "paused", "9": "deleted"}[row["status"]]
    return None if row["objective"] == "gms" else row["status"]


def _ads(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row["level"] == "ad"]


def _ads_of_the_books(sandbox: Sandbox) -> list[dict[str, str]]:
    """All that platforms tell as ads: a creative of GMV Max is told only as its product."""
    objectives = {row["campaign_id"]: row["objective"] for row in sandbox.truth("campaigns")}
    return [
        row
        for row in sandbox.truth("ads_daily")
        if row["ad_id"] and objectives[row["campaign_id"]] != "PRODUCT_GMV_MAX"
    ]
