"""Measures this project beside its peers, and prints what was aimed at and what was reached.

    .venv/bin/python -m tests.benchmarks.run [--only NAME …] [--rounds 3] [--orders 100000] [--markdown]

The first run installs the peers below .bench, from the pins in peers/*.txt.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from tests.benchmarks import ad_taps, end_to_end, extraction, facebook_schedule, latency, loading, start_up, taps
from tests.benchmarks.rows import Bench
from tests.benchmarks.table import Line, as_markdown, as_text

ROWS = {
    "latency": latency.without_limit,
    "rate-limit": latency.with_limit,
    "extraction": extraction.measure,
    "load-duckdb": loading.into_duckdb,
    "load-bigquery": loading.into_bigquery,
    "end-to-end": end_to_end.measure,
    "start-up": start_up.measure,
    "facebook": facebook_schedule.lines,
    "taps": taps.measure,
    "ad-taps": ad_taps.measure,
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--only", nargs="+", choices=list(ROWS), default=list(ROWS), metavar="NAME", help=", ".join(ROWS)
    )
    parser.add_argument("--rounds", type=int, default=3, help="turns of each contestant")
    parser.add_argument("--orders", type=int, default=100_000, help="orders where nothing waits for the network")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    options = parser.parse_args()
    lines: list[Line] = []
    with ExitStack() as stack:
        bench = Bench(options.rounds, options.orders, stack)
        for name in options.only:
            bench.say(name)
            lines += ROWS[name](bench)
    print(as_markdown(lines) if options.markdown else as_text(lines))


if __name__ == "__main__":
    main()
