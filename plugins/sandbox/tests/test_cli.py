"""The command as a person uses it: start, stop, status, truth, and one sentence when something is wrong."""

from __future__ import annotations

import csv
import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T17:00:00Z"
SMALL = ("--orders-per-day=6", "--days=10", f"--as-of={AS_OF}")


def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SANDBOX_")}
    done = subprocess.run(
        [sys.executable, "-m", "talat_sandbox.cli", *arguments],
        capture_output=True,
        text=True,
        env={**clean, **environment},
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[str]:
    folder = f"--state-dir={tmp_path / 'state'}"
    yield folder
    assert run("stop", folder)[0] == 0


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_given_start_when_started_again_and_stopped_then_each_says_one_line(state: str) -> None:
    assert run("status", state) == (1, "No sandbox is running.", "")
    code, line, _ = run("start", "--port=0", state, *SMALL)
    assert (code, line.startswith("The sandbox is ready at http://127.0.0.1:")) == (0, True)
    url = line.split()[5]
    port = url.rsplit(":", 1)[1]
    assert run("status", state)[1].startswith(f"Running at {url} ")
    again = run("start", "--port=0", state, *SMALL)
    assert (again[0], again[1].startswith(f"The sandbox is already running at {url}")) == (0, True)
    elsewhere = run("start", f"--port={port}", f"{state}-2", *SMALL)
    assert (elsewhere[0], "same business is already running" in elsewhere[1]) == (0, True)
    other = run("start", f"--port={port}", f"{state}-3", "--seed=5", *SMALL)
    assert (other[0], other[1]) == (1, "")
    assert other[2] == f"Port {port} is taken; stop what uses it or choose another --port."
    assert run("stop", state) == (0, f"The sandbox at {url} has stopped.", "")
    assert run("status", state)[0] == 1


def test_given_a_taken_port_when_started_then_one_sentence_and_exit_code_1(state: str, taken_port: int) -> None:
    for command in ("start", "serve"):
        code, out, error = run(command, state, *SMALL, SANDBOX_PORT=str(taken_port))
        assert (code, out) == (1, "")
        assert error == f"Port {taken_port} is taken; stop what uses it or choose another --port."


def test_given_a_remembered_business_when_options_differ_then_it_is_refused_until_reset(state: str) -> None:
    assert run("start", "--port=0", state, *SMALL)[0] == 0
    run("stop", state)
    code, out, error = run("start", "--port=0", state, *SMALL, "--seed=12")
    assert (code, out) == (1, "")
    assert "seed 11 instead of 12" in error
    assert "--reset" in error
    assert run("start", "--port=0", state, *SMALL, "--seed=12", "--reset")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--days=none",), "days must be a whole number, not 'none'."),
        (("--days=0",), "days must be between 1 and 3650."),
        (("--shops=-1",), "shops must not be negative."),
        (("--as-of=yesterday",), "as-of 'yesterday' is not an ISO time; write it like 2026-11-20T17:00:00Z."),
        (("--campaigns=0",), "campaigns must be between 1 and 5000."),
        (("--usage-seconds=0",), "usage-seconds must be at least 1."),
        (("--orders-per-day=0",), "orders-per-day must be at least 1."),
    ],
)
def test_given_a_bad_option_when_run_then_one_sentence_and_exit_code_1(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert run("serve", f"--state-dir={tmp_path}", *arguments) == (1, "", said)


def test_given_environment_variables_when_truth_is_exported_then_they_count(tmp_path: Path) -> None:
    code, out, _ = run(
        "truth", f"--out={tmp_path / 'truth'}", SANDBOX_STATE_DIR=str(tmp_path), SANDBOX_ORDERS_PER_DAY="4",
        SANDBOX_DAYS="5", SANDBOX_SHOPS="2", SANDBOX_AS_OF=AS_OF,
    )  # fmt: skip
    assert (code, out.startswith("Wrote orders.csv, ")) == (0, True)
    with (tmp_path / "truth" / "orders.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 20
    assert {row["shop_id"] for row in rows} == {"226001234", "226001235"}
    assert not (tmp_path / "business.json").exists()


def test_given_a_stop_and_a_later_start_when_the_past_is_asked_then_it_is_the_same_and_more_has_come(
    tmp_path: Path,
) -> None:
    def orders(as_of: str, past: str) -> tuple[list[dict[str, str]], list[dict[str, str]], dict[str, Any]]:
        with running_sandbox(state_dir=tmp_path, as_of=as_of, days=10, orders_per_day=30) as sandbox:
            return sandbox.truth("orders"), sandbox.truth("orders", as_of=past), sandbox.health()

    first, _, before = orders(AS_OF, AS_OF)
    later, past, after = orders("2026-11-22T05:00:00Z", AS_OF)
    assert past == first
    assert len(later) > len(first)
    assert before["opens"] == after["opens"] == "2026-11-11"
    assert json.loads((tmp_path / "business.json").read_text())["opens"] == "2026-11-11"


def test_given_half_open_windows_when_listed_then_the_end_is_left_out(connect: Any, end: int) -> None:
    with running_sandbox(as_of=AS_OF, days=10, orders_per_day=20, half_open=True) as sandbox:
        client = connect(sandbox)
        shop = sandbox.shop_ids[0]
        order = client.details(shop, client.serials(shop, end - 86400, end)[:1], "")[0]
        at = order["update_time"]
        assert order["order_sn"] not in client.serials(shop, at - 60, at)
        assert order["order_sn"] in client.serials(shop, at, at + 1)


def test_given_ten_shops_when_orders_is_a_total_then_exactly_so_many_exist() -> None:
    with running_sandbox(as_of="2026-11-21T17:00:00Z", days=7, orders=501, shops=10) as sandbox:
        assert len(sandbox.truth("orders")) == 501
        regions = [shop["region"] for shop in sandbox.health()["shops"]]
        assert regions == ["TH", "TH", "SG", "TH", "TH", "SG", "TH", "TH", "SG", "TH"]
        sandbox.advance(10 * 86400)
        assert len(sandbox.truth("orders")) == 501


def test_given_latency_when_many_ask_at_once_then_they_wait_together(connect: Any) -> None:
    import threading

    with running_sandbox(as_of=AS_OF, days=2, orders_per_day=2, latency_ms=400) as sandbox:
        client = connect(sandbox)
        client.refresh(226001234)
        threads = [threading.Thread(target=client.call, args=(226001234, "shop/get_shop_info")) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sandbox.stats()["max_concurrent_requests"] >= 4


def test_given_calls_when_they_are_over_then_the_stats_tell_the_span_from_the_first_to_the_last_answer(
    connect: Any,
) -> None:
    with running_sandbox(as_of=AS_OF, days=2, orders_per_day=2, latency_ms=200) as sandbox:
        client = connect(sandbox)
        client.refresh(226001234)
        sandbox.reset_stats()
        assert sandbox.stats()["span_seconds"] == 0
        started = time.monotonic()
        for _ in range(2):
            client.call(226001234, "shop/get_shop_info")
        passed = time.monotonic() - started
        time.sleep(0.1)
        assert 0.4 <= sandbox.stats()["span_seconds"] <= passed


def test_given_a_clock_request_when_it_is_wrong_then_the_sandbox_says_so(own_sandbox: Sandbox) -> None:
    assert own_sandbox.advance(3600) == "2026-11-20T18:00:00Z"
    with pytest.raises(RuntimeError, match="Invalid isoformat"):
        own_sandbox.set_clock("noon")
    assert own_sandbox.health()["as_of"] == "2026-11-20T18:00:00Z"
    assert own_sandbox.set_clock(None) != "2026-11-20T18:00:00Z"


def test_given_more_tracebacks_than_a_pipe_holds_when_the_sandbox_is_asked_again_then_it_answers() -> None:
    with running_sandbox(days=2, orders_per_day=2) as sandbox:
        sandbox.faults({"kind": "latency", "ms": "a bug of the plan", "times": None})
        for _ in range(64):
            with pytest.raises(urllib.error.HTTPError, match="500"):
                urllib.request.urlopen(f"{sandbox.url}/api/v2/{'shop' * 500}", timeout=10)
        assert sandbox.health()
        assert (sandbox.state_dir / "sandbox.log").read_text("utf-8").count("a bug of the plan") == 64
