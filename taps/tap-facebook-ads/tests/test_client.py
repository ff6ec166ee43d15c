"""The proof, the envelope, every row of the error table, and what usage headers do to the pace."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from talat_sandbox.testing import Sandbox, running_sandbox
from tap_facebook_ads.client import FacebookClient
from tap_toolkit import errors
from tap_toolkit.http import Call
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.testing import Clock
from tap_toolkit.tokens import FixedToken

ROWS = list(csv.DictReader(resources.files("tap_facebook_ads").joinpath("errors.csv").read_text().splitlines()))
UNKNOWN = "98765"
ACCOUNT, OTHER = "1010035716096001", "1010035716096002"


def client(url: str = "http://127.0.0.1", *, clock: Clock | None = None, app_secret: str = "") -> FacebookClient:
    clock = clock or Clock()
    return FacebookClient(
        base_url=url,
        version="v26.0",
        app_secret=app_secret,
        budget=RateBudget(clock=clock, sleep=clock.sleep, began=0.0),
        concurrency=1,
        user_agent="test",
        max_seconds=0,
    )


def test_the_proof_is_a_known_hmac_and_the_token_is_in_no_address() -> None:
    """The second vector of RFC 4231."""
    signed = client(app_secret="Jefe").sign(Call("act_1"), "what do ya want for nothing?")
    proof = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signed.params == [("appsecret_proof", proof)]
    assert signed.headers == {"Authorization": "Bearer what do ya want for nothing?"}


def test_without_a_secret_or_a_token_nothing_is_proved() -> None:
    assert not client().sign(Call("act_1"), "token").params
    bare = client(app_secret="Jefe").sign(Call("oauth/access_token"), "")
    assert (list(bare.params), bare.headers) == ([], {})


@pytest.fixture(scope="module")
def strict() -> Iterator[Sandbox]:
    """An app whose settings demand a proof."""
    with running_sandbox(orders_per_day=2, days=3, as_of="2026-10-20T17:00:00Z", require_proof=True) as running:
        yield running


def test_an_app_that_demands_the_proof_takes_ours_and_names_the_setting_without_it(strict: Sandbox) -> None:
    def answer(app_secret: str) -> Any:
        asked = client(strict.url, app_secret=app_secret)
        asked.tokens = FixedToken(strict.facebook_token, "access_token")
        return asked.call(Call(f"act_{ACCOUNT}", ACCOUNT, [("fields", "currency")]))

    assert answer(strict.facebook_app_secret)["currency"] == "THB"
    for wrong in ("", "0" * 32):
        with pytest.raises(errors.Fatal, match="Set app_secret to that of the app the token was made with"):
            answer(wrong)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"data": []}, None),
        ({"id": "1", "error": None}, None),
        ([], ("", "an answer that is not an object")),
        ({"error": {"code": 100, "error_subcode": 33, "message": "m"}}, ("100/33", "m")),
        ({"error": {"code": 190, "message": "m", "is_transient": False}}, ("190", "m")),
        ({"error": {"code": 2, "message": "m", "is_transient": True}}, ("2", "m (transient)")),
        ({"error": {"code": -2, "error_subcode": 2490547, "message": "m"}}, ("-2/2490547", "m")),
        ({"error": {"code": 1, "error_user_msg": "for people"}}, ("1", "for people")),
        ({"error": {}}, ("", "")),
    ],
)
def test_a_refusal_is_read_from_the_envelope(body: Any, refusal: tuple[str, str] | None) -> None:
    assert client().refusal(body) == refusal
    if refusal is None:
        assert client().payload(body) is body


def answers() -> Iterator[Any]:
    """For each row what Meta would say: its code, or of a range both ends and one inside."""
    for row in ROWS:
        low, _, high = row["code"].partition("-") if row["code"][0] != "-" else (row["code"], "", "")
        codes = [low, str((int(low) + int(high)) // 2), high] if high else [low.replace("*", UNKNOWN)]
        for code in codes:
            main, _, subcode = code.partition("/")
            for sub in [subcode] if subcode else ["", "424242"]:
                yield pytest.param(row, main, sub, id=f"{main}/{sub}-{row['text']}")


@pytest.mark.parametrize(("row", "code", "subcode"), list(answers()))
def test_every_row_of_the_error_table_is_decided_as_it_says(
    sandbox: Sandbox, row: dict[str, str], code: str, subcode: str
) -> None:
    """A real answer of the sandbox for each; codes without a subcode of their own are also sent with a foreign one."""
    is_transient = row["text"] == "(transient)"
    fault: dict[str, Any] = {
        "match": {"path": f"act_{ACCOUNT}"},
        "kind": "error",
        "code": int(code),
        "message": "(#0) Something" if is_transient else f"(#0) Please {row['text'].upper()}, then retry",
        "transient": is_transient,
    }
    sandbox.faults({**fault, "subcode": int(subcode)} if subcode else fault)
    asked = client(sandbox.url)
    with pytest.raises(errors.TapError) as raised:  # sent once, so that the decision itself is raised
        asked.call(Call(f"act_{ACCOUNT}", ACCOUNT, [("fields", "secret-field")], authorized=False, once=True))
    error, decision = raised.value, row["decision"]
    assert type(error).__name__ == ("Retry" if decision.startswith("Throttled") else decision)
    if isinstance(error, errors.Retry):
        assert (error.throttled, error.account_only) == (decision.startswith("T"), decision == "ThrottledAccount")
        assert error.attempts == (int(row["attempts"]) if row["attempts"] else None)
        assert error.then.__name__ == (row["then"] or "SkipWindow")
    assert f"act_{ACCOUNT} answered «{'/'.join(filter(None, (code, subcode)))}: (#0)" in str(error)
    assert str(error).endswith(row["mend"] or "». ")
    assert "secret-field" not in str(error)


def test_what_the_table_does_not_know_is_a_gap_and_no_end(sandbox: Sandbox) -> None:
    sandbox.faults({"match": {"path": f"act_{ACCOUNT}"}, "kind": "error", "code": int(UNKNOWN)})
    with pytest.raises(errors.SkipWindow, match="which this tap does not know"):
        client(sandbox.url).call(Call(f"act_{ACCOUNT}", ACCOUNT, authorized=False))


def test_every_code_has_one_decision_and_the_particular_comes_first() -> None:
    pairs = [(row["code"], row["text"]) for row in ROWS]
    assert len(pairs) == len(set(pairs))
    codes = [row["code"] for row in ROWS if not row["text"]]
    for place, (code, text) in enumerate(pairs):
        main = code.partition("/")[0]
        for general in {code, main} if text else {main} - {code}:
            if general in codes:
                assert pairs.index((general, "")) > place, f"the row of {general} would win over {code} {text}"
    assert pairs[-1][0] == "*"


# Usage headers. The pace is 0.2 seconds between calls at 75 %; at 90 % it is a pause of 10 seconds, then 6 between.


def told(**headers: Any) -> CaseInsensitiveDict[str]:
    """The headers as they come: in any case, each a JSON text."""
    names = {
        "app": "x-app-usage",
        "account": "X-AD-Account-Usage",
        "business": "x-business-use-case-usage",
        "insights": "x-Fb-Ads-Insights-Throttle",
    }
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in headers.items()}
    return CaseInsensitiveDict({names[name]: text for name, text in texts.items()})


def counts(**used: float) -> dict[str, float]:
    return {"call_count": 1, "total_cputime": 2, "total_time": 3, **used}


def business(regain: int = 0, **used: float) -> dict[str, Any]:
    """An account's use of two allowances, the second being the fuller one."""
    entries = [{"type": "ads_management", **counts()}, {"type": "ads_insights", **counts(**used)}]
    return {ACCOUNT: [{**entry, "estimated_time_to_regain_access": regain} for entry in entries]}


def waits(headers: CaseInsensitiveDict[str], *accounts: str) -> list[Any]:
    """Seconds that calls wait one after the other, once an answer about ACCOUNT has brought these headers."""
    asked = client(clock=Clock())
    asked.observe(Call(f"act_{ACCOUNT}", ACCOUNT), headers)
    return [pytest.approx(asked.budget.acquire(account).waited) for account in accounts]


HEADERS = [
    pytest.param(lambda percent: told(account={"acc_id_util_pct": percent}), False, id="account"),
    pytest.param(lambda percent: told(business=business(call_count=percent)), False, id="business-calls"),
    pytest.param(lambda percent: told(business=business(total_cputime=percent)), False, id="business-cpu"),
    pytest.param(lambda percent: told(business=business(total_time=percent)), False, id="business-time"),
    pytest.param(lambda percent: told(insights={"acc_id_util_pct": percent}), False, id="insights-account"),
    pytest.param(lambda percent: told(app=counts(call_count=percent)), True, id="app-calls"),
    pytest.param(lambda percent: told(app=counts(total_cputime=percent)), True, id="app-cpu"),
    pytest.param(lambda percent: told(app=counts(total_time=percent)), True, id="app-time"),
    pytest.param(lambda percent: told(app=counts(), insights={"app_id_util_pct": percent}), True, id="insights-app"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "of_app"), HEADERS)
def test_each_usage_header_slows_at_75_per_cent_and_pauses_at_90(header: Any, of_app: bool) -> None:
    assert waits(header(74.9), ACCOUNT, ACCOUNT, ACCOUNT) == [0, 0, 0]
    assert waits(header(75), ACCOUNT, ACCOUNT, ACCOUNT) == [0, 0.2, 0.2]
    assert waits(header(89.9), ACCOUNT, ACCOUNT)[0] == 0
    assert waits(header(90), ACCOUNT, ACCOUNT) == [10, 6.4]
    assert waits(header(250), ACCOUNT, ACCOUNT) == [10, 6.4]
    assert waits(header(90), OTHER, OTHER) == ([10, 6.4] if of_app else [0, 0]), "another account's calls"


def test_the_apps_share_of_insights_counts_alone_too() -> None:
    assert waits(told(insights={"app_id_util_pct": 100, "acc_id_util_pct": 1}), OTHER) == [10]


def test_minutes_until_access_is_regained_count_although_another_header_is_fuller() -> None:
    headers = told(business=business(19, call_count=100), account={"acc_id_util_pct": 100.5})
    assert waits(headers, ACCOUNT) == [19 * 60]


@pytest.mark.parametrize(
    "headers",
    [
        told(app={"call_count": None}),
        told(account={"acc_id_util_pct": "?"}),
        told(business={ACCOUNT: None}),
        told(business={ACCOUNT: ["x"]}),
    ],
)
def test_a_figure_that_is_none_does_no_harm(headers: CaseInsensitiveDict[str]) -> None:
    assert waits(headers, ACCOUNT) == [0]


def test_minutes_until_access_is_regained_are_waited_out() -> None:
    headers = told(business=business(19, call_count=100))
    assert client().retry_after(headers) == 19 * 60
    assert waits(headers, OTHER, ACCOUNT) == [0, 19 * 60]
    assert client().retry_after(told(business=business(0, call_count=100))) is None
    assert client().retry_after(told()) is None


def test_seconds_until_nothing_at_all_is_used_are_not_waited_for() -> None:
    assert waits(told(account={"acc_id_util_pct": 95, "reset_time_duration": 3000}), ACCOUNT) == [10]


def test_an_allowance_that_is_free_again_is_used_again() -> None:
    asked, call = client(), Call(f"act_{ACCOUNT}", ACCOUNT)
    asked.observe(call, told(account={"acc_id_util_pct": 80}))
    asked.budget.acquire(ACCOUNT)
    asked.observe(call, told(account={"acc_id_util_pct": 20}))
    assert asked.budget.acquire(ACCOUNT).waited == 0


@pytest.mark.parametrize("broken", ["", "{cut", "null", "[]", "7", '"text"', "{}"])
def test_a_broken_header_does_no_harm(broken: str) -> None:
    headers = told(app=broken, account=broken, business=broken, insights=broken)
    assert waits(headers, ACCOUNT, ACCOUNT) == [0, 0]
    assert client().retry_after(headers) is None
    headers = told(app=broken, account={"acc_id_util_pct": 90}, business=broken, insights=broken)
    assert waits(headers, ACCOUNT) == [10]


def test_headers_of_the_sandbox_are_those_that_are_observed(sandbox: Sandbox) -> None:
    clock = Clock()
    asked = client(sandbox.url, clock=clock)
    asked.tokens = FixedToken(sandbox.facebook_token, "access_token")
    sandbox.set_usage(ACCOUNT, 80)
    try:
        for account in (ACCOUNT, OTHER):
            asked.call(Call(f"act_{account}", account, [("fields", "id")]))
    finally:
        sandbox.set_usage(ACCOUNT, 0)
    assert asked.budget.acquire(OTHER).waited == 0
    assert asked.budget.acquire(ACCOUNT).waited > 0.2
