"""The router: which path is served how, and what every call must show before it is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import NamedTuple

from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop
from talat_sandbox.faults import Fault
from talat_sandbox.limits import RateLimit
from talat_sandbox.platforms.tiktok_shop.accounts import MAIN, SHOPS, Accounts
from talat_sandbox.platforms.tiktok_shop.analytics import Analytics
from talat_sandbox.platforms.tiktok_shop.call import Call
from talat_sandbox.platforms.tiktok_shop.finance import Finance
from talat_sandbox.platforms.tiktok_shop.orders import Orders
from talat_sandbox.platforms.tiktok_shop.products import Products
from talat_sandbox.platforms.tiktok_shop.protocol import (
    APP_KEY,
    APP_SECRET,
    COMMON,
    FINANCE_PARAM,
    NO_CIPHER,
    NO_METHOD,
    NO_PATH,
    NO_SCOPE,
    NO_VERSION,
    ORDER_PARAM,
    PRODUCT_PARAM,
    RATE_LIMIT,
    RETURN_PARAM,
    SERVICE_ID,
    ApiError,
    check_signature,
    error_response,
    success,
)
from talat_sandbox.platforms.tiktok_shop.returns import Returns
from talat_sandbox.vault import Vault
from talat_sandbox.web import Request, Response
from talat_sandbox.world import Command, World

_MODULES = ("authorization", "order", "product", "return_refund", "finance", "analytics")
_VERSION = re.compile(r"^/(\w+)/(\d{6})/(.+)$")


class Route(NamedTuple):
    """How one path is served: its only verb, its handler, the code for its parameters, and whose versions there are."""

    method: str
    handler: Callable[[Call], bytes]
    wrong: int
    versions: tuple[str, ...]


class TikTokShop:
    """TikTok Shop Open API over the business's shops there."""

    name = "tiktok_shop"

    def __init__(self, world: World, business: Business) -> None:
        self._world, self._business = world, business
        self.commands: dict[str, Command] = {}
        path = world.options.state_path / "auth-tiktok_shop.json"
        self._vault = Vault(path, (MAIN, *business.by_shop_id), world.options.token_seconds)
        self._accounts = Accounts(business, self._vault)
        self._app_limit, self._shop_limit = RateLimit(world.options.app_rps), RateLimit(world.options.shop_rps)
        self._denied: set[tuple[str, str]] = set()
        self._orders, finance = Orders(world, business), Finance(business)
        self._routes = {
            "order/orders/search": Route("POST", self._orders.search, ORDER_PARAM, ("202309",)),
            "order/orders": Route("GET", self._orders.detail, ORDER_PARAM, ("202309", "202507")),
            "product/products/search": Route("POST", Products(business).search, PRODUCT_PARAM, ("202502",)),
            "return_refund/returns/search": Route("POST", Returns(business).search, RETURN_PARAM, ("202309", "202602")),
            "finance/statements": Route("GET", finance.statements, FINANCE_PARAM, ("202309",)),
            "finance/statements/*/statement_transactions": Route(
                "GET", finance.transactions, FINANCE_PARAM, ("202501",)
            ),
            "analytics/shop/performance": Route("GET", Analytics(business).performance, COMMON, ("202405",)),
        }

    def serves(self, path: str) -> bool:
        """Whether a path is TikTok Shop's."""
        return path in self._accounts.routes or path.split("/")[1] in _MODULES

    def has(self, account: str) -> bool:
        """Whether an account is one of the shops."""
        return account.isdigit() and int(account) in self._business.by_shop_id

    def account(self, request: Request) -> str:
        """Return the shop id a request is about, by its cipher or its token."""
        return self._accounts.named(request)

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        try:
            return self._answer(request)
        except ApiError as error:
            self._world.stats.error(str(error.code))
            return error_response(error.code, error.message)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for; `expire_token` only spoils the token."""
        options = fault.options
        if fault.kind == "expire_token":
            self._vault.expire(token=request.token)
            return None
        if fault.kind == "error":
            code = int(options["code"])
        elif fault.kind == "rate_limit":
            code = RATE_LIMIT
        else:
            return None
        self._world.stats.error(str(code))
        response = error_response(code, str(options.get("message", "")), int(options.get("status", 0)))
        if "retry_after" in options:
            response.headers.append(("Retry-After", str(options["retry_after"])))
        return response

    def drift(self, request: Request, response: Response) -> None:
        """Update the first order of a page and the last one that the search has not shown yet."""
        if request.path.endswith("/orders/search") and b'"orders":' in response.body:
            seller = self._accounts.seller(request)
            shop = self._accounts.shop(seller, request.param("shop_cipher"))
            self._orders.drift(Call(request, shop, self._world.clock.now(), ORDER_PARAM))

    def deny(self, account: str, path: str) -> None:
        """Take a shop's scope for all paths with a part away."""
        self._denied.add((account, path))

    def revoke(self, account: str) -> None:
        """Withdraw a seller's consent."""
        self._vault.revoke(int(account))

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Let tokens expire now."""
        self._vault.expire(int(account) if account else None, refresh=refresh)

    def secrets(self) -> dict[str, list[str]]:
        """Return the app's secret, all codes and tokens, and the keys of the shops."""
        return {
            "app_id": [APP_KEY],
            "service_id": [SERVICE_ID],
            "app_secret": [APP_SECRET],
            "tokens": self._vault.issued(),
            "ciphers": self._accounts.ciphers,
        }

    def _answer(self, request: Request) -> Response:
        if request.path in self._accounts.routes:
            self._check_rate("")
            if request.method != "GET":
                raise ApiError(NO_METHOD)
            return self._accounts.routes[request.path](request)
        route, ids = self._route(request.path)
        if request.method != (route.method if route else "GET"):
            raise ApiError(NO_METHOD)
        check_signature(request, time.time())
        seller = self._accounts.seller(request)
        if route is None:
            self._check_rate("")
            if "shop_cipher" in request.params:
                raise ApiError(COMMON, "shop_cipher is not required.")
            return success(self._accounts.shops(seller))
        shop = self._shop(request, seller)
        self._check_rate(str(shop.shop_id))
        if any(account == str(shop.shop_id) and part in request.path for account, part in self._denied):
            raise ApiError(NO_SCOPE)
        return success(route.handler(Call(request, shop, self._world.clock.now(), route.wrong, ids)))

    def _route(self, path: str) -> tuple[Route | None, tuple[str, ...]]:
        """Return how a path is served (None: the list of shops), and the ids in it. Raises ApiError."""
        if path == SHOPS:
            return None, ()
        found = _VERSION.match(path)
        if not found:
            raise ApiError(NO_PATH)
        module, version, resource = found.groups()
        for name, route in self._routes.items():
            ids = re.fullmatch(name.replace("*", "([^/]+)"), f"{module}/{resource}")
            if ids and version not in route.versions:
                raise ApiError(NO_VERSION)
            if ids:
                return route, ids.groups()
        raise ApiError(NO_PATH)

    def _shop(self, request: Request, seller: int) -> Shop:
        cipher = request.param("shop_cipher")
        if not cipher:
            raise ApiError(NO_CIPHER)
        return self._accounts.shop(seller, cipher)

    def _check_rate(self, shop_id: str) -> None:
        for limit, key in ((self._app_limit, "app"), (self._shop_limit, shop_id)):
            if key and not limit.allows(key):
                self._world.stats.limit_violations[key] += 1
                raise ApiError(RATE_LIMIT)
