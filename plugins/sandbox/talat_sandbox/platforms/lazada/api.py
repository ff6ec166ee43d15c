"""The router: which path is served how, and what every call must show before it is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop
from talat_sandbox.faults import Fault
from talat_sandbox.limits import RateLimit
from talat_sandbox.platforms.lazada.accounts import Accounts
from talat_sandbox.platforms.lazada.call import Call
from talat_sandbox.platforms.lazada.finance import Finance
from talat_sandbox.platforms.lazada.listings import Listings
from talat_sandbox.platforms.lazada.orders import Orders
from talat_sandbox.platforms.lazada.protocol import (
    APP_KEY,
    APP_SECRET,
    CONSENT,
    PREFIX,
    ApiError,
    check_signature,
    error_response,
    parameters,
    success,
)
from talat_sandbox.platforms.lazada.reverse import Reverse
from talat_sandbox.platforms.lazada_ads.campaigns import routes as sponsored_solutions
from talat_sandbox.vault import TokenError, Vault
from talat_sandbox.web import Request, Response
from talat_sandbox.world import Command, World


class Route(NamedTuple):
    """What answers a path, and under which name its data stand."""

    handler: Callable[[Call], bytes]
    under: str = "data"


class Lazada:
    """Lazada Open Platform over the business's channel there. The shop of a call is that of its access token.

    With `advertising` the app has the API group of Sponsored Solutions, too.
    """

    name = "lazada"

    def __init__(self, world: World, business: Business, advertising: Advertising | None = None) -> None:
        self._world, self._business = world, business
        self.commands: dict[str, Command] = {}
        path = world.options.state_path / "auth-lazada.json"
        self._vault = Vault(path, tuple(business.by_shop_id), world.options.token_seconds)
        self._app_limit = RateLimit(world.options.app_rps)
        self._shop_limit = RateLimit(world.options.shop_rps)
        self._denied: set[tuple[int, str]] = set()
        self._accounts = Accounts(business, self._vault)
        self._orders = Orders(business, world.options.cache_orders)
        listings = Listings(business)
        self._routes = {
            "/seller/get": Route(listings.seller),
            "/orders/get": Route(self._orders.order_list),
            "/order/get": Route(self._orders.order),
            "/orders/items/get": Route(self._orders.items),
            "/order/items/get": Route(self._orders.order_items),
            "/products/get": Route(listings.products),
            "/reverse/getreverseordersforseller": Route(Reverse(business).reverse_orders, "result"),
            "/finance/transaction/details/get": Route(Finance(business).transactions),
        }
        if advertising:
            ads = sponsored_solutions(business, advertising)
            self._routes |= {path: Route(handler, under) for path, (handler, under) in ads.items()}

    def serves(self, path: str) -> bool:
        """Whether a path is Lazada's."""
        return path.startswith(f"{PREFIX}/") or path == CONSENT

    def has(self, account: str) -> bool:
        """Whether an account is one of the shops."""
        return account.isdecimal() and int(account) in self._business.by_shop_id

    def account(self, request: Request) -> str:
        """Return the seller whose token or code a request bears; empty for nobody's."""
        params = parameters(request)
        for kind, name in (("access", "access_token"), ("refresh", "refresh_token"), ("codes", "code")):
            if name in params:
                return str(self._vault.owner(kind, params[name]) or "")
        return ""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        try:
            return self._answer(request)
        except ApiError as error:
            self._world.stats.error(error.code)
            return error_response(error.code, error.message, inside=error.inside)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for; `expire_token` only spoils the token."""
        options = fault.options
        if fault.kind == "expire_token":
            self._vault.expire(token=parameters(request).get("access_token", ""))
            return None
        if fault.kind == "error":
            code, status = str(options["code"]), int(options.get("status", 200))
        elif fault.kind == "rate_limit":
            code, status = "ApiCallLimit", int(options.get("status", 429 if "retry_after" in options else 200))
        else:
            return None
        self._world.stats.error(code)
        inside, beside = bool(options.get("inside")), bool(options.get("beside"))
        response = error_response(code, str(options.get("message", "")), status, inside=inside, beside=beside)
        if "retry_after" in options:
            response.headers.append(("Retry-After", str(options["retry_after"])))
        return response

    def drift(self, request: Request, response: Response) -> None:
        """Update the first order of a listed page and the last one of the list."""
        if request.path == f"{PREFIX}/orders/get" and b'"countTotal":' in response.body:
            self._orders.drift(self._call(request))

    def deny(self, account: str, path: str) -> None:
        """Take a shop's permission for a path (with or without the prefix) away."""
        self._denied.add((int(account), path.removeprefix(PREFIX)))

    def revoke(self, account: str) -> None:
        """Withdraw a shop's consent."""
        self._vault.revoke(int(account))

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Let tokens expire now."""
        self._vault.expire(int(account) if account else None, refresh=refresh)

    def secrets(self) -> dict[str, list[str]]:
        """Return the app's secret and all codes and tokens."""
        return {"app_key_id": [APP_KEY], "app_secret": [APP_SECRET], "tokens": self._vault.issued()}

    def _answer(self, request: Request) -> Response:
        if request.path == CONSENT:
            return self._accounts.consent(request)
        path = request.path.removeprefix(PREFIX)
        check_signature(request, time.time())
        if path in self._accounts.routes:
            self._check_rate("")
            return self._accounts.routes[path](request)
        route = self._routes.get(path)
        if route is None:
            raise ApiError("InvalidApiPath")
        call = self._call(request)
        self._check_rate(str(call.shop.shop_id))
        try:
            self._vault.check_access(call.params["access_token"], call.shop.shop_id)
        except TokenError:
            raise ApiError("IllegalAccessToken") from None
        if (call.shop.shop_id, path) in self._denied:
            raise ApiError("InsufficientPermission")
        return success(route.handler(call), route.under)

    def _call(self, request: Request) -> Call:
        params = parameters(request)
        return Call(params, self._shop(params), self._world.clock.now(), self._world.options.half_open)

    def _shop(self, params: dict[str, str]) -> Shop:
        token = params.get("access_token", "")
        shop = self._business.by_shop_id.get(self._vault.owner("access", token) or 0)
        if shop is None:
            raise ApiError("IllegalAccessToken")
        return shop

    def _check_rate(self, shop_id: str) -> None:
        if not self._app_limit.allows("app"):
            self._world.stats.limit_violations["app"] += 1
            raise ApiError("ApiCallLimit")
        if shop_id and not self._shop_limit.allows(shop_id):
            self._world.stats.limit_violations[shop_id] += 1
            raise ApiError("SellerCallLimit")
