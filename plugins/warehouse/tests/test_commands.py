"""The two commands as Meltano runs them: exit codes, one sentence, crashes."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import pytest
from singer_sdk.plugin_base import _ConfigInput

from talat_warehouse.bigquery import TargetBigQuery
from talat_warehouse.errors import WarehouseError

from .conftest import Message, Warehouse, lines, raw_record, record, schema, state

ITEM = schema("items", ["id"], id="integer", name="string")
RUN: list[Message] = [ITEM, record("items", id=1, name="a"), record("items", id=2, name="b"), state(1)]

KILL = "import os, signal; die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
BEFORE_STATE = KILL + "Target._write_state_message = die"
BEFORE_COMMIT = {
    # After the rows went in, before the transaction ends; after the load job, before MERGE.
    "duckdb": KILL + "import talat_warehouse.duckdb as d\nold = d.DuckDBEngine._replace\n"
    "d.DuckDBEngine._replace = lambda *a: (old(*a), die())",
    "bigquery": KILL + "import talat_warehouse.bigquery as b\nb.BigQueryEngine._merge = die",
}  # fmt: skip


def errors(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What a command said at level ERROR."""
    assert "Traceback" not in done.stderr
    return re.findall(r"\| ERROR +\| \S+ +\| (.*)", done.stderr)


def test_given_a_kill_between_load_and_state_then_the_next_run_stays_exact(warehouse: Warehouse) -> None:
    killed = warehouse.command(RUN, BEFORE_STATE)
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "")
    assert [row["name"] for row in warehouse.rows("items")] == ["a", "b"]
    done = warehouse.command(RUN)
    assert (done.returncode, done.stdout) == (0, '{"at":1}\n')
    assert [row["name"] for row in warehouse.rows("items")] == ["a", "b"]


def test_given_a_kill_in_the_middle_of_a_load_then_nothing_of_the_batch_is_there(warehouse: Warehouse) -> None:
    warehouse.load([ITEM, record("items", id=1, name="before")])
    killed = warehouse.command(RUN, BEFORE_COMMIT[warehouse.engine])
    assert (killed.returncode, killed.stdout) == (-signal.SIGKILL, "")
    assert [row["name"] for row in warehouse.rows("items")] == ["before"]
    assert warehouse.load(RUN) == [{"at": 1}]
    assert [row["name"] for row in warehouse.rows("items")] == ["a", "b"]


def test_given_a_bad_record_then_exit_code_1_one_sentence_and_no_state(warehouse: Warehouse) -> None:
    done = warehouse.command([*RUN, raw_record("items", '{"id":"PRIVATE"}'), state(2)])
    assert (done.returncode, done.stdout) == (1, "")
    [sentence] = errors(done)
    assert sentence.startswith("Stream 'items': field 'id' of a record is not a whole number")
    assert "PRIVATE" not in done.stderr


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("PRIVATE log line", "line 2 of the input is not a Singer message"),
        ('{"type":"PUZZLE"}', "line 2 of the input has the unknown message type 'PUZZLE'"),
        (record("nowhere", id="PRIVATE"), "Stream 'nowhere': a record came before its schema"),
        ({"type": "SCHEMA", "stream": "x"}, "a SCHEMA message has no stream or no schema"),
    ],
)
def test_given_input_that_is_not_singer_then_one_sentence_without_the_input(
    duck: Warehouse, line: Message, says: str
) -> None:
    with pytest.raises(WarehouseError) as error:
        duck.load([ITEM, line, state(1)])
    assert str(error.value).startswith(says)
    assert "PRIVATE" not in str(error.value)


ENDLESS = {
    "duckdb": "import talat_warehouse.duckdb as w\n"
    "def endless(self, *_):\n    print('loading', flush=True)\n"
    "    self._db.execute('SELECT count(*) FROM range(1000000000000)')\n"
    "w.DuckDBEngine._replace = endless\n",
    "bigquery": "import time\nimport talat_warehouse.bigquery as w\n"
    "def endless(*_):\n    print('loading', flush=True)\n    time.sleep(600)\n"
    "w.BigQueryEngine._merge = endless\n",
}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_given_a_stop_signal_while_a_batch_is_loaded_then_nobody_waits_and_no_state_is_written(
    warehouse: Warehouse, number: signal.Signals
) -> None:
    code = f"{ENDLESS[warehouse.engine]}w.{warehouse.target.__name__}.cli()"
    with started(warehouse, code, batch_size_rows=2) as process:
        assert process.stdout
        assert process.stdout.readline() == b"loading\n"
        process.send_signal(number)
        stopped = time.monotonic()
        out, log = process.communicate(timeout=120)
        assert time.monotonic() - stopped < 60
    assert (process.returncode, out) == (128 + number, b"")
    assert f"Stopped by signal {number}".encode() in log
    assert b"Traceback" not in log
    assert warehouse.rows("items") == []


def test_given_a_stop_signal_then_no_state_and_a_code_that_is_not_zero(duck: Warehouse) -> None:
    with started(duck, "from talat_warehouse.duckdb import TargetDuckDB; TargetDuckDB.cli()") as process:
        deadline = time.monotonic() + 60
        # The table is made when the schema was read: from then on the command reads messages.
        while not Path(duck.config["path"]).exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        out, log = process.communicate(timeout=60)
    assert (process.returncode, out) == (128 + signal.SIGTERM, b"")
    assert b"Stopped by signal 15" in log
    assert not [*Path(duck.environment["TMPDIR"]).glob("target-duckdb-*")]


@contextmanager
def started(warehouse: Warehouse, code: str, **config: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A command that has got some messages and waits for more."""
    path = Path(warehouse.environment["TMPDIR"]) / "config.json"
    path.write_text(json.dumps({**warehouse.config, **config}))
    environment = {**os.environ, **warehouse.environment}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code, "--config", str(path)], stdin=pipe, stdout=pipe, stderr=pipe, env=environment
    ) as process:
        assert process.stdin
        process.stdin.write(lines(RUN).encode())
        process.stdin.flush()
        yield process


def test_given_a_file_that_is_in_use_or_no_database_then_one_sentence_before_anything_is_read(duck: Warehouse) -> None:
    path = Path(duck.config["path"])
    with duckdb.connect(str(path)):
        [sentence] = errors(duck.command(RUN))
    assert sentence == f"The DuckDB file {path} is in use by process {os.getpid()}; close that one and run again."
    for content, says in [(b"not a database at all" * 99, "cannot be opened for writing")]:
        path.write_bytes(content)
        [sentence] = errors(duck.command(RUN))
        assert says in sentence


def test_given_a_data_file_as_path_then_it_is_refused(duck: Warehouse, tmp_path: Path) -> None:
    # DuckDB would open it, in memory, and all that is loaded would be gone.
    duck.config["path"] = str(tmp_path / "data.jsonl")
    Path(duck.config["path"]).write_text('{"a":1}\n')
    done = duck.command(RUN)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is data, and no DuckDB database" in errors(done)[0]


def test_given_a_folder_that_is_not_there_then_it_is_made(duck: Warehouse, tmp_path: Path) -> None:
    duck.config["path"] = str(tmp_path / "new" / "folder" / "w.duckdb")
    assert duck.load(RUN) == [{"at": 1}]
    duck.config["path"] = "/proc/none/w.duckdb"
    assert errors(duck.command(RUN))[0].startswith("The folder /proc/none cannot be made (")


@pytest.mark.parametrize("name", ["raw.duckdb", "it's a file.duckdb", "memory"])
def test_given_a_file_of_any_name_then_it_is_loaded(duck: Warehouse, tmp_path: Path, name: str) -> None:
    # DuckDB calls a file by its name, and so could not tell raw.duckdb from the schema raw in it.
    duck.config["path"] = str(tmp_path / name)
    assert duck.load(RUN) == duck.load(RUN) == [{"at": 1}]
    with duckdb.connect(":memory:") as db:
        db.execute(f"ATTACH '{duck.config['path'].replace(chr(39), chr(39) * 2)}' AS w (READ_ONLY)")
        assert db.execute("SELECT id, name FROM w.raw.items ORDER BY id").fetchall() == [(1, "a"), (2, "b")]
    assert [file.name for file in tmp_path.glob(f"{name}*")] == [name]


def test_given_no_schema_setting_then_the_streams_prefix_is_the_schema(duck: Warehouse) -> None:
    del duck.config["default_target_schema"]
    items = {**ITEM, "stream": "shop-items"} if isinstance(ITEM, dict) else ITEM
    duck.load([ITEM, items, record("items", id=1), record("shop-items", id=2)])
    assert [duck.one("SELECT id FROM main.items"), duck.one("SELECT id FROM shop.items")] == [1, 2]


def test_given_a_table_of_someone_else_then_it_is_left_alone(warehouse: Warehouse) -> None:
    warehouse.load([schema("seen", ["id"], id="integer")])
    if warehouse.engine == "duckdb":
        with duckdb.connect(warehouse.config["path"]) as db:
            db.execute("CREATE TABLE raw.items (id INTEGER)")
    else:
        warehouse.ask(f"CREATE TABLE {warehouse.name('items')} (id INT64)")
    [sentence] = errors(warehouse.command(RUN))
    assert "was made by something else" in sentence
    assert warehouse.columns("items").keys() == {"id"}


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that gives every request this answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b'{"error":{"message":"Not found: Project p"}}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - http.server's own spelling

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Google:
    """target-bigquery in this process, without credentials of this machine."""

    log: pytest.LogCaptureFixture
    monkeypatch: pytest.MonkeyPatch

    def run(self, settings: dict[str, Any], host: str | None = None) -> str:
        """The one sentence with which it ends, having read nothing."""
        if host:
            self.monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", host)
        source = io.StringIO(lines(RUN))
        with pytest.raises(SystemExit) as end:
            TargetBigQuery.invoke(config=_ConfigInput(config=settings), file_input=source)
        assert (end.value.code, source.tell()) == (1, 0)
        [sentence] = [entry.getMessage() for entry in self.log.records if entry.levelname == "ERROR"]
        assert "PRIVATE" not in self.log.text
        return sentence


@pytest.fixture
def google(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Google:
    monkeypatch.setattr("talat_warehouse.bigquery.first_seconds", 0.5)
    monkeypatch.delenv("BIGQUERY_EMULATOR_HOST", raising=False)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    return Google(caplog, monkeypatch)


SETTINGS = {"project": "p", "dataset": "raw"}


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"dataset": "raw"}, "'project' is a required property"),
        (SETTINGS | {"dataset": "a-b"}, "The dataset 'a-b' is no name that BigQuery allows"),
        (SETTINGS, "No Google credentials were found; set `credentials_path`"),
        (SETTINGS | {"credentials_path": "/nowhere.json"}, "The file of `credentials_path` cannot be read"),
        (SETTINGS | {"credentials_json": '{"private_key":"PRIVATE"}'}, "`credentials_json` is not the key of"),
        (SETTINGS | {"credentials_json": {"private_key": "PRIVATE"}}, "'credentials_json' has a value that is not"),
    ],
)
def test_given_settings_that_cannot_work_then_one_sentence_that_says_how_to_mend_them(
    google: Google, settings: dict[str, Any], says: str
) -> None:
    assert says in google.run(settings)


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (401, "Google did not accept the credentials"),
        (403, "The account may not use dataset 'raw' of project 'p'"),
        (404, "The Google Cloud project 'p' was not found"),
        (500, "BigQuery failed on the first request (status 500)"),
    ],
)
def test_given_an_answer_that_refuses_then_one_sentence(google: Google, status: int, says: str) -> None:
    with answering(status) as host:
        assert google.run(SETTINGS, host).startswith(says)


def test_given_no_server_then_one_sentence(google: Google) -> None:
    with answering(200) as host:
        pass
    assert google.run(SETTINGS, host).startswith(f"BigQuery at {host} cannot be reached")


@pytest.mark.parametrize("module", ["duckdb.TargetDuckDB", "bigquery.TargetBigQuery"])
def test_given_about_then_every_setting_is_described_and_secrets_are_marked(module: str) -> None:
    file, name = module.split(".")
    code = f"from talat_warehouse.{file} import {name}; {name}.cli()"
    done = subprocess.run(
        [sys.executable, "-c", code, "--about", "--format", "json"], capture_output=True, text=True, check=True
    )
    about = json.loads(done.stdout)
    settings = about["settings"]["properties"]
    assert all(setting.get("title") and setting.get("description") for setting in settings.values())
    assert {name for name, setting in settings.items() if setting.get("secret")} == {"credentials_json"} & {*settings}
    assert "load_method" not in settings
