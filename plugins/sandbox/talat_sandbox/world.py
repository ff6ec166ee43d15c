"""What all platforms share: the business, the clock, the counters, the fault plan and the options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from talat_sandbox.business.model import Business
from talat_sandbox.clock import Clock
from talat_sandbox.faults import Fault
from talat_sandbox.options import Options
from talat_sandbox.stats import Stats
from talat_sandbox.web import Request, Response

Command = Callable[[Mapping[str, Any]], object]


@dataclass
class World:
    """One running sandbox, seen by its platforms."""

    options: Options
    business: Business
    clock: Clock
    stats: Stats = field(default_factory=Stats)
    faults: list[Fault] = field(default_factory=list)


class Platform(Protocol):
    """What a platform has to be: a router for its paths, which can also fail on request.

    An account is the number of what consent is given for, a shop, an ad account; what is public has none. `commands`
    are the platform's own admin endpoints, `POST /_sandbox/<name>/<command>`.
    """

    name: str
    commands: dict[str, Command]

    def serves(self, path: str) -> bool:
        """Whether a path is the platform's."""

    def has(self, account: str) -> bool:
        """Whether an account is the platform's."""

    def account(self, request: Request) -> str:
        """Return the account a request is about, as text; empty when it names none."""

    def handle(self, request: Request) -> Response:
        """Answer a request, errors included."""

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Return the error a fault of kind `error` or `rate_limit` asks for; prepare other kinds."""

    def drift(self, request: Request, response: Response) -> None:
        """Update one record that the page has listed and one that it has not."""

    def deny(self, account: str, path: str) -> None:
        """Take an account's permission for a path away."""

    def revoke(self, account: str) -> None:
        """Withdraw an account's consent."""

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Let the access (or refresh) tokens of an account, or of all, expire now."""

    def secrets(self) -> dict[str, list[str]]:
        """Return all secrets in use, by kind."""
