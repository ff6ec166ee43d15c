"""Both engines behind one face, so that every case of the contract runs on both."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from talat_warehouse.bigquery import TargetBigQuery
from talat_warehouse.duckdb import TargetDuckDB
from talat_warehouse.target import WarehouseTarget
from tests.emulator.launcher import Emulator, running_emulator

Message = dict[str, Any] | str


@dataclass
class Warehouse:
    """One empty warehouse."""

    engine: str
    target: type[WarehouseTarget]
    config: dict[str, Any]
    ask: Callable[[str], tuple[list[str], list[tuple[Any, ...]]]]
    name: Callable[[str], str]
    environment: dict[str, str] = field(default_factory=dict)

    def open(self, **config: Any) -> WarehouseTarget:
        """A target in this process."""
        return self.target(config={**self.config, **config})

    def load(self, messages: list[Message], **config: Any) -> list[Any]:
        """Load messages in this process; the states written."""
        target = self.open(**config)
        out = io.StringIO()
        try:
            with redirect_stdout(out):
                target.listen(io.StringIO(lines(messages)))
        finally:
            target.close()
        return [json.loads(line) for line in out.getvalue().splitlines()]

    def command(
        self, messages: list[Message], code: str | None = None, *, ends_whole: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Load messages by the real command, or by a Python program that stands for it; the last may lack its end."""
        config = Path(self.environment["TMPDIR"]) / "config.json"
        config.write_text(json.dumps(self.config))
        module = self.target.__module__
        code = f"from {module} import {self.target.__name__} as Target\n{code or ''}\nTarget.cli()"
        return subprocess.run(
            [sys.executable, "-c", code, "--config", str(config)],
            input=lines(messages) if ends_whole else lines(messages).removesuffix("\n"),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, **self.environment},
        )

    def rows(self, stream: str, order: str = "1") -> list[dict[str, Any]]:
        """A stream's rows, without metadata columns; times aware, nested values as JSON text."""
        names, rows = self.ask(f"SELECT * FROM {self.name(stream)} ORDER BY {order}")
        return [
            {name: _plain(value) for name, value in zip(names, row, strict=True) if not name.startswith("_sdc_")}
            for row in rows
        ]

    def one(self, sql: str) -> Any:
        """The single value of a query."""
        return self.ask(sql)[1][0][0]

    def columns(self, stream: str) -> dict[str, str]:
        """Column → type, as the engine's own metadata says."""
        schema, table = self.name(stream).replace('"', "").replace("`", "").split(".")
        if self.engine == "bigquery":
            found = _client(self.environment["BIGQUERY_EMULATOR_HOST"]).get_table(f"p.{schema}.{table}")
            return {f.name: f.field_type for f in found.schema}
        rows = self.ask(
            f"SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = '{schema}' "
            f"AND table_name = '{table}' ORDER BY ordinal_position"
        )[1]
        return dict(rows)


def lines(messages: list[Message]) -> str:
    """Messages as a tap writes them; a str is a line as it is."""
    texts = (m if isinstance(m, str) else json.dumps(m, ensure_ascii=False) for m in messages)
    return "".join(text + "\n" for text in texts)


def schema(stream: str, keys: list[str] | None = None, /, **properties: Any) -> Message:
    """A SCHEMA message; a property may be a type's name alone."""
    full = {n: {"type": [p, "null"]} if isinstance(p, str) else p for n, p in properties.items()}
    return {"type": "SCHEMA", "stream": stream, "schema": {"properties": full}, "key_properties": keys or []}


def record(stream: str, /, **values: Any) -> Message:
    """A RECORD message."""
    return {"type": "RECORD", "stream": stream, "record": values, "time_extracted": "2026-01-31T12:00:00Z"}


def raw_record(stream: str, text: str) -> Message:
    """A RECORD message whose record is this very text."""
    return f'{{"type":"RECORD","stream":"{stream}","record":{text}}}'


def state(value: Any) -> Message:
    """A STATE message."""
    return {"type": "STATE", "value": {"at": value}}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value


def _client(host: str) -> bigquery.Client:
    return bigquery.Client("p", AnonymousCredentials(), client_options={"api_endpoint": host})


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with running_emulator() as running:
        yield running


def duckdb_warehouse(folder: Path) -> Warehouse:
    path = folder / "warehouse.duckdb"

    def ask(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        with duckdb.connect(str(path), read_only=True) as db:
            found = db.execute(sql)
            return [column[0] for column in found.description or []], found.fetchall()

    config = {"path": str(path), "default_target_schema": "raw"}
    environment = {"TMPDIR": str(folder)}
    return Warehouse("duckdb", TargetDuckDB, config, ask, lambda stream: f'raw."{stream}"', environment)


def bigquery_warehouse(folder: Path, host: str) -> Warehouse:
    dataset = f"raw_{uuid.uuid4().hex[:8]}"

    def ask(sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        client = _client(host)
        result = client.query(sql).result()
        rows = [tuple(row.values()) for row in result]
        client.close()
        return [f.name for f in result.schema], rows

    config = {"project": "p", "dataset": dataset}
    environment = {"TMPDIR": str(folder), "BIGQUERY_EMULATOR_HOST": host}
    return Warehouse("bigquery", TargetBigQuery, config, ask, lambda stream: f"`{dataset}`.`{stream}`", environment)


@pytest.fixture(params=["duckdb", "bigquery"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    if request.param == "duckdb":
        return duckdb_warehouse(tmp_path)
    host = request.getfixturevalue("emulator").host
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", host)
    return bigquery_warehouse(tmp_path, host)


@pytest.fixture
def duck(tmp_path: Path) -> Warehouse:
    return duckdb_warehouse(tmp_path)
