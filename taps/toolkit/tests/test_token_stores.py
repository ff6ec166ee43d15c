"""Stores of tokens: nothing is lost when many write at once, and nobody else reads them."""

from __future__ import annotations

import contextlib
import itertools
import json
import re
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from google.api_core import exceptions as google_exceptions
from google.auth import exceptions as auth_exceptions
from hypothesis import given
from hypothesis import strategies as st

from tap_toolkit.errors import Fatal
from tap_toolkit.secret_manager import SecretManagerTokenStore
from tap_toolkit.token_stores import FileTokenStore, open_store, safe_name
from tap_toolkit.tokens import StaleTokens, Tokens, TokenStore

# Google types none of their constructors.
exceptions: Any = google_exceptions
no_credentials_error: Any = auth_exceptions.DefaultCredentialsError

KEY = "shopee/2001887/226001234"
SECRET = "projects/shop-data/secrets/talat-shopee-2001887-226001234"


class SecretManager:
    """Google's service as its documents tell it: numbered versions with states, etags on secrets, lists that lag.

    Has the methods of the real client that the store uses, and raises the real client's errors.
    """

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.lost_answers: list[str] = []
        self.refused: dict[str, Exception] = {}
        self.meanwhile: dict[str, Callable[[], Any]] = {}
        self.lag = False
        self.shown: list[int] | None = None
        self._etags = itertools.count(1)
        self._lock = threading.Lock()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(request: dict[str, Any], retry: Any, timeout: float) -> Any:
            def attempt() -> Any:
                time.sleep(0.0005)  # as a network would, so that threads meet
                if method in self.refused:
                    raise self.refused[method]
                self.meanwhile.pop(method, lambda: None)()
                with self._lock:
                    answer = getattr(self, f"_{method}")(**request)
                if method in self.lost_answers:
                    self.lost_answers.remove(method)
                    raise exceptions.ServiceUnavailable("The answer was lost.")
                return answer

            return retry(attempt)()

        if method.startswith("_"):
            raise AttributeError(method)
        return call

    def states(self) -> dict[str, list[str]]:
        """The state of each version of each secret."""
        return {name: [state for state, _ in secret["versions"]] for name, secret in self.secrets.items()}

    def _etag(self) -> str:
        return f'"{next(self._etags)}"'

    def _find(self, name: str) -> dict[str, Any]:
        if name not in self.secrets:
            raise exceptions.NotFound(f"Secret [{name}] not found.")
        return self.secrets[name]

    def _version(self, name: str) -> list[Any]:
        secret, _, number = name.partition("/versions/")
        versions: list[list[Any]] = self._find(secret)["versions"]
        if not 0 < int(number) <= len(versions):
            raise exceptions.NotFound(f"Secret Version [{name}] not found.")
        return versions[int(number) - 1]

    def _create_secret(self, parent: str, secret_id: str, secret: dict[str, Any]) -> None:
        name = f"{parent}/secrets/{secret_id}"
        if name in self.secrets:
            raise exceptions.AlreadyExists(name)
        if not re.fullmatch(r"[\w-]{1,255}", secret_id) or "replication" not in secret:
            raise exceptions.InvalidArgument(name)
        self.secrets[name] = {"etag": self._etag(), "annotations": {"owner": "somebody"}, "versions": []}

    def _get_secret(self, name: str) -> SimpleNamespace:
        secret = self._find(name)
        return SimpleNamespace(name=name, etag=secret["etag"], annotations=dict(secret["annotations"]))

    def _update_secret(self, secret: dict[str, Any], update_mask: dict[str, Any]) -> None:
        stored = self._find(secret["name"])
        if secret.get("etag", stored["etag"]) != stored["etag"]:
            raise exceptions.FailedPrecondition("The etag provided does not match.")
        for field in update_mask["paths"]:
            stored[field] = secret[field]
        stored["etag"] = self._etag()

    def _list_secret_versions(self, parent: str, filter: str = "") -> list[SimpleNamespace]:  # noqa: A002
        listed = enumerate(self._find(parent)["versions"], 1)
        shown = [(number, state) for number, (state, _) in listed if not filter or filter == f"state:{state}"]
        numbers = [number for number, _ in shown[: -1 if self.lag else None]] if self.shown is None else self.shown
        return [SimpleNamespace(name=f"{parent}/versions/{number}") for number in reversed(numbers)]

    def _add_secret_version(self, parent: str, payload: dict[str, bytes]) -> SimpleNamespace:
        versions = self._find(parent)["versions"]
        versions.append(["ENABLED", payload["data"]])
        return SimpleNamespace(name=f"{parent}/versions/{len(versions)}")

    def _access_secret_version(self, name: str) -> SimpleNamespace:
        state, data = self._version(name)
        if state != "ENABLED":
            raise exceptions.FailedPrecondition(f"Secret Version [{name}] is in {state} state.")
        return SimpleNamespace(payload=SimpleNamespace(data=data))

    def _destroy_secret_version(self, name: str) -> None:
        self._version(name)[:] = ["DESTROYED", None]


@pytest.fixture
def cloud() -> SecretManager:
    return SecretManager()


def secret_store(cloud: SecretManager, lease_seconds: float = 60) -> SecretManagerTokenStore:
    return SecretManagerTokenStore("shop-data", client=cloud, lease_seconds=lease_seconds, poll=0.005)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


@pytest.fixture(params=["file", "secret manager", "secret manager whose lists lag"])
def store(request: pytest.FixtureRequest, directory: Path, cloud: SecretManager) -> TokenStore:
    cloud.lag = "lag" in request.param
    return FileTokenStore(directory) if request.param == "file" else secret_store(cloud)


# What every store keeps to.


def test_given_an_empty_store_then_nothing_is_loaded_and_the_first_tokens_are_kept(store: TokenStore) -> None:
    assert store.load(KEY) is None
    store.swap(KEY, None, Tokens("a", "b"))
    assert store.load(KEY) == Tokens("a", "b")
    assert store.load("shopee/2001887/1") is None


def test_given_other_tokens_than_expected_when_swapped_then_it_is_refused_and_nothing_changes(
    store: TokenStore,
) -> None:
    store.swap(KEY, None, Tokens("a"))
    for expected in (None, Tokens("b")):
        with pytest.raises(StaleTokens, match="changed by another process"):
            store.swap(KEY, expected, Tokens("c"))
    store.swap(KEY, Tokens("a"), Tokens("d"))
    assert store.load(KEY) == Tokens("d")


def test_given_writers_at_once_without_a_lock_then_each_swap_has_one_winner(store: TokenStore) -> None:
    store.swap(KEY, None, Tokens("0"))

    def count(_: int) -> None:
        while True:
            present = store.load(KEY)
            assert present is not None
            with contextlib.suppress(StaleTokens):
                return store.swap(KEY, present, Tokens(str(int(present.access_token) + 1)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(40)))
    assert store.load(KEY) == Tokens("40")


def test_given_threads_that_want_the_lock_then_one_at_a_time_has_it(store: TokenStore) -> None:
    inside: list[int] = []
    most: list[int] = []

    def enter(number: int) -> None:
        with store.lock(KEY), store.lock("another/key"):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(enter, range(24)))
    assert most == [1] * 24


def test_given_an_error_under_the_lock_then_it_is_let_go(store: TokenStore) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), store.lock(KEY):
            raise ZeroDivisionError


@given(st.sets(st.text(), min_size=2))
def test_given_different_keys_then_their_names_differ_and_are_plain(keys: set[str]) -> None:
    names = {safe_name(key) for key in keys}
    assert len(names) == len(keys)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]*", name) for name in names)


# Google Secret Manager.


def test_given_many_renewals_then_one_version_is_left_readable(cloud: SecretManager) -> None:
    store = secret_store(cloud)
    tokens = None
    for number in range(5):
        with store.lock(KEY):
            store.swap(KEY, tokens, tokens := Tokens(str(number)))
    assert cloud.states() == {SECRET: ["DESTROYED"] * 4 + ["ENABLED"]}
    assert cloud.secrets[SECRET]["annotations"] == {"owner": "somebody"}, "the lock is gone, what others wrote stays"


def test_given_a_process_that_died_before_it_destroyed_old_versions_then_the_next_renewal_does(
    cloud: SecretManager, caplog: pytest.LogCaptureFixture
) -> None:
    store = secret_store(cloud)
    store.swap(KEY, None, Tokens("a"))
    cloud.refused = {"destroy_secret_version": exceptions.PermissionDenied("no")}
    store.swap(KEY, Tokens("a"), Tokens("b"))
    assert "stays until the next renewal" in caplog.text
    cloud.refused = {}
    store.swap(KEY, Tokens("b"), Tokens("c"))
    assert cloud.states() == {SECRET: ["DESTROYED", "DESTROYED", "ENABLED"]}


def test_given_a_late_writer_that_died_then_its_version_never_counts(cloud: SecretManager) -> None:
    store = secret_store(cloud)
    store.swap(KEY, None, Tokens("a"))
    late = json.dumps({"key": KEY, "after": 0, "tokens": Tokens("late").to_dict()}).encode()
    cloud.secrets[SECRET]["versions"].append(["ENABLED", late])
    assert store.load(KEY) == Tokens("a")
    store.swap(KEY, Tokens("a"), Tokens("b"))
    assert cloud.states() == {SECRET: ["DESTROYED", "DESTROYED", "ENABLED"]}


def test_given_another_writer_between_reading_and_writing_then_the_later_one_is_told_and_leaves_nothing(
    cloud: SecretManager,
) -> None:
    store, other = secret_store(cloud), secret_store(cloud)
    store.swap(KEY, None, Tokens("a"))
    cloud.meanwhile["add_secret_version"] = lambda: other.swap(KEY, Tokens("a"), Tokens("other"))
    with pytest.raises(StaleTokens):
        store.swap(KEY, Tokens("a"), Tokens("b"))
    assert store.load(KEY) == Tokens("other")
    assert cloud.states() == {SECRET: ["DESTROYED", "ENABLED", "DESTROYED"]}


@pytest.mark.parametrize("leftover", [False, True], ids=["clean", "an old version left"])
def test_given_a_version_that_is_destroyed_while_it_is_looked_for_then_the_newer_one_is_found(
    cloud: SecretManager, leftover: bool
) -> None:
    store, other = secret_store(cloud), secret_store(cloud)
    store.swap(KEY, None, Tokens("a"))
    store.swap(KEY, Tokens("a"), Tokens("b"))
    if leftover:
        record = {"key": KEY, "after": 0, "tokens": Tokens("a").to_dict()}
        cloud.secrets[SECRET]["versions"][0][:] = ["ENABLED", json.dumps(record).encode()]

    def when_the_end_was_seen() -> None:
        cloud.meanwhile["access_secret_version"] = lambda: other.swap(KEY, Tokens("b"), Tokens("c"))

    cloud.meanwhile["access_secret_version"] = when_the_end_was_seen
    assert store.load(KEY) == Tokens("c")


def test_given_a_list_that_shows_only_a_late_writers_version_then_the_one_that_counts_is_found(
    cloud: SecretManager,
) -> None:
    store = secret_store(cloud)
    store.swap(KEY, None, Tokens("a"))
    cloud.secrets[SECRET]["versions"].append(["DESTROYED", None])
    cloud.shown = [2]
    assert store.load(KEY) == Tokens("a")


def test_given_another_holder_between_reading_and_taking_the_lease_then_the_later_one_waits(
    cloud: SecretManager,
) -> None:
    store, other = secret_store(cloud), secret_store(cloud).lock(KEY)
    order: list[str] = []

    def let_go() -> None:
        order.append("other")
        other.__exit__(None, None, None)

    def take() -> None:
        other.__enter__()
        threading.Timer(0.05, let_go).start()

    cloud.meanwhile["update_secret"] = take
    with store.lock(KEY):
        order.append("store")
    assert order == ["other", "store"]


@pytest.mark.parametrize("method", ["add_secret_version", "update_secret", "create_secret", "destroy_secret_version"])
def test_given_an_answer_that_is_lost_then_the_tokens_are_kept_once(cloud: SecretManager, method: str) -> None:
    store = secret_store(cloud)
    store.swap("first/key", None, Tokens("x"))
    cloud.lost_answers = [method]
    with store.lock(KEY):
        store.swap(KEY, None, Tokens("a"))
        store.swap(KEY, Tokens("a"), Tokens("b"))
    assert cloud.lost_answers == []
    assert store.load(KEY) == Tokens("b")
    assert cloud.states()[SECRET].count("ENABLED") == 1
    assert "talat-lease" not in cloud.secrets[SECRET]["annotations"]


def test_given_a_holder_that_died_then_its_lease_is_taken_over(cloud: SecretManager) -> None:
    store = secret_store(cloud, lease_seconds=0.2)
    store.swap(KEY, None, Tokens("a"))
    cloud.secrets[SECRET]["annotations"]["talat-lease"] = "dead/3"
    with store.lock(KEY):
        assert cloud.secrets[SECRET]["annotations"]["talat-lease"] != "dead/3"


def test_given_a_holder_that_lives_then_its_lease_outlasts_its_span(cloud: SecretManager) -> None:
    store = secret_store(cloud, lease_seconds=1.5)
    order: list[str] = []

    def wait() -> None:
        with store.lock(KEY):
            order.append("waiter")

    with store.lock(KEY):
        waiter = threading.Thread(target=wait)
        waiter.start()
        beats = threading.Event()
        while not cloud.secrets[SECRET]["annotations"]["talat-lease"].endswith("/5"):  # longer than its span
            beats.wait(0.05)
        order.append("holder")
    waiter.join()
    assert order == ["holder", "waiter"]


def test_given_a_stopped_holder_whose_lease_was_taken_then_it_gives_back_nothing_of_the_others(
    cloud: SecretManager,
) -> None:
    store = secret_store(cloud)
    with store.lock(KEY):
        cloud.secrets[SECRET]["annotations"]["talat-lease"] = "other/0"
    assert cloud.secrets[SECRET]["annotations"]["talat-lease"] == "other/0"


def test_given_versions_that_people_destroyed_then_there_are_no_tokens_and_new_ones_can_be_kept(
    cloud: SecretManager,
) -> None:
    store = secret_store(cloud)
    store.swap(KEY, None, Tokens("a"))
    cloud.secrets[SECRET]["versions"][0][:] = ["DESTROYED", None]
    assert store.load(KEY) is None
    store.swap(KEY, None, Tokens("b"))
    assert store.load(KEY) == Tokens("b")


def test_given_a_version_that_people_added_then_the_sentence_names_it(cloud: SecretManager) -> None:
    store = secret_store(cloud)
    store.swap(KEY, None, Tokens("a"))
    cloud.secrets[SECRET]["versions"].append(["ENABLED", b"hello"])
    with pytest.raises(Fatal, match=f"^The stored tokens in version 2 of {SECRET} are damaged"):
        store.load(KEY)


def test_given_no_permission_then_the_sentence_says_what_google_said(cloud: SecretManager) -> None:
    store = secret_store(cloud)
    denied = exceptions.PermissionDenied("Permission 'secretmanager.secrets.get' denied")
    cloud.refused = {"get_secret": denied, "list_secret_versions": denied}
    with pytest.raises(Fatal, match=r"^Cannot read tokens in Google Secret Manager, project shop-data: 403 Permission"):
        store.load(KEY)
    with pytest.raises(Fatal, match=r"^Cannot lock"), store.lock(KEY):
        pass
    with pytest.raises(Fatal, match=r"^Cannot write"):
        store.swap(KEY, None, Tokens("a"))


def test_given_the_setting_then_project_and_prefix_are_taken_from_it(
    cloud: SecretManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = SimpleNamespace(SecretManagerServiceClient=lambda: cloud)
    monkeypatch.setattr("google.cloud.secretmanager", library, raising=False)
    open_store("gsm:shop-data").swap(KEY, None, Tokens("a"))
    open_store("gsm:shop-data/team_a").swap(KEY, None, Tokens("a"))
    assert set(cloud.secrets) == {SECRET, SECRET.replace("talat", "team_5fa")}


def test_given_no_library_or_no_credentials_then_the_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_credentials() -> None:
        raise no_credentials_error("Run gcloud auth application-default login.")

    library = SimpleNamespace(SecretManagerServiceClient=no_credentials)
    monkeypatch.setattr("google.cloud.secretmanager", library, raising=False)
    with pytest.raises(Fatal, match="cannot be used without credentials: Run gcloud"):
        open_store("gsm:shop-data")
    monkeypatch.delattr("google.cloud.secretmanager")
    monkeypatch.setitem(sys.modules, "google.cloud.secretmanager", None)
    with pytest.raises(Fatal, match=r"install tap-toolkit\[gsm\]"):
        open_store("gsm:shop-data")
