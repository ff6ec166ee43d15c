"""How a platform is asked for a report: in pieces that it can bear; and rows grouped by what it does not know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tap_toolkit.answers import Row, Rows
from tap_toolkit.errors import SkipStream
from tap_toolkit.jobs import JobSource, Pieces
from tap_toolkit.reports import Report, ReportTable
from tap_toolkit.sources import Batch, Scope


@dataclass(frozen=True, slots=True)
class Piece:
    """A report over dates (both included), perhaps of some objects (``ids`` of the level ``of``), and some fields.

    ``synchronous``: asked for in one call, without a job.
    """

    since: date
    until: date
    fields: tuple[str, ...]
    of: str
    ids: tuple[str, ...] = ()
    synchronous: bool = False

    def __str__(self) -> str:
        more = f" and {len(self.ids) - 1} more" if len(self.ids) > 1 else ""
        return f"{self.since} to {self.until}" + (f" of {self.of} {self.ids[0]}{more}" if self.ids else "")


class ReportSource(JobSource[Piece]):
    """The rows of one report. ``light``: a synchronous call is cheaper than a job."""

    def __init__(self, report: Report, *, patience: float, light: bool = False) -> None:
        self.report, self.patience, self.light = report, patience, light
        self.identity = report.identity

    def delivers(self, scope: Scope, piece: Piece) -> bool:
        """Whether the account has anything at all in a piece, however it is broken down; for gated breakdowns."""
        return True

    def ids_below(self, scope: Scope, piece: Piece, level: str) -> Sequence[str]:
        """The ids of the objects of a level that have rows in a piece; none where it is not cut up by them."""
        return ()

    def read(self, scope: Scope) -> Iterator[Batch]:
        """The rows of a window. Raises :class:`SkipStream` where an account is silently refused a breakdown."""
        found = False
        for batch in super().read(scope):
            found = True
            yield batch
        data = self.report.table.data
        if not found and {*self.report.breakdowns} & {*data["gated"]} and self.delivers(scope, self.whole(scope)):
            by = ", ".join(self.report.breakdowns)
            raise SkipStream(f"{data['platform']} gave no rows by {by} for days that have some: {data['opt_in']}")

    def whole(self, scope: Scope) -> Piece:
        """The window's dates in the account's time zone."""
        if scope.window is None:
            raise ValueError("a report is read by windows")
        since, until = scope.window.dates(scope.zone)
        return Piece(since, until, self.report.columns, self.report.table.levels[0], synchronous=self.light)

    def cut(self, scope: Scope, piece: Piece) -> Pieces[Piece]:
        """As a job; then by days, where they are the rows' own; by objects, down to the report's level; by fields."""
        if piece.synchronous:
            return Pieces([replace(piece, synchronous=False)])
        if self.report.time_increment == 1 and piece.since < piece.until:
            middle = piece.since + (piece.until - piece.since) // 2
            return Pieces([replace(piece, until=middle), replace(piece, since=middle + timedelta(1))])
        levels = self.report.table.levels
        while len(piece.ids) < 2 and piece.of != self.report.level:
            below = levels[levels.index(piece.of) + 1]
            piece = replace(piece, of=below, ids=tuple(sorted(self.ids_below(scope, piece, below))))
        if len(piece.ids) > 1:
            return Pieces([replace(piece, ids=half) for half in _halves(piece.ids)])
        if len(piece.fields) > 1:
            return Pieces([replace(piece, fields=half) for half in _halves(piece.fields)], joined=True)
        return Pieces()


def _halves(items: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    middle = len(items) // 2
    return items[:middle], items[middle:]


def grouped(rows: Iterable[Row], by: Callable[[Row], str], table: ReportTable) -> dict[str, tuple[Row, Rows]]:
    """For each group its sums and the ratios of them, beside the rows they are of, in the order of the names.

    The table says which fields may be added up (``sums``), which are lists of such by kind (``stats``, with the field
    that names the kind), and which are ``ratios``: numerator, denominator and a factor.
    """
    sums, ratios, stats = table.data["sums"], table.data["ratios"], table.data["stats"]
    groups: defaultdict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[by(row)].append(row)
    found = {}
    for name in sorted(groups):
        added = {n: sum((Decimal(row[n]) for row in groups[name] if row.get(n)), Decimal(0)) for n in sums}
        shares = {n: ratio(added[part] * int(times), added[whole]) for n, (part, whole, times) in ratios.items()}
        lists = {n: _added((row.get(n) or [] for row in groups[name]), kind) for n, kind in stats.items()}
        found[name] = ({**{n: str(value) for n, value in added.items()}, **shares, **lists}, groups[name])
    return found


def _added(lists: Iterable[Rows], kind: str) -> Rows:
    """Lists of figures added up by kind, each figure for itself."""
    sums: dict[str, Row] = {}
    for stats in lists:
        for stat in stats:
            total = sums.setdefault(stat[kind], {kind: stat[kind]})
            for name, value in stat.items():
                if name != kind:
                    total[name] = str(Decimal(total.get(name, 0)) + Decimal(value))
    return [sums[name] for name in sorted(sums)]


def ratio(part: Decimal, whole: Decimal) -> str | None:
    """Six digits; None where there is nothing to divide by."""
    return str((part / whole).quantize(Decimal("0.000001"))) if whole else None
