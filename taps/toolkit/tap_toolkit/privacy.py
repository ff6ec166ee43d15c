"""What keeps personal data (Thailand's PDPA) from leaving a tap.

A schema marks its personal fields: ``"x-pii": "drop"`` removes the field from records and from the published schema,
``"x-pii": "hash"`` replaces it by a keyed hash, by which one buyer's orders can be counted but not named. Fields that
a platform adds without notice are kept, except where their name says that they are about a person.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

DROP = "drop"
HASH = "hash"

#: Names under which platforms send personal data; looked at only for fields that no schema knows.
PERSONAL_NAME = re.compile(
    r"(^|_)(buyer|recipient|receiver|consignee|customer|dropshipper|pharmacist)(_|$)"
    r"|phone|mobile|e?mail|address|passport|citizen|birth|zip_?code|postal|geolocation|cpf|tax_id|prescription"
    r"|(^|_)(full|first|last|user|contact|real|display)_?name$|(^|_)(message_to|note|chat)(_|$)",
    re.IGNORECASE,
)

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

Scrub = Callable[[Any], Any]
_NESTED: dict[type, bool] = {dict: True, list: True}
_nested: Callable[[type], bool | None] = _NESTED.get
_MOST_PLANS = 4096


class _Plan(NamedTuple):
    """What to do with the fields of a nested value: by name, and for those that are nested again by whom."""

    drop: list[str]
    hash: list[str]
    walk: list[tuple[str, Scrub]]


@functools.lru_cache(maxsize=4096)
def looks_personal(name: str) -> bool:
    """Whether an unknown field's name, written with underscores or in camelCase, says that it is about a person."""
    return PERSONAL_NAME.search(_HUMP.sub("_", name)) is not None


def keyed_hash(value: object, salt: str) -> str | None:
    """HMAC-SHA256 of the value's text in hex; None without a salt, for an unkeyed hash can be reversed by trial."""
    if not salt or value is None or value == "":
        return None
    begun, ended = (part.copy() for part in _pads(salt))
    begun.update(str(value).encode())
    ended.update(begun.digest())
    digest: str = ended.hexdigest()
    return digest


@functools.lru_cache(maxsize=16)
def _pads(salt: str) -> tuple[Any, Any]:
    """HMAC's two hashes as far as the key alone decides them [RFC 2104].

    `hmac.digest` begins anew for each value, and lets other threads run meanwhile: that cost more than all the rest.
    """
    key = salt.encode()
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return hashlib.sha256(bytes(b ^ 0x36 for b in block)), hashlib.sha256(bytes(b ^ 0x5C for b in block))


def published(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without the fields that never leave the tap, at any depth."""
    result = {key: value for key, value in schema.items() if key not in ("x-pii", "x-epoch", "x-grouped")}
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
    marked = {name: field["x-pii"] for name, field in properties.items() if "x-pii" in field}
    deeper = {
        name: scrubber(field, salt, on_personal)
        for name, field in properties.items()
        if "properties" in field or "items" in field
    }
    each = scrubber(items, salt, on_personal) if items else None
    # What to do is the same for all values with the same names, nested in the same places.
    plans: dict[tuple[Any, ...], _Plan] = {}

    def learn(value: Mapping[str, Any], shape: tuple[Any, ...]) -> _Plan:
        plan = _Plan([], [], [])
        for name, inside in value.items():
            mark = marked.get(name)
            if mark is None and name not in properties and looks_personal(name):
                on_personal(name)
                mark = DROP
            if mark == DROP:
                plan.drop.append(name)
            elif mark == HASH:
                plan.hash.append(name)
            elif type(inside) in _NESTED:
                plan.walk.append((name, deeper.get(name, scrub_unknown)))
        if len(plans) < _MOST_PLANS:
            plans[shape] = plan
        return plan

    def scrub(value: Any) -> Any:
        if type(value) is list:
            inner = each or scrub
            for element in value:
                if type(element) in _NESTED:
                    inner(element)
        elif type(value) is dict:
            shape = (*value, *map(_nested, map(type, value.values())))
            dropped, hashed, walked = plans.get(shape) or learn(value, shape)
            for name in dropped:
                del value[name]
            for name in hashed:
                value[name] = keyed_hash(value[name], salt)
            for name, inner in walked:
                inner(value[name])
        return value

    scrub_unknown = scrubber({}, salt, on_personal) if properties or items else scrub
    return scrub
