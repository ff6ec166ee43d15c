"""The sandbox's own endpoints under `/_sandbox/`: clock, faults, counters, tokens, secrets and the truth."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from talat_sandbox.business.ad_platforms import FACEBOOK
from talat_sandbox.business.orders import PII, PII_BUYER_ID
from talat_sandbox.business.shops import iso
from talat_sandbox.clock import parse_instant
from talat_sandbox.faults import Fault
from talat_sandbox.truth import TABLES, table_csv
from talat_sandbox.web import CSV, Request, Response, json_response
from talat_sandbox.world import Platform, World


class Admin:
    """Answers `/_sandbox/…`. A bad request is answered by HTTP 400 and one sentence."""

    def __init__(self, world: World, platforms: Sequence[Platform]) -> None:
        self._world, self._platforms = world, platforms
        self._routes: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "health"): self._health,
            ("POST", "clock"): self._clock,
            ("POST", "faults"): self._set_faults,
            ("GET", "faults"): lambda _: {"pending": [_show(fault) for fault in world.faults]},
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "stats"): lambda _: world.stats.report(),
            ("POST", "stats/reset"): self._reset_stats,
            ("POST", "revoke"): self._revoke,
            ("POST", "deny"): self._deny,
            ("POST", "expire_tokens"): self._expire_tokens,
            ("GET", "secrets"): self._secrets,
        }

    def __call__(self, request: Request) -> Response:
        """Answer an admin request."""
        name = request.path.removeprefix("/_sandbox/")
        try:
            if request.method == "GET" and name.startswith("truth/"):
                return self._truth(name.removeprefix("truth/"), request)
            route = self._routes.get((request.method, name)) or self._command(request.method, name)
            if route is None:
                return json_response({"error": f"no {request.method} {request.path} here"}, 404)
            return json_response(route(request))
        except (ValueError, KeyError, TypeError) as error:
            return json_response({"error": f"bad request: {error}"}, 400)

    def _health(self, _: Request) -> object:
        business = self._world.business
        return {
            "ready": True,
            "pid": os.getpid(),
            "as_of": iso(self._world.clock.now()),
            "opens": business.plan.opens.isoformat(),
            "business": {**asdict(business.plan), "opens": business.plan.opens.isoformat()},
            "channels": {
                channel.channel.platform: [shop.shop_id for shop in channel.shops] for channel in business.others
            },
            "platforms": [platform.name for platform in self._platforms],
            "shops": [
                {
                    "shop_id": shop.shop_id,
                    "name": shop.name,
                    "region": shop.region.code,
                    "currency": shop.region.currency,
                    "time_zone": shop.region.time_zone,
                    "ad_account_id": str(FACEBOOK.account_id(shop.index)),
                }
                for shop in business.shops
            ],
        }

    def _clock(self, request: Request) -> object:
        asked = request.json
        if "advance_seconds" in asked:
            self._world.clock.advance(int(asked["advance_seconds"]))
        elif "as_of" in asked:
            self._world.clock.set(parse_instant(asked["as_of"]) if asked["as_of"] else None)
        else:
            raise ValueError("send as_of (ISO time, null follows real time) or advance_seconds")
        return {"as_of": iso(self._world.clock.now())}

    def _set_faults(self, request: Request) -> object:
        plan = orjson.loads(request.body)
        entries = plan.get("faults", [plan]) if isinstance(plan, dict) else plan
        faults = [Fault.parse(entry) for entry in entries]
        self._world.faults.extend(faults)
        return {"added": len(faults)}

    def _clear_faults(self, _: Request) -> object:
        left = [_show(fault) for fault in self._world.faults]
        self._world.faults.clear()
        return {"cleared": left}

    def _reset_stats(self, _: Request) -> object:
        self._world.stats.reset()
        return {"reset": True}

    def _revoke(self, request: Request) -> object:
        account, platforms = self._named(request.json)
        for platform in platforms:
            platform.revoke(account)
        return {"revoked": account}

    def _deny(self, request: Request) -> object:
        (account, platforms), path = self._named(request.json), str(request.json["path"])
        for platform in platforms:
            platform.deny(account, path)
        return {"denied": path, "account": account}

    def _expire_tokens(self, request: Request) -> object:
        asked = request.json
        account, platforms = None, self._only(asked.get("platform"))
        if asked.get("shop_id") or asked.get("account"):
            account, platforms = self._named(asked)
        for platform in platforms:
            platform.expire_tokens(account, bool(asked.get("refresh")))
        return {"expired": True}

    def _secrets(self, _: Request) -> object:
        return {
            **{platform.name: platform.secrets() for platform in self._platforms},
            "pii_markers": [PII],
            "pii_buyer_id_prefix": str(PII_BUYER_ID)[:7],
        }

    def _truth(self, name: str, request: Request) -> Response:
        if name not in TABLES:
            raise ValueError(f"no table {name}; there are {', '.join(TABLES)}")
        as_of = request.param("as_of")
        instant = parse_instant(as_of) if as_of else self._world.clock.now()
        return Response(table_csv(self._world.business, name, instant).encode(), 200, CSV)

    def _named(self, asked: Mapping[str, Any]) -> tuple[str, list[Platform]]:
        """Return the account that a request names, as `shop_id` or `account`, and the platforms that have it."""
        account = str(asked.get("account") or asked["shop_id"])
        platforms = [platform for platform in self._platforms if platform.has(account)]
        if not platforms:
            raise ValueError(f"no shop or account {account}")
        return account, platforms

    def _only(self, name: object) -> list[Platform]:
        """Return the platform of a name, or all of them without one."""
        platforms = [platform for platform in self._platforms if name in (None, platform.name)]
        if not platforms:
            raise ValueError(f"no platform {name}")
        return platforms

    def _command(self, method: str, name: str) -> Callable[[Request], object] | None:
        """Return one of a platform's own commands."""
        owner, _, command = name.partition("/")
        for platform in self._platforms:
            if method == "POST" and platform.name == owner and command in platform.commands:
                return lambda request: platform.commands[command](request.json)
        return None


def _show(fault: Fault) -> dict[str, object]:
    shown: dict[str, object] = {"kind": fault.kind, "match": {"path": fault.path, "account": fault.account}}
    return {**shown, "times": fault.times, "after": fault.after, **fault.options}
