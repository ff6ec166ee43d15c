"""TikTok Shop's signature, envelope and error codes. https://partner.tiktokshop.com/docv2/page/sign-your-api-request"""

from __future__ import annotations

import hmac
import uuid

import orjson

from talat_sandbox.web import Request, Response

APP_KEY = "6sandboxkey01"
# Invented.
APP_SECRET = "tts5a6e64626f78536563726574466f724e6f626f6479"
SERVICE_ID = "7430000000000000001"
_UNSIGNED = ("sign", "access_token")
# A timestamp may be so many seconds old, or early.
OLDEST_SECONDS, EARLIEST_SECONDS = 300, 30

RATE_LIMIT, BAD_SIGN, EXPIRED, NO_SCOPE = 36009002, 106001, 105002, 105005
MISMATCH, UNAUTHORIZED, NO_CIPHER, COMMON = 101000, 36004004, 106013, 36009004
NO_PATH, NO_METHOD, NO_VERSION, BAD_BODY = 36009009, 36009010, 36009014, 36009021
ORDER_PARAM, FINANCE_PARAM, PRODUCT_PARAM, RETURN_PARAM = 11050001, 98001004, 12019118, 12019119

#: What is said with each code, and its HTTP status; the documentation promises neither.
ERRORS: dict[int, tuple[str, int]] = {
    RATE_LIMIT: ("Too many requests.", 429),
    BAD_SIGN: ("The signature is invalid.", 401),
    EXPIRED: ("The access token has expired.", 401),
    NO_SCOPE: ("The scope of this API is not granted.", 403),
    MISMATCH: ("The access_token does not belong to this app.", 401),
    UNAUTHORIZED: ("The shop is not authorized.", 401),
    NO_CIPHER: ("shop_cipher is required.", 400),
    COMMON: ("A common parameter is invalid.", 400),
    NO_PATH: ("The path does not exist.", 404),
    NO_METHOD: ("The method is not allowed.", 405),
    NO_VERSION: ("The version does not exist.", 404),
    BAD_BODY: ("The body is not a JSON object.", 400),
    ORDER_PARAM: ("The search parameter is invalid.", 400),
    FINANCE_PARAM: ("The parameter is invalid.", 400),
    PRODUCT_PARAM: ("The search parameter is invalid.", 400),
    RETURN_PARAM: ("The search time is invalid.", 400),
    36009003: ("Internal error.", 500),
    36009033: ("The IP address is not in the allow list.", 403),
    25020008: ("The return service is busy.", 200),
}


class ApiError(Exception):
    """A refusal with one of TikTok Shop's codes."""

    def __init__(self, code: int, message: str = "") -> None:
        super().__init__(code)
        self.code, self.message = code, message


def string_to_sign(request: Request, secret: str = APP_SECRET) -> bytes:
    """Return what the request must have signed: path, sorted decoded parameters and body between two secrets.

    A parameter that comes twice is signed twice, in the order in which it came.
    """
    params = [(name, values) for name, values in sorted(request.sent_params.items()) if name not in _UNSIGNED]
    pairs = "".join(name + value for name, values in params for value in values)
    return b"".join((secret.encode(), request.path.encode(), pairs.encode(), request.body, secret.encode()))


def sign(request: Request, secret: str = APP_SECRET) -> str:
    """Return the lowercase hexadecimal HMAC-SHA256."""
    return hmac.digest(secret.encode(), string_to_sign(request, secret), "sha256").hex()


def check_signature(request: Request, now: float) -> None:
    """Raise ApiError unless app, timestamp and signature are right."""
    if request.param("app_key") != APP_KEY:
        raise ApiError(COMMON, "Invalid app_key.")
    stamp = request.param("timestamp")
    if not stamp.isdigit() or not -OLDEST_SECONDS <= int(stamp) - now <= EARLIEST_SECONDS:
        raise ApiError(COMMON, "Invalid timestamp: the request has expired.")
    if not request.param("sign"):
        raise ApiError(COMMON, "The signature is required.")
    if not hmac.compare_digest(sign(request).encode(), request.param("sign").encode()):
        raise ApiError(BAD_SIGN)


def error_response(code: int, message: str = "", status: int = 0) -> Response:
    """Return an error envelope."""
    told, usual = ERRORS.get(code, ("The request was refused.", 400))
    body = {"code": code, "message": message or told, "request_id": uuid.uuid4().hex}
    return Response(orjson.dumps(body), status or usual)


def success(payload: bytes) -> Response:
    """Return rendered JSON in the success envelope."""
    head = b'{"code":0,"message":"Success","request_id":"' + uuid.uuid4().hex.encode()
    return Response(head + b'","data":' + payload + b"}")
