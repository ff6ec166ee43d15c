"""Consent page and token endpoints. https://open.lazada.com/apps/doc/doc?nodeId=10777"""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import orjson

from talat_sandbox.business.model import Business
from talat_sandbox.business.orders import PII
from talat_sandbox.business.shops import Shop
from talat_sandbox.platforms.lazada.protocol import APP_KEY, ApiError, parameters, success
from talat_sandbox.vault import REFRESH_SECONDS, TokenError, Vault
from talat_sandbox.web import HTML, Request, Response


class Accounts:
    """The calls without an access token; their data stand beside the code."""

    def __init__(self, business: Business, vault: Vault) -> None:
        self._business, self._vault = business, vault
        self.routes: dict[str, Callable[[Request], Response]] = {
            "/auth/token/create": self._create,
            "/auth/token/refresh": self._refresh,
        }

    def consent(self, request: Request) -> Response:
        """Show the shops, or approve one (`approve`) and send the browser back with a code."""
        target = request.param("redirect_uri")
        if request.param("client_id") != APP_KEY or request.param("response_type") != "code":
            raise ApiError("InvalidParameter", "client_id must be an app's key, and response_type code")
        if urlsplit(target).scheme not in ("http", "https"):
            raise ApiError("InvalidParameter", "redirect_uri is required and must be a http or https address")
        chosen = request.param("approve")
        if not chosen:
            return self._page(request)
        if not chosen.isdecimal() or int(chosen) not in self._business.by_shop_id:
            raise ApiError("InvalidParameter", "approve must be one of the shops")
        answer = {"code": self._vault.new_code(int(chosen)), "state": request.param("state")}
        joint = "&" if urlsplit(target).query else "?"
        return Response(b"", 302, HTML, [("Location", f"{target}{joint}{urlencode(answer)}")])

    def _page(self, request: Request) -> Response:
        links = "".join(
            f'<li><a href="{html.escape(f"{request.path}?{request.query}&approve={shop.shop_id}")}">'
            f"{html.escape(shop.name)} ({shop.shop_id}, {shop.region.code})</a></li>"
            for shop in self._business.shops
        )
        body = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox consent</title>'
            f"<h1>Which shop may the app read?</h1><ul>{links}</ul></html>"
        )
        return Response(body.encode(), 200, HTML)

    def _create(self, request: Request) -> Response:
        code = parameters(request).get("code", "")
        shop = self._owner("codes", code, "InvalidCode")
        try:
            return self._granted(shop, self._vault.redeem_code(code, shop.shop_id), "country_user_info")
        except TokenError:
            raise ApiError("InvalidCode") from None

    def _refresh(self, request: Request) -> Response:
        token = parameters(request).get("refresh_token", "")
        shop = self._owner("refresh", token, "IllegalRefreshToken")
        try:
            return self._granted(shop, self._vault.refresh(token, shop.shop_id), "country_user_info_list")
        except TokenError:
            raise ApiError("IllegalRefreshToken") from None

    def _owner(self, kind: str, token: str, code: str) -> Shop:
        shop = self._business.by_shop_id.get(self._vault.owner(kind, token) or 0)
        if shop is None:
            raise ApiError(code)
        return shop

    def _granted(self, shop: Shop, pair: tuple[str, str], users: str) -> Response:
        country = shop.region.code.lower()
        body = {
            "access_token": pair[0],
            "refresh_token": pair[1],
            "expires_in": self._vault.access_seconds,
            "refresh_expires_in": REFRESH_SECONDS,
            "country": country,
            "account": f"{PII}{shop.shop_id}@example.invalid",
            "account_id": str(7_000_000_000 + shop.index),
            "account_platform": "seller_center",
            users: [
                {
                    "country": country,
                    "seller_id": str(shop.shop_id),
                    "user_id": str(shop.shop_id + 100_000),
                    "short_code": short_code(shop),
                }
            ],
        }
        return success(orjson.dumps(body), "")


def short_code(shop: Shop) -> str:
    """Return the shop's short code, with which its numbers of transactions begin."""
    return f"{shop.region.code}1MOCK{shop.index + 1:02d}"
