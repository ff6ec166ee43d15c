"""Paths, limits and errors of the Data API. https://developers.google.com/analytics/devguides/reporting/data/v1"""

from __future__ import annotations

import orjson

from talat_sandbox.web import Response

SCOPE = "https://www.googleapis.com/auth/analytics.readonly"
PREFIX = "/v1beta/properties/"
MOST_DIMENSIONS, MOST_METRICS, MOST_RANGES, MOST_REPORTS = 9, 10, 4, 5
USUAL_ROWS, MOST_ROWS = 10_000, 250_000
EARLIEST = "2015-08-14"

#: What is said with a status where no more is to be said.
STATUSES = {
    "INVALID_ARGUMENT": (400, "Request contains an invalid argument."),
    "UNAUTHENTICATED": (
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential.",
    ),
    "PERMISSION_DENIED": (
        403,
        "User does not have sufficient permissions for this property. To learn more about Property ID, see "
        "https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.",
    ),
    "NOT_FOUND": (404, "Requested entity was not found."),
    "RESOURCE_EXHAUSTED": (429, "Exhausted concurrent requests quota."),
    "INTERNAL": (500, "An internal error has occurred."),
    "UNAVAILABLE": (503, "The service is currently unavailable."),
    "DEADLINE_EXCEEDED": (504, "Deadline exceeded."),
}


class ApiError(Exception):
    """A refusal with one of Google's statuses; `reason` is that of the details."""

    def __init__(self, status: str, message: str = "", reason: str = "") -> None:
        super().__init__(status)
        self.status, self.message, self.reason = status, message, reason


def error_response(status: str, message: str = "", reason: str = "", code: int = 0) -> Response:
    """Return an error as Google's APIs tell it."""
    number, usual = STATUSES.get(status, (400, "Request contains an invalid argument."))
    error: dict[str, object] = {"code": code or number, "message": message or usual, "status": status}
    if reason:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com"}
        error["details"] = [info]
    return Response(orjson.dumps({"error": error}), code or number)
