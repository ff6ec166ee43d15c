"""The command."""

from __future__ import annotations

from tap_toolkit.start import command


def main() -> None:
    """Run the tap."""
    command("tap_line_ads.tap", "TapLineAds")


if __name__ == "__main__":
    main()
