"""Shopee's signature, envelope and error codes. https://open.shopee.com/developer-guide/16"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Callable, Mapping
from typing import NamedTuple

import orjson

from talat_sandbox.faults import Fault
from talat_sandbox.stats import Stats
from talat_sandbox.vault import Vault
from talat_sandbox.web import Request, Response

PREFIX = "/api/v2/"
PARTNER_ID = 2001887
# Invented. Used as a plain string, though it looks like hex.
PARTNER_KEY = "shpk4d6f636b4b6579466f72446f63734f6e6c7930303031"
TIMESTAMP_SECONDS = 300


class AppKey(NamedTuple):
    """An app on the platform: its number and its key. The category of an app says which modules it may call."""

    partner_id: int
    key: str


SELLER_APP = AppKey(PARTNER_ID, PARTNER_KEY)

ERRORS = {
    "error_sign": "Wrong sign.",
    "error_param": "Wrong parameters.",
    "order.order_list_invalid_time": "The time range is reversed or longer than 15 days.",
    "exceed_max_limit": "Too many ids in one call.",
    "error_auth": "Invalid access_token.",
    "invalid_acceess_token": "Invalid access_token.",
    "error_permission": "No permission to current api.",
    "error_perm": "No permission to current api.",
    "error_api_permission": "No permission to current api.",
    "error_api_call_restricted": "The api call is restricted.",
    "api_suspended": "The api is suspended.",
    "error_ashop_api_permission": "A shop without permission to this api.",
    "invalid_partner_id": "Invalid partner_id.",
    "error_partner_key_expired": "The partner key has expired.",
    "partner_shop_no_link": "The partner and the shop are not linked.",
    "shop_no_linked": "The shop is not linked.",
    "merchant_no_linked": "The merchant is not linked.",
    "shop_access_expired": "The authorization of the shop has expired.",
    "merchant_access_expired": "The authorization of the merchant has expired.",
    "refresh_token_expired": "The refresh_token has expired.",
    "error_shop_refresh_token": "Wrong refresh_token for the shop.",
    "error_merchant_refresh_token": "Wrong refresh_token for the merchant.",
    "invalid_code": "Invalid code.",
    "invalid_shop_id": "Invalid shop_id.",
    "invalid_main_acount_id": "Invalid main_account_id.",
    "shop_banned": "The shop is banned.",
    "error_banned": "The account is banned.",
    "source_ip_undeclared": "The source IP is not declared.",
    "error_kyc_auth": "KYC is required.",
    "error_rate_limit": "Too many requests, please slow down.",
    "error_limit": "The daily quota of the app is used up.",
    "error_server": "System error, please try again later.",
    "error_inner": "Inner error, please try again later.",
    "error_network": "Inner http call failed.",
    "error_system_busy": "System is busy.",
    "error_data": "parse data failed",
    "error_not_found": "Not found.",
    "order_not_found": "The order is not found.",
    "income_not_found": "The income is not found.",
    "error_shop": "Wrong shop id.",
    "shopid_invalid": "The shop id is invalid.",
}


class ApiError(Exception):
    """A refusal with one of Shopee's codes."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message or ERRORS.get(code, code)


def sign(base: str, key: str = PARTNER_KEY) -> str:
    """Return the lowercase hexadecimal HMAC-SHA256 of a base string."""
    return hmac.digest(key.encode(), base.encode(), "sha256").hex()


def base_string(request: Request, shop_call: bool) -> str:
    """Return what the request must have signed: partner, path, timestamp, and for shop calls token and shop."""
    base = f"{request.param('partner_id')}{request.path}{request.param('timestamp')}"
    if shop_call:
        owner = request.param("shop_id") or request.param("merchant_id") or request.param("principal_id")
        base += request.param("access_token") + owner
    return base


def check_signature(request: Request, shop_call: bool, now: float, app: AppKey = SELLER_APP) -> None:
    """Raise ApiError unless partner, timestamp (5 minutes) and signature are right."""
    if request.param("partner_id") != str(app.partner_id):
        raise ApiError("invalid_partner_id")
    stamp = request.param("timestamp")
    if not stamp.isdigit():
        raise ApiError("error_param", "timestamp is required, in epoch seconds.")
    if abs(now - int(stamp)) > TIMESTAMP_SECONDS:
        raise ApiError("error_param", "Invalid timestamp: the request has expired.")
    if not hmac.compare_digest(sign(base_string(request, shop_call), app.key).encode(), request.param("sign").encode()):
        raise ApiError("error_sign")


def error_response(code: str, message: str = "", status: int = 200) -> Response:
    """Return an error envelope; Shopee sends most of them with HTTP 200."""
    message = message or ERRORS.get(code, code)
    body = orjson.dumps({"error": code, "message": message, "request_id": uuid.uuid4().hex})
    return Response(body, status)


def success(payload: bytes, top_level: bool) -> Response:
    """Return rendered JSON in the success envelope: under `response`, or beside `error` at the top level."""
    head = b'{"error":"","message":"","request_id":"' + uuid.uuid4().hex.encode()
    if top_level:
        return Response(head + b'",' + payload[1:])
    return Response(head + b'","response":' + payload + b"}")


def handle(answer: Callable[[Request], Response], request: Request, stats: Stats) -> Response:
    """Answer a request, refusals included, which are counted."""
    try:
        return answer(request)
    except ApiError as error:
        stats.error(error.code)
        return error_response(error.code, error.message)


def fail(
    fault: Fault,
    request: Request,
    vault: Vault,
    stats: Stats,
    rate_limit: str = "error_rate_limit",
    messages: Mapping[str, str] = ERRORS,
) -> Response | None:
    """Answer with the error a fault asks for, `rate_limit` among them; `expire_token` only spoils the token."""
    options = fault.options
    if fault.kind == "expire_token":
        vault.expire(token=request.param("access_token"))
        return None
    if fault.kind == "error":
        code, status = str(options["code"]), int(options.get("status", 200))
    elif fault.kind == "rate_limit":
        code, status = rate_limit, int(options.get("status", 429 if "retry_after" in options else 200))
    else:
        return None
    stats.error(code)
    response = error_response(code, str(options.get("message", messages.get(code, ""))), status)
    if "retry_after" in options:
        response.headers.append(("Retry-After", str(options["retry_after"])))
    return response
