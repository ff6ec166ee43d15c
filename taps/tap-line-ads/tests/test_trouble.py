"""Trouble: what is sent again, what is asked for anew, and what is left to the next run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_toolkit.testing import Run

FIRST, SECOND = "A49799313413", "A49799313414"
Config = dict[str, Any]


def test_passing_trouble_costs_nothing_but_time(
    reading: Callable[..., Run], config: Config, sandbox: Sandbox, full: Run
) -> None:
    for faults in (
        [{"path": "pfreports$", "kind": "error", "code": "HTTP 500"}, {"path": "download", "kind": "truncate"}],
        [{"path": "pfreports$", "kind": "rate_limit"}, {"path": "download", "kind": "truncate", "honest_length": True}],
        [{"path": "pfreports$", "kind": "reset"}, {"path": "download", "kind": "http_status", "status": 200}],
    ):
        sandbox.faults(*({"match": {"path": it.pop("path"), "account": FIRST}, **it} for it in faults))
        run = reading({**config, "account_ids": [FIRST]}, "daily_campaign")
        assert run.exit_code == 0, run.log
        assert run.records("daily_campaign") == [
            row for row in full.records("daily_campaign") if row["account_id"] == FIRST
        ]
        assert [fault["times"] for fault in sandbox.clear_faults()] == [0, 0]


def test_a_report_that_failed_is_asked_for_again(
    reading: Callable[..., Run], config: Config, sandbox: Sandbox, full: Run
) -> None:
    sandbox.faults({"match": {"path": "pfreports"}, "kind": "job", "outcome": "failed"})
    run = reading({**config, "account_ids": [FIRST]}, "daily_ad")
    assert run.exit_code == 0, run.log
    assert run.records("daily_ad") == [row for row in full.records("daily_ad") if row["account_id"] == FIRST]


def test_one_that_fails_always_is_cut_up_and_then_a_gap(
    reading: Callable[..., Run], config: Config, sandbox: Sandbox
) -> None:
    sandbox.faults({"match": {"path": "pfreports"}, "kind": "job", "outcome": "failed", "times": None})
    two_days = {"start_date": "2026-10-17T17:00:00Z", "end_date": "2026-10-19T17:00:00Z"}
    run = reading({**config, **two_days, "account_ids": [FIRST]}, "daily_ad")
    assert run.exit_code == 1
    assert "cannot be asked for in smaller pieces" in run.last_line
    assert {row["status"] for row in run.records("sync_windows")} == {"gap"}
    sandbox.clear_faults()
    again = reading({**config, **two_days, "account_ids": [FIRST]}, "daily_ad", state=run.state)
    assert {row["date"] for row in again.records("daily_ad")} == {"2026-10-18", "2026-10-19"}


def test_an_account_that_is_not_linked_leaves_the_others(
    settings: Callable[..., Config], reading: Callable[..., Run]
) -> None:
    with running_sandbox(
        orders_per_day=20, days=5, as_of="2026-10-20T17:00:00Z", products=12, channels="line_shop", ads="line_ads",
        job_ms=10,
    ) as own:  # fmt: skip
        own.revoke(account=FIRST)
        run = reading(settings(own), "campaigns", "daily_ad_account")
    assert run.exit_code == 1
    assert "Check group_id and account_ids." in run.last_line
    assert {row["account_id"] for row in run.records("daily_ad_account")} == {SECOND}


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("secret_key", "wrong-secret", "Check access_key and secret_key"),
        ("access_key", "WRONG", "Check access_key and secret_key"),
        ("group_id", "G1", "Check group_id and account_ids."),
    ],
)
def test_wrong_credentials_are_told_in_a_sentence(
    reading: Callable[..., Run], config: Config, setting: str, value: str, says: str
) -> None:
    run = reading({**config, setting: value}, "daily_ad_account")
    assert run.exit_code == 1
    assert says in run.last_line
    assert "Traceback" not in run.log
    assert "wrong-secret" not in run.log
    assert not run.records("daily_ad_account")


def test_within_lines_limit_nothing_is_refused(settings: Callable[..., Config], reading: Callable[..., Run]) -> None:
    with running_sandbox(
        orders_per_day=20, days=5, as_of="2026-10-20T17:00:00Z", products=12, channels="line_shop", ads="line_ads",
        job_ms=10, shop_rps=2,
    ) as own:  # fmt: skip
        run = reading(settings(own, requests_per_second=2, account_ids=[FIRST]), "daily_ad_account")
        assert run.exit_code == 0, run.log
        assert own.stats()["limit_violations"] == 0
