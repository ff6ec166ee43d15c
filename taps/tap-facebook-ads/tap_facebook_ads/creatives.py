"""Reports with creatives, which Meta's insights do not know: each ad's creative is asked for beside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal

from tap_facebook_ads.insights import PAGES, Insights, condition, whatever_status
from tap_toolkit.answers import Row, Rows
from tap_toolkit.report_source import Piece, grouped, ratio
from tap_toolkit.sources import Batch, Listing, Scope

FIELDS = "id,name,title,body,image_url,thumbnail_url,video_id,object_type,call_to_action_type,effective_object_story_id"
# Ads whose creatives are asked for in one call: creatives are heavy.
_AT_ONCE = 100


class InsightsWithCreatives(Insights):
    """Each row with its ad's creative, as it is now."""

    def fetch(self, scope: Scope, piece: Piece, job: str) -> Iterator[Rows]:
        """The rows, each with ``creative`` and its id."""
        creatives: dict[str, Row | None] = {}
        for page in super().fetch(scope, piece, job):
            new = sorted({str(row["ad_id"]) for row in page} - creatives.keys())
            creatives |= {**dict.fromkeys(new), **dict(_creatives(scope, new))}
            for row in page:
                row["creative"] = creatives[str(row["ad_id"])]
                row["creative_id"] = (row["creative"] or {}).get("id")
            yield page


class InsightsByCreative(InsightsWithCreatives):
    """One row for each creative: sums over its ads, and ratios of the sums; what counts people cannot be added."""

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The window's rows, grouped. Ads that have no creative any more are together under ``unknown``."""
        rows = [row for batch in super().read(scope) for row in batch.taken()]
        groups = grouped(rows, lambda row: row["creative_id"] or "unknown", self.report.table)
        yield Batch(len(groups), [_of_creative(name, sums, ads) for name, (sums, ads) in groups.items()])


def _creatives(scope: Scope, ads: Sequence[str]) -> Iterator[tuple[str, Row]]:
    for start in range(0, len(ads), _AT_ONCE):
        conditions = [whatever_status("ad"), condition("id", "IN", ads[start : start + _AT_ONCE])]
        params = [("fields", f"id,creative{{{FIELDS}}}"), ("filtering", json.dumps(conditions))]
        for page in Listing(f"act_{scope.account}/ads", "data", "id", params=params, paging=PAGES).pages(scope):
            for ad in page:
                yield str(ad["id"]), ad.get("creative") or {}


def _of_creative(name: str, sums: Row, ads: Rows) -> Row:
    spend = Decimal(sums["spend"])
    of_row = ("account_currency", "account_name", "date_start", "date_stop", "creative")
    costs = [{**stat, "value": ratio(spend, Decimal(stat["value"]))} for stat in _types(sums["actions"])]
    returns = [{**stat, "value": ratio(Decimal(stat["value"]), spend)} for stat in _types(sums["action_values"])]
    return {
        **{field: ads[0].get(field) for field in of_row},
        **sums,
        "creative_id": name,
        "cost_per_action_type": costs,
        "purchase_roas": [stat for stat in returns if stat["action_type"] == "omni_purchase"],
    }


def _types(stats: Rows) -> Rows:
    return [{name: stat[name] for name in ("action_type", "value")} for stat in stats]
