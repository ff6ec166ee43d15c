"""Consent page and token endpoints. https://open.shopee.com/developer-guide/20"""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import orjson

from talat_sandbox.platforms.shopee.protocol import SELLER_APP, ApiError, AppKey, success
from talat_sandbox.vault import TokenError, Vault
from talat_sandbox.web import HTML, Request, Response
from talat_sandbox.world import World


class Accounts:
    """The public calls of an app: they carry no access token and their data stand at the top level."""

    def __init__(self, world: World, vault: Vault, app: AppKey = SELLER_APP) -> None:
        self._world, self._vault, self.app = world, vault, app
        self.routes: dict[str, Callable[[Request], Response]] = {
            "shop/auth_partner": self._consent,
            "auth/token/get": self._token,
            "auth/access_token/get": self._refresh,
        }

    def _consent(self, request: Request) -> Response:
        """Show the shops, or approve one (`approve` or `shop_id`) and send the browser back with a code."""
        target = request.param("redirect")
        if urlsplit(target).scheme not in ("http", "https"):
            raise ApiError("error_param", "redirect is required and must be a http or https address.")
        chosen = request.param("approve") or request.param("shop_id")
        if not chosen:
            return self._page(request)
        shop_id = self._shop_id(chosen)
        answer = urlencode({"code": self._vault.new_code(shop_id), "shop_id": shop_id})
        joint = "&" if urlsplit(target).query else "?"
        return Response(b"", 302, HTML, [("Location", f"{target}{joint}{answer}")])

    def _page(self, request: Request) -> Response:
        links = "".join(
            f'<li><a href="{html.escape(f"{request.path}?{request.query}&approve={shop.shop_id}")}">'
            f"{html.escape(shop.name)} ({shop.shop_id}, {shop.region.code})</a></li>"
            for shop in self._world.business.shops
        )
        body = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox consent</title>'
            f"<h1>Which shop may the app read?</h1><ul>{links}</ul></html>"
        )
        return Response(body.encode(), 200, HTML)

    def _token(self, request: Request) -> Response:
        body = self._body(request)
        shop_id = self._shop_id(body.get("shop_id", ""))
        try:
            access, refresh = self._vault.redeem_code(str(body.get("code", "")), shop_id)
        except TokenError:
            raise ApiError("invalid_code") from None
        return success(
            orjson.dumps(
                {
                    "access_token": access,
                    "refresh_token": refresh,
                    "expire_in": self._vault.access_seconds,
                    "shop_id_list": [shop_id],
                    "merchant_id_list": [],
                    "supplier_id_list": [],
                    "user_id_list": [],
                }
            ),
            True,
        )

    def _refresh(self, request: Request) -> Response:
        body = self._body(request)
        shop_id = self._shop_id(body.get("shop_id", ""))
        try:
            access, refresh = self._vault.refresh(str(body.get("refresh_token", "")), shop_id)
        except TokenError as error:
            codes = {"revoked": "partner_shop_no_link", "expired": "refresh_token_expired"}
            raise ApiError(codes.get(error.reason, "error_shop_refresh_token")) from None
        return success(
            orjson.dumps(
                {
                    "partner_id": self.app.partner_id,
                    "shop_id": shop_id,
                    "access_token": access,
                    "refresh_token": refresh,
                    "expire_in": self._vault.access_seconds,
                }
            ),
            True,
        )

    def _body(self, request: Request) -> dict[str, object]:
        if request.method != "POST":
            raise ApiError("error_param", "Wrong method, use POST.")
        if request.json.get("partner_id") != self.app.partner_id:
            raise ApiError("invalid_partner_id", "partner_id is required in the body, as an integer.")
        return request.json

    def _shop_id(self, value: object) -> int:
        text = str(value)
        if not text.isdigit() or int(text) not in self._world.business.by_shop_id:
            raise ApiError("invalid_shop_id")
        return int(text)
