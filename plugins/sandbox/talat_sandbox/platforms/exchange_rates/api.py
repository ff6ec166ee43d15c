"""The router: three files that anybody may read, and pages for people where something is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

from talat_sandbox.business.rates import FIRST, days, newest, rates
from talat_sandbox.faults import Fault
from talat_sandbox.web import HTML, Request, Response
from talat_sandbox.world import Command, World

PREFIX = "/stats/eurofxref/"
XML = b"text/xml"
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>{0}<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" '
    'xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">{0}<gesmes:subject>Reference rates</gesmes:subject>{0}'
    "<gesmes:Sender>{0}<gesmes:name>European Central Bank</gesmes:name>{0}</gesmes:Sender>{0}<Cube>{0}"
)
_FOOT = "</Cube>{0}</gesmes:Envelope>"


class ExchangeRates:
    """The bank's files, of the day at which the clock stands."""

    name = "exchange_rates"

    def __init__(self, world: World) -> None:
        self._world = world
        self.commands: dict[str, Command] = {}
        self._file = lru_cache(maxsize=6)(self._rendered)

    def serves(self, path: str) -> bool:
        """Whether a path is the bank's."""
        return path.startswith(PREFIX)

    def has(self, account: str) -> bool:
        """Nobody has an account there."""
        return False

    def account(self, request: Request) -> str:
        """Requests name none."""
        return ""

    def handle(self, request: Request) -> Response:
        """Answer with a file."""
        if request.method != "GET":
            return _page(405)
        body = self._file(request.path.removeprefix(PREFIX), newest(self._world.clock.now()))
        return Response(body, content_type=XML) if body else _page(404)

    def fail(self, fault: Fault, request: Request) -> Response | None:
        """Answer with the page of a status, which a fault of kind `error` names in its code, as `HTTP 404`."""
        if fault.kind not in ("error", "rate_limit"):
            return None
        code = str(fault.options.get("code", ""))
        named = int(code.removeprefix("HTTP ").partition("-")[0]) if code.startswith("HTTP ") else 400
        response = _page(429 if fault.kind == "rate_limit" else int(fault.options.get("status", named)))
        if "retry_after" in fault.options:
            response.headers.append(("Retry-After", str(fault.options["retry_after"])))
        return response

    def drift(self, request: Request, response: Response) -> None:
        """Do nothing: files have no pages."""

    def deny(self, account: str, path: str) -> None:
        """Do nothing: everybody may read."""

    def revoke(self, account: str) -> None:
        """Do nothing: nobody consents."""

    def expire_tokens(self, account: str | None, refresh: bool) -> None:
        """Do nothing: there are no tokens."""

    def secrets(self) -> dict[str, list[str]]:
        """Return none."""
        return {}

    def _rendered(self, name: str, last: date) -> bytes:
        """Return a file whose newest day is `last`; empty for a name that is none."""
        if name == "eurofxref-daily.xml":
            return self._xml([last], "\n", "'")
        if name == "eurofxref-hist-90d.xml":
            return self._xml(days(last - timedelta(89), last), "", '"')
        if name == "eurofxref-hist.xml":
            return self._xml(days(FIRST, last), "", '"')
        return b""

    def _xml(self, shown: Iterable[date], space: str, quote: str) -> bytes:
        """Return days as the bank writes them: one file in lines, the long ones without."""
        seed, parts = self._world.business.plan.seed, [_HEAD.format(space)]
        for day in shown:
            parts.append(f"<Cube time={quote}{day}{quote}>{space}")
            parts += [
                f"<Cube currency={quote}{currency}{quote} rate={quote}{rate}{quote}/>{space}"
                for currency, rate in rates(seed, day)
            ]
            parts.append(f"</Cube>{space}")
        return "".join([*parts, _FOOT.format(space)]).encode()


def _page(status: int) -> Response:
    """Return a page for people, as the bank's web server has for what it does not serve."""
    return Response(f"<html><body><h1>{status}</h1></body></html>".encode(), status, HTML)
