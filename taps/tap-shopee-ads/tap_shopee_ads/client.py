"""The ads module of Shopee's Open Platform: Shopee's client with codes of its own."""

from __future__ import annotations

from dataclasses import replace

from tap_shopee.client import ShopeeClient
from tap_toolkit.errors import Rule, load_rules

#: What Shopee answers to all of its modules, mended by this tap's own command.
SHARED: tuple[Rule, ...] = tuple(
    replace(rule, mend=rule.mend.replace("tap-shopee ", "tap-shopee-ads ")) for rule in load_rules("tap_shopee")
)


class ShopeeAdsClient(ShopeeClient):
    """The module names no time to wait for when it is asked too fast; in practice a minute is enough."""

    rules = (*load_rules("tap_shopee_ads"), *SHARED)
    throttled_seconds = 60.0
