"""Lazada's signature, envelopes and error codes. https://open.lazada.com/apps/doc/doc?nodeId=10450"""

from __future__ import annotations

import hmac
import uuid
from collections.abc import Mapping

import orjson

from talat_sandbox.web import Request, Response

PREFIX = "/rest"
CONSENT = "/oauth/authorize"
APP_KEY = "500123"
APP_SECRET = "LzdMockSecretForDocs0001abcdefgh"  # invented
TIMESTAMP_SECONDS = 7200

_MESSAGES = {
    "IllegalAccessToken": "The specified access token is invalid or expired",
    "IllegalRefreshToken": "The specified refresh token is invalid or expired",
    "InvalidCode": "Invalid authorization code",
    "AUTH_TYPE_UNSUPPORTED": "The type of the app does not support this kind of authorization",
    "IncompleteSignature": "The request signature does not conform to platform standards",
    "InvalidSignature": "The request signature is invalid",
    "MissingParameter": "An input parameter that is mandatory for processing this request is not supplied",
    "InvalidParameter": "The specified parameter is not valid",
    "InvalidApiPath": "The specified API path does not exist",
    "ApiCallLimit": "The request has exceeded the frequency limit, this ban will last 1 seconds",
    "AppApiCallLimit": "The app has exceeded the limit of calls of this API",
    "AppCallLimit": "The app has exceeded the limit of calls",
    "SellerCallLimit": "The seller has exceeded the limit of calls",
    "InsufficientPermission": "The app does not have enough permissions to access the API",
    "ServiceTimeout": "The service timed out",
    "5": "E005: Invalid request format",
    "6": "E006: Unexpected internal error",
    "14": "E014: Invalid offset",
    "16": "E016: Invalid order id",
    "17": "E017: Invalid date format",
    "19": "E019: Invalid limit",
    "36": "E036: Invalid status filter",
    "37": "E037: One or more order ids in the list are incorrect",
    "38": "E038: Too many orders were requested",
    "39": "E039: No orders were found",
    "56": "E056: Invalid order ids list format",
    "74": "E074: Invalid sort direction",
    "75": "E075: Invalid sort filter",
    "105": "The reverse order id is empty",
    "106": "The reverse order is not in this store",
    "1000012": "The time range must be less than 180 days",
    "1000014": "The transaction type does not exist",
}
# Whose fault it is: the caller's, unless it is the platform's.
_PLATFORMS_FAULT = {"6", "500", "501", "503", "901", "E901", "998", "ServiceTimeout", "ServiceUnavailable"}


class ApiError(Exception):
    """A refusal with one of Lazada's codes. `inside`: told by a flag in the `result` of a call that succeeded."""

    def __init__(self, code: str, message: str = "", *, inside: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.message = message or _MESSAGES.get(code, code)
        self.inside = inside


def sign(path: str, params: Mapping[str, str], secret: str = APP_SECRET) -> str:
    """Return the uppercase hexadecimal HMAC-SHA256 over the path without `/rest` and all sorted parameters.

    Values are signed as they are, not as the address encodes them; empty ones and `sign` itself are not.
    """
    base = path + "".join(name + value for name, value in sorted(params.items()) if value and name != "sign")
    return hmac.digest(secret.encode(), base.encode(), "sha256").hex().upper()


def parameters(request: Request) -> dict[str, str]:
    """Return the parameters of a call: of the query, and of the form that a POST may send instead."""
    form = request.form if request.method == "POST" else {}
    return {name: values[0] for name, values in [*request.params.items(), *form.items()]}


def check_signature(request: Request, now: float) -> None:
    """Raise ApiError unless app, timestamp (two hours) and signature are right."""
    form = request.form if request.method == "POST" else {}
    sent = {name: values[0] for name, values in [*request.sent_params.items(), *form.items()]}
    for name in ("app_key", "timestamp", "sign_method", "sign"):
        if not sent.get(name):
            raise ApiError("MissingParameter", f"The input parameter {name} is mandatory and not supplied")
    stamp = sent["timestamp"]
    if not stamp.isdecimal() or abs(now * 1000 - int(stamp)) > TIMESTAMP_SECONDS * 1000:
        raise ApiError("InvalidParameter", "The specified parameter timestamp is not within two hours of UTC")
    expected = sign(request.path.removeprefix(PREFIX), sent)
    right = sent["app_key"] == APP_KEY and sent["sign_method"] == "sha256"
    if not right or not hmac.compare_digest(expected.encode(), sent["sign"].encode()):
        raise ApiError("IncompleteSignature")


def error_response(
    code: str, message: str = "", status: int = 200, *, inside: bool = False, beside: bool = False
) -> Response:
    """Return an error envelope; Lazada sends them with HTTP 200.

    `inside` the result, or `beside` the code "0", a flag says that what was called has failed.
    """
    message = message or _MESSAGES.get(code, code)
    request_id = _request_id()
    if beside:
        flags = {"success": False, "errorCode": code, "errorMsg": message, "analyseTraceId": request_id}
        return Response(orjson.dumps({"code": "0", "request_id": request_id, **flags}), status)
    if inside:
        result = {"success": False, "errorCode": code, "errorMsg": message}
        return Response(orjson.dumps({"code": "0", "request_id": request_id, "result": result}), status)
    kind = "ISP" if code in _PLATFORMS_FAULT else "ISV"
    return Response(orjson.dumps({"type": kind, "code": code, "message": message, "request_id": request_id}), status)


def success(payload: bytes, under: str) -> Response:
    """Return rendered JSON in the success envelope: under `data` or `result`, or for tokens (empty) beside the code."""
    head = b'{"code":"0","request_id":"' + _request_id().encode() + b'",'
    if not under:
        return Response(head + payload[1:])
    return Response(head + b'"' + under.encode() + b'":' + payload + b"}")


def _request_id() -> str:
    return f"0b{uuid.uuid4().hex[:26]}"
