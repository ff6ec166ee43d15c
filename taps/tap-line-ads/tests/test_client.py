"""The signature, the file, the envelope and every row of the error table."""

from __future__ import annotations

import csv
import time
from email.utils import parsedate_to_datetime
from importlib import resources
from typing import Any

import pytest

from talat_sandbox.platforms.line_ads.protocol import ACCESS_KEY, SECRET_KEY
from talat_sandbox.testing import Sandbox
from tap_line_ads.client import LineAdsClient, signature
from tap_line_ads.files import column, read_file
from tap_toolkit import errors
from tap_toolkit.http import Call, Meter
from tap_toolkit.ratelimit import RateBudget
from tap_toolkit.tokens import FixedToken

ROWS = list(csv.DictReader(resources.files("tap_line_ads").joinpath("errors.csv").read_text().splitlines()))
FIRST = "A49799313413"
CALL = Call(f"adaccounts/{FIRST}/campaigns", FIRST, [("page", "1")])


def client(url: str = "http://127.0.0.1") -> LineAdsClient:
    made = LineAdsClient(
        base_url=url, access_key=ACCESS_KEY, budget=RateBudget(), concurrency=1, user_agent="test", max_seconds=0
    )
    made.tokens = FixedToken(SECRET_KEY, "secret_key")
    return made


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        (b"", ".xHzIHHbWvIZUiek7Jy0fuyG6U0FQpobUyFXybcx9t4c="),
        (
            b'{"name":"test","campaignObjective":"VISIT_MY_WEBSITE"}',
            ".Krh1Xh-kWldS-MkOmNH6dmMdkWDTBVmnkDCZHlMRUoo=",
        ),
    ],
)
def test_requests_are_signed_like_the_published_samples(body: bytes, ends: str) -> None:
    path = "/api/v3/adaccounts/A1/campaigns"
    assert signature("LINEADSAMPLE", "LINEADSECRETKEYSAMPLE", body, "20211222", path).endswith(ends)


def test_the_date_is_that_of_the_signature_by_lines_clock() -> None:
    asked = client()
    asked._skew = 3 * 86400
    signed = asked.sign(CALL, SECRET_KEY)
    stamp = parsedate_to_datetime(signed.headers["Date"])
    assert abs(stamp.timestamp() - time.time() - 3 * 86400) < 5
    day = stamp.strftime("%Y%m%d")
    path = f"/api/v3/adaccounts/{FIRST}/campaigns"
    assert signed.headers["Authorization"] == f"Bearer {signature(ACCESS_KEY, SECRET_KEY, b'', day, path)}"
    assert list(signed.params) == []


def test_a_machine_whose_clock_is_wrong_is_set_right_by_the_refusal(sandbox: Sandbox) -> None:
    asked = client(sandbox.url)
    asked._max_seconds = 30
    asked._skew = 3600.0
    meter = Meter()
    assert asked.call(CALL, meter)["datas"]
    assert meter.requests == 2


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["code"])
def test_every_row_of_the_error_table_is_decided_as_it_says(sandbox: Sandbox, row: dict[str, str]) -> None:
    """A real answer of the sandbox for each row; what is no object is made by hand."""
    asked, meter = client(sandbox.url), Meter()
    if row["code"] == "malformed":
        assert asked.refusal([]) == ("malformed", "an answer that is not an object")
        return
    sandbox.faults({"match": {"account": FIRST}, "kind": "error", "code": row["code"], "times": None})
    with pytest.raises(errors.TapError) as raised:
        asked.call(CALL, meter)
    decision = row["decision"]
    if decision in ("Retry", "Throttled"):
        assert meter.requests == 1  # no time is left for a second
        decision = row["then"] or "SkipWindow"
    assert type(raised.value).__name__ == decision
    assert row["mend"] in str(raised.value)
    assert SECRET_KEY not in str(raised.value)


def test_every_code_has_one_decision() -> None:
    codes = [row["code"] for row in ROWS]
    assert len(codes) == len({*codes})


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"datas": []}, None),
        ({"errors": []}, None),
        ({"errors": [{"reason": "BAD_REQUEST", "property": "since"}]}, ("BAD_REQUEST", "since")),
        ({"errors": ["odd"]}, ("", "")),
    ],
)
def test_what_is_a_refusal(body: Any, refusal: Any) -> None:
    assert client().refusal(body) == refusal


def test_a_file_is_read_by_its_column_names() -> None:
    names = "Day,Ad group ID,Impressions,Cost,Reach (estimated),CPA,CTR,Ad name"
    text = f'\ufeff{names}\r\n2026-03-01,7,"18,841","1,533.90",,-,2.19%,"a,b"\r\n'
    assert read_file(text.encode()) == [
        {
            "date": "2026-03-01", "adgroup_id": "7", "impressions": "18841", "cost": "1533.90", "reach": None,
            "cpa": None, "ctr": "2.19%", "ad_name": "a,b",
        }
    ]  # fmt: skip
    assert read_file(b"Day,Cost\r\n") == []
    assert column("CV value (purchased)") == "cv_value"


@pytest.mark.parametrize(
    "content", [b"", b"<html>maintenance</html>\n", b"Day,Cost\r\n2026-03-01\r\n", b"Day,Cost\r\n2026"]
)
def test_what_is_no_whole_file_is_none(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"report|length"):
        read_file(content)


def test_a_file_cut_anywhere_but_behind_a_line_is_none() -> None:
    content = '\ufeffDay,Ad name,Cost\r\n2026-03-01,"a ""b"",\r\nกข",1\r\n2026-03-02,c,2\r\n'.encode()
    ends = [end for end in range(len(content)) if _is_read(content[:end])]
    assert [len(read_file(content[:end])) for end in ends] == [0, 1]
    assert len(read_file(content)) == 2


def _is_read(content: bytes) -> bool:
    try:
        read_file(content)
    except ValueError:
        return False
    return True
