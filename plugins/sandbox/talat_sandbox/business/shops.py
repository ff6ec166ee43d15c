"""The invented shops and the regions they sell in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST_SHOP_ID = 226001234  # Shopee's


@dataclass(frozen=True, slots=True)
class Region:
    """A market: its ISO country code, currency, time zone, and price level in hundredths of the Thai one."""

    code: str
    currency: str
    time_zone: str
    price_percent: int


REGIONS = {
    "TH": Region("TH", "THB", "Asia/Bangkok", 100),
    "SG": Region("SG", "SGD", "Asia/Singapore", 5),
}

_NAMES = (
    "Baan Talat",
    "Siam Outdoor",
    "Lion City Living",
    "Chiang Mai Kitchen",
    "Andaman Kids",
    "Merlion Mart",
    "Isan Craft",
    "Chao Phraya Home",
    "Orchard Corner",
    "Phuket Beachwear",
)


@dataclass(frozen=True, slots=True)
class Shop:
    """One shop of the business on one channel. `index` is its place in the list, `shop_id` the platform's number.

    `home` is the index of the shop on Shopee whose products it sells.
    """

    index: int
    shop_id: int
    name: str
    region: Region
    home: int


def make_shop(index: int) -> Shop:
    """Return a shop on Shopee: numbered from 226001234 on, every third one in Singapore, the others in Thailand."""
    name = _NAMES[index % len(_NAMES)] + (f" {index // len(_NAMES) + 1}" if index >= len(_NAMES) else "")
    return Shop(index, FIRST_SHOP_ID + index, name, REGIONS["SG" if index % 3 == 2 else "TH"], index)


def make_shops(count: int) -> tuple[Shop, ...]:
    """Return the first `count` shops on Shopee."""
    return tuple(map(make_shop, range(count)))


@lru_cache(maxsize=8192)
def day_start(time_zone: str, day: date) -> int:
    """Return the epoch second at which a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).timestamp())


def local_date(time_zone: str, instant: int) -> date:
    """Return the local calendar date of an epoch second."""
    return datetime.fromtimestamp(instant, ZoneInfo(time_zone)).date()


def iso(instant: int) -> str:
    """Return an epoch second as `YYYY-MM-DDTHH:MM:SSZ`."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)).strftime("%Y-%m-%dT%H:%M:%SZ")
