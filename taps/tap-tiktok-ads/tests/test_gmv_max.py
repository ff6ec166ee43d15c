"""How GMV Max is asked: at once what does not hang on one another, a few objects at a time, and in order."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tap_tiktok_ads import gmv_max
from tap_tiktok_ads.streams import REPORTS
from tap_toolkit.errors import SkipWindow, Split, TapError
from tap_toolkit.fetch import Arrived, Fetcher, Finished
from tap_toolkit.http import Call, Meter
from tap_toolkit.report_source import Piece
from tap_toolkit.sources import Batch, Scope

Asked = tuple[str, ...]


class Advertiser:
    """Two shops with ``campaigns`` each, of two products with two creatives each, on one day.

    ``together``: by dimensions asked for, how many such calls must be under way before one is answered.
    """

    refusal_fields = ()

    def __init__(
        self,
        campaigns: int = 3,
        together: dict[Asked, int] | None = None,
        trouble: Callable[[Asked, Any], TapError | None] = lambda dimensions, filters: None,
    ) -> None:
        self.campaigns, self._trouble = campaigns, trouble
        self._together = {asked: threading.Barrier(number) for asked, number in (together or {}).items()}
        self.asked: list[tuple[Asked, Any]] = []

    def call(self, call: Call, meter: Meter | None = None) -> Any:
        if call.path == "gmv_max/store/list/":
            return {"store_list": [{"store_id": "A"}, {"store_id": "B"}]}
        params = {name: json.loads(value) for name, value in call.params if value[:1] in "[{"}
        dimensions, filters = tuple(params["dimensions"]), params["filtering"]
        self.asked.append((dimensions, filters))
        if error := self._trouble(dimensions, filters):
            raise error
        if dimensions in self._together:
            self._together[dimensions].wait(20)
        rows = [*self._rows(*params["store_ids"], dimensions, filters)]
        info = {"page": 1, "total_page": 1, "total_number": len(rows)}
        return {"list": rows, "page_info": info}

    def _rows(self, store: str, dimensions: Asked, filters: Any) -> Iterator[dict[str, Any]]:
        if filters.get("gmv_max_promotion_types") == ["LIVE"]:
            return
        campaigns = filters.get("campaign_ids") or [f"{store}{number:03}" for number in range(self.campaigns)]
        seen = set()
        for campaign in campaigns:
            for product in (f"{campaign}{letter}" for letter in "xy"):
                if product not in filters.get("item_group_ids", [product]):
                    continue
                for creative in (f"{product}{number}" for number in range(2)):
                    ids = {"campaign_id": campaign, "item_group_id": product, "item_id": creative}
                    told = {**ids, "stat_time_day": "2026-10-01 00:00:00"}
                    of = {name: told[name] for name in dimensions}
                    if str(of) not in seen:
                        seen.add(str(of))
                        name = of[dimensions[-1]]
                        metrics = {"title": name, "product_name": name} if len(dimensions) == 1 else {"cost": "1"}
                        yield {"dimensions": of, "metrics": metrics}


class OnePiece:
    """The source of a report, without its windows."""

    def __init__(self, shape: str) -> None:
        ((report,), _) = REPORTS.read({"reports": [shape]})
        self.source = gmv_max.GmvMax(report, patience=0)
        self.piece = Piece(date(2026, 10, 1), date(2026, 10, 1), report.columns, "advertiser")

    def read(self, scope: Scope) -> Iterator[Batch]:
        for rows in self.source.fetch(scope, self.piece, ""):
            yield Batch(len(rows), rows)


def read(advertiser: Advertiser, report: str) -> tuple[list[dict[str, Any]], TapError | None]:
    fetcher = Fetcher(advertiser, 16)  # type: ignore[arg-type]
    rows: list[dict[str, Any]] = []
    error = None
    for event in fetcher.read(OnePiece(report), {"1": [None]}, pad=timedelta(0)).events():
        if isinstance(event, Arrived):
            rows += event.rows
        elif isinstance(event, Finished):
            error = event.error
    fetcher.close()
    return rows, error


@pytest.mark.parametrize(
    ("report", "together", "own"),
    [
        ("gmv_max_daily_campaign", {("campaign_id", "stat_time_day"): 4}, "campaign_id"),
        ("gmv_max_daily_product", {("campaign_id",): 2, ("item_group_id",): 3}, "item_group_id"),
        (
            "gmv_max_daily_creative",
            {("campaign_id",): 2, ("campaign_id", "item_group_id"): 2, ("item_id",): 6},
            "item_id",
        ),
    ],
)
def test_shops_kinds_and_names_are_asked_at_once_and_rows_come_in_order(
    report: str, together: dict[Asked, int], own: str
) -> None:
    rows, error = read(Advertiser(together=together), report)
    assert error is None
    found = [(row["store_id"], row[own]) for row in rows]
    assert found == sorted(found)
    assert len(found) == {"campaign_id": 6, "item_group_id": 12, "item_id": 24}[own]
    if own == "campaign_id":
        assert {row["promotion_type"] for row in rows} == {"PRODUCT"}
    else:
        assert all(row["title" if own == "item_id" else "product_name"] == row[own] for row in rows)


def test_a_hundred_objects_are_asked_for_at_a_time() -> None:
    advertiser = Advertiser(campaigns=120)
    rows, error = read(advertiser, "gmv_max_daily_creative")
    assert (len(rows), error) == (2 * 120 * 2 * 2, None)
    products = [filters for dimensions, filters in advertiser.asked if dimensions == ("campaign_id", "item_group_id")]
    assert sorted(len(filters["campaign_ids"]) for filters in products) == [20, 20, 100, 100]
    figures = [filters for dimensions, filters in advertiser.asked if len(dimensions) == 4]
    assert sorted(len(filters["item_group_ids"]) for filters in figures) == [40, 40, 100, 100, 100, 100]


@pytest.mark.parametrize("error", [Split("too much"), SkipWindow("in part")], ids=lambda it: type(it).__name__)
def test_a_name_that_cannot_be_had_is_raised_for_the_report_to_be_cut(error: TapError) -> None:
    """Never a row with a name that was not told."""
    fails = Advertiser(trouble=lambda dimensions, filters: error if filters.get("campaign_ids") == ["B001"] else None)
    rows, ended = read(fails, "gmv_max_daily_product")
    assert {row["store_id"] for row in rows} == {"A"}
    assert ended is error
