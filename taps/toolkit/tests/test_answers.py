"""An answer of another shape is never taken for an empty one, and no listing goes on without end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tap_toolkit.answers import Row, Rows, decode, rows_in, text_in, unlike
from tap_toolkit.details import Detail
from tap_toolkit.errors import SkipWindow
from tap_toolkit.paging import Paging
from tap_toolkit.sources import Listing
from tap_toolkit.windows import Window

PAGED = Listing("list", "rows", "id", paging=Paging(param="cursor", first="", next="next", more="more"))
NUMBERED = Listing("list", "rows", "id", paging=Paging(param="page", first="1", more="more"))
REPORT = Listing("list", "rows", "", paging=Paging(param="page", first="1", more="more"))
DETAIL = Detail("detail", "rows", ids="id", param="ids", size=2)
ODD = [None, "text", 5, [1]]


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (rb'["\ud83d"]', ["\ufffd"]),
        (rb'["\ud83d\ude00 \uDE00x", 1.10]', ["\U0001f600 \ufffdx", Decimal("1.10")]),
        (rb'["\\ud83d \"\u0e01\""]', ['\\ud83d "\u0e01"']),
        (b'["caf\xc3"]', ["caf\ufffd"]),
    ],
)
def test_half_a_letter_costs_no_more_than_itself(content: bytes, value: Any) -> None:
    assert decode(content) == value


@pytest.mark.parametrize("content", [b"", b'["a"', b"<html>", rb'["\ud83d', rb'{"a": "\u12"}', b"NaN"])
def test_what_is_no_whole_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|truncated|Invalid"):
        decode(content)


class OneJob:
    """A scope whose calls are answered by a function of the path and the parameters."""

    account = "1"
    window: Window | None = None
    pad = timedelta(0)
    zone = UTC

    def __init__(self, answer: Callable[[str, dict[str, str]], Any]) -> None:
        self.answer = answer
        self.asked = 0
        self.rejected: list[tuple[Row, str]] = []

    def ask(self, path: str, params: Any, body: Any = None, *, reads: Any = (), page: bool = False) -> Any:
        self.asked += 1
        return self.answer(path, dict(params))

    def submit(self, task: Callable[..., Rows], *args: Any) -> Future[Rows]:
        future: Future[Rows] = Future()
        try:
            future.set_result(task(*args))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asks for the result
            future.set_exception(error)
        return future

    follow = submit

    def wait_for_room(self) -> None: ...

    def hold(self, rows: int) -> None: ...

    def expect(self, total: int) -> None: ...

    def reject(self, row: Row, reason: str) -> None:
        self.rejected.append((row, reason))

    def read(self, source: Listing) -> Rows:
        """All rows, or what was raised on the way."""
        rows: Rows = []
        for batch in source.read(self):
            rows += batch.rows if isinstance(batch.rows, list) else batch.rows.result()
        return rows


@pytest.mark.parametrize("answer", [*ODD, {}, {"other": []}, {"rows": "text"}, {"rows": 5}, {"rows": {}}])
def test_an_answer_without_rows_is_a_gap_and_no_empty_listing(answer: Any) -> None:
    job = OneJob(lambda path, params: answer)
    with pytest.raises(SkipWindow, match="list answered in another shape"):
        job.read(PAGED)
    details = OneJob(lambda path, params: answer if path == "detail" else {"rows": [{"id": 1}], "more": False})
    with pytest.raises(SkipWindow, match="detail answered in another shape"):
        details.read(PAGED.then(DETAIL))
    assert details.rejected == []


@pytest.mark.parametrize("answer", [{"rows": []}, {"rows": None, "more": False}, {"more": False}])
def test_platforms_may_write_no_rows_as_nothing(answer: Any) -> None:
    assert OneJob(lambda path, params: answer).read(PAGED) == []


def test_a_null_is_only_believed_of_a_page_that_says_that_it_is_the_last() -> None:
    with pytest.raises(SkipWindow):
        OneJob(lambda path, params: {"rows": None}).read(PAGED)


@pytest.mark.parametrize("odd", [*ODD, {}, {"id": None}, {"id": ""}, {"id": [1]}])
def test_what_nothing_goes_on_without_is_asked_for_again(odd: Any) -> None:
    assert text_in({"id": 5}, "id", "c") == "5"
    with pytest.raises(SkipWindow, match="c answered in another shape: there is no id"):
        text_in(odd, "id", "c")


def test_rows_are_found_at_the_root_and_below() -> None:
    assert rows_in([1], "", "c") == [1]
    assert rows_in({"a": {"b": {"id": 1}}}, "a.b", "c") == [{"id": 1}]
    with pytest.raises(SkipWindow):
        rows_in({"a": None}, "a.b", "c")


@pytest.mark.parametrize("odd", ODD)
def test_a_row_that_is_no_object_is_kept_aside_and_the_others_are_read(odd: Any) -> None:
    def answer(path: str, params: dict[str, str]) -> Any:
        return {"rows": [odd, {"id": 1}, {"id": {"deep": 1}}], "more": False}

    listing = OneJob(answer)
    assert listing.read(PAGED) == [{"id": 1}, {"id": {"deep": 1}}]
    assert listing.rejected == [({"value": odd}, "list listed what is not an object")]


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": ""}])
def test_a_row_without_the_id_its_details_are_asked_by_is_kept_aside(row: Row) -> None:
    def answer(path: str, params: dict[str, str]) -> Any:
        return {"rows": [{"id": 2, "more": 1}] if path == "detail" else [row, {"id": 2}], "more": False}

    job = OneJob(answer)
    assert job.read(PAGED.then(DETAIL)) == [{"id": 2, "more": 1}]
    assert job.rejected == [(row, "has no id to ask detail for")]


@pytest.mark.parametrize("position", [None, ""])
def test_a_page_that_promises_more_and_names_no_next_is_a_gap(position: Any) -> None:
    job = OneJob(lambda path, params: {"rows": [{"id": 1}], "more": True, "next": position})
    with pytest.raises(SkipWindow, match="circles"):
        job.read(PAGED)
    assert job.asked == 1


@pytest.mark.parametrize("listing", [NUMBERED, REPORT])
@pytest.mark.parametrize("rows", [[], [{"id": 1}]])
def test_a_listing_that_never_ends_is_a_gap(listing: Listing, rows: Rows) -> None:
    job = OneJob(lambda path, params: {"rows": rows, "more": True})
    with pytest.raises(SkipWindow, match="goes on without end: 100 pages had nothing new"):
        job.read(listing)


def test_empty_pages_in_the_middle_are_passed_over() -> None:
    def answer(path: str, params: dict[str, str]) -> Any:
        page = int(params["page"])
        return {"rows": [] if page % 50 else [{"id": page}], "more": page < 400}

    assert [row["id"] for row in OneJob(answer).read(NUMBERED)] == list(range(50, 401, 50))


def test_rows_of_a_report_that_come_again_on_another_page_are_read_once() -> None:
    pages = {"1": [{"ad": 1, "spend": 5}, {"ad": 2, "spend": 5}], "2": [{"ad": 2, "spend": 5}, {"ad": 3, "spend": 5}]}
    job = OneJob(lambda path, params: {"rows": pages[params["page"]], "more": params["page"] == "1"})
    assert [row["ad"] for row in job.read(REPORT)] == [1, 2, 3]
    assert unlike([{"a": 1}, {"a": 1}, {"a": "1"}], set()) == [{"a": 1}, {"a": "1"}]
