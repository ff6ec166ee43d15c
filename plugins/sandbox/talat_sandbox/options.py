"""The sandbox's options: names, environment variables, defaults, and what they mean."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from talat_sandbox.business.ad_platforms import AD_PLATFORMS, ANALYTICS, MAX_CAMPAIGNS
from talat_sandbox.business.channels import CHANNELS, SHOPEE
from talat_sandbox.business.model import Plan
from talat_sandbox.clock import parse_instant

HOME = ZoneInfo("Asia/Bangkok")
_BUSINESS_FILE = "business.json"


class OptionError(Exception):
    """Something the person at the keyboard can mend; the message says what and how."""


def _option(default: Any, about: str) -> Any:
    return field(default=default, metadata={"help": about})


@dataclass(frozen=True)
class Options:
    """All options; each is `--name` on the command line and `SANDBOX_NAME` in the environment."""

    port: int = _option(8787, "port on 127.0.0.1; 0 takes a free one")
    orders_per_day: int = _option(200, "orders a day, all shops together")
    orders: int = _option(0, "exactly so many orders in all, none afterwards (benchmarks)")
    days: int = _option(90, "days of history when the business opens")
    seed: int = _option(11, "another seed, another business")
    shops: int = _option(3, "number of shops, from 226001234 on; every third sells in Singapore")
    products: int = _option(60, "products in each shop")
    channels: str = _option("", "channels beside Shopee, with commas between: lazada, tiktok_shop, line_shop, or all")
    ads: str = _option(
        "",
        f"platforms for ads beside Facebook, with commas between: {', '.join((*AD_PLATFORMS, ANALYTICS))}, "
        "or all that have shops",
    )
    campaigns: int = _option(4, "campaigns in each shop's ad account, with 2 ad sets of 3 ads each")
    as_of: str = _option("", "let the clock stand at this ISO time; empty follows real time")
    state_dir: str = _option(".sandbox", "where tokens, the opening day, pid and log are kept")
    token_seconds: int = _option(14400, "lifetime of an access token")
    latency_ms: int = _option(0, "delay of every answer")
    app_rps: int = _option(1000, "requests a second for the app; 0 is no limit")
    shop_rps: int = _option(1000, "requests a second for each shop; 0 is no limit")
    half_open: int = _option(0, "1: windows exclude their end (undocumented; 0 includes it)")
    require_proof: int = _option(0, "1: Meta calls must carry appsecret_proof")
    job_ms: int = _option(200, "shortest time a Meta report takes")
    job_ms_max: int = _option(800, "longest time a Meta report takes")
    insights_cells: int = _option(0, "rows times fields of a Meta report, a tenth of it for a GET; 0 is no limit")
    usage_seconds: int = _option(3600, "window of Meta's quotas")
    insights_quota: int = _option(0, "insights calls in a window for each ad account; 0 is Meta's formula")
    management_quota: int = _option(0, "other calls in a window for each ad account; 0 is Meta's formula")
    score_quota: int = _option(9000, "score within 300 s for each ad account: a read is 1, a write 3")
    operations_a_day: int = _option(15_000, "Google Ads operations in 24 hours; 0 is no limit")
    cache_orders: int = _option(150_000, "rendered records kept in memory, about 2 KB each")

    @property
    def state_path(self) -> Path:
        """The state directory."""
        return Path(self.state_dir)

    @property
    def platforms(self) -> tuple[str, ...]:
        """The channels beside Shopee. Raises OptionError."""
        return _chosen("channels", self.channels, tuple(CHANNELS), tuple(CHANNELS))

    @property
    def ad_platforms(self) -> tuple[str, ...]:
        """The platforms for ads beside Facebook, and `ga4`. Raises OptionError, also for want of a channel."""
        sold_on = (SHOPEE.platform, *self.platforms)
        served = tuple(name for name, platform in AD_PLATFORMS.items() if platform.channel in sold_on)
        chosen = _chosen("ads", self.ads, (*AD_PLATFORMS, ANALYTICS), (*served, ANALYTICS))
        for name in chosen:
            if name not in (*served, ANALYTICS):
                raise OptionError(f"{name} promotes shops on {AD_PLATFORMS[name].channel}; add that to channels.")
        return chosen

    @property
    def instant(self) -> int | None:
        """The pinned instant in epoch seconds, or None when the clock follows real time. Raises OptionError."""
        if not self.as_of:
            return None
        try:
            return parse_instant(self.as_of)
        except ValueError:
            raise OptionError(f"as-of {self.as_of!r} is not an ISO time; write it like 2026-11-20T17:00:00Z.") from None


def _chosen(option: str, text: str, known: tuple[str, ...], everything: tuple[str, ...]) -> tuple[str, ...]:
    named = [name.strip() for name in text.split(",") if name.strip()]
    if named == ["all"]:
        return everything
    for name in named:
        if name not in known:
            raise OptionError(f"{option} has {name!r}; there are {', '.join(known)}, or all.")
    return tuple(dict.fromkeys(named))


def add_arguments(parser: argparse.ArgumentParser, environment: Mapping[str, str] = os.environ) -> None:
    """Add every option to a parser, with the environment's value as its default."""
    for entry in fields(Options):
        parser.add_argument(
            "--" + entry.name.replace("_", "-"),
            default=environment.get("SANDBOX_" + entry.name.upper()) or entry.default,
            metavar=entry.name.split("_")[-1].upper(),
            help=f"{entry.metadata['help']} (SANDBOX_{entry.name.upper()}, default {entry.default or 'none'})",
        )


def read_options(values: Mapping[str, object]) -> Options:
    """Return options from parsed arguments. Raises OptionError naming the first bad one."""
    read: dict[str, object] = {}
    for entry in fields(Options):
        value = values.get(entry.name, entry.default)
        if isinstance(entry.default, int):
            try:
                value = int(str(value))
            except ValueError:
                raise OptionError(f"{entry.name.replace('_', '-')} must be a whole number, not {value!r}.") from None
            if value < 0:
                raise OptionError(f"{entry.name.replace('_', '-')} must not be negative.")
        read[entry.name] = value
    options = Options(**read)  # type: ignore[arg-type]
    for name, least, most in (
        ("days", 1, 3650),
        ("shops", 1, 500),
        ("products", 1, 50_000),
        ("port", 0, 65535),
        ("campaigns", 1, MAX_CAMPAIGNS),
    ):
        if not least <= getattr(options, name) <= most:
            raise OptionError(f"{name} must be between {least} and {most}.")
    for name in ("usage_seconds", "score_quota"):
        if not getattr(options, name):
            raise OptionError(f"{name.replace('_', '-')} must be at least 1.")
    if not options.orders and not options.orders_per_day:
        raise OptionError("orders-per-day must be at least 1.")
    return options


def plan_from(options: Options) -> Plan:
    """Return the business the options ask for, opening at local midnight `days` before the clock's date."""
    instant = options.instant if options.instant is not None else int(time.time())
    today = datetime.fromtimestamp(instant, UTC).astimezone(HOME).date()
    return Plan(
        seed=options.seed,
        opens=today - timedelta(options.days),
        days=options.days,
        total=options.orders or options.orders_per_day * options.days,
        shops=options.shops,
        products=options.products,
        closed=bool(options.orders),
        campaigns=options.campaigns,
    )


def remembered_plan(options: Options, reset: bool = False) -> Plan:
    """Return the business of the state directory, founding it there when there is none.

    Raises OptionError when the directory holds a business made with other options.
    """
    path = options.state_path / _BUSINESS_FILE
    wanted = plan_from(options)
    if path.exists() and not reset:
        saved = json.loads(path.read_text("utf-8"))
        known = Plan(**{**saved, "opens": date.fromisoformat(saved["opens"])})
        different = [
            name
            for name in ("seed", "days", "total", "shops", "products", "closed", "campaigns")
            if getattr(known, name) != getattr(wanted, name)
        ]
        if different:
            raise OptionError(
                f"{options.state_path} remembers another business ({_differences(different, known, wanted)}); "
                "start it with its own options, choose another --state-dir, or found a new one with --reset."
            )
        return known
    path.parent.mkdir(parents=True, exist_ok=True)
    saved = {entry.name: getattr(wanted, entry.name) for entry in fields(Plan)}
    path.write_text(json.dumps({**saved, "opens": wanted.opens.isoformat()}, indent=2) + "\n", "utf-8")
    return wanted


def check_clock(options: Options, plan: Plan) -> None:
    """Raise OptionError when the clock stands before the opening of the business."""
    opening = int(datetime(plan.opens.year, plan.opens.month, plan.opens.day, tzinfo=HOME).timestamp())
    if options.instant is not None and options.instant < opening:
        raise OptionError(f"as-of {options.as_of} is before the business opened on {plan.opens}; use --reset.")


def to_arguments(options: Options) -> Sequence[str]:
    """Return options as command-line arguments."""
    return [f"--{entry.name.replace('_', '-')}={getattr(options, entry.name)}" for entry in fields(Options)]


def _differences(names: list[str], known: Plan, wanted: Plan) -> str:
    return ", ".join(f"{name} {getattr(known, name)} instead of {getattr(wanted, name)}" for name in names)
