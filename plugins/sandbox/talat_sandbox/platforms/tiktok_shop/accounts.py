"""Consent page, tokens and shops. https://partner.tiktokshop.com/docv2/page/authorization-overview-202407"""

from __future__ import annotations

import hashlib
import html
import time
import uuid
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import orjson

from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop
from talat_sandbox.platforms.tiktok_shop.protocol import (
    APP_KEY,
    APP_SECRET,
    COMMON,
    EXPIRED,
    MISMATCH,
    SERVICE_ID,
    UNAUTHORIZED,
    ApiError,
)
from talat_sandbox.vault import REFRESH_SECONDS, TokenError, Vault
from talat_sandbox.web import HTML, Request, Response

CONSENT, GET, REFRESH = "/open/authorize", "/api/v2/token/get", "/api/v2/token/refresh"
SHOPS = "/authorization/202309/shops"
SCOPES = (
    "seller.authorization.info",
    "seller.order.info",
    "seller.product.basic",
    "seller.finance.info",
    "seller.return_refund.basic",
    "data.shop_analytics.public.read",
)
#: The seller whose consent covers all shops; each shop also has a seller of its own, with the shop's number.
MAIN = 0


class Accounts:
    """Sellers, what they consented to, and under which key an app calls each of their shops."""

    def __init__(self, business: Business, vault: Vault) -> None:
        self._business, self._vault = business, vault
        self._ciphers = {
            self.cipher(seller, shop): (seller, shop) for seller in self._sellers for shop in self._shops(seller)
        }
        self.routes: dict[str, Callable[[Request], Response]] = {
            CONSENT: self._consent,
            GET: self._redeem,
            REFRESH: self._refresh,
        }

    @property
    def _sellers(self) -> tuple[int, ...]:
        return (MAIN, *self._business.by_shop_id)

    def _shops(self, seller: int) -> tuple[Shop, ...]:
        return self._business.shops if seller == MAIN else (self._business.by_shop_id[seller],)

    def cipher(self, seller: int, shop: Shop) -> str:
        """Return the key of a shop within a seller's consent; like the platform's it ends with `=`."""
        digest = hashlib.sha256(f"{self._business.plan.seed}|{seller}|{shop.shop_id}".encode()).digest()
        return f"TTP_{b64encode(digest[:16]).decode()}"

    @property
    def ciphers(self) -> list[str]:
        """Every key of a shop."""
        return list(self._ciphers)

    def named(self, request: Request) -> str:
        """Return the shop, or of a call about tokens the seller, that a request is about; empty when unknown."""
        if request.path == REFRESH:
            owner = self._vault.owner("refresh", request.param("refresh_token"))
        elif request.path == GET:
            owner = self._vault.owner("codes", request.param("auth_code"))
        elif found := self._ciphers.get(request.param("shop_cipher")):
            owner = found[1].shop_id
        else:
            owner = self._vault.owner("access", request.token)
        return "" if owner is None else str(owner)

    def seller(self, request: Request) -> int:
        """Return whose token the header has. Raises ApiError."""
        if not request.token:
            raise ApiError(COMMON, "Invalid access_token: the header x-tts-access-token is required.")
        seller = self._vault.owner("access", request.token)
        try:
            self._vault.check_access(request.token, MAIN if seller is None else seller)
        except TokenError as error:
            raise ApiError({"expired": EXPIRED, "revoked": UNAUTHORIZED}.get(error.reason, MISMATCH)) from None
        assert seller is not None, "the token is known"
        return seller

    def shop(self, seller: int, cipher: str) -> Shop:
        """Return the shop behind a key. Raises ApiError when it is not of this seller's consent."""
        owner, shop = self._ciphers.get(cipher, (None, None))
        if shop is None or owner != seller:
            raise ApiError(UNAUTHORIZED, "The shop_cipher does not match the access_token.")
        return shop

    def shops(self, seller: int) -> bytes:
        """GET /authorization/202309/shops: all shops of the token's seller."""
        shops = [
            {
                "id": str(shop.shop_id),
                "name": shop.name,
                "region": shop.region.code,
                "seller_type": "LOCAL",
                "cipher": self.cipher(seller, shop),
                "code": f"{shop.region.code}SB{shop.index:06d}",
            }
            for shop in self._shops(seller)
        ]
        return orjson.dumps({"shops": shops})

    def _consent(self, request: Request) -> Response:
        """Show the sellers, or approve for one (`approve`: a shop id, or `all`) and send the browser back with a code.

        The address to come back to is registered with the real app; here the link brings it.
        """
        target = request.param("redirect_uri")
        if request.param("service_id") != SERVICE_ID:
            raise ApiError(COMMON, "Invalid service_id.")
        if urlsplit(target).scheme not in ("http", "https"):
            raise ApiError(COMMON, "redirect_uri must be a http or https address.")
        chosen = request.param("approve")
        if not chosen:
            return self._page(request)
        if chosen != "all" and (not chosen.isdigit() or int(chosen) not in self._business.by_shop_id):
            raise ApiError(UNAUTHORIZED, f"There is no seller {chosen}.")
        answer = {
            "app_key": APP_KEY,
            "code": self._vault.new_code(MAIN if chosen == "all" else int(chosen)),
            "shop_region": "TH",
            "state": request.param("state"),
        }
        joint = "&" if urlsplit(target).query else "?"
        return Response(b"", 302, HTML, [("Location", f"{target}{joint}{urlencode(answer)}")])

    def _page(self, request: Request) -> Response:
        choices = [(str(shop.shop_id), f"{shop.name} ({shop.region.code})") for shop in self._business.shops]
        here = f"{request.path}?{request.query}"
        links = "".join(
            f'<li><a href="{html.escape(f"{here}&approve={choice}")}">{html.escape(text)}</a></li>'
            for choice, text in (*choices, ("all", "All shops"))
        )
        body = (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox consent</title>'
            f"<h1>Which shop may the app read?</h1><ul>{links}</ul></html>"
        )
        return Response(body.encode(), 200, HTML)

    def _redeem(self, request: Request) -> Response:
        """GET /api/v2/token/get: unsigned, with the app's secret in the query."""
        return self._tokens(request, "authorized_code", "codes", "auth_code")

    def _refresh(self, request: Request) -> Response:
        """GET /api/v2/token/refresh: the refresh token then is used up."""
        return self._tokens(request, "refresh_token", "refresh", "refresh_token")

    def _tokens(self, request: Request, grant: str, kind: str, name: str) -> Response:
        if request.param("app_key") != APP_KEY or request.param("app_secret") != APP_SECRET:
            raise ApiError(COMMON, "Invalid app_key or app_secret.")
        if request.param("grant_type") != grant:
            raise ApiError(COMMON, f"grant_type must be {grant}.")
        proof = request.param(name)
        seller = self._vault.owner(kind, proof)
        use = self._vault.redeem_code if kind == "codes" else self._vault.refresh
        try:
            access, refresh = use(proof, MAIN if seller is None else seller)
        except TokenError:
            raise ApiError(UNAUTHORIZED, f"The {name} is invalid or has expired.") from None
        assert seller is not None, "the proof was known"
        now, main = int(time.time()), self._shops(seller)[0]
        data = {
            "access_token": access,
            "access_token_expire_in": now + self._vault.access_seconds,
            "refresh_token": refresh,
            "refresh_token_expire_in": now + REFRESH_SECONDS,
            "open_id": f"sandbox-open-id-{seller}",
            "seller_name": main.name,
            "seller_base_region": main.region.code,
            "user_type": 0,
            "granted_scopes": SCOPES,
        }
        return Response(orjson.dumps({"code": 0, "message": "success", "request_id": uuid.uuid4().hex, "data": data}))
