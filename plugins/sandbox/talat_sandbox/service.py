"""Running the server in this process."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Callable

from talat_sandbox.app import App
from talat_sandbox.business.model import Business, found
from talat_sandbox.clock import Clock
from talat_sandbox.options import OptionError, Options, check_clock, remembered_plan
from talat_sandbox.platforms.facebook_ads.api import FacebookAds
from talat_sandbox.platforms.lazada.api import Lazada
from talat_sandbox.platforms.line_shop.api import LineShop
from talat_sandbox.platforms.shopee.api import Shopee
from talat_sandbox.platforms.tiktok_shop.api import TikTokShop
from talat_sandbox.server import listen
from talat_sandbox.world import Platform, World

#: The APIs of the channels beside Shopee, by platform.
CHANNELS: dict[str, Callable[[World, Business], Platform]] = {
    "lazada": Lazada,
    "tiktok_shop": TikTokShop,
    "line_shop": LineShop,
}

AUTH_FILES = "auth-*.json"


def build(options: Options, reset: bool) -> App:
    """Return the app over the business of the state directory. Raises OptionError."""
    plan = remembered_plan(options, reset)
    check_clock(options, plan)
    if reset:
        for path in options.state_path.glob(AUTH_FILES):
            path.unlink()
    world = World(options, found(plan, options.platforms), Clock(options.instant))
    others = [CHANNELS[business.channel.platform](world, business) for business in world.business.others]
    # Shopee's paths begin so that they take in others' tokens.
    return App(world, [*others, Shopee(world), FacebookAds(world)])


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
