"""The command."""

from __future__ import annotations

from tap_toolkit.start import command


def main() -> None:
    """Run the tap."""
    command("tap_ga4.tap", "TapGa4")


if __name__ == "__main__":
    main()
