"""Pages of every size and in every disorder: no row is lost, none comes twice, and no listing goes on for ever."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox
from tap_toolkit.ledger import LEDGER
from tap_toolkit.testing import Message, Run, repeated
from tests.chaos.conftest import Open
from tests.chaos.reading import BySubject, Reader, by_key, gaps
from tests.moments import last_month
from tests.subjects import NAMES, SHOPEE, SUBJECTS, Subject

FIRST, SECOND = last_month(12, "05:00:00"), last_month(20, "17:00:00")
LATELY = last_month(14, "00:00:00")
SMALL: dict[str, Any] = {
    "days": 24, "orders_per_day": 24, "latency_ms": 0, "job_ms": 1, "job_ms_max": 5, "as_of": SECOND,
}  # fmt: skip
#: Google Ads streams all rows in one answer, and GA4's pages are named in the body: their own tests know of both.
PAGED = [subject for subject in SUBJECTS if subject.paged]


@pytest.fixture(scope="module")
def sandbox(opening: Open) -> Iterator[Sandbox]:
    with opening(**SMALL) as running:
        yield running


@pytest.fixture(scope="module")
def readers(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reader]:
    folder = tmp_path_factory.mktemp("pages")
    return BySubject(lambda subject: Reader(subject, sandbox, folder))


@pytest.fixture(autouse=True)
def no_faults(sandbox: Sandbox) -> Iterator[None]:
    yield
    sandbox.clear_faults()


def check(reader: Reader, *runs: Run) -> None:
    """The runs, loaded by key, are the truth, and in none a row is twice."""
    for table in reader.subject.tables:
        assert table.latest([r for run in runs for r in run.records(table.stream)]) == table.expected(reader.sandbox)
        for run in runs:
            assert repeated(run.records(table.stream), reader.keys[table.stream]) == [], table.stream


def streams(subject: Subject) -> list[str]:
    return [table.stream for table in subject.tables]


@pytest.mark.parametrize("subject", PAGED, ids=lambda subject: subject.name)
def test_pages_that_are_tiny_empty_backwards_or_overlap_lose_nothing(
    subject: Subject, readers: dict[str, Reader], sandbox: Sandbox
) -> None:
    everywhere = [{"match": {"path": path}, "times": None} for path in subject.calls]
    # One for each account: a page that is empty twice is a gap.
    empty = [
        {"match": {"path": subject.listing, "method": subject.method, "account": account}, "after": 2 * number}
        for number, account in enumerate(subject.accounts(sandbox))
    ]
    rows, pages = subject.tiny
    sandbox.faults(
        *({**where, "kind": "page_size", "rows": rows} for where in everywhere),
        *({**where, "kind": "duplicate"} for where in everywhere),
        *({**where, "kind": "reverse", "probability": 0.5} for where in everywhere),
        *({**where, "kind": "empty_page"} for where in empty),
    )
    sandbox.reset_stats()
    done = readers[subject.name].read(*streams(subject))
    struck = sandbox.stats()["faults"]
    assert struck["page_size"] > pages
    assert struck["empty_page"] == len(empty) > 1
    assert done.exit_code == 0, done.log
    check(readers[subject.name], done)


@pytest.mark.parametrize("subject", PAGED, ids=lambda subject: subject.name)
def test_pages_that_go_round_in_circles_are_a_gap_that_the_next_run_fills(
    subject: Subject, readers: dict[str, Reader], sandbox: Sandbox
) -> None:
    """One account's first page comes again and again; another's second leads back to the first."""
    reader = readers[subject.name]
    for cycle, account in enumerate(subject.accounts(sandbox), 1):
        circling = {"match": {"path": subject.listing, "method": subject.method, "account": account}, "times": None}
        sandbox.faults({**circling, "kind": "page_size", "rows": 1}, {**circling, "kind": "replay", "cycle": cycle})
    began = time.monotonic()
    # In the first weeks of a small shop there is nothing that has changed no more, and so no second page. A day of ads
    # that has just begun has no rows, and where it is read first, its empty page would be the way out of the circle.
    done = reader.read(*streams(subject), concurrency=1, start_date=LATELY, end_date=SECOND)
    assert time.monotonic() - began < 60
    assert done.exit_code == 1
    assert "Traceback" not in done.log
    listed = subject.listed or (subject.tables[0].stream,)
    assert {(gap["stream"], gap["account_id"]) for gap in gaps(done)} == {
        (stream, account) for stream in listed for account in subject.accounts(sandbox)
    }
    assert all(subject.circles in gap["error"] for gap in gaps(done) if gap["status"] == "gap")
    sandbox.clear_faults()
    filled = reader.read(*streams(subject), state=done.state)
    assert filled.exit_code == 0, filled.log
    check(reader, done, filled)


def test_numbered_pages_that_never_end_are_a_gap_that_the_next_run_fills(
    readers: dict[str, Reader], sandbox: Sandbox
) -> None:
    """Every page has another number, so that only the rows tell that nothing new comes."""
    endless = {"match": {"path": "payment/get_escrow_list"}, "times": None}
    sandbox.faults({**endless, "kind": "page_size", "rows": 2}, {**endless, "kind": "replay"})
    reader = readers[SHOPEE.name]
    done = reader.read("escrow")
    assert done.exit_code == 1
    assert all("goes on without end" in gap["error"] for gap in gaps(done))
    assert len(gaps(done)) == len([w for w in done.records("sync_windows") if w["stream"] == "escrow"])
    sandbox.clear_faults()
    filled = reader.read("escrow", state=done.state)
    both = by_key(done, "escrow", reader.keys["escrow"]) | by_key(filled, "escrow", reader.keys["escrow"])
    settled = set(next(table for table in SHOPEE.tables if table.stream == "escrow").expected(sandbox))
    assert set(both) == settled


def test_orders_that_move_to_other_pages_while_they_are_read_are_not_lost(opening: Open, tmp_path: Path) -> None:
    """And then have changed in one second, all of them, which is more than a page holds."""
    with opening(**SMALL) as sandbox:
        reader, table = Reader(SHOPEE, sandbox, tmp_path), SHOPEE.tables[0]
        listing = {"match": {"path": SHOPEE.listing}, "times": None}
        sandbox.faults({**listing, "kind": "page_size", "rows": 5}, {**listing, "kind": "drift", "probability": 0.7})
        done = reader.read("orders")
        assert sandbox.stats()["faults"]["drift"] > 10
        assert done.exit_code == 0, done.log
        # An order that moved may be read in its old window and again in its new one.
        assert set(table.latest(done.records("orders"))) == set(table.expected(sandbox))
        sandbox.clear_faults()
        sandbox.faults({**listing, "kind": "page_size", "rows": 5})
        (most,) = Counter(values[0] for values in table.expected(sandbox).values()).most_common(1)
        assert most[1] > 10
        assert table.found(reader.read("orders").records("orders")) == table.expected(sandbox)
        after = reader.read("orders", state=done.state)
        assert table.latest([*done.records("orders"), *after.records("orders")]) == table.expected(sandbox)


@pytest.mark.parametrize("subject", SUBJECTS, ids=NAMES)
def test_two_runs_leave_what_one_run_reads_late_updates_and_restated_figures_among_it(
    subject: Subject, readers: dict[str, Reader], sandbox: Sandbox
) -> None:
    reader = readers[subject.name]
    try:
        sandbox.set_clock(FIRST)
        first = reader.read(end_date=FIRST)
    finally:
        sandbox.set_clock(SECOND)

    def spoken(record: Message) -> Message:
        return {name: value for name, value in record.items() if name not in subject.silent}

    second, whole = reader.read(state=first.state), reader.read()
    assert [run.exit_code for run in (first, second, whole)] == [0, 0, 0], first.log + second.log
    changed = 0
    for stream, keys in reader.keys.items():
        if stream in (*LEDGER, *subject.snapshots):
            continue
        before, then = by_key(first, stream, keys), by_key(second, stream, keys)
        left = {key: spoken(record) for key, record in (before | then).items()}
        assert left == {key: spoken(record) for key, record in by_key(whole, stream, keys).items()}, stream
        changed += sum(before[key] != then[key] for key in before.keys() & then.keys())
    assert changed > 15
