"""That these suites can be run on any day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tap_shopee_ads.streams import STREAMS
from tests.chaos.conftest import SMALL
from tests.moments import last_month

#: Shopee's ads keep nothing for longer, and no other platform keeps anything for less.
KEPT = min(stream.windows.retention for stream in STREAMS if stream.windows and stream.windows.retention)


def test_whatever_the_day_a_business_lies_in_the_past_and_nothing_of_it_is_forgotten() -> None:
    for number in range(4 * 366):
        today = date(2026, 11, 1) + timedelta(number)
        ends = datetime.fromisoformat(last_month(20, "17:00:00", today)).date()
        opens = ends - timedelta(SMALL["days"] + 2)
        assert today - KEPT < opens < ends < today, today
