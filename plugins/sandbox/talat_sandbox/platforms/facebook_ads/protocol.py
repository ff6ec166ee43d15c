"""Meta's versions, credentials and error envelope. https://developers.facebook.com/docs/graph-api/guides/error-handling"""

from __future__ import annotations

import hmac
import secrets

import orjson

from talat_sandbox.web import Response

VERSIONS = ("v25.0", "v26.0")
APP_ID = "1029384756102938"
# Invented, like everything here.
APP_SECRET = "7a1c0ffee5a9d0b04e7a15ec2e7f00d1"
SYSTEM_TOKEN = "sandbox-facebook-token"


class GraphError(Exception):
    """A refusal with one of Meta's codes; `extra` are further members of the error object."""

    def __init__(
        self,
        code: int,
        message: str,
        subcode: int | None = None,
        status: int = 400,
        kind: str = "OAuthException",
        **extra: object,
    ) -> None:
        super().__init__(message)
        self.code, self.message, self.subcode, self.status, self.kind = code, message, subcode, status, kind
        self.extra = extra

    def response(self) -> Response:
        """Return the error as Meta would send it."""
        error: dict[str, object] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        body = {"error": {**error, **self.extra, "fbtrace_id": f"A{secrets.token_urlsafe(12)}"}}
        return Response(orjson.dumps(body), self.status)


def parameter_error(message: str, subcode: int | None = None) -> GraphError:
    """Return the error for a parameter that is not as it should be."""
    return GraphError(100, f"(#100) {message}", subcode)


def proof(token: str, secret: str = APP_SECRET) -> str:
    """Return the appsecret_proof of a token."""
    return hmac.digest(secret.encode(), token.encode(), "sha256").hex()


def missing_object(method: str, object_id: str) -> GraphError:
    """Return the error for what does not exist or may not be seen; Meta does not tell which."""
    return GraphError(
        100,
        f"Unsupported {method.lower()} request. Object with ID '{object_id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation.",
        33,
        kind="GraphMethodException",
    )
