"""Which breakdowns Meta lets a call combine. https://developers.facebook.com/docs/marketing-api/insights/breakdowns"""

from __future__ import annotations

from collections.abc import Collection
from zlib import crc32

from talat_sandbox.platforms.facebook_ads.protocol import parameter_error

ADVERTISER_HOUR = "hourly_stats_aggregated_by_advertiser_time_zone"
AUDIENCE_HOUR = "hourly_stats_aggregated_by_audience_time_zone"
FREQUENCY = "frequency_value"
HOURS = frozenset({ADVERTISER_HOUR, AUDIENCE_HOUR})
GATED = frozenset({"impression_device", AUDIENCE_HOUR, FREQUENCY})
# What the object says that stands for an asset, besides its id; a format is a plain text.
_ASSETS = {
    "ad_format_asset": "",
    "body_asset": "text",
    "call_to_action_asset": "name",
    "description_asset": "text",
    "image_asset": "url",
    "link_url_asset": "website_url",
    "title_asset": "text",
    "video_asset": "url",
}
ASSETS = frozenset(_ASSETS)
_FIRST_ASSET = 120_300_000_000_000_000

_PLACEMENTS = {
    frozenset({"publisher_platform", *names.split()})
    for names in ("", "impression_device", "platform_position", "platform_position impression_device")
}
# The combinations that may be joined by the target and the destination of an action.
_JOINED = _PLACEMENTS | {
    frozenset(names.split())
    for names in ("", "age", "gender", "age gender", "country", "region", "product_id", ADVERTISER_HOUR, AUDIENCE_HOUR)
}
_ALLOWED = _JOINED | {
    frozenset(names.split())
    for names in ("country region", "comscore_market", "device_platform", FREQUENCY, *ASSETS)
}  # fmt: skip
_TARGETS = frozenset({"action_target_id", "action_destination"})
_DEVICE = frozenset({"action_device"})
# Without breakdowns one of these may be asked for.
_DETAILS = (
    _DEVICE,
    frozenset({"action_reaction"}),
    frozenset({"action_carousel_card_id", "action_carousel_card_name"}),
    frozenset({"action_canvas_component_name"}),
    frozenset({"action_video_sound"}),
    frozenset({"action_video_type"}),
)


def check_breakdowns(breakdowns: Collection[str], action_breakdowns: Collection[str]) -> None:
    """Raise GraphError, as Meta does, for breakdowns that do not go together."""
    columns, wanted = frozenset(breakdowns), frozenset(action_breakdowns) - {"action_type"}
    if columns in _JOINED:
        wanted -= _TARGETS
    details = _DETAILS if not columns else (_DEVICE,) if columns in _PLACEMENTS else ()
    if columns not in _ALLOWED or (wanted and not any(wanted <= detail for detail in details)):
        listed = ", ".join(["action_type", *sorted({*breakdowns, *action_breakdowns} - {"action_type"})])
        raise parameter_error(f"Current combination of data breakdown columns ({listed}) is invalid")


def write_value(name: str, value: str) -> object:
    """Return a breakdown's value as a row shows it: an asset is an object with an id, all else is text."""
    member = _ASSETS.get(name)
    return {"id": str(_FIRST_ASSET + crc32(value.encode())), member: value} if member else value
