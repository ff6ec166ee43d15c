"""The bank's XML: read exactly, and refused where it is not what the bank writes."""

from __future__ import annotations

from datetime import date

import pytest

from tap_exchange_rates import files
from tap_exchange_rates.files import read_days

DAILY = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
\t<gesmes:subject>Reference rates</gesmes:subject>
\t<gesmes:Sender>
\t\t<gesmes:name>European Central Bank</gesmes:name>
\t</gesmes:Sender>
\t<Cube>
\t\t<Cube time='2024-06-28'>
\t\t\t<Cube currency='USD' rate='1.0705'/>
\t\t\t<Cube currency='IDR' rate='17487.21'/>
\t\t\t<Cube currency='PHP' rate='62.560'/></Cube></Cube></gesmes:Envelope>"""


def test_rates_are_the_digits_that_the_bank_wrote() -> None:
    assert read_days(DAILY) == {date(2024, 6, 28): {"USD": "1.0705", "IDR": "17487.21", "PHP": "62.560"}}


def test_a_file_is_read_alike_wherever_its_pieces_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_days(DAILY)
    monkeypatch.setattr(files, "_PIECE", 7)
    assert read_days(DAILY) == whole


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        DAILY[:-30],
        DAILY + DAILY,
        b"<html><body><h1>maintenance</h1></body></html>",
        DAILY.replace(b"2024-06-28", b"28 June"),
        DAILY.replace(b"<gesmes:Envelope", b'<!DOCTYPE e [<!ENTITY x "1">]><gesmes:Envelope', 1),
        DAILY.replace(b"<gesmes:Envelope", b'<!DOCTYPE e SYSTEM "file:///etc/passwd"><gesmes:Envelope', 1),
    ],
    ids=["nothing", "JSON", "cut off", "twice", "a page", "no date", "an entity", "an outer type"],
)
def test_what_is_no_file_of_rates_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of several kinds, and told by nobody
        read_days(content)


def test_more_than_any_file_has_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_MOST_BYTES", len(DAILY) - 1)
    with pytest.raises(ValueError, match="more than any file"):
        read_days(DAILY)
