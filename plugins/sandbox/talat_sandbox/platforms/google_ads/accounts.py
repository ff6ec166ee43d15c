"""The customers: managers, those that advertise for a shop each, and one that is suspended."""

from __future__ import annotations

from typing import NamedTuple

from talat_sandbox.business.advertising import Advertising

#: The manager that whoever consents can reach, and one below it.
MANAGER, SUB_MANAGER = 4_810_000_001, 4_810_000_002
SUSPENDED = 4_810_000_003


class Customer(NamedTuple):
    """A customer; `level` counts from the manager at the top."""

    number: int
    name: str
    currency: str
    time_zone: str
    level: int
    is_manager: bool = False
    status: str = "ENABLED"


def customers(advertising: Advertising) -> dict[int, Customer]:
    """Return all customers by number. Every second shop is managed by the manager below."""
    home = ("THB", "Asia/Bangkok")
    found = [
        Customer(MANAGER, "Talat Group", *home, 0, True),
        Customer(SUB_MANAGER, "Talat Outlets", *home, 1, True),
        Customer(SUSPENDED, "Old Talat Store", *home, 1, status="SUSPENDED"),
    ]
    for shop in advertising.shops:
        account = advertising.portfolio(shop).account
        level = 1 + shop.index % 2
        found.append(Customer(account.account_id, account.name, shop.region.currency, shop.region.time_zone, level))
    return {customer.number: customer for customer in found}


def below(everybody: dict[int, Customer], top: int) -> list[tuple[int, Customer]]:
    """Return a customer and all below it, each with its level from there."""
    start = everybody[top]
    if not start.is_manager:
        return [(0, start)]
    if top == MANAGER:
        return [(customer.level, customer) for customer in everybody.values()]
    return [(0, start), *((1, customer) for customer in everybody.values() if customer.level == 2)]
