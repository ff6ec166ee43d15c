"""A plan of faults: which requests go wrong, how often, and in what way."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from talat_sandbox.web import JSON, Request, Response

KINDS = {
    "error": "answer with the platform's error `code` (and `message`, `status`)",
    "http_status": "answer with HTTP `status` and a gateway's HTML page, perhaps with `retry_after`",
    "rate_limit": "answer that requests come too fast; with `status` 429 and `retry_after` as HTTP",
    "latency": "answer `ms` milliseconds later",
    "truncate": "send half of the body and close; with `honest_length` the length is that of the half",
    "reset": "close the connection without an answer",
    "expire_token": "let the request's access token expire before it is looked at",
    "drift": "after a page, update one order it listed and one it has not listed yet (Shopee, Lazada, LINE)",
    "bad_record": "put a `value` that cannot be converted into `field` of the first record",
    "future_update_time": "set the update time of the first record to the year 2099",
    "unknown_field": "add a `field` nobody documented to the first record",
    "missing_field": "leave `field` of the first record out",
    "broken_text": "put half a letter (a lone surrogate) into `field` of the first record",
    "duplicate": "list the first record a second time, at the end of the page",
    "reverse": "list the records of a page in the opposite order",
    "page_size": "let a page hold `rows` (1) at most, whatever is asked for",
    "empty_page": "put a page without records, but with a cursor, before the one that is asked for (Shopee, Meta)",
    "replay": "answer the first `cycle` (1) matching requests truly, and all others with these answers in turn",
    "wrong_encoding": "say that the body is compressed, which it is not",
    "job": "let the report that the request asks for go the way of `outcome` (Meta: see JOB_OUTCOMES)",
}
JOB_OUTCOMES = {
    "failed": "ends as failed, with `code`, `subcode` and `message`",
    "skipped": "ends as skipped: it has to be asked for anew",
    "stalled": "stays at `percent` (0) for ever",
    "lingering": "stands at 100 percent for `ms` (2000) before it is completed",
    "unreadable": "completes, but its rows cannot be read; asked for again they can",
}
_ON_RECORDS = {"bad_record", "future_update_time", "unknown_field", "missing_field", "broken_text"} | {
    "duplicate",
    "reverse",
}
_HALF_A_LETTER = "half a letter"
# Before the cursor that an empty page gives, so that going on from there asks for the page that it came before.
_BEHIND = "behind-nothing-"
_SIZE = re.compile(r"\b(page_size|pageSize|limit|perPage)=\d+")
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
    "updated_at",
    "return_order_line_gmt_modified",
)


@dataclass(slots=True)
class Fault:
    """One line of the plan. It skips `after` matching requests, then strikes `times` times (None: always).

    It matches requests whose path has `path` in it; with `$` at its end, those whose path ends with what is before.
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
    _kept: list[bytes] = field(default_factory=list)
    _replays: int = 0
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
        if self.path not in f"{path}$" or self.account not in ("", account) or self.times == 0:
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
            waits = [("Retry-After", str(self.options["retry_after"]))] if "retry_after" in self.options else []
            return Response(page, status, b"text/html", waits)
        if self.kind == "reset":
            return Response(b"", reset=True)
        return None

    def asked(self, request: Request) -> Request:
        """Return what the platform is asked instead."""
        if self.kind == "page_size":
            return request.asking(_SIZE.sub(rf"\1={int(self.options.get('rows', 1))}", request.query))
        return request

    def spoil(self, response: Response, request: Request) -> None:
        """Change the platform's answer where the fault asks for it."""
        if self.kind == "latency":
            response.delay += float(self.options.get("ms", 1000)) / 1000
        elif self.kind == "truncate":
            # At the end of a line nothing would tell that a file is cut.
            half = len(response.body[: len(response.body) // 2].rstrip(b"\r\n"))
            if self.options.get("honest_length"):
                response.body = response.body[:half]
            else:
                response.cut = half
        elif self.kind == "wrong_encoding":
            response.headers.append(("Content-Encoding", "gzip"))
        elif self.kind == "replay":
            self._replay(response)
        elif self.kind == "empty_page":
            body = orjson.loads(response.body)
            cursor = next(filter(None, map(request.param, ("cursor", "after", "page_token"))), "")
            if _without_records(body, _BEHIND + cursor):
                response.body = orjson.dumps(body)
        elif self.kind in _ON_RECORDS and response.content_type == JSON:
            body = orjson.loads(response.body)
            if self._spoil_records(body):
                response.body = orjson.dumps(body).replace(_HALF_A_LETTER.encode(), rb"\ud83d")

    def _replay(self, response: Response) -> None:
        cycle = int(self.options.get("cycle", 1))
        if len(self._kept) < cycle:
            self._kept.append(response.body)
        else:
            response.body = self._kept[self._replays % cycle]
            self._replays += 1

    def _spoil_records(self, body: Any) -> bool:
        wanted = self.options.get("field")
        if self.kind == "future_update_time":
            iso = "2099-01-01T00:00:00+0000"
            return (
                _replace(body, ("update_time",), FAR_FUTURE)
                or _replace(body, ("updated_time",), iso)
                or _replace(body, ("modify_time",), "2099-01-01 00:00:00")
                or _replace(body, ("updated_at",), "2099-01-01 00:00:00 +0000")
                or _replace(body, ("lastUpdatedAt",), "2099-01-01T00:00:00.000Z")
                or _replace(body, ("modifiedDate",), "2099-01-01T00:00:00Z")
            )
        if self.kind == "bad_record":
            return _replace(body, (str(wanted),) if wanted else _FIELDS, self.options.get("value", "not-a-value"))
        if self.kind == "broken_text":
            return _replace(body, (str(wanted),), _HALF_A_LETTER)
        # An order of LINE's is a record by itself.
        order = isinstance(body, dict) and "orderNumber" in body
        records = next(iter([[body]] if order else _lists_of_records(body)), None)
        if records is None:
            return False
        if self.kind == "duplicate":
            records.append(records[0])
        elif self.kind == "reverse":
            records.reverse()
        elif self.kind == "missing_field":
            _unwrapped(records[0]).pop(str(wanted), None)
        else:
            name = str(wanted or "sandbox_new_field")
            _unwrapped(records[0])[name] = self.options.get("value", {"new": 1})
        return True


def behind_nothing(request: Request) -> Request:
    """Return what a request means that goes on from an empty page."""
    return request.asking(request.query.replace(_BEHIND, "")) if _BEHIND in request.query else request


def _replace(value: object, names: tuple[str, ...], new: object) -> bool:
    """Set the first field found, depth first, that has one of the names."""
    if isinstance(value, dict):
        for name in names:
            if name in value:
                value[name] = new
                return True
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_replace(child, names, new) for child in children)


def _lists_of_records(value: object) -> Iterator[list[dict[str, Any]]]:
    """Yield the lists of objects, depth first."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        if not {"fieldMask", "campaign_list"} & value[0].keys():
            yield value
        else:  # what Google streams is a list of parts that have lists, and Shopee's ads list shops with campaigns
            for part in value:
                yield from _lists_of_records(part)
    elif isinstance(value, dict):
        for child in value.values():
            yield from _lists_of_records(child)


def _unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record itself where the list merely wraps it, as in `{"escrow_detail": {…}}`."""
    values = list(record.values())
    return values[0] if len(values) == 1 and isinstance(values[0], dict) else record


def _without_records(body: dict[str, Any], cursor: str) -> bool:
    """Take the records away and say that there are more behind a cursor, as Shopee, TikTok Shop and Meta write it."""
    records = next(_lists_of_records(body), None)
    if records is None or _numbered(body):
        return False
    records.clear()
    if "response" in body:
        body["response"] |= {"more": True, "next_cursor": cursor}
    elif "code" in body:
        body["data"]["next_page_token"] = cursor
    else:
        body["paging"] = {"cursors": {"before": cursor, "after": cursor}, "next": f"?after={cursor}"}
    return True


def _numbered(body: dict[str, Any]) -> bool:
    """Whether the answer is one of pages that are named by numbers or rows: none can be put before another."""
    parts = [part for part in (body, body.get("result"), body.get("response")) if isinstance(part, dict)]
    return any(name in part for part in parts for name in ("totalPage", "totalCount", "has_next_page"))
