"""What stops a load. Every message is one sentence for a person, without values from records."""

from __future__ import annotations


class WarehouseError(Exception):
    """The load cannot go on: says what is wrong and how to mend it. The command exits with code 1."""


class BadRecordError(WarehouseError):
    """A record that the warehouse cannot hold exactly."""

    def __init__(self, stream: str, reason: str) -> None:
        super().__init__(
            f"Stream '{stream}': {reason}. Nothing of this batch was loaded and no state was written for it; "
            "correct the tap or its schema and run again."
        )
