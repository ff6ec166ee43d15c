"""The truth about exchange rates: what is published at an instant, from a month before the business opens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from talat_sandbox.business.model import Business
from talat_sandbox.business.rates import BASE, days, newest, rates
from talat_sandbox.tables import Row, Table


def _exchange_rates(business: Business, as_of: int) -> Iterator[Row]:
    for day in days(business.plan.opens - timedelta(31), newest(as_of)):
        for currency, rate in rates(business.plan.seed, day):
            yield (day.isoformat(), BASE, currency, rate)


RATE_TABLES = {"exchange_rates": Table(("date", "base", "currency", "rate"), _exchange_rates)}
