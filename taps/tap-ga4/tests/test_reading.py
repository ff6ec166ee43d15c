"""What is read against the truth of the business."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_ga4.reports import DATA, column
from tap_toolkit.testing import Run, repeated

PROPERTIES = {"370000001": ("THB", "Asia/Bangkok"), "370000002": ("THB", "Asia/Bangkok"),
              "370000003": ("SGD", "Asia/Singapore")}  # fmt: skip
FIRST = "370000001"
Figures = dict[tuple[str, ...], list[Decimal]]


def test_sessions_users_and_purchases_are_the_truths(
    full: Run, sandbox: Sandbox, by_origin: Callable[..., Figures], books: Callable[..., Figures]
) -> None:
    assert full.exit_code == 0, full.log
    assert by_origin(full.records("origins")) == books(sandbox)


@pytest.mark.parametrize("report", DATA["reports"])
def test_every_ready_made_report_has_rows_with_total_keys(full: Run, report: str) -> None:
    rows, ready = full.records(report), DATA["reports"][report]
    keys = ("property_id", "date", *map(column, ready["dimensions"]))
    (schema,) = [m for m in full.messages if m["type"] == "SCHEMA" and m["stream"] == report]
    assert tuple(schema["key_properties"]) == keys
    assert repeated(rows, keys) == []
    assert {row["property_id"] for row in rows} == {*PROPERTIES}
    assert {(row["currency_code"], row["time_zone"]) for row in rows if row["property_id"] == FIRST} == {
        PROPERTIES[FIRST]
    }
    assert all(row[column(name)] is not None for row in rows for name in ready["metrics"])
    assert not any(row["data_loss_from_other_row"] or row["samples_read_count"] for row in rows)


@pytest.mark.parametrize(
    "report", ["daily_traffic", "daily_campaigns", "daily_landing_pages", "daily_devices", "daily_countries"]
)
def test_reports_agree_with_each_other_in_what_adds_up(full: Run, report: str) -> None:
    def sums(stream: str) -> dict[Any, list[Decimal]]:
        found: defaultdict[Any, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
        for row in full.records(stream):
            parts = [Decimal(row[n]) for n in ("sessions", "ecommerce_purchases", "purchase_revenue")]
            at = row["property_id"], row["date"]
            found[at] = [whole + part for whole, part in zip(found[at], parts, strict=True)]
        return found

    assert sums(report) == sums("daily_totals")


def test_properties_have_their_currency_and_time_zone(full: Run) -> None:
    found = {row["property_id"]: (row["currency_code"], row["time_zone"]) for row in full.records("properties")}
    assert found == PROPERTIES


def test_items_bring_what_was_paid_for_them(full: Run) -> None:
    rows = full.records("daily_items")
    assert all(row["items_viewed"] >= row["items_added_to_cart"] >= row["items_purchased"] for row in rows)
    assert all(Decimal(row["item_revenue"]) > 0 for row in rows if row["items_purchased"])


def test_a_listing_of_many_pages_is_read_whole(
    only: Callable[..., Run], sandbox: Sandbox, full: Run, by_origin: Callable[..., Figures]
) -> None:
    sandbox.set_limits(FIRST, page=4)
    paged = only()
    assert paged.exit_code == 0, paged.log
    whole = {key: row for key, row in by_origin(full.records("origins")).items() if key[0] == FIRST}
    assert by_origin(paged.records("origins")) == whole
    assert len(paged.records("origins")) == len(whole)


def test_a_sample_is_asked_for_again_in_smaller_pieces_until_it_is_none(
    only: Callable[..., Run], sandbox: Sandbox, full: Run, by_origin: Callable[..., Figures]
) -> None:
    sandbox.set_limits(FIRST, read=10, space=100, days=2)
    run = only()
    whole = {key: row for key, row in by_origin(full.records("origins")).items() if key[0] == FIRST}
    assert by_origin(run.records("origins")) == whole
    assert {row["samples_read_count"] for row in run.records("origins")} == {None}


def test_what_stays_a_sample_says_of_how_much(only: Callable[..., Run], sandbox: Sandbox) -> None:
    sandbox.set_limits(FIRST, read=10, space=100)
    run = only()
    assert run.exit_code == 0, run.log
    found = {(row["samples_read_count"], row["sampling_space_size"]) for row in run.records("origins")}
    assert found == {(10, 100)}


def test_days_with_rows_put_together_say_so_and_have_the_row(
    only: Callable[..., Run], sandbox: Sandbox, full: Run
) -> None:
    sandbox.set_limits(FIRST, rows=3)
    rows = only().records("origins")
    assert {row["data_loss_from_other_row"] for row in rows} == {True}
    other = [row for row in rows if row["session_source"] == "(other)"]
    assert len(other) == len({row["date"] for row in rows})
    whole = [row for row in full.records("origins") if row["property_id"] == FIRST]
    assert sum(row["sessions"] for row in rows) == sum(row["sessions"] for row in whole)


def test_reports_of_persons_say_that_rows_are_withheld(only: Callable[..., Run]) -> None:
    by_gender = {"name": "by_gender", "dimensions": ["date", "userGender"], "metrics": ["sessions", "totalUsers"]}
    rows = only("by_gender", custom_reports=[by_gender]).records("by_gender")
    assert {row["subject_to_thresholding"] for row in rows} == {True}
    assert {row["user_gender"] for row in rows} == {"female", "male", "unknown"}


def test_names_with_a_colon_are_columns(only: Callable[..., Run]) -> None:
    report = {"name": "keyed", "dimensions": [], "metrics": ["keyEvents:purchase", "sessionKeyEventRate:purchase"]}
    for row in only("keyed", custom_reports=[report]).records("keyed"):
        assert 0 < row["session_key_event_rate_purchase"] < 1 <= row["key_events_purchase"]


def test_nothing_of_a_person_or_a_secret_is_written(full: Run, sandbox: Sandbox) -> None:
    secrets = [secret for kind in sandbox.secrets()["google"].values() for secret in kind]
    assert len(secrets) > 2
    for text in (full.stdout, full.log):
        assert not [secret for secret in secrets if secret in text]
        assert "PII-" not in text
