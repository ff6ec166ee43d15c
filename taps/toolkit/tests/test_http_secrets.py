"""Tokens that are refused, and messages that repeat them, on a real server on localhost."""

from __future__ import annotations

import logging

import pytest

from tap_toolkit.errors import (
    Fatal,
    Reauthorize,
    SkipAccount,
    SkipRecord,
    TapError,
)
from tap_toolkit.http import Call
from tap_toolkit.secrecy import conceal
from tap_toolkit.tokens import FixedToken
from tap_toolkit.tokens import Tokens as StoredTokens
from taps.toolkit.tests.told_server import OK, SECRET, Answer, Server, client

pytestmark = pytest.mark.usefixtures("patience")


def test_a_message_that_repeats_the_token_is_told_without_it(server: Server) -> None:
    server.answers = [Answer({"error": "gone", "message": "Malformed access token abc12345!"}, 400)]
    made = client(server)
    made.tokens = FixedToken("abc12345", "access_token")
    with pytest.raises(SkipRecord) as raised:
        made.call(Call("x", "1"))
    assert "Malformed access token …!" in str(raised.value)


def test_a_message_that_repeats_a_token_of_another_call_is_told_without_it(server: Server) -> None:
    stored = {"access_token": "a-kept-token", "refresh_token": "a-kept-token-to-refresh"}
    StoredTokens.from_dict(stored, "a store")
    conceal({"1": "a-configured-token"}, ["a-listed-token"], None, 7, "short")
    said = "a-kept-token, a-kept-token-to-refresh, a-configured-token, a-listed-token: too short"
    server.answers = [Answer({"error": "gone", "message": said}, 400)]
    with pytest.raises(SkipRecord, match=r"«gone: …, …, …, …: too short»"):
        client(server).call(Call("auth", body=stored, authorized=False, once=True))


def test_a_token_from_the_settings_that_is_refused_ends_the_run_and_names_the_setting(server: Server) -> None:
    server.answers = [Answer({"error": "token", "message": "expired"}, 400)]
    made = client(server)
    made.tokens = FixedToken("abc123", "access_token")
    with pytest.raises(Fatal, match=r"expired». Consent\. It is the token of the setting access_token\."):
        made.call(Call("x", "1"))


class Tokens:
    """Stands for the token manager: a new token each time one is rejected."""

    def __init__(self) -> None:
        self.token, self.rejected = "old", []  # type: tuple[str, list[str]]

    def access_token(self, account: str) -> str:
        return self.token

    def renew(self, account: str, rejected: str) -> str:
        self.rejected.append(rejected)
        self.token = "new"
        return self.token


def test_a_token_that_expires_costs_one_call_and_no_data(server: Server) -> None:
    server.answers = [Answer({"error": "token"}), OK]
    made = client(server)
    made.tokens = tokens = Tokens()  # type: ignore[assignment]
    assert made.call(Call("x", "1"))["rows"] == [1]
    assert [asked["token"] for asked in server.asked] == ["old", "new"]
    assert tokens.rejected == ["old"]


def test_a_new_token_that_is_refused_too_skips_the_account(server: Server) -> None:
    server.answers = [Answer({"error": "token"})]
    made = client(server)
    made.tokens = Tokens()  # type: ignore[assignment]
    with pytest.raises(SkipAccount, match="Consent"):
        made.call(Call("x", "1"))


def test_a_first_token_that_is_refused_skips_the_account(server: Server) -> None:
    class Refused(FixedToken):
        def access_token(self, account: str) -> str:
            raise Reauthorize("the refresh token is wrong")

    server.answers = [OK]
    asked = client(server)
    asked.tokens = Refused(SECRET)
    with pytest.raises(SkipAccount, match="the refresh token is wrong"):
        asked.call(Call("x", "1"))
    assert server.asked == []


def test_no_secret_is_in_errors_or_logs(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="tap_toolkit")
    for answers in ([Answer({"x": 1}, cut=True), Answer({"error": "nope"})], [Answer({"error": "twice"})]):
        server.answers = answers
        with pytest.raises(TapError) as raised:
            client(server).call(Call("x"))
        assert SECRET not in str(raised.value)
    with pytest.raises(TapError) as raised:
        client(None, url="http://127.0.0.1:9").call(Call("x"))
    assert SECRET not in str(raised.value)
    assert SECRET not in caplog.text
    assert "Retrying" in caplog.text
