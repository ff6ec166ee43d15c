"""Tokens that end, rotate or are withdrawn while a whole tap runs, and taps that die or race on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import run_tap
from tests.chaos.artefacts import assert_clean
from tests.chaos.conftest import Open
from tests.chaos.running import check_complete, consent, running
from tests.subjects import SUBJECTS, Config, Subject

CONSENTED = [subject for subject in SUBJECTS if subject.consents]
ROTATING = [subject for subject in SUBJECTS if subject.rotates]


@pytest.fixture
def sandbox(opening: Open) -> Iterator[Sandbox]:
    """One a test: tokens that were withdrawn do not come back."""
    with opening(latency_ms=20) as running:
        yield running


@pytest.fixture
def alone(opening: Open) -> Iterator[Sandbox]:
    """One with one account, so that no other is renewed at the same moment."""
    with opening(latency_ms=20, shops=1) as running:
        yield running


def consented(subject: Subject, sandbox: Sandbox, folder: Path) -> Config:
    """Settings without any token: all come from the owners' consent."""
    given = subject.config(sandbox, folder)
    config = {name: value for name, value in given.items() if name not in ("refresh_tokens", "access_token")}
    config |= {"token_store": str(folder / "tokens"), "concurrency": 4}
    for choice in subject.choices(sandbox):
        consent(subject, config, folder, choice)
    return config


def token_calls(subject: Subject, sandbox: Sandbox) -> dict[str, int]:
    """How often tokens were asked for, by account."""
    calls = sandbox.stats()["calls"]
    return {account: n for path, counts in calls.items() if subject.token in path for account, n in counts.items()}


@pytest.mark.parametrize("subject", CONSENTED, ids=lambda subject: subject.name)
def test_tokens_that_end_in_the_middle_of_a_run_lose_nothing(
    subject: Subject, sandbox: Sandbox, tmp_path: Path
) -> None:
    config = consented(subject, sandbox, tmp_path)
    sandbox.reset_stats()
    with running(subject, config, sandbox, tmp_path / "run") as tap:
        tap.after(calls=15)
        sandbox.expire_tokens(platform=subject.served_by)
        run = tap.end()
    if subject.rotates:
        assert run.exit_code == 0, run.log
        assert token_calls(subject, sandbox) == dict.fromkeys(subject.accounts(sandbox), 1), "one refresh for each"
        check_complete(subject, sandbox, run)
    else:
        assert run.exit_code == 1
        assert f"`{subject.name} authorize`" in run.last_line
        for choice in subject.choices(sandbox):
            consent(subject, config, tmp_path, choice)
        again = run_tap(subject.name, config, state=run.state)
        assert again.exit_code == 0, again.log
        check_complete(subject, sandbox, run, again)
    assert "Traceback" not in run.log
    assert_clean(subject, sandbox, tmp_path)


@pytest.mark.parametrize("subject", [s for s in CONSENTED if s.renews], ids=lambda subject: subject.name)
def test_two_taps_that_renew_the_same_tokens_at_once_ask_once(
    subject: Subject, sandbox: Sandbox, tmp_path: Path
) -> None:
    config = consented(subject, sandbox, tmp_path)
    for file in (tmp_path / "tokens").glob("*.json"):
        let_end(file, timedelta(seconds=60))
    sandbox.reset_stats()
    with (
        running(subject, config, sandbox, tmp_path / "one") as one,
        running(subject, config, sandbox, tmp_path / "two") as two,
    ):
        for run in (one.end(), two.end()):
            assert run.exit_code == 0, run.log
            check_complete(subject, sandbox, run)
    assert sum(token_calls(subject, sandbox).values()) == len(subject.accounts(sandbox))
    assert_clean(subject, sandbox, tmp_path)


def let_end(file: Path, left: timedelta) -> None:
    """Let a stored token be an old one that has so much left."""
    now = datetime.now(UTC)
    record = json.loads(file.read_text())
    moments = {"issued_at": now - timedelta(days=59), "expires_at": now + left}
    record["tokens"] |= {name: moment.isoformat() for name, moment in moments.items()}
    file.write_text(json.dumps(record))


@pytest.mark.parametrize("subject", CONSENTED, ids=lambda subject: subject.name)
def test_consent_withdrawn_in_the_middle_is_a_gap_of_that_account_until_it_is_given_again(
    subject: Subject, sandbox: Sandbox, tmp_path: Path
) -> None:
    config = consented(subject, sandbox, tmp_path)
    gone, *others = subject.accounts(sandbox)
    with running(subject, config, sandbox, tmp_path / "run") as tap:
        tap.after(calls=15)
        sandbox.revoke(account=gone)
        run = tap.end()
    assert run.exit_code == 1
    assert f"{gone} was skipped" in run.last_line
    assert not any(f"{other} was skipped" in run.last_line for other in others)
    assert {row["account_id"] for row in run.records("sync_windows") if row["status"] == "skipped"} == {gone}
    for table in subject.tables:
        account = next(iter(table.keys))
        of_others = [row for row in run.records(table.stream) if str(row[account]) != gone]
        assert table.found(of_others) == {k: v for k, v in table.expected(sandbox).items() if k[0] != gone}

    consent(subject, config, tmp_path, subject.choices(sandbox)[0])
    again = run_tap(subject.name, config, state=run.state)
    assert again.exit_code == 0, again.log
    check_complete(subject, sandbox, run, again)
    assert_clean(subject, sandbox, tmp_path, again.stdout, again.log)


@pytest.mark.parametrize("subject", ROTATING, ids=lambda subject: subject.name)
def test_killed_between_a_rotation_and_its_first_use_the_next_run_has_the_new_pair(
    subject: Subject, alone: Sandbox, tmp_path: Path
) -> None:
    config = subject.config(alone, tmp_path)
    stored = (tmp_path / "tokens").glob
    with running(subject, config, alone, tmp_path / "killed") as tap:
        tap.until(lambda: any("expires_at" in file.read_text() for file in stored("*.json")))
        tap.process.kill()
        tap.end()
    rotated = token_calls(subject, alone)
    assert rotated
    done = run_tap(subject.name, config)
    assert done.exit_code == 0, done.log
    check_complete(subject, alone, done)
    assert token_calls(subject, alone) == dict.fromkeys(subject.accounts(alone), 1), rotated


@pytest.mark.parametrize("subject", ROTATING, ids=lambda subject: subject.name)
def test_killed_while_the_new_pair_is_on_its_way_the_next_run_says_that_consent_is_needed(
    subject: Subject, alone: Sandbox, tmp_path: Path
) -> None:
    config = subject.config(alone, tmp_path)
    (lost,) = subject.accounts(alone)
    # The platform has rotated; its answer takes longer than the tap lives.
    alone.faults({"kind": "latency", "ms": 20_000, "match": {"path": subject.token, "account": lost}})
    with running(subject, config, alone, tmp_path / "killed") as tap:
        tap.until(lambda: lost in token_calls(subject, alone))
        tap.process.kill()
        tap.end()
    run = run_tap(subject.name, config)
    assert run.exit_code == 1
    assert f"{lost} was skipped" in run.last_line
    assert "A refresh that began at" in run.last_line
    assert f"`{subject.name} authorize`" in run.last_line
    consent(subject, config, tmp_path, lost)
    again = run_tap(subject.name, config, state=run.state)
    assert again.exit_code == 0, again.log
    check_complete(subject, alone, run, again)
    assert_clean(subject, alone, tmp_path, run.stdout, run.log)
