"""What the tap reads, against the books of the invented business."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_facebook_ads.streams import REPORTS, STREAMS
from tap_toolkit.testing import Run, repeated, run_tap

Config = dict[str, Any]
Figures = Callable[..., dict[tuple[str, ...], Any]]
Reader = Callable[..., Run]
LEVELS = {"daily_campaign": "campaign_id", "daily_adset": "adset_id", "daily_ad": "ad_id"}


def test_every_level_of_every_day_is_what_the_books_say(
    full: Run, sandbox: Sandbox, figures: Figures, books: Figures
) -> None:
    assert full.exit_code == 0, full.log
    assert figures(full.records("daily_account"), "account_id", "date_start") == books(sandbox, "account_id", "date")
    for stream, level in LEVELS.items():
        found = figures(full.records(stream), "account_id", level, "date_start")
        assert found == books(sandbox, "account_id", level, "date"), stream
        assert len(found) > 200


def test_every_object_is_read_also_what_is_deleted_or_archived(full: Run, sandbox: Sandbox) -> None:
    campaigns = {(c["account_id"], c["id"]): c for c in full.records("campaigns")}
    truth = {(row["account_id"], row["campaign_id"]): row for row in sandbox.truth("campaigns")}
    assert set(campaigns) == set(truth)
    for key, row in truth.items():
        assert campaigns[key]["name"] == row["name"]
        assert campaigns[key]["effective_status"] == row["status"]
    assert {"ACTIVE", "ARCHIVED", "DELETED"} <= {c["effective_status"] for c in campaigns.values()}
    accounts = {row["account_id"]: row for row in sandbox.truth("ad_accounts")}
    for account in full.records("ad_accounts"):
        expected = accounts.pop(account["account_id"])
        assert (account["currency"], account["timezone_name"]) == (expected["currency"], expected["time_zone"])
    assert not accounts
    adsets = {a["id"] for a in full.records("adsets")}
    creatives = {c["id"] for c in full.records("adcreatives")}
    for ad in full.records("ads"):
        assert ad["adset_id"] in adsets
        assert (ad["account_id"], ad["campaign_id"]) in campaigns
        assert ad["creative"]["id"] in creatives or ad["effective_status"] in ("DELETED", "ARCHIVED")


def test_keys_are_total_and_the_ledger_accounts_for_every_record(full: Run) -> None:
    windows = full.records("sync_windows")
    counted = Counter[str]()
    for window in windows:
        counted[window["stream"]] += window["rows"]
        assert window["status"] == "done"
    keys = {stream.name: stream.keys for stream in STREAMS}
    keys |= {
        name: ("account_id", *({"daily_account": ()}.get(name, (LEVELS.get(name),))), "date_start")
        for name in REPORTS.data["default"]
    }
    for stream, names in keys.items():
        records = full.records(stream)
        assert records, stream
        assert counted[stream] == len(records)
        assert repeated(records, names) == []
    assert full.records("rejected_records") == []


def test_money_and_counts_are_exact_and_times_are_utc(full: Run) -> None:
    schemas = {m["stream"]: m["schema"]["properties"] for m in full.messages if m["type"] == "SCHEMA"}
    assert schemas["daily_ad"]["spend"] == {
        "type": ["number", "null"],
        "x-sql-datatype": "decimal",
        "description": "Major units of account_currency.",
    }
    assert set(schemas["daily_ad"]["impressions"]["type"]) == {"integer", "null"}
    for campaign in full.records("campaigns"):
        assert campaign["created_time"].endswith("Z")
        assert isinstance(campaign.get("daily_budget", 0), int)
    assert all(row["date_start"] == row["date_stop"] for row in full.records("daily_ad"))


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_days_are_the_accounts_whatever_the_machines_time_zone(only: Reader, full: Run, zone: str) -> None:
    done = only("daily_account", env={"TZ": zone})
    assert sorted(map(str, done.records("daily_account"))) == sorted(map(str, full.records("daily_account")))
    assert done.state["bookmarks"]["daily_account"] == full.state["bookmarks"]["daily_account"]


def test_one_worker_and_sixteen_read_the_same(only: Reader) -> None:
    def by_account(run: Run, stream: str) -> dict[str, list[Any]]:
        groups: dict[str, list[Any]] = {}
        for record in run.records(stream):
            groups.setdefault(record["account_id"], []).append(record)
        return groups

    one, many = only("ads", "daily_ad", concurrency=1), only("ads", "daily_ad", concurrency=16)
    for stream in ("ads", "daily_ad"):
        assert by_account(one, stream) == by_account(many, stream)
    assert one.state == many.state


def test_the_last_28_days_are_read_again_and_figures_that_arrived_late_are_in(
    tmp_path: Any, reading: Reader, settings: Callable[..., Config], figures: Figures, books: Figures
) -> None:
    """Loaded by key, the second reading leaves what the books say at the second moment."""
    first, second = "2026-10-05T05:30:00Z", "2026-10-20T17:00:00Z"
    with running_sandbox(orders_per_day=60, days=40, as_of=first, products=12, job_ms=10, job_ms_max=40) as sandbox:
        table: dict[tuple[str, ...], Any] = {}
        state: Any = None
        before = books(sandbox, "account_id", "ad_id", "date")
        for moment in (first, second):
            sandbox.set_clock(moment)
            end = datetime.datetime.fromisoformat(moment) + datetime.timedelta(seconds=1)
            asked = settings(sandbox, start_date="2026-08-20T00:00:00Z", end_date=end.isoformat())
            done = reading(asked, "daily_ad", state=state)
            assert done.exit_code == 0, done.log
            state = done.state
            table |= {(r["account_id"], r["ad_id"], r["date_start"]): r for r in done.records("daily_ad")}
            found = figures(table.values(), "account_id", "ad_id", "date_start")
            assert found == books(sandbox, "account_id", "ad_id", "date")
        assert {key: found[key] for key in before} != before
        dates = {r["date_start"] for r in done.records("daily_ad")}
        assert (min(dates), max(dates)) == ("2026-09-07", "2026-10-21")


def test_a_dead_account_is_skipped_and_recorded_and_the_others_are_read(
    reading: Reader, config: Config, sandbox: Sandbox
) -> None:
    accounts = ["act_999", *sandbox.ad_account_ids]
    done = reading({**config, "account_ids": accounts}, "campaigns", "daily_account")
    assert done.exit_code == 1
    assert "ad account 999 was skipped" in done.last_line
    assert "Check account_ids" in done.last_line
    assert {r["account_id"] for r in done.records("daily_account")} == set(sandbox.ad_account_ids)
    skipped = [w for w in done.records("sync_windows") if w["status"] == "skipped"]
    assert {(w["stream"], w["account_id"]) for w in skipped} == {("campaigns", "999"), ("daily_account", "999")}
    assert "999" not in str(done.state)


def test_what_meta_no_longer_keeps_is_not_asked_for_and_the_log_says_so(only: Reader) -> None:
    done = only("daily_account", start_date="2015-01-01T00:00:00Z")
    assert done.exit_code == 0, done.log
    assert "daily_account: the platform keeps 1122 days: nothing before" in done.log
    asked = min(w["window_start"] for w in done.records("sync_windows") if w["stream"] == "daily_account")
    years = (datetime.datetime.now(datetime.UTC) - datetime.datetime.fromisoformat(asked)).days
    assert years in (1121, 1122)  # whole days only


def test_months_that_meta_no_longer_keeps_whole_are_not_asked_for(
    reading: Callable[..., Run], settings: Callable[..., Config]
) -> None:
    with running_sandbox(orders_per_day=2, days=30, products=6, job_ms=1) as now:
        chosen = settings(now, start_date="2015-01-01T00:00:00Z", reports=["performance_campaign"])
        del chosen["end_date"]
        done = reading(chosen, "performance_campaign")
    assert done.exit_code == 0, done.log
    months = Counter(w["account_id"] for w in done.records("sync_windows") if w["stream"] == "performance_campaign")
    assert set(months.values()) <= {36, 37}


def test_objects_are_read_again_only_when_they_changed(only: Reader, full: Run) -> None:
    again = only("campaigns", "adsets", "ads", state=full.state)
    assert again.exit_code == 0, again.log
    assert len(again.records("ads")) < len(full.records("ads")) / 2


def test_light_reports_cost_a_call_a_window_and_heavy_ones_a_job(full: Run) -> None:
    calls = {(w["stream"], w["requests"]) for w in full.records("sync_windows")}
    assert {requests for stream, requests in calls if stream in ("daily_account", "daily_campaign")} == {1}
    assert min(requests for stream, requests in calls if stream == "daily_ad") == 3


def test_records_unknown_to_the_schema_keep_their_fields(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"kind": "unknown_field", "match": {"path": "insights"}, "field": "brand_new", "value": "7"})
    done = only("daily_account")
    assert [r["extra_fields"] for r in done.records("daily_account") if r.get("extra_fields")] == [{"brand_new": "7"}]


def test_a_value_that_is_no_number_is_rejected_with_its_reason(only: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"kind": "bad_record", "match": {"path": "insights"}, "field": "spend", "value": "much"})
    done = only("daily_account")
    (rejected,) = done.records("rejected_records")
    assert rejected["reason"] == "spend is not a number"
    assert rejected["record"]["spend"] == "much"


def test_a_stream_class_is_a_short_table_of_facts() -> None:
    import inspect

    for stream in STREAMS:
        source = inspect.getsource(stream)
        assert len(source.splitlines()) <= 24, stream.name


def test_the_secrets_are_in_no_message_and_no_log(full: Run, sandbox: Sandbox, config: Config) -> None:
    debug = run_tap("tap-facebook-ads", config, env={"TAP_FACEBOOK_ADS_LOGLEVEL": "DEBUG"})
    for secret in (sandbox.facebook_token, sandbox.facebook_app_secret):
        assert secret not in full.stdout + full.log
        assert secret not in debug.stdout + debug.log
