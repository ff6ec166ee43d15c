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
    ("Starting the sandbox: three shops, 90 days of orders", ["meltano", "invoke", "sandbox:start"]),
    ("Reading Shopee's API into DuckDB", ["meltano", "run", "tap-shopee", "target-duckdb"]),
    ("Building and testing tables with dbt", ["meltano", "run", "dbt-duckdb:build"]),
)
# What the tap and dbt say of their progress.
PROGRESS = re.compile(r"(?P<stream>\w+): windows done \d+, windows left \d+, rows (?P<rows>\d+)|(?P<node>\d+ of \d+) ")
STREAMS = ("shop", "orders", "products", "product_models", "returns", "escrow", "shop_performance")


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
        print(f"\r\033[K  {title:<56}{state}", end=end, flush=True)
    elif end:
        print(f"  {title:<56}{state}", end=end, flush=True)


def money(value: object) -> str:
    """A figure in baht, as people write it."""
    return f"฿{value:,.2f}"


def summary() -> None:
    """Rows of each stream and the figures of all shops, from the database just built."""
    with duckdb.connect(str(DATABASE), read_only=True) as db:
        print("\nRows in the warehouse (raw_shopee)")
        for stream in STREAMS:
            ((rows,),) = db.sql(f"select count(*) from raw_shopee.{stream}").fetchall()
            print(f"  {stream:<18}{rows:>9,}")
        ((requests,),) = db.sql(
            "select sum(requests) from raw_shopee.sync_windows "
            "where run_id = (select max(run_id) from raw_shopee.sync_windows)"
        ).fetchall()
        print(f"  the last run took {requests:,} calls")
        print("\nShops, all days, in THB (marts.mart_daily_performance)")
        print(f"  {'shop':<20}{'orders':>8}{'revenue':>16}{'refunds':>14}{'fees':>14}{'net':>16}")
        for name, orders, *figures in db.sql(
            "select shop_name, sum(orders), sum(revenue_thb), sum(refunds_thb), sum(fees_thb), sum(net_revenue_thb) "
            "from marts.mart_daily_performance group by 1 union all "
            "select 'All shops', sum(orders), sum(revenue_thb), sum(refunds_thb), sum(fees_thb), sum(net_revenue_thb) "
            "from marts.mart_daily_performance order by 3"
        ).fetchall():
            columns = "".join(f"{money(f):>{w}}" for f, w in zip(figures, (16, 14, 14, 16), strict=True))
            print(f"  {name:<20}{orders:>8,}{columns}")
        ((drops, stale),) = db.sql(
            "select (select count(*) from alerts.alert_revenue_drop), "
            "(select count(*) from alerts.alert_data_freshness)"
        ).fetchall()
        print(f"\nAlerts: {drops} days on which a shop's revenue fell, {stale} on the freshness of the data")
        for (message,) in db.sql(
            "select message from alerts.alert_revenue_drop order by alert_date desc limit 3"
        ).fetchall():
            print(f"  {message}")


def main() -> None:
    """Run the steps, show the figures, say what to do next."""
    os.environ["MELTANO_ENVIRONMENT"] = "demo"
    if port := os.environ.get("SANDBOX_PORT"):
        os.environ["TAP_SHOPEE_API_URL"] = f"http://127.0.0.1:{port}"
    DATABASE.parent.mkdir(exist_ok=True)
    again = DATABASE.exists()
    log = ROOT / "output" / "demo.log"
    log.write_bytes(b"")
    began = time.monotonic()
    print("Talat demo: invented shops, real HTTP, real tables." + (" What was read before is kept." if again else ""))
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
