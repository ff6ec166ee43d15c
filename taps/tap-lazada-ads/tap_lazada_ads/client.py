"""Lazada Sponsored Solutions: Lazada's client with one more envelope, and failures inside of successes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tap_lazada.client import LazadaClient
from tap_toolkit.errors import Rule, load_rules

#: What Lazada answers to all of its APIs, mended by this tap's own command.
SHARED: tuple[Rule, ...] = tuple(
    replace(rule, mend=rule.mend.replace("tap-lazada ", "tap-lazada-ads ")) for rule in load_rules("tap_lazada")
)
_ENVELOPE = ("code", "request_id")


class LazadaAdsClient(LazadaClient):
    """A failure has ``code`` "0" and ``success`` false, in ``result`` or beside it; its code is ``inner/…`` here."""

    rules = (*SHARED, *load_rules("tap_lazada_ads"))
    payload_field = ""
    refusal_fields = ()

    def refusal(self, body: Any) -> tuple[str, str] | None:
        """An error as everywhere at Lazada, or a flag, which in one place is a text."""
        if not isinstance(body, Mapping) or str(body.get("code", "")) != "0":
            return super().refusal(body)
        for flags in (body, body.get("result")):
            if isinstance(flags, Mapping) and flags.get("success") in (False, "false"):
                trace = f" (trace {flags['analyseTraceId']})" if flags.get("analyseTraceId") else ""
                return f"inner/{flags.get('errorCode') or ''}", f"{flags.get('errorMsg') or ''}{trace}"
        return None

    def payload(self, body: Any) -> Any:
        """What holds ``result`` and ``totalCount``: the outer ``result``, or all but the envelope."""
        inner = body.get("result")
        if inner is None:
            return super().payload(body)
        if isinstance(inner, Mapping) and "success" in inner:
            return inner
        return {name: value for name, value in body.items() if name not in _ENVELOPE}
