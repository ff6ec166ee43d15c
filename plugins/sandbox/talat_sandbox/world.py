"""What all platforms share: the business, the clock, the counters, the fault plan and the options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop
from talat_sandbox.clock import Clock
from talat_sandbox.faults import Fault
from talat_sandbox.options import Options
from talat_sandbox.stats import Stats
from talat_sandbox.web import Request, Response


@dataclass
class World:
    """One running sandbox, seen by its platforms."""

    options: Options
    business: Business
    clock: Clock
    stats: Stats = field(default_factory=Stats)
    faults: list[Fault] = field(default_factory=list)


class Platform(Protocol):
    """What a platform has to be: a router for one path prefix, which can also fail on request."""

    name: str
    prefix: str

    def account(self, request: Request) -> str:
        """Return the account a request is about, as text; empty when it names none."""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Return the error a fault of kind `error` or `rate_limit` asks for; prepare other kinds."""

    def drift(self, request: Request, response: Response) -> None:
        """Update one order that the page has listed and one that it has not."""

    def deny(self, shop: Shop, path: str) -> None:
        """Take a shop's permission for a path away."""

    def revoke(self, shop: Shop) -> None:
        """Withdraw a shop's consent."""

    def expire_tokens(self, shop: Shop | None, refresh: bool) -> None:
        """Let the access (or refresh) tokens of a shop, or of all, expire now."""

    def secrets(self) -> dict[str, list[str]]:
        """Return all secrets in use, by kind."""
