"""TikTok API for Business: envelope and return codes. https://business-api.tiktok.com/portal/docs?id=1737172488964097"""

from __future__ import annotations

import time
import uuid

import orjson

from talat_sandbox.web import Response

#: Where all paths begin; the slash at the end of each belongs to it.
ROOT = "/open_api/v1.3/"
CONSENT = "/portal/auth"
APP_ID = "7200000000000000123"
# Invented.
APP_SECRET = "e1a2c3f4b5d6978869504132aabbccddeeff0011"
#: Known beforehand, good for all accounts, and without an end.
LONG_TERM_TOKEN = "sandbox-tiktok-ads-token"
AUTH_CODE_SECONDS = 3600

OK = 0
NO_PERMISSION, BAD_PARAM, MISSING_OBJECT = 40001, 40002, 40007
RATE_LIMIT, BAD_APP, NO_TOKEN, BAD_TOKEN, BAD_CODE, NO_SCOPE = 40100, 40101, 40104, 40105, 40110, 40133

#: What is said with each code where nothing better is known.
MESSAGES = {
    NO_PERMISSION: "No permission to operate the resource.",
    BAD_PARAM: "Invalid parameter.",
    MISSING_OBJECT: "The object does not exist.",
    40016: "The limit is exceeded.",
    RATE_LIMIT: "Too many requests. Please retry in some time.",
    BAD_APP: "The app_id and secret do not match.",
    40102: "The access token has expired.",
    NO_TOKEN: "Access-Token is missing in the header.",
    BAD_TOKEN: "Access token is incorrect or has been revoked.",
    BAD_CODE: "Auth code is expired or has been used.",
    NO_SCOPE: "The app has no scope for this API.",
    50000: "System error.",
    50002: "Service error.",
    51010: "Internal service timed out. Please retry in sometime.",
    60001: "The service is under maintenance.",
}


class ApiError(Exception):
    """A refusal with one of TikTok's codes."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(code)
        self.code, self.message = code, message


def envelope(data: object, code: int = OK, message: str = "OK", status: int = 200) -> Response:
    """Return data, or an error, as TikTok does: with HTTP 200 whatever it is."""
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime())
    body = {"code": code, "message": message, "request_id": f"{stamp}{uuid.uuid4().hex[:18].upper()}", "data": data}
    return Response(orjson.dumps(body), status)


def refusal(code: int, message: str = "", status: int = 200) -> Response:
    """Return an error."""
    return envelope({}, code, message or MESSAGES.get(code, "The request was refused."), status)
