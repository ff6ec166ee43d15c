"""The advertising of the small invented business, by hand, as tap-facebook-ads writes it.

Ids are text, money of reports is in major units and of budgets in minor units, times are UTC, days the account's own.
Ads are told once and added up to the levels above.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

Record = dict[str, Any]

# Accounts of the seed ad_account_shops, and one that nobody has mapped to a shop.
THAI, SINGAPOREAN, VIETNAMESE = "1010035716096001", "1010035716096003", "1010035716096009"
CURRENCIES = {THAI: "THB", SINGAPOREAN: "SGD", VIETNAMESE: "VND"}
ZONES = {THAI: "Asia/Bangkok", SINGAPOREAN: "Asia/Singapore", VIETNAMESE: "Asia/Ho_Chi_Minh"}
NAMES = {THAI: "Baan Talat ads", SINGAPOREAN: "Lion City ads", VIETNAMESE: "Saigon ads"}
SALES, BY_AD_SET, LIFETIME, ARCHIVED, LION, SAIGON, STRANGE = (f"12021000000000000{n}" for n in range(1, 8))


def ad(
    account: str,
    campaign: str,
    day: str,
    spend: str,
    impressions: int,
    clicks: int,
    bought: int = 0,
    value: str = "0",
    n: int = 1,
) -> Record:
    """One ad on one day of 2026, ``MM-DD``; a metric without value is null. ``n`` tells the ads of a campaign apart."""
    purchases = [
        {"action_type": kind, "value": str(bought), "7d_click": str(bought)}
        for kind in ("purchase", "omni_purchase", "offsite_conversion.fb_pixel_purchase")
    ]
    values = [{"action_type": it["action_type"], "value": value} for it in purchases]
    return {
        "account_id": account,
        "account_name": NAMES[account],
        "account_currency": CURRENCIES[account],
        "attribution_setting": "7d_click_1d_view",
        "campaign_id": campaign,
        "campaign_name": f"Campaign {campaign[-1]}",
        "objective": "OUTCOME_SALES",
        "adset_id": f"{campaign}1{n}",
        "adset_name": f"Ad set {campaign[-1]}.{n}",
        "ad_id": f"{campaign}1{n}1",
        "ad_name": f"Ad {campaign[-1]}.{n}.1",
        "date_start": f"2026-{day}",
        "date_stop": f"2026-{day}",
        "spend": float(spend) if Decimal(spend) else None,
        "impressions": impressions or None,
        "clicks": clicks or None,
        "inline_link_clicks": clicks // 2 or None,
        "actions": [{"action_type": "link_click", "value": str(clicks)}, *(purchases if bought else [])],
        "action_values": values if bought else None,
        "video_play_actions": [{"action_type": "video_view", "value": str(impressions // 10)}] if n == 2 else None,
    }


ADS = [
    # Two ads of one campaign on one day; the second one's figures are halves that round away from zero.
    ad(THAI, SALES, "04-09", "700.00", 10000, 200, 10, "3000.00"),
    ad(THAI, SALES, "04-09", "300.55", 5000, 50, 1, "99.95", n=2),
    # The day after the last reading that is late enough, and its neighbours.
    ad(THAI, SALES, "04-11", "400.00", 4000, 80, 2, "500.00"),
    ad(THAI, SALES, "04-21", "400.00", 4000, 80, 2, "500.00"),
    ad(THAI, SALES, "04-22", "400.00", 4000, 80, 2, "500.00"),
    # Bought after the ad had stopped: no spend, no views.
    ad(THAI, ARCHIVED, "04-12", "250.00", 2500, 25),
    ad(THAI, ARCHIVED, "04-16", "0", 0, 0, 1, "450.00"),
    # Seven complete days to 19 May: good, poor by its money, poor with little money, and the day that is not over.
    *(ad(THAI, SALES, f"05-{day}", "450.00", 9000, 150, 5, "1500.00") for day in range(12, 20)),
    *(ad(THAI, BY_AD_SET, f"05-{day}", "180.00", 3000, 30, 0, "0", n=2) for day in range(14, 20)),
    *(ad(THAI, LIFETIME, f"05-{day}", "20.00", 300, 3, 0, "0") for day in range(14, 20)),
    ad(THAI, SALES, "05-20", "100.00", 2000, 30),
    # Before the shop's first order, on a day with orders, and after its last one. Satang round for each ad.
    ad(SINGAPOREAN, LION, "04-08", "10.05", 800, 16, 1, "20.05"),
    ad(SINGAPOREAN, LION, "04-10", "20.05", 1600, 32, 2, "10.05"),
    ad(SINGAPOREAN, LION, "04-10", "20.05", 1600, 32, 2, "10.05", n=2),
    ad(SINGAPOREAN, LION, "05-15", "18.00", 1500, 40, 1, "25.00"),
    ad(VIETNAMESE, SAIGON, "05-18", "250000", 7000, 70, 3, "1500000"),
    ad(VIETNAMESE, STRANGE, "05-19", "100000", 3000, 30),
]


def level(*keys: str) -> list[Record]:
    """The ads added up to a level above, with the fields that a report of it has."""
    groups: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for it in ADS:
        groups[tuple(it[key] for key in (*keys, "date_start"))].append(it)
    found = []
    for group in groups.values():
        added = {
            name: sum(it[name] or 0 for it in group) or None for name in ("impressions", "clicks", "inline_link_clicks")
        }
        spend = sum((Decimal(str(it["spend"] or 0)) for it in group), Decimal(0))
        found.append(
            {
                **{name: group[0][name] for name in ("account_name", "account_currency", "attribution_setting", *keys)},
                "date_start": group[0]["date_start"],
                "date_stop": group[0]["date_start"],
                "spend": float(spend) if spend else None,
                **added,
                **{name: _added(group, name) for name in ("actions", "action_values")},
            }
        )
    return found


def _added(group: list[Record], name: str) -> list[Record] | None:
    kinds: dict[str, Decimal] = defaultdict(Decimal)
    for stat in (stat for it in group for stat in it[name] or ()):
        kinds[stat["action_type"]] += Decimal(stat["value"])
    return [{"action_type": kind, "value": str(value)} for kind, value in kinds.items()] or None


def _account(account: str) -> Record:
    return {
        "account_id": account,
        "id": f"act_{account}",
        "name": NAMES[account],
        "account_status": 1,
        "currency": CURRENCIES[account],
        "timezone_name": ZONES[account],
        "amount_spent": 1000,
        "business": {"id": "77001", "name": "Talat"},
        "created_time": "2026-01-01T00:00:00Z",
    }


def _campaign(account: str, campaign: str, status: str = "ACTIVE", **more: Any) -> Record:
    return {
        "account_id": account,
        "id": campaign,
        "name": f"Campaign {campaign[-1]}, new name",
        "objective": "OUTCOME_SALES",
        "status": status,
        "configured_status": status,
        "effective_status": status,
        "daily_budget": 0,
        "lifetime_budget": None,
        "start_time": "2026-03-31T17:00:00Z",
        "stop_time": None,
        "created_time": "2026-03-30T00:00:00Z",
        "updated_time": "2026-04-15T17:30:00Z",
        **more,
    }


def _ad_set(campaign: str, n: int, daily: int, status: str = "ACTIVE") -> Record:
    return {
        "account_id": THAI,
        "id": f"{campaign}1{n}",
        "campaign_id": campaign,
        "name": f"Ad set {campaign[-1]}.{n}",
        "status": status,
        "effective_status": status,
        "daily_budget": daily,
        "lifetime_budget": 0,
        "start_time": "2026-03-31T17:00:00Z",
        "created_time": "2026-03-30T00:00:00Z",
        "updated_time": "2026-03-30T00:00:00Z",
    }


def window(run: str, stream: str, start: str, end: str, status: str = "done", account: str = THAI) -> Record:
    """One row of the ledger; ``start`` and ``end`` are UTC instants of 2026, ``MM-DDTHH:MM``."""
    return {
        "run_id": run,
        "stream": stream,
        "account_id": account,
        "window_start": f"2026-{start}:00Z",
        "window_end": f"2026-{end}:00Z",
        "status": status,
        "rows": 5,
        "rejected": 0,
        "platform_total": None,
        "requests": 2,
        "retries": 0,
        "seconds_throttled": 0.5,
        "started_at": f"2026-05-{run}T01:00:00Z",
        "finished_at": f"2026-05-{run}T01:00:10Z",
        "error": None if status == "done" else "The platform did not answer.",
    }


RAW_ADS: dict[str, list[Record]] = {
    "ad_accounts": [_account(account) for account in (THAI, SINGAPOREAN, VIETNAMESE)],
    "campaigns": [
        _campaign(THAI, SALES, daily_budget=50000),
        _campaign(THAI, BY_AD_SET),
        # 31 days of May in Bangkok, 100 baht each.
        _campaign(
            THAI, LIFETIME, lifetime_budget=310000, start_time="2026-04-30T17:00:00Z", stop_time="2026-05-31T17:00:00Z"
        ),
        _campaign(THAI, ARCHIVED, "ARCHIVED", daily_budget=30000),
        _campaign(SINGAPOREAN, LION, daily_budget=2000),
        _campaign(VIETNAMESE, SAIGON, daily_budget=250000),
        _campaign(VIETNAMESE, STRANGE, "ON_HOLD", daily_budget=100000),
    ],
    "adsets": [_ad_set(BY_AD_SET, 1, 12000), _ad_set(BY_AD_SET, 2, 20000), _ad_set(BY_AD_SET, 3, 99900, "PAUSED")],
    "daily_account": level("account_id"),
    "daily_campaign": level("account_id", "campaign_id", "campaign_name", "objective"),
    "daily_adset": level("account_id", "campaign_id", "campaign_name", "adset_id", "adset_name", "objective"),
    "daily_ad": ADS,
    "sync_windows": [
        # April from its first day in Bangkok on; what a reading of 10 May says of 11 April and before is final.
        *(window("10", f"daily_{it}", "03-31T17:00", "05-10T03:00") for it in ("account", "campaign", "adset", "ad")),
        # Two pieces of one run, read at the same moment: 20 May, which makes 21 April final.
        *(window("20", f"daily_{it}", "04-10T17:00", "05-01T17:00") for it in ("account", "campaign", "adset", "ad")),
        *(window("20", f"daily_{it}", "05-01T17:00", "05-20T02:30") for it in ("account", "campaign", "adset", "ad")),
        # Read too early to be final, and from the tenth of April on late enough.
        window("09", "daily_ad", "03-31T16:00", "04-20T02:30", account=SINGAPOREAN),
        window("20", "daily_ad", "04-09T16:00", "05-20T02:30", account=SINGAPOREAN),
        window("20", "daily_ad", "04-09T17:00", "05-20T02:30", "gap", account=VIETNAMESE),
        window("20", "campaigns", "05-20T02:30", "05-20T02:30", account=VIETNAMESE),
    ],
}
