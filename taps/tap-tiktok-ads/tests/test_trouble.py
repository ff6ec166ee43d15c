"""What goes wrong on the way: refusals, too much at once, rows that move, figures that are restated, the dead."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_tiktok_ads import gmv_max, reports
from tap_tiktok_ads.streams import REPORTS
from tap_toolkit.errors import Split
from tap_toolkit.report_source import Piece
from tap_toolkit.testing import Run, run_tap

Config = dict[str, Any]
Reader = Callable[..., Run]
Figures = Callable[..., dict[tuple[str, ...], Any]]
INTEGRATED = {"path": "report/integrated/get/"}
OURS = ("spend", "impressions", "clicks", "complete_payment", "total_complete_payment_rate")
THEIRS = ("spend", "impressions", "clicks", "conversions", "conversion_value")


@pytest.fixture
def own() -> Iterator[Sandbox]:
    """A sandbox that a test may break or let time pass in."""
    with running_sandbox(
        channels="tiktok_shop", ads="tiktok_ads", orders_per_day=60, days=20, as_of="2026-10-20T17:00:00Z",
        products=12, campaigns=8, seed=7, app_rps=0,
    ) as running:  # fmt: skip
        yield running


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "code": 50000, "times": 2},
        {"kind": "error", "code": 50002},
        {"kind": "error", "code": 51010},
        {"kind": "rate_limit"},
        {"kind": "http_status", "status": 504},
        {"kind": "truncate"},
        {"kind": "reset"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('code', '')}",
)
def test_passing_trouble_passes(only: Reader, sandbox: Sandbox, full: Run, fault: dict[str, Any]) -> None:
    sandbox.faults({**fault, "match": INTEGRATED, "after": 1})
    done = only("daily_advertiser")
    assert done.exit_code == 0, done.log
    assert sorted(map(str, done.records("daily_advertiser"))) == sorted(map(str, full.records("daily_advertiser")))
    assert "Retrying in" in done.log


def test_what_takes_too_long_is_asked_for_in_smaller_pieces(
    only: Reader, sandbox: Sandbox, full: Run, figures: Figures
) -> None:
    sandbox.faults({"kind": "error", "code": 51010, "match": INTEGRATED, "times": 3})
    done = only("daily_ad", concurrency=1)
    assert done.exit_code == 0, done.log
    keys = ("ad_id", "date_start")
    assert figures(done.records("daily_ad"), OURS, *keys) == figures(full.records("daily_ad"), OURS, *keys)
    most = max(w["requests"] for w in done.records("sync_windows") if w["stream"] == "daily_ad")
    assert most == 5, "three in vain, and one for each half"


def test_pages_that_cannot_be_trusted_lose_no_row(only: Reader, sandbox: Sandbox, full: Run, figures: Figures) -> None:
    """The second page is the first again, twice: then days are asked for that fit one page."""
    small = {"kind": "page_size", "rows": 100, "match": INTEGRATED, "times": None}
    sandbox.faults(small, {"kind": "replay", "match": INTEGRATED, "times": 4})
    done = only("daily_ad", concurrency=1, advertiser_ids=["7100000000000000001"], start_date="2026-10-10T17:00:00Z")
    assert done.exit_code == 0, done.log
    keys = ("ad_id", "date_start")
    whole = [
        row for row in full.records("daily_ad")
        if row["advertiser_id"] == "7100000000000000001" and row["date_start"] > "2026-10-10"
    ]  # fmt: skip
    assert 100 < len(whole) <= 200, "two pages, until it is cut"
    assert figures(done.records("daily_ad"), OURS, *keys) == figures(whole, OURS, *keys)


def test_a_report_of_twenty_thousand_rows_is_not_believed() -> None:
    class Scope:
        account = "1"
        window = None

        def ask(self, *args: Any, **more: Any) -> Any:
            return {"list": [], "page_info": {"page": 1, "page_size": 1000, "total_number": 20_000, "total_page": 20}}

        def wait_for_room(self) -> None: ...

    piece = Piece(date(2026, 9, 1), date(2026, 9, 30), ("spend",), "advertiser")
    ((report,), _) = REPORTS.read({"reports": ["daily_ad"]})
    source = reports.Integrated(report, patience=0)
    with pytest.raises(Split, match="has 20000 rows, and shows 20000 at most"):
        list(source.fetch(Scope(), piece, ""))  # type: ignore[arg-type]
    many = Piece(date(2026, 9, 1), date(2026, 9, 1), ("spend",), "ad", tuple(map(str, range(101))))
    with pytest.raises(Split, match="100 ids at most"):
        list(source.fetch(Scope(), many, ""))  # type: ignore[arg-type]


def test_days_before_gmv_max_are_not_asked_for() -> None:
    ((report,), _) = REPORTS.read({"reports": ["gmv_max_daily_product"]})
    piece = Piece(date(2024, 8, 1), date(2024, 9, 26), ("cost",), "advertiser")
    assert list(gmv_max.GmvMax(report, patience=0).fetch(None, piece, "")) == []  # type: ignore[arg-type]


def test_late_conversions_and_corrections_arrive_with_the_next_run(
    own: Sandbox, settings: Callable[..., Config], reading: Reader, figures: Figures, books: Figures
) -> None:
    first = reading(settings(own), "daily_ad", "gmv_max_daily_product")
    own.advance(6 * 86400)
    config = settings(own, end_date="2026-10-26T17:00:01Z")
    second = reading(config, "daily_ad", "gmv_max_daily_product", state=first.state)
    assert second.exit_code == 0, second.log
    keys = ("advertiser_id", "ad_id", "date_start")
    before, after = (figures(run.records("daily_ad"), OURS, *keys) for run in (first, second))
    assert any(after[key] != figure for key, figure in before.items() if key in after)
    assert before | after == books(own, THEIRS, "account_id", "ad_id", "date")
    keys = ("campaign_id", "item_group_id", "date_start")
    before, after = (
        figures(run.records("gmv_max_daily_product"), ["cost", "orders"], *keys) for run in (first, second)
    )
    assert before | after == books(own, ["spend", "conversions"], "campaign_id", "adset_id", "date", gmv_max=True)


def test_a_foreign_advertiser_is_skipped_and_recorded_and_the_others_are_read(only: Reader, config: Config) -> None:
    done = only("campaigns", "daily_advertiser", advertiser_ids=["999", *config["advertiser_ids"]])
    assert done.exit_code == 1
    assert "advertiser 999 was skipped" in done.last_line
    assert "Check advertiser_ids" in done.last_line
    assert {row["advertiser_id"] for row in done.records("daily_advertiser")} == set(config["advertiser_ids"])
    assert {w["account_id"] for w in done.records("sync_windows") if w["status"] == "skipped"} == {"999"}
    assert "999" not in str(done.state)


def test_without_the_permission_for_gmv_max_the_rest_is_read(own: Sandbox, settings: Callable[..., Config]) -> None:
    for account in ("7100000000000000001", "7100000000000000002"):
        own.deny(account=account, path="gmv_max")
    done = run_tap("tap-tiktok-ads", settings(own))
    assert done.exit_code == 1
    assert "add it to the app" in done.last_line
    assert done.records("daily_ad")
    assert not done.records("gmv_max_stores")


def test_a_revoked_token_ends_the_run_and_names_the_setting(own: Sandbox, settings: Callable[..., Config]) -> None:
    own.expire_tokens(platform="tiktok_ads")
    done = run_tap("tap-tiktok-ads", settings(own))
    assert done.exit_code == 1
    assert "40105" in done.last_line
    assert "It is the token of the setting access_token." in done.last_line
    assert "Traceback" not in done.log


def test_what_cannot_be_had_is_a_gap_that_the_next_run_fills(only: Reader, sandbox: Sandbox, full: Run) -> None:
    sandbox.faults({"kind": "error", "code": 20001, "match": INTEGRATED, "times": None})
    first = only("daily_advertiser", start_date="2026-10-19T17:00:00Z")
    assert first.exit_code == 1
    assert "TikTok answered in part only." in first.log
    assert not first.records("daily_advertiser")
    sandbox.clear_faults()
    second = only("daily_advertiser", start_date="2026-10-19T17:00:00Z", state=first.state)
    assert second.exit_code == 0, second.log
    expected = [row for row in full.records("daily_advertiser") if row["date_start"] == "2026-10-20"]
    assert sorted(map(str, second.records("daily_advertiser"))) == sorted(map(str, expected))
