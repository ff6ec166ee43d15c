"""One call and its parameters, read the way Meta does: query, form and JSON body are one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson

from talat_sandbox.platforms.facebook_ads.protocol import VERSIONS, GraphError, parameter_error
from talat_sandbox.web import Request

_OLDEST, _NEWEST = (tuple(map(int, version[1:].split("."))) for version in (VERSIONS[0], VERSIONS[-1]))
PAGE = 25
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Call:
    """A request without its version: `parts` are the path's segments, `as_of` is the business instant."""

    method: str
    version: str
    parts: tuple[str, ...]
    params: Mapping[str, str]
    token: str
    host: str
    as_of: int

    @classmethod
    def read(cls, request: Request, as_of: int) -> Call:
        """Return the call behind a request. Raises GraphError for a version that is not served."""
        parts = tuple(part for part in request.path.split("/") if part)
        version = VERSIONS[-1]
        if parts and parts[0][1:2].isdigit() and parts[0].startswith("v"):
            version, parts = parts[0], parts[1:]
            _check_version(version)
        params = {name: values[-1] for name, values in request.params.items()}
        if request.method == "POST":
            params |= _body(request)
        bearer = request.authorization.partition(" ")
        token = bearer[2].strip() if bearer[0].lower() == "bearer" else ""
        return cls(request.method, version, parts, params, params.get("access_token") or token, request.host, as_of)

    def param(self, name: str, default: str = "") -> str:
        """Return a parameter as text."""
        return self.params.get(name, default)

    def value(self, name: str) -> object:
        """Return a parameter that holds JSON, or None when it is not given. Raises GraphError when it is not JSON."""
        text = self.params.get(name)
        if not text:
            return None
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            raise parameter_error(f"Invalid parameter: {name} must be JSON.") from None

    def names(self, name: str) -> list[str]:
        """Return a list of names, given as JSON or joined by commas."""
        text = self.params.get(name, "").strip()
        if text.startswith(("[", '"')):
            listed = self.value(name)
            return [str(entry) for entry in listed] if isinstance(listed, list) else [str(listed)]
        return [part.strip() for part in text.split(",") if part.strip()]

    def fields(self) -> str:
        """Return the fields asked for, joined by commas: the id alone unless told."""
        text = self.params.get("fields", "")
        return ",".join(self.names("fields")) if text.startswith("[") else text or "id"

    def limit(self) -> int:
        """Return the page size: 25 unless asked. Raises GraphError when it is not a positive number."""
        text = self.params.get("limit", str(PAGE))
        if not text.isdigit() or not int(text):
            raise parameter_error("Param limit must be a positive integer.")
        return min(int(text), _MOST)

    def page_url(self, **cursor: str) -> str:
        """Return the address of another page of this call: all parameters, the access token among them."""
        kept = {name: value for name, value in self.params.items() if name not in ("after", "before")}
        query = urlencode({**kept, "access_token": self.token, **cursor})
        return f"http://{self.host}/{self.version}/{'/'.join(self.parts)}?{query}"


def _check_version(version: str) -> None:
    try:
        asked = tuple(int(part) for part in version[1:].split("."))
    except ValueError:
        asked = ()
    if asked and asked < _OLDEST:
        raise GraphError(
            2635,
            "(#2635) You are calling a deprecated version of the Ads API. "
            f"Please update to the latest version: {VERSIONS[-1]}.",
        )
    if not asked or asked > _NEWEST:
        raise GraphError(2500, f"Unknown path components: /{version}")


def _body(request: Request) -> dict[str, str]:
    if request.body.lstrip().startswith(b"{"):
        return {
            name: value if isinstance(value, str) else orjson.dumps(value).decode()
            for name, value in request.json.items()
        }
    return {name: values[-1] for name, values in request.form.items()}
