"""One authorised call: its account, its instant, and its parameters read the way the ads module does."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from talat_sandbox.business.ad_days import AdDays
from talat_sandbox.business.ads import Campaign, Portfolio
from talat_sandbox.business.model import Business
from talat_sandbox.business.shops import Shop, local_date
from talat_sandbox.platforms.shopee.protocol import ApiError
from talat_sandbox.platforms.shopee_ads.protocol import ERRORS

BATCH = 100
KEPT_MONTHS, LONGEST_MONTHS = 6, 1
GMS = "gms"  # the kind of the campaign that advertises a whole shop, which is not listed with the others
_DATE = re.compile(r"(\d{2})-(\d{2})-(\d{4})")


def refusal(code: str) -> ApiError:
    """Return the error of a code of the ads module."""
    return ApiError(code, ERRORS[code])


def months_later(day: date, months: int) -> date:
    """Return the same day of another month, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def written(day: date) -> str:
    """Return a date as `DD-MM-YYYY`."""
    return day.strftime("%d-%m-%Y")


@dataclass(frozen=True, slots=True)
class AdsCall:
    """A signed request about one shop's ads; `values` are the query of a GET or the body of a POST."""

    values: Mapping[str, Any]
    shop: Shop
    as_of: int
    business: Business
    portfolio: Portfolio
    days: AdDays

    @property
    def today(self) -> date:
        """The shop's date."""
        return local_date(self.shop.region.time_zone, self.as_of)

    def number(self, day: date) -> int:
        """Return the number of a date among the business's days."""
        return (day - self.business.plan.opens).days

    def day(self, name: str) -> date:
        """Return a date that is neither to come nor older than six months. Raises ApiError."""
        found = _DATE.fullmatch(str(self.values.get(name, "")))
        try:
            day = date(int(found[3]), int(found[2]), int(found[1])) if found else None
        except ValueError:
            day = None
        if day is None:
            raise ApiError("error_param", f"{name} is required and must be a date like 20-09-2026.")
        if day > self.today:
            raise refusal("ads.performance.error_date_in_future")
        if day < months_later(self.today, -KEPT_MONTHS):
            raise refusal("ads.performance.error_date_too_old")
        return day

    def dates(self) -> list[date]:
        """Return the dates from `start_date` to `end_date`: two at least, a month at most. Raises ApiError."""
        first, last = self.day("start_date"), self.day("end_date")
        if first > last:
            raise refusal("ads.performance.error_start_later_than_end")
        if first == last:
            raise refusal("ads.performance.error_same_start_end_dates")
        if last > months_later(first, LONGEST_MONTHS):
            raise refusal("ads.performance.error_date_range_too_long")
        return [first + timedelta(place) for place in range((last - first).days + 1)]

    def integer(self, name: str, default: int, most: int, code: str = "error_param") -> int:
        """Return a number from 0 to `most`. Raises ApiError, with `code` for one above."""
        text = str(self.values.get(name, default))
        if not text.isdigit():
            raise ApiError("error_param", f"{name} must be a whole number.")
        if int(text) > most:
            raise ApiError(code, ERRORS.get(code, f"{name} may be {most} at most."))
        return int(text)

    def numbers(self, name: str, most: int) -> list[int]:
        """Return a comma-joined list of whole numbers. Raises ApiError when it is empty, longer, or none."""
        texts = [part.strip() for part in str(self.values.get(name, "")).split(",") if part.strip()]
        if not texts or len(texts) > most or not all(map(str.isdigit, texts)):
            raise ApiError("error_param", f"{name} must be 1 to {most} numbers with commas between.")
        return [int(text) for text in texts]

    def campaigns(self) -> list[Campaign]:
        """Return the product campaigns that `campaign_id_list` names. Raises ApiError when one is not the shop's."""
        known = {campaign.object_id: campaign for campaign in self.made if campaign.kind.name != GMS}
        ids = self.numbers("campaign_id_list", BATCH)
        if not {*ids} <= {*known}:
            raise refusal("ads.shop.campaign_not_match")
        return [known[number] for number in dict.fromkeys(ids)]

    @property
    def made(self) -> list[Campaign]:
        """The campaigns that there are by now, also those that were deleted."""
        return [campaign for campaign in self.portfolio.campaigns if campaign.version(self.as_of)]
