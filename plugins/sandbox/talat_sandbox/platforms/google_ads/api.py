"""The router: which path is served how, and what every call must show before it is."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.shops import Shop, local_date
from talat_sandbox.faults import Fault
from talat_sandbox.limits import RateLimit, Window
from talat_sandbox.platforms.google.accounts import GoogleAccounts, Refused
from talat_sandbox.platforms.google_ads import directory
from talat_sandbox.platforms.google_ads.accounts import MANAGER, SUB_MANAGER, Customer, below, customers
from talat_sandbox.platforms.google_ads.gaql import Query, parse
from talat_sandbox.platforms.google_ads.protocol import SCOPE, VERSIONS, GoogleAdsError, exhausted, request_id
from talat_sandbox.platforms.google_ads.report import Book, field_mask, rows
from talat_sandbox.web import Request, Response, json_response
from talat_sandbox.world import Command, World

_PATH = re.compile(r"/(v\d+)/customers(?::(listAccessibleCustomers)|/([^/:]*)/googleAds:(search|searchStream))")
_ONES = re.compile(r"/v\d+/customers[:/]")
PAGE, CHUNK = 10_000, 2000  # rows of a page, which nobody may choose, and of a part of a stream
_DAY = 86400


class GoogleAds:
    """Google's Ads API over the shared business: a customer for each shop on Shopee, below managers."""

    name = "google_ads"

    def __init__(self, world: World, advertising: Advertising, accounts: GoogleAccounts) -> None:
        self._world, self._advertising, self._accounts = world, advertising, accounts
        self._customers = customers(advertising)
        self._operations = Window(_DAY)
        self._project, self._each = RateLimit(world.options.app_rps), RateLimit(world.options.shop_rps)
        self._lost: set[str] = set()
        self._denied: set[tuple[str, str]] = set()
        self.commands: dict[str, Command] = {}

    def serves(self, path: str) -> bool:
        """Whether a path is Google's; Meta's versions are written alike."""
        return _ONES.match(path) is not None

    def has(self, account: str) -> bool:
        """Whether an account is one of the customers."""
        return account.isdigit() and int(account) in self._customers

    def account(self, request: Request) -> str:
        """Return the customer a request is about; empty when it is about none."""
        found = _PATH.fullmatch(request.path)
        return (found[3] or "") if found else ""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""
        version, stream = _shape(request)
        try:
            return self._answer(request)
        except GoogleAdsError as error:
            self._world.stats.error(error.code)
            return error.response(version, stream=stream)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the error a fault asks for, whose code is like `quotaError.RESOURCE_EXHAUSTED`."""
        options = fault.options
        if fault.kind == "expire_token":
            self._accounts.expire(_token(request))
        if fault.kind not in ("error", "rate_limit"):
            return None
        code = str(options.get("code", "quotaError.RESOURCE_TEMPORARILY_EXHAUSTED")).replace("HTTP 404", "NOT_FOUND")
        message = str(options.get("message", "The sandbox was told to fail."))
        self._world.stats.error(code)
        version, stream = _shape(request)
        error = GoogleAdsError(code, message)
        if "retry_after" in options:
            error = exhausted(int(options["retry_after"]))
        return error.response(version, stream=stream, status=options.get("status"))

    def drift(self, request: Request, response: Response) -> None:
        """Do nothing: a page token holds the instant of the first page."""

    def deny(self, account: str, path: str) -> None:
        """Take the permission for all queries of a customer that hold some text away."""
        self._denied.add((account, path))

    def revoke(self, account: str) -> None:
        """Take a customer away from the manager."""
        self._lost.add(account)

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Let all of Google's tokens expire now; they are good for every customer."""
        self._accounts.expire_tokens(account, refresh)

    def secrets(self) -> dict[str, list[str]]:
        """Return those of all of Google's APIs."""
        return self._accounts.secrets()

    def _answer(self, request: Request) -> Response:
        found = _PATH.fullmatch(request.path)
        if not found or found[1] not in VERSIONS:
            raise GoogleAdsError("requestError.UNSUPPORTED_VERSION", "Version is deprecated or does not exist.")
        self._signed_in(_token(request))
        if found[2]:
            return json_response({"resourceNames": [f"customers/{MANAGER}"]})
        if not found[3].isdigit() or len(found[3]) != 10:
            raise GoogleAdsError("requestError.INVALID_CUSTOMER_ID", f"Invalid customer ID '{found[3]}'.")
        number = int(found[3])
        customer = self._allowed(number, request.token)
        self._count(found[3])
        text = str(request.json.get("query", ""))
        query = parse(text)
        if any(owner == found[3] and part in text for owner, part in self._denied):
            raise GoogleAdsError("authorizationError.METRIC_ACCESS_DENIED", "The user has no access to these metrics.")
        as_of = self._world.clock.now()
        if found[4] == "searchStream":
            return _streamed(self._rows(query, customer, found[1], as_of), query)
        return self._page(request.json, query, customer, found[1], as_of)

    def _signed_in(self, token: str) -> None:
        """Raise GoogleAdsError unless a token is valid for this API."""
        try:
            self._accounts.check(token, SCOPE)
        except Refused as refused:
            if refused.code == "insufficient_scope":
                raise GoogleAdsError("PERMISSION_DENIED", refused.description) from None
            state = refused.code.removesuffix("_token")
            said = f"The OAuth token is {state}."
            raise GoogleAdsError(f"authenticationError.OAUTH_TOKEN_{state.upper()}", said) from None

    def _allowed(self, number: int, login: str) -> Customer:
        """Return a customer that whoever asks may read by a manager, or is that manager. Raises GoogleAdsError."""
        if login and not login.isdigit():
            raise GoogleAdsError(
                "headerError.INVALID_LOGIN_CUSTOMER_ID", "The login customer ID is not a valid customer ID."
            )
        top = int(login) if login else number
        customer = self._customers.get(number)
        reached = top in (MANAGER, SUB_MANAGER) and number in {it.number for _, it in below(self._customers, top)}
        if customer is None or not reached or str(number) in self._lost:
            raise GoogleAdsError(
                "authorizationError.USER_PERMISSION_DENIED",
                "User doesn't have permission to access customer. Note: If you're accessing a client customer, the "
                "manager's customer id must be set in the 'login-customer-id' header.",
            )
        if customer.status != "ENABLED":
            raise GoogleAdsError(
                "authorizationError.CUSTOMER_NOT_ENABLED",
                "The customer account can't be accessed because it is not yet enabled or has been deactivated.",
            )
        return customer

    def _count(self, account: str) -> None:
        """Count an operation. Raises GoogleAdsError when the day's are used up, or they come too fast."""
        most = self._world.options.operations_a_day
        if most and self._operations.total() >= most:
            self._world.stats.limit_violations["operations"] += 1
            raise exhausted(int(self._operations.frees_in(most)) + 1)
        if not self._project.allows("") or not self._each.allows(account):
            self._world.stats.limit_violations[account] += 1
            raise GoogleAdsError("quotaError.RESOURCE_TEMPORARILY_EXHAUSTED", "Too many requests. Retry later.")
        self._operations.add(1)

    def _rows(self, query: Query, customer: Customer, version: str, as_of: int) -> list[dict[str, Any]]:
        if query.resource in directory.TABLES and (customer.is_manager or query.resource != "customer"):
            if any(name.startswith("metrics.") for name in query.fields):
                raise _of_manager(customer)
            return directory.rows(query, self._customers, customer.number)
        shop = self._advertising.shop_of(customer.number)
        if shop is None:
            if any(name.startswith("metrics.") for name in query.fields):
                raise _of_manager(customer)
            return []
        return rows(query, self._book(shop, as_of), version)

    def _book(self, shop: Shop, as_of: int) -> Book:
        advertising, today = self._advertising, local_date(shop.region.time_zone, as_of)
        opens = self._world.business.plan.opens
        return Book(advertising.portfolio(shop), advertising.days(shop), opens, today, as_of)

    def _page(self, asked: Mapping[str, Any], query: Query, customer: Customer, version: str, as_of: int) -> Response:
        if "pageSize" in asked:
            raise GoogleAdsError("requestError.PAGE_SIZE_NOT_SUPPORTED", "Setting the page size is not supported.")
        start = 0
        if token := asked.get("pageToken"):
            try:
                first, begun = base64.urlsafe_b64decode(str(token)).decode().split("@")
                start, as_of = int(first), int(begun)
            except ValueError:
                raise GoogleAdsError("requestError.INVALID_PAGE_TOKEN", "The page token is not valid.") from None
        found = self._rows(query, customer, version, as_of)
        body: dict[str, Any] = {"results": found[start : start + PAGE]} if found[start:] else {}
        if len(found) > start + PAGE:
            body["nextPageToken"] = base64.urlsafe_b64encode(f"{start + PAGE}@{as_of}".encode()).decode()
        body["fieldMask"] = field_mask(query.fields)
        if (asked.get("searchSettings") or {}).get("returnTotalResultsCount"):
            body["totalResultsCount"] = str(len(found))
        return json_response({**body, "queryResourceConsumption": str(len(found))})


def _streamed(found: list[dict[str, Any]], query: Query) -> Response:
    """Return all rows in parts; without rows there is one part without any."""
    common = {"fieldMask": field_mask(query.fields), "requestId": request_id()}
    parts = [{"results": found[at : at + CHUNK], **common} for at in range(0, len(found), CHUNK)]
    return json_response(parts or [common])


def _shape(request: Request) -> tuple[str, bool]:
    """Return the version an error is written in, and whether it comes in an array."""
    return request.path.split("/")[1], request.path.endswith(":searchStream")


def _token(request: Request) -> str:
    kind, _, token = request.authorization.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _of_manager(customer: Customer) -> GoogleAdsError:
    return GoogleAdsError(
        "queryError.REQUESTED_METRICS_FOR_MANAGER",
        f"Metrics cannot be requested for a manager account ({customer.number}).",
    )
