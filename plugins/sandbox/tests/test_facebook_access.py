"""Tokens, consent, permissions, quotas, planned errors and batches of Meta's API."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from talat_sandbox.testing import Sandbox, running_sandbox

AS_OF = "2026-11-20T17:00:00Z"
REDIRECT = "http://127.0.0.1:9/back?a=1"
SMALL: dict[str, Any] = {"as_of": AS_OF, "orders_per_day": 2, "days": 3}


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with running_sandbox(**SMALL) as running:
        yield running


@pytest.fixture
def meta(shared: Sandbox, graph_of: Any) -> Any:
    return graph_of(shared)


def proof(sandbox: Sandbox, token: str) -> str:
    return hmac.new(sandbox.facebook_app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def consent(graph: Any, **params: str) -> tuple[int, dict[str, str], str]:
    """Return status and headers of the consent page, and its text."""
    query = {"client_id": graph.sandbox.facebook_app_id, "redirect_uri": REDIRECT, "state": "x y", "scope": "ads_read"}
    connection = http.client.HTTPConnection("127.0.0.1", graph.sandbox.port, timeout=30)
    try:
        connection.request("GET", f"/v25.0/dialog/oauth?{urlencode({**query, **params})}")
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read().decode()
    finally:
        connection.close()


def code_of(graph: Any) -> str:
    status, headers, _ = consent(graph, approve="1")
    assert status == 302
    assert headers["Location"].startswith(f"{REDIRECT}&")
    found = parse_qs(urlsplit(headers["Location"]).query)
    assert found["state"] == ["x y"]
    return found["code"][0]


def exchange(graph: Any, method: str = "get", **params: str) -> Any:
    app = {"client_id": graph.sandbox.facebook_app_id, "client_secret": graph.sandbox.facebook_app_secret}
    call = graph.get if method == "get" else graph.refused
    return call("oauth/access_token", **{**app, **params})


def test_given_consent_when_the_code_is_exchanged_twice_over_then_a_token_of_sixty_days_reads(
    meta: Any, graph_of: Any
) -> None:
    short = exchange(meta, code=code_of(meta), redirect_uri=REDIRECT)
    assert (short["token_type"], 3600 <= short["expires_in"] <= 7200) == ("bearer", True)
    long = exchange(meta, grant_type="fb_exchange_token", fb_exchange_token=short["access_token"])
    assert long["expires_in"] == 60 * 86400
    for token in (short["access_token"], long["access_token"]):
        assert len(graph_of(meta.sandbox, token).rows("me/adaccounts")) == 3
        assert token in meta.sandbox.secrets()["facebook_ads"]["tokens"]
    described = meta.get("debug_token", input_token=long["access_token"])["data"]
    assert described["is_valid"] is True
    assert abs(described["expires_at"] - time.time() - 60 * 86400) < 60
    assert described["app_id"] == meta.sandbox.facebook_app_id
    assert "ads_read" in described["scopes"]
    app = f"{meta.sandbox.facebook_app_id}|{meta.sandbox.facebook_app_secret}"
    system = graph_of(meta.sandbox, app).get("debug_token", input_token=meta.sandbox.facebook_token)["data"]
    assert (system["type"], system["expires_at"]) == ("SYSTEM_USER", 0)
    assert meta.get("debug_token", input_token="nobody's")["data"]["is_valid"] is False


def test_given_the_consent_page_when_opened_then_it_asks_and_a_refusal_comes_back(meta: Any) -> None:
    status, headers, page = consent(meta)
    assert (status, headers["Content-Type"].startswith("text/html")) == (200, True)
    assert "approve=1" in page
    found = parse_qs(urlsplit(consent(meta, deny="1")[1]["Location"]).query)
    assert (found["error"], found["state"]) == (["access_denied"], ["x y"])
    assert json.loads(consent(meta, client_id="1")[2])["error"]["code"] == 101
    assert json.loads(consent(meta, redirect_uri="back")[2])["error"]["code"] == 191


def test_given_a_wrong_exchange_when_tried_then_each_has_its_error(meta: Any) -> None:
    code = code_of(meta)
    wrong = {"code": code, "redirect_uri": REDIRECT}
    assert exchange(meta, "refused", **{**wrong, "client_secret": "x"})[1] == 1
    assert exchange(meta, "refused", **{**wrong, "client_id": "x"})[1] == 101
    assert exchange(meta, "refused", **{**wrong, "redirect_uri": "http://127.0.0.1/other"})[1:3] == (100, 36008)
    assert exchange(meta, "refused", code="AQ", redirect_uri=REDIRECT)[1:3] == (100, 36005)
    assert exchange(meta, "refused")[1] == 1
    assert exchange(meta, **wrong)["access_token"]
    assert exchange(meta, "refused", **wrong)[1:3] == (100, 36009)
    assert exchange(meta, "refused", grant_type="fb_exchange_token", fb_exchange_token="x")[1] == 190


def test_given_each_way_to_send_a_token_when_used_then_it_counts(meta: Any, graph_of: Any) -> None:
    token = meta.sandbox.facebook_token
    target, connection = f"/v25.0/{meta.act()}?fields=name", http.client.HTTPConnection("127.0.0.1", meta.sandbox.port)
    try:
        for headers, status in (({"Authorization": f"Bearer {token}"}, 200), ({}, 400)):
            connection.request("GET", target, headers=headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status
        body = {"access_token": token, "fields": ["spend"], "level": "account"}
        for sent in (json.dumps(body), urlencode({**body, "fields": '["spend"]'})):
            connection.request("POST", f"/v25.0/{meta.act()}/insights", sent)
            assert json.loads(connection.getresponse().read())["report_run_id"]
    finally:
        connection.close()
    _, code, subcode, message = graph_of(meta.sandbox, "odd-token").refused("me")
    assert (code, subcode) == (190, 467)
    assert message == "Malformed access token odd-token"  # as Meta does: a client must not log it


def test_given_dead_tokens_when_used_then_the_reason_is_told(own_graph: Any, graph_of: Any) -> None:
    sandbox: Sandbox = own_graph.sandbox
    fresh = graph_of(sandbox, exchange(own_graph, code=code_of(own_graph), redirect_uri=REDIRECT)["access_token"])
    sandbox.expire_tokens(platform="facebook_ads")
    for graph in (own_graph, fresh):
        assert graph.refused("me")[:3] == (400, 190, 463)
    new = exchange(own_graph, code=code_of(own_graph), redirect_uri=REDIRECT)["access_token"]
    assert graph_of(sandbox, new).get("me")
    assert graph_of(sandbox, new).get("debug_token", input_token=fresh.token)["data"]["is_valid"] is False
    sandbox.remove_app()
    assert graph_of(sandbox, new).refused("me")[:3] == (400, 190, 458)


def test_given_one_platforms_tokens_when_expired_then_the_others_live(own_graph: Any, own: Any) -> None:
    shop = own.sandbox.shop_ids[0]
    assert own.call(shop, "shop/get_shop_info").error == ""
    own.sandbox.expire_tokens(platform="facebook_ads")
    assert own.call(shop, "shop/get_shop_info").error == ""
    assert own_graph.refused("me")[1] == 190
    with pytest.raises(RuntimeError, match="no platform orkut"):
        own.sandbox.expire_tokens(platform="orkut")


def test_given_an_account_when_revoked_or_denied_then_only_it_is_refused(own_graph: Any) -> None:
    sandbox: Sandbox = own_graph.sandbox
    first, second, third = sandbox.ad_account_ids
    sandbox.revoke(account=first)
    assert own_graph.refused(own_graph.act())[:2] == (400, 200)
    assert [row["id"] for row in own_graph.rows("me/adaccounts")] == [f"act_{second}", f"act_{third}"]
    sandbox.deny(account=second, path="insights")
    assert own_graph.refused(f"act_{second}/insights")[:2] == (400, 10)
    assert own_graph.rows(f"act_{second}/campaigns")
    assert own_graph.get(f"act_{third}/insights")
    code_of(own_graph)  # somebody consents again
    assert own_graph.get(own_graph.act())
    with pytest.raises(RuntimeError, match="no shop or account 5"):
        sandbox.revoke(account="5")


def test_given_a_proof_when_wrong_or_missing_where_demanded_then_code_100(meta: Any, graph_of: Any) -> None:
    right = proof(meta.sandbox, meta.sandbox.facebook_token)
    assert meta.get("me", appsecret_proof=right)
    assert meta.refused("me", appsecret_proof="0" * 64)[:2] == (400, 100)
    with running_sandbox(**SMALL, require_proof=True) as strict:
        graph = graph_of(strict)
        assert "require an appsecret_proof" in graph.refused("me")[3]
        assert graph.get("me", appsecret_proof=right)


def test_given_a_restart_when_the_state_is_kept_then_tokens_live_on(tmp_path: Path, graph_of: Any) -> None:
    with running_sandbox(**SMALL, state_dir=tmp_path) as sandbox:
        graph = graph_of(sandbox)
        token = exchange(graph, code=code_of(graph), redirect_uri=REDIRECT)["access_token"]
    saved = json.loads((tmp_path / "business.json").read_text())
    assert saved.pop("campaigns") == 4
    (tmp_path / "business.json").write_text(json.dumps(saved))  # as it was before there was advertising
    with running_sandbox(**SMALL, state_dir=tmp_path) as sandbox:
        assert graph_of(sandbox, token).get("me")
    with (
        pytest.raises(RuntimeError, match="campaigns 4 instead of 5"),
        running_sandbox(**SMALL, state_dir=tmp_path, campaigns=5),
    ):
        pass


def usage(answer: Any, account: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the three headers about an account: of the quotas, of the score, of insights."""
    found = [json.loads(answer.headers[name]) for name in (
        "X-Business-Use-Case-Usage", "X-Ad-Account-Usage", "X-Fb-Ads-Insights-Throttle",
    )]  # fmt: skip
    assert json.loads(answer.headers["X-App-Usage"]).keys() == {"call_count", "total_cputime", "total_time"}
    return found[0][account][0], found[1], found[2]


def test_given_quotas_when_used_up_then_headers_warn_and_calls_are_refused_until_the_window_frees(
    graph_of: Any,
) -> None:
    with running_sandbox(**SMALL, usage_seconds=2, insights_quota=4, management_quota=10) as sandbox:
        graph, account = graph_of(sandbox), sandbox.ad_account_ids[0]
        path = f"{graph.act()}/insights"
        seen = [usage(graph.send("GET", path), account) for _ in range(4)]
        assert [of_kind["call_count"] for of_kind, _, _ in seen] == [25, 50, 75, 100]
        assert [of_insights["acc_id_util_pct"] for _, _, of_insights in seen] == [25, 50, 75, 100]
        assert [of_kind["estimated_time_to_regain_access"] for of_kind, _, _ in seen] == [0, 0, 0, 1]
        assert {of_kind["type"] for of_kind, _, _ in seen} == {"ads_insights"}
        assert {of_kind["ads_api_access_tier"] for of_kind, _, _ in seen} == {"standard_access"}
        refused = graph.send("GET", path)
        error = refused.json["error"]
        assert (refused.status, error["code"], error["error_subcode"]) == (400, 80000, 2446079)
        assert usage(refused, account)[0]["call_count"] == 100
        other = graph.send("GET", graph.act())  # another quota, and another account, are still free
        assert (other.status, usage(other, account)[0]["type"]) == (200, "ads_management")
        assert graph.get(f"{graph.act(1)}/insights")
        stats = sandbox.stats()
        assert stats["limit_violations_by_key"] == {account: 1}
        assert stats["usage_peak"][account] == 100
        deadline = time.monotonic() + 5
        while graph.send("GET", path).status != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_given_no_quota_option_when_called_then_metas_formula_counts(meta: Any) -> None:
    account = meta.sandbox.ad_account_ids[0]
    active = len(meta.rows(f"{meta.act()}/ads", effective_status=["ACTIVE"], limit=100))
    assert active > 0
    _, _, before = usage(meta.send("GET", meta.act()), account)
    for _ in range(120):
        answer = meta.send("GET", f"{meta.act()}/insights")
    grown = usage(answer, account)[2]["acc_id_util_pct"] - before["acc_id_util_pct"]
    assert grown == pytest.approx(120 * 100 / (190_000 + 400 * active), abs=0.011)


def test_given_the_score_when_used_up_then_code_17_and_a_write_weighs_three(graph_of: Any) -> None:
    with running_sandbox(**SMALL, score_quota=10) as sandbox:
        graph, account = graph_of(sandbox), sandbox.ad_account_ids[0]
        scores = [usage(graph.send("GET", graph.act()), account)[1]["acc_id_util_pct"] for _ in range(2)]
        scores.append(usage(graph.send("POST", f"{graph.act()}/insights"), account)[1]["acc_id_util_pct"])
        assert scores == [10, 20, 50]
        for _ in range(5):
            last = graph.send("GET", graph.act())
        of_score = usage(last, account)[1]
        assert of_score["acc_id_util_pct"] == 100
        assert 290 <= of_score["reset_time_duration"] <= 300
        assert graph.refused(graph.act())[:3] == (400, 17, 2446079)


def test_given_other_tools_when_they_use_the_quota_then_the_headers_show_it_and_refuse(own_graph: Any) -> None:
    sandbox: Sandbox = own_graph.sandbox
    account = sandbox.ad_account_ids[0]
    sandbox.set_usage(account, 80)
    of_kind, of_score, of_insights = usage(own_graph.send("GET", f"{own_graph.act()}/insights"), account)
    assert (of_kind["call_count"], int(of_score["acc_id_util_pct"]), int(of_insights["acc_id_util_pct"])) == (80,) * 3
    sandbox.set_usage(account, 100)
    refused = own_graph.send("GET", f"{own_graph.act()}/insights")
    assert refused.json["error"]["code"] == 80000
    assert usage(refused, account)[0]["estimated_time_to_regain_access"] == 60
    assert own_graph.refused(own_graph.act())[1] == 80004
    assert own_graph.get(own_graph.act(1))
    sandbox.set_usage(account, 0)
    assert own_graph.get(own_graph.act())
    with pytest.raises(RuntimeError, match="no account 7"):
        sandbox.set_usage("7", 1)


def test_given_planned_errors_when_struck_then_they_look_like_metas(own_graph: Any) -> None:
    sandbox: Sandbox = own_graph.sandbox
    first = sandbox.ad_account_ids[0]
    path = f"{own_graph.act()}/insights"
    sandbox.faults(
        {"match": {"path": "insights", "account": first}, "kind": "error", "code": 2, "subcode": 1504018,
         "message": "Timed out", "status": 500, "transient": True},
        {"match": {"account": first}, "kind": "rate_limit", "regain_minutes": 7, "after": 1},
        {"match": {"account": first}, "kind": "rate_limit", "after": 2},
        {"match": {"path": "/me"}, "kind": "error", "code": 190},
    )  # fmt: skip
    assert own_graph.get(f"{own_graph.act(1)}/insights")
    failed = own_graph.send("GET", path)
    error = failed.json["error"]
    assert (failed.status, error["code"], error["error_subcode"], error["message"]) == (500, 2, 1504018, "Timed out")
    assert error["is_transient"] is True
    limited = own_graph.send("GET", path)
    assert (limited.status, limited.json["error"]["code"]) == (400, 80000)
    assert usage(limited, first)[0]["estimated_time_to_regain_access"] == 7
    assert own_graph.refused(own_graph.act())[1] == 80004
    assert own_graph.refused("me")[:2] == (400, 190)
    assert own_graph.get("me")
    assert sandbox.stats()["errors"].keys() == {"2", "80000", "80004", "190", "400", "500"}


def test_given_spoilt_records_when_planned_then_only_the_first_is_touched(own_graph: Any) -> None:
    path, params = f"{own_graph.act()}/campaigns", {"fields": "name,updated_time"}
    sound = own_graph.rows(path, **params)
    faults = own_graph.sandbox.faults
    faults({"match": {"path": "campaigns"}, "kind": "future_update_time"})
    assert own_graph.rows(path, **params)[0]["updated_time"] == "2099-01-01T00:00:00+0000"
    faults({"match": {"path": "campaigns"}, "kind": "unknown_field", "field": "shiny", "value": 1})
    assert own_graph.rows(path, **params) == [{**sound[0], "shiny": 1}, *sound[1:]]
    faults({"match": {"path": "insights"}, "kind": "bad_record"})
    assert own_graph.rows(f"{own_graph.act()}/insights")[0]["date_start"] == "not-a-value"
    faults({"match": {"path": "insights"}, "kind": "bad_record", "field": "spend"})
    assert own_graph.rows(f"{own_graph.act()}/insights")[0]["spend"] == "not-a-value"
    faults({"kind": "expire_token"})
    assert own_graph.refused(path)[:3] == (400, 190, 463)


def test_given_a_batch_when_sent_then_each_call_is_answered_by_itself(meta: Any) -> None:
    calls = [
        {"method": "GET", "relative_url": f"v25.0/{meta.act()}?fields=name"},
        {"method": "GET", "relative_url": "me/adaccounts?limit=1"},
        {"method": "POST", "relative_url": f"v26.0/{meta.act()}/insights", "body": "level=ad&fields=spend"},
        {"method": "GET", "relative_url": "v25.0/act_1"},
    ]
    target = f"/?{urlencode({'access_token': meta.sandbox.facebook_token, 'batch': json.dumps(calls)})}"
    connection = http.client.HTTPConnection("127.0.0.1", meta.sandbox.port, timeout=30)
    try:
        connection.request("POST", target)
        answers = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    assert [answer["code"] for answer in answers] == [200, 200, 200, 400]
    assert json.loads(answers[0]["body"])["name"] == "Baan Talat TH"
    assert f"access_token={meta.sandbox.facebook_token}" in json.loads(answers[1]["body"])["paging"]["next"]
    assert json.loads(answers[2]["body"])["report_run_id"]
    assert json.loads(answers[3]["body"])["error"]["code"] == 100
    assert "X-Business-Use-Case-Usage" in {header["name"] for header in answers[0]["headers"]}
    short = meta.send("POST", "", batch=calls[:1], include_headers="false").json
    assert short[0].keys() == {"code", "body"}
    assert "Maximum batch size is 50" in meta.refused("", "POST", batch=[calls[0]] * 51)[3]
    assert meta.refused("", "POST", batch={"a": 1})[1] == 1
    assert meta.refused("", "POST")[1] == 100
