"""Reports with creatives, which Meta's insights do not know: each ad's creative is asked for beside."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from tap_facebook_ads.insights import PAGES, Insights, Piece, condition, whatever_status
from tap_toolkit.sources import Batch, Listing, Row, Rows, Scope

FIELDS = "id,name,title,body,image_url,thumbnail_url,video_id,object_type,call_to_action_type,effective_object_story_id"
#: Metrics that may be added; those that count people may not, and ratios are made anew from the sums.
_SUMS = ("impressions", "clicks", "spend", "inline_link_clicks")
_ACTION_SUMS = ("actions", "action_values")
# Ads whose creatives are asked for in one call: creatives are heavy.
_AT_ONCE = 100


class InsightsWithCreatives(Insights):
    """Each row with its ad's creative, as it is now."""

    def fetch(self, scope: Scope, piece: Piece, job: str) -> Rows:
        """The rows, each with ``creative`` and its id."""
        rows = super().fetch(scope, piece, job)
        creatives = dict(_creatives(scope, sorted({str(row["ad_id"]) for row in rows})))
        for row in rows:
            row["creative"] = creatives.get(str(row["ad_id"]))
            row["creative_id"] = (row["creative"] or {}).get("id")
        return rows


class InsightsByCreative(InsightsWithCreatives):
    """One row for each creative: sums over its ads, and ratios of the sums."""

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The window's rows, grouped. Ads that have no creative any more are together under ``unknown``."""
        rows = [row for batch in super().read(scope) if isinstance(batch.rows, list) for row in batch.rows]
        groups: defaultdict[str, Rows] = defaultdict(list)
        for row in rows:
            groups[row["creative_id"] or "unknown"].append(row)
        grouped = [_group(creative_id, groups[creative_id]) for creative_id in sorted(groups)]
        yield Batch(len(grouped), grouped)


def _creatives(scope: Scope, ads: Sequence[str]) -> Iterator[tuple[str, Row]]:
    for start in range(0, len(ads), _AT_ONCE):
        conditions = [whatever_status("ad"), condition("id", "IN", ads[start : start + _AT_ONCE])]
        params = [("fields", f"id,creative{{{FIELDS}}}"), ("filtering", json.dumps(conditions))]
        for page in Listing(f"act_{scope.account}/ads", "data", "id", params=params, paging=PAGES).pages(scope):
            for ad in page:
                yield str(ad["id"]), ad.get("creative") or {}


def _group(creative_id: str, rows: Rows) -> Row:
    first = rows[0]
    sums = {name: sum((Decimal(row[name]) for row in rows if row.get(name)), Decimal(0)) for name in _SUMS}
    actions = {name: _added(row.get(name) or [] for row in rows) for name in _ACTION_SUMS}
    spend, impressions, clicks = sums["spend"], sums["impressions"], sums["clicks"]
    return {
        **{name: first[name] for name in ("account_currency", "account_name", "date_start", "date_stop")},
        **{name: str(value) for name, value in sums.items()},
        **actions,
        "creative_id": creative_id,
        "creative": first["creative"],
        "cpc": _ratio(spend, clicks),
        "cpm": _ratio(spend * 1000, impressions),
        "ctr": _ratio(clicks * 100, impressions),
        "cost_per_action_type": [
            {"action_type": action["action_type"], "value": _ratio(spend, Decimal(action["value"]))}
            for action in actions["actions"]
        ],
        "purchase_roas": [
            {"action_type": value["action_type"], "value": _ratio(Decimal(value["value"]), spend)}
            for value in actions["action_values"]
            if value["action_type"] == "omni_purchase"
        ],
    }


def _added(lists: Iterable[Rows]) -> Rows:
    """Action stats added up by type, each attribution window for itself."""
    sums: dict[str, Row] = {}
    for stats in lists:
        for stat in stats:
            total = sums.setdefault(stat["action_type"], {"action_type": stat["action_type"]})
            for name, value in stat.items():
                if name != "action_type":
                    total[name] = str(Decimal(total.get(name, 0)) + Decimal(value))
    return [sums[name] for name in sorted(sums)]


def _ratio(part: Decimal, whole: Decimal) -> str | None:
    """Six digits, as Meta writes its own; None where there is nothing to divide by."""
    return str((part / whole).quantize(Decimal("0.000001"))) if whole else None
