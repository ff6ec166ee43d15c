"""Google's versions, error envelope and codes."""

from __future__ import annotations

import secrets
from typing import Any

from talat_sandbox.web import Response, json_response

#: Major versions that are alive; an address names no minor one.
VERSIONS = ("v23", "v24", "v25")
SCOPE = "https://www.googleapis.com/auth/adwords"

# By the kind of error, or by the gRPC status itself: HTTP status and gRPC status. All others are a wrong request.
_STATUSES = {
    "authenticationError": (401, "UNAUTHENTICATED"),
    "authorizationError": (403, "PERMISSION_DENIED"),
    "quotaError": (429, "RESOURCE_EXHAUSTED"),
    "internalError": (500, "INTERNAL"),
    "internalError.TRANSIENT_ERROR": (503, "UNAVAILABLE"),
    "internalError.DEADLINE_EXCEEDED": (504, "DEADLINE_EXCEEDED"),
    "UNAUTHENTICATED": (401, "UNAUTHENTICATED"),
    "PERMISSION_DENIED": (403, "PERMISSION_DENIED"),
    "NOT_FOUND": (404, "NOT_FOUND"),
    "RESOURCE_EXHAUSTED": (429, "RESOURCE_EXHAUSTED"),
    "DEADLINE_EXCEEDED": (504, "DEADLINE_EXCEEDED"),
}
_WRONG = (400, "INVALID_ARGUMENT")
_SAID = {
    400: "Request contains an invalid argument.",
    401: "Request had invalid authentication credentials.",
    403: "The caller does not have permission",
    429: "Resource has been exhausted (e.g. check quota).",
}


class GoogleAdsError(Exception):
    """A refusal: `code` like `queryError.UNRECOGNIZED_FIELD`, a message, and perhaps details of a quota.

    A code that is a gRPC status alone is told without details, as what stands before the API does.
    """

    def __init__(self, code: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code, self.message, self.details = code, message, details

    def response(self, version: str, *, stream: bool, status: int | None = None) -> Response:
        """Return the answer: one object, for `searchStream` in an array."""
        kind, _, name = self.code.partition(".")
        usual, rpc = _STATUSES.get(self.code) or _STATUSES.get(kind, _WRONG)
        status = status or usual
        failure: dict[str, Any] = {"errorCode": {kind: name}, "message": self.message}
        if self.details:
            failure["details"] = self.details
        error: dict[str, Any] = {
            "code": status,
            "message": _SAID.get(status, "Internal error encountered.") if name else self.message,
            "status": rpc,
        }
        if name:
            error["details"] = [
                {
                    "@type": f"type.googleapis.com/google.ads.googleads.{version}.errors.GoogleAdsFailure",
                    "errors": [failure],
                    "requestId": request_id(),
                }
            ]
        body = {"error": error}
        return json_response([body] if stream else body, status)


def exhausted(seconds: int) -> GoogleAdsError:
    """Return the error of a project that has used up its operations of a day, and must wait for so many seconds."""
    details = {
        "quotaErrorDetails": {
            "rateScope": "DEVELOPER",
            "rateName": "Number of operations for basic access",
            "retryDelay": f"{seconds}s",
        }
    }
    return GoogleAdsError("quotaError.RESOURCE_EXHAUSTED", f"Too many requests. Retry in {seconds} seconds.", details)


def request_id() -> str:
    """Return the name by which Google's support finds a request."""
    return secrets.token_urlsafe(16)


def camel(name: str) -> str:
    """Return a field's path as JSON writes it: `campaign_budget.amount_micros` is `campaignBudget.amountMicros`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)
