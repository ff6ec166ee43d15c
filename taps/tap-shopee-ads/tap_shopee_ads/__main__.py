"""The command."""

from __future__ import annotations

from tap_toolkit.start import command


def main() -> None:
    """Run the tap."""
    command("tap_shopee_ads.tap", "TapShopeeAds")


if __name__ == "__main__":
    main()
