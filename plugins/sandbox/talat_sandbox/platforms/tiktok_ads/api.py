"""The router: which path is served how, and what every call must show before it is."""

from __future__ import annotations

import hmac
import html
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from talat_sandbox.business.advertising import Advertising
from talat_sandbox.faults import Fault
from talat_sandbox.limits import RateLimit
from talat_sandbox.platforms.tiktok_ads.call import MOST_IDS, Call, json_param, texts, wrong
from talat_sandbox.platforms.tiktok_ads.gmv_max import GmvMax
from talat_sandbox.platforms.tiktok_ads.objects import Objects, advertiser, only
from talat_sandbox.platforms.tiktok_ads.protocol import (
    APP_ID,
    APP_SECRET,
    BAD_APP,
    CONSENT,
    NO_PERMISSION,
    NO_SCOPE,
    RATE_LIMIT,
    ROOT,
    ApiError,
    envelope,
    refusal,
)
from talat_sandbox.platforms.tiktok_ads.report import Report
from talat_sandbox.platforms.tiktok_ads.tokens import Tokens
from talat_sandbox.web import HTML, Request, Response
from talat_sandbox.world import Command, World

_SCOPES = [3, 4, 5, 6, 7, 9, 10, 20110000]


class TikTokAds:
    """TikTok API for Business over the accounts of the business there."""

    name = "tiktok_ads"

    def __init__(self, world: World, advertising: Advertising) -> None:
        self._world, self._advertising = world, advertising
        self.commands: dict[str, Command] = {}
        accounts = tuple(advertising.portfolio(shop).account.text for shop in advertising.shops)
        self._tokens = Tokens(world.options.state_path / "auth-tiktok_ads.json", accounts)
        self._limit = RateLimit(world.options.app_rps)
        self._denied: set[tuple[str, str]] = set()
        objects, gmv_max = Objects(), GmvMax()
        self._app_routes: dict[tuple[str, str], Callable[[Request], object]] = {
            ("POST", "oauth2/access_token/"): self._redeem,
            ("POST", "oauth2/revoke_token/"): self._revoke,
            ("GET", "oauth2/advertiser/get/"): self._advertisers,
            ("GET", "advertiser/info/"): self._info,
        }
        self._routes: dict[str, Callable[[Call], object]] = {
            "campaign/get/": objects.campaigns,
            "adgroup/get/": objects.ad_groups,
            "ad/get/": objects.ads,
            "report/integrated/get/": lambda call: call.page(Report(call).rows()),
            "gmv_max/store/list/": gmv_max.stores,
            "gmv_max/campaign/get/": gmv_max.campaigns,
            "campaign/gmv_max/info/": gmv_max.detail,
            "gmv_max/report/get/": gmv_max.report,
        }

    def serves(self, path: str) -> bool:
        """Whether a path is TikTok's for business."""
        return path.startswith(ROOT) or path == CONSENT

    def has(self, account: str) -> bool:
        """Whether an account is one of the advertisers."""
        return account in self._tokens.advertisers

    def account(self, request: Request) -> str:
        """Return the advertiser a request is about; of several the first."""
        if name := request.param("advertiser_id"):
            return name
        try:
            listed = json_param(request, "advertiser_ids")
        except ApiError:
            return ""
        return str(listed[0]) if isinstance(listed, list) and listed else ""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        try:
            return self._consent(request) if request.path == CONSENT else self._answer(request)
        except ApiError as error:
            self._world.stats.error(str(error.code))
            return refusal(error.code, error.message)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for; `expire_token` revokes the token, there being nothing else."""
        if fault.kind == "expire_token":
            self._tokens.kill(request.token)
        if fault.kind not in ("error", "rate_limit"):
            return None
        options = fault.options
        code = int(options["code"]) if fault.kind == "error" else RATE_LIMIT
        self._world.stats.error(str(code))
        response = refusal(code, str(options.get("message", "")), int(options.get("status", 200)))
        if "retry_after" in options:
            response.headers.append(("Retry-After", str(options["retry_after"])))
        return response

    def drift(self, request: Request, response: Response) -> None:
        """Do nothing: objects are listed by their ids, which do not move."""

    def deny(self, account: str, path: str) -> None:
        """Take the scope for all paths that hold some text away from the consent for an advertiser."""
        self._denied.add((account, path))

    def revoke(self, account: str) -> None:
        """Withdraw the consent for an advertiser."""
        self._tokens.withdraw(account)

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Let all tokens be revoked: they do not expire, and there are none to refresh them by."""
        if not refresh:
            self._tokens.kill()

    def secrets(self) -> dict[str, list[str]]:
        """Return the app's secret and all codes and tokens."""
        return {"app_id": [APP_ID], "app_secret": [APP_SECRET], "tokens": self._tokens.issued()}

    def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(ROOT)
        of_app, route = self._app_routes.get((request.method, path)), self._routes.get(path)
        if not of_app and (not route or request.method != "GET"):
            return Response(b"<html><body><h1>404 Not Found</h1></body></html>", 404, HTML)
        if not self._limit.allows(path):
            self._world.stats.limit_violations[path] += 1
            raise ApiError(RATE_LIMIT)
        if of_app:
            return envelope(of_app(request))
        assert route is not None, "one of the two is there"
        name = request.param("advertiser_id")
        if not name.isdigit():
            self._tokens.granted(request.token)
            raise wrong("advertiser_id: is required, digits.")
        self._tokens.check(request.token, name)
        if any(account == name and part in request.path for account, part in self._denied):
            raise ApiError(NO_SCOPE)
        return envelope(route(self._call(request, name)))

    def _call(self, request: Request, name: str) -> Call:
        shop = self._advertising.shop_of(int(name))
        if shop is None:
            raise ApiError(NO_PERMISSION, f"No permission to operate advertiser {name}.")
        return Call(request, self._advertising, shop, self._world.clock.now(), self._world.business.plan.opens)

    def _info(self, request: Request) -> object:
        """GET advertiser/info/: what the accounts are."""
        names = texts(json_param(request, "advertiser_ids"), "advertiser_ids", MOST_IDS)
        fields = texts(json_param(request, "fields") or [], "fields")
        rows = []
        for name in names:
            self._tokens.check(request.token, name)
            rows.append(only(advertiser(self._call(request, name).portfolio.account), fields))
        return {"list": rows}

    def _advertisers(self, request: Request) -> object:
        """GET oauth2/advertiser/get/: the accounts that the token reads."""
        _check_app({name: request.param(name) for name in ("app_id", "secret")})
        names = self._tokens.granted(request.token)
        shown = [self._call(request, name).portfolio.account for name in names]
        return {"list": [{"advertiser_id": it.text, "advertiser_name": it.name} for it in shown]}

    def _redeem(self, request: Request) -> object:
        """POST oauth2/access_token/: a long-term token for a code."""
        _check_app(request.json)
        token = self._tokens.redeem(str(request.json.get("auth_code")))
        return {"access_token": token, "advertiser_ids": self._tokens.granted(token), "scope": _SCOPES}

    def _revoke(self, request: Request) -> object:
        """POST oauth2/revoke_token/."""
        _check_app(request.json)
        token = str(request.json.get("access_token"))
        self._tokens.granted(token)
        self._tokens.kill(token)
        return {}

    def _consent(self, request: Request) -> Response:
        """Show the accounts, or approve (`approve`: an advertiser's number, or `all`) and send the browser back."""
        target, chosen = request.param("redirect_uri"), request.param("approve")
        if request.param("app_id") != APP_ID:
            raise ApiError(BAD_APP, "Invalid app_id.")
        if urlsplit(target).scheme not in ("http", "https"):
            raise wrong("redirect_uri: must be a http or https address.")
        if not chosen:
            return self._page(request)
        accounts = [it for it in self._tokens.advertisers if chosen in ("all", it)]
        if not accounts:
            raise ApiError(NO_PERMISSION, f"There is no advertiser {chosen}.")
        code = self._tokens.new_code(accounts)
        answer = {"auth_code": code, "code": code, "state": request.param("state")}
        joint = "&" if urlsplit(target).query else "?"
        return Response(b"", 302, HTML, [("Location", f"{target}{joint}{urlencode(answer)}")])

    def _page(self, request: Request) -> Response:
        here = f"{request.path}?{request.query}"
        links = "".join(
            f'<li><a href="{html.escape(f"{here}&approve={choice}")}">{choice}</a></li>'
            for choice in (*self._tokens.advertisers, "all")
        )
        body = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox consent</title>'
            f"<h1>Which advertisers may the app read?</h1><ul>{links}</ul></html>"
        )
        return Response(body.encode(), 200, HTML)


def _check_app(sent: Mapping[str, Any]) -> None:
    secret = str(sent.get("secret", ""))
    if str(sent.get("app_id")) != APP_ID or not hmac.compare_digest(secret.encode(), APP_SECRET.encode()):
        raise ApiError(BAD_APP)
