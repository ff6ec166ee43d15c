"""The router: which path is served how, and what every call must show before it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from talat_sandbox.business.shops import Shop
from talat_sandbox.faults import Fault
from talat_sandbox.limits import RateLimit
from talat_sandbox.platforms.shopee.accounts import Accounts
from talat_sandbox.platforms.shopee.call import Call
from talat_sandbox.platforms.shopee.finance import Finance
from talat_sandbox.platforms.shopee.listings import Listings
from talat_sandbox.platforms.shopee.orders import Orders
from talat_sandbox.platforms.shopee.protocol import (
    PARTNER_ID,
    PARTNER_KEY,
    PREFIX,
    ApiError,
    check_signature,
    fail,
    handle,
    success,
)
from talat_sandbox.platforms.shopee.shop import ShopPages
from talat_sandbox.vault import TokenError, Vault
from talat_sandbox.web import Request, Response
from talat_sandbox.world import Command, World


class Route(NamedTuple):
    """How one path is served: the only verb it takes, its handler, and whether data stand at the top level."""

    method: str
    handler: Callable[[Call], bytes]
    top_level: bool = False


class Shopee:
    """Shopee Open Platform API v2 over the shared business, for one app. `others`: apps that only get tokens here."""

    name = "shopee"

    def __init__(self, world: World, others: Sequence[Accounts] = ()) -> None:
        self._world = world
        self.commands: dict[str, Command] = {}
        shops = tuple(world.business.by_shop_id)
        path = world.options.state_path / "auth-shopee.json"
        self._vault = Vault(path, shops, world.options.token_seconds)
        self._app_limit = RateLimit(world.options.app_rps)
        self._shop_limit = RateLimit(world.options.shop_rps)
        self._denied: set[tuple[int, str]] = set()
        self._accounts = Accounts(world, self._vault)
        self._others = {str(other.app.partner_id): other for other in others}
        self._orders = Orders(world)
        finance, listings, shop = Finance(world), Listings(world), ShopPages(world)
        self._routes = {
            "shop/get_shop_info": Route("GET", shop.info, True),
            "shop/get_profile": Route("GET", shop.profile),
            "account_health/get_shop_performance": Route("GET", shop.performance),
            "order/get_order_list": Route("GET", self._orders.order_list),
            "order/get_order_detail": Route("GET", self._orders.order_detail),
            "product/get_item_list": Route("GET", listings.item_list),
            "product/get_item_base_info": Route("GET", listings.base_info),
            "product/get_item_extra_info": Route("GET", listings.extra_info),
            "product/get_model_list": Route("GET", listings.models),
            "payment/get_escrow_list": Route("GET", finance.escrow_list),
            "payment/get_escrow_detail": Route("GET", finance.escrow_detail),
            "payment/get_escrow_detail_batch": Route("POST", finance.escrow_batch),
            "returns/get_return_list": Route("GET", finance.return_list),
            "returns/get_return_detail": Route("GET", finance.return_detail),
        }

    def serves(self, path: str) -> bool:
        """Whether a path is Shopee's."""
        return path.startswith(PREFIX)

    def has(self, account: str) -> bool:
        """Whether an account is one of the shops."""
        return account.isdigit() and int(account) in self._world.business.by_shop_id

    def account(self, request: Request) -> str:
        """Return the shop id a request names, in the query or, for token calls, in the body."""
        named = request.param("shop_id")
        return named or str(request.json.get("shop_id", "")) if "/auth/" in request.path else named

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        return handle(self._answer, request, self._world.stats)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for; `expire_token` only spoils the token."""
        return fail(fault, request, self._vault, self._world.stats)

    def drift(self, request: Request, response: Response) -> None:
        """Update the first order of a listed page and the last one that the window has not listed yet."""
        if request.path.endswith("order/get_order_list") and b'"more":' in response.body:
            self._orders.drift(Call(request, self._shop(request), self._world.clock.now()))

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
        """Return the app's key and all codes and tokens."""
        return {
            "partner_id": [str(PARTNER_ID)],
            "partner_key": [PARTNER_KEY],
            "tokens": self._vault.issued(),
        }

    def _answer(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX)
        asking = self._others.get(request.param("partner_id"), self._accounts)
        if name in asking.routes:
            check_signature(request, False, time.time(), asking.app)
            self._check_rate("")
            return asking.routes[name](request)
        route = self._routes.get(name)
        if route is None:
            raise ApiError("error_not_found", f"The path {request.path} does not exist.")
        check_signature(request, True, time.time(), asking.app)
        if asking is not self._accounts:
            raise ApiError("error_permission")
        shop = self._shop(request)
        self._check_rate(str(shop.shop_id))
        self._check_token(request.param("access_token"), shop)
        if (shop.shop_id, name) in self._denied:
            raise ApiError("error_permission")
        if request.method != route.method:
            self._refuse_method(name, route.method)
        payload = route.handler(Call(request, shop, self._world.clock.now()))
        return success(payload, route.top_level)

    def _shop(self, request: Request) -> Shop:
        shop_id = request.param("shop_id")
        shop = self._world.business.by_shop_id.get(int(shop_id)) if shop_id.isdigit() else None
        if shop is None:
            raise ApiError("shopid_invalid")
        return shop

    def _check_rate(self, shop_id: str) -> None:
        if not self._app_limit.allows("app"):
            self._world.stats.limit_violations["app"] += 1
            raise ApiError("error_rate_limit")
        if shop_id and not self._shop_limit.allows(shop_id):
            self._world.stats.limit_violations[shop_id] += 1
            raise ApiError("error_rate_limit")

    def _check_token(self, token: str, shop: Shop) -> None:
        try:
            self._vault.check_access(token, shop.shop_id)
        except TokenError as error:
            if error.reason == "revoked":
                raise ApiError("partner_shop_no_link") from None
            raise ApiError("invalid_acceess_token" if error.reason == "expired" else "error_auth") from None

    def _refuse_method(self, name: str, method: str) -> None:
        if name == "payment/get_escrow_detail_batch":
            # What the live gateway says to the GET that its documentation shows.
            raise ApiError("error_param", "order_sn_list is required, format should be string[]")
        raise ApiError("error_param", f"Wrong method, use {method}.")
