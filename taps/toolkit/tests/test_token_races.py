"""Threads and processes that renew the same tokens at once, and processes that are killed while they do."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tap_toolkit.errors import SkipAccount
from tap_toolkit.token_stores import FileTokenStore
from tap_toolkit.tokens import TokenManager, Tokens

KEY = "shopee/2001887/226001234"

# A tap in a process of its own. With `die` it says where it is and waits to be killed there.
TAP = """
import sys, time
from urllib.request import urlopen
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tap_toolkit.errors import SkipAccount
from tap_toolkit.token_stores import FileTokenStore
from tap_toolkit.tokens import TokenManager, Tokens

url, directory, rounds, die = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]

def here(place):
    if die == place:
        print(place, flush=True)
        time.sleep(600)

class Store(FileTokenStore):
    def swap(self, key, expected, new):
        super().swap(key, expected, new)
        here("noted" if new.refreshing_since else "written")

def refresh(account, tokens):
    answer = urlopen(f"{url}/refresh?{tokens.refresh_token}").read().decode()
    if answer == "refused":
        raise SkipAccount("The platform refused.")
    here("rotated")
    return Tokens(*answer.split(), datetime.now(UTC) + timedelta(hours=4))

tap = TokenManager(Store(directory), key=lambda account: f"shopee/2001887/{account}", refresh=refresh,
                   seeds={"226001234": "seed"}, tap_name="tap-shopee")
token = tap.access_token("226001234")
for _ in range(rounds):
    if urlopen(f"{url}/check?{token}").read() != b"ok":
        token = tap.renew("226001234", token)
    urlopen(f"{url}/expire?{token}").read()
"""

# A run that is over while one of its workers has just been given a new pair.
ENDING = """
import sys, threading, time
from pathlib import Path
from urllib.request import urlopen
from tap_toolkit.token_stores import FileTokenStore
from tap_toolkit.tokens import TokenManager, Tokens
from tap_toolkit.workers import Workers

asked = threading.Event()

def refresh(account, tokens):
    answer = urlopen(f"{sys.argv[1]}/refresh?{tokens.refresh_token}").read().decode()
    asked.set()
    time.sleep(0.5)
    return Tokens(*answer.split())

tap = TokenManager(FileTokenStore(Path(sys.argv[2])), key=lambda account: f"shopee/2001887/{account}", refresh=refresh,
                   seeds={"226001234": "seed"}, tap_name="tap-shopee")
Workers(1, "caller").submit(tap.access_token, "226001234")
asked.wait(60)
sys.exit("It is over.")
"""


class Platform(ThreadingHTTPServer):
    """Single-use refresh tokens over HTTP: a second use locks the shop out for good."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.lock = threading.Lock()
        self.pair = ("", "seed")
        self.refreshes = self.expiries = 0
        self.locked_out = False

    def answer(self, method: str, token: str) -> str:
        with self.lock:
            match method:
                case "/refresh" if token == self.pair[1] and not self.locked_out:
                    self.refreshes += 1
                    self.pair = (f"access-{self.refreshes}", f"refresh-{self.refreshes}")
                    return " ".join(self.pair)
                case "/refresh":
                    self.locked_out = True
                    return "refused"
                case "/expire":
                    if token == self.pair[0]:
                        self.expiries += 1
                        self.pair = ("", self.pair[1])
                    return "ok"
                case _:
                    return "ok" if token == self.pair[0] else "expired"


class Handler(BaseHTTPRequestHandler):
    server: Platform

    def do_GET(self) -> None:
        method, _, token = self.path.partition("?")
        body = self.server.answer(method, token).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def platform() -> Iterator[Platform]:
    server = Platform()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def start_tap(platform: Platform, directory: Path, rounds: int = 0, die: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", TAP, platform.url, str(directory), str(rounds), die],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(tap: subprocess.Popen[str]) -> tuple[int, str]:
    _, errors = tap.communicate(timeout=120)
    return tap.returncode, errors


class Store(FileTokenStore):
    """Counts its locks; ``meanwhile`` happens before the first is had."""

    locks = 0
    meanwhile: Callable[[], object] | None = None

    def lock(self, key: str) -> Any:
        self.locks += 1
        happens, self.meanwhile = self.meanwhile, None
        if happens:
            happens()
        return super().lock(key)


def manager(platform: Platform, directory: Path, store: FileTokenStore | None = None) -> TokenManager:
    def refresh(account: str, tokens: Tokens) -> Tokens:
        with urlopen(f"{platform.url}/refresh?{urllib.parse.quote(tokens.refresh_token or '')}") as response:
            answer = response.read().decode()
        if answer == "refused":
            raise SkipAccount("The platform refused.")
        return Tokens(*answer.split())

    return TokenManager(
        store or FileTokenStore(directory),
        key=lambda account: f"shopee/2001887/{account}",
        refresh=refresh,
        seeds={"226001234": "seed"},
        tap_name="tap-shopee",
    )


def test_given_processes_that_renew_at_once_then_nobody_is_locked_out(platform: Platform, directory: Path) -> None:
    taps = [start_tap(platform, directory, rounds=60) for _ in range(3)]
    assert [finished(tap) for tap in taps] == [(0, "")] * 3
    assert not platform.locked_out
    assert platform.refreshes > 60, "all of them have renewed"
    assert platform.refreshes <= platform.expiries + 1, "none has renewed what another had renewed already"
    stored = FileTokenStore(directory).load(KEY)
    assert stored is not None
    assert (stored.refresh_token, stored.refreshing_since) == (platform.pair[1], None)


def test_given_threads_that_ask_at_once_then_one_refreshes(platform: Platform, directory: Path) -> None:
    store = Store(directory)
    tap = manager(platform, directory, store)
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(tap.access_token, ["226001234"] * 64)) == {"access-1"}
        assert set(pool.map(tap.renew, ["226001234"] * 64, ["access-1"] * 64)) == {"access-2"}
    assert platform.refreshes == store.locks == 2


def test_given_another_process_that_renews_while_one_waits_for_the_lock_then_its_token_is_taken(
    platform: Platform, directory: Path
) -> None:
    other, store = manager(platform, directory), Store(directory)
    store.meanwhile = lambda: other.access_token("226001234")
    assert manager(platform, directory, store).access_token("226001234") == "access-1"
    assert platform.refreshes == 1


@pytest.mark.parametrize(
    ("place", "refreshes_before", "token"),
    [("noted", 0, "access-1"), ("written", 1, "access-1")],
    ids=["before the platform is asked", "after the pair is written"],
)
def test_given_a_killed_process_when_nothing_is_lost_then_the_next_goes_on(
    platform: Platform, directory: Path, place: str, refreshes_before: int, token: str
) -> None:
    kill_at(place, platform, directory)
    assert platform.refreshes == refreshes_before
    assert manager(platform, directory).access_token("226001234") == token
    assert manager(platform, directory).renew("226001234", token) == "access-2"
    assert not platform.locked_out


def test_given_a_process_killed_before_it_wrote_the_new_pair_then_the_next_says_what_happened_until_consent(
    platform: Platform, directory: Path
) -> None:
    kill_at("rotated", platform, directory)
    for _ in range(2):
        with pytest.raises(SkipAccount, match=r"A refresh that began at .* run `tap-shopee authorize`"):
            manager(platform, directory).access_token("226001234")
    manager(platform, directory).adopt("226001234", Tokens("consented", "again"))
    assert manager(platform, directory).access_token("226001234") == "consented"


def kill_at(place: str, platform: Platform, directory: Path) -> None:
    tap = start_tap(platform, directory, die=place)
    assert tap.stdout is not None
    assert tap.stdout.readline() == f"{place}\n"
    tap.kill()
    assert finished(tap) == (-signal.SIGKILL, "")


def test_given_a_run_that_ends_during_a_refresh_then_the_new_pair_is_kept(platform: Platform, directory: Path) -> None:
    command = [sys.executable, "-c", ENDING, platform.url, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (1, "It is over.\n")
    stored = FileTokenStore(directory).load(KEY)
    assert stored is not None
    assert (stored.access_token, stored.refresh_token, stored.refreshing_since) == (*platform.pair, None)
