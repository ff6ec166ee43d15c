"""The router: which path is served how, and what every call must show before it is."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Mapping
from typing import Any

from talat_sandbox.business.ad_platforms import ACTIVE
from talat_sandbox.business.ads import Ad, AdAccount, AdSet, Campaign, Creative
from talat_sandbox.business.shops import Shop
from talat_sandbox.faults import Fault
from talat_sandbox.platforms.facebook_ads.batch import answer_batch
from talat_sandbox.platforms.facebook_ads.call import Call
from talat_sandbox.platforms.facebook_ads.edges import cut, has_edge, list_edge
from talat_sandbox.platforms.facebook_ads.insights import Insights
from talat_sandbox.platforms.facebook_ads.oauth import USER_ID, OAuth
from talat_sandbox.platforms.facebook_ads.objects import KINDS, Thing, View, read_fields, show
from talat_sandbox.platforms.facebook_ads.paging import encode_cursor, page
from talat_sandbox.platforms.facebook_ads.protocol import (
    APP_ID,
    APP_SECRET,
    GraphError,
    missing_object,
    parameter_error,
    proof,
)
from talat_sandbox.platforms.facebook_ads.tokens import Tokens
from talat_sandbox.platforms.facebook_ads.usage import INSIGHTS, MANAGEMENT, Usage, limit_error
from talat_sandbox.web import Request, Response, json_response
from talat_sandbox.world import Command, World

_ROOTS = ("oauth", "dialog", "debug_token")


class FacebookAds:
    """Meta's Graph and Marketing API over the shared business: one ad account for each shop."""

    name = "facebook_ads"

    def __init__(self, world: World) -> None:
        self._world = world
        self._business = world.business
        self._tokens = Tokens(world.options.state_path / "auth-facebook_ads.json")
        self._oauth = OAuth(self._tokens)
        self._usage = Usage(world.options, world.stats, self._active_ads)
        self._insights = Insights(world)
        self._denied: set[tuple[str, str]] = set()
        self._fate: tuple[Request | None, Mapping[str, Any]] = (None, {})
        self._counted: dict[str, tuple[int, int]] = {}
        self.commands: dict[str, Command] = {
            "usage": self._set_usage,
            "gate": self._set_gate,
            "remove_app": self._remove_app,
        }

    def serves(self, path: str) -> bool:
        """Whether a path is Meta's: a version, one of the few roots without one, or the batch at the very root."""
        return path == "/" or (path[1:2] == "v" and path[2:3].isdigit()) or path[1:].partition("/")[0] in _ROOTS

    def has(self, account: str) -> bool:
        """Whether an account is one of the ad accounts."""
        return account.isdigit() and self._business.advertising.shop_of(int(account)) is not None

    def account(self, request: Request) -> str:
        """Return the digits of the ad account a request is about; empty when it is about none."""
        parts = [part for part in request.path.split("/") if part]
        node = parts[1] if len(parts) > 1 else ""
        if node.startswith("act_"):
            return node.removeprefix("act_")
        job = self._insights.jobs.find(node)
        if job:
            return job.account
        thing = self._business.advertising.find(int(node)) if node.isdigit() else None
        return str(_account_of(thing).account_id) if thing else ""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        try:
            response = self._answer(Call.read(request, self._world.clock.now()), request)
        except GraphError as error:
            self._world.stats.error(str(error.code))
            response = error.response()
        return self._with_usage(response, request)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for; other kinds only prepare what becomes of the request."""
        options = fault.options
        if fault.kind == "job":
            self._fate = (request, options)
        if fault.kind == "expire_token":
            with contextlib.suppress(GraphError):  # a version that is not served has no token either
                self._tokens.expire(Call.read(request, 0).token)
        if fault.kind not in ("error", "rate_limit"):
            return None
        regain = None
        if fault.kind == "rate_limit":
            error, regain = limit_error(_kind(request)), int(options.get("regain_minutes", 1))
            error.status = int(options.get("status", error.status))
        else:
            code = int(options["code"])
            message = str(options.get("message", f"(#{code}) The sandbox was told to fail."))
            status = int(options.get("status", 400))
            error = GraphError(code, message, options.get("subcode"), status)
            if "transient" in options:
                error.extra["is_transient"] = bool(options["transient"])
        self._world.stats.error(str(error.code))
        return self._with_usage(error.response(), request, regain)

    def drift(self, request: Request, response: Response) -> None:
        """Do nothing: cursors say where to go on, and an answer's pages all show the same instant."""

    def deny(self, account: str, path: str) -> None:
        """Take an account's permission for all paths that hold some text away."""
        self._denied.add((account, path))

    def revoke(self, account: str) -> None:
        """Withdraw the consent for an account."""
        self._tokens.revoke(account)

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Let all tokens expire now: each is good for every account, and there are no refresh tokens."""
        if not refresh:
            self._tokens.expire()

    def secrets(self) -> dict[str, list[str]]:
        """Return the app's secret and all codes and tokens."""
        return {"app_id": [APP_ID], "app_secret": [APP_SECRET], "tokens": self._tokens.issued()}

    def _answer(self, call: Call, request: Request) -> Response:
        open_answer = self._oauth.answer(call)
        if open_answer:
            return open_answer
        if call.method not in ("GET", "POST"):
            raise GraphError(3, "(#3) Application does not have the capability to make this API call.")
        self._tokens.check(call.token)
        self._check_proof(call)
        if not call.parts:
            if call.method == "POST" and call.param("batch"):
                return json_response(answer_batch(call, self.handle))
            raise missing_object(call.method, "")
        if call.parts[0] == "me":
            return json_response(self._me(call))
        account = self.account(request)
        shop = self._business.advertising.shop_of(int(account)) if account.isdigit() else None
        if shop is None:
            raise missing_object(call.method, call.parts[0])
        self._tokens.check_account(account)
        path = "/".join((call.version, *call.parts))
        if any(owner == account and part.strip("/") in path for owner, part in self._denied):
            raise GraphError(10, "(#10) Application does not have permission for this action")
        self._usage.charge(account, _kind(request), call.method)
        struck, fate = self._fate
        return json_response(self._about(call, shop, account, fate if struck is request else {}))

    def _about(self, call: Call, shop: Shop, account: str, fate: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a call about an account, an object or a report."""
        node_id, *edge = call.parts
        job = self._insights.jobs.find(node_id)
        if job and edge in ([], ["insights"]):
            return self._insights.read(call, job) if edge else self._insights.status(call, job)
        node: Thing | None = self._business.advertising.portfolio(shop).account
        if not node_id.startswith("act_"):
            node = self._business.advertising.find(int(node_id))
        if node is None or (isinstance(node, Campaign | AdSet | Ad) and node.created > call.as_of):
            raise missing_object(call.method, node_id)
        view = View(self._business, shop, call.as_of)
        if edge == ["insights"] and not isinstance(node, Creative):
            if call.method == "POST":
                return self._insights.start(call, node, shop, account, fate)
            return self._insights.answer(call, node, shop, account)
        if call.method == "POST":
            raise GraphError(3, "(#3) Application does not have the capability to make this API call.")
        if edge == ["assigned_users"] and isinstance(node, AdAccount):
            return {"data": []}  # nobody but the token's own user, who is not listed
        if not edge:
            return show(node, read_fields(call.fields(), type(node)), view)
        if len(edge) > 1 or not has_edge(node, edge[0]):
            label = KINDS[type(node)].label
            raise parameter_error(f"Tried accessing nonexisting field ({'/'.join(edge)}) on node type ({label})")
        return list_edge(call, node, edge[0], view)

    def _me(self, call: Call) -> dict[str, Any]:
        if call.parts == ("me",):
            return {"id": USER_ID, "name": "Sandbox System User"}
        if call.parts == ("me", "business_users"):
            return {"data": []}
        if call.parts != ("me", "adaccounts"):
            raise parameter_error(f"Tried accessing nonexisting field ({'/'.join(call.parts[1:])}) on node type (User)")
        asked = read_fields(call.fields(), AdAccount)
        accounts = [self._business.advertising.portfolio(shop).account for shop in self._business.shops]
        accounts = [account for account in accounts if self._tokens.has_consent(str(account.account_id))]
        keys = [account.account_id for account in accounts]
        rows, less, more = cut(call, keys)
        shown = [show(account, asked, View(self._business, account.shop, call.as_of)) for account in accounts[rows]]
        if not shown:
            return {"data": []}
        return page(call, shown, encode_cursor(keys[rows.start]), encode_cursor(keys[rows.stop - 1]), more, less)

    def _check_proof(self, call: Call) -> None:
        shown = call.param("appsecret_proof")
        if not shown and self._world.options.require_proof:
            raise GraphError(100, "API calls from the server require an appsecret_proof argument")
        if shown and not hmac.compare_digest(shown.encode(), proof(call.token).encode()):
            raise GraphError(100, "Invalid appsecret_proof provided in the API argument")

    def _with_usage(self, response: Response, request: Request, regain: int | None = None) -> Response:
        account = self.account(request)
        response.headers += self._usage.headers(account if self.has(account) else "", _kind(request), regain)
        return response

    def _active_ads(self, account: str) -> int:
        """Return how many ads of an account are active, counted once for an hour of business."""
        hour = self._world.clock.now() // 3600
        counted = self._counted.get(account)
        if counted is None or counted[0] != hour:
            shop = self._business.advertising.shop_of(int(account))
            ads = self._business.advertising.portfolio(shop).ads if shop else ()
            counted = self._counted[account] = (hour, sum(ad.effective_status(hour * 3600) == ACTIVE for ad in ads))
        return counted[1]

    def _set_usage(self, asked: Mapping[str, Any]) -> object:
        account, percent = self._named(asked), int(asked["percent"])
        self._usage.set_others(account, percent)
        return {"account": account, "percent": percent}

    def _set_gate(self, asked: Mapping[str, Any]) -> object:
        account, is_on = self._named(asked), bool(asked["on"])
        if is_on:
            self._insights.gated_out.discard(account)
        else:
            self._insights.gated_out.add(account)
        return {"account": account, "on": is_on}

    def _remove_app(self, _: Mapping[str, Any]) -> object:
        self._tokens.remove_app()
        return {"removed": True}

    def _named(self, asked: Mapping[str, Any]) -> str:
        account = str(asked["account"]).removeprefix("act_")
        if not self.has(account):
            raise ValueError(f"no account {account}")
        return account


def _account_of(thing: Campaign | AdSet | Ad | Creative) -> AdAccount:
    return thing.account if isinstance(thing, Campaign | Creative) else thing.campaign.account


def _kind(request: Request) -> str:
    """Return the quota a request counts against: reports belong to insights, also while they are polled."""
    parts = [part for part in request.path.split("/") if part]
    is_report = len(parts) == 2 and len(parts[1]) == 16 and parts[1].isdigit()
    return INSIGHTS if parts[-1:] == ["insights"] or is_report else MANAGEMENT
