"""One call with a key: its shop, its instant, and its parameters read the way LINE does."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from talat_sandbox.business.shops import Shop
from talat_sandbox.clock import parse_instant
from talat_sandbox.platforms.line_shop.protocol import ApiError
from talat_sandbox.web import Request

MOST, USUAL = 100, 25  # rows of a page


@dataclass(frozen=True, slots=True)
class Call:
    """A request of one shop; `as_of` is the business instant in epoch seconds."""

    request: Request
    shop: Shop
    as_of: int

    def paging(self) -> tuple[int, int]:
        """Return page, from 1, and perPage, 1 to 100. Raises ApiError otherwise."""
        page, size = self._integer("page", 1), self._integer("perPage", USUAL)
        if page < 1 or not 1 <= size <= MOST:
            raise ApiError(400, f"page starts at 1, perPage is 1 to {MOST}")
        return page, size

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        """Return a parameter that is one of a few. Raises ApiError otherwise."""
        value = self.request.param(name) or default
        if value not in allowed:
            raise ApiError(400, f"{name} must be one of {', '.join(allowed)}")
        return value

    def choices(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        """Return a parameter that may come several times. Raises ApiError for one that is not allowed."""
        values = self.several(name)
        if not set(values) <= set(allowed):
            raise ApiError(400, f"{name} must be of {', '.join(allowed)}")
        return values

    def several(self, name: str) -> tuple[str, ...]:
        """Return all values of a parameter, however its writer repeats it: `name=` or `name[]=`."""
        params = self.request.params
        return tuple(sorted({*params.get(name, ()), *params.get(f"{name}[]", ())}))

    def instant(self, name: str, default: int) -> int:
        """Return an ISO time as an epoch second. Raises ApiError for what is none."""
        text = self.request.param(name)
        try:
            return parse_instant(text) if text else default
        except ValueError:
            raise ApiError(400, f"{name} must be an ISO 8601 time") from None

    def _integer(self, name: str, default: int) -> int:
        text = self.request.param(name)
        try:
            return int(text) if text else default
        except ValueError:
            raise ApiError(400, f"{name} must be a number") from None


def page_of(rows: list[bytes], page: int, size: int, total: int) -> bytes:
    """Return a page of rendered rows; behind the last one it is empty."""
    head = {"currentPage": page, "perPage": size, "totalPage": -(-total // size), "totalRow": total}
    return orjson.dumps(head)[:-1] + b',"data":[' + b",".join(rows) + b"]}"
