"""Running the server in this process."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable
from functools import partial

from talat_sandbox.app import App
from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.model import Business, found
from talat_sandbox.clock import Clock
from talat_sandbox.options import OptionError, Options, check_clock, remembered_plan
from talat_sandbox.platforms.exchange_rates.api import ExchangeRates
from talat_sandbox.platforms.facebook_ads.api import FacebookAds
from talat_sandbox.platforms.ga4.api import GoogleAnalytics
from talat_sandbox.platforms.google.accounts import GoogleAccounts
from talat_sandbox.platforms.google_ads.api import GoogleAds
from talat_sandbox.platforms.lazada.api import Lazada
from talat_sandbox.platforms.line_ads.api import LineAds
from talat_sandbox.platforms.line_shop.api import LineShop
from talat_sandbox.platforms.shopee.api import Shopee
from talat_sandbox.platforms.shopee_ads.api import ShopeeAds
from talat_sandbox.platforms.tiktok_ads.api import TikTokAds
from talat_sandbox.platforms.tiktok_shop.api import TikTokShop
from talat_sandbox.server import listen
from talat_sandbox.world import Platform, World

#: The APIs of the channels beside Shopee, by platform.
CHANNELS: dict[str, Callable[[World, Business], Platform]] = {
    "lazada": Lazada,
    "tiktok_shop": TikTokShop,
    "line_shop": LineShop,
}

#: The APIs of the platforms for ads beside Facebook and Google, by platform.
ADS: dict[str, Callable[[World, Advertising], Platform]] = {
    "line_ads": LineAds,
    "shopee_ads": ShopeeAds,
    "tiktok_ads": TikTokAds,
}

AUTH_FILES = "auth-*.json"


def build(options: Options, reset: bool) -> App:
    """Return the app over the business of the state directory. Raises OptionError."""
    plan = remembered_plan(options, reset)
    check_clock(options, plan)
    if reset:
        for path in options.state_path.glob(AUTH_FILES):
            path.unlink()
    world = World(options, found(plan, options.platforms, options.ad_platforms), Clock(options.instant))
    return App(world, _platforms(world))


def _platforms(world: World) -> list[Platform]:
    ads = {advertising.platform.platform: advertising for advertising in world.business.campaigning}
    channels = CHANNELS | {"lazada": partial(Lazada, advertising=ads.get("lazada_ads"))}
    others: list[Platform] = [channels[it.channel.platform](world, it) for it in world.business.others]
    others += [make(world, ads[name]) for name, make in ADS.items() if name in ads]
    others += _googles(world, ads.get("google_ads"))
    shopee = Shopee(world, [platform.accounts for platform in others if isinstance(platform, ShopeeAds)])
    # Shopee's paths begin so that they take in others' tokens and its ads, Meta's so that they take in Google's.
    return [*others, shopee, FacebookAds(world), ExchangeRates(world)]


def _googles(world: World, advertising: Advertising | None) -> list[Platform]:
    """Return Google's APIs that there are, and what gives tokens for all of them."""
    accounts = GoogleAccounts(world)
    apis: list[Platform] = [GoogleAds(world, advertising, accounts)] if advertising else []
    if world.business.measured:
        apis.append(GoogleAnalytics(world, accounts))
    return [accounts, *apis] if apis else []


def serve(options: Options, reset: bool, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT; `ready` gets the address once. Raises OptionError for a taken port."""
    app = build(options, reset)
    if sys.platform == "win32":
        asyncio.run(_serve(app, options, ready))
    else:
        import uvloop

        uvloop.run(_serve(app, options, ready))


async def _serve(app: App, options: Options, ready: Callable[[str], None]) -> None:
    try:
        server, port = await listen(app, options.port)
    except OSError:
        raise OptionError(f"Port {options.port} is taken; stop what uses it or choose another --port.") from None
    stop = asyncio.Event()
    if sys.platform == "win32":
        signal.signal(signal.SIGINT, lambda *_: stop.set())
    else:
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
    # Rendered records make no cycles; walking all of them again and again would halve the speed.
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)
    ready(f"http://127.0.0.1:{port}")
    await _until(stop)
    server.close()


async def _until(stop: asyncio.Event) -> None:
    """Wait for the signal, or for the death of a parent that asked to be followed (a test must leave nothing)."""
    parent = os.getppid()
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), timeout=1)
        except TimeoutError:
            if os.environ.get("SANDBOX_FOLLOW_PARENT") and os.getppid() != parent:
                return
