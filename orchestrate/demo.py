"""`make demo`: the whole pipeline on invented data, and what it found."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).parent.parent
INSTALLED = ROOT / ".meltano" / "installed"
DATABASE = ROOT / "output" / "demo.duckdb"
STEPS = (
    ("Installing the plugins", ["meltano", "install"]),
    ("Starting the sandbox: 90 days of shops on four platforms, ads", ["meltano", "invoke", "sandbox:start"]),
    ("Reading Shopee's API into DuckDB", ["meltano", "run", "tap-shopee", "target-duckdb"]),
    ("Reading Lazada's API into DuckDB", ["meltano", "run", "tap-lazada", "target-duckdb"]),
    ("Reading TikTok Shop's API into DuckDB", ["meltano", "run", "tap-tiktok-shop", "target-duckdb"]),
    ("Reading LINE's API into DuckDB", ["meltano", "run", "tap-line-shop", "target-duckdb"]),
    ("Reading Facebook's API into DuckDB", ["meltano", "run", "tap-facebook-ads", "target-duckdb"]),
    ("Building and testing tables with dbt", ["meltano", "run", "dbt-duckdb:build"]),
)
# What the tap and dbt say of their progress.
PROGRESS = re.compile(r"(?P<stream>\w+): windows done \d+, windows left \d+, rows (?P<rows>\d+)|(?P<node>\d+ of \d+) ")
STREAMS = {
    "raw_shopee": ("shop", "orders", "products", "product_models", "returns", "escrow", "shop_performance"),
    "raw_lazada": ("seller", "orders", "products", "reverse_orders", "transactions"),
    "raw_tiktok_shop": ("shops", "orders", "products", "returns", "statements", "statement_transactions"),
    "raw_line_shop": ("orders", "products"),
    "raw_facebook_ads": ("ad_accounts", "campaigns", "adsets", "ads", "adcreatives", "daily_campaign", "daily_ad"),
}

WIDTHS = (16, 13, 15, 16, 14, 16)
HEADS = ("revenue", "refunds", "fees", "net", "ads", "ads say sold")


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


def money(value: object) -> str:
    """A figure in baht, as people write it."""
    return f"฿{value:,.2f}"


def summary() -> None:
    """Rows of each stream and the figures of all shops, from the database just built."""
    with duckdb.connect(str(DATABASE), read_only=True) as db:
        for schema, streams in STREAMS.items():
            print(f"\nRows in the warehouse ({schema})")
            for stream in streams:
                ((rows,),) = db.sql(f"select count(*) from {schema}.{stream}").fetchall()
                print(f"  {stream:<18}{rows:>9,}")
            ((requests,),) = db.sql(
                f"select sum(requests) from {schema}.sync_windows "
                f"where run_id = (select max(run_id) from {schema}.sync_windows)"
            ).fetchall()
            print(f"  the last run took {requests:,} calls")
        shops(db)
        alerts(db)


def shops(db: duckdb.DuckDBPyConnection) -> None:
    """What each shop sold, kept and spent on ads."""
    columns = ("revenue_thb", "refunds_thb", "fees_thb", "net_revenue_thb", "ads_spend_thb", "ads_conversion_value_thb")
    sums = ", ".join(f"sum({column})" for column in columns)
    print("\nShops, all days, in THB (marts.mart_daily_performance)")
    heads = "".join(f"{h:>{w}}" for h, w in zip(HEADS, WIDTHS, strict=True))
    print(f"  {'platform':<13}{'shop':<18}{'orders':>8}{heads}")
    for platform, name, orders, *figures in db.sql(
        f"select platform, shop_name, sum(orders), {sums} from marts.mart_daily_performance "
        "group by grouping sets ((platform, shop_name), ()) order by platform nulls last, sum(revenue_thb) desc"
    ).fetchall():
        shown = "".join(f"{money(f):>{w}}" for f, w in zip(figures, WIDTHS, strict=True))
        print(f"  {platform or 'all':<13}{name or '':<18}{orders:>8,}{shown}")


def alerts(db: duckdb.DuckDBPyConnection) -> None:
    """How many alerts of each kind stand, and the newest of each."""
    print("\nAlerts")
    for table in ("revenue_drop", "roas_below_target", "cpa_over_limit", "data_freshness"):
        found = db.sql(f"select message from alerts.alert_{table} order by alert_date desc, alert_id").fetchall()
        print(f"  alert_{table:<20}{len(found):>4}{'  ' + found[0][0] if found else ''}")


def main() -> None:
    """Run the steps, show the figures, say what to do next."""
    os.environ["MELTANO_ENVIRONMENT"] = "demo"
    if port := os.environ.get("SANDBOX_PORT"):
        for tap in ("TAP_SHOPEE", "TAP_LAZADA", "TAP_TIKTOK_SHOP", "TAP_LINE_SHOP", "TAP_FACEBOOK_ADS"):
            os.environ[f"{tap}_API_URL"] = f"http://127.0.0.1:{port}"
        os.environ["TAP_TIKTOK_SHOP_AUTH_URL"] = f"http://127.0.0.1:{port}"
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
