"""Signing in to BigQuery, and why it did not work, in one sentence."""

from __future__ import annotations

import json
import os
from typing import Any

import google.auth
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import (
    BadRequest,
    Forbidden,
    GoogleAPICallError,
    NotFound,
    RetryError,
    Unauthorized,
)
from google.api_core.retry import Retry
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError, TransportError
from google.cloud import bigquery
from google.oauth2 import service_account

from talat_warehouse.errors import WarehouseError

request_timeout = 30.0  # seconds a request may take
_RETRY_SECONDS = 60.0
first_seconds = 10.0  # the first request is retried so long: a wrong setting should be known soon
_SCOPES = ["https://www.googleapis.com/auth/bigquery", "https://www.googleapis.com/auth/cloud-platform"]


def retrying(seconds: float = _RETRY_SECONDS) -> Retry:
    """The client's own back-off, ended after a minute: by itself it goes on for ten."""
    retry: Retry = bigquery.DEFAULT_RETRY.with_timeout(seconds)
    return retry


def open_client(project: str, path: str | None, text: str | None) -> bigquery.Client:
    """A client for a project, of the emulator where BIGQUERY_EMULATOR_HOST is set.

    Raises WarehouseError where there are no credentials or they cannot be read.
    """
    if host := os.environ.get("BIGQUERY_EMULATOR_HOST"):
        host = host if "://" in host else f"http://{host}"
        nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]
        return bigquery.Client(project, nobody, client_options=ClientOptions(api_endpoint=host))
    return bigquery.Client(project, _credentials(path, text))


def _credentials(path: str | None, text: str | None) -> Any:
    if not path and not text:
        try:
            return google.auth.default(scopes=_SCOPES)[0]
        except DefaultCredentialsError as error:
            raise WarehouseError(
                "No Google credentials were found; set `credentials_path` or `credentials_json`, or run "
                "`gcloud auth application-default login`."
            ) from error
    name = "credentials_json" if text else "credentials_path"
    try:
        if not text and path:
            with open(os.path.expanduser(path), encoding="utf-8") as file:  # noqa: PTH123, PTH111
                text = file.read()
        read = service_account.Credentials.from_service_account_info
        return read(json.loads(text or ""), scopes=_SCOPES)  # type: ignore[no-untyped-call]
    except OSError as error:
        raise WarehouseError(
            f"The file of `credentials_path` cannot be read ({error.strerror}); correct the path."
        ) from error
    except (ValueError, GoogleAuthError) as error:
        # Nothing of the text: it is a secret.
        raise WarehouseError(
            f"`{name}` is not the key of a service account; download its JSON key again or use application "
            "default credentials."
        ) from error


def why_refused(error: BaseException, project: str, dataset: str) -> str:
    """What a person can do about the first request's failure."""
    if isinstance(error, RetryError) and error.cause is not None:
        error = error.cause
    if isinstance(error, GoogleAuthError | Unauthorized) and not isinstance(error, TransportError):
        return (
            "Google did not accept the credentials; they may be revoked or expired: renew the service account's "
            "key or run `gcloud auth application-default login`."
        )
    if isinstance(error, NotFound) or (isinstance(error, BadRequest) and "project" in str(error).lower()):
        return f"The Google Cloud project '{project}' was not found; correct `project`."
    if isinstance(error, Forbidden):
        return (
            f"The account may not use dataset '{dataset}' of project '{project}'; check `project`, and give it the "
            "roles BigQuery Data Editor and BigQuery Job User."
        )
    if isinstance(error, GoogleAPICallError) and error.code is not None:
        return f"BigQuery failed on the first request (status {int(error.code)}); try again later."
    where = os.environ.get("BIGQUERY_EMULATOR_HOST", "bigquery.googleapis.com")
    return f"BigQuery at {where} cannot be reached; check the network, or BIGQUERY_EMULATOR_HOST if it is set."
