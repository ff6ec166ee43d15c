"""The ads' figures once more, in plain Python over raw records: what the SQL is held against.

Written from the definitions in transform/DECISIONS.md, not from the SQL. Money is Decimal, days are the account's own.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.dbt.reference import SATANG, ZERO, Record, Row, exact, quotient, rate, rounded
from tests.dbt.warehouses import ROOT

Raw = Mapping[str, Sequence[Record]]
UNMAPPED = ("unmapped", "unmapped")
WHOLE_UNITS = {"CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "VND"}
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Ad:
    """An ad on a day; money in the account's currency."""

    account_id: str
    campaign_id: str
    day: date
    currency: str
    shop: tuple[str, str]
    spend: Decimal
    impressions: int
    clicks: int
    link_clicks: int
    conversions: Decimal
    conversion_value: Decimal
    is_final: bool

    def thb(self, amount: Decimal) -> Decimal:
        """Baht, rounded for this ad."""
        return rounded(amount * rate(self.currency, self.day))


def instant(text: str) -> datetime:
    """A UTC instant as the taps write it."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def zone(raw: Raw, account: str) -> ZoneInfo:
    """An account's time zone."""
    return ZoneInfo(next(it["timezone_name"] for it in raw["ad_accounts"] if it["account_id"] == account))


def is_final(raw: Raw, account: str, day: date) -> bool:
    """Whether a run that asked for the day with success ended more than 28 days after it."""
    where = zone(raw, account)
    windows = [it for it in raw["sync_windows"] if (it["stream"], it["account_id"]) == ("daily_ad", account)]
    for it in windows:
        moment = max(instant(other["window_end"]) for other in windows if other["run_id"] == it["run_id"])
        first = instant(it["window_start"]).astimezone(where).date()
        last = (instant(it["window_end"]) - SECOND).astimezone(where).date()
        late_enough = (moment.astimezone(where).date() - day).days > 28
        if it["status"] == "done" and first <= day <= last and late_enough:
            return True
    return False


def shop_of(record: Record) -> tuple[str, str]:
    """Platform and id of the shop that a campaign promotes, by the seed; its own row before its account's."""
    with (ROOT / "transform/seeds/ad_account_shops.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["account_id"] == record["account_id"]]
    for campaign in (record["campaign_id"], ""):
        for row in rows:
            if row["campaign_id"] == campaign:
                return row["platform"], row["shop_id"]
    return UNMAPPED


def stat(stats: Sequence[Record] | None) -> Decimal:
    """The one kind of purchase that counts."""
    return sum((Decimal(it["value"]) for it in stats or () if it["action_type"] == "omni_purchase"), ZERO)


def ads(raw: Raw) -> Iterator[Ad]:
    """Every ad and day by the definitions."""
    for record in raw["daily_ad"]:
        day = date.fromisoformat(record["date_start"])
        yield Ad(
            account_id=record["account_id"],
            campaign_id=record["campaign_id"],
            day=day,
            currency=record["account_currency"],
            shop=shop_of(record),
            spend=exact(record["spend"]),
            impressions=record["impressions"] or 0,
            clicks=record["clicks"] or 0,
            link_clicks=record["inline_link_clicks"] or 0,
            conversions=stat(record["actions"]),
            conversion_value=stat(record["action_values"]),
            is_final=is_final(raw, record["account_id"], day),
        )


def sums(group: Iterable[Ad]) -> Row:
    """Sums of any group of ads, in their currency and in baht."""
    found = list(group)
    row: Row = {
        name: sum((getattr(it, name) for it in found), ZERO)
        for name in ("spend", "impressions", "clicks", "link_clicks", "conversions", "conversion_value")
    }
    row["spend_thb"] = sum((it.thb(it.spend) for it in found), ZERO)
    row["conversion_value_thb"] = sum((it.thb(it.conversion_value) for it in found), ZERO)
    return row


def ratios(row: Row) -> Row:
    """Ratios of the sums of one currency."""
    return {
        "ctr": quotient(row["clicks"], row["impressions"]),
        "cpc": quotient(row["spend"], row["clicks"], SATANG),
        "cpm": quotient(row["spend"] * 1000, row["impressions"], SATANG),
        "cpa": quotient(row["spend"], row["conversions"], SATANG),
        "roas": quotient(row["conversion_value"], row["spend"]),
        "conversion_rate": quotient(row["conversions"], row["clicks"]),
    }


def rating(week: Row) -> str:
    """What the seed's rule makes of seven days."""
    with (ROOT / "transform/seeds/campaign_rating_rules.csv").open() as file:
        (rule,) = csv.DictReader(file)
    if week["spend_thb"] < Decimal(rule["min_spend_thb"]):
        return "not_enough_data"
    roas = ratios(week)[rule["metric"]]
    return next((word for word in ("good", "warning") if roas >= Decimal(rule[f"{word}_from"])), "poor")


def campaigns(raw: Raw) -> dict[tuple[str, date], Row]:
    """mart_campaign_performance, without names."""
    groups: dict[tuple[str, date], list[Ad]] = defaultdict(list)
    for it in ads(raw):
        groups[it.campaign_id, it.day].append(it)
    result = {}
    for (campaign, day), group in groups.items():
        days = [day - timedelta(days=n) for n in range(7)]
        week = sums(it for earlier in days for it in groups.get((campaign, earlier), ()))
        row = sums(group)
        row |= ratios(row) | {"rating": rating(week), "is_final": all(it.is_final for it in group)}
        row |= {"spend_7d": week["spend"], "spend_thb_7d": week["spend_thb"], "conversions_7d": week["conversions"]}
        row |= {"roas_7d": ratios(week)["roas"], "cpa_7d": ratios(week)["cpa"]}
        result[campaign, day] = row
    return result


def budget(raw: Raw, campaign: Record) -> Decimal:
    """A campaign's budget of a day in major units."""
    currency = next(it["currency"] for it in raw["ad_accounts"] if it["account_id"] == campaign["account_id"])
    units = 1 if currency in WHOLE_UNITS else 100
    if campaign["daily_budget"]:
        return Decimal(campaign["daily_budget"]) / units
    if campaign["lifetime_budget"]:
        span = instant(campaign["stop_time"]) - instant(campaign["start_time"])
        return rounded(Decimal(campaign["lifetime_budget"]) / units / span.days)
    own = [it for it in raw["adsets"] if it["campaign_id"] == campaign["id"] and it["status"] == "ACTIVE"]
    return Decimal(sum(it["daily_budget"] for it in own)) / units


def runs_on(raw: Raw, campaign: Record, day: date, seen: date) -> bool:
    """Whether a campaign counts on a day: between its start and its end, and active once it was seen."""
    where = zone(raw, campaign["account_id"])
    end = date.max
    if campaign["stop_time"]:
        end = (instant(campaign["stop_time"]) - SECOND).astimezone(where).date()
    if campaign["status"] == "ARCHIVED":
        end = instant(campaign["updated_time"]).astimezone(where).date()
    begun = instant(campaign["start_time"]).astimezone(where).date() <= day
    return begun and day <= end and (day < seen or campaign["status"] == "ACTIVE")


def channels(raw: Raw, seen: date) -> dict[tuple[str, date], Row]:
    """mart_ads_channel_performance, without names; budgets were first ``seen`` on a day."""
    found = list(ads(raw))
    result = {}
    for account in {it.account_id for it in found}:
        own = [it for it in found if it.account_id == account]
        first, last = min(it.day for it in own), max(it.day for it in own)
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            row = sums(it for it in own if it.day == day)
            running = [it for it in raw["campaigns"] if it["account_id"] == account and runs_on(raw, it, day, seen)]
            row["budget"] = sum((budget(raw, it) for it in running), ZERO)
            row["budget_thb"] = rounded(row["budget"] * rate(own[0].currency, day))
            row["budget_use"] = quotient(row["spend"], row["budget"])
            row["is_budget_assumed"] = day < seen
            result[account, day] = row | ratios(row) | {"is_final": is_final(raw, account, day)}
    return result


def shop_days(raw: Raw) -> dict[tuple[str, date], Row]:
    """The ads' columns of mart_daily_performance, on every day from a shop's first ad to its last."""
    found = list(ads(raw))
    result: dict[tuple[str, date], Row] = {}
    for shop in {it.shop for it in found}:
        own = [it for it in found if it.shop == shop]
        first, last = min(it.day for it in own), max(it.day for it in own)
        accounts = {it.account_id for it in own}
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            row = sums(it for it in own if it.day == day)
            if shop == UNMAPPED:
                row |= {"spend": row["spend_thb"], "conversion_value": row["conversion_value_thb"]}
            columns = {f"ads_{name}": value for name, value in row.items() if name != "link_clicks"}
            columns["ads_is_final"] = all(is_final(raw, account, day) for account in accounts)
            result[shop[1], day] = columns
    return result


def beside(row: Row, ads_row: Row | None) -> Row:
    """A shop's day with its ads, or without any, and the ratios that need both."""
    names = ("spend", "spend_thb", "impressions", "clicks", "conversions", "conversion_value", "conversion_value_thb")
    both: Row = dict.fromkeys((f"ads_{name}" for name in names), ZERO) | {"ads_is_final": None} | (ads_row or {}) | row
    spend: Any = both["ads_spend_thb"]
    return both | {
        "roas": quotient(both["ads_conversion_value_thb"], spend),
        "blended_roas": quotient(both["revenue_thb"], spend),
        "cpa": quotient(spend, both["ads_conversions"], SATANG),
        "ctr": quotient(both["ads_clicks"], both["ads_impressions"]),
        "conversion_rate": quotient(both["ads_conversions"], both["ads_clicks"]),
    }
