"""The router: which path is served how, and what every call must show before it is.

What all of the ads module shares with the rest of Shopee's platform is Shopee's own: signature, envelope and tokens.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.shops import Shop
from talat_sandbox.faults import Fault
from talat_sandbox.limits import RateLimit
from talat_sandbox.platforms.shopee.accounts import Accounts
from talat_sandbox.platforms.shopee.protocol import SELLER_APP, ApiError, check_signature, fail, handle, success
from talat_sandbox.platforms.shopee_ads import campaigns, reports
from talat_sandbox.platforms.shopee_ads.call import AdsCall, refusal
from talat_sandbox.platforms.shopee_ads.protocol import ADS_APP, ERRORS, PREFIX
from talat_sandbox.vault import TokenError, Vault
from talat_sandbox.web import Request, Response
from talat_sandbox.world import Command, World


class Route(NamedTuple):
    """How one path is served: the only verb it takes, and its handler."""

    method: str
    handler: Callable[[AdsCall], bytes]


ROUTES = {
    "get_all_cpc_ads_daily_performance": Route("GET", reports.shop_daily),
    "get_all_cpc_ads_hourly_performance": Route("GET", reports.shop_hourly),
    "get_product_level_campaign_id_list": Route("GET", campaigns.campaign_ids),
    "get_product_level_campaign_setting_info": Route("GET", campaigns.campaign_settings),
    "get_product_campaign_daily_performance": Route("GET", reports.campaign_daily),
    "check_create_gms_product_campaign_eligibility": Route("GET", campaigns.gms_eligibility),
    "get_gms_campaign_performance": Route("POST", reports.gms_campaign),
    "get_gms_item_performance": Route("POST", reports.gms_items),
    "list_gms_user_deleted_item": Route("POST", reports.gms_deleted_items),
    "get_total_balance": Route("GET", campaigns.balance),
    "get_shop_toggle_info": Route("GET", campaigns.toggles),
}


class ShopeeAds:
    """The ads module of Shopee's Open Platform, for an app of its own; `accounts` are that app's tokens."""

    name = "shopee_ads"

    def __init__(self, world: World, advertising: Advertising) -> None:
        self._world, self._advertising = world, advertising
        self.commands: dict[str, Command] = {}
        path = world.options.state_path / "auth-shopee_ads.json"
        self._vault = Vault(path, tuple(world.business.by_shop_id), world.options.token_seconds)
        self.accounts = Accounts(world, self._vault, ADS_APP)
        self._app_limit = RateLimit(world.options.app_rps)
        self._shop_limit = RateLimit(world.options.shop_rps)
        self._denied: set[tuple[int, str]] = set()

    def serves(self, path: str) -> bool:
        """Whether a path is of the ads module."""
        return path.startswith(PREFIX)

    def has(self, account: str) -> bool:
        """Whether an account is one of the shops."""
        return account.isdigit() and int(account) in self._world.business.by_shop_id

    def account(self, request: Request) -> str:
        """Return the shop id a request names."""
        return request.param("shop_id")

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        return handle(self._answer, request, self._world.stats)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for; `expire_token` only spoils the token."""
        return fail(fault, request, self._vault, self._world.stats, "ads.rate_limit.exceed_shop_api", ERRORS)

    def drift(self, request: Request, response: Response) -> None:
        """Nothing moves between the pages of a list."""

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
            "partner_id": [str(ADS_APP.partner_id)],
            "partner_key": [ADS_APP.key],
            "tokens": self._vault.issued(),
        }

    def _answer(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX)
        route = ROUTES.get(name)
        if route is None:
            raise ApiError("error_not_found", f"The path {request.path} does not exist.")
        app = SELLER_APP if request.param("partner_id") == str(SELLER_APP.partner_id) else ADS_APP
        check_signature(request, True, time.time(), app)
        shop = self._shop(request)
        if app is not ADS_APP or (shop.shop_id, name) in self._denied:
            raise ApiError("error_permission")
        self._check_rate(str(shop.shop_id))
        self._check_token(request.param("access_token"), shop)
        if request.method != route.method:
            raise refusal("ads.api.http_method_not_allowed")
        values = request.json if route.method == "POST" else {key: found[0] for key, found in request.params.items()}
        call = AdsCall(
            values,
            shop,
            self._world.clock.now(),
            self._world.business,
            self._advertising.portfolio(shop),
            self._advertising.days(shop),
        )
        return success(route.handler(call), False)

    def _shop(self, request: Request) -> Shop:
        shop_id = request.param("shop_id")
        shop = self._world.business.by_shop_id.get(int(shop_id)) if shop_id.isdigit() else None
        if shop is None:
            raise ApiError("shopid_invalid")
        return shop

    def _check_rate(self, shop_id: str) -> None:
        limits = (("app", "partner", self._app_limit), (shop_id, "shop", self._shop_limit))
        for key, whose, limit in limits:
            if not limit.allows(key):
                self._world.stats.limit_violations[key] += 1
                raise refusal(f"ads.rate_limit.exceed_{whose}_api")

    def _check_token(self, token: str, shop: Shop) -> None:
        try:
            self._vault.check_access(token, shop.shop_id)
        except TokenError as error:
            if error.reason == "revoked":
                raise ApiError("partner_shop_no_link") from None
            raise ApiError("invalid_acceess_token" if error.reason == "expired" else "error_auth") from None
