"""What people did after seeing an ad, and where: how actions are split, by fixed weights and independently."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from math import prod

from talat_sandbox.business.ad_shares import grouped

_Table = tuple[tuple[str, ...], tuple[tuple[tuple[str, ...], int], ...]]  # names, then values with their weight

_TABLES: tuple[_Table, ...] = (
    (
        ("action_target_id", "action_destination"),
        ((("1001000000000301", "shop.example.com"), 92), (("1001000000000302", "Baan Talat"), 8)),
    ),
    (
        ("action_carousel_card_id", "action_carousel_card_name"),
        (
            (("6100000000101", "First card"), 58),
            (("6100000000102", "Second card"), 27),
            (("6100000000103", "Last card"), 15),
        ),
    ),
    (("action_device",), ((("android_smartphone",), 55), (("iphone",), 31), (("desktop",), 11), (("ipad",), 3))),
    (("action_reaction",), ((("like",), 72), (("love",), 19), (("wow",), 4), (("haha",), 3), (("sorry",), 2))),
    (("action_canvas_component_name",), ((("Header",), 63), (("Products",), 37))),
    (("action_video_sound",), ((("off",), 76), (("on",), 24))),
    (("action_video_type",), ((("auto_played",), 88), (("click_to_play",), 12))),
)


@lru_cache(maxsize=32)
def action_weights(names: Sequence[str]) -> list[tuple[dict[str, str], int]]:
    """Return the members that tell the parts of an action apart, and the parts' weights; without names it is one part.

    Names are those of action breakdowns; one there is no table for tells nothing apart.
    """
    asked = [([name for name in names if name in known], known, rows) for known, rows in _TABLES]
    dimensions = [[(wanted, row) for row in grouped(known, wanted, rows)] for wanted, known, rows in asked if wanted]
    return [
        (
            {name: value for wanted, (values, _) in parts for name, value in zip(wanted, values, strict=True)},
            prod(weight for _, (_, weight) in parts),
        )
        for parts in product(*dimensions)
    ]
