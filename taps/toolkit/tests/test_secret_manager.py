"""Tokens in Google Secret Manager, through Google's own client."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tap_toolkit.errors import Fatal
from tap_toolkit.secret_manager import SecretManagerTokenStore
from tap_toolkit.token_stores import open_store
from tap_toolkit.tokens import StaleTokens, Tokens
from taps.toolkit.tests.secret_service import SecretManager, exceptions

KEY = "shopee/2001887/226001234"
SECRET = "projects/shop-data/secrets/talat-shopee-2001887-226001234"
Stores = Callable[..., SecretManagerTokenStore]


def test_given_many_renewals_then_one_version_is_left_readable(cloud: SecretManager, secret_store: Stores) -> None:
    store = secret_store()
    tokens = None
    for number in range(5):
        with store.lock(KEY):
            store.swap(KEY, tokens, tokens := Tokens(str(number)))
    assert cloud.states() == {SECRET: ["DESTROYED"] * 4 + ["ENABLED"]}
    assert cloud.secrets[SECRET]["annotations"] == {"owner": "somebody"}, "the lock is gone, what others wrote stays"


def test_given_a_process_that_died_before_it_destroyed_old_versions_then_the_next_renewal_does(
    cloud: SecretManager, secret_store: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    store = secret_store()
    store.swap(KEY, None, Tokens("a"))
    cloud.refused = {"destroy_secret_version": exceptions.PermissionDenied("no")}
    store.swap(KEY, Tokens("a"), Tokens("b"))
    assert "stays until the next renewal" in caplog.text
    cloud.refused = {}
    store.swap(KEY, Tokens("b"), Tokens("c"))
    assert cloud.states() == {SECRET: ["DESTROYED", "DESTROYED", "ENABLED"]}


def test_given_a_late_writer_that_died_then_its_version_never_counts(
    cloud: SecretManager, secret_store: Stores
) -> None:
    store = secret_store()
    store.swap(KEY, None, Tokens("a"))
    late = json.dumps({"key": KEY, "after": 0, "tokens": Tokens("late").to_dict()}).encode()
    cloud.secrets[SECRET]["versions"].append(["ENABLED", late])
    assert store.load(KEY) == Tokens("a")
    store.swap(KEY, Tokens("a"), Tokens("b"))
    assert cloud.states() == {SECRET: ["DESTROYED", "DESTROYED", "ENABLED"]}


def test_given_another_writer_between_reading_and_writing_then_the_later_one_is_told_and_leaves_nothing(
    cloud: SecretManager,
    secret_store: Stores,
) -> None:
    store, other = secret_store(), secret_store()
    store.swap(KEY, None, Tokens("a"))
    cloud.meanwhile["add_secret_version"] = lambda: other.swap(KEY, Tokens("a"), Tokens("other"))
    with pytest.raises(StaleTokens):
        store.swap(KEY, Tokens("a"), Tokens("b"))
    assert store.load(KEY) == Tokens("other")
    assert cloud.states() == {SECRET: ["DESTROYED", "ENABLED", "DESTROYED"]}


@pytest.mark.parametrize("leftover", [False, True], ids=["clean", "an old version left"])
def test_given_a_version_that_is_destroyed_while_it_is_looked_for_then_the_newer_one_is_found(
    cloud: SecretManager, secret_store: Stores, leftover: bool
) -> None:
    store, other = secret_store(), secret_store()
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
    secret_store: Stores,
) -> None:
    store = secret_store()
    store.swap(KEY, None, Tokens("a"))
    cloud.secrets[SECRET]["versions"].append(["DESTROYED", None])
    cloud.shown = [2]
    assert store.load(KEY) == Tokens("a")


def test_given_another_holder_between_reading_and_taking_the_lease_then_the_later_one_waits(
    cloud: SecretManager,
    secret_store: Stores,
) -> None:
    store, other = secret_store(), secret_store().lock(KEY)
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
def test_given_an_answer_that_is_lost_then_the_tokens_are_kept_once(
    cloud: SecretManager, secret_store: Stores, method: str
) -> None:
    store = secret_store()
    store.swap("first/key", None, Tokens("x"))
    cloud.lost_answers = [method]
    with store.lock(KEY):
        store.swap(KEY, None, Tokens("a"))
        store.swap(KEY, Tokens("a"), Tokens("b"))
    assert cloud.lost_answers == []
    assert store.load(KEY) == Tokens("b")
    assert cloud.states()[SECRET].count("ENABLED") == 1
    assert "talat-lease" not in cloud.secrets[SECRET]["annotations"]


def test_given_a_holder_that_died_then_its_lease_is_taken_over(cloud: SecretManager, secret_store: Stores) -> None:
    store = secret_store(lease_seconds=0.2)
    store.swap(KEY, None, Tokens("a"))
    cloud.secrets[SECRET]["annotations"]["talat-lease"] = "dead/3"
    with store.lock(KEY):
        assert cloud.secrets[SECRET]["annotations"]["talat-lease"] != "dead/3"


def test_given_a_holder_that_lives_then_its_lease_outlasts_its_span(cloud: SecretManager, secret_store: Stores) -> None:
    store = secret_store(lease_seconds=1.5)
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
    secret_store: Stores,
) -> None:
    store = secret_store()
    with store.lock(KEY):
        cloud.secrets[SECRET]["annotations"]["talat-lease"] = "other/0"
    assert cloud.secrets[SECRET]["annotations"]["talat-lease"] == "other/0"


def test_given_versions_that_people_destroyed_then_there_are_no_tokens_and_new_ones_can_be_kept(
    cloud: SecretManager,
    secret_store: Stores,
) -> None:
    store = secret_store()
    store.swap(KEY, None, Tokens("a"))
    cloud.secrets[SECRET]["versions"][0][:] = ["DESTROYED", None]
    assert store.load(KEY) is None
    store.swap(KEY, None, Tokens("b"))
    assert store.load(KEY) == Tokens("b")


def test_given_a_version_that_people_added_then_the_sentence_names_it(
    cloud: SecretManager, secret_store: Stores
) -> None:
    store = secret_store()
    store.swap(KEY, None, Tokens("a"))
    cloud.secrets[SECRET]["versions"].append(["ENABLED", b"hello"])
    with pytest.raises(Fatal, match=f"^The stored tokens in version 2 of {SECRET} are damaged"):
        store.load(KEY)


def test_given_no_permission_then_the_sentence_says_what_google_said(
    cloud: SecretManager, secret_store: Stores
) -> None:
    store = secret_store()
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
    monkeypatch.setattr("google.cloud.secretmanager.SecretManagerServiceClient", lambda: cloud.client)
    open_store("gsm:shop-data").swap(KEY, None, Tokens("a"))
    open_store("gsm:shop-data/team_a").swap(KEY, None, Tokens("a"))
    assert set(cloud.secrets) == {SECRET, SECRET.replace("talat", "team_5fa")}


@pytest.mark.parametrize("setting", ["gsm:", "gsm:/team"])
def test_given_a_setting_without_a_project_then_the_sentence_says_how_to_write_it(setting: str) -> None:
    with pytest.raises(Fatal, match=r"^Setting token_store names no Google Cloud project: write gsm:PROJECT"):
        open_store(setting)


def test_given_no_credentials_then_the_sentence_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(Fatal, match=r"cannot be used without credentials: File .*missing\.json was not found"):
        open_store("gsm:shop-data")


@pytest.mark.parametrize("missing", ["google", "google.cloud.secretmanager"])
def test_given_no_library_then_the_sentence_says_what_to_install(missing: str) -> None:
    """In a process of its own, where no module of that name can be imported."""
    script = f"""
import sys
sys.modules[{missing!r}] = None
from tap_toolkit.token_stores import open_store
open_store("gsm:shop-data")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("needs a library: install tap-toolkit[gsm].\n"), done.stderr
