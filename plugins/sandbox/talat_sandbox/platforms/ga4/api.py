"""The router of the Data API: who may ask for which property, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talat_sandbox.business.analytics import property_id
from talat_sandbox.business.shops import Shop, local_date
from talat_sandbox.faults import Fault
from talat_sandbox.platforms.ga4.facts import Facts
from talat_sandbox.platforms.ga4.names import DIMENSIONS, METRICS
from talat_sandbox.platforms.ga4.protocol import MOST_REPORTS, PREFIX, SCOPE, ApiError, error_response
from talat_sandbox.platforms.ga4.query import parse
from talat_sandbox.platforms.ga4.quota import Quotas
from talat_sandbox.platforms.ga4.report import Limits, Reports
from talat_sandbox.platforms.google.accounts import GoogleAccounts, Refused
from talat_sandbox.web import Request, Response, json_response
from talat_sandbox.world import Command, World

_DISABLED = (
    "Google Analytics Data API has not been used in project 110000000000 before or it is disabled. Enable it by "
    "visiting https://console.developers.google.com/apis/api/analyticsdata.googleapis.com/overview then retry."
)


class GoogleAnalytics:
    """The properties of the shops' web pages: runReport, batchRunReports, metadata."""

    name = "ga4"

    def __init__(self, world: World, accounts: GoogleAccounts) -> None:
        self._world, self._accounts = world, accounts
        business = world.business
        self._shops = {str(property_id(shop)): shop for shop in business.shops}
        self._quotas = Quotas(world.stats)
        self._reports = Reports(business, Facts(business))
        self._denied: set[tuple[str, str]] = set()
        self.commands: dict[str, Command] = {"quota": self._set_quota, "limits": self._set_limits}

    def serves(self, path: str) -> bool:
        """Whether a path is the API's."""
        return path.startswith(PREFIX)

    def has(self, account: str) -> bool:
        """Whether an account is one of the properties."""
        return account in self._shops

    def account(self, request: Request) -> str:
        """Return the property that a path names."""
        return request.path.removeprefix(PREFIX).partition("/")[0].partition(":")[0]

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        try:
            return json_response(self._answer(request))
        except ApiError as error:
            return error_response(error.status, error.message, error.reason)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for; its code is one of Google's statuses, or `HTTP 502`."""
        options, account = fault.options, self.account(request)
        if fault.kind == "expire_token":
            self._accounts.expire(request.authorization.removeprefix("Bearer "))
        if fault.kind == "rate_limit":
            return error_response("RESOURCE_EXHAUSTED")
        if fault.kind != "error":
            return None
        code, status = str(options["code"]), int(options.get("status", 0))
        if code.startswith("HTTP "):
            code, status = "UNKNOWN", int(code.removeprefix("HTTP ").partition("-")[0])
        message = _DISABLED if options.get("reason") == "SERVICE_DISABLED" else str(options.get("message", ""))
        response = error_response(code, message, str(options.get("reason", "")), status)
        if response.status >= 500 and self.has(account):
            self._quotas.server_error(account)
        return response

    def drift(self, request: Request, response: Response) -> None:
        """Do nothing: a report is as of the clock's instant."""

    def deny(self, account: str, path: str) -> None:
        """Refuse one method (`runReport`) of a property."""
        self._denied.add((account, path))

    def revoke(self, account: str) -> None:
        """Take the right to view a property away."""
        self._denied.add((account, ""))

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Let all of Google's tokens expire now; they are good for every property."""
        self._accounts.expire_tokens(account, refresh)

    def secrets(self) -> dict[str, list[str]]:
        """Return those of all of Google's APIs."""
        return self._accounts.secrets()

    def _answer(self, request: Request) -> dict[str, Any]:
        try:
            self._accounts.check(request.authorization.removeprefix("Bearer "), SCOPE)
        except Refused as refused:
            short = refused.code == "insufficient_scope"
            raise ApiError("PERMISSION_DENIED" if short else "UNAUTHENTICATED", refused.description * short) from None
        account = self.account(request)
        method = request.path.removeprefix(f"{PREFIX}{account}").lstrip(":/")
        if not account.isdigit():
            raise ApiError(
                "INVALID_ARGUMENT",
                f"Invalid property ID: {account}. A numeric Property ID is required. To learn more about Property ID, "
                "see https://developers.google.com/analytics/devguides/reporting/data/v1/property-id.",
            )
        if not self.has(account) or {(account, ""), (account, method)} & self._denied:
            raise ApiError("PERMISSION_DENIED")
        if request.method == "GET" and method == "metadata":
            return self._metadata(account)
        if request.method == "POST" and method == "runReport":
            return self._report(request.json, account)
        if request.method == "POST" and method == "batchRunReports":
            asked = request.json.get("requests") or []
            if not 1 <= len(asked) <= MOST_REPORTS:
                raise ApiError("INVALID_ARGUMENT", f"Up to {MOST_REPORTS} requests are allowed in a batch.")
            reports = [self._report(body, account) for body in asked]
            return {"reports": reports, "kind": "analyticsData#batchRunReports"}
        raise ApiError("NOT_FOUND")

    def _report(self, body: Mapping[str, Any], account: str) -> dict[str, Any]:
        shop, now = self._shops[account], self._world.clock.now()
        today = local_date(shop.region.time_zone, now)
        query = parse(body, today, shop.region.currency)
        self._quotas.check(account, query.is_thresholded)
        answer, tokens = self._reports.run(query, shop, account, now)
        used = self._quotas.charge(account, tokens, query.is_thresholded)
        return {**answer, "propertyQuota": used} if query.tells_quota else answer

    def _metadata(self, account: str) -> dict[str, Any]:
        return {
            "name": f"properties/{account}/metadata",
            "dimensions": [{"apiName": name} for name in DIMENSIONS],
            "metrics": [{"apiName": name, "type": kind} for name, (kind, _) in METRICS.items()],
        }

    def _shop(self, asked: Mapping[str, Any]) -> Shop:
        return self._shops[str(asked["account"])]

    def _set_quota(self, asked: Mapping[str, Any]) -> object:
        """Let so much of a quota of a property remain, because others use the rest."""
        account, remaining = str(property_id(self._shop(asked))), int(asked["remaining"])
        self._quotas.set_remaining(account, str(asked["quota"]), remaining)
        return {"account": account, "remaining": remaining}

    def _set_limits(self, asked: Mapping[str, Any]) -> object:
        """Set what a property bears; what is not named has no limit."""
        account = str(property_id(self._shop(asked)))
        self._reports.limits[account] = Limits(**{name: int(asked[name]) for name in asked if name != "account"})
        return {"account": account}
