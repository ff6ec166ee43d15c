"""Whose click came last: the one platform that an order is owed to, whatever the others claim."""

from __future__ import annotations

from typing import NamedTuple

from talat_sandbox.business.ads import Ad
from talat_sandbox.business.ids import Ref
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop


class Win(NamedTuple):
    """The last click before an order, at an epoch second."""

    ad: Ad
    clicked: int


def wins(business: Business, channel: Business, shop: Shop, day: int) -> dict[Ref, Win]:
    """Return the last click before each order that a shop of a channel gets on its n-th day; many have none."""
    found: dict[Ref, Win] = {}
    for advertising in business.advertised:
        if advertising.platform.channel == channel.channel.platform:
            ads = advertising.portfolio(shop).ads
            for click in advertising.days(shop).clicks(day):
                if click.ref not in found or click.clicked > found[click.ref].clicked:
                    found[click.ref] = Win(ads[click.ad], click.clicked)
    return found
