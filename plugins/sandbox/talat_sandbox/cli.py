"""The command `talat-sandbox`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from talat_sandbox import daemon
from talat_sandbox.business.model import found
from talat_sandbox.options import (
    OptionError,
    Options,
    add_arguments,
    check_clock,
    plan_from,
    read_options,
    remembered_plan,
)
from talat_sandbox.service import serve
from talat_sandbox.truth import export


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 1 after one sentence about what is wrong."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    try:
        options = read_options(vars(parsed))
        if parsed.command == "serve":
            _serve(options, parsed)
        elif parsed.command == "start":
            _say(daemon.start(options, parsed.reset))
        elif parsed.command == "stop":
            _say(daemon.stop(options))
        elif parsed.command == "status":
            running, line = daemon.status(options)
            _say(line)
            return 0 if running else 1
        else:
            _truth(options, parsed.out)
    except OptionError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _serve(options: Options, parsed: argparse.Namespace) -> None:
    def ready(url: str) -> None:
        if parsed.info_file:
            daemon.write_info(Path(parsed.info_file), url)
        _say(f"The sandbox is ready at {url}.")

    try:
        serve(options, parsed.reset, ready)
    finally:
        if parsed.info_file:
            Path(parsed.info_file).unlink(missing_ok=True)


def _truth(options: Options, out: str) -> None:
    known = (options.state_path / "business.json").exists()
    plan = remembered_plan(options) if known else plan_from(options)
    check_clock(options, plan)
    instant = options.instant if options.instant is not None else int(time.time())
    files = export(found(plan, options.platforms, options.ad_platforms), Path(out), instant)
    _say(f"Wrote {', '.join(path.name for path in files)} to {out}.")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="talat-sandbox", description="The platforms' APIs on localhost.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, about in (
        ("serve", "run in the foreground"),
        ("start", "run in the background and wait until it answers"),
        ("stop", "stop what start started"),
        ("status", "say whether it runs; exit code 1 when not"),
        ("truth", "write what a warehouse must show, as CSV files"),
    ):
        command = commands.add_parser(name, help=about)
        add_arguments(command)
        if name in ("serve", "start"):
            command.add_argument("--reset", action="store_true", help="found a new business and forget all tokens")
        if name == "serve":
            command.add_argument("--info-file", default="", help=argparse.SUPPRESS)
        if name == "truth":
            command.add_argument("--out", required=True, metavar="DIR", help="folder to write to")
    return parser


if __name__ == "__main__":
    sys.exit(main())
