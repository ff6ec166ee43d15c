"""The envelope, every row of the error table, and what the quotas do to the pace."""

from __future__ import annotations

import base64
import csv
import json
import time
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from google.auth import crypt, jwt

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_ga4.client import HOURLY, Ga4Client
from tap_ga4.streams import Properties
from tap_toolkit import errors
from tap_toolkit.google_tap import TokenEndpoint, key_in, service_account, signed
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.testing import Clock
from tap_toolkit.tokens import FixedToken

ROWS = list(csv.DictReader(resources.files("tap_ga4").joinpath("errors.csv").read_text().splitlines()))
SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
FIRST = "370000001"
ASKED = Call(f"{FIRST}:runReport", FIRST, body=Properties.source.body)
OF_GRANTS = [row for row in ROWS if row["code"].islower()]
OF_REPORTS = [row for row in ROWS if not row["code"].islower()]


def endpoint(sandbox: Sandbox) -> TokenEndpoint:
    made = TokenEndpoint(f"{sandbox.url}/token", Ga4Client.rules, "test")
    made._max_seconds = 0
    return made


def client(sandbox: Sandbox, clock: Clock | None = None) -> Ga4Client:
    clock = clock or Clock()
    made = Ga4Client(
        base_url=sandbox.url,
        budget=RateBudget(clock=clock, sleep=clock.sleep, began=0.0),
        concurrency=1,
        user_agent="test",
        max_seconds=0,
    )
    made.tokens = service_account(key_in(sandbox.service_account()), SCOPE, endpoint(sandbox))
    return made


@pytest.fixture
def own() -> Iterator[Sandbox]:
    with running_sandbox(orders_per_day=5, days=3, as_of="2026-10-20T17:00:00Z", products=12, ads="ga4") as running:
        yield running


def test_an_assertion_is_what_googles_own_library_writes(sandbox: Sandbox) -> None:
    claims = {"iss": "a@example.com", "aud": "b", "iat": int(time.time()), "exp": int(time.time()) + 60}
    key = json.loads(sandbox.service_account())["private_key"]
    theirs = jwt.encode(crypt.RSASigner.from_string(key), claims).decode().split(".")
    ours = signed(claims, key).split(".")

    def decoded(part: str) -> Any:
        return json.loads(base64.urlsafe_b64decode(part + "=="))

    assert decoded(ours[1]) == decoded(theirs[1])
    assert decoded(ours[0]) == {"alg": "RS256", "typ": "JWT"}


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"rows": []}, None),
        ([], ("", "an answer that is not an object")),
        ({"error": {"code": 429, "message": "m", "status": "RESOURCE_EXHAUSTED"}}, ("RESOURCE_EXHAUSTED", "m")),
        (
            {"error": {"message": "m", "status": "PERMISSION_DENIED", "details": [{"reason": "SERVICE_DISABLED"}]}},
            ("PERMISSION_DENIED/SERVICE_DISABLED", "m"),
        ),
    ],
)
def test_what_is_a_refusal(sandbox: Sandbox, body: Any, refusal: Any) -> None:
    assert client(sandbox).refusal(body) == refusal


def name_of(row: dict[str, str]) -> str:
    return f"{row['code']} {row['text']}".strip()


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_every_row_of_the_error_table_is_decided_as_it_says(own: Sandbox, row: dict[str, str]) -> None:
    """A real answer of the sandbox for each row."""
    code, _, reason = row["code"].partition("/")
    of_grants = row in OF_GRANTS
    where = {"path": "/token"} if of_grants else {"account": FIRST}
    fault = {"kind": "error", "code": code, "reason": reason, "message": row["text"] or "said", "times": None}
    own.faults({"match": where, **fault})
    asked, meter = client(own), Meter()
    with pytest.raises(errors.TapError) as raised:
        asked.call(ASKED, meter)
    decision = row["decision"]
    if decision in ("Retry", "ThrottledAccount"):
        assert meter.requests == 1  # no time is left for a second
        decision = row["then"] or "SkipWindow"
    if decision == "Reauthorize":
        assert own.stats()["calls"]["/token"] == {"": 2}, "it was renewed once"
        decision = "SkipAccount"
    assert type(raised.value).__name__ == decision, raised.value
    assert row["mend"] in str(raised.value)


def test_every_code_and_text_has_one_decision() -> None:
    told = [(row["code"], row["text"]) for row in ROWS]
    assert len(told) == len({*told})
    assert OF_GRANTS
    assert len(OF_REPORTS) > 15


@pytest.mark.parametrize(
    ("message", "seconds"),
    [
        ("Exhausted concurrent requests quota.", 30),
        ("Exhausted property tokens for a project per hour. These quota tokens will return in under an hour.", 900),
        ("Exhausted potentially thresholded requests quota. This quota will refresh in under an hour.", 1800),
        ("Too many requests.", None),
    ],
)
def test_how_long_to_wait_is_told_by_the_quota_that_is_used_up(
    sandbox: Sandbox, message: str, seconds: float | None
) -> None:
    assert client(sandbox).wait_told(message) == seconds


@pytest.mark.parametrize(("quota", "share", "waits"), [(q, s, w) for q in HOURLY for s, w in ((60, 0), (8, 10))])
def test_the_pace_follows_the_fullest_of_the_quotas(own: Sandbox, quota: str, share: int, waits: int) -> None:
    own.set_quota(FIRST, quota, HOURLY[quota] * share // 100)
    clock = Clock()
    asked = client(own, clock)
    asked.call(ASKED)
    assert clock.slept == []
    asked.call(ASKED)
    assert sum(clock.slept) >= waits
    assert bool(clock.slept) == bool(waits)


def test_a_property_of_analytics_360_has_ten_times_as_much(own: Sandbox) -> None:
    clock = Clock()
    asked = client(own, clock)
    asked._pace(FIRST, {"tokensPerHour": {"consumed": 1, "remaining": 390_000}})
    asked.call(ASKED)
    assert clock.slept == []


@pytest.mark.parametrize(("quota", "left", "said"), [
    ("tokensPerDay", 19_000, "tokens of a day"),
    ("serverErrorsPerProjectPerHour", 1, "errors of its own"),
])  # fmt: skip
def test_of_what_is_nearly_used_up_no_more_is_asked_for(own: Sandbox, quota: str, left: int, said: str) -> None:
    own.set_quota(FIRST, quota, left)
    asked = client(own)
    asked.call(ASKED)
    with pytest.raises(errors.SkipAccount, match=said):
        asked.call(ASKED)
    assert asked.call(Call("370000002:runReport", "370000002", body=Properties.source.body))


def test_a_token_is_asked_for_once_and_again_when_it_is_refused(own: Sandbox) -> None:
    asked = client(own)
    for _ in range(3):
        asked.call(ASKED)
    assert own.stats()["calls"]["/token"] == {"": 1}
    own.expire_tokens(platform="google")
    asked.call(ASKED)
    assert own.stats()["calls"]["/token"] == {"": 2}


def test_a_token_that_is_given_is_not_renewed(own: Sandbox) -> None:
    asked = client(own)
    asked.tokens = FixedToken("ya29.nonsense", "token")
    with pytest.raises(errors.Fatal):
        asked.call(ASKED)
