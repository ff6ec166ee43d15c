"""One authorised call: its shop, its instant, and its parameters read the way Shopee does."""

from __future__ import annotations

from dataclasses import dataclass

from talat_sandbox.business.shops import Shop
from talat_sandbox.platforms.shopee.protocol import ApiError
from talat_sandbox.web import Request

WINDOW_SECONDS = 15 * 86400
PAGE = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A signed request of one shop; `as_of` is the business instant in epoch seconds."""

    request: Request
    shop: Shop
    as_of: int

    def integer(self, name: str, default: int | None = None) -> int:
        """Return an integer parameter. Raises ApiError when it is missing without default or not a number."""
        text = self.request.param(name)
        if not text and default is not None:
            return default
        try:
            return int(text)
        except ValueError:
            raise ApiError("error_param", f"{name} is required and must be an integer.") from None

    def page_size(self, default: int | None = None) -> int:
        """Return page_size, 1 to 100. Raises ApiError otherwise."""
        size = self.integer("page_size", default)
        if not 1 <= size <= PAGE:
            raise ApiError("error_param", f"page_size must be between 1 and {PAGE}.")
        return size

    def window(self, first: str, last: str, code: str = "error_param", limited: bool = True) -> tuple[int, int]:
        """Return a time window. Raises ApiError with `code` when it is reversed or, if limited, over 15 days."""
        low, high = self.integer(first), self.integer(last)
        if low >= high or (limited and high - low > WINDOW_SECONDS):
            raise ApiError(code, f"{first} must be before {last}, at most 15 days apart.")
        return low, high

    def names(self, name: str) -> frozenset[str]:
        """Return a comma-joined parameter as a set."""
        return frozenset(part.strip() for part in self.request.param(name).split(",") if part.strip())

    def ids(self, name: str, most: int) -> list[str]:
        """Return a comma-joined list of ids. Raises ApiError when it is empty or longer than `most`."""
        found = [part.strip() for part in self.request.param(name).split(",") if part.strip()]
        if not found:
            raise ApiError("error_param", f"{name} is required.")
        if len(found) > most:
            raise ApiError("exceed_max_limit", f"{name} may hold {most} ids.")
        return found

    def flag(self, name: str) -> bool:
        """Return a boolean parameter."""
        return self.request.param(name).lower() == "true"
