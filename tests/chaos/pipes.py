"""Taps that load into DuckDB under a supervisor that can be killed, and what the tables must then hold."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb

from talat_sandbox.testing import Sandbox
from tap_toolkit.ledger import LEDGER
from tap_toolkit.testing import discover, executable
from tap_toolkit.windows import Window, instant, merge, subtract
from tests.chaos import supervisor
from tests.chaos.supervisor import Kill, Order
from tests.subjects import Config, Subject

# Five seconds pass in the target before it loads for a STATE's sake, which is longer than these runs: here it loads at
# every one, so that there are states between which to die.
EAGER = """
from talat_warehouse.duckdb import TargetDuckDB
TargetDuckDB.state_seconds = 0.0
TargetDuckDB.cli()
"""
SECONDS = 120

Rows = Counter[tuple[str, ...]]
#: Spans of time by stream and account.
Spans = dict[tuple[str, str], list[Window]]


class Tables:
    """What was loaded of a subject into a DuckDB file."""

    def __init__(self, subject: Subject, path: Path) -> None:
        self.subject, self.path = subject, path
        self._open: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def opened(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """All queries inside this block go through one connection; while there is one, nobody can load."""
        if self._open:
            yield self._open
            return
        # Opening is most of what a query costs here, and its threads would outnumber its rows.
        with duckdb.connect(str(self.path), read_only=True, config={"threads": 1}) as self._open:
            try:
                yield self._open
            finally:
                self._open = None

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows by column."""
        with self.opened() as connection:
            result = connection.execute(sql)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def names(self) -> list[str]:
        """The tables that are there."""
        schema = self.subject.schema
        found = self.query(f"select table_name from information_schema.tables where table_schema = '{schema}'")
        return sorted(row["table_name"] for row in found)

    def rows(self, table: str) -> Rows:
        """Each row of a table as texts, without the loader's own columns, and how often it is there."""
        rows = self.query(f"select * from {self.subject.schema}.{table}")
        names = sorted(name for name in (rows[0] if rows else {}) if not name.startswith("_sdc_"))
        return Counter(tuple(f"{name}={row[name]}" for name in names) for row in rows)

    def recorded(self, *, last_run: bool = False) -> Spans:
        """What the ledger calls read, in all runs or the last."""
        done: Spans = defaultdict(list)
        ledger = f"{self.subject.schema}.sync_windows"
        rows = self.query(
            "select stream, account_id, strftime(window_start, '%Y-%m-%dT%H:%M:%SZ') as first, "
            f"strftime(window_end, '%Y-%m-%dT%H:%M:%SZ') as last from {ledger} where status = 'done' "
            + (f"and run_id = (select arg_max(run_id, _sdc_sequence) from {ledger}) " if last_run else "")
        )
        for row in rows:
            done[row["stream"], row["account_id"]].append(Window(instant(row["first"]), instant(row["last"])))
        merged = {place: merge(windows) for place, windows in done.items()}
        return {place: windows for place, windows in merged.items() if windows}


class Pipeline:
    """A tap and target-duckdb with everything of theirs in a folder: settings, state, database and logs."""

    def __init__(self, subject: Subject, config: Config, folder: Path, *, eager: bool = False) -> None:
        self.subject, self.config, self.folder = subject, config, folder
        folder.mkdir(parents=True, exist_ok=True)
        self.tables = Tables(subject, folder / "warehouse.duckdb")
        self.state_file, self.handed_on_file = folder / "state.json", folder / "handed_on.jsonl"
        self.tap_log, self.target_log = folder / "tap.log", folder / "target.log"
        (folder / "tap.json").write_text(json.dumps(config), encoding="utf-8")
        target = {"path": str(self.tables.path), "default_target_schema": subject.schema}
        (folder / "target.json").write_text(json.dumps(target), encoding="utf-8")
        self.seconds = 0.0
        self.began_with: dict[str, Any] = {}
        self._target = [sys.executable, "-c", EAGER] if eager else [executable("target-duckdb")]

    def run(self, kill: Kill | None = None) -> int:
        """Run to the end, or to the kill and until nobody is left; the supervisor's exit code."""
        self.began_with = self.state
        self.handed_on_file.write_bytes(b"")
        order, pids = self.folder / "order.json", self.folder / "pids"
        pids.unlink(missing_ok=True)
        wanted = Order(
            tap=[executable(self.subject.name), "--config", str(self.folder / "tap.json")],
            target=[*self._target, "--config", str(self.folder / "target.json")],
            state=str(self.state_file),
            handed_on=str(self.handed_on_file),
            tap_log=str(self.tap_log),
            target_log=str(self.target_log),
            pids=str(pids),
            kill=kill,
        )
        order.write_text(json.dumps(asdict(wanted)), encoding="utf-8")
        began = time.monotonic()
        command = [sys.executable, supervisor.__file__, str(order)]
        done = subprocess.run(command, start_new_session=True, timeout=SECONDS, check=False)
        self.seconds = time.monotonic() - began
        if pids.exists():
            wait_until_gone(map(int, pids.read_text().split()))
        return done.returncode

    @property
    def log(self) -> str:
        """What both wrote to stderr."""
        return self.tap_log.read_text("utf-8") + self.target_log.read_text("utf-8")

    @property
    def state(self) -> dict[str, Any]:
        """The state that was kept; empty when there is none."""
        state: dict[str, Any] = json.loads(self.state_file.read_text("utf-8")) if self.state_file.exists() else {}
        return state

    def lost(self) -> Counter[tuple[str, str]]:
        """How many windows of a stream and account the tap has read and the kept state does not know of."""
        kept, lost = spans(self.state), Counter[tuple[str, str]]()
        before = spans(self.began_with)
        for line in self.handed_on_file.read_text("utf-8").splitlines():
            now = spans(json.loads(line)["value"])
            moved = [place for place, read in now.items() if before.get(place) != read]
            lost.update(place for place in moved if subtract(now[place], kept.get(place, [])))
            before = now
        return lost


class Expected:
    """What must be in the tables in the end, whatever was killed: the truth, and what a quiet run loads."""

    def __init__(self, sandbox: Sandbox, quiet: Pipeline) -> None:
        self.subject, self.quiet = quiet.subject, quiet
        self.keys: dict[str, list[str]] = {
            stream["tap_stream_id"]: stream["key_properties"]
            for stream in discover(quiet.subject.name, quiet.config)["streams"]
        }
        self.truth = {table.stream: table.expected(sandbox) for table in quiet.subject.tables}
        assert all(self.truth.values())
        assert quiet.run() == 0, quiet.log
        self.seconds = quiet.seconds
        with quiet.tables.opened():
            loaded = {name: quiet.tables.rows(name) for name in quiet.tables.names()}
        self.messages = sum(rows.total() for rows in loaded.values())
        # The ledger tells of the run, and snapshots of its day: these differ from run to run.
        self.alike = set(loaded) - {*LEDGER, *self.subject.snapshots}
        self.rows = {name: loaded[name] for name in self.alike}
        self.check(quiet.tables, quiet.state)

    @functools.cached_property
    def again(self) -> dict[tuple[str, str], timedelta]:
        """How far back every run reads again what was read."""
        assert self.quiet.run() == 0, self.quiet.log
        self.check(self.quiet.tables, self.quiet.state)
        before = spans(self.quiet.began_with)
        found = self.quiet.tables.recorded(last_run=True)
        return {place: before[place][-1].end - windows[0].start for place, windows in found.items()}

    def check(self, tables: Tables, state: dict[str, Any]) -> None:
        """Nothing is lost, nothing is there twice, and the state promises nothing that is not there."""
        with tables.opened():
            names = tables.names()
            for table in self.subject.tables:
                rows = tables.query(f"select {', '.join(table.fields)} from {self.subject.schema}.{table.stream}")
                assert table.found(rows) == self.truth[table.stream], table.stream
            assert {name: tables.rows(name) for name in names if name in self.alike} == self.rows
            for name in names:
                keys = ", ".join(self.keys[name])
                twice = f"select {keys} from {self.subject.schema}.{name} group by all having count(*) > 1"
                assert not tables.query(twice), name
            self.check_acknowledged(tables, state)

    @staticmethod
    def check_acknowledged(tables: Tables, state: dict[str, Any]) -> None:
        """What the state calls read is loaded, for the ledger in the database knows of it."""
        kept = spans(state)
        loaded = tables.recorded() if kept else {}
        for place, covered in kept.items():
            assert not subtract(covered, loaded.get(place, [])), place

    def check_reread(self, pipeline: Pipeline) -> None:
        """The last run has read again only what was not acknowledged, and what every run reads again."""
        kept = spans(pipeline.began_with)
        for place, windows in pipeline.tables.recorded(last_run=True).items():
            if covered := kept.get(place):
                # Reports begin with a day, wherever the look-back ends.
                latest = covered[-1].end - self.again.get(place, timedelta(0)) - timedelta(days=1)
                again = subtract(covered, subtract(covered, windows))
                assert all(window.start >= latest for window in again), (place, again, covered)


def spans(state: dict[str, Any]) -> Spans:
    """What a state calls read."""
    return {
        (stream, account): [Window(instant(start), instant(end)) for start, end in value["covered"]]
        for stream, entry in state.get("bookmarks", {}).items()
        for account, value in entry.get("accounts", {}).items()
    }


def wait_until_gone(pids: Iterable[int]) -> None:
    """Wait for orphans: nobody kills them, they end because nobody reads or writes any more."""
    until = time.monotonic() + SECONDS
    for pid in pids:
        while _runs(pid):
            assert time.monotonic() < until, "a process outlives its supervisor"
            time.sleep(0.02)


def _runs(pid: int) -> bool:
    """Whether a process, or a thread that it leaves behind and that holds its locks, is there."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return False
    state, threads = fields[0], int(fields[17])
    return state != "Z" or threads > 1
