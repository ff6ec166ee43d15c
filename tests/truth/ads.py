"""The marts' figures of advertising against the business's own books, for each day and campaign."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from talat_sandbox.testing import Sandbox

Row = dict[str, Any]
Query = Callable[[str], list[Row]]
Figures = tuple[Decimal, ...]
NAMES = ("spend", "impressions", "clicks", "conversions", "conversion_value")


def totals(rows: Iterable[Mapping[str, Any]], *keys: str, prefix: str = "") -> dict[tuple[str, ...], Figures]:
    """Figures added up by key; keys of which all figures are zero are left out."""
    sums: dict[tuple[str, ...], Figures] = defaultdict(lambda: (Decimal(0),) * len(NAMES))
    for row in rows:
        key = tuple(str(row[name]) for name in keys)
        added = (Decimal(row[prefix + name] or 0) for name in NAMES)
        sums[key] = tuple(a + b for a, b in zip(sums[key], added, strict=True))
    return {key: figures for key, figures in sums.items() if any(figures)}


def check_ads(query: Query, sandbox: Sandbox) -> None:
    """Compare everything about advertising with the truth at the sandbox's present moment."""
    truth = sandbox.truth("ads_daily")
    campaign_days = totals(truth, "account_id", "campaign_id", "date")
    assert len(campaign_days) > 300
    ads = query("select * from staging.stg_ads_performance")
    assert totals(ads, "account_id", "ad_id", "date") == totals(truth, "account_id", "ad_id", "date")
    campaigns = query("select * from marts.mart_campaign_performance")
    assert totals(campaigns, "account_id", "campaign_id", "date") == campaign_days
    channels = query("select * from marts.mart_ads_channel_performance")
    assert totals(channels, "account_id", "date") == totals(truth, "account_id", "date")

    shops = {row["account_id"]: row["shop_id"] for row in sandbox.truth("ad_accounts")}
    by_shop = totals([{**row, "shop_id": shops[row["account_id"]]} for row in truth], "shop_id", "date")
    daily = query("select * from marts.mart_daily_performance")
    assert totals(daily, "shop_id", "date", prefix="ads_") == by_shop
    for row in daily:
        spend, value = (Decimal(row[name] or 0) for name in ("ads_spend_thb", "ads_conversion_value_thb"))
        expected = (value / spend).quantize(Decimal("0.001"), "ROUND_HALF_UP") if spend else None
        found = None if row["roas"] is None else Decimal(row["roas"]).quantize(Decimal("0.001"), "ROUND_HALF_UP")
        assert found == expected, row

    statuses = {(c["account_id"], c["campaign_id"]): c["status"] for c in sandbox.truth("campaigns")}
    found_campaigns = query("select account_id, campaign_id, platform_status from staging.stg_campaigns")
    assert {(r["account_id"], r["campaign_id"]): r["platform_status"] for r in found_campaigns} == statuses


def final_days(query: Query) -> dict[tuple[str, ...], Figures]:
    """The figures of the ads' days that are said to be final."""
    return totals(query("select * from staging.stg_ads_performance where is_final"), "account_id", "ad_id", "date")


def check_finality(final: Mapping[tuple[str, ...], Figures], sandbox: Sandbox, as_of: date) -> None:
    """What was called final on a day is what the books say for ever, and lies more than 28 days before it."""
    assert final
    truth = totals(sandbox.truth("ads_daily"), "account_id", "ad_id", "date")
    assert {key: truth[key] for key in final} == final
    newest = max(date.fromisoformat(day) for _, _, day in final)
    assert newest == as_of - timedelta(29)
