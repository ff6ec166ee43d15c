"""Which customers there are: those below the managers that whoever consented can reach."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from tap_google_ads.client import GoogleAdsClient
from tap_toolkit.answers import dig
from tap_toolkit.errors import Fatal, SkipAccount
from tap_toolkit.http import Call

#: One query tells all that are below a manager, at whatever depth; a customer that is none tells itself.
_BELOW = (
    "SELECT customer_client.id, customer_client.time_zone, customer_client.manager, customer_client.status "
    "FROM customer_client"
)


def discovered(client: GoogleAdsClient, manager: str, logger: logging.Logger) -> dict[str, str]:
    """The time zones of all enabled customers below a manager; without one, below each that the consent reaches.

    The client then knows by which manager each is reached. Managers have no ads and are left out, those that are
    suspended or cancelled are told in the log. Raises :class:`Fatal` where there is none at all.
    """
    found: dict[str, str] = {}
    for root in [manager] if manager else _roots(client):
        client.logins.setdefault(root, root)
        try:
            rows = client.query(root, _BELOW)
        except SkipAccount as refused:
            logger.warning("What is below customer %s is not read: %s", root, refused)
            continue
        for row in rows:
            customer: Any = row.get("customerClient") or {}
            number, status = str(customer.get("id")), customer.get("status")
            if customer.get("manager"):
                continue
            if status != "ENABLED":
                logger.warning("Customer %s is %s and not read.", number, status)
            elif number not in found:
                found[number], client.logins[number] = str(customer.get("timeZone")), root
    if not found:
        raise Fatal("No enabled customer can be reached: let somebody consent who can read one.")
    return found


def _roots(client: GoogleAdsClient) -> Iterable[str]:
    answer = client.call(Call("customers:listAccessibleCustomers", "all customers"))
    return [str(name).rpartition("/")[2] for name in dig(answer, "resourceNames") or ()]
