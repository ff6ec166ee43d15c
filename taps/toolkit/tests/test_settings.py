"""Mistakes in settings as sentences."""

from __future__ import annotations

from typing import Any

import pytest

from tap_toolkit.settings import check_settings, from_environment, nearest

SCHEMA: dict[str, Any] = {
    "required": ["ids", "start"],
    "properties": {
        "ids": {"type": ["array"], "items": {"type": ["string", "integer"], "minimum": 1}, "description": "Accounts."},
        "start": {"type": ["string"], "description": "When."},
        "rate": {"type": ["number", "null"], "default": 7},
        "mine": {
            "type": ["array", "null"],
            "description": "Reports.",
            "items": {
                "type": "object",
                "required": ["name", "level"],
                "properties": {"name": {"type": "string"}, "level": {"enum": ["ad", "account"]}},
                "additionalProperties": False,
            },
        },
    },
}
FINE: dict[str, Any] = {"ids": ["1"], "start": "2026"}


@pytest.mark.parametrize(
    ("config", "sentences"),
    [
        (FINE, []),
        ({**FINE, "rate": "2.5"}, []),
        ({}, ["Setting ids is missing. Accounts.", "Setting start is missing. When."]),
        ({"ids": [], "start": ""}, ["Setting start is missing. When."]),
        ({**FINE, "rates": "S3CRET"}, ["There is no setting rates: write rate, or remove it."]),
        (
            {"start": "2026", "idst": "1", "id": "1"},
            [
                "There is no setting idst: write ids, or remove it.",
                "There is no setting id: write ids, or remove it.",
                "Setting ids is missing. Accounts.",
            ],
        ),
        ({**FINE, "rates": 3, "rate": 2, "another_tool": "S3CRET"}, []),
        ({**FINE, "ids": [-5]}, ["Setting ids.0 must be at least 1. Accounts."]),
        ({**FINE, "mine": [{"level": "ad"}]}, ["Setting mine.0 lacks name."]),
        (
            {**FINE, "mine": [{"name": "a", "level": "adset", "fild": "S3CRET"}]},
            [
                "Setting mine.0 knows no fild: the nearest is level.",
                "Setting mine.0.level must be one of ad, account. Reports.",
            ],
        ),
    ],
)
def test_each_mistake_is_a_sentence_that_shows_no_value(config: dict[str, Any], sentences: list[str]) -> None:
    assert check_settings(dict(config), SCHEMA) == sentences


def test_the_nearest_name_is_found_however_far_off() -> None:
    assert nearest("daily_adds", ["daily_ad", "daily_adset"]) == "daily_ad"
    assert nearest("zzz", ["abc"]) == "abc"
    assert nearest("x", []) == ""


def test_a_variable_that_is_not_of_its_kind_is_refused_like_any_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    schema = {**SCHEMA, "properties": {**SCHEMA["properties"], "many": {"type": ["integer", "null"]}}}
    given = {"IDS": '["1", 2]', "START": "2026", "RATE": "2.5", "MANY": "some", "MINE": "daily"}
    for name, value in given.items():
        monkeypatch.setenv(f"TAP_IT_{name}", value)
    found = from_environment(schema, "TAP_IT_")
    assert found == {"ids": ["1", 2], "start": "2026", "rate": "2.5", "many": "some", "mine": "daily"}
    wrong = ["Setting many must be a whole number.", 'Setting mine must be a list, like ["…", "…"]. Reports.']
    assert check_settings(found, schema) == wrong
