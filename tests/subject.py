"""What the suites of the whole know of a tap, and of the tables that the truth knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from talat_sandbox.testing import Sandbox

Config = dict[str, Any]
Row = Mapping[str, Any]
Key = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A stream whose rows the truth knows.

    ``keys`` and ``values`` are fields of the record and the columns of the truth's table that must equal them;
    ``only`` says which rows of the truth the stream has; ``call`` is a part of the path whose answers, and no others,
    bear its rows, where there is one. ``summed``: rows of the truth that share a key are one here, of their sums.
    """

    stream: str
    truth: str
    keys: Mapping[str, str]
    values: Mapping[str, str] = field(default_factory=dict)
    only: Callable[[Row], bool] = lambda row: True
    call: str = ""
    summed: bool = False

    @property
    def fields(self) -> list[str]:
        """The record's fields that are compared, the key's first."""
        return [*self.keys, *self.values]

    def expected(self, sandbox: Sandbox, as_of: str | None = None) -> dict[Key, Key]:
        """What the stream must hold, at the sandbox's present moment or another: values by key, as texts."""
        rows: Iterable[Row] = filter(self.only, sandbox.truth(self.truth, as_of))
        if self.summed:
            rows = _summed(rows, list(self.keys.values()), list(self.values.values()))
        return _by_key(rows, self.keys.values(), self.values.values())

    def found(self, rows: Iterable[Row]) -> dict[Key, Key]:
        """The same of records, or of rows of a warehouse. Raises AssertionError for a key that comes twice."""
        return _by_key(rows, self.keys, self.values)

    def latest(self, records: Iterable[Row]) -> dict[Key, Key]:
        """The same of records of which the last with a key counts, as in a warehouse."""
        return self.found({tuple(record[name] for name in self.keys): record for record in records}.values())


@dataclass(frozen=True)
class Subject:
    """A tap. ``name`` is its executable, ``platform`` its name in the sandbox, ``accounts_setting`` names its accounts.

    ``listing``, ``detail``, ``token`` and ``dated`` are parts of the paths it calls, for plans of faults.
    """

    name: str
    platform: str
    settings: Callable[[Sandbox, Path], Config]
    accounts: Callable[[Sandbox], list[str]]
    accounts_setting: str
    tables: tuple[Table, ...]
    #: By what ``tables[0]`` is listed, asked for by ``method``, and the calls that bring its rows.
    listing: str
    detail: str
    #: The call that renews tokens.
    token: str
    #: Calls whose rows bear the time of their last change; empty where none does.
    dated: str
    #: What owners choose on the page of consent, one after the other, until all accounts can be read.
    choices: Callable[[Sandbox], list[str]]
    #: A token that has ended can be renewed.
    rotates: bool
    #: The fault that refuses to renew a token.
    dead_token: Mapping[str, Any]
    #: Parts of the paths of what brings the rows of ``tables``.
    calls: tuple[str, ...]
    #: Faults that only this platform knows, and that pass.
    troubles: tuple[Mapping[str, Any], ...]
    #: Streams whose rows are of the day or the moment at which they are read.
    snapshots: tuple[str, ...] = ()
    #: Fields that change while their row's time of change stands still.
    silent: tuple[str, ...] = ()
    #: Settings with which there are all streams that the tap brings ready-made.
    everything: Mapping[str, Any] = field(default_factory=dict)
    method: str = "GET"
    #: Unless it renews tokens, they have no end.
    renews: bool = True
    #: One that nobody consents to has keys, or a consent that was given elsewhere.
    consents: bool = True
    #: Said of an account that was withdrawn.
    mend: str = "authorize"
    #: Its listings have pages whose size the address names: of others, the taps' own tests know.
    paged: bool = True
    #: Tiny pages that its listings are read in: rows of each, and how many there are at least.
    tiny: tuple[int, int] = (3, 40)
    #: How the tap names a listing whose first page comes for ever.
    circles: str = "circles"
    #: Errors by which the platform says that there is nothing to read.
    nothing: tuple[str, ...] = ()
    #: Streams that ``listing`` lists; that of ``tables[0]`` where nothing is said.
    listed: tuple[str, ...] = ()
    #: What the sandbox calls the API that it is a part of, where that is another platform's.
    api: str = ""
    #: Gives back what an hour would, where many errors in one hour shut an account.
    refill: Callable[[Sandbox], None] = lambda sandbox: None
    #: So many rows it has at least, in per cent of Shopee's.
    share: int = 100

    @property
    def schema(self) -> str:
        """Where loaders put its tables, as in the project."""
        return f"raw_{self.platform}"

    @property
    def served_by(self) -> str:
        """Whose keys and tokens it has, as the sandbox names them."""
        return self.api or self.platform

    def config(self, sandbox: Sandbox, folder: Path, **more: Any) -> Config:
        """Settings to read the sandbox from before its opening to its clock; ``folder`` is for tokens."""
        health = sandbox.health()
        start = datetime.fromisoformat(health["opens"]) - timedelta(days=1)
        # An end date is not included.
        end = datetime.fromisoformat(health["as_of"]) + timedelta(seconds=1)
        span = {"start_date": f"{start:%Y-%m-%d}T00:00:00Z", "end_date": f"{end.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        return {"api_url": sandbox.url, **span, **self.settings(sandbox, folder), **more}

    def secrets(self, sandbox: Sandbox) -> list[str]:
        """Every text that may appear nowhere: keys and tokens of the platform, ids of apps not among them."""
        kinds: dict[str, list[str]] = sandbox.secrets()[self.served_by]
        return [secret for kind, secrets in kinds.items() if not kind.endswith("_id") for secret in secrets]

    @staticmethod
    def personal(sandbox: Sandbox) -> list[str]:
        """How planted personal data begin."""
        known = sandbox.secrets()
        return [*known["pii_markers"], known["pii_buyer_id_prefix"]]


def _by_key(rows: Iterable[Row], keys: Iterable[str], values: Iterable[str]) -> dict[Key, Key]:
    keys, values = list(keys), list(values)
    found: dict[Key, Key] = {}
    for row in rows:
        key = tuple(_text(row[name]) for name in keys)
        assert key not in found, f"{key} twice"
        found[key] = tuple(_text(row.get(name)) for name in values)
    return found


def _summed(rows: Iterable[Row], keys: Iterable[str], values: Iterable[str]) -> Iterable[Row]:
    sums: dict[Key, dict[str, Any]] = {}
    for row in rows:
        own = {name: row[name] for name in keys}
        found = sums.setdefault(tuple(own.values()), {**own, **dict.fromkeys(values, Decimal(0))})
        found.update({name: found[name] + Decimal(row[name]) for name in values})
    return sums.values()


def _text(value: Any) -> str:
    """A value in the one writing that the truth, JSON and a warehouse share."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    try:
        return format(Decimal(str(value)).normalize(), "f")
    except InvalidOperation:
        return str(value)


def of(platform: str) -> Callable[[Row], bool]:
    """Rows of one platform, where the truth has those of all."""
    return lambda row: row["platform"] == platform
