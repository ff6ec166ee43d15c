"""Reading side by side: the same rows in the same order whatever the number of workers."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_toolkit import room
from tap_toolkit.answers import dig
from tap_toolkit.details import Detail
from tap_toolkit.errors import SkipAccount, SkipRecord, SkipWindow, Split, TapError
from tap_toolkit.fetch import Arrived, Fetcher, Finished
from tap_toolkit.http import Call
from tap_toolkit.paging import Paging, TimeRange
from tap_toolkit.sources import Listing
from tap_toolkit.windows import Window, days, epoch_of
from taps.toolkit.tests.memory_api import DETAILED, EPOCH, LIST, Api, plan_of, rows_of


def read(
    api: Api, source: Any, plan: dict[str, list[Window | None]], workers: int, pad: timedelta = timedelta(0)
) -> tuple[dict[str, list[int]], dict[str, list[Finished]]]:
    fetcher = Fetcher(api, workers)  # type: ignore[arg-type]
    reading = fetcher.read(source, plan, pad=pad)
    rows: dict[str, list[int]] = defaultdict(list)
    ended: dict[str, list[Finished]] = defaultdict(list)
    for event in reading.events():
        if isinstance(event, Arrived):
            rows[event.job.account] += [row["id"] for row in event.rows]
        else:
            ended[event.job.account].append(event)
            if isinstance(event.error, SkipAccount):
                reading.give_up(event.job.account)
    fetcher.close()
    return rows, ended


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.integers(0, 150), st.sampled_from([LIST, DETAILED]))
def test_one_worker_and_sixteen_give_the_same_rows_in_the_same_order(accounts: int, count: int, source: Any) -> None:
    data = rows_of(accounts, count)
    one, _ = read(Api(data), source, plan_of(accounts, 8), 1)
    many, ended = read(Api(data, jitter=0.002), source, plan_of(accounts, 8), 16)
    assert one == many
    assert all([e.job.window for e in ends] == plan_of(accounts, 8)[a] for a, ends in ended.items())
    expected = {a: [i for i, _ in values] for a, values in data.items() if values}
    assert {a: sorted(set(ids)) for a, ids in many.items()} == {a: ids[: 8 * 24 + 1] for a, ids in expected.items()}


def test_calls_are_as_few_as_pages_and_full_batches_allow() -> None:
    api = Api(rows_of(1, 100))
    read(api, DETAILED, {"0": [Window(EPOCH, EPOCH + days(30))]}, 4)
    assert Counter(call.path for call in api.calls) == {"list": 10, "detail": 20}


def test_a_page_is_on_its_way_before_the_details_of_the_page_before() -> None:
    api = Api(rows_of(1, 100), jitter=0.005)
    read(api, DETAILED, {"0": [Window(EPOCH, EPOCH + days(30))]}, 8)
    pages = details = 0
    for call in api.calls:
        pages, details = pages + (call.path == "list"), details + (call.path == "detail")
        assert pages == 10 or details <= 2 * (pages - 1)


def test_windows_accounts_and_batches_are_under_way_at_once() -> None:
    api = Api(rows_of(4, 96), jitter=0.05)
    read(api, DETAILED, plan_of(4, 4), 8)
    assert api.most_under_way > 8


def test_a_failing_window_leaves_the_windows_after_it() -> None:
    api = Api(rows_of(1, 72))
    second = str(epoch_of(EPOCH + days(1)))
    api.trouble = lambda call: SkipWindow("no") if ("from", second) in call.params else None
    rows, ended = read(api, DETAILED, plan_of(1, 3), 4)
    assert [str(e.error) if e.error else "" for e in ended["0"]] == ["", "no", ""]
    assert {5, 60} <= set(rows["0"])
    assert 30 not in rows["0"]


def test_an_account_given_up_leaves_the_others() -> None:
    api = Api(rows_of(3, 72), jitter=0.002)
    api.trouble = lambda call: SkipAccount("dead") if call.account == "1" else None
    rows, ended = read(api, DETAILED, plan_of(3, 3), 4)
    assert set(rows) == {"0", "2"}
    assert len(ended["1"]) == 1
    assert [len(ended[a]) for a in "02"] == [3, 3]


def test_a_bug_is_raised_and_not_recorded_as_a_gap() -> None:
    api = Api(rows_of(1, 10))

    def trouble(call: Call) -> TapError | None:
        raise ZeroDivisionError

    api.trouble = trouble
    with pytest.raises(ZeroDivisionError):
        read(api, LIST, plan_of(1, 2), 2)


def test_too_much_for_one_call_halves_the_window() -> None:
    api = Api(rows_of(1, 100))

    def trouble(call: Call) -> TapError | None:
        params = dict(call.params)
        return Split("too long") if int(params["to"]) - int(params["from"]) > 86400 else None

    api.trouble = trouble
    rows, ended = read(api, LIST, {"0": [Window(EPOCH, EPOCH + days(8))]}, 2)
    assert rows["0"] == list(range(100))
    assert [e.error for e in ended["0"]] == [None]


def test_what_cannot_be_halved_further_is_a_gap() -> None:
    api = Api(rows_of(1, 1))
    api.trouble = lambda call: Split("never")
    _, ended = read(api, LIST, {"0": [Window(EPOCH, EPOCH + timedelta(seconds=4))]}, 2)
    assert isinstance(ended["0"][0].error, SkipWindow)


def test_a_listing_that_is_asked_for_no_span_is_not_halved() -> None:
    api = Api(rows_of(1, 1))
    api.trouble = lambda call: Split("never")
    _, ended = read(api, Listing("list", "rows", "id"), {"0": [Window(EPOCH, EPOCH + days(30))]}, 2)
    assert isinstance(ended["0"][0].error, SkipWindow)
    assert len(api.calls) == 1


def test_numbered_pages_are_believed_only_when_they_are_one() -> None:
    paging = Paging(param="page", first="0", more="more", size=10, one_page_windows=True)
    source = Listing("list", "rows", "id", window=TimeRange("from", "to"), paging=paging)
    api = Api(rows_of(1, 100))
    rows, _ = read(api, source, {"0": [Window(EPOCH, EPOCH + days(8))]}, 2)
    assert rows["0"] == list(range(100))
    assert {dict(call.params)["page"] for call in api.calls} == {"0"}


def test_pages_that_go_round_in_circles_are_a_gap() -> None:
    class Circle(Api):
        def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
            after = {"": "A", "A": "B", "B": "A"}[params["cursor"]]
            return {"rows": [{"id": ord(after)}], "more": True, "next": after}

    _, ended = read(Circle({}), LIST, {"0": [None]}, 2)
    assert "circles" in str(ended["0"][0].error)


def test_a_row_that_comes_again_on_a_later_page_is_read_once() -> None:
    class Drift(Api):
        def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
            page = int(params["cursor"] or 0)
            return {"rows": [{"id": page}, {"id": page + 1}], "more": page < 3, "next": str(page + 1)}

    rows, _ = read(Drift({}), LIST, {"0": [None]}, 2)
    assert rows["0"] == [0, 1, 2, 3, 4]


def test_an_id_that_cannot_be_had_is_rejected_alone() -> None:
    api = Api(rows_of(1, 10))
    api.trouble = lambda call: (
        SkipRecord("gone") if call.path == "detail" and "3" in dict(call.params)["ids"].split(",") else None
    )
    rows, ended = read(api, DETAILED, {"0": [None]}, 2)
    assert rows["0"] == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    assert list(ended["0"][0].job.rejected) == [({"id": 3}, "gone")]
    assert ended["0"][0].error is None


def test_an_id_listed_but_not_returned_is_rejected() -> None:
    class Forgetful(Api):
        def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
            answer = super().answer(path, account, params)
            if path == "detail":
                answer["rows"] = [row for row in answer["rows"] if row["id"] != 7]
            return answer

    rows, ended = read(Forgetful(rows_of(1, 10)), DETAILED, {"0": [None]}, 2)
    assert 7 not in rows["0"]
    assert [row for row, _ in ended["0"][0].job.rejected] == [{"id": 7}]


def test_three_calls_deep_with_a_condition_and_fields_carried_over() -> None:
    class Deep(Api):
        def answer(self, path: str, account: str, params: dict[str, str]) -> Any:
            if path == "models":
                return {"models": [{"id": int(params["of"]) * 10 + n} for n in range(2)]}
            answer = super().answer(path, account, params)
            for row in answer["rows"]:
                row["even"] = row["id"] % 2 == 0
            return answer

    source = DETAILED.then(Detail("models", "models", "id", "of", keep={"id": "parent"}, when="even", many=True))
    fetcher = Fetcher(Deep(rows_of(1, 10)), 4)  # type: ignore[arg-type]
    found = [
        row
        for event in fetcher.read(source, {"0": [None]}, pad=timedelta(0)).events()
        if isinstance(event, Arrived)
        for row in event.rows
    ]
    assert found == [{"id": n * 10 + m, "parent": n} for n in range(0, 10, 2) for m in range(2)]


def test_rows_waiting_to_be_written_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "ROOM", 50)
    api = Api(rows_of(2, 24 * 40))
    fetcher = Fetcher(api, 4)  # type: ignore[arg-type]
    reading = fetcher.read(DETAILED, plan_of(2, 40), pad=timedelta(0))
    most = 0
    count = 0
    for event in reading.events():
        time.sleep(0.0005)  # a slow target
        most = max(most, fetcher.room.rows)
        count += len(event.rows) if isinstance(event, Arrived) else 0
    assert count >= 2 * 24 * 40
    # The room, a page for each reader, and what the first window of each account may add.
    assert most <= 50 + 4 * 10 + 2 * 30


def test_the_edges_are_asked_for_on_both_sides() -> None:
    api = Api(rows_of(1, 1))
    read(api, LIST, {"0": [Window(EPOCH, EPOCH + days(1))]}, 1, pad=timedelta(seconds=1))
    params = dict(api.calls[0].params)
    assert int(params["from"]) == epoch_of(EPOCH) - 1
    assert int(params["to"]) == epoch_of(EPOCH + days(1))


def test_a_dotted_path_finds_what_is_nested() -> None:
    assert dig({"a": {"b": [1]}}, "a.b") == [1]
    assert dig({"a": None}, "a.b") is None
    assert dig([1], "") == [1]
