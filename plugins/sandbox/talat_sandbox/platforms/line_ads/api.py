"""The router: which path is served how, and what every call must show before it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talat_sandbox.business.ads import Ad, AdSet, Campaign, Portfolio
from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.shops import Shop
from talat_sandbox.faults import Fault
from talat_sandbox.limits import RateLimit
from talat_sandbox.platforms.line_ads.bodies import Body, account_body, ad_body, ad_group_body, campaign_body
from talat_sandbox.platforms.line_ads.protocol import (
    GROUP,
    PREFIX,
    SECRET_KEY,
    ApiError,
    check_signature,
    error_response,
    page_of,
)
from talat_sandbox.platforms.line_ads.reports import Reports
from talat_sandbox.web import CSV, Request, Response, json_response
from talat_sandbox.world import Command, World

_USUAL, _MOST = 100, 100  # rows of a page


class LineAds:
    """LINE's Management API over one group that has the accounts of all shops on LINE; what writes is not served."""

    name = "line_ads"

    def __init__(self, world: World, advertising: Advertising) -> None:
        self._world, self._advertising = world, advertising
        self.commands: dict[str, Command] = {}
        self._reports = Reports(world.business, advertising, world.options)
        self._per_second = RateLimit(world.options.shop_rps)
        self._accounts = {advertising.platform.account_text(shop): shop for shop in advertising.shops}
        self._denied: set[tuple[str, str]] = set()

    def serves(self, path: str) -> bool:
        """Whether a path is LINE Ads'."""
        return path.startswith(PREFIX)

    def has(self, account: str) -> bool:
        """Whether an account is one of the group's."""
        return account in self._accounts

    def account(self, request: Request) -> str:
        """Return the account that a path names, like `A49799313413`; empty for the group."""
        parts = request.path.removeprefix(PREFIX).split("/")
        return parts[1] if parts[0] == "adaccounts" and len(parts) > 1 else ""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        try:
            return self._answer(request)
        except ApiError as error:
            return error_response(error.status, error.reason, error.about)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for, its code a reason or `HTTP 403`; or decide a report's fate."""
        options = fault.options
        if fault.kind == "rate_limit":
            return error_response(429)
        if fault.kind == "job":
            self._reports.outcome = str(options["outcome"])
        if fault.kind != "error":
            return None
        code, status = str(options["code"]), int(options.get("status", 400))
        if code.startswith("HTTP "):
            code, status = "", int(code.removeprefix("HTTP ").partition("-")[0])
        return error_response(status, code)

    def drift(self, request: Request, response: Response) -> None:
        """Do nothing: objects change by the clock."""

    def deny(self, account: str, path: str) -> None:
        """Take the permission for a part of an account (`pfreports`) away."""
        self._denied.add((account, path))

    def revoke(self, account: str) -> None:
        """Unlink an account from the group."""
        self._denied.add((account, ""))

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Do nothing: keys do not expire."""

    def secrets(self) -> dict[str, list[str]]:
        """Return the group's secret key."""
        return {"secret_keys": [SECRET_KEY]}

    def _answer(self, request: Request) -> Response:
        check_signature(request)
        parts = request.path.removeprefix(PREFIX).split("/")
        key = f"{request.method} {'/'.join(part for part in parts if not any(map(str.isdigit, part)))}"
        if not self._per_second.allows(key):
            self._world.stats.limit_violations[key] += 1
            raise ApiError(429)
        if parts[0] == "groups" and len(parts) == 3:
            return self._group(request, *parts[1:])
        account = self.account(request)
        if parts[0] != "adaccounts" or len(parts) < 3:
            raise ApiError(404)
        if account not in self._accounts or {(account, ""), (account, parts[2])} & self._denied:
            raise ApiError(403)
        shop = self._accounts[account]
        if parts[2] == "pfreports":
            return self._report(request, shop, account, parts[3:])
        if request.method != "GET" or len(parts) > 3:
            raise ApiError(404)
        return self._page(request, self._objects(request, self._advertising.portfolio(shop), parts[2]))

    def _group(self, request: Request, group: str, what: str) -> Response:
        if group != GROUP:
            raise ApiError(403)
        if what != "adaccounts":
            raise ApiError(404)
        linked = [shop for account, shop in self._accounts.items() if (account, "") not in self._denied]
        return self._page(request, [account_body(self._advertising.portfolio(shop).account) for shop in linked])

    def _objects(self, request: Request, portfolio: Portfolio, kind: str) -> list[Body]:
        """Return the objects of a kind that there are, the newest first; those that were removed only if asked for."""
        now = self._world.clock.now()
        things: Mapping[str, list[tuple[Campaign | AdSet | Ad, Body]]] = {
            "campaigns": [(it, campaign_body(it, now)) for it in portfolio.campaigns],
            "adgroups": [(it, ad_group_body(it, now)) for it in portfolio.ad_sets],
            "ads": [(it, ad_body(it, now)) for it in portfolio.ads],
        }
        if kind not in things:
            raise ApiError(404)
        removed = request.param("includeRemoved") == "true"
        found = [(thing, body) for thing, body in things[kind] if thing.created <= now]
        for name, field in (("campaignId", "campaignId"), ("adgroupId", "adgroupId")):
            if wanted := request.param(name):
                found = [(thing, body) for thing, body in found if str(body.get(field)) == wanted]
        if ids := request.param("ids"):
            found = [(thing, body) for thing, body in found if str(body["id"]) in ids.split(",")]
        found.sort(key=lambda it: (-it[0].created, it[0].object_id))
        return [body for _, body in found if removed or body["deliveryStatus"] != "REMOVED"]

    def _page(self, request: Request, rows: list[Body]) -> Response:
        page, size = (_number(request, name, usual) for name, usual in (("page", 1), ("size", _USUAL)))
        if page < 1 or not 1 <= size <= _MOST:
            raise ApiError(400, about="page" if page < 1 else "size")
        return json_response(page_of(rows, page, size))

    def _report(self, request: Request, shop: Shop, account: str, rest: list[str]) -> Response:
        now = self._world.clock.now()
        if request.method == "POST" and not rest:
            return json_response(self._reports.start(shop, account, self._asked(request), now).show(now))
        if request.method == "GET" and not rest:
            ids = request.param("ids").split(",") if request.param("ids") else []
            found = [job.show(now) for job in self._reports.of(shop) if not ids or str(job.number) in ids]
            return self._page(request, found)
        job = self._reports.find(shop, rest[0]) if rest else None
        if job and request.method == "DELETE" and len(rest) == 1:
            self._reports.delete(job)
            return json_response({})
        if job and request.method == "GET" and rest[1:] == ["download"]:
            if job.status(now) != "READY":
                raise ApiError(400, "REPORT_NOT_READY")
            return Response(self._reports.file(job), content_type=CSV)
        raise ApiError(404)

    def _asked(self, request: Request) -> Mapping[str, Any]:
        if not request.json:
            raise ApiError(400)
        return request.json


def _number(request: Request, name: str, usual: int) -> int:
    text = request.param(name) or str(usual)
    if not text.isdecimal():
        raise ApiError(400, about=name)
    return int(text)
