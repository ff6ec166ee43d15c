"""The least times that the benchmarks compare with, by hand."""

from __future__ import annotations

import pytest

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
