"""A plan of faults: which requests go wrong, how often, and in what way."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import orjson

from talat_sandbox.web import JSON, Response

KINDS = {
    "error": "answer with the platform's error `code` (and `message`, `status`)",
    "http_status": "answer with HTTP `status` and a gateway's HTML page",
    "rate_limit": "answer that requests come too fast; with `status` 429 and `retry_after` as HTTP",
    "latency": "answer `ms` milliseconds later",
    "truncate": "send half of the body and close; with `honest_length` the length is that of the half",
    "reset": "close the connection without an answer",
    "expire_token": "let the request's access token expire before it is looked at",
    "drift": "after a page, update one order it listed and one it has not listed yet (Shopee)",
    "bad_record": "put a `value` that cannot be converted into `field` of the first record",
    "future_update_time": "set update_time of the first record to the year 2099",
    "unknown_field": "add a `field` nobody documented to the first record",
    "job": "let the report that the request asks for go the way of `outcome` (Meta: see JOB_OUTCOMES)",
}
JOB_OUTCOMES = {
    "failed": "ends as failed, with `code`, `subcode` and `message`",
    "skipped": "ends as skipped: it has to be asked for anew",
    "stalled": "stays at `percent` (0) for ever",
    "lingering": "stands at 100 percent for `ms` (2000) before it is completed",
    "unreadable": "completes, but its rows cannot be read; asked for again they can",
}
FAR_FUTURE = 4_070_908_800  # 2099-01-01T00:00:00Z
_FIELDS = (
    "create_time",
    "escrow_release_time",
    "update_time",
    "buyer_total_amount",
    "item_id",
    "model_id",
    "auth_time",
    "date_start",
    "created_time",
)


@dataclass(slots=True)
class Fault:
    """One line of the plan. It skips `after` matching requests, then strikes `times` times (None: always).

    With a probability it strikes that share of the matching requests, by a seeded draw.
    """

    kind: str
    path: str = ""
    account: str = ""
    method: str = ""
    times: int | None = 1
    after: int = 0
    probability: float | None = None
    seed: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    _draws: random.Random = field(default_factory=random.Random)

    @classmethod
    def parse(cls, entry: object) -> Fault:
        """Return the fault that a JSON object describes. Raises ValueError with what is wrong."""
        if not isinstance(entry, dict):
            raise ValueError("a fault must be a JSON object")
        options = dict(entry)
        kind = options.pop("kind", None)
        if kind not in KINDS:
            raise ValueError(f"unknown fault kind {kind!r}; use one of {', '.join(KINDS)}")
        if kind == "error" and not options.get("code"):
            raise ValueError("a fault of kind error needs a code")
        if kind == "job" and options.get("outcome") not in JOB_OUTCOMES:
            raise ValueError(f"a fault of kind job needs an outcome: {', '.join(JOB_OUTCOMES)}")
        match = options.pop("match", {})
        probability = options.pop("probability", None)
        times = options.pop("times", None if probability is not None else 1)
        fault = cls(
            kind,
            str(match.get("path", "")),
            str(match.get("account") or match.get("shop_id", "")),
            str(match.get("method", "POST" if kind == "job" else "")),
            None if times is None else int(times),
            int(options.pop("after", 0)),
            None if probability is None else float(probability),
            int(options.pop("seed", 0)),
            options,
        )
        fault._draws.seed(fault.seed)
        return fault

    def strikes(self, method: str, path: str, account: str) -> bool:
        """Count a request; true when this one goes wrong."""
        if self.path not in path or self.account not in ("", account) or self.times == 0:
            return False
        if self.method not in ("", method):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.probability is not None and self._draws.random() >= self.probability:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def answer(self) -> Response | None:
        """Return the answer that stands for the platform's own, where the fault is below the platform."""
        if self.kind == "http_status":
            status = int(self.options.get("status", 502))
            page = f"<html><body><h1>{status}</h1><p>gateway</p></body></html>".encode()
            return Response(page, status, b"text/html")
        if self.kind == "reset":
            return Response(b"", reset=True)
        return None

    def spoil(self, response: Response) -> None:
        """Change the platform's answer where the fault asks for it."""
        if self.kind == "latency":
            response.delay += float(self.options.get("ms", 1000)) / 1000
        elif self.kind == "truncate":
            half = len(response.body) // 2
            if self.options.get("honest_length"):
                response.body = response.body[:half]
            else:
                response.cut = half
        elif self.kind in ("bad_record", "future_update_time", "unknown_field") and response.content_type == JSON:
            body = orjson.loads(response.body)
            if self._spoil_record(body):
                response.body = orjson.dumps(body)

    def _spoil_record(self, body: object) -> bool:
        if self.kind == "future_update_time":
            iso = "2099-01-01T00:00:00+0000"
            return _replace(body, ("update_time",), FAR_FUTURE) or _replace(body, ("updated_time",), iso)
        if self.kind == "bad_record":
            wanted = self.options.get("field")
            return _replace(body, (str(wanted),) if wanted else _FIELDS, self.options.get("value", "not-a-value"))
        record = _first_record(body)
        if record is not None:
            record[str(self.options.get("field", "sandbox_new_field"))] = self.options.get("value", {"new": 1})
        return record is not None


def _replace(value: object, names: tuple[str, ...], new: object) -> bool:
    """Set the first field found, depth first, that has one of the names."""
    if isinstance(value, dict):
        for name in names:
            if name in value:
                value[name] = new
                return True
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_replace(child, names, new) for child in children)


def _first_record(value: object) -> dict[str, Any] | None:
    """Return the first object that stands in a list, depth first."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        record = value[0]
        return _only_object(record) or record
    if isinstance(value, dict):
        for child in value.values():
            found = _first_record(child)
            if found is not None:
                return found
    return None


def _only_object(record: dict[str, Any]) -> dict[str, Any] | None:
    """Return what a record merely wraps, as in `{"escrow_detail": {…}}`."""
    values = list(record.values())
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else None
