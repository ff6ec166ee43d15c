"""One request in, one response out: admin or platform, with faults, latency and counters around it."""

from __future__ import annotations

from collections.abc import Sequence

from talat_sandbox.admin import Admin
from talat_sandbox.faults import Fault, behind_nothing
from talat_sandbox.web import Request, Response, json_response
from talat_sandbox.world import Platform, World


class App:
    """The whole sandbox as a function from request to response."""

    def __init__(self, world: World, platforms: Sequence[Platform]) -> None:
        self._world = world
        self._platforms = platforms
        self._admin = Admin(world, platforms)
        self._latency = world.options.latency_ms / 1000

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        if request.path.startswith("/_sandbox/"):
            return self._admin(request)
        for platform in self._platforms:
            if platform.serves(request.path):
                return self._platform(platform, request)
        return json_response({"error": f"no platform serves {request.path}"}, 404)

    def _platform(self, platform: Platform, request: Request) -> Response:
        called, request = request, behind_nothing(request)
        stats, account = self._world.stats, platform.account(request)
        stats.arrive(request.path, account)
        struck: list[Fault] = []
        if self._world.faults:
            struck = [fault for fault in self._world.faults if fault.strikes(request.method, request.path, account)]
            for fault in struck:
                request = fault.asked(request)
        response: Response | None = None
        for fault in struck:
            stats.fault(fault.kind)
            response = response or fault.answer() or platform.fail(fault, request)
        if response is None:
            response = platform.handle(request)
        for fault in struck:
            fault.spoil(response, called)
            if fault.kind == "drift":
                platform.drift(request, response)
        if response.status >= 400:
            stats.error(str(response.status))
        response.delay += self._latency
        response.sent = stats.leave
        return response
