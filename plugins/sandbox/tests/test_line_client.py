"""A client of other people, which holds each answer against a published description of LINE's API, reads the sandbox.

It runs in a process of its own: it leaves connections open.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from talat_sandbox.platforms.line_shop.protocol import api_key
from talat_sandbox.testing import Sandbox, running_sandbox

# It knows no other address than LINE's. Answers are printed as it gives them, or its errors as texts in their place.
SCRIPT = """
import asyncio, json, sys
import httpx
from fastmcp import Client
from lineshopping_api_mcp import app

url, tool, calls = json.load(sys.stdin)

class Local(httpx.AsyncClient):
    def __init__(self, **options):
        super().__init__(**{**options, "base_url": url})

app.httpx.AsyncClient = Local

async def main():
    async with Client(app.create_server()) as client:
        tasks = (client.call_tool(tool, arguments) for arguments in calls)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    print(json.dumps([str(a) if isinstance(a, Exception) else a.structured_content for a in answers]))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(channels="line_shop", orders_per_day=60, days=20, as_of="2026-10-20T17:00:00Z") as running:
        yield running


@pytest.fixture(scope="module")
def shop(sandbox: Sandbox) -> str:
    return str(sandbox.channel_shop_ids["line_shop"][0])


def ask(sandbox: Sandbox, shop: str, tool: str, *calls: dict[str, Any]) -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([sandbox.url, tool, calls]),
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "X_API_KEY": api_key(int(shop)), "FASTMCP_CHECK_FOR_UPDATES": "off"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[Any] = json.loads(done.stdout)
    return answers


def truth(sandbox: Sandbox, shop: str, table: str) -> list[dict[str, str]]:
    return [row for row in sandbox.truth(table) if (row["platform"], row["shop_id"]) == ("line_shop", shop)]


def test_orders_are_listed_as_described(sandbox: Sandbox, shop: str) -> None:
    orders = {row["order_id"] for row in truth(sandbox, shop, "orders")}
    pages = ask(sandbox, shop, "Get_all_orders", *({"page": n, "perPage": 20} for n in range(1, len(orders) // 20 + 2)))
    listed = [order["orderNumber"] for page in pages for order in page["data"]]
    assert len(listed) == len(set(listed)) == pages[0]["totalRow"] > 40
    assert set(listed) == orders


def test_details_are_as_described_but_for_prices_without_a_discount(sandbox: Sandbox, shop: str) -> None:
    """There others saw null."""
    units = {row["order_id"]: int(row["units"]) for row in truth(sandbox, shop, "orders")}
    answers = ask(sandbox, shop, "Order_detail", *({"orderNo": order} for order in units))
    refused = [answer for answer in answers if isinstance(answer, str)]
    assert all("None is not of type 'number'" in text and "discountedPrice" in text for text in refused)
    shown = {a["orderNumber"]: sum(i["quantity"] for i in a["orderItems"]) for a in answers if isinstance(a, dict)}
    assert len(shown) > 20
    assert len(shown) + len(refused) == len(units)
    assert shown == {order: units[order] for order in shown}


def test_products_are_as_described_and_a_page_too_large_is_refused(sandbox: Sandbox, shop: str) -> None:
    page, error = ask(sandbox, shop, "Get_all_products", *({"page": 1, "perPage": size} for size in (100, 101)))
    assert {str(product["id"]) for product in page["data"]} == {
        row["product_id"] for row in truth(sandbox, shop, "products")
    }
    assert "BAD_REQUEST" in error
