"""The least times that the benchmarks compare with, by hand."""

from __future__ import annotations

import pytest

from tests.benchmarks.ad_taps import Limits, Rule
from tests.benchmarks.bounds import limited, unlimited


@pytest.mark.parametrize(
    ("windows", "calls"),
    [
        ([0], 1),  # a page that is empty
        ([50], 2),  # a page, its details
        ([100, 0], 2),
        ([101], 3),  # two pages, the last details
        ([100, 250, 30], 4),
    ],
)
def test_pages_of_a_window_and_its_last_details_follow_each_other(windows: list[int], calls: int) -> None:
    assert unlimited(windows, 0.5) == calls * 0.5


def test_a_limit_that_is_never_reached_changes_nothing() -> None:
    windows = [0, 30, 100, 101, 250, 260]
    assert limited(windows, 0.15, 1000) == pytest.approx(unlimited(windows, 0.15))


def test_calls_beyond_the_limit_wait_for_the_sliding_second_and_not_for_the_next_whole_one() -> None:
    # Five pages at 0.0 and five details at 0.1 fill the second; with five more, those wait until the pages are 1.0 old.
    assert limited([50] * 5, 0.1, 10) == pytest.approx(0.2)
    assert limited([100] * 5, 0.1, 10) == pytest.approx(1.1)
    # Two pages at 0.0, four details: two at 1.0, two at 2.0.
    assert limited([100, 100], 0.1, 2) == pytest.approx(2.1)


def test_pages_go_before_details() -> None:
    # Four pages at 0.0, four more and two details at 0.15; four details at 1.0, six at 1.15.
    assert limited([125] * 4, 0.15, 10) == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("rule", "calls"),
    [
        (Rule(), 1),
        (Rule(page=5), 2),  # five rows, one row
        (Rule(page=5, of="ad"), 1),  # three ads
        (Rule(page=2, of="ad", around=2), 4),  # an order, a look, two pages
        (Rule(daily=True, once=1), 31),  # a call for each day, two of them with rows
        (Rule(page=3, daily=True), 31),  # one day's four rows are two pages
        (Rule(each=("day", "ad")), 1 + 4),
    ],
)
def test_a_stream_costs_its_pages_and_what_is_told_apart_from_them(rule: Rule, calls: int) -> None:
    ads = [("2026-10-02", 1), ("2026-10-02", 2), ("2026-10-02", 3), ("2026-10-02", 3), ("2026-10-03", 1)]
    rows = [{"date": date, "ad": ad, "day": date} for date, ad in [*ads, ("2026-10-03", 1)]]
    assert rule.fewest(rows) == calls
    assert rule.fewest([]) == (30 if rule.daily else 1) + rule.around + rule.once


def test_all_streams_and_a_token_make_a_tap_and_calls_beside_each_other_or_in_a_chain_its_time() -> None:
    limits = Limits(chain=3, token=1, streams={"ads": Rule(page=1)}, other=Rule(around=2), jobs=True, at_once=10)
    assert limits.fewest({"ads": [{}, {}], "daily": [], "hourly": [{}]}) == 1 + 2 + 3 + 3
    assert limits.least(9) == pytest.approx(3 * 0.15 + 0.5)
    assert limits.least(40) == pytest.approx(4 * 0.15 + 0.5)
