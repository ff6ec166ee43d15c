"""What the tap reads, against the sandbox's truth, from which file, and what one run leaves to the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_exchange_rates.streams import ALL, ENDED, NEWEST, RECENT, Rates
from tap_exchange_rates.tap import FRANKFURT, TapExchangeRates
from tap_toolkit.records import UnusableError
from tap_toolkit.testing import Run, repeated

Reader = Callable[..., Run]
Truth = dict[tuple[str, str], str]


def truth(sandbox: Sandbox, since: str = "2026-10-01", as_of: str | None = None) -> Truth:
    rows = sandbox.truth("exchange_rates", as_of)
    return {(row["date"], row["currency"]): row["rate"] for row in rows if row["date"] >= since}


def rates(*runs: Run) -> Truth:
    """The rates of runs, the last that was read counting, with their digits."""
    return {(r["date"], r["currency"]): str(r["rate"]) for run in runs for r in run.records("rates")}


def asked(sandbox: Sandbox) -> list[str]:
    return sorted(path.rpartition("/")[2] for path in sandbox.stats()["calls"])


def test_every_rate_is_read_once_and_exactly(read: Reader, sandbox: Sandbox) -> None:
    done = read()
    assert done.exit_code == 0, done.log
    assert rates(done) == truth(sandbox)
    assert len(rates(done)) == 17 * 29  # days of trade, currencies
    records = done.records("rates")
    assert repeated(records, Rates.keys) == []
    assert {(r["base"], r["source"]) for r in records} == {("EUR", "ecb")}
    assert [r["date"] for r in records] == sorted(r["date"] for r in records)
    (window,) = done.records("sync_windows")
    assert (window["status"], window["rows"], window["requests"], window["rejected"]) == ("done", len(records), 1, 0)
    assert asked(sandbox) == [RECENT]


def test_only_the_currencies_that_are_wanted_are_kept(read: Reader, sandbox: Sandbox) -> None:
    done = read(currencies=["THB", "SGD"])
    assert rates(done) == {key: rate for key, rate in truth(sandbox).items() if key[1] in ("THB", "SGD")}


def test_days_older_than_the_recent_are_in_the_whole_history(read: Reader, sandbox: Sandbox) -> None:
    done = read(start_date="1990-01-01T00:00:00Z", currencies=["THB", "BGN"])
    assert done.exit_code == 0, done.log
    found = rates(done)
    assert min(found) == ("1999-01-04", "BGN")
    assert max(day for day, currency in found if currency == "BGN") == "2025-12-31"
    assert {key: rate for key, rate in found.items() if key >= ("2026-10",)} == {
        key: rate for key, rate in truth(sandbox).items() if key[1] == "THB"
    }
    assert asked(sandbox) == [ALL]


def test_where_the_recent_file_begins_too_late_the_whole_history_is_read(read: Reader) -> None:
    """A day that the tap's clock calls recent, and the file does not have: the sandbox's clock goes before."""
    now = datetime.now(UTC)
    with running_sandbox(days=20, as_of=f"{now + timedelta(30):%Y-%m-%dT17:00:00Z}", shops=1, products=1) as ahead:
        start = now - timedelta(80)
        asked_for = {"start_date": start.isoformat(), "end_date": None, "currencies": ["THB"]}
        done = read(**asked_for, api_url=ahead.url, stands=False)
        assert done.exit_code == 0, done.log
        assert min(rates(done))[0] <= f"{start + timedelta(5):%Y-%m-%d}"
        assert asked(ahead) == [RECENT, ALL]


def test_the_present_day_alone_is_read_from_the_smallest_file(read: Reader) -> None:
    """By the real clock, for the tap has no other; on a day without trade there is nothing to read."""
    with running_sandbox(days=20, shops=1, products=1) as present:
        midnight = datetime.now(FRANKFURT).replace(hour=0, minute=0, second=0, microsecond=0)
        done = read(start_date=midnight.isoformat(), end_date=None, api_url=present.url, stands=False)
        assert done.exit_code == 0, done.log
        assert rates(done) == truth(present, since=f"{midnight:%Y-%m-%d}")
        assert asked(present) == [NEWEST]


def test_a_day_that_was_read_before_its_rates_were_out_is_read_again(read: Reader, sandbox: Sandbox) -> None:
    before, after = "2026-10-23T13:59:59Z", "2026-10-23T14:00:00Z"  # 16:00 in Frankfurt, in summer
    sandbox.set_clock(before)
    first = read(end_date=before, lookback_days=0)
    assert max(rates(first))[0] == "2026-10-22"
    assert rates(first) == truth(sandbox)
    sandbox.set_clock(after)
    second = read(end_date=after, lookback_days=0, state=first.state)
    assert {day for day, _ in rates(second)} == {"2026-10-23"}
    assert rates(first, second) == truth(sandbox)


def test_the_last_week_is_read_again_unless_told(read: Reader) -> None:
    first = read()
    second = read(state=first.state)
    assert {day for day, _ in rates(second)} == {
        "2026-10-16", "2026-10-19", "2026-10-20", "2026-10-21", "2026-10-22", "2026-10-23",
    }  # fmt: skip
    assert second.state == first.state
    third = read(state=first.state, lookback_days=0)
    assert {day for day, _ in rates(third)} == {"2026-10-23"}


def test_moving_the_start_back_reads_the_earlier_days(read: Reader, sandbox: Sandbox) -> None:
    late = read(start_date="2026-10-15T00:00:00Z")
    early = read(state=late.state, lookback_days=0)
    assert {day for day, _ in rates(early)} >= {"2026-10-01", "2026-10-14"}
    assert {day for day, _ in rates(early)}.isdisjoint({"2026-10-16", "2026-10-22"})
    assert rates(late, early) == truth(sandbox)


def test_a_file_that_cannot_be_had_is_a_gap_which_the_next_run_fills(read: Reader, sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": RECENT}, "kind": "http_status", "status": 403})
    broken = read()
    assert broken.exit_code == 1
    assert "rates of source ecb" in broken.last_line
    assert "Traceback" not in broken.log
    assert rates(broken) == {}
    assert [w["status"] for w in broken.records("sync_windows")] == ["gap"]
    assert rates(read(state=broken.state)) == truth(sandbox)


def test_a_file_that_stays_broken_is_a_gap_and_one_that_does_not_costs_no_rate(read: Reader, sandbox: Sandbox) -> None:
    cut: dict[str, Any] = {"match": {"path": RECENT}, "kind": "truncate", "honest_length": True}
    sandbox.faults({**cut, "times": 3})
    broken = read()
    assert broken.exit_code == 1
    assert "what is not a whole file of rates" in broken.last_line
    assert "It was sent 3 times in vain." in broken.last_line
    sandbox.faults({**cut, "times": 1}, {"match": {"path": RECENT}, "kind": "http_status", "status": 503})
    assert rates(read(state=broken.state)) == truth(sandbox)


@pytest.mark.parametrize("written", ["N/A", "", "1,0705"])
def test_a_rate_that_is_none_is_kept_apart(config: dict[str, Any], written: str) -> None:
    convert = TapExchangeRates(config=config).streams["rates"].converter()  # type: ignore[attr-defined]
    row = {"base": "EUR", "currency": "RUB", "date": "2022-03-02", "source": "ecb"}
    assert convert({**row, "rate": "117.2010"})["rate"] == Decimal("117.2010")
    with pytest.raises(UnusableError, match="rate"):
        convert({**row, "rate": written})


def test_currencies_that_ended_are_not_called_unknown(read: Reader) -> None:
    done = read(currencies=["THB", *sorted(ENDED)])
    assert done.exit_code == 0, done.log


def test_test_says_of_which_day_the_newest_rates_are(read: Reader) -> None:
    done = read("--test")
    assert done.exit_code == 0
    assert "source ecb: the credentials work (rates of 2026-10-23)." in done.stdout
