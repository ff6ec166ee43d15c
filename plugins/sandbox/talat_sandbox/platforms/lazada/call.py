"""One authorised call: its shop, its instant, and its parameters read the way Lazada does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from talat_sandbox.business.shops import Shop
from talat_sandbox.platforms.lazada.protocol import ApiError

Span = tuple[int, int]
_EVER = 1 << 40


@dataclass(frozen=True, slots=True)
class Call:
    """A signed request of one shop. `as_of` is an epoch second of the business; `half_open`: spans lack their end."""

    params: Mapping[str, str]
    shop: Shop
    as_of: int
    half_open: int = 0

    def text(self, name: str) -> str:
        """Return a parameter; empty when it is missing."""
        return self.params.get(name, "")

    def integer(self, name: str, default: int, most: int, code: str, least: int = 0) -> int:
        """Return an integer parameter. Raises ApiError with `code` when it is none, or out of bounds."""
        text = self.text(name)
        if not text:
            return default
        if not text.lstrip("-").isdecimal() or not least <= int(text) <= most:
            raise ApiError(code)
        return int(text)

    def span(self, first: str, last: str) -> Span | None:
        """Return a span of ISO times with offset; None when neither is given. Raises ApiError for other texts."""
        if not self.text(first) and not self.text(last):
            return None
        return self._moment(first, 0), self._moment(last, _EVER) - self.half_open

    def milliseconds(self, name: str) -> Span | None:
        """Return a span of `<name>Start` and `<name>End` in epoch milliseconds, as whole seconds; None without them."""
        first, last = self.text(f"{name}Start"), self.text(f"{name}End")
        if not first and not last:
            return None
        if not all(text.isdecimal() for text in (first or "0", last or "0")):
            raise ApiError("InvalidParameter", f"{name} must be in epoch milliseconds")
        return -(-int(first or 0) // 1000), int(last or _EVER * 1000) // 1000 - self.half_open

    def _moment(self, name: str, default: int) -> int:
        text = self.text(name)
        if not text:
            return default
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ApiError("17") from None
        if moment.tzinfo is None:
            raise ApiError("17")
        return int(moment.timestamp())


def stamp(instant: int, shop: Shop) -> str:
    """Return an epoch second as Lazada writes times: local, with the offset, `2026-09-20 10:15:00 +0700`."""
    return f"{datetime.fromtimestamp(instant, ZoneInfo(shop.region.time_zone)):%Y-%m-%d %H:%M:%S %z}"


def shares(amount: int, parts: int) -> list[int]:
    """Return an amount cut into equal parts; the last one has what is left."""
    return [*[amount // parts] * (parts - 1), amount - amount // parts * (parts - 1)]
