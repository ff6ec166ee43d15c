"""The algebra of windows: a cover without gap or overlap, whatever was read before."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_toolkit.windows import Period, Window, Windows, days, instant, iso, merge, minutes, subtract

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
seconds = st.integers(min_value=0, max_value=400 * 86400)


def at(second: int) -> datetime:
    return EPOCH + timedelta(seconds=second)


@st.composite
def spans(draw: st.DrawFn) -> list[Window]:
    pairs = draw(st.lists(st.tuples(seconds, seconds), max_size=6))
    return [Window(at(min(pair)), at(max(pair))) for pair in pairs]


def member(moment: datetime, windows: list[Window]) -> bool:
    return any(w.start <= moment < w.end for w in windows)


@given(spans(), seconds)
def test_merge_keeps_every_instant_and_leaves_no_touching_spans(some: list[Window], second: int) -> None:
    merged = merge(some)
    assert member(at(second), merged) == member(at(second), some)
    assert all(a.end < b.start for a, b in pairwise(merged))


@given(spans(), spans(), seconds)
def test_subtract_is_set_difference(some: list[Window], taken: list[Window], second: int) -> None:
    moment = at(second)
    assert member(moment, subtract(some, taken)) == (member(moment, some) and not member(moment, taken))


@given(spans(), st.integers(1, 40), seconds, seconds)
def test_a_plan_covers_what_was_not_read_exactly_once(covered: list[Window], span: int, start: int, now: int) -> None:
    windows = Windows(span=days(span))
    plan = windows.plan(start=at(start), now=at(now), covered=covered)
    stop = at(now) - windows.lag
    wanted = subtract([Window(at(start), stop)], covered) if at(start) < stop else []
    assert merge(plan) == wanted
    assert sum((w.end - w.start for w in plan), timedelta()) == sum((w.end - w.start for w in wanted), timedelta())
    assert all(w.end - w.start + windows.pad <= windows.span for w in plan)


@given(st.integers(0, 3600 * 24 * 20), st.integers(1, 100), seconds)
def test_the_look_back_reads_the_end_of_what_was_read_again(lookback: int, read_days: int, later: int) -> None:
    end = EPOCH + days(read_days)
    now = end + timedelta(seconds=later) + minutes(1)
    windows = Windows(span=days(15), lookback=timedelta(seconds=lookback))
    plan = windows.plan(start=EPOCH, now=now, covered=[Window(EPOCH, end)])
    begin = max(EPOCH, end - timedelta(seconds=lookback))
    assert merge(plan) == merge([Window(begin, now - windows.lag)])


def test_moving_the_start_back_reads_the_earlier_span_only() -> None:
    read = Window(EPOCH, EPOCH + days(10))
    plan = Windows(span=days(15)).plan(start=EPOCH - days(3), now=read.end + minutes(1), covered=[read])
    assert plan == [Window(EPOCH - days(3), EPOCH)]


def test_what_a_wrong_clock_marked_as_read_in_the_future_is_read_when_it_comes() -> None:
    now = EPOCH + days(1)
    covered = [Window(EPOCH, EPOCH + days(365))]
    later = Windows(span=days(15)).plan(start=EPOCH, now=now + days(1), covered=covered)
    assert later == []  # still believed: it lies in the past of neither sync
    planned = Windows(span=days(15), lookback=minutes(30)).plan(start=EPOCH, now=now, covered=covered)
    assert planned == [Window(now - minutes(31), now - minutes(1))]


def test_nothing_is_asked_for_beyond_the_retention() -> None:
    now = EPOCH + days(100)
    plan = Windows(span=days(400), retention=days(37)).plan(start=EPOCH, now=now)
    assert plan[0].start == now - days(37)


def test_a_catalogue_is_read_whole_whatever_the_start() -> None:
    plan = Windows(span=days(36500), since=EPOCH).plan(start=EPOCH + days(50), now=EPOCH + days(60))
    assert plan == [Window(EPOCH, EPOCH + days(60) - minutes(1))]


def test_an_end_date_bounds_the_plan() -> None:
    plan = Windows(span=days(15)).plan(start=EPOCH, now=EPOCH + days(9), end=EPOCH + days(4))
    assert plan == [Window(EPOCH, EPOCH + days(4))]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Bangkok", "America/Los_Angeles", "Pacific/Kiritimati", "Europe/Paris"])
@given(first=st.integers(0, 400), length=st.integers(1, 60), span=st.integers(1, 30))
@example(first=0, length=400, span=1)
def test_windows_by_day_meet_at_local_midnights(zone: str, first: int, length: int, span: int) -> None:
    here = ZoneInfo(zone)
    start, now = EPOCH + days(first), EPOCH + days(first + length) + minutes(61)
    plan = Windows(span=days(span), period="day", lag=timedelta(0)).plan(start=start, now=now, zone=here)
    assert plan[-1].end == now
    assert all(a.end == b.start for a, b in pairwise(plan))
    for window in plan:
        local = window.start.astimezone(here)
        assert (local.hour, local.minute, local.second) == (0, 0, 0)
        assert (window.end.astimezone(here).date() - local.date()).days <= span


@pytest.mark.parametrize("zone", ["UTC", "Asia/Bangkok", "America/Los_Angeles", "Pacific/Kiritimati"])
@pytest.mark.parametrize("period", ["week", "month"])
@given(first=st.integers(0, 400), length=st.integers(1, 400), span=st.sampled_from([7, 28, 31]))
def test_weeks_and_months_are_cut_where_they_begin(
    period: Period, zone: str, first: int, length: int, span: int
) -> None:
    here = ZoneInfo(zone)
    start, now = EPOCH + days(first), EPOCH + days(first + length) + minutes(61)
    plan = Windows(span=days(span), period=period, lag=timedelta(0)).plan(start=start, now=now, zone=here)
    assert plan[0].start <= start
    assert plan[-1].end == now
    assert all(a.end == b.start for a, b in pairwise(plan))
    for window in plan:
        local = window.start.astimezone(here)
        assert (local.hour, local.minute, local.second) == (0, 0, 0)
        assert local.weekday() == 0 if period == "week" else local.day == 1


# Half-hour offsets, summer times, both edges of the calendar, a day that Apia left out (2011-12-30), midnights that
# Havana had twice and Cairo did not have.
ZONES = [
    "UTC", "Asia/Bangkok", "Asia/Kolkata", "Europe/London", "America/Los_Angeles", "Pacific/Kiritimati",
    "Pacific/Apia", "America/Havana", "Africa/Cairo",
]  # fmt: skip


def name_of(period: Period, moment: datetime, zone: ZoneInfo) -> object:
    """What tells a local day, week or month from all others."""
    day = moment.astimezone(zone).date()
    return {"day": day, "week": day.isocalendar()[:2], "month": (day.year, day.month)}[period]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("period", ["day", "week", "month"])
@given(
    year=st.sampled_from([2009, 2011, 2014, 2024, 2026]),
    covered=spans(),
    start=seconds,
    length=st.integers(0, 200 * 86400),
    span=st.sampled_from([1, 7, 28, 31, 60]),
    lookback=st.sampled_from([0, 1, 28]),
)
def test_periods_are_read_whole_once_and_only_where_they_must(
    period: Period, zone: str, year: int, covered: list[Window], start: int, length: int, span: int, lookback: int
) -> None:
    here, shift = ZoneInfo(zone), datetime(year, 1, 1, tzinfo=UTC) - EPOCH
    covered = [Window(w.start + shift, w.end + shift) for w in covered]
    begin = at(start) + shift
    stop = begin + timedelta(seconds=length)
    rule = Windows(span=days(span), period=period, lag=timedelta(0), lookback=days(lookback))
    plan = rule.plan(start=begin, now=stop, covered=covered, zone=here)
    # No gap and no overlap, and only whole periods but for the present one.
    assert subtract([Window(begin, stop)], [*covered, *plan]) == []
    assert all(a.end <= b.start for a, b in pairwise(plan))
    for window in plan:
        for edge in window:
            if edge != stop:
                assert name_of(period, edge, here) != name_of(period, edge - timedelta(seconds=1), here)
    # What is read again was read in part, or may have changed since.
    known = subtract(covered, [Window(stop, datetime.max.replace(tzinfo=UTC))])
    newest = known[-1].end - days(lookback) if known else stop
    for again in subtract(known, subtract(known, plan)):
        inside = subtract([again], [Window(newest, stop)])
        names = {name_of(period, edge, here) for w in inside for edge in (w.start, w.end - timedelta(seconds=1))}
        partly = {name_of(period, edge, here) for w in [*known, Window(newest, stop)] for edge in w}
        partly |= {name_of(period, w.start - timedelta(seconds=1), here) for w in [*known, Window(newest, stop)]}
        assert names <= partly


@given(spans(), seconds, seconds, st.integers(0, 40))
def test_what_is_planned_and_what_is_covered_is_the_whole(
    covered: list[Window], start: int, now: int, lookback: int
) -> None:
    plan = Windows(span=days(15), lag=timedelta(0), lookback=days(lookback)).plan(
        start=at(start), now=at(now), covered=covered
    )
    assert subtract([Window(at(start), at(now))], [*covered, *plan]) == []
    assert subtract(plan, [Window(at(start), at(now))]) == []
    assert all(a.end <= b.start for a, b in pairwise(plan))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Bangkok", "America/Los_Angeles"])
@pytest.mark.parametrize("period", [None, "day", "week", "month"])
@given(kept=st.integers(40, 400), hour=st.integers(0, 24 * 60))
def test_no_period_is_asked_for_that_began_before_what_is_kept(
    period: Period | None, zone: str, kept: int, hour: int
) -> None:
    now = EPOCH + timedelta(hours=hour)
    rule = Windows(span=days(31), period=period, retention=days(kept), pad=timedelta(0))
    plan = rule.plan(start=EPOCH - days(4000), now=now, zone=ZoneInfo(zone))
    assert (
        timedelta(0) <= plan[0].start - (now - days(kept)) <= days({None: 0, "day": 2, "week": 8, "month": 32}[period])
    )


@pytest.mark.parametrize(("period", "begins"), [("day", "2026-03-11"), ("week", "2026-03-09"), ("month", "2026-03-01")])
def test_the_present_period_is_read_again_from_its_beginning(period: Period, begins: str) -> None:
    zone = ZoneInfo("Asia/Bangkok")
    rule = Windows(span=days(31), period=period)
    first = rule.plan(start=instant("2026-02-01"), now=instant("2026-03-11T05:00:00Z"), zone=zone)
    again = rule.plan(start=instant("2026-02-01"), now=instant("2026-03-11T09:00:00Z"), zone=zone, covered=first)
    assert len(again) == 1
    assert again[0].dates(zone) == (date.fromisoformat(begins), date(2026, 3, 11))


def test_restated_months_are_read_again_whole() -> None:
    rule = Windows(span=days(31), period="month", lookback=days(28))
    first = rule.plan(start=instant("2026-01-01"), now=instant("2026-03-11"))
    again = rule.plan(start=instant("2026-01-01"), now=instant("2026-03-12"), covered=first)
    assert [w.dates(UTC) for w in again] == [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 11)),
    ]


def test_dates_are_those_of_the_zone() -> None:
    window = Window(instant("2026-03-01T17:00:00Z"), instant("2026-03-03T17:00:00Z"))
    assert window.dates(ZoneInfo("Asia/Bangkok")) == (date(2026, 3, 2), date(2026, 3, 3))
    assert window.dates(UTC) == (date(2026, 3, 1), date(2026, 3, 3))


@given(seconds, st.integers(2, 10**7))
def test_halves_cover_the_window(start: int, length: int) -> None:
    window = Window(at(start), at(start + length))
    first, second = window.halves()
    assert window.divisible
    assert (first.start, first.end, second.end) == (window.start, second.start, window.end)
    assert first.start < first.end < second.end


def test_times_are_texts_of_one_width() -> None:
    assert iso(datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=ZoneInfo("Asia/Bangkok"))) == "2026-01-01T20:04:05Z"
    assert instant("2026-01-02T03:04:05.999+07:00") == datetime(2026, 1, 1, 20, 4, 5, tzinfo=UTC)
    assert instant("2026-01-02") == datetime(2026, 1, 2, tzinfo=UTC)
    for beyond in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        with pytest.raises(ValueError, match="year"):
            instant(beyond)


def test_what_was_read_long_before_the_start_changes_nothing() -> None:
    rule = Windows(span=days(10), lookback=days(30))
    ancient = [Window(datetime.min.replace(tzinfo=UTC), instant("0001-01-02"))]
    spans = {"start": instant("2026-01-01"), "now": instant("2026-03-11")}
    assert rule.plan(**spans, covered=ancient) == rule.plan(**spans)
