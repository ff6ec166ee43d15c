"""Prints what our tap will ask for, as JSON: `python -m tests.benchmarks.order_facts START END` (ISO times).

A process of its own, because whoever measures must stay small (see measure.py): `fields` is what get_order_detail is
asked for, `windows` the spans that get_order_list is asked for, in seconds since 1970, both ends included.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta

from tap_shopee.streams import ORDER_FIELDS, Orders


def main() -> None:
    """Print them."""
    start, end = map(datetime.fromisoformat, sys.argv[1:])
    windows = Orders.windows
    plan = windows.plan(start=start, now=end + timedelta(days=1), end=end)
    spans = [(int((span.start - windows.pad).timestamp()), int(span.end.timestamp())) for span in plan]
    print(json.dumps({"fields": ORDER_FIELDS, "windows": spans}))


if __name__ == "__main__":
    main()
