"""Settings judged in sentences that say what is wrong and how to mend it, and never repeat a value."""

from __future__ import annotations

import contextlib
import difflib
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from singer_sdk import typing as th
from singer_sdk.configuration._dict_config import parse_environment_config

# A line for each variable that is set hides the one that says what is wrong.
logging.getLogger("singer_sdk.configuration").setLevel(logging.WARNING)

_KINDS = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": 'a list, like ["…", "…"]',
    "object": 'a map, like {"…": "…"}',
}


def setting(name: str, kind: Any, title: str, description: str, **more: Any) -> th.Property[Any]:
    """One setting of a tap, with what ``--about`` and Meltano show of it."""
    return th.Property(name, kind, title=title, description=description, **more)


def from_environment(schema: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """The settings that variables like ``TAP_EXAMPLE_START_DATE`` have, ``TAP_EXAMPLE_`` being the prefix.

    One that is not of its kind stays a text, which :func:`check_settings` refuses.
    """
    found = {}
    for name, declared in schema.get("properties", {}).items():
        try:
            found.update(parse_environment_config({"properties": {name: declared}}, prefix))
        except ValueError:
            found[name] = os.environ[f"{prefix}{name.upper()}"]
    return found


def check_settings(config: dict[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """A sentence for each setting that does not fit the schema, or is spelt almost like one; defaults are filled in."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    for name in [name for name, value in config.items() if value is None or value == ""]:
        del config[name]  # Meltano writes unset settings as empty
    misspelt = list(_misspelt(config, properties))
    for name, declared in properties.items():
        if "default" in declared:
            config.setdefault(name, declared["default"])
    for name, value in config.items():
        kind = properties.get(name, {}).get("type", ())
        if isinstance(value, str) and "number" in kind:
            # The SDK reads all other kinds from the environment, but leaves fractions as text.
            with contextlib.suppress(ValueError):
                config[name] = float(value)
    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda error: list(map(str, error.path)))
    return misspelt + list(dict.fromkeys(sentence for error in errors for sentence in _sentences(error, properties)))


def _misspelt(config: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each name like one that is not set; names like none are let be, as is usual in Singer."""
    unset = [name for name in properties if name not in config]
    for name in (name for name in config if name not in properties):
        if meant := difflib.get_close_matches(name, unset, n=2, cutoff=0.75):
            yield f"There is no setting {name}: write {' or '.join(meant)}, or remove it."


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like one that is not; for the end of a sentence that refuses it."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.0)
    return found[0] if found else ""


def _sentences(error: ValidationError, properties: Mapping[str, Any]) -> Iterator[str]:
    name = ".".join(str(part) for part in error.path)
    given: Any = error.instance
    wanted: Any = error.validator_value
    about = properties.get(str(error.path[0]), {}).get("description", "") if error.path else ""
    if error.validator == "required":
        for missing in (wanted_name for wanted_name in wanted if wanted_name not in given):
            about = properties.get(missing, {}).get("description", "")
            yield f"Setting {name} lacks {missing}." if name else f"Setting {missing} is missing. {about}".strip()
    elif error.validator == "additionalProperties":
        known: Any = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        for unknown in (key for key in given if key not in known):
            yield f"Setting {name} knows no {unknown}: the nearest is {nearest(unknown, known)}."
    else:
        yield f"Setting {name} must be {_expected(error)}. {about}".strip()


def _expected(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    match error.validator:
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return " or ".join(_KINDS.get(kind, kind) for kind in kinds if kind != "null")
        case "enum":
            return "one of " + ", ".join(map(str, wanted))
        case "minimum":
            return f"at least {wanted}"
        case "maximum":
            return f"at most {wanted}"
        case "minItems":
            return "a list that is not empty"
        case "minLength":
            return "a text that is not empty"
        case "pattern":
            return f"a text of the form {wanted}"
        case _:
            return f"valid ({error.validator} {wanted})"
