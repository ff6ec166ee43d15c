"""The shops that everybody reads: a sandbox, the settings for our tap and for the peers, and a first reading."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from talat_sandbox.platforms.shopee.protocol import sign
from talat_sandbox.testing import Sandbox, running_sandbox
from tests.benchmarks.bounds import BATCH
from tests.benchmarks.environments import ROOT, ours
from tests.benchmarks.measure import BenchmarkError, Command, Sample, run

_END = datetime.fromisoformat("2026-10-31T17:00:00+00:00")  # midnight in Bangkok; any past instant would do


@dataclass(frozen=True)
class Shop:
    """A running sandbox with so many orders in so many shops, and where its clients' settings are kept."""

    sandbox: Sandbox
    folder: Path
    orders: int
    start: datetime
    tokens: Mapping[str, tuple[str, str]]

    def tap(self, **settings: Any) -> Command:
        """Our tap, reading orders alone, with settings beside the usual ones."""
        config = {
            "api_url": self.sandbox.url,
            "partner_id": self.sandbox.partner_id,
            "partner_key": self.sandbox.partner_key,
            "shop_ids": list(self.sandbox.shop_ids),
            "refresh_tokens": {shop: refresh for shop, (_, refresh) in self.tokens.items()},
            "token_store": str(self.folder / "tokens"),
            "pii_salt": "benchmark",
            "requests_per_second": 0,
            "start_date": self.start.isoformat(),
            "end_date": _END.isoformat(),
            **settings,
        }
        return Command([ours("tap-shopee"), "--config", self.write("tap", config), "--catalog", self._catalog])

    def watched(self, *commands: Command) -> Sample:
        """Run a pipeline that reads everything. Raises BenchmarkError when it cannot have read all orders.

        Figures: `span`, seconds from the first call's arrival to the last answer; `calls`; `refused`, calls over a
        limit; `server`, the sandbox's CPU seconds.
        """
        self.sandbox.reset_stats()
        before = self._server_cpu()
        sample = run(*commands)
        server, stats = self._server_cpu() - before, self.sandbox.stats()
        asked = sum(stats["calls"].get("/api/v2/order/get_order_detail", {}).values())
        if asked * BATCH < self.orders:
            raise BenchmarkError(f"{commands[0].argv[:2]} asked for at most {asked * BATCH} of {self.orders} orders")
        figures = {"span": stats["span_seconds"], "calls": stats["total_calls"], "refused": stats["limit_violations"]}
        return replace(sample, figures={**figures, "server": server})

    def settings(self, **more: Any) -> str:
        """The file of settings for the peers (see peers/shopee_api.py), with more if need be."""
        return self.write(
            "-".join(("peers", *map(str, more.values()))),
            {
                "api_url": self.sandbox.url,
                "partner_id": self.sandbox.partner_id,
                "partner_key": self.sandbox.partner_key,
                "shop_ids": list(self.sandbox.shop_ids),
                "access_tokens": {shop: access for shop, (access, _) in self.tokens.items()},
                "start": int(self.start.timestamp()),
                "end": int(_END.timestamp()),
                "fields": self._facts["fields"],
                **more,
            },
        )

    @cached_property
    def windows(self) -> list[list[int]]:
        """For each shop the number of orders in each window that our tap asks for."""
        spans = self._facts["windows"]
        found = {str(shop): [0] * len(spans) for shop in self.sandbox.shop_ids}
        with self.messages.open("rb") as lines:
            for record in (message["record"] for message in map(json.loads, lines) if message["type"] == "RECORD"):
                changed = datetime.fromisoformat(record["update_time"]).timestamp()
                for number, (first, last) in enumerate(spans):
                    found[str(record["shop_id"])][number] += first <= changed <= last
        return list(found.values())

    @cached_property
    def messages(self) -> Path:
        """The file of messages that our tap wrote when it read everything once."""
        return self.folder / "messages.jsonl"

    def check(self, records: int) -> None:
        """Raise BenchmarkError unless so many records are all orders."""
        if records != self.orders:
            raise BenchmarkError(f"{records} of {self.orders} orders were read")

    def write(self, name: str, content: Mapping[str, Any]) -> str:
        """Keep JSON in the shop's folder, and return the file's path."""
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return str(path)

    def _server_cpu(self) -> float:
        fields = Path(f"/proc/{self.sandbox.health()['pid']}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @cached_property
    def _facts(self) -> dict[str, Any]:
        asked = [sys.executable, "-m", "tests.benchmarks.order_facts", self.start.isoformat(), _END.isoformat()]
        facts: dict[str, Any] = json.loads(subprocess.run(asked, cwd=ROOT, check=True, capture_output=True).stdout)
        return facts

    @cached_property
    def _catalog(self) -> str:
        config = self.write(
            "discover", {"partner_id": 1, "partner_key": "", "shop_ids": [1], "start_date": "2026-01-01"}
        )
        found = self.folder / "all.json"
        run(Command([ours("tap-shopee"), "--config", config, "--discover"]), stdout=found)
        catalog = json.loads(found.read_text("utf-8"))
        catalog["streams"] = [stream for stream in catalog["streams"] if stream["tap_stream_id"] == "orders"]
        return self.write("catalog", catalog)


@contextmanager
def running_shop(orders: int, *, days: int, latency_ms: int = 0, shop_rps: int = 0, shops: int = 10) -> Iterator[Shop]:
    """Shops with so many orders, all updated in the last ``days``, and read once, so that nothing is rendered anew."""
    with (
        tempfile.TemporaryDirectory(prefix="talat-bench-") as name,
        running_sandbox(
            orders=orders,
            days=days,
            shops=shops,
            as_of=_END.isoformat(),
            latency_ms=latency_ms,
            app_rps=0,
            shop_rps=shop_rps,
            token_seconds=86400,
        ) as sandbox,
    ):
        tokens = {str(shop): _tokens(sandbox, shop) for shop in sandbox.shop_ids}
        shop = Shop(sandbox, Path(name), orders, _END - timedelta(days=days), tokens)
        run(shop.tap(concurrency=16, account_requests_per_second=shop_rps), stdout=shop.messages)
        with shop.messages.open("rb") as lines:
            shop.check(sum(line.startswith(b'{"type":"RECORD"') for line in lines))
        yield shop


def _tokens(sandbox: Sandbox, shop: int) -> tuple[str, str]:
    """A shop's access token, for the peers, and the refresh token that follows, for our tap."""
    path, now = "/api/v2/auth/access_token/get", int(time.time())
    query = {"partner_id": sandbox.partner_id, "timestamp": now, "sign": sign(f"{sandbox.partner_id}{path}{now}")}
    body = {"partner_id": sandbox.partner_id, "shop_id": shop, "refresh_token": sandbox.refresh_tokens[shop]}
    request = urllib.request.Request(f"{sandbox.url}{path}?{urlencode(query)}", json.dumps(body).encode())
    with urllib.request.urlopen(request) as answer:
        granted = json.load(answer)
    return granted["access_token"], granted["refresh_token"]
