"""The pages say what the commands say of themselves, and the Hub's own schemas accept them."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from plugins.hub.generate import HERE, definitions, page, text
from tap_toolkit.testing import executable, run

SCHEMAS = Path(__file__).parent / "schemas"
PAGES = definitions()
NAMES = [path.parent.name for path in PAGES]
every_page = pytest.mark.parametrize("path", PAGES, ids=NAMES)


def validator(kind: str) -> Draft7Validator:
    schemas = {path.name: json.loads(path.read_text()) for path in SCHEMAS.rglob("*.schema.json")}
    known = ((schema["$id"], Resource.from_contents(schema, DRAFT7)) for schema in schemas.values())
    return Draft7Validator(schemas[f"{kind}.schema.json"], registry=Registry().with_resources(known))


@functools.cache
def about(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(executable(name), "--about", "--format=json").stdout)
    return found


@every_page
def test_a_page_is_what_the_generator_writes_today(path: Path) -> None:
    assert path.read_text() == text(page(PAGES[path])), "run .venv/bin/python plugins/hub/generate.py"


@every_page
def test_the_hubs_own_schema_accepts_a_page(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    checks = validator(path.parents[1].name)
    assert [error.message for error in checks.iter_errors(content)] == []
    assert list(checks.iter_errors({**content, "load_schema": "raw"})), "the schema must be able to refuse"
    wrong = [{**content["settings"][0], "kind": "number"}]
    assert list(checks.iter_errors({**content, "settings": wrong})), "the schemas it refers to, too"


@every_page
def test_about_is_complete(path: Path) -> None:
    told = about(path.parent.name)
    assert told["description"]
    assert told["supported_python_versions"] == ["3.11", "3.12", "3.13"]
    for name, setting in told["settings"]["properties"].items():
        assert setting["title"], name
        assert setting["description"], name
        assert setting["type"], name
    assert set(PAGES[path]["capabilities"]) == set(told["capabilities"])
    required = set(told["settings"]["required"])
    assert required
    assert all(required <= set(group) for group in PAGES[path]["settings_group_validation"])


@every_page
def test_a_page_hides_what_is_secret_and_only_that(path: Path) -> None:
    settings = {s["name"]: s for s in yaml.safe_load(path.read_text())["settings"]}
    secret = {n for n, s in about(path.parent.name)["settings"]["properties"].items() if s.get("secret")}
    assert {name for name, setting in settings.items() if setting.get("sensitive")} == secret
    assert not any("value" in settings[name] for name in secret)


@every_page
def test_no_setting_is_of_the_kind_that_meltano_takes_from_the_environment_and_cannot_write(path: Path) -> None:
    for settings in (yaml.safe_load(path.read_text())["settings"], PAGES[path]["settings"]):
        assert [setting["name"] for setting in settings if setting.get("kind") == "decimal"] == []


def test_every_page_is_of_a_plugin_of_this_project() -> None:
    assert set(HERE.glob("*/*/*.yml")) == set(PAGES)
    assert set(yaml.safe_load((HERE / "pages.yml").read_text())) == set(NAMES)
