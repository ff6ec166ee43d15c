"""Google Secret Manager in memory, asked by Google's own client over gRPC on this machine."""

from __future__ import annotations

import contextlib
import functools
import itertools
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.api_core import exceptions as google_exceptions
from google.cloud import secretmanager
from google.cloud.secretmanager_v1 import types
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport

# Google types none of their constructors.
exceptions: Any = google_exceptions


class SecretManager(grpc.GenericRpcHandler):
    """The service as its documents tell it: numbered versions with states, etags on secrets, lists that lag.

    ``lost_answers``, ``refused`` and ``meanwhile`` name the client's methods: answers that get lost once, errors in
    place of answers, and what somebody else does once just before the next call. ``shown`` are the versions that lists
    show, whatever there is. ``client`` reaches the service.
    """

    client: secretmanager.SecretManagerServiceClient

    def __init__(self) -> None:
        self.secrets: dict[str, dict[str, Any]] = {}
        self.lost_answers: list[str] = []
        self.refused: dict[str, Exception] = {}
        self.meanwhile: dict[str, Callable[[], Any]] = {}
        self.lag = False
        self.shown: list[int] | None = None
        self._etags = itertools.count(1)
        self._lock = threading.Lock()

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        method = handler_call_details.method.rpartition("/")[2]
        return grpc.unary_unary_rpc_method_handler(
            functools.partial(self._answer, re.sub(r"\B(?=[A-Z])", "_", method).lower()),
            request_deserializer=getattr(types, f"{method}Request").deserialize,
            response_serializer=lambda answer: type(answer).serialize(answer),
        )

    def states(self) -> dict[str, list[str]]:
        """The state of each version of each secret."""
        return {name: [state for state, _ in secret["versions"]] for name, secret in self.secrets.items()}

    def _answer(self, method: str, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            if method in self.refused:
                raise self.refused[method]
            self.meanwhile.pop(method, lambda: None)()
            with self._lock:
                answer = getattr(self, f"_{method}")(request)
            if method in self.lost_answers:
                self.lost_answers.remove(method)
                raise exceptions.ServiceUnavailable("The answer was lost.")
        except google_exceptions.GoogleAPICallError as error:
            context.abort(error.grpc_status_code, error.message)
        return answer

    def _etag(self) -> str:
        return f'"{next(self._etags)}"'

    def _find(self, name: str) -> dict[str, Any]:
        if name not in self.secrets:
            raise exceptions.NotFound(f"Secret [{name}] not found.")
        return self.secrets[name]

    def _version(self, name: str) -> list[Any]:
        secret, _, number = name.partition("/versions/")
        versions: list[list[Any]] = self._find(secret)["versions"]
        if not 0 < int(number) <= len(versions):
            raise exceptions.NotFound(f"Secret Version [{name}] not found.")
        return versions[int(number) - 1]

    def _create_secret(self, request: types.CreateSecretRequest) -> types.Secret:
        name = f"{request.parent}/secrets/{request.secret_id}"
        if name in self.secrets:
            raise exceptions.AlreadyExists(name)
        if not re.fullmatch(r"[\w-]{1,255}", request.secret_id) or "automatic" not in request.secret.replication:
            raise exceptions.InvalidArgument(name)
        self.secrets[name] = {"etag": self._etag(), "annotations": {"owner": "somebody"}, "versions": []}
        return types.Secret(name=name)

    def _get_secret(self, request: types.GetSecretRequest) -> types.Secret:
        stored = self._find(request.name)
        return types.Secret(name=request.name, etag=stored["etag"], annotations=stored["annotations"])

    def _update_secret(self, request: types.UpdateSecretRequest) -> types.Secret:
        stored, secret = self._find(request.secret.name), request.secret
        if secret.etag not in ("", stored["etag"]):
            raise exceptions.FailedPrecondition("The etag provided does not match.")
        if list(request.update_mask.paths) != ["annotations"]:
            raise exceptions.InvalidArgument("Only annotations are changed.")
        stored["annotations"] = dict(secret.annotations)
        stored["etag"] = self._etag()
        return types.Secret(name=secret.name)

    def _list_secret_versions(self, request: types.ListSecretVersionsRequest) -> types.ListSecretVersionsResponse:
        """The newest first, on pages of two, each cut from the list as it is when the page is asked for."""
        listed = enumerate(self._find(request.parent)["versions"], 1)
        shown = [n for n, (state, _) in listed if request.filter in ("", f"state:{state}")]
        shown = (shown[: -1 if self.lag else None] if self.shown is None else self.shown)[::-1]
        start = int(request.page_token or 0)
        return types.ListSecretVersionsResponse(
            versions=[types.SecretVersion(name=f"{request.parent}/versions/{n}") for n in shown[start : start + 2]],
            next_page_token=str(start + 2) if len(shown) > start + 2 else "",
        )

    def _add_secret_version(self, request: types.AddSecretVersionRequest) -> types.SecretVersion:
        versions = self._find(request.parent)["versions"]
        versions.append(["ENABLED", request.payload.data])
        return types.SecretVersion(name=f"{request.parent}/versions/{len(versions)}")

    def _access_secret_version(self, request: types.AccessSecretVersionRequest) -> types.AccessSecretVersionResponse:
        state, data = self._version(request.name)
        if state != "ENABLED":
            raise exceptions.FailedPrecondition(f"Secret Version [{request.name}] is in {state} state.")
        return types.AccessSecretVersionResponse(name=request.name, payload={"data": data})

    def _destroy_secret_version(self, request: types.DestroySecretVersionRequest) -> types.SecretVersion:
        self._version(request.name)[:] = ["DESTROYED", None]
        return types.SecretVersion(name=request.name)


@contextlib.contextmanager
def running_secret_manager() -> Iterator[SecretManager]:
    """The service on a free port of 127.0.0.1, with Google's client connected to it."""
    service = SecretManager()
    with ThreadPoolExecutor(8) as pool:
        server = grpc.server(pool, handlers=[service])
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}", [("grpc.enable_http_proxy", 0)]) as channel:
                transport = SecretManagerServiceGrpcTransport(channel=channel)
                service.client = secretmanager.SecretManagerServiceClient(transport=transport)
                yield service
        finally:
            server.stop(None).wait()
