"""Several calls in one. https://developers.facebook.com/docs/graph-api/batch-requests"""

from __future__ import annotations

from collections.abc import Callable

from talat_sandbox.platforms.facebook_ads.call import Call
from talat_sandbox.platforms.facebook_ads.protocol import GraphError
from talat_sandbox.web import Request, Response

MOST = 50


def answer_batch(call: Call, handle: Callable[[Request], Response]) -> list[dict[str, object]]:
    """Return the answers to all calls of a batch, in their order. Raises GraphError when it is none.

    A call uses the batch's token and version unless it names its own.
    """
    entries = call.value("batch")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise GraphError(1, "batch parameter must be a JSON array", kind="GraphBatchException")
    if len(entries) > MOST:
        raise GraphError(
            1, f"Too many requests in batch message. Maximum batch size is {MOST}", kind="GraphBatchException"
        )
    with_headers = call.param("include_headers") != "false"
    return [_answer(handle(_request(entry, call)), with_headers) for entry in entries]


def _request(entry: dict[str, object], call: Call) -> Request:
    path, _, query = str(entry.get("relative_url", "")).lstrip("/").partition("?")
    if not (path[:1] == "v" and path[1:2].isdigit()):
        path = f"{call.version}/{path}"
    body = str(entry.get("body", "")).encode()
    # The proof belongs to the token, so it is the batch's too.
    proof = call.param("appsecret_proof")
    if proof and "appsecret_proof=" not in query:
        query = f"{query}&appsecret_proof={proof}" if query else f"appsecret_proof={proof}"
    method = str(entry.get("method", "GET")).upper()
    return Request(method, f"/{path}", query, body, call.host, f"Bearer {call.token}")


def _answer(response: Response, with_headers: bool) -> dict[str, object]:
    answer: dict[str, object] = {"code": response.status}
    if with_headers:
        headers = [("Content-Type", response.content_type.decode()), *response.headers]
        answer["headers"] = [{"name": name, "value": value} for name, value in headers]
    return {**answer, "body": response.body.decode()}
