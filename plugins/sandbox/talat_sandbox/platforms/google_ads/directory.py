"""What is asked of customers rather than of their ads: who is managed by whom, and who may log in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from talat_sandbox.business.orders import PII
from talat_sandbox.platforms.google_ads.accounts import Customer, below
from talat_sandbox.platforms.google_ads.gaql import Query
from talat_sandbox.platforms.google_ads.protocol import GoogleAdsError, camel

_Getter = Callable[[int, int, Customer], object]  # of the asked customer, the level from there, and the one shown

_CLIENT: dict[str, _Getter] = {
    "resource_name": lambda asked, _, it: f"customers/{asked}/customerClients/{it.number}",
    "client_customer": lambda _asked, _, it: f"customers/{it.number}",
    "id": lambda _asked, _, it: str(it.number),
    "descriptive_name": lambda _asked, _, it: it.name,
    "currency_code": lambda _asked, _, it: it.currency,
    "time_zone": lambda _asked, _, it: it.time_zone,
    "manager": lambda _asked, _, it: it.is_manager,
    "test_account": lambda *_: False,
    "hidden": lambda *_: False,
    "level": lambda _asked, level, _: str(level),
    "status": lambda _asked, _, it: it.status,
}
_ACCESS: dict[str, _Getter] = {
    "resource_name": lambda asked, _, it: f"customers/{asked}/customerUserAccesses/{it.number + 7}",
    "user_id": lambda _asked, _, it: str(it.number + 7),
    "email_address": lambda *_: f"{PII}owner@mail.example",
    "inviter_user_email_address": lambda *_: f"{PII}inviter@mail.example",
    "access_role": lambda *_: "ADMIN",
}
_MANAGER: dict[str, _Getter] = {
    "resource_name": lambda asked, *_: f"customers/{asked}",
    "id": lambda asked, *_: str(asked),
    "descriptive_name": lambda _asked, _, it: it.name,
    "currency_code": lambda _asked, _, it: it.currency,
    "time_zone": lambda _asked, _, it: it.time_zone,
    "manager": lambda _asked, _, it: it.is_manager,
    "test_account": lambda *_: False,
    "status": lambda _asked, _, it: it.status,
}
TABLES: Mapping[str, Mapping[str, _Getter]] = {
    "customer_client": _CLIENT,
    "customer_user_access": _ACCESS,
    "customer": _MANAGER,
}


def rows(query: Query, everybody: dict[int, Customer], asked: int) -> list[dict[str, Any]]:
    """Return the rows of one of the tables for a customer. Raises GoogleAdsError for a field that it has not.

    The only condition that is looked at is one of equality.
    """
    table = TABLES[query.resource]
    head = f"{query.resource}."
    for name in (*query.fields, *(condition.field for condition in query.conditions)):
        if name.removeprefix(head) not in table:
            raise GoogleAdsError("queryError.UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{name}'.")
    names = dict.fromkeys(["resource_name", *(name.removeprefix(head) for name in query.fields)])
    shown = below(everybody, asked) if query.resource == "customer_client" else [(0, everybody[asked])]
    found = []
    for level, customer in shown:
        row = {name: get(asked, level, customer) for name, get in table.items()}
        if all(
            str(row[it.field.removeprefix(head)]).lower() == it.values[0].lower()
            for it in query.conditions
            if it.operator == "="
        ):
            found.append({camel(query.resource): {camel(name): row[name] for name in names}})
    return found
