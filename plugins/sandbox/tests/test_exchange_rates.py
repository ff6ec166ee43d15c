"""The bank's files, read by the standard library's XML reader, on the days and at the hour that the bank keeps."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from talat_sandbox.business.rates import has_rates
from talat_sandbox.testing import Sandbox, running_sandbox

CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
Days = dict[str, dict[str, Decimal]]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(days=10, as_of="2026-11-20T17:00:00Z", shops=1, products=1) as running:
        yield running


def get(sandbox: Sandbox, name: str) -> bytes:
    with urllib.request.urlopen(f"{sandbox.url}/stats/eurofxref/{name}", timeout=60) as answer:
        assert answer.headers["Content-Type"] == "text/xml"
        content: bytes = answer.read()
    return content


def days(sandbox: Sandbox, name: str) -> Days:
    (outer,) = ElementTree.fromstring(get(sandbox, name)).findall(CUBE)
    return {
        day.attrib["time"]: {cube.attrib["currency"]: Decimal(cube.attrib["rate"]) for cube in day} for day in outer
    }


def test_the_files_agree_with_each_other_and_with_the_truth(sandbox: Sandbox) -> None:
    newest, recent, all_days = (days(sandbox, f"eurofxref-{name}.xml") for name in ("daily", "hist-90d", "hist"))
    assert list(newest) == ["2026-11-20"]
    assert list(recent) == sorted(recent, reverse=True)
    assert "2026-08-24" in recent
    assert "2026-08-21" not in recent, "91 days before"
    assert min(all_days) == "1999-01-04"
    assert newest.items() <= recent.items() <= all_days.items()
    truth = sandbox.truth("exchange_rates")
    assert len(truth) == len({(row["date"], row["currency"]) for row in truth})
    assert min(row["date"] for row in truth) == "2026-10-12", "the Monday after a month before the opening"
    for row in truth:
        assert all_days[row["date"]][row["currency"]] == Decimal(row["rate"])


def test_bulgarias_ends_where_it_took_the_euro(sandbox: Sandbox) -> None:
    found = days(sandbox, "eurofxref-hist.xml")
    assert max(day for day, rates in found.items() if "BGN" in rates) == "2025-12-31"


def test_rates_walk_slowly_and_another_seed_walks_otherwise(sandbox: Sandbox) -> None:
    found = sorted(days(sandbox, "eurofxref-hist.xml").items())
    for (_, before), (day, after) in pairwise(found):
        for currency, rate in after.items():
            assert abs(rate / before[currency] - 1) < Decimal("0.03"), (day, currency)
    bahts = {rates["THB"] for _, rates in found}
    assert max(bahts) < min(bahts) * Decimal("1.25")
    with running_sandbox(days=10, as_of="2026-11-20T17:00:00Z", shops=1, products=1, seed=12) as other:
        assert days(other, "eurofxref-daily.xml")["2026-11-20"]["THB"] != found[-1][1]["THB"]


@pytest.mark.parametrize(
    ("as_of", "newest"),
    [
        ("2026-11-20T14:59:59Z", "2026-11-19"),
        ("2026-11-20T15:00:00Z", "2026-11-20"),  # 16:00 in winter
        ("2026-07-01T13:59:59Z", "2026-06-30"),
        ("2026-07-01T14:00:00Z", "2026-07-01"),  # and in summer
        ("2026-11-22T20:00:00Z", "2026-11-20"),  # a Sunday
        ("2026-04-06T20:00:00Z", "2026-04-02"),  # Easter Monday
    ],
)
def test_a_days_rates_are_there_from_four_in_the_afternoon_in_frankfurt(
    sandbox: Sandbox, as_of: str, newest: str
) -> None:
    try:
        sandbox.set_clock(as_of)
        assert list(days(sandbox, "eurofxref-daily.xml")) == [newest]
    finally:
        sandbox.set_clock("2026-11-20T17:00:00Z")


def test_the_days_on_which_target_is_closed_have_no_rates() -> None:
    """As the bank names them for 2024 to 2026."""
    closed = {
        "2024-01-01", "2024-03-29", "2024-04-01", "2024-05-01", "2024-12-25", "2024-12-26",
        "2025-01-01", "2025-04-18", "2025-04-21", "2025-05-01", "2025-12-25", "2025-12-26",
        "2026-01-01", "2026-04-03", "2026-04-06", "2026-05-01", "2026-12-25",
    }  # fmt: skip
    span = [date(2024, 1, 1) + timedelta(number) for number in range(1096)]
    assert {str(day) for day in span if day.weekday() < 5 and not has_rates(day)} == closed


def test_what_is_no_file_is_a_page_for_people(sandbox: Sandbox) -> None:
    with pytest.raises(urllib.error.HTTPError) as raised:
        get(sandbox, "eurofxref-hist.csv")
    with raised.value as answer:
        assert (answer.code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_faults_strike_the_files_too(sandbox: Sandbox) -> None:
    path = {"path": "eurofxref"}
    for fault, status in (
        ({"kind": "error", "code": "HTTP 503"}, 503),
        ({"kind": "error", "code": "any", "status": 403}, 403),
        ({"kind": "rate_limit", "retry_after": 7}, 429),
    ):
        sandbox.faults({"match": path, **fault})
        with pytest.raises(urllib.error.HTTPError) as raised:
            get(sandbox, "eurofxref-daily.xml")
        with raised.value as answer:
            assert answer.code == status
            assert answer.headers["Retry-After"] == ("7" if status == 429 else None)
    sandbox.faults({"match": path, "kind": "truncate", "honest_length": True})
    with pytest.raises(ElementTree.ParseError):
        days(sandbox, "eurofxref-daily.xml")
    assert days(sandbox, "eurofxref-daily.xml"), "each fault strikes once"
