"""The taps' maps, the models and EXPORTS.md name the same columns, and none that says who a person is."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
import yaml

from tests.checkout import ROOT
from tests.exports.conftest import TAPS, sources

DEFINITION = ROOT / "plugins/extractors/tap-spreadsheets.meltano.yml"
PLUGINS = {plugin["name"]: plugin for plugin in yaml.safe_load(DEFINITION.read_text())["plugins"]["extractors"]}


def own(plugin: str) -> Mapping[str, Mapping[str, str]]:
    """A plugin's maps: the columns of each stream, without what is not from the files."""
    maps = PLUGINS[plugin]["config"]["stream_maps"]
    ours = {"row_hash", "ads_platform"}
    return {
        name: {c: e for c, e in columns.items() if not c.startswith("_") and c not in ours}
        for name, columns in maps.items()
    }


def headers(expression: str) -> list[str]:
    return re.findall(r"record\.get\('(\w+)'\)", expression)


def test_maps_and_models_name_the_same_columns() -> None:
    assert {name: list(columns) for name, columns in own("tap-web-shop").items()} == sources("web_shop")
    google = own("tap-google-ads-exports")
    assert {name: list(columns) for name, columns in google.items()} == sources("ads_exports")
    assert own("tap-meta-ads-exports").items() <= google.items()


@pytest.mark.parametrize("tap", TAPS)
def test_only_named_columns_leave_the_files(tap: str) -> None:
    config = PLUGINS[PLUGINS[tap]["inherit_from"]].get("config", {}) | PLUGINS[tap]["config"]
    assert {entry["table_name"] for entry in config["files"]} == set(config["stream_maps"])
    for name, columns in config["stream_maps"].items():
        assert columns["__else__"] == "__NULL__", name
        assert columns["__key_properties__"] == ["_sdc_filename", "row_hash"], name
    for columns in own(PLUGINS[tap]["inherit_from"] if tap == "tap-web-shop-excel" else tap).values():
        named = {header for expression in columns.values() for header in headers(expression)}
        assert not [header for header in named if re.search("mail|phone|address|first|last_n|user_?name", header)]


def test_every_column_of_a_workbook_is_read_as_text() -> None:
    maps = own("tap-web-shop")
    for entry in PLUGINS["tap-web-shop-excel"]["config"]["files"]:
        named = {header for expression in maps[entry["table_name"]].values() for header in headers(expression)}
        assert set(entry["schema_overrides"]) == named
        assert all(override == {"type": ["string", "null"]} for override in entry["schema_overrides"].values())


def test_a_row_of_a_shop_is_known_by_what_is_kept_of_it() -> None:
    for columns in PLUGINS["tap-web-shop"]["config"]["stream_maps"].values():
        kept = [e for c, e in columns.items() if not c.startswith("_") and c != "row_hash"]
        assert headers(columns["row_hash"]) == [header for expression in kept for header in headers(expression)]


def test_the_mapping_names_every_header() -> None:
    text = (ROOT / "plugins/extractors/EXPORTS.md").read_text()
    for plugin in ("tap-web-shop", "tap-google-ads-exports"):
        for stream, columns in own(plugin).items():
            for column, expression in columns.items():
                for header in {column, *headers(expression)}:
                    assert f"`{header}`" in text, (stream, header)
