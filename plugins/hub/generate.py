"""Writes a Meltano Hub page for each tap and loader: what `--about` says, the plugin's definition, and pages.yml.

    .venv/bin/python plugins/hub/generate.py

A page is a whole plugin definition, too: what another project gives to `meltano add --from-ref`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VARIANT = "talat"
#: Of the plugin's definition in this project, what holds in any other.
SHARED = ("namespace", "label", "executable", "commands", "settings_group_validation")
#: Expressions are a map of any names, although the SDK's schema names one.
WHOLE = ("stream_maps",)

Page = dict[str, Any]


def repository() -> str:
    """The address of this repository, as the packages tell it."""
    project = tomllib.loads((ROOT / "taps/toolkit/pyproject.toml").read_text())["project"]
    return str(project["urls"]["Repository"])


def definitions() -> dict[Path, Page]:
    """Every tap and loader of this project: where its page belongs, and its definition here.

    Published plugins, which are not installed from a folder, have pages of their own.
    """
    found = {}
    for kind in ("extractors", "loaders"):
        for path in sorted(ROOT.glob(f"plugins/{kind}/*.meltano.yml")):
            definition = yaml.safe_load(path.read_text())["plugins"][kind][0]
            if " -e " in definition["pip_url"]:
                found[HERE / kind / definition["name"] / f"{VARIANT}.yml"] = definition
    return found


def page(definition: Page) -> Page:
    """One plugin's page. Raises CalledProcessError when its command does not say what it is."""
    written = yaml.safe_load((HERE / "pages.yml").read_text())[definition["name"]]
    example, values = written.pop("example", None), written.pop("values", {})
    about = json.loads(_output(definition["executable"], "--about", "--format=json"))
    if example:
        written["usage"] = f"{written['usage']}\n{_streams(definition['executable'], example)}"
    return {
        "name": definition["name"],
        "variant": VARIANT,
        "repo": repository(),
        "pip_url": pip_url(definition["pip_url"]),
        "description": about["description"],
        "capabilities": sorted(about["capabilities"]),
        "supported_python_versions": about["supported_python_versions"],
        "settings": sorted(
            _settings(about["settings"]["properties"], values), key=lambda setting: str(setting["name"])
        ),
        "maintenance_status": "active",
        "quality": "unknown",  # for the Hub to judge
        **{name: definition[name] for name in SHARED if name in definition},
        **written,
    }


def pip_url(local: str) -> str:
    """The same packages from git: a tap and the toolkit it needs, since neither is on a registry."""
    return " ".join(f"git+{repository()}#subdirectory={folder}" for folder in re.findall(r"-e (\S+)", local))


def text(content: Page) -> str:
    """A page as the Hub writes its own: keys in order, no indented lists."""
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, width=120)


class _Dumper(yaml.SafeDumper):
    """Texts of several lines stay so."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def _settings(properties: Mapping[str, Any], values: Mapping[str, Any], prefix: str = "") -> Iterator[Page]:
    for name, schema in properties.items():
        full = f"{prefix}{name}"
        kind = _kind(schema)
        if kind == "object" and schema.get("properties") and full not in WHOLE:
            yield from _settings(schema["properties"], values, f"{full}.")
            continue
        setting = {"name": full, "kind": kind, "label": schema["title"], "description": schema["description"]}
        if kind == "options":
            setting["options"] = [{"label": value, "value": value} for value in schema["enum"]]
        if schema.get("secret"):
            setting["sensitive"] = True
        if full in values or "default" in schema:
            setting["value"] = values.get(full, schema.get("default"))
        yield setting


def _kind(schema: Mapping[str, Any]) -> str:
    """The Hub's word for a setting's type; a choice of several types is a text.

    So is a fraction: of kind ``decimal`` Meltano takes it from the environment, but cannot write it for the tap.
    """
    types = schema.get("type", "string")
    (kind,) = {types} if isinstance(types, str) else set(types) - {"null"}
    if "enum" in schema:
        return "options"
    if schema.get("format") == "date-time":
        return "date_iso8601"
    return {"number": "string"}.get(kind, kind)


def _streams(executable: str, example: Page) -> str:
    """The streams as a list; discovery asks no platform."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump(example, config)
        config.flush()
        catalog = json.loads(_output(executable, "--config", config.name, "--discover"))
    lines = (f"- `{s['tap_stream_id']}`: {', '.join(s['key_properties'])}\n" for s in catalog["streams"])
    return "## Streams and their keys\n\n" + "".join(lines)


def _output(command: str, *args: str) -> str:
    path = Path(sysconfig.get_path("scripts")) / command
    return subprocess.run([path, *args], check=True, capture_output=True, encoding="utf-8").stdout


if __name__ == "__main__":
    for target, definition in definitions().items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text(page(definition)), encoding="utf-8")
