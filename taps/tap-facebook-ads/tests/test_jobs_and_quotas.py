"""Reports under every trouble that Meta makes, and allowances that are never used up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_facebook_ads.streams import REPORTS
from tap_toolkit.testing import Run, repeated

Config = dict[str, Any]
Figures = Callable[..., dict[tuple[str, ...], Any]]
Reader = Callable[..., Run]
Settings = Callable[..., Config]
SMALL: dict[str, Any] = {"orders_per_day": 30, "days": 12, "as_of": "2026-10-20T17:00:00Z", "products": 12, "shops": 1}


def daily_ads(run: Run) -> list[dict[str, Any]]:
    return sorted(run.records("daily_ad"), key=lambda r: (r["account_id"], r["date_start"], r["ad_id"]))


def windows(run: Run, stream: str) -> list[dict[str, Any]]:
    return [w for w in run.records("sync_windows") if w["stream"] == stream]


@pytest.mark.parametrize(
    "trouble",
    [
        {"outcome": "failed"},
        {"outcome": "failed", "code": 2, "subcode": 1504043, "message": "Something passing"},
        {"outcome": "failed", "code": -2, "subcode": 2490547},
        {"outcome": "skipped"},
        {"outcome": "lingering", "ms": 1500},
        {"outcome": "unreadable"},
    ],
    ids=lambda trouble: "-".join(map(str, trouble.values())),
)
def test_a_report_that_comes_to_nothing_is_sent_again(
    only: Reader, full: Run, sandbox: Sandbox, trouble: dict[str, Any]
) -> None:
    sandbox.faults({"kind": "job", "match": {"path": "insights"}, "times": 3, **trouble})
    done = only("daily_ad")
    assert done.exit_code == 0, done.log
    assert daily_ads(done) == daily_ads(full)
    assert sandbox.stats()["faults"]["job"] >= 3


def test_a_report_that_never_begins_is_sent_again(only: Reader, full: Run, sandbox: Sandbox) -> None:
    sandbox.faults({"kind": "job", "match": {"path": "insights"}, "outcome": "stalled"})
    done = only("daily_ad", report_minutes=1)
    assert done.exit_code == 0, done.log
    assert daily_ads(done) == daily_ads(full)
    assert max(w["requests"] for w in windows(done, "daily_ad")) > 10


@pytest.mark.parametrize("cells", [3000, 300, 60])
def test_a_report_that_is_too_large_is_split_by_days_objects_and_fields(
    cells: int, reading: Reader, settings: Settings, figures: Figures, books: Figures
) -> None:
    """A row of this report has more than sixty fields, and a synchronous call bears a tenth of what a job does."""
    wanted = ["spend", "impressions", "clicks", "actions", "action_values"]
    many = [
        *wanted,
        *[name for name in REPORTS.fields if name.startswith(("unique_", "cost_per_", "video_", "estimated_"))],
    ]
    with running_sandbox(**SMALL, job_ms=5, job_ms_max=15, insights_cells=cells) as sandbox:
        asked = settings(
            sandbox,
            start_date="2026-10-18T17:00:00Z",
            reports=["daily_campaign"],
            custom_reports=[{"name": "by_ad", "level": "ad", "fields": many}],
        )
        done = reading(asked, "by_ad", "daily_campaign")
        assert done.exit_code == 0, done.log
        for stream, level in (("by_ad", "ad_id"), ("daily_campaign", "campaign_id")):
            found = figures(done.records(stream), "account_id", level, "date_start")
            truth = books(sandbox, "account_id", level, "date")
            assert found == {key: value for key, value in truth.items() if key[2] >= "2026-10-19"}
            assert repeated(done.records(stream), ("account_id", level, "date_start")) == []
        assert all(r["campaign_name"] and r["ad_name"] for r in done.records("by_ad"))


def test_a_piece_that_cannot_be_split_is_a_gap_and_stops_nothing(
    reading: Reader, settings: Settings, figures: Figures, books: Figures
) -> None:
    with running_sandbox(**{**SMALL, "shops": 2}, job_ms=5, job_ms_max=15) as sandbox:
        first, second = sandbox.ad_account_ids
        sandbox.faults(
            {"kind": "job", "outcome": "failed", "code": 100, "subcode": 1487534, "times": None,
             "match": {"path": "insights", "account": first}}
        )  # fmt: skip
        asked = settings(sandbox, start_date="2026-10-18T17:00:00Z")
        done = reading(asked, "daily_ad", "daily_account")
        assert done.exit_code == 1
        assert "It cannot be asked for in smaller pieces" in done.last_line
        assert "(and " in done.last_line
        found = figures(done.records("daily_ad"), "account_id", "date_start")
        truth = books(sandbox, "account_id", "date")
        assert found == {k: v for k, v in truth.items() if k[0] == second and k[1] >= "2026-10-19"}
        assert {w["account_id"]: w["status"] for w in windows(done, "daily_ad")} == {first: "gap", second: "done"}
        assert {w["status"] for w in windows(done, "daily_account")} == {"done"}
        assert first not in done.state["bookmarks"]["daily_ad"]["accounts"]
        sandbox.clear_faults()
        again = reading(asked, "daily_ad", state=done.state)
        assert again.exit_code == 0, again.log
        filled = figures(
            [*done.records("daily_ad"), *again.records("daily_ad")][-len(again.records("daily_ad")) :],
            "account_id",
            "date_start",
        )
        assert filled == {k: v for k, v in truth.items() if k[1] >= "2026-10-19"}


def test_allowances_are_steered_by_and_never_used_up(reading: Reader, settings: Settings) -> None:
    """Twice as many calls as the allowance holds at once; the sandbox counts refusals."""
    with running_sandbox(
        **SMALL, job_ms=5, job_ms_max=15, insights_quota=80, score_quota=4000, usage_seconds=8
    ) as sandbox:
        done = reading(settings(sandbox, start_date="2025-06-20T00:00:00Z"), "daily_ad")
        assert done.exit_code == 0, done.log
        stats = sandbox.stats()
        assert stats["limit_violations"] == 0
        (peak,) = stats["usage_peak"].values()
        assert 75 <= peak < 100
        assert sum(w["requests"] for w in windows(done, "daily_ad")) > 160
        assert sum(w["seconds_throttled"] for w in windows(done, "daily_ad")) > 0


def test_at_90_per_cent_an_account_waits_and_others_go_on(reading: Reader, settings: Settings) -> None:
    with running_sandbox(**{**SMALL, "shops": 2}, job_ms=5, job_ms_max=15, usage_seconds=8) as sandbox:
        first, second = sandbox.ad_account_ids
        sandbox.set_usage(first, 93)

        def relieve() -> None:
            while sandbox.stats()["usage_peak"].get(first, 0) < 90:
                time.sleep(0.1)
            time.sleep(1)
            sandbox.set_usage(first, 0)

        threading.Thread(target=relieve).start()
        # One call at a time, so that the first answer is there before the second call.
        done = reading(settings(sandbox, concurrency=1), "campaigns", "ads")
        assert done.exit_code == 0, done.log
        waited = {w["account_id"]: w["seconds_throttled"] for w in windows(done, "campaigns")}
        assert 2 < waited[first] < 30
        assert waited[second] == 0
        assert sandbox.stats()["limit_violations"] == 0


@pytest.mark.parametrize("code", [17, 80000, 613])
def test_a_refusal_for_rate_is_waited_out(only: Reader, sandbox: Sandbox, full: Run, code: int) -> None:
    sandbox.faults({"kind": "error", "code": code, "match": {"path": "insights"}, "times": 2})
    done = only("daily_account")
    assert done.exit_code == 0, done.log
    assert len(done.records("daily_account")) == len(full.records("daily_account"))
    assert sum(w["retries"] for w in windows(done, "daily_account")) == 2
