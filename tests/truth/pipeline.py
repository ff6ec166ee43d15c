"""The whole way from the sandbox's API to the marts, and the comparison with the business's own books.

The whole way is real: the API over HTTP, tap and loader as processes, dbt on the engine. The truth is computed by
the sandbox from its business in satang, never from what it sent.
"""

from __future__ import annotations

import csv
import datetime
import json
import os
import re
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from google.cloud import bigquery

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import executable, run, run_tap, standing
from tests.truth.taps import settings

ROOT = Path(__file__).parents[2]

Row = dict[str, Any]
Query = Callable[[str], list[Row]]


def later(moment: str, **by: float) -> str:
    """So much later, like ``seconds=1``."""
    return (datetime.datetime.fromisoformat(moment) + datetime.timedelta(**by)).isoformat()


class Pipeline:
    """Taps, a loader and dbt over one engine, run again and again with the states kept between.

    ``loader_config`` gives the loader's settings for a raw schema.
    """

    def __init__(
        self,
        folder: Path,
        sandbox: Sandbox,
        loader: str,
        loader_config: Callable[[str], Row],
        env: dict[str, str],
    ) -> None:
        self.folder, self.sandbox, self.loader, self.env = folder, sandbox, loader, env
        self.loader_config = loader_config
        self.states: dict[str, Any] = {}

    def load(self, as_of: str) -> None:
        """Extract what is new at this moment of the business, and load it. The taps' clocks stand soon after it."""
        self.sandbox.set_clock(as_of)
        for tap, own in settings(self.sandbox, self.folder):
            state = f"{tap} {own.get('country', '')}"
            span = {"start_date": "2026-08-01T00:00:00Z", "end_date": later(as_of, seconds=1)}  # which is not included
            config = {**own, **span, "api_url": self.sandbox.url}
            read = run_tap(standing(tap, later(as_of, hours=1)), config, state=self.states.get(state))
            assert read.exit_code == 0, read.log
            target = self.folder / "target.json"
            schema = tap.replace("tap-", "raw_").replace("-", "_")
            target.write_text(json.dumps(self.loader_config(schema)))
            loaded = run(executable(self.loader), "--config", str(target), stdin=read.stdout, env=self.env)
            assert loaded.exit_code == 0, loaded.log
            self.states[state] = json.loads(loaded.stdout.splitlines()[-1])
            assert self.states[state] == read.state

    def build(self, *left_out: str) -> None:
        """Build the marts of what is loaded; some kinds of nodes may be left out, and unit tests always are."""
        built = run(
            executable("dbt"),
            "--no-use-colors",
            "build",
            "--exclude-resource-type",
            "unit_test",
            *left_out,
            env=self.env,
            cwd=ROOT / "transform",
        )
        assert built.exit_code == 0, built.stdout[-4000:]


def dbt_env(folder: Path, target: str, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "DBT_TARGET": target,
        "DBT_PROFILES_DIR": str(ROOT / "transform"),
        "DBT_TARGET_PATH": str(folder / "dbt"),
        "DBT_LOG_PATH": str(folder / "logs"),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        **more,
    }


def on_duckdb(folder: Path, sandbox: Sandbox) -> tuple[Pipeline, Query]:
    path = folder / "warehouse.duckdb"

    def query(sql: str) -> list[Row]:
        with duckdb.connect(str(path), read_only=True) as connection:
            result = connection.execute(sql)
            names = [column[0] for column in result.description or ()]
            return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def config(schema: str) -> Row:
        return {"path": str(path), "default_target_schema": schema}

    env = dbt_env(folder, "duckdb", DUCKDB_PATH=str(path))
    return Pipeline(folder, sandbox, "target-duckdb", config, env), query


def on_bigquery(
    folder: Path, sandbox: Sandbox, client: bigquery.Client, *, prefix: str = "", **env: str
) -> tuple[Pipeline, Query]:
    """The pipeline into a project's datasets, their names begun by ``prefix``; ``env`` may name the emulator."""

    def query(sql: str) -> list[Row]:
        located = re.sub(r"\b(from|join) (\w+\.)", rf"\1 {prefix}\2", sql)
        return [dict(row) for row in client.query(located, timeout=60).result(timeout=300)]

    def config(schema: str) -> Row:
        return {"project": client.project, "dataset": f"{prefix}{schema}"}

    dbt = dbt_env(folder, "bigquery", BQ_PROJECT=client.project, BQ_DATASET_PREFIX=prefix, **env)
    return Pipeline(folder, sandbox, "target-bigquery", config, dbt), query


def daily(sandbox: Sandbox) -> dict[tuple[str, str], Row]:
    """The truth of each day and shop, with figures as numbers."""
    rows = {}
    for row in sandbox.truth("daily"):
        key = (row.pop("date"), row.pop("shop_id"))
        del row["platform"]
        rows[key] = {name: v if name == "currency" else Decimal(v) for name, v in row.items()}
    return rows


def rounded(number: Decimal, to: str) -> Decimal:
    """Half away from zero."""
    return number.quantize(Decimal(to), "ROUND_HALF_UP")


class Rates:
    """Baht for one unit of a currency: published ones for seven days or until the next, else the seed's."""

    def __init__(self, sandbox: Sandbox) -> None:
        days: dict[datetime.date, dict[str, Decimal]] = defaultdict(dict)
        for row in sandbox.truth("exchange_rates"):
            days[datetime.date.fromisoformat(row["date"])][row["currency"]] = Decimal(row["rate"])
        self.published = {
            (day, currency): rounded(rounded(found["THB"] / rate, "1e-9"), "1e-7")
            for day, found in days.items()
            for currency, rate in {**found, "EUR": Decimal(1)}.items()
            if currency != "THB"
        }
        with (ROOT / "transform/seeds/exchange_rates.csv").open() as file:
            self.seed = sorted((row["currency"], row["valid_from"], row["rate_to_thb"]) for row in csv.DictReader(file))

    def on(self, currency: str, day: str) -> Decimal:
        """The rate of a day."""
        for back in range(7):
            since = datetime.date.fromisoformat(day) - datetime.timedelta(back)
            if (since, currency) in self.published:
                return self.published[since, currency]
        return Decimal([rate for known, since, rate in self.seed if known == currency and since <= day][-1])


def check_rates(query: Query, rates: Rates) -> None:
    """Compare every rate that was published since the taps begin with its cross rate over the euro."""
    found = query("select * from staging.stg_exchange_rates where source = 'ecb'")
    first = min(row["valid_to"] for row in found)  # what begins before this serves all days before, too
    expected = {key: rate for key, rate in rates.published.items() if key[0] >= first}
    assert len(expected) > 500
    assert {
        (row["valid_from"], row["currency"]): Decimal(row["rate_to_thb"]) for row in found if row["valid_from"] >= first
    } == expected


def check(query: Query, sandbox: Sandbox) -> None:
    """Compare every mart with the truth at the sandbox's present moment."""
    table = "marts.mart_daily_performance"
    truth = daily(sandbox)
    figures = [name for name in next(iter(truth.values())) if name != "currency"]
    marts = {(str(row["date"]), row["shop_id"]): row for row in query(f"select * from {table}")}
    assert len(truth) > 60
    assert set(truth) <= set(marts)
    for key, row in marts.items():
        expected = truth.get(key) or dict.fromkeys(figures, Decimal(0))
        assert {n: Decimal(row[n]) for n in figures} == {n: expected[n] for n in figures}, key
        if "currency" in expected:
            assert row["currency"] == expected["currency"]

    check_baht(query, marts, sandbox)

    months: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(figures, Decimal(0)))
    for (date, shop), row in truth.items():
        for name in figures:
            months[date[:7], shop][name] += row[name]
    shops = {(str(r["month"])[:7], r["shop_id"]): r for r in query("select * from marts.mart_shop_performance")}
    assert set(months) <= set(shops)
    for key, expected in months.items():
        common = [n for n in ("revenue", "orders", "units", "refunds", "fees", "net_revenue") if n in shops[key]]
        assert len(common) >= 5
        assert {n: Decimal(shops[key][n]) for n in common} == {n: expected[n] for n in common}, key

    expected_products = {
        (r["date"], r["shop_id"], r["product_id"], r["variant_id"]): (
            Decimal(r["units"]),
            Decimal(r["unpriced_units"]),
            Decimal(r["goods_value"] or 0),
        )
        for r in sandbox.truth("product_daily")
    }
    found_products = {
        (str(r["date"]), r["shop_id"], r["product_id"], r["variant_id"]): (
            Decimal(r["units"]),
            Decimal(r["unpriced_units"]),
            Decimal(r["goods_value"] or 0),
        )
        for r in query("select * from marts.mart_product_performance")
        if r["units"] or r["unpriced_units"]
    }
    assert found_products == {k: v for k, v in expected_products.items() if v[0] or v[1]}

    statuses = {(r["shop_id"], r["order_id"]): r["status"] for r in sandbox.truth("orders")}
    found = query("select shop_id, order_id, status from staging.stg_orders")
    assert {(r["shop_id"], r["order_id"]): r["status"] for r in found} == statuses


def check_orders(query: Query, sandbox: Sandbox) -> None:
    """Compare every order of every platform, and what was sold with it, with the truth."""
    table = query("select * from staging.stg_orders")
    found = {
        (row["platform"], row["shop_id"], row["order_id"]): (
            str(row["order_date"]),
            row["status"],
            row["is_sale"],
            row["is_settled"],
            row["currency"],
            row["units"],
            Decimal(row["total_amount"]) if row["is_sale"] else None,
            *(Decimal(row[name]) for name in ("refund_amount", "fees", "payout")),
        )
        for row in table
    }
    assert found == {
        (row["platform"], row["shop_id"], row["order_id"]): (
            row["order_date"],
            row["status"],
            row["is_sale"] == "true",
            row["is_settled"] == "true",
            row["currency"],
            int(row["units"]),
            Decimal(row["total_amount"]) if row["is_sale"] == "true" else None,
            *(Decimal(row[name] or 0) for name in ("refund_amount", "fees", "payout")),
        )
        for row in sandbox.truth("orders")
    }
    assert {row["is_unknown_status"] for row in table} == {False}

    # Units at one price are a line, and nothing says which of two such lines a unit was on.
    items = query("select * from staging.stg_order_items")
    assert sold(items, "quantity") == sold(sandbox.truth("order_items"), "units")


def sold(lines: list[Row], units: str) -> dict[tuple[str, ...], tuple[int, Decimal]]:
    """Units and value of each variant in each order."""
    totals: dict[tuple[str, ...], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for row in lines:
        key = tuple(row[n] or "" for n in ("platform", "shop_id", "order_id", "product_id", "variant_id", "sku"))
        count, value = totals[key]
        totals[key] = (count + int(row[units]), value + Decimal(row["line_value"] or 0))
    return dict(totals)


def check_baht(query: Query, marts: dict[tuple[str, str], Row], sandbox: Sandbox) -> None:
    """Revenue in baht: each order at its day's rate, rounded half away from zero, then added."""
    rates = Rates(sandbox)
    check_rates(query, rates)
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for order in sandbox.truth("orders"):
        if order["is_sale"] == "true" and order["total_amount"]:
            rate = rates.on(order["currency"], order["order_date"])
            baht = rounded(Decimal(order["total_amount"]) * rate, "0.01")
            expected[order["order_date"], order["shop_id"]] += baht
    assert {k: Decimal(r["revenue_thb"]) for k, r in marts.items() if r["revenue_thb"]} == {
        k: v for k, v in expected.items() if v
    }
