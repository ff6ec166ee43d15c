"""The emulator is there when it is asked for, gone afterwards, and its gaps are filled."""

from __future__ import annotations

import gzip
import io
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import bigquery

from tests.emulator import launcher


def test_given_a_running_emulator_then_its_gaps_are_filled_and_it_is_gone_afterwards() -> None:
    with launcher.running_emulator() as emulator:
        client = bigquery.Client("p", AnonymousCredentials(), client_options={"api_endpoint": emulator.host})
        client.create_dataset("d")
        client.query("CREATE TABLE d.t (id INT64, doc JSON)").result()
        client.query("INSERT INTO d.t VALUES (9007199254740993, JSON '{}')").result()

        def types() -> dict[str, str]:
            return {field.name: field.field_type for field in client.get_table("p.d.t").schema}

        assert types()["doc"] == "JSON"
        client.query("ALTER TABLE d.t ADD COLUMN by_sql STRING").result()
        assert types()["by_sql"] == "STRING"
        table = client.get_table("p.d.t")
        table.schema = [*table.schema, bigquery.SchemaField("by_patch", "NUMERIC")]
        client.update_table(table, ["schema"])
        client.query("UPDATE d.t SET by_patch = NUMERIC '0.000000001' WHERE TRUE").result()
        client.query("ALTER TABLE d.t ALTER COLUMN id SET DATA TYPE NUMERIC").result()
        packed = io.BytesIO(
            gzip.compress(b'{"id": 1, "by_sql": "new"}\n{"id": 9007199254740993, "by_sql": "changed"}\n')
        )
        fields = [bigquery.SchemaField("id", "INT64"), bigquery.SchemaField("by_sql", "STRING")]
        config = bigquery.LoadJobConfig(source_format="NEWLINE_DELIMITED_JSON", schema=fields)
        client.load_table_from_file(packed, "p.d.staged", job_config=config).result()
        client.query(
            "MERGE d.t AS target USING d.staged AS source ON target.id = source.id "
            "WHEN MATCHED THEN UPDATE SET target.`id` = source.`id`, target.`by_sql` = source.`by_sql` "
            "WHEN NOT MATCHED THEN INSERT (`id`) VALUES (source.`id`); DROP TABLE d.staged;"
        ).result()
        assert [tuple(r) for r in client.query("SELECT by_sql FROM d.t ORDER BY id").result()] == [
            (None,),
            ("changed",),
        ]
        client.query("DELETE FROM d.t WHERE id = 1").result()
        [row] = client.query("SELECT id, by_patch, ST_X(ST_GEOGPOINT(100.5, 13.7)) AS x FROM d.t").result()
        assert (str(row.id), f"{row.by_patch:f}", row.x) == ("9007199254740993.000000000", "0.000000001", 100.5)
        client.close()
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(emulator.host, timeout=5)


def test_given_start_and_stop_then_the_commands_can_be_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launcher, "_STATE", tmp_path / "emulator.json")
    port = launcher.free_port()
    launcher.start(port)
    try:
        launcher.start(port)
        assert launcher._running()[1] == port
    finally:
        launcher.stop()
    launcher.stop()
    assert launcher._running() is None


def test_given_a_port_in_use_then_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launcher, "_STATE", tmp_path / "emulator.json")
    monkeypatch.setattr(launcher, "_answers", lambda port: True)
    with pytest.raises(launcher.EmulatorError, match="port 9050 is in use"):
        launcher.start(9050)
