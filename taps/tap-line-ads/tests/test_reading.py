"""What is read against the truth of the business."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, repeated

ACCOUNTS = {"A49799313413", "A49799313414"}
Figures = dict[tuple[str, ...], list[Decimal]]


@pytest.mark.parametrize(
    ("stream", "keys", "columns"),
    [
        ("daily_ad_account", (), ()),
        ("daily_campaign", ("campaign_id",), ("campaign_id",)),
        ("daily_adgroup", ("adgroup_id",), ("adset_id",)),
        ("daily_ad", ("ad_id",), ("ad_id",)),
    ],
)
def test_each_days_performance_is_the_truths(
    full: Run, sandbox: Sandbox, figures: Callable[..., Figures], books: Callable[..., Figures], stream: str,
    keys: tuple[str, ...], columns: tuple[str, ...],
) -> None:  # fmt: skip
    assert full.exit_code == 0, full.log
    rows = full.records(stream)
    assert figures(rows, "account_id", "date", *keys) == books(sandbox, "account_id", "date", *columns)
    (schema,) = [m for m in full.messages if m["type"] == "SCHEMA" and m["stream"] == stream]
    assert schema["key_properties"] == ["account_id", "date", *keys]
    assert repeated(rows, schema["key_properties"]) == []
    assert {(row["currency"], row["time_zone"]) for row in rows} == {("THB", "Asia/Bangkok")}


def test_a_level_has_the_columns_of_those_above_and_none_of_those_below(full: Run) -> None:
    columns = {
        m["stream"]: {name for name in m["schema"]["properties"] if name.endswith("_id")}
        for m in full.messages
        if m["type"] == "SCHEMA" and m["stream"].startswith("daily_")
    }
    assert columns == {
        "daily_ad_account": {"account_id"},
        "daily_campaign": {"account_id", "campaign_id"},
        "daily_adgroup": {"account_id", "campaign_id", "adgroup_id"},
        "daily_ad": {"account_id", "campaign_id", "adgroup_id", "ad_id"},
    }


def test_campaigns_are_the_truths_with_the_removed(full: Run, sandbox: Sandbox) -> None:
    truth = {
        (row["account_id"], row["campaign_id"]): (row["name"], row["status"], row["objective"])
        for row in sandbox.truth("campaigns")
        if row["platform"] == "line_ads"
    }
    found = {
        (row["account_id"], str(row["id"])): (row["name"], row["configuredStatus"], row["campaignObjective"])
        for row in full.records("campaigns")
    }
    assert found == truth
    assert "REMOVED" in {row["configuredStatus"] for row in full.records("campaigns")}


def test_accounts_are_the_truths(full: Run, sandbox: Sandbox) -> None:
    truth = {
        row["account_id"]: (row["name"], row["currency"], row["time_zone"])
        for row in sandbox.truth("ad_accounts")
        if row["platform"] == "line_ads"
    }
    rows = full.records("ad_accounts")
    assert {row["account_id"]: (row["name"], row["currency"], row["timezone"]) for row in rows} == truth
    assert {*truth} == ACCOUNTS


def test_every_figure_belongs_to_an_ad_that_is_known(full: Run) -> None:
    ads = {(row["account_id"], row["id"]): (row["campaignId"], row["adgroupId"]) for row in full.records("ads")}
    groups = {(row["account_id"], row["id"]): row["campaignId"] for row in full.records("adgroups")}
    for row in full.records("daily_ad"):
        assert ads[row["account_id"], row["ad_id"]] == (row["campaign_id"], row["adgroup_id"])
        assert groups[row["account_id"], row["adgroup_id"]] == row["campaign_id"]


def test_columns_that_nobody_knows_are_kept_as_they_came(full: Run) -> None:
    """Each custom conversion has one; and the scale of rates is not documented."""
    for row in full.records("daily_campaign"):
        assert {*row["extra_fields"]} == {"ctr", "cvr", "roas", "cv_member_sign_up"}


def test_nothing_of_a_person_or_a_secret_is_written(full: Run, sandbox: Sandbox) -> None:
    (secret,) = sandbox.secrets()["line_ads"]["secret_keys"]
    for text in (full.stdout, full.log):
        assert secret not in text
        assert "PII-" not in text
    assert "contactEmail" in full.log, "what was left out is named"


def test_reports_are_chosen_by_name(reading: Callable[..., Run], config: dict[str, Any]) -> None:
    run = reading({**config, "reports": ["daily_ad_account"]}, "daily_ad_account", "daily_ad")
    assert {row["stream"] for row in run.records("sync_windows")} == {"daily_ad_account"}
