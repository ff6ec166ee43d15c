"""Which spans of time to ask a platform for.

Everything here is arithmetic on half-open spans ``[start, end)`` of UTC instants with whole seconds: no clock, no I/O.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, NamedTuple

SECOND = timedelta(seconds=1)

Period = Literal["day", "week", "month"]
# More than the longest of each, and less than two.
_LONGEST: dict[Period, timedelta] = {
    "day": timedelta(hours=36),
    "week": timedelta(days=10),
    "month": timedelta(days=40),
}


def days(number: float) -> timedelta:
    """A span of days of 24 hours."""
    return timedelta(days=number)


def minutes(number: float) -> timedelta:
    """A span of minutes."""
    return timedelta(minutes=number)


def epoch_of(moment: datetime) -> int:
    """Whole seconds since 1970."""
    return int(moment.timestamp())


def iso(instant: datetime) -> str:
    """The instant as ``YYYY-MM-DDTHH:MM:SSZ``: one width, so that text order is time order."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    """The UTC instant that an ISO 8601 text names, cut to whole seconds; a text without an offset is UTC.

    Raises :class:`ValueError` for anything else.
    """
    parsed = datetime.fromisoformat(text)
    aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        raise ValueError("a time before the year 1 or after 9999") from None


class Window(NamedTuple):
    """A half-open span of UTC instants: ``start`` belongs to it, ``end`` to the next."""

    start: datetime
    end: datetime

    @property
    def divisible(self) -> bool:
        """Whether it can be halved into spans of a second or more."""
        return self.end - self.start >= 2 * SECOND

    def halves(self) -> tuple[Window, Window]:
        """The two halves, at a whole second."""
        seconds = int((self.end - self.start).total_seconds()) // 2
        middle = self.start + timedelta(seconds=seconds)
        return Window(self.start, middle), Window(middle, self.end)

    def dates(self, zone: tzinfo) -> tuple[date, date]:
        """The first and the last local date that the span touches."""
        return self.start.astimezone(zone).date(), (self.end - SECOND).astimezone(zone).date()

    def __str__(self) -> str:
        return f"{iso(self.start)}/{iso(self.end)}"


def merge(spans: Iterable[Window]) -> list[Window]:
    """The same instants as sorted spans that neither touch nor overlap."""
    merged: list[Window] = []
    for span in sorted(s for s in spans if s.start < s.end):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Window(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def subtract(spans: Iterable[Window], taken: Iterable[Window]) -> list[Window]:
    """What of ``spans`` is not in ``taken``, merged."""
    left = merge(spans)
    for cut in merge(taken):
        rest: list[Window] = []
        for span in left:
            if cut.end <= span.start or span.end <= cut.start:
                rest.append(span)
                continue
            rest.extend(
                part for part in (Window(span.start, cut.start), Window(cut.end, span.end)) if part.start < part.end
            )
        left = rest
    return left


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """How a stream is read through time.

    ``span``: the longest span one call may ask for. ``lookback``: how much of what was read is read again, because
    rows arrive late or are restated. ``lag``: the newest instants are left to the next run, when the platform has
    surely written them. ``pad``: asked for besides, before the start, since platforms do not say whether their edges
    are open or closed. ``retention``: the platform keeps no more. ``since``: read from here whatever ``start_date``
    says (a catalogue is wanted whole). ``period``: cut only where a day, week (from Monday) or month of the account's
    time zone begins, and read each such period whole, or from its beginning to the present, also where it was read in
    part; of one that begins before the retention, nothing.
    """

    span: timedelta
    lookback: timedelta = timedelta(0)
    lag: timedelta = timedelta(seconds=60)
    pad: timedelta = SECOND
    retention: timedelta | None = None
    since: datetime | None = None
    period: Period | None = None

    def plan(
        self,
        *,
        start: datetime,
        now: datetime,
        covered: Sequence[Window] = (),
        zone: tzinfo = UTC,
        end: datetime | None = None,
    ) -> list[Window]:
        """The windows to read, in order: all of ``[start, now - lag)`` that is not ``covered``, and the look-back.

        Spans in ``covered`` that lie in the future (a clock that was wrong) do not count as read.
        """
        begin = self.since or start
        kept_since = (now - self.retention).replace(microsecond=0) if self.retention is not None else None
        if kept_since is not None:
            begin = max(begin, kept_since)
        stop = now - self.lag
        if end is not None:
            stop = min(stop, end)
        begin, stop = begin.replace(microsecond=0), stop.replace(microsecond=0)
        if self.period:
            begin = _beginning(self.period, begin, zone)
            if kept_since is not None and begin < kept_since:
                begin = _following(self.period, begin, zone)
        if begin >= stop:
            return []
        known = subtract(
            (span for span in covered if span.end > begin), [Window(stop, datetime.max.replace(tzinfo=UTC))]
        )
        if known:
            known = subtract(known, [Window(known[-1].end - self.lookback, stop)])
        if self.period:
            known = merge(_whole(self.period, span, zone) for span in known)
        gaps = subtract([Window(begin, stop)], known)
        return [window for gap in gaps for window in self._cut(gap, zone)]

    def _cut(self, gap: Window, zone: tzinfo) -> Iterable[Window]:
        """Pieces of at most ``span`` including the pad."""
        step = self.span - self.pad
        start = gap.start
        while start < gap.end:
            stop = start + step
            if self.period:
                stop = _beginning(self.period, start + self.span, zone)
                if stop <= start:  # one longer than the span: a day of 25 hours, where the clocks go back
                    stop = _following(self.period, start, zone)
            yield Window(start, min(stop, gap.end))
            start = stop


def _beginning(period: Period, moment: datetime, zone: tzinfo) -> datetime:
    """The last beginning of a local day, week or month at or before the instant, in UTC."""
    day = moment.astimezone(zone).date()
    if period == "week":
        day -= timedelta(days=day.weekday())
    elif period == "month":
        day = day.replace(day=1)
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _following(period: Period, beginning: datetime, zone: tzinfo) -> datetime:
    """The beginning after a beginning."""
    return _beginning(period, beginning + _LONGEST[period], zone)


def _whole(period: Period, span: Window, zone: tzinfo) -> Window:
    """The local days, weeks or months that lie in a span from end to end; an empty or inverted span for none."""
    start = _beginning(period, span.start, zone)
    if start < span.start:
        start = _following(period, start, zone)
    return Window(start, _beginning(period, span.end, zone))
