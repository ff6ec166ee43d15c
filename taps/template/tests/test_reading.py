"""What the tap reads, what one run leaves to the next, and shops and answers in trouble."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from singer_sdk.exceptions import ConfigValidationError

from tap_sample.tap import TapSample
from tap_toolkit.testing import Run, repeated

Reader = Callable[..., Run]


def test_everything_is_read_once_and_exactly(read: Reader, api: Any) -> None:
    done = read()
    assert done.exit_code == 0, done.log
    orders = done.records("orders")
    assert repeated(orders, ("shop_id", "id")) == []
    expected = {(shop, row["id"]): Decimal(str(row["total"])) for shop, rows in api.orders.items() for row in rows}
    assert {(o["shop_id"], o["id"]): Decimal(o["total"]) for o in orders} == expected


def test_no_persons_data_and_no_key_leaves_the_tap(read: Reader) -> None:
    done = read()
    assert "PII-" not in done.stdout + done.log
    assert "key-of-the" not in done.stdout + done.log


def test_the_next_run_reads_what_is_new(read: Reader, api: Any) -> None:
    first = read(end_date="2026-09-20T00:00:00Z")
    second = read(state=first.state)
    before, after = ({o["id"] for o in run.records("orders")} for run in (first, second))
    assert before | after == {row["id"] for rows in api.orders.values() for row in rows}
    assert len(before & after) <= 2, "the look-back of half an hour, in each shop"
    assert "2026-11-01T00:00:00Z" in json.dumps(second.state)


def test_a_shop_whose_key_is_dead_is_skipped_and_the_other_is_read(read: Reader, api: Any) -> None:
    api.dead.add("second")
    done = read()
    assert done.exit_code == 1
    assert "shop second was skipped" in done.last_line
    assert "Traceback" not in done.log
    assert {o["shop_id"] for o in done.records("orders")} == {"main"}


def test_passing_trouble_costs_no_row(read: Reader, api: Any) -> None:
    api.trouble = [(503, {}), (400, {"error": "busy", "message": "try again"})]
    done = read()
    assert done.exit_code == 0, done.log
    assert len(done.records("orders")) == sum(map(len, api.orders.values()))


def test_test_says_in_a_sentence_whether_the_keys_work(read: Reader) -> None:
    works = read("--test")
    assert works.exit_code == 0
    assert "shop main: the credentials work (The main shop)." in works.stdout


@pytest.mark.parametrize("missing", ["api_keys", "start_date"])
def test_a_missing_setting_is_named(config: dict[str, Any], missing: str) -> None:
    with pytest.raises(ConfigValidationError) as raised:
        TapSample(config={**config, missing: ""})
    assert f"Setting {missing} is missing." in " ".join(raised.value.errors)
