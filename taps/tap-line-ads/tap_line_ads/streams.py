"""LINE Ads' streams: accounts and their objects, and one stream for each report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, ClassVar

from tap_toolkit.answers import Row, Rows, rows_in, text_in
from tap_toolkit.errors import SkipAccount, SkipStream, SkipWindow
from tap_toolkit.http import Params
from tap_toolkit.jobs import JobSource, Pieces, Progress
from tap_toolkit.paging import FromTheEnd
from tap_toolkit.sources import Batch, Listing, Scope
from tap_toolkit.streams import PlatformStream, read_schema
from tap_toolkit.windows import Windows, days

# Rows come newest first: what is made meanwhile moves the others back.
PAGES = FromTheEnd(param="page", total="paging.totalElements", size=100, size_param="size", first=1)
#: The reports by name: LINE's level, and the columns of those that stand above and of itself, its id the first.
LEVELS = {
    "daily_ad_account": ("ADACCOUNT", ()),
    "daily_campaign": ("CAMPAIGN", ("campaign_id", "campaign_name", "campaign_objective")),
    "daily_adgroup": ("ADGROUP", ("adgroup_id", "adgroup_name")),
    "daily_ad": ("AD", ("ad_id", "ad_name", "title", "description")),
}
_KEPT = days(5 * 365 - 1)


class LineAdsStream(PlatformStream):
    """A stream of ad accounts; their ids begin with ``A``."""

    account_field = "account_id"


def account_in(group: str, account: str, ask: Callable[[str, Params], Any]) -> Row:
    """An account as its group lists it. Raises :class:`SkipAccount` where it does not."""
    path, seen = f"groups/{group}/adaccounts", 0
    for page in range(1, 1000):
        answer = ask(path, [("page", str(page)), ("size", "100")])
        rows = rows_in(answer, "datas", path)
        if found := [row for row in rows if isinstance(row, dict) and row.get("id") == account]:
            return dict(found[0])
        seen += len(rows)
        if not rows or seen >= int(answer["paging"]["totalElements"]):
            break
    raise SkipAccount(f"Group {group} has no ad account {account}. Check group_id and account_ids.")


@dataclass(frozen=True, slots=True)
class OfGroup:
    """The account's own row of its group's list."""

    group: str

    def read(self, scope: Scope) -> Iterator[Batch]:
        """One row."""
        yield Batch(1, [account_in(self.group, scope.account, scope.ask)])


class AdAccounts(LineAdsStream):
    """The account itself: currency, time zone, delivery [GET /v3/groups/{id}/adaccounts]."""

    name = "ad_accounts"
    keys = ("account_id",)

    @classmethod
    def of(cls, group: str) -> type[AdAccounts]:
        """The stream of the accounts of a group."""
        return type(cls.__name__, (cls,), {"source": OfGroup(group), "__module__": cls.__module__})


def objects(kind: str) -> Listing:
    """The listing of a kind of objects, with those that were removed."""
    return Listing(f"adaccounts/{{account}}/{kind}", "datas", "id", params=[("includeRemoved", "true")], paging=PAGES)


class Campaigns(LineAdsStream):
    """Campaigns, removed ones too [GET /v3/adaccounts/{id}/campaigns]."""

    name = "campaigns"
    keys = ("account_id", "id")
    source = objects("campaigns")


class AdGroups(LineAdsStream):
    """Ad groups with budgets and bids, removed ones too [GET /v3/adaccounts/{id}/adgroups]."""

    name = "adgroups"
    keys = ("account_id", "id")
    source = objects("adgroups")


class Ads(LineAdsStream):
    """Ads with their creatives, removed ones too [GET /v3/adaccounts/{id}/ads]."""

    name = "ads"
    keys = ("account_id", "id")
    source = objects("ads")


@dataclass(frozen=True, slots=True)
class Dates:
    """Days of the account's time zone, both included."""

    since: date
    until: date

    def __str__(self) -> str:
        return f"{self.since} to {self.until}"


class Performance(JobSource[Dates]):
    """The rows of a performance report, which LINE prepares as a file."""

    def __init__(self, level: str, identity: tuple[str, ...]) -> None:
        self.level, self.identity = level, identity

    def whole(self, scope: Scope) -> Dates:
        """The window's days."""
        if scope.window is None:
            raise ValueError("a report is read by windows")
        return Dates(*scope.window.dates(scope.zone))

    def submit(self, scope: Scope, piece: Dates) -> str:
        """Ask for the days, with what was removed since."""
        asked = {
            "level": self.level,
            "since": piece.since.isoformat(),
            "until": piece.until.isoformat(),
            "breakdown": {"time": "DAY"},
            "filtering": {"idType": "ADACCOUNT", "ids": [scope.account]},
            "includeRemove": True,
            "fileFormat": "CSV",
            "locale": "en",
        }
        path = f"adaccounts/{scope.account}/pfreports"
        return text_in(scope.ask(path, (), asked), "id", path)

    def look(self, scope: Scope, job: str) -> Progress:
        """Only a list tells of a report. Raises :class:`SkipWindow` for one that failed or is gone."""
        path = f"adaccounts/{scope.account}/pfreports"
        answer = scope.ask(path, [("ids", job), ("page", "1"), ("size", "100")])
        status = next((row.get("status") for row in rows_in(answer, "datas", path) if str(row.get("id")) == job), None)
        if status in (None, "ERROR"):
            raise SkipWindow(f"Report {job} {'is gone' if status is None else 'failed'}.")
        return Progress(status == "READY", 0 if status == "CREATED" else 50)

    def fetch(self, scope: Scope, piece: Dates, job: str) -> Iterator[Rows]:
        """The file. Raises :class:`SkipStream` where it lacks what tells its rows apart."""
        path = f"adaccounts/{scope.account}/pfreports/{job}/download"
        rows = rows_in(scope.ask(path, ()), "rows", path)
        for row in rows[:1]:
            if lacking := [name for name in (*self.identity, "ad_account_id", "cost") if name not in row]:
                raise SkipStream(
                    f"The report's file has no column {', '.join(lacking)}: LINE has renamed it; report it."
                )
        if strange := {row["ad_account_id"] for row in rows} - {scope.account}:
            raise SkipWindow(f"Report {job} is of {len(strange)} other ad accounts.")
        yield rows

    def cut(self, scope: Scope, piece: Dates) -> Pieces[Dates]:
        """By days."""
        if piece.since == piece.until:
            return Pieces()
        middle = piece.since + (piece.until - piece.since) // 2
        return Pieces([replace(piece, until=middle), replace(piece, since=middle + timedelta(1))])


class Daily(LineAdsStream):
    """A performance report as a stream [POST /v3/adaccounts/{id}/pfreports]."""

    columns: ClassVar[frozenset[str]]

    @classmethod
    def of(cls, name: str, lookback: timedelta) -> type[Daily]:
        """The stream of a report, of whose days so many are read again."""
        level, own = LEVELS[name]
        names = list(LEVELS)
        below = {column for lower in names[names.index(name) + 1 :] for column in LEVELS[lower][1]}
        identity = ("date", *own[:1])
        facts = {
            "__doc__": f"The report {name} [POST /v3/adaccounts/{{id}}/pfreports].",
            "__module__": cls.__module__,
            "name": name,
            "keys": ("account_id", *identity),
            "cursor": "date",
            "windows": Windows(span=days(31), lookback=lookback, pad=days(0), retention=_KEPT, period="day"),
            "source": Performance(level, identity),
            "columns": frozenset(below),
        }
        return type(name, (cls,), facts)

    @classmethod
    def full_schema(cls) -> dict[str, Any]:
        """All columns but those of levels below."""
        schema = read_schema(__package__, "performance")
        return {**schema, "properties": {n: s for n, s in schema["properties"].items() if n not in cls.columns}}

    def prepare(self, row: Row, account: str) -> Row:
        """The day with hyphens, however it is written, and the zone that it is a day of."""
        row["date"] = str(row["date"]).replace("/", "-").replace(".", "-")
        row["time_zone"] = str(self.tap.zone(account))
        row.pop("ad_account_id", None)
        return super().prepare(row, account)


OBJECTS = (Campaigns, AdGroups, Ads)
