"""Asynchronous reports, what becomes of them when the plan says so, and answers that are too large."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T17:00:00Z"
RANGE = {"since": "2026-11-01", "until": "2026-11-20"}
ASK: dict[str, Any] = {"level": "ad", "time_increment": 1, "fields": "ad_id,spend,actions", "time_range": RANGE}


@pytest.fixture(scope="module")
def quick() -> Iterator[Sandbox]:
    """A sandbox whose reports take 60 ms, so that a fault's mark on them is plain."""
    with running_sandbox(as_of=AS_OF, orders_per_day=20, days=20, job_ms=60, job_ms_max=60) as running:
        yield running


@pytest.fixture
def fast(quick: Sandbox, graph_of: Any) -> Iterator[Any]:
    yield graph_of(quick)
    assert all(fault["times"] == 0 for fault in quick.clear_faults())


def test_given_a_report_when_polled_then_it_passes_through_its_states_and_holds_what_a_get_shows(graph: Any) -> None:
    run_id = graph.report(graph.act(), **ASK)
    assert run_id.isdigit()
    seen: list[tuple[str, int]] = []
    while not seen or seen[-1][0] != "Job Completed":
        status = graph.get(run_id)
        seen.append((status["async_status"], status["async_percent_completion"]))
        assert status["is_running"] is (seen[-1][0] != "Job Completed")
        time.sleep(0.01)
    states = list(dict.fromkeys(state for state, _ in seen))
    order = ["Job Not Started", "Job Started", "Job Running", "Job Completed"]
    assert states == [state for state in order if state in states]
    assert ("Job Running", 100) in seen  # a hundred percent is not done
    percents = [percent for _, percent in seen]
    assert percents == sorted(percents)
    assert (status["account_id"], status["date_start"]) == (graph.sandbox.ad_account_ids[0], "2026-11-01")
    assert status["time_completed"] >= status["time_ref"] > 0
    rows = graph.rows(f"{run_id}/insights", limit=9)
    assert rows == graph.rows(f"{graph.act()}/insights", **ASK, limit=500)
    assert graph.get(run_id, fields="async_status") == {"id": run_id, "async_status": "Job Completed"}


def test_given_a_report_when_read_then_the_counters_tell_when_and_how_long_it_took(own_graph: Any) -> None:
    run_id = own_graph.report(own_graph.act(), **ASK)
    own_graph.wait(run_id)
    own_graph.rows(f"{run_id}/insights", limit=9)
    job = own_graph.sandbox.stats()["jobs"][run_id]
    assert 0 < job["took"] < 5
    assert job["ordered"] + job["took"] <= job["seen"] + 0.01
    assert job["seen"] <= job["read"]
    assert job["account"] == own_graph.sandbox.ad_account_ids[0]


def test_given_a_report_when_the_clock_moves_on_then_it_keeps_the_figures_of_its_completion(own_graph: Any) -> None:
    run_id = own_graph.report(own_graph.act(), **ASK)
    own_graph.wait(run_id)
    rows = own_graph.rows(f"{run_id}/insights")
    own_graph.sandbox.advance(5 * 86400)
    assert own_graph.rows(f"{run_id}/insights") == rows
    assert own_graph.rows(f"{own_graph.act()}/insights", **ASK) != rows


def test_given_a_running_report_when_read_then_meta_says_it_is_not_done(graph: Any) -> None:
    run_id = graph.report(graph.act(), **ASK)
    assert graph.refused(f"{run_id}/insights")[:3] == (400, 2601, 1815107)
    assert graph.refused("6099999999999999")[:3] == (400, 100, 33)


def test_given_a_failing_report_when_planned_then_it_says_why_and_the_next_one_works(fast: Any) -> None:
    plan = {"match": {"path": "/insights"}, "kind": "job", "outcome": "failed"}
    fast.sandbox.faults(plan, {**plan, "code": 1, "subcode": 99, "message": "Unknown", "after": 1})
    first, second, third = (fast.wait(fast.report(fast.act(), **ASK)) for _ in range(3))
    assert (first["async_status"], first["error_code"], "error_subcode" in first) == ("Job Failed", 2, False)
    assert (second["error_code"], second["error_subcode"], second["error_message"]) == (1, 99, "Unknown")
    assert {"error_user_title", "error_user_msg"} <= second.keys()
    assert third["async_status"] == "Job Completed"
    assert fast.refused(f"{first['id']}/insights")[1] == 2601


def test_given_a_skipped_report_when_planned_then_it_has_to_be_asked_for_anew(fast: Any) -> None:
    fast.sandbox.faults({"kind": "job", "outcome": "skipped"})
    assert fast.wait(fast.report(fast.act(), **ASK))["async_status"] == "Job Skipped"
    assert fast.wait(fast.report(fast.act(), **ASK))["async_status"] == "Job Completed"


@pytest.mark.parametrize(("percent", "state"), [(None, "Job Not Started"), (42, "Job Running")])
def test_given_a_stalled_report_when_planned_then_it_never_moves(fast: Any, percent: int | None, state: str) -> None:
    plan = {"kind": "job", "outcome": "stalled", "match": {"account": fast.sandbox.ad_account_ids[1]}}
    fast.sandbox.faults(plan if percent is None else {**plan, "percent": percent})
    sound = fast.report(fast.act(0), **ASK)  # the fault is the other account's
    stalled = fast.report(fast.act(1), **ASK)
    assert fast.wait(sound)["async_status"] == "Job Completed"
    time.sleep(0.1)
    status = fast.get(stalled)
    assert (status["async_status"], status["async_percent_completion"]) == (state, percent or 0)
    assert status["is_running"] is True


def test_given_an_unreadable_report_when_planned_then_its_rows_fail_until_it_is_asked_for_again(fast: Any) -> None:
    fast.sandbox.faults({"kind": "job", "outcome": "unreadable"})
    run_id = fast.report(fast.act(), **ASK)
    assert fast.wait(run_id)["async_status"] == "Job Completed"
    for _ in range(2):
        assert fast.refused(f"{run_id}/insights")[1] == 2
    again = fast.report(fast.act(), **ASK)
    fast.wait(again)
    assert fast.rows(f"{again}/insights")


def test_given_a_lingering_report_when_planned_then_it_stands_at_a_hundred_before_it_is_done(fast: Any) -> None:
    fast.sandbox.faults({"kind": "job", "outcome": "lingering", "ms": 300})
    started = time.monotonic()
    run_id = fast.report(fast.act(), **ASK)
    time.sleep(0.15)
    status = fast.get(run_id)
    assert (status["async_status"], status["async_percent_completion"]) == ("Job Running", 100)
    fast.wait(run_id)
    assert time.monotonic() - started >= 0.36


def test_given_a_job_fault_when_the_same_path_is_read_then_it_waits_for_the_post(fast: Any) -> None:
    fast.sandbox.faults({"match": {"path": "insights"}, "kind": "job", "outcome": "skipped"})
    assert fast.rows(f"{fast.act()}/insights", **ASK)
    (pending,) = fast.sandbox._call("GET", "faults")["pending"]
    assert pending["times"] == 1
    assert fast.wait(fast.report(fast.act(), **ASK))["async_status"] == "Job Skipped"


def test_given_a_job_fault_and_an_error_when_they_meet_then_the_next_report_is_sound(fast: Any) -> None:
    fast.sandbox.faults({"kind": "job", "outcome": "skipped"}, {"kind": "error", "code": 2})
    assert fast.refused(f"{fast.act()}/insights", "POST", **ASK)[1] == 2
    assert fast.wait(fast.report(fast.act(), **ASK))["async_status"] == "Job Completed"


def test_given_a_limit_of_cells_when_too_much_is_asked_then_a_get_and_a_report_fail_in_their_own_ways(
    graph_of: Any,
) -> None:
    with running_sandbox(
        as_of=AS_OF, orders_per_day=20, days=20, job_ms=1, job_ms_max=1, insights_cells=600
    ) as sandbox:
        graph = graph_of(sandbox)
        path, one_day = f"{graph.act()}/insights", {"since": "2026-11-19", "until": "2026-11-19"}
        small = {**ASK, "time_range": one_day}
        assert len(graph.rows(path, **small)) * 3 <= 60
        for limit in (500, 1):
            status, code, _, message = graph.refused(path, **{**ASK, "limit": limit})
            assert (status, code) == (500, 1)
            assert message == "Please reduce the amount of data you're asking for, then retry your request"
        middle = {**ASK, "time_range": {"since": "2026-11-10", "until": "2026-11-19"}}
        assert graph.refused(path, **middle)[1] == 1
        run_id = graph.report(graph.act(), **middle)
        assert graph.wait(run_id)["async_status"] == "Job Completed"
        assert 60 < 3 * len(graph.rows(f"{run_id}/insights")) <= 600
        failed = graph.wait(graph.report(graph.act(), **{**ASK, "breakdowns": "age"}))
        assert (failed["async_status"], failed["error_code"], failed["error_subcode"]) == ("Job Failed", 100, 1487534)


@pytest.mark.parametrize("fault", [{"kind": "job"}, {"kind": "job", "outcome": "lost"}])
def test_given_a_job_fault_without_a_known_outcome_when_sent_then_it_is_refused(fast: Any, fault: Any) -> None:
    with pytest.raises(RuntimeError, match="needs an outcome: failed, skipped"):
        fast.sandbox.faults(fault)
