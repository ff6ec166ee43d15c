"""`make demo`: the whole pipeline on invented data, and what it found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import yaml

ROOT = Path(__file__).parent.parent
INSTALLED = ROOT / ".meltano" / "installed"
DATABASE = ROOT / "output" / "demo.duckdb"
#: What is read, in this order: its name for people, and its tap.
PLATFORMS = {
    "Shopee": "tap-shopee",
    "Lazada": "tap-lazada",
    "TikTok Shop": "tap-tiktok-shop",
    "LINE SHOPPING": "tap-line-shop",
    "Facebook Ads": "tap-facebook-ads",
    "TikTok Ads": "tap-tiktok-ads",
    "Google Ads": "tap-google-ads",
    "Shopee Ads": "tap-shopee-ads",
    "Lazada Ads": "tap-lazada-ads",
    "LINE Ads": "tap-line-ads",
    "Google Analytics 4": "tap-ga4",
    "exchange rates": "tap-exchange-rates",
}
STEPS = (
    ("Installing the plugins", ["meltano", "install"]),
    ("Starting the sandbox: 90 days of shops and of ads for them", ["meltano", "invoke", "sandbox:start"]),
    *((f"Reading {name} into DuckDB", ["meltano", "run", tap, "target-duckdb"]) for name, tap in PLATFORMS.items()),
    ("Building and testing tables with dbt", ["meltano", "run", "dbt-duckdb:build"]),
)
# What the tap and dbt say of their progress.
PROGRESS = re.compile(r"(?P<stream>\w+): windows done \d+, windows left \d+, rows (?P<rows>\d+)|(?P<node>\d+ of \d+) ")
# Every tap's own tables.
LEDGER = ("sync_windows", "rejected_records")
# Where meltano.yml has the sandbox.
SANDBOX = "http://127.0.0.1:8787"


def installed_since_last_change() -> bool:
    """Whether the plugins that Meltano installed are those the repository now asks for."""
    wanted = [ROOT / "uv.lock", *ROOT.glob("plugins/*/*.meltano.yml"), *ROOT.glob("*/*/pyproject.toml")]
    return INSTALLED.exists() and INSTALLED.stat().st_mtime > max(path.stat().st_mtime for path in wanted)


def step(title: str, command: list[str], log: Path) -> None:
    """Run one step. Its output goes to the log, its progress to the screen, and its end too when it fails."""
    began = time.monotonic()
    show(title)
    with log.open("a", encoding="utf-8") as out:
        out.write(f"\n$ {' '.join(command)}\n")
        with subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
        ) as process:
            for line in process.stdout or ():
                out.write(line)
                if said := PROGRESS.search(line):
                    show(title, said["node"] or f"{said['stream']} {int(said['rows']):,}")
    seconds = f"{time.monotonic() - began:.0f} s"
    if process.returncode:
        show(title, "failed", end="\n\n")
        print("\n".join(log.read_text(encoding="utf-8").splitlines()[-25:]))
        print(f"\nThe whole output is in {log.relative_to(ROOT)}.")
        sys.exit(1)
    show(title, seconds, end="\n")


def show(title: str, state: str = "…", end: str = "") -> None:
    """One line for a step, written over itself on a terminal and once at its end elsewhere."""
    if sys.stdout.isatty():
        print(f"\r\033[K  {title:<63}{state}", end=end, flush=True)
    elif end:
        print(f"  {title:<63}{state}", end=end, flush=True)


def table(title: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]) -> None:
    """A title, and rows below their heads; columns are heads and how Python formats their values, `>9,` for numbers."""
    print(f"\n{title}")
    for row in (tuple(columns), *rows):
        cells = (("-" if cell is None else cell, form) for cell, form in zip(row, columns.values(), strict=True))
        print("  " + "".join(format(cell, form.rstrip(",") if isinstance(cell, str) else form) for cell, form in cells))


def summary() -> None:
    """What was read, and the figures of all shops and ads, from the database just built."""
    with duckdb.connect(str(DATABASE), read_only=True) as db:
        read(db)
        shops(db)
        ads(db)
        analytics(db)
        alerts(db)


def read(db: duckdb.DuckDBPyConnection) -> None:
    """Rows of each platform's tables, and how often its API was asked."""
    rows = []
    for tap in PLATFORMS.values():
        schema = tap.replace("tap-", "raw_").replace("-", "_")
        names = db.sql(f"select table_name from duckdb_tables() where schema_name = '{schema}'").fetchall()
        tables = [f"{schema}.{name}" for (name,) in names if name not in LEDGER]
        ((calls,),) = db.sql(
            f"select sum(requests) from {schema}.sync_windows "
            f"where run_id = (select max(run_id) from {schema}.sync_windows)"
        ).fetchall()
        counts = (db.sql(f"select count(*) from {name}").fetchall()[0][0] for name in tables)
        rows.append((schema, len(tables), sum(counts), calls))
    table("What was read", {"schema": "<24", "tables": ">9,", "rows": ">12,", "calls of the last run": ">24,"}, rows)


def shops(db: duckdb.DuckDBPyConnection) -> None:
    """What each shop sold and kept."""
    rows = db.sql(
        "select coalesce(platform, 'all'), coalesce(shop_name, ''), sum(orders)::bigint, "
        "sum(revenue_thb), sum(refunds_thb), sum(fees_thb), sum(net_revenue_thb) from marts.mart_daily_performance "
        "group by grouping sets ((platform, shop_name), ()) order by platform nulls last, sum(revenue_thb) desc"
    ).fetchall()
    heads = {
        "platform": "<13",
        "shop": "<18",
        "orders": ">8,",
        "revenue": ">15,",
        "refunds": ">13,",
        "fees": ">13,",
        "net": ">15,",
    }
    table("Shops, all days, in THB (marts.mart_daily_performance)", heads, rows)


def ads(db: duckdb.DuckDBPyConnection) -> None:
    """What each platform's ads cost, and what the platform claims that they sold."""
    rows = db.sql(
        "select coalesce(platform, 'all'), count(distinct account_id), sum(spend_thb), sum(clicks)::bigint, "
        "sum(conversions), sum(conversion_value_thb), "
        "round(sum(conversion_value_thb) / sum(spend_thb), 2)::decimal(9, 2) from marts.mart_ads_channel_performance "
        "group by grouping sets ((platform), ()) order by platform nulls last"
    ).fetchall()
    heads = {
        "platform": "<13",
        "accounts": ">9,",
        "spend": ">15,",
        "clicks": ">11,",
        "conversions": ">14,",
        "sold": ">16,",
        "roas": ">8,",
    }
    table("Ads by what each platform claims, all days, in THB (marts.mart_ads_channel_performance)", heads, rows)


def analytics(db: duckdb.DuckDBPyConnection) -> None:
    """Where the visitors of the web pages came from, and bought."""
    rows = db.sql(
        "select source || ' / ' || medium, sum(sessions)::bigint, sum(engaged_sessions)::bigint, "
        "sum(transactions)::bigint, sum(revenue_thb)::decimal(38, 2) from staging.stg_ga4_traffic "
        "group by 1 order by 2 desc"
    ).fetchall()
    heads = {"source / medium": "<35", "sessions": ">12,", "engaged": ">12,", "purchases": ">12,", "revenue": ">16,"}
    table("What Google Analytics saw, all days, in THB (staging.stg_ga4_traffic)", heads, rows)


def alerts(db: duckdb.DuckDBPyConnection) -> None:
    """How many alerts of each kind stand, and the newest of each."""
    print("\nAlerts")
    for name in ("revenue_drop", "roas_below_target", "cpa_over_limit", "data_freshness"):
        found = db.sql(f"select message from alerts.alert_{name} order by alert_date desc, alert_id").fetchall()
        print(f"  alert_{name:<20}{len(found):>4}")
        if found:
            print(textwrap.fill(found[0][0], 96, initial_indent=" " * 4, subsequent_indent=" " * 4))


def addresses(port: int | str) -> dict[str, str]:
    """Variables by which every tap finds a sandbox on another port than the one in meltano.yml."""
    demo = yaml.safe_load((ROOT / "meltano.yml").read_text(encoding="utf-8"))["environments"][0]
    return {
        f"{tap['name']}_{setting}".replace("-", "_").upper(): value.replace(SANDBOX, f"http://127.0.0.1:{port}")
        for tap in demo["config"]["plugins"]["extractors"]
        for setting, value in tap["config"].items()
        if str(value).startswith(SANDBOX)
    }


def main() -> None:
    """Run the steps, show the figures, say what to do next."""
    os.environ["MELTANO_ENVIRONMENT"] = "demo"
    if port := os.environ.get("SANDBOX_PORT"):
        os.environ.update(addresses(port))
    DATABASE.parent.mkdir(exist_ok=True)
    again = DATABASE.exists()
    log = ROOT / "output" / "demo.log"
    log.write_bytes(b"")
    began = time.monotonic()
    print(
        "Talat demo: invented shops and ads, real HTTP, real tables."
        + (" What was read before is kept." if again else "")
    )
    for title, command in STEPS:
        if command[1] == "install" and installed_since_last_change():
            continue
        step(title, command, log)
        if command[1] == "install":
            INSTALLED.touch()
    summary()
    print(f"\nDone in {time.monotonic() - began:.0f} s. The tables are in {DATABASE.relative_to(ROOT)}. What next:")
    print("  make demo      run it again: only what is new is read")
    print("  make stop      stop the sandbox          make clean   forget the demo")
    print("  README.md      'Going to production' with your own shops")


if __name__ == "__main__":
    main()
