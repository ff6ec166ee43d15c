"""One call against a real server on localhost that answers as it is told."""

from __future__ import annotations

import contextlib
import email.utils
import socket
import threading
import time
from decimal import Decimal
from typing import Any

import pytest

from tap_toolkit import http as toolkit_http
from tap_toolkit.errors import (
    Fatal,
    Retry,
    Rule,
    SkipAccount,
    SkipRecord,
    SkipStream,
    SkipWindow,
    TapError,
)
from tap_toolkit.http import Call, Meter, Signed
from tap_toolkit.testing import Clock
from taps.toolkit.tests.told_server import OK, Answer, Client, Server, client

pytestmark = pytest.mark.usefixtures("patience")


def test_fractions_are_exact(server: Server) -> None:
    server.answers = [Answer(b'{"money": 12345678901234567.89}')]
    assert client(server).call(Call("x"))["money"] == Decimal("12345678901234567.89")


class TextClient(Client):
    """A platform that answers in lines of text, a whole answer with a full stop at its end."""

    def read(self, content: bytes) -> Any:
        if not content.endswith(b"."):
            raise ValueError
        return content.decode().splitlines()

    def refusal(self, body: Any) -> tuple[str, str] | None:
        return ("", body[0]) if body[0].startswith("No") else None


def test_answers_that_are_not_json_are_read_as_their_platform_says(server: Server) -> None:
    server.answers = [Answer(b"1.0853\n1.09"), Answer(b"1.0853\n1.0901.")]
    meter = Meter()
    assert client(server, kind=TextClient).call(Call("x"), meter) == ["1.0853", "1.0901."]
    assert (meter.requests, meter.retries) == (2, 1)
    server.answers = [Answer(b"Not here.", 404)]
    with pytest.raises(SkipWindow, match="answered «Not here"):
        client(server, kind=TextClient).call(Call("x"))


def test_each_attempt_is_signed_anew_and_counted(server: Server, patience: list[float]) -> None:
    server.answers = [Answer({}, 500), Answer({"error": "busy"}), OK]
    meter = Meter()
    assert client(server).call(Call("x", params=[("a", "1")]), meter)["rows"] == [1]
    assert (meter.requests, meter.retries, len(patience)) == (3, 2, 2)
    assert all(asked["a"] == "1" and "at" in asked for asked in server.asked)


@pytest.mark.parametrize(
    "trouble",
    [
        Answer({}, 503),
        Answer(b"<html>bad gateway</html>", 502),
        Answer({}, 429),
        Answer({"error": "busy"}),
        Answer(b'{"rows": [1, 2'),
        Answer({"rows": list(range(100))}, cut=True),
        Answer(b"", 200),
    ],
)
def test_passing_trouble_is_tried_again(server: Server, trouble: Answer) -> None:
    server.answers = [trouble, trouble, OK]
    assert client(server).call(Call("x"))["rows"] == [1]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer({"error": "gone"}), SkipRecord),
        (Answer({"error": "module.gone", "message": "x"}, 404), SkipRecord),
        (Answer({"error": "forbidden"}, 403), SkipStream),
        (Answer({"error": "never heard of"}), SkipWindow),
        (Answer({}, 404), SkipWindow),
        (Answer({"error": "token"}), SkipAccount),
        (Answer({"error": "twice"}), Fatal),
    ],
)
def test_answers_become_decisions(server: Server, answer: Answer, error: type[TapError]) -> None:
    server.answers = [answer]
    with pytest.raises(error) as raised:
        client(server).call(Call("x", "1"))
    assert type(raised.value) is error


def test_trouble_that_does_not_pass_is_a_gap_that_says_so(server: Server) -> None:
    server.answers = [Answer({}, 500)]
    with pytest.raises(SkipWindow, match="times in vain"):
        client(server, max_seconds=0.0).call(Call("x"))


@pytest.mark.parametrize(
    "silent",
    [Answer({"rows": []}, seconds=0.6), Answer({"rows": []}, headers={"Content-Length": "999"})],
    ids=["before the answer", "in the middle of it"],
)
def test_a_host_that_falls_silent_is_asked_again(server: Server, patience: list[float], silent: Answer) -> None:
    server.answers = [OK, silent, OK]
    made = client(server, timeout=(5, 0.2))
    assert made.call(Call("x")) == made.call(Call("x"))
    assert len(patience) == 1


def test_retry_after_is_honoured_as_seconds_and_as_a_date(server: Server, patience: list[float]) -> None:
    later = email.utils.formatdate(time.time() + 60, usegmt=True)
    server.answers = [Answer({}, 429, {"Retry-After": "7"}), Answer({}, 429, {"Retry-After": later}), OK]
    client(server).call(Call("x"))
    assert patience[0] == 7
    assert 55 < patience[1] <= 60


@pytest.mark.parametrize(
    ("code", "seconds", "waited"),
    [("odd", 200, True), ("odd", 301, False), ("busy", 3600, True), ("busy", 86400, False), ("busy", "inf", False)],
)
def test_a_platform_that_asks_to_wait_longer_than_a_run_may_is_a_gap_at_once(
    server: Server, patience: list[float], code: str, seconds: Any, waited: bool
) -> None:
    refused = Answer({"error": code if code == "busy" else ""}, 503, {"Retry-After": str(seconds)})
    server.answers = [refused, OK]
    if waited:
        assert client(server).call(Call("x"))["rows"] == [1]
    else:
        with pytest.raises(SkipWindow, match="It was sent 1 times in vain"):
            client(server).call(Call("x"))
    assert patience == ([float(seconds)] if waited else [])


@pytest.mark.parametrize("date", ["yesterday", "", "Sat, 99 Foo 2026 00:00:00 GMT"])
def test_a_date_that_is_none_corrects_nothing(server: Server, date: str) -> None:
    server.answers = [Answer({}, 500, {"Date": date}), OK]
    assert client(server).call(Call("x"))["rows"] == [1]


def test_a_refusal_for_rate_pauses_the_whole_budget(server: Server) -> None:
    server.answers = [Answer({}, 429, {"Retry-After": "30"}), OK]
    made = client(server)
    watch = made.budget._clock
    assert isinstance(watch, Clock)
    made.call(Call("x", "1"))
    assert watch.slept == [30]
    made.budget.throttled("", 30.0)
    made.call(Call("x", "2"))
    assert watch.slept == [30, 30]


def test_a_refusal_for_rate_that_names_no_time_waits_as_long_as_the_platform_is_known_to_need(
    server: Server, patience: list[float]
) -> None:
    class Counting(Client):
        throttled_seconds = 60

    server.answers = [Answer({}, 429), Answer({}, 429, {"Retry-After": "7"}), Answer({}, 500), OK]
    client(server, kind=Counting).call(Call("x", "1"))
    assert patience[:2] == [60, 7]
    assert patience[2] < 60


def test_a_refusal_for_one_accounts_rate_pauses_that_account_alone(server: Server) -> None:
    server.answers = [Answer({"error": "full"}, 400, {"Retry-After": "20"}), OK]
    made = client(server)
    mine, other = Meter(), Meter()
    made.call(Call("x", "1"), mine)
    made.call(Call("x", "2"), other)
    assert (mine.throttled, other.throttled) == (20.0, 0.0)


def test_waiting_for_an_allowance_is_not_patience_lost(server: Server, patience: list[float]) -> None:
    server.answers = [*[Answer({"error": "busy"}, 400, {"Retry-After": "900"})] * 3, OK]
    assert client(server, max_seconds=30).call(Call("x", "1"))["rows"] == [1]
    assert patience == [900, 900, 900]


def test_a_body_is_a_form_where_the_platform_wants_forms(server: Server) -> None:
    class Forms(Client):
        posts_forms = True

    made = client(server, kind=Forms)
    server.answers = [OK]
    made.call(Call("x", body={"level": "ad", "range": '{"since": 1}'}))
    assert server.bodies == [b"level=ad&range=%7B%22since%22%3A+1%7D"]


class Bodies(Client):
    """Signs the body, with a key that each account must be asked for and that may change."""

    def __init__(self, **common: Any) -> None:
        super().__init__(**common)
        self.keys: dict[str, str] = {}

    def sign(self, call: Call, token: str) -> Signed:
        return Signed([("key", self.keys.get(call.account, "")), ("body", repr(self.content(call)))])

    def ready(self, call: Call) -> None:
        if call.path != "key" and call.account not in self.keys:
            self.keys[call.account] = self.call(Call("key", call.account))["key"]

    def refused(self, call: Call, code: str) -> None:
        if code == "stale":
            self.keys.pop(call.account, None)

    rules = (Rule("stale", Retry, "Again.", attempts=2, then=SkipAccount),)


@pytest.mark.parametrize("forms", [False, True])
def test_a_signature_sees_the_very_bytes_of_the_body(server: Server, forms: bool) -> None:
    server.answers = [Answer({"key": "k"}), OK]
    asked = client(server, kind=type("Either", (Bodies,), {"posts_forms": forms}))
    asked.call(Call("x", "1", body={"since": "2026 + 1", "name": "ขวด/="}))
    assert server.asked[-1]["body"] == repr(server.bodies[-1])
    asked.call(Call("x", "1"))
    assert server.asked[-1]["body"] == "None"


def test_what_signing_needs_is_asked_for_once_and_again_when_it_is_refused(server: Server) -> None:
    server.answers = [Answer({"key": "k1"}), OK, OK, Answer({"error": "stale"}), Answer({"key": "k2"}), OK]
    asked = client(server, kind=Bodies, concurrency=1)
    for _ in range(3):
        assert asked.call(Call("x", "1"))["rows"] == [1]
    assert [call.get("key", "") for call in server.asked] == ["", "k1", "k1", "k1", "", "k2"]


def test_no_more_requests_are_under_way_than_allowed(server: Server) -> None:
    server.answers = [Answer({"rows": []}, seconds=0.02)]
    made = client(server, concurrency=3)
    threads = [threading.Thread(target=made.call, args=(Call("x"),)) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 < server.most <= 3


def test_a_clock_that_is_wrong_is_corrected_from_the_answer(server: Server) -> None:
    ahead = email.utils.formatdate(time.time() + 600, usegmt=True)
    server.answers = [Answer({"error": "twice", "message": "timestamp"}, headers={"Date": ahead}), OK]
    made = client(server)
    made.call(Call("x"))
    first, second = (int(asked["at"]) for asked in server.asked)
    assert 595 <= second - first <= 605


def test_an_unreachable_host_is_fatal_in_a_sentence_after_three_tries() -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    made = client(None, url=f"http://127.0.0.1:{port}")
    for ask in (made.check_reachable, lambda: made.call(Call("x"))):
        with pytest.raises(Fatal, match=f"Cannot reach 127.0.0.1:{port} .*api_url"):
            ask()


@pytest.mark.parametrize("url", ["partner.shopeemobile.com", "ftp://x", "https://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Fatal, match="not a web address"):
        client(None, url=url).check_reachable()


def test_waits_grow_and_are_bounded() -> None:
    waits = toolkit_http._waits()
    next(waits)
    sent = [waits.send(Retry("x")) for _ in range(12)]
    assert sent[0] <= 1
    assert 30 <= sent[-1] <= 60
