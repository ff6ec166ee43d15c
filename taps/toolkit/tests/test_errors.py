"""Which row of an error table speaks of an answer."""

from __future__ import annotations

import pytest

from tap_toolkit.errors import Fatal, Retry, Rule, SkipAccount, SkipStream, SkipWindow, Split, TapError, decide

TABLE = (
    Rule("100/33", SkipAccount, "Check the account."),
    Rule("1", Split, "", text="reduce the amount"),
    Rule("1", Retry, "Later."),
    Rule("100", SkipStream, "Report it."),
    Rule("200-299", SkipAccount, "Ask for the permission."),
    Rule("-3", Split, ""),
    Rule("query.WRONG", Split, ""),
    Rule("query.*", Fatal, "Report it."),
    Rule("*", Retry, "Later.", text="(transient)"),
)


@pytest.mark.parametrize(
    ("code", "message", "error"),
    [
        ("100/33", "", SkipAccount),
        ("100/34", "", SkipStream),
        ("common.100", "", SkipStream),
        ("1", "Please Reduce the amount of data", Split),
        ("1/99", "An unknown error", Retry),
        ("200", "", SkipAccount),
        ("275/1", "", SkipAccount),
        ("299", "", SkipAccount),
        ("300", "", SkipWindow),
        ("-3/1504045", "", Split),
        ("77", "Odd (transient)", Retry),
        ("77", "", SkipWindow),
        ("query.WRONG", "", Split),
        ("query.ODD", "", Fatal),
        ("another_query.ODD", "", SkipWindow),
        ("", "", SkipWindow),
    ],
)
def test_the_first_row_that_speaks_of_a_code_decides(code: str, message: str, error: type[TapError]) -> None:
    assert type(decide(TABLE, code=code, message=message, status=400, where="host/x")) is error


STATUSES = (
    Rule("CODED", Fatal, ""),
    Rule("HTTP 404", SkipAccount, ""),
    Rule("HTTP 429", SkipStream, "", text="for good"),
    Rule("HTTP 500-599", Retry, "", attempts=6),
)


@pytest.mark.parametrize(
    ("status", "code", "message", "error"),
    [
        (404, "CODED", "", Fatal),
        (404, "NEW", "", SkipAccount),
        (404, "", "", SkipAccount),
        (400, "", "", SkipWindow),
        (429, "", "for good", SkipStream),
        (429, "", "", Retry),
        (503, "", "", Retry),
    ],
)
def test_a_row_may_speak_of_a_status_whose_codes_are_not_known(
    status: int, code: str, message: str, error: type[TapError]
) -> None:
    decided = decide(STATUSES, code=code, message=message, status=status, where="host/x")
    assert type(decided) is error
    if isinstance(decided, Retry):
        assert decided.attempts == (6 if status == 503 else None)


def test_the_sentence_names_the_call_the_answer_and_what_to_do() -> None:
    error = decide((Rule("7", Fatal, "Mend it."),), code="7", message="Broken", status=200, where="host/x")
    assert str(error) == "host/x answered «7: Broken». Mend it."


def test_a_host_that_has_no_such_path_is_perhaps_another_one() -> None:
    error = decide((), code="", message="", status=404, where="host/x")
    assert str(error) == "host/x answered «HTTP 404»: there is no such path. Check api_url, then run again."
    assert "api_url" not in str(decide((), code="gone", message="", status=404, where="host/x"))
