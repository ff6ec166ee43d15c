"""A client of other people, which has an app of its own for the ads as Shopee asks for, reads the sandbox.

It runs in a process of its own, as its settings are the environment's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from talat_sandbox.platforms.shopee_ads.protocol import ADS_APP
from talat_sandbox.testing import Sandbox, running_sandbox

# Its tools are used without its server, which wants an older version of what it is served by.
SCRIPT = """
import asyncio, json, sys
from shopee_mcp.client import ShopeeClient
from shopee_mcp.config import load_settings
from shopee_mcp.tools import ads

class Tools(dict):
    def tool(self, **_):
        return lambda function: self.setdefault(function.__name__, function)

async def main(app, calls):
    client, tools = ShopeeClient(load_settings(), app=app), Tools()
    ads.register(tools, lambda: client)
    print(json.dumps([await tools[name](**arguments) for name, arguments in calls]))

asyncio.run(main(*json.load(sys.stdin)))
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(
        as_of="2026-11-20T10:00:00Z", orders_per_day=60, days=20, products=12, ads="shopee_ads"
    ) as running:
        yield running


def ask(sandbox: Sandbox, home: Path, app: str, *calls: tuple[str, dict[str, Any]]) -> list[str]:
    """What the tools say, of a shop whose access token is over."""
    shop = sandbox.shop_ids[0]
    kept = {"access_token": "", "refresh_token": sandbox.refresh_tokens[shop], "expires_at": 0, "shop_id": shop}
    (home / "tokens.json").write_text(json.dumps({str(shop): kept}))
    settings = {
        "HOME": str(home),
        "SHOPEE_HOST": sandbox.url,
        "SHOPEE_PARTNER_ID": str(sandbox.partner_id),
        "SHOPEE_PARTNER_KEY": sandbox.partner_key,
        "SHOPEE_ADS_PARTNER_ID": str(ADS_APP.partner_id),
        "SHOPEE_ADS_PARTNER_KEY": ADS_APP.key,
        "SHOPEE_TOKEN_FILE": str(home / "tokens.json"),
        "SHOPEE_ADS_TOKEN_FILE": str(home / "tokens.json"),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps([app, calls]),
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **settings},
        cwd=home,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers: list[str] = json.loads(done.stdout)
    return answers


def test_given_its_app_for_ads_when_it_reads_then_each_day_is_the_truth(sandbox: Sandbox, tmp_path: Path) -> None:
    span = {"start_date": "31-10-2026", "end_date": "20-11-2026"}
    daily, balance, toggles = ask(
        sandbox, tmp_path, "ads",
        ("get_ads_daily_performance", span), ("get_ads_balance", {}), ("get_ads_shop_info", {}),
    )  # fmt: skip
    truth: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for row in sandbox.truth("ads_daily"):
        if row["platform"] == "shopee_ads" and row["account_id"] == str(sandbox.shop_ids[0]):
            day = "-".join(reversed(row["date"].split("-")))
            figures = (row["spend"], row["clicks"], row["conversions"])
            truth[day] = [total + Decimal(figure) for total, figure in zip(truth[day], figures, strict=True)]
    found = {
        row["date"]: [row["expense"], row["clicks"], row["broad_order"]]
        for row in json.loads(daily, parse_float=Decimal, parse_int=Decimal)
    }
    assert found == truth
    assert len(found) > 10
    assert json.loads(balance)["total_balance"] >= 0
    assert {*json.loads(toggles)} == {"data_timestamp", "auto_top_up", "campaign_surge"}


def test_given_the_other_app_when_it_reads_ads_then_it_is_told_to_use_theirs(sandbox: Sandbox, tmp_path: Path) -> None:
    (said,) = ask(sandbox, tmp_path, "principal", ("get_ads_balance", {}))
    assert "'error_permission'" in said
