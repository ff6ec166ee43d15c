"""A sandbox for tests: started as a subprocess on a free port, and surely stopped."""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from talat_sandbox.business.ad_platforms import FACEBOOK
from talat_sandbox.business.channels import CHANNELS
from talat_sandbox.business.shops import make_shops
from talat_sandbox.options import Options, to_arguments
from talat_sandbox.platforms.facebook_ads.protocol import APP_ID, APP_SECRET, SYSTEM_TOKEN
from talat_sandbox.platforms.shopee.protocol import PARTNER_ID, PARTNER_KEY
from talat_sandbox.vault import Vault

_STOP_SECONDS = 10
_TOLD = 4000  # the last letters of the log, in an error


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox. Methods raise RuntimeError with the sandbox's own sentence when it refuses."""

    url: str
    state_dir: Path
    partner_id: int
    partner_key: str
    shop_ids: tuple[int, ...]
    refresh_tokens: Mapping[int, str]
    ad_account_ids: tuple[str, ...]
    channel_shop_ids: Mapping[str, tuple[int, ...]]
    facebook_token: str = SYSTEM_TOKEN
    facebook_app_id: str = APP_ID
    facebook_app_secret: str = APP_SECRET

    @property
    def port(self) -> int:
        """The port on 127.0.0.1."""
        return int(self.url.rsplit(":", 1)[1])

    def health(self) -> dict[str, Any]:
        """Return readiness, the business instant, its plan and its shops."""
        return self._call("GET", "health")

    def set_clock(self, as_of: str | None) -> str:
        """Let the business clock stand at an ISO time, or follow real time (None); return the new instant."""
        return str(self._call("POST", "clock", {"as_of": as_of})["as_of"])

    def advance(self, seconds: int) -> str:
        """Move the business clock on and return the new instant as ISO text."""
        return str(self._call("POST", "clock", {"advance_seconds": seconds})["as_of"])

    def faults(self, *plan: Mapping[str, Any]) -> None:
        """Add faults, e.g. `{"match": {"path": "get_order_detail"}, "kind": "error", "code": "error_server"}`."""
        self._call("POST", "faults", {"faults": [dict(entry) for entry in plan]})

    def clear_faults(self) -> list[dict[str, Any]]:
        """Forget the fault plan and return what was left of it."""
        left: list[dict[str, Any]] = self._call("DELETE", "faults")["cleared"]
        return left

    def stats(self) -> dict[str, Any]:
        """Return calls by path and shop, limit violations, most concurrent requests, span, errors and faults."""
        return self._call("GET", "stats")

    def reset_stats(self) -> None:
        """Start counting anew."""
        self._call("POST", "stats/reset")

    def revoke(self, shop_id: int | None = None, *, account: str | None = None) -> None:
        """Withdraw the consent for a shop or an ad account."""
        self._call("POST", "revoke", {"shop_id": shop_id, "account": account})

    def deny(self, shop_id: int | None = None, path: str = "", *, account: str | None = None) -> None:
        """Take a shop's or an ad account's permission for a path away.

        For example `/api/v2/returns/get_return_list`, or for Meta a part of the path: `insights`.
        """
        self._call("POST", "deny", {"shop_id": shop_id, "account": account, "path": path})

    def expire_tokens(self, shop_id: int | None = None, refresh: bool = False, *, platform: str | None = None) -> None:
        """Let the access (or refresh) tokens of one shop, of one platform (`facebook_ads`), or all expire now."""
        self._call("POST", "expire_tokens", {"shop_id": shop_id, "refresh": refresh, "platform": platform})

    def set_usage(self, account: str, percent: int) -> None:
        """Let other tools use so many percent of an ad account's quotas; 0 takes that away."""
        self._call("POST", "facebook_ads/usage", {"account": account, "percent": percent})

    def set_gate(self, account: str, on: bool) -> None:
        """Let an ad account be opted in (as all are at first) to the breakdowns that need it, or out of them."""
        self._call("POST", "facebook_ads/gate", {"account": account, "on": on})

    def set_quota(self, account: str, quota: str, remaining: int) -> None:
        """Let so much of a quota of a GA4 property (`tokensPerHour`) remain now."""
        self._call("POST", "ga4/quota", {"account": account, "quota": quota, "remaining": remaining})

    def set_limits(self, account: str, **limits: int) -> None:
        """Set what a GA4 property bears: `rows` of a day, rows of a `page`, and for samples `read`, `space`, `days`."""
        self._call("POST", "ga4/limits", {"account": account, **limits})

    def service_account(self, email: str = "reader@project.example") -> str:
        """Let a service account in at Google; return its key file. Needs cryptography."""
        private, modulus, exponent = _key_pair()
        self._call("POST", "google/service_account", {"email": email, "modulus": modulus, "exponent": exponent})
        return json.dumps({"type": "service_account", "client_email": email, "private_key": private})

    def remove_app(self) -> None:
        """Let all of Meta's tokens handed out so far be refused: somebody has removed the app."""
        self._call("POST", "facebook_ads/remove_app", {})

    def secrets(self) -> dict[str, Any]:
        """Return all secrets by platform and kind, and how planted personal data can be recognised."""
        return self._call("GET", "secrets")

    def truth(self, table: str, as_of: str | None = None) -> list[dict[str, str]]:
        """Return one table of the truth, at the clock's instant or another, as text values by column."""
        query = "?" + urllib.parse.urlencode({"as_of": as_of}) if as_of else ""
        return list(csv.DictReader(io.StringIO(self._open("GET", f"truth/{table}{query}").decode())))

    def _call(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._open(method, name, body))
        return answer

    def _open(self, method: str, name: str, body: Mapping[str, Any] | None = None) -> bytes:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.url}/_sandbox/{name}", data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                content: bytes = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                raise RuntimeError(f"the sandbox refused {method} {name}: {error.read().decode()}") from None
        return content


@functools.cache
def _key_pair() -> tuple[str, str, int]:
    """A key for RS256, the same for all tests: in PEM, and its public half's modulus in hexadecimal and exponent."""
    from cryptography.hazmat.primitives import serialization  # only tests of Google's taps have it
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_numbers()
    return pem.decode(), f"{public.n:x}", public.e


@contextmanager
def running_sandbox(
    *,
    orders_per_day: int = 20,
    orders: int = 0,
    days: int = 30,
    seed: int = 11,
    shops: int = 3,
    products: int = 60,
    as_of: str = "",
    state_dir: Path | str | None = None,
    token_seconds: int = 14400,
    latency_ms: int = 0,
    app_rps: int = 1000,
    shop_rps: int = 1000,
    half_open: bool = False,
    channels: str = "",
    ads: str = "",
    campaigns: int = 4,
    require_proof: bool = False,
    job_ms: int = 200,
    job_ms_max: int = 800,
    insights_cells: int = 0,
    usage_seconds: int = 3600,
    insights_quota: int = 0,
    management_quota: int = 0,
    score_quota: int = 9000,
    operations_a_day: int = 15_000,
    port: int = 0,
    reset: bool = False,
    extra_arguments: Sequence[str] = (),
) -> Iterator[Sandbox]:
    """Start a sandbox as a subprocess and stop it in the end, whatever happens.

    Without `state_dir` it forgets everything afterwards. What it says goes to `sandbox.log` beside its state. Options
    mean what they mean on the command line, `as_of` being ISO text. Raises RuntimeError with what the sandbox said when
    it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="talat-sandbox-") as scratch:
        folder = Path(state_dir) if state_dir is not None else Path(scratch)
        options = Options(
            port=port,
            orders_per_day=orders_per_day,
            orders=orders,
            days=days,
            seed=seed,
            shops=shops,
            products=products,
            as_of=as_of,
            state_dir=str(folder),
            token_seconds=token_seconds,
            latency_ms=latency_ms,
            app_rps=app_rps,
            shop_rps=shop_rps,
            half_open=int(half_open),
            channels=channels,
            ads=ads,
            campaigns=campaigns,
            require_proof=int(require_proof),
            job_ms=job_ms,
            job_ms_max=job_ms_max,
            insights_cells=insights_cells,
            usage_seconds=usage_seconds,
            insights_quota=insights_quota,
            management_quota=management_quota,
            score_quota=score_quota,
            operations_a_day=operations_a_day,
        )
        command = [sys.executable, "-m", "talat_sandbox.cli", "serve", *to_arguments(options), *extra_arguments]
        if reset:
            command.append("--reset")
        folder.mkdir(parents=True, exist_ok=True)
        log = folder / "sandbox.log"
        # A pipe that nobody reads would be full after some tracebacks, and the sandbox wait for ever.
        with log.open("wb") as said:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env={**os.environ, "SANDBOX_FOLLOW_PARENT": "1"},
            )
        try:
            yield _describe(process, log, options)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _describe(process: subprocess.Popen[str], log: Path, options: Options) -> Sandbox:
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    if not line.startswith("The sandbox is ready at "):
        said = line + process.stdout.read() + log.read_text("utf-8")[-_TOLD:]
        raise RuntimeError(said or "the sandbox ended at once")
    shop_ids = tuple(shop.shop_id for shop in make_shops(options.shops))
    return Sandbox(
        url=line.removeprefix("The sandbox is ready at ").rstrip("."),
        state_dir=log.parent,
        partner_id=PARTNER_ID,
        partner_key=PARTNER_KEY,
        shop_ids=shop_ids,
        refresh_tokens={shop_id: Vault.first_refresh_token(shop_id) for shop_id in shop_ids},
        ad_account_ids=tuple(str(FACEBOOK.account_id(index)) for index in range(options.shops)),
        channel_shop_ids={
            name: tuple(shop.shop_id for shop in CHANNELS[name].shops(options.shops)) for name in options.platforms
        },
    )
