"""One authorised call: its advertiser, its instant, and its parameters, of which lists and objects are JSON texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from talat_sandbox.business.ads import Portfolio
from talat_sandbox.business.advertising import Advertising
from talat_sandbox.business.shops import Shop, local_date
from talat_sandbox.platforms.tiktok_ads.protocol import BAD_PARAM, ApiError
from talat_sandbox.web import Request

MOST_ROWS = 1000
_USUAL_ROWS = 10
# Local days that may be asked for at once, by the dimension of time.
MOST_DAYS = {"stat_time_day": 30, "stat_time_hour": 1, "": 365}
MOST_IDS = 100


def wrong(why: str) -> ApiError:
    """Return the error for a parameter that is wrong."""
    return ApiError(BAD_PARAM, why)


def json_param(request: Request, name: str) -> Any:
    """Return a parameter that is a JSON text; None when it is not there. Raises ApiError for one that is no JSON."""
    text = request.param(name)
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise wrong(f"{name}: must be a JSON text.") from None


def texts(value: object, name: str, most: int = 0) -> list[str]:
    """Return a list of texts. Raises ApiError for anything else, and for more than `most`."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise wrong(f"{name}: must be a list of texts.")
    if most and len(value) > most:
        raise wrong(f"{name}: length must be at most {most}.")
    return value


@dataclass(frozen=True, slots=True)
class Call:
    """A call for one advertiser; `as_of` is the business's instant in epoch seconds, `opens` its first local day."""

    request: Request
    advertising: Advertising
    shop: Shop
    as_of: int
    opens: date

    @property
    def portfolio(self) -> Portfolio:
        """The account with all it will ever hold."""
        return self.advertising.portfolio(self.shop)

    @property
    def today(self) -> date:
        """The account's local day."""
        return local_date(self.shop.region.time_zone, self.as_of)

    def param(self, name: str, options: Iterable[str] = (), default: str = "") -> str:
        """Return a parameter, one of `options` where there are any. Raises ApiError."""
        value = self.request.param(name) or default
        if options and value not in options:
            raise wrong(f"{name}: must be one of {', '.join(options)}.")
        return value

    def texts(self, name: str, known: Iterable[str] = (), most: int = 0) -> list[str]:
        """Return a list of texts, perhaps only of known ones; empty when it is not there. Raises ApiError."""
        value = json_param(self.request, name)
        found = [] if value is None else texts(value, name, most)
        if known and (unknown := [item for item in found if item not in known]):
            raise wrong(f"{name}: {unknown[0]} is not supported.")
        return found

    def filtering(self) -> Mapping[str, Any]:
        """Return the object `filtering`. Raises ApiError for anything else."""
        value = json_param(self.request, "filtering")
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise wrong("filtering: must be an object.")
        return value

    def days(self, time_dimension: str) -> list[date]:
        """Return the local days asked for that are not in the future. Raises ApiError for too many."""
        try:
            first, last = (date.fromisoformat(self.request.param(name)) for name in ("start_date", "end_date"))
        except ValueError:
            raise wrong("start_date and end_date are required, like 2026-01-31.") from None
        if last < first:
            raise wrong("start_date must not be after end_date.")
        most = MOST_DAYS[time_dimension]
        if (last - first).days >= most:
            raise wrong(f"The max time span is {most} days.")
        last = min(last, self.today)
        return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]

    def page(self, rows: Sequence[Any], most: int = MOST_ROWS) -> dict[str, Any]:
        """Return a page of rows with what is said of all pages. Raises ApiError."""
        number, size = (self._number(name, usual) for name, usual in (("page", 1), ("page_size", _USUAL_ROWS)))
        if size > most:
            raise wrong(f"page_size: must be at most {most}.")
        info = {"page": number, "page_size": size, "total_number": len(rows), "total_page": -(-len(rows) // size)}
        return {"list": list(rows[(number - 1) * size : number * size]), "page_info": info}

    def _number(self, name: str, usual: int) -> int:
        text = self.request.param(name) or str(usual)
        if not text.isdigit() or int(text) < 1:
            raise wrong(f"{name}: must be a number from 1 on.")
        return int(text)
