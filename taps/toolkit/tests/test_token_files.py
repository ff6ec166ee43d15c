"""Tokens in a directory: for its owner alone, whole after a crash, and one sentence for what is wrong with it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from tap_toolkit.errors import Fatal
from tap_toolkit.token_stores import FileTokenStore, open_store
from tap_toolkit.tokens import Tokens

KEY = "shopee/2001887/226001234"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "tokens"


def test_given_a_directory_then_it_and_its_files_are_the_owners_alone(directory: Path) -> None:
    old = os.umask(0)
    try:
        store = open_store(str(directory / "deep"))
        with store.lock(KEY):
            store.swap(KEY, None, Tokens("a"))
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (directory / "deep").iterdir()}
    assert modes == {"shopee-2001887-226001234.json": 0o600, "shopee-2001887-226001234.lock": 0o600}
    assert (directory / "deep").stat().st_mode & 0o777 == 0o700


def test_given_a_directory_open_to_others_then_it_is_refused_with_the_mend(directory: Path) -> None:
    directory.mkdir(mode=0o755)
    with pytest.raises(Fatal, match=r"\(mode 755\).*run `chmod 700 "):
        FileTokenStore(directory)


def test_given_a_file_that_others_can_read_then_it_is_closed_and_said(
    directory: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = FileTokenStore(directory)
    store.swap(KEY, None, Tokens("a"))
    file = next(directory.glob("*.json"))
    file.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert store.load(KEY) == Tokens("a")
    assert file.stat().st_mode & 0o777 == 0o600
    assert "Others on this machine could read" in caplog.text


@pytest.mark.parametrize(
    "content",
    [b"", b'{"key": "shopee/2001887/226001234", "tok', b"\xff\xfe", b"[" * 100_000, b"[]", b'{"key": "other"}'],
    ids=["empty", "cut off", "not text", "too deep", "a list", "another key"],
)
def test_given_a_damaged_file_then_the_sentence_names_it(directory: Path, content: bytes) -> None:
    store = FileTokenStore(directory)
    file = directory / "shopee-2001887-226001234.json"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(Fatal, match=rf"^The stored tokens in {file} are damaged"):
        store.load(KEY)
    with pytest.raises(Fatal, match="are damaged"):
        store.swap(KEY, None, Tokens("a"))


def test_given_another_keys_file_under_this_name_then_it_is_not_taken(directory: Path) -> None:
    store = FileTokenStore(directory)
    store.swap("shopee/2001887/1", None, Tokens("a"))
    (directory / "shopee-2001887-1.json").rename(directory / "shopee-2001887-226001234.json")
    with pytest.raises(Fatal, match="are damaged"):
        store.load(KEY)


def test_given_the_draft_of_a_process_that_died_then_it_is_written_over(directory: Path) -> None:
    store = FileTokenStore(directory)
    (directory / "shopee-2001887-226001234.new").write_text("half a reco" * 100)
    assert store.load(KEY) is None
    store.swap(KEY, None, Tokens("a"))
    assert store.load(KEY) == Tokens("a")
    assert [path.suffix for path in directory.iterdir()] == [".json"]


def test_given_a_place_that_is_no_directory_then_the_sentence_says_so(directory: Path) -> None:
    directory.write_text("")
    with pytest.raises(Fatal, match=r"^Cannot open the tokens in .*token_store"):
        open_store(str(directory))


def test_given_a_directory_that_is_gone_then_each_use_says_so(directory: Path) -> None:
    store = FileTokenStore(directory)
    directory.rmdir()
    with pytest.raises(Fatal, match=r"^Cannot write the tokens in .*No such file"):
        store.swap(KEY, None, Tokens("a"))
    with pytest.raises(Fatal, match=r"^Cannot lock the tokens in .*No such file"), store.lock(KEY):
        pass
