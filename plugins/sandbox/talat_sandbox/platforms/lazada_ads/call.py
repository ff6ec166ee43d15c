"""What the calls of Sponsored Solutions have in common: dates, pages and texts of figures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import orjson

from talat_sandbox.business.shops import local_date
from talat_sandbox.platforms.lazada.call import Call
from talat_sandbox.platforms.lazada.protocol import ApiError

LAST_PAGE, PAGE = 100, 100
BIZ_CODE = "sponsoredSearch"
Rows = list[dict[str, Any]]


def required(call: Call, *names: str) -> None:
    """Raise ApiError for the first parameter that is missing."""
    for name in names:
        if not call.text(name):
            raise ApiError("MissingParameter", f"The input parameter {name} is mandatory and not supplied")


def day(call: Call, name: str) -> date:
    """Return a date like 2026-09-20. Raises ApiError."""
    required(call, name)
    try:
        return date.fromisoformat(call.text(name))
    except ValueError:
        raise ApiError("InvalidParameter", f"{name} must be a date like 2026-09-20") from None


def dates(call: Call, first: str = "startDate", last: str = "endDate") -> list[date]:
    """Return the days of a span, both ends included, as far as they are known: today in the table of the present.

    Raises ApiError.
    """
    begin, end = day(call, first), day(call, last)
    if begin > end:
        raise ApiError("InvalidParameter", f"{first} must not be after {last}")
    today = today_of(call)
    known = today if call.text("useRtTable") == "true" else today - timedelta(1)
    return [begin + timedelta(place) for place in range((min(end, known) - begin).days + 1)]


def today_of(call: Call) -> date:
    """Return the seller's date."""
    return local_date(call.shop.region.time_zone, call.as_of)


def page_of(call: Call, rows: Rows, most: int = PAGE) -> Rows:
    """Return the page that is asked for. Raises ApiError for one that cannot be."""
    required(call, "pageNo", "pageSize")
    number = call.integer("pageNo", 1, LAST_PAGE, "InvalidParameter", least=1)
    size = call.integer("pageSize", most, most, "InvalidParameter", least=1)
    return rows[(number - 1) * size : number * size]


def reported(rows: Callable[[Call], Rows]) -> Callable[[Call], bytes]:
    """Return the handler of a report, whose page and count stand together in `result`."""

    def handler(call: Call) -> bytes:
        found = rows(call)
        return orjson.dumps(
            {
                "success": True,
                "errorCode": "",
                "errorMsg": "",
                "errorKey": "",
                "errorDTOList": [],
                "analyseTraceId": "",
                "totalCount": len(found),
                "result": page_of(call, found),
            }
        )

    return handler


def money(satang: int) -> str:
    """Return satang as Lazada writes money: `1234.56`."""
    return f"{satang // 100}.{satang % 100:02d}"


def ratio(part: float, whole: float, places: int = 2) -> str:
    """Return a quotient as a text."""
    return f"{part / whole if whole else 0:.{places}f}"
