"""Secrets that must not be told, whoever quotes them: platforms repeat the token that they refuse.

Known for the whole process: a token that one account has used up may be quoted to another, or in a report's failure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Shorter ones are none, and would blot out words.
_SHORTEST = 8
_known: set[str] = set()


def conceal(*secrets: Any) -> None:
    """Let texts be told without these from now on; of a list or map every value is one, and what is no text is none."""
    for secret in secrets:
        if isinstance(secret, str) and len(secret) >= _SHORTEST:
            _known.add(secret)
        elif isinstance(secret, Mapping):
            conceal(*secret.values())
        elif isinstance(secret, list):
            conceal(*secret)


def concealed(text: str) -> str:
    """The text with an ellipsis in place of each secret, the longest first, for one may be part of another."""
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, "…")
    return text
