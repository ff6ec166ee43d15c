"""No secret and no person's data in anything a run leaves: messages, logs at DEBUG, states, tables, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import executable, run, run_tap
from tests.chaos.artefacts import assert_clean
from tests.chaos.conftest import Open
from tests.chaos.pipes import Pipeline
from tests.chaos.running import consent
from tests.subjects import NAMES, SUBJECTS, Subject

PERSON = "PII-0812345678"
EVERYTHING_SAID = {"LOGLEVEL": "DEBUG"}


@pytest.fixture
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening(latency_ms=0, days=20) as running:
        yield running


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_a_run_in_which_everything_goes_wrong_once_tells_nothing(
    subject: Subject, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in EVERYTHING_SAID.items():
        monkeypatch.setenv(name, value)
    pipeline = Pipeline(subject, subject.config(sandbox, tmp_path), tmp_path)
    general = [
        {"kind": "http_status", "status": 502},
        {"kind": "reset"},
        {"kind": "truncate"},
        {"kind": "truncate", "honest_length": True},
        {"kind": "latency", "ms": 10},
        {"kind": "error", "code": "4711", "message": "nobody has documented this"},
    ]
    sandbox.faults(*({**fault, "after": 2 * n, "match": {"path": subject.calls[0]}} for n, fault in enumerate(general)))
    sandbox.faults(*({**fault, "after": 3} for fault in subject.troubles))
    spoilt = [
        {"kind": "bad_record", "field": subject.tables[0].fields[1]},
        {"kind": "unknown_field", "field": "buyer_phone", "value": PERSON},
        {"kind": "future_update_time"},
    ]
    sandbox.faults(*({**fault, "times": 3, "match": {"path": path}} for fault in spoilt for path in subject.calls))
    pipeline.run()
    struck = sandbox.stats()["faults"]
    assert len(struck) >= 7, struck
    for level in ("DEBUG", "WARNING", "Retrying"):
        assert level in pipeline.log
    assert "buyer_phone" not in str(pipeline.tables.query(f"describe {subject.schema}.{subject.tables[0].stream}"))
    sandbox.revoke(account=subject.accounts(sandbox)[0])
    sandbox.expire_tokens(platform=subject.served_by)
    assert pipeline.run() == 1, "nobody can be read without a person"
    assert subject.mend in pipeline.log
    assert_clean(subject, sandbox, tmp_path)


# Those that have keys, or tokens without an end, renew nothing.
@pytest.mark.parametrize("subject", [s for s in SUBJECTS if s.dead_token and s.renews], ids=lambda s: s.name)
def test_a_platform_that_repeats_the_token_it_refuses_to_renew_does_not_make_it_known(
    subject: Subject, sandbox: Sandbox, tmp_path: Path
) -> None:
    given = subject.config(sandbox, tmp_path, token_store=str(tmp_path / "tokens"))
    config = {name: value for name, value in given.items() if name not in ("refresh_tokens", "access_token")}
    for choice in subject.choices(sandbox):
        consent(subject, config, tmp_path, choice)
    secret = "S3CRET" * 8
    if not subject.consents:
        config["refresh_token"] = secret
    for file in (tmp_path / "tokens").glob("*.json"):
        record = json.loads(file.read_text())
        soon = datetime.now(UTC) + timedelta(seconds=1)
        record["tokens"] |= {"access_token": secret, "refresh_token": secret, "expires_at": soon.isoformat()}
        file.write_text(json.dumps(record))
    code = subject.dead_token
    sandbox.faults({**code, "message": f"no such token: {secret}", "match": {"path": subject.token}, "times": None})
    for args in ((), ("--test",)):
        done = run_tap(subject.name, config, *args, env=EVERYTHING_SAID)
        assert done.exit_code == 1
        assert "no such token" in done.log
        assert "S3CRET" not in done.stdout + done.log
        assert_clean(subject, sandbox, done.stdout, done.log)


def test_a_target_that_refuses_a_record_does_not_quote_it(tmp_path: Path) -> None:
    schema = {"properties": {"id": {"type": "integer"}, "seen_at": {"type": "string", "format": "date-time"}}}
    start = [{"type": "SCHEMA", "stream": "people", "schema": schema, "key_properties": ["id"]}]
    config = tmp_path / "target.json"
    config.write_text(json.dumps({"path": str(tmp_path / "people.duckdb")}))
    for record in ({"id": PERSON, "seen_at": None}, {"id": 1, "seen_at": PERSON}, {"id": None, "name": PERSON}):
        lines = "".join(
            json.dumps(m) + "\n" for m in [*start, {"type": "RECORD", "stream": "people", "record": record}]
        )
        done = run(executable("target-duckdb"), "--config", str(config), stdin=lines, env=EVERYTHING_SAID)
        assert done.exit_code == 1
        assert "people" in done.log
        assert PERSON not in done.log + done.stdout


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_the_search_finds_what_is_there(subject: Subject, sandbox: Sandbox, tmp_path: Path) -> None:
    assert_clean(subject, sandbox, tmp_path, "0.1199000123 https://host/path")
    with duckdb.connect(str(tmp_path / "x.duckdb")) as db:
        db.sql("create table t as select {'name': 'PII-Somchai'} as nested")
    for bad in (tmp_path, *subject.secrets(sandbox), "buyer 119900012345", "/api?access_token=1", "x PII-Somchai"):
        with pytest.raises(AssertionError):
            assert_clean(subject, sandbox, bad)
    (tmp_path / "x.duckdb").unlink()
    (tmp_path / "log").write_text(subject.secrets(sandbox)[0])
    with pytest.raises(AssertionError, match="log"):
        assert_clean(subject, sandbox, tmp_path)
    (tmp_path / "log").unlink()
