"""One authorised call: its shop, its instant, and its parameters read the way TikTok Shop does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from talat_sandbox.business.shops import Shop
from talat_sandbox.platforms.tiktok_shop.paging import resume, token_after
from talat_sandbox.platforms.tiktok_shop.protocol import BAD_BODY, ApiError
from talat_sandbox.web import Request

MOST_ROWS = 100


@dataclass(frozen=True, slots=True)
class Call:
    """A signed request of one shop; `as_of` is the business instant in epoch seconds, `wrong` the code for parameters.

    `ids` are the parts of the path that name something.
    """

    request: Request
    shop: Shop
    as_of: int
    wrong: int
    ids: tuple[str, ...] = ()

    def refuse(self, why: str) -> ApiError:
        """Return the error for a parameter that is wrong."""
        return ApiError(self.wrong, why)

    def check_body(self) -> None:
        """Raise ApiError unless the body is a JSON object."""
        try:
            value = orjson.loads(self.request.body)
        except orjson.JSONDecodeError:
            value = None
        if not isinstance(value, dict):
            raise ApiError(BAD_BODY)

    def moment(self, name: str) -> int | None:
        """Return an epoch second of the body, or for a GET of the query; None when it is not given."""
        if self.request.method == "POST":
            value = self.request.json.get(name)
        else:
            text = self.request.param(name)
            value = int(text) if text.isdigit() else text or None
        if value is not None and type(value) is not int:
            raise self.refuse(f"{name} must be an integer.")
        return value

    def span(self, field: str, last: str = "lt") -> tuple[int, int] | None:
        """Return the first and the last second (both included) asked for by `field`; None when it is not.

        `last` is `lt` where the end is left out, and `le` where it is included.
        """
        low, high = self.moment(f"{field}_ge"), self.moment(f"{field}_{last}")
        if low is None and high is None:
            return None
        low, high = low or 0, self.as_of if high is None else high - (last == "lt")
        if low > high + 1:
            raise self.refuse(f"{field}_ge must not be after {field}_{last}.")
        return low, high

    def texts(self, name: str) -> frozenset[str]:
        """Return a list of texts of the body as a set."""
        value = self.request.json.get(name) or []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.refuse(f"{name} must be a list of texts.")
        return frozenset(value)

    def choice(self, name: str, options: Iterable[str], default: str = "") -> str:
        """Return one of the options of a query parameter. Raises ApiError for another."""
        value = self.request.param(name) or default
        if value not in options:
            raise self.refuse(f"{name} must be one of {', '.join(options)}.")
        return value

    def page(self, keys: list[str]) -> tuple[list[str], str]:
        """Return the keys of the page asked for and the token of the next; empty after the last."""
        size = self.request.param("page_size")
        if not size.isdigit() or not 1 <= int(size) <= MOST_ROWS:
            raise self.refuse(f"page_size is required, 1 to {MOST_ROWS}.")
        try:
            start = resume(keys, self.request.param("page_token"))
        except ValueError as error:
            raise self.refuse(str(error)) from None
        page = keys[start : start + int(size)]
        return page, token_after(page[-1]) if start + len(page) < len(keys) else ""


def listed(rows: str, bodies: Iterable[bytes], token: str, total: int | None = None) -> bytes:
    """Return a rendered page; without a total it tells none."""
    head = orjson.dumps({"next_page_token": token, **({} if total is None else {"total_count": total})})
    return head[:-1] + b',"' + rows.encode() + b'":[' + b",".join(bodies) + b"]}"
