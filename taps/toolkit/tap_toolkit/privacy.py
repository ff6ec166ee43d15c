"""What keeps personal data (Thailand's PDPA) from leaving a tap.

A schema marks its personal fields: ``"x-pii": "drop"`` removes the field from records and from the published schema,
``"x-pii": "hash"`` replaces it by a keyed hash, by which one buyer's orders can be counted but not named. Fields that
a platform adds without notice are kept, except where their name says that they are about a person.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from typing import Any

DROP = "drop"
HASH = "hash"

#: Names under which platforms send personal data; looked at only for fields that no schema knows.
PERSONAL_NAME = re.compile(
    r"(^|_)(buyer|recipient|receiver|consignee|customer|dropshipper|pharmacist)(_|$)"
    r"|phone|mobile|e?mail|address|passport|citizen|birth|zip_?code|postal|geolocation|cpf|tax_id|prescription"
    r"|(^|_)(full|first|last|user|contact|real|display)_?name$|(^|_)(message_to|note|chat)(_|$)",
    re.IGNORECASE,
)

Scrub = Callable[[Any], Any]


def looks_personal(name: str) -> bool:
    """Whether an unknown field's name says that it is about a person."""
    return PERSONAL_NAME.search(name) is not None


def keyed_hash(value: object, salt: str) -> str | None:
    """HMAC-SHA256 of the value's text in hex; None without a salt, for an unkeyed hash can be reversed by trial."""
    if not salt or value is None or value == "":
        return None
    return hmac.new(salt.encode(), str(value).encode(), hashlib.sha256).hexdigest()


def published(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without the fields that never leave the tap, at any depth."""
    result = {key: value for key, value in schema.items() if key not in ("x-pii", "x-epoch")}
    if "properties" in schema:
        result["properties"] = {
            name: published(field) for name, field in schema["properties"].items() if field.get("x-pii") != DROP
        }
    if isinstance(schema.get("items"), Mapping):
        result["items"] = published(schema["items"])
    return result


def scrubber(schema: Mapping[str, Any], salt: str, on_personal: Callable[[str], None]) -> Scrub:
    """A function that removes or hashes what is personal inside a nested value, and returns the value.

    Unknown nested fields are kept unless :func:`looks_personal`; ``on_personal`` is then told the name. The value is
    changed in place. Values of another shape than the schema's are walked by name alone.
    """
    properties: Mapping[str, Any] = schema.get("properties") or {}
    items: Mapping[str, Any] = schema.get("items") or {}
    known = frozenset(properties)
    personal = {name: field["x-pii"] for name, field in properties.items() if "x-pii" in field}
    deeper = {
        name: scrubber(field, salt, on_personal)
        for name, field in properties.items()
        if name not in personal and ("properties" in field or "items" in field)
    }
    each: Scrub | None = scrubber(items, salt, on_personal) if items or not properties else None
    recursive = not properties and not items

    def scrub(value: Any) -> Any:
        kind = type(value)
        if kind is dict:
            if not known.issuperset(value):
                for name in [n for n in value if n not in known]:
                    if looks_personal(name):
                        on_personal(name)
                        del value[name]
                    else:
                        value[name] = scrub_unknown(value[name])
            for name, how in personal.items():
                if name in value:
                    hashed = keyed_hash(value[name], salt) if how == HASH else None
                    if how == HASH:
                        value[name] = hashed
                    else:
                        del value[name]
            for name, inner in deeper.items():
                if value.get(name):
                    value[name] = inner(value[name])
        elif kind is list:
            inner = scrub if recursive or each is None else each
            value[:] = [inner(element) for element in value]
        return value

    def scrub_unknown(value: Any) -> Any:
        if type(value) is dict:
            for name in list(value):
                if looks_personal(name):
                    on_personal(name)
                    del value[name]
                else:
                    value[name] = scrub_unknown(value[name])
        elif type(value) is list:
            value[:] = [scrub_unknown(element) for element in value]
        return value

    return scrub
