"""Google's Ads API: headers, both envelopes, operations, and what a refusal says."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

from tap_toolkit.errors import Fatal, load_rules
from tap_toolkit.http import ApiClient, Call, Signed

_WAIT = re.compile(r"Retry in (\d+) seconds|retryDelay (\d+)s")


class GoogleAdsClient(ApiClient):
    """Counts operations, and names the manager by which a customer is reached.

    ``logins``: customer to manager; those that are not in it are reached by themselves. ``most_operations``: how many
    one run may use; 0 is no limit.
    """

    rules = load_rules("tap_google_ads")

    def __init__(self, *, version: str, developer_token: str = "", most_operations: int = 0, **common: Any) -> None:
        super().__init__(**common)
        self.prefix = f"/{version}/"
        self.logins: dict[str, str] = {}
        self.operations = 0
        self._developer_token, self._most = developer_token, most_operations
        self._counting = threading.Lock()

    def sign(self, call: Call, token: str) -> Signed:
        """The token and the manager, digits alone, in headers; a developer token only where one is set."""
        headers = {"Authorization": f"Bearer {token}"}
        if login := self.logins.get(call.account):
            headers["login-customer-id"] = login
        if self._developer_token:
            headers["developer-token"] = self._developer_token
        return Signed(headers=headers)

    def ready(self, call: Call) -> None:
        """Count a query, whatever it brings; :class:`Fatal` when the run has had its share."""
        if call.body is None:
            return
        with self._counting:
            if self._most and self.operations >= self._most:
                raise Fatal(
                    f"This run has used the {self._most} operations of the setting operations_per_run. What was read "
                    "is in the state: run again when the project has some left."
                )
            self.operations += 1

    def query(self, account: str, text: str) -> list[Mapping[str, Any]]:
        """The rows of one query, all at once."""
        call = Call(f"customers/{account}/googleAds:searchStream", account, body={"query": text})
        rows: list[Mapping[str, Any]] = self.call(call)["results"]
        return rows

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """``error``, by itself or in a part of a stream; its code is ``kind.NAME``, or without details the status."""
        parts = body if isinstance(body, list) else [body]
        if not all(isinstance(part, Mapping) for part in parts):
            return "", "an answer that is not an object"
        error = next((part["error"] for part in parts if "error" in part), None)
        return None if error is None else _said(error)

    def payload(self, body: Any) -> Any:
        """The rows of all parts of a stream, as ``results``; a listing as it is."""
        if isinstance(body, Mapping) and "resourceNames" in body:
            return body
        parts = body if isinstance(body, list) else [body]
        return {"results": [row for part in parts for row in part.get("results") or ()]}

    def wait_told(self, message: str) -> float | None:
        """Seconds, from the error's text or what its details add to it."""
        found = _WAIT.search(message)
        return float(found[1] or found[2]) if found else None


def _said(error: Any) -> tuple[str, str]:
    """The (code, message) of an error object."""
    if not isinstance(error, Mapping):
        return "", ""
    first = next((failure for part in error.get("details") or () for failure in part.get("errors") or ()), None)
    if first is None:
        return str(error.get("status") or ""), str(error.get("message") or "")
    kind, name = next(iter((first.get("errorCode") or {"": ""}).items()))
    code, message = f"{kind}.{name}", str(first.get("message") or "")
    quota = (first.get("details") or {}).get("quotaErrorDetails") or {}
    delay = quota.get("retryDelay")
    return code, f"{message} (retryDelay {delay})" if delay else message
