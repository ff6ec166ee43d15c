"""The life of codes and tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from talat_sandbox.testing import Sandbox, running_sandbox

TH, OTHER = 226001234, 226001235
INFO = "shop/get_shop_info"


def test_given_the_first_refresh_token_when_used_twice_then_only_the_first_use_works(own: Any) -> None:
    first = own.refresh(TH, f"sandbox-refresh-{TH}")
    assert (first.error, first.json["expire_in"], first.json["shop_id"]) == ("", 14400, TH)
    assert own.refresh(TH, f"sandbox-refresh-{TH}").error == "error_shop_refresh_token"
    second = own.refresh(TH, first.json["refresh_token"])
    assert second.error == ""
    assert own.refresh(TH, first.json["refresh_token"]).error == "error_shop_refresh_token"
    assert second.json["refresh_token"] != first.json["refresh_token"]
    own.tokens[TH] = first.json["access_token"]
    assert own.call(TH, INFO).error == ""  # an access token lives on until it expires


def test_given_one_shops_refresh_token_when_another_shop_uses_it_then_it_is_refused(own: Any) -> None:
    assert own.refresh(OTHER, f"sandbox-refresh-{TH}").error == "error_shop_refresh_token"
    assert own.refresh(TH).error == ""


def test_given_expired_tokens_when_used_then_a_refresh_mends_access_and_nothing_mends_refresh(
    own_sandbox: Sandbox, own: Any
) -> None:
    assert own.call(TH, INFO).error == ""
    own_sandbox.expire_tokens(TH)
    assert own.call(TH, INFO).error == "invalid_acceess_token"
    assert own.refresh(TH).error == ""
    assert own.call(TH, INFO).error == ""
    own_sandbox.expire_tokens(TH, refresh=True)
    assert own.refresh(TH).error == "refresh_token_expired"


def test_given_a_short_token_life_when_it_is_over_then_the_token_is_refused(connect: Any) -> None:
    with running_sandbox(days=2, orders_per_day=2, token_seconds=0) as sandbox:
        assert connect(sandbox).call(TH, INFO).error == "invalid_acceess_token"


def test_given_consent_when_a_shop_is_chosen_then_the_code_buys_tokens_once(own: Any) -> None:
    page = own.public("shop/auth_partner", method="GET", redirect="http://localhost:1/back?state=7")
    links = re.findall(r'href="([^"]+)"', page.body.decode())
    assert len(links) == 3
    sent = own.send("GET", links[0].replace("&amp;", "&"))
    assert sent.status == 302
    back = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert (back["state"], back["shop_id"]) == (["7"], [str(TH)])
    body = {"code": back["code"][0], "partner_id": 2001887, "shop_id": TH}
    assert own.public("auth/token/get", {**body, "shop_id": OTHER}).error == "invalid_code"
    bought = own.public("auth/token/get", body)
    assert (bought.error, bought.json["shop_id_list"]) == ("", [TH])
    assert own.public("auth/token/get", body).error == "invalid_code"
    own.tokens[TH] = bought.json["access_token"]
    assert own.call(TH, INFO).error == ""


def test_given_a_direct_approval_when_asked_then_the_redirect_comes_at_once(own: Any) -> None:
    target = {"redirect": "http://localhost:1/back"}
    for choice in ({"approve": TH}, {"shop_id": TH}):
        assert own.public("shop/auth_partner", method="GET", **target, **choice).status == 302
    assert own.public("shop/auth_partner", method="GET", **target, approve=1).error == "invalid_shop_id"
    assert own.public("shop/auth_partner", method="GET", redirect="javascript:1").error == "error_param"


def test_given_a_withdrawn_consent_when_called_then_only_a_new_consent_helps(own_sandbox: Sandbox, own: Any) -> None:
    assert own.call(TH, INFO).error == ""
    own_sandbox.revoke(TH)
    assert own.call(TH, INFO).error == "partner_shop_no_link"
    assert own.refresh(TH).error == "partner_shop_no_link"
    assert own.call(OTHER, INFO).error == ""
    sent = own.public("shop/auth_partner", method="GET", redirect="http://localhost:1/", approve=TH)
    code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
    bought = own.public("auth/token/get", {"code": code, "partner_id": 2001887, "shop_id": TH}).json
    own.tokens[TH] = bought["access_token"]
    assert own.call(TH, INFO).error == ""


def test_given_a_denied_path_when_called_then_the_other_paths_still_answer(own_sandbox: Sandbox, own: Any) -> None:
    own_sandbox.deny(TH, "/api/v2/returns/get_return_list")
    params = {"page_no": 0, "page_size": 10}
    assert own.call(TH, "returns/get_return_list", **params).error == "error_permission"
    assert own.call(OTHER, "returns/get_return_list", **params).error == ""
    assert own.call(TH, INFO).error == ""


def test_given_issued_tokens_when_secrets_are_listed_then_they_are_among_them(own_sandbox: Sandbox, own: Any) -> None:
    own.call(TH, INFO)
    listed = own_sandbox.secrets()
    assert {own.tokens[TH], own.refresh_tokens[TH]} <= set(listed["shopee"]["tokens"])
    assert own_sandbox.partner_key in listed["shopee"]["partner_key"]
    assert listed["pii_markers"] == ["PII-"]


def test_given_a_restart_when_the_tokens_are_used_then_they_are_still_valid(tmp_path: Path, connect: Any) -> None:
    with running_sandbox(days=2, orders_per_day=2, state_dir=tmp_path) as sandbox:
        before = connect(sandbox)
        before.refresh(TH)
    with running_sandbox(days=2, orders_per_day=2, state_dir=tmp_path) as sandbox:
        after = connect(sandbox)
        after.tokens.update(before.tokens)
        assert after.call(TH, INFO).error == ""
        assert after.refresh(TH, f"sandbox-refresh-{TH}").error == "error_shop_refresh_token"
        assert after.refresh(TH, before.refresh_tokens[TH]).error == ""
    with running_sandbox(days=2, orders_per_day=2, state_dir=tmp_path, reset=True) as sandbox:
        assert connect(sandbox).refresh(TH, f"sandbox-refresh-{TH}").error == ""
