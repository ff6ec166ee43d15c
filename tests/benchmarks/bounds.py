"""The least time in which a shop's orders can be read, from how many there are and what the API allows.

A window's pages come one after the other, for each is named by the one before; a page's details are asked for when
the page is there, 50 orders at a time. Windows and shops do not wait for each other. Nothing else costs time here:
an answer takes exactly the latency.
"""

from __future__ import annotations

from collections.abc import Sequence

PAGE, BATCH = 100, 50


def dependent_calls(orders: int) -> int:
    """Calls of one window that cannot be made side by side: its pages and the last details."""
    return max(1, -(-orders // PAGE)) + (1 if orders else 0)


def unlimited(windows: Sequence[int], latency: float) -> float:
    """The least seconds for windows of so many orders each, when calls may be made at any rate."""
    return max(dependent_calls(orders) for orders in windows) * latency


def limited(windows: Sequence[int], latency: float, per_second: int) -> float:
    """The least seconds for one shop's windows with at most so many calls in any second.

    Every call is made as soon as the sliding second has room, pages before details, for more calls hang on them.
    """
    granted: list[float] = []
    ready = [(0.0, 0, number) for number in range(len(windows))]  # (ready at, 0 page or 1 details, window)
    pages_done, batches_asked = [0] * len(windows), [0] * len(windows)
    now = end = 0.0
    while ready:
        now = max(now, min(ready)[0], granted[-per_second] + 1.0 if len(granted) >= per_second else 0.0)
        _, kind, window = call = min((call for call in ready if call[0] <= now), key=lambda call: call[1:])
        ready.remove(call)
        granted.append(now)
        end = max(end, now + latency)
        if kind:
            continue
        pages_done[window] += 1
        listed = min(windows[window], pages_done[window] * PAGE)
        more = listed < windows[window]
        full = listed // BATCH if more else -(-listed // BATCH)
        ready += [(now + latency, 1, window)] * (full - batches_asked[window])
        batches_asked[window] = full
        if more:
            ready.append((now + latency, 0, window))
    return end
