"""Sample's streams. Each class is the facts about one endpoint; how they are read is the toolkit's."""

from __future__ import annotations

from tap_toolkit.paging import Paging, TimeRange
from tap_toolkit.sources import Listing
from tap_toolkit.streams import PlatformStream
from tap_toolkit.windows import Windows, days, iso, minutes

BY_CURSOR = Paging(param="cursor", first="", next="next", more="more")
UPDATED = TimeRange("updated_from", "updated_to", text=iso)


class SampleStream(PlatformStream):
    """A stream of one shop or more."""

    account_field = "shop_id"


class Orders(SampleStream):
    """Orders, by update time [GET /v1/orders]."""

    name = "orders"
    keys = ("shop_id", "id")
    cursor = "updated_at"
    windows = Windows(span=days(15), lookback=minutes(30))
    source = Listing("orders", "orders", "id", window=UPDATED, paging=BY_CURSOR)


STREAMS = (Orders,)
