"""target-bigquery: one dataset. Load jobs into a staging table, then one MERGE."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar, TypeVar, cast

from google.api_core.exceptions import Conflict, GoogleAPICallError, NotFound, RetryError
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from requests.exceptions import RequestException
from singer_sdk import typing as th

from talat_warehouse.engine import Batch, Engine, Table
from talat_warehouse.errors import WarehouseError
from talat_warehouse.exact_json import exact_in_64_bits
from talat_warehouse.google import first_seconds, open_client, request_timeout, retrying, why_refused
from talat_warehouse.kinds import BATCHED_AT, EXACT_IN_DOUBLE, EXTRACTED_AT, METADATA, RECEIVED_AT, SEQUENCE, Kind
from talat_warehouse.target import WarehouseTarget

_TYPES = {
    Kind.STRING: "STRING",
    Kind.INTEGER: "INT64",
    Kind.NUMBER: "FLOAT64",
    Kind.DECIMAL: "NUMERIC",
    Kind.BOOLEAN: "BOOL",
    Kind.TIMESTAMP: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.TIME: "TIME",
    Kind.JSON: "JSON",
}
_OLD_NAMES = {"INTEGER": Kind.INTEGER, "FLOAT": Kind.NUMBER, "BOOLEAN": Kind.BOOLEAN}
_KINDS = {name: kind for kind, name in _TYPES.items()} | _OLD_NAMES
_CLUSTER_BY = {Kind.STRING, Kind.INTEGER, Kind.DECIMAL, Kind.BOOLEAN, Kind.TIMESTAMP, Kind.DATE}
_RANGES = {Kind.STRING, Kind.INTEGER, Kind.TIMESTAMP, Kind.DATE}
_TIMESTAMP_TEXT = "FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%E6SZ', {}, 'UTC')"

_JOB_SECONDS = 900
_TRY_AGAIN = {"backendError", "internalError", "rateLimitExceeded", "jobBackendError", "jobRateLimitExceeded"}
_ATTEMPTS = 3

_T = TypeVar("_T")
_J = TypeVar("_J", bigquery.LoadJob, bigquery.QueryJob)


class BigQueryEngine(Engine):
    """Every request and job has a time limit; every job an id, so that sending it twice runs it once."""

    def __init__(self, client: bigquery.Client, dataset: str, location: str) -> None:
        """Find the dataset or make it; raises WarehouseError where that cannot be."""
        self._client = client
        self._run = uuid.uuid4().hex[:12]
        self._jobs = 0
        self._dataset = f"{client.project}.{dataset}"
        try:
            try:
                found = client.get_dataset(self._dataset, retry=retrying(first_seconds), timeout=request_timeout)
            except NotFound:
                wanted = bigquery.Dataset(self._dataset)
                wanted.location = location
                found = client.create_dataset(wanted, exists_ok=True, retry=retrying(), timeout=request_timeout)
        except (GoogleAPICallError, GoogleAuthError, RetryError, RequestException) as error:
            self.close()
            raise WarehouseError(why_refused(error, client.project, dataset)) from error
        # A dataset that was there stays where it is, and jobs run beside it.
        self._location = found.location or location

    def columns(self, table: Table) -> dict[str, Kind]:
        """See Engine. Raises WarehouseError for a type that this target does not make."""
        try:
            found = self._call(
                lambda: self._client.get_table(self._id(table), retry=retrying(), timeout=request_timeout)
            )
        except NotFound:
            return {}
        foreign = [
            f"{f.name} ({f.mode} {f.field_type})"
            for f in found.schema
            if f.mode == "REPEATED" or f.field_type not in _KINDS
        ]
        missing = sorted(METADATA.keys() - {field.name for field in found.schema})
        if foreign or missing:
            raise WarehouseError(
                f"the table {self._id(table)} was made by something else (it has {', '.join(foreign) or 'no '}"
                f"{', '.join(missing)}); drop or rename it, or load into another dataset"
            )
        return {f.name: _KINDS[f.field_type] for f in found.schema if f.name not in METADATA}

    def create(self, table: Table) -> None:
        """See Engine. Keyed tables are clustered by key, others partitioned by the day of loading.

        A keyed table is not partitioned: its rows move with each update, so no column that every stream has
        would let MERGE skip a partition, whereas clustering lets it skip the blocks outside a batch's keys.
        """
        made = bigquery.Table(self._id(table), schema=_fields({**table.columns, **METADATA}))
        if table.keys:
            made.clustering_fields = _clustering(table) or None
        else:
            made.time_partitioning = bigquery.TimePartitioning(field=BATCHED_AT)
        self._call(lambda: self._client.create_table(made, exists_ok=True, retry=retrying(), timeout=request_timeout))

    def add_columns(self, table: Table, columns: Mapping[str, Kind]) -> None:
        """See Engine."""
        # One request, free of charge: BigQuery allows few changes of a table in ten seconds.
        found = self._call(partial(self._client.get_table, self._id(table), retry=retrying(), timeout=request_timeout))
        known = {field.name.lower() for field in found.schema}
        found.schema = [*found.schema, *_fields({n: k for n, k in columns.items() if n.lower() not in known})]
        self._call(partial(self._client.update_table, found, ["schema"], retry=retrying(), timeout=request_timeout))

    def widen(self, table: Table, column: str, current: Kind, wider: Kind) -> None:
        """See Engine. BigQuery alters integers to numbers in place; any other change rewrites the table."""
        name = f"`{column}`"
        if wider is Kind.NUMBER:
            wide = f"{name} NOT BETWEEN -{EXACT_IN_DOUBLE} AND {EXACT_IN_DOUBLE}"
            inexact = f"SELECT COUNT(*) AS n FROM `{self._id(table)}` WHERE {wide}"
            count = next(iter(self._query(inexact).result(timeout=_JOB_SECONDS))).n
            if count:
                raise WarehouseError(
                    f"column '{column}' holds {count} integers that no double holds exactly, so it cannot "
                    "become a number; declare it as decimal in the tap's schema"
                )
        if wider in (Kind.NUMBER, Kind.DECIMAL):
            self._query(f"ALTER TABLE `{self._id(table)}` ALTER COLUMN {name} SET DATA TYPE {_TYPES[wider]}")
            return
        how = f"CAST({name} AS STRING)"
        if wider is Kind.JSON:
            how = f"TO_JSON({name}, stringify_wide_numbers => TRUE)" if current is Kind.DECIMAL else f"TO_JSON({name})"
        elif current is Kind.TIMESTAMP:
            how = _TIMESTAMP_TEXT.format(name)
        layout = f"PARTITION BY DATE({BATCHED_AT})"
        if table.keys:
            fields = _clustering(table)
            layout = f"CLUSTER BY {', '.join(f'`{field}`' for field in fields)}" if fields else ""
        self._query(
            f"CREATE OR REPLACE TABLE `{self._id(table)}` {layout} "
            f"AS SELECT * REPLACE ({how} AS {name}) FROM `{self._id(table)}`"
        )

    def load(self, table: Table, batch: Batch) -> None:
        """See Engine: a load job into a staging table, and one statement that is all or nothing."""
        read = {**table.columns, EXTRACTED_AT: Kind.TIMESTAMP, SEQUENCE: Kind.INTEGER}
        # JSON is staged as text: a load job would keep the text itself as a JSON string.
        staged = {name: Kind.STRING if kind is Kind.JSON else kind for name, kind in read.items()}
        stage = bigquery.Table(f"{self._id(table)}__batch_{self._run}_{batch.number}", schema=_fields(staged))
        stage.expires = datetime.now(UTC) + timedelta(days=1)  # for a process that dies before it drops it
        self._call(lambda: self._client.create_table(stage, exists_ok=True, retry=retrying(), timeout=request_timeout))
        try:
            self._stage(stage, batch)
            self._merge(table, stage, read, batch)
        finally:
            self._call(
                lambda: self._client.delete_table(stage, not_found_ok=True, retry=retrying(), timeout=request_timeout)
            )

    def _stage(self, stage: bigquery.Table, batch: Batch) -> None:
        config = bigquery.LoadJobConfig(
            schema=stage.schema,
            source_format=bigquery.SourceFormat.NEWLINE_DELIMITED_JSON,
            write_disposition=bigquery.WriteDisposition.WRITE_TRUNCATE,
            max_bad_records=0,
        )

        def send(job_id: str) -> bigquery.LoadJob:
            with batch.path.open("rb") as file:
                return self._client.load_table_from_file(
                    file,
                    stage,
                    job_id=job_id,
                    job_config=config,
                    location=self._location,
                    num_retries=_ATTEMPTS,
                    timeout=request_timeout,
                )

        job = self._finish(send)
        if job.output_rows != batch.rows:
            raise WarehouseError(
                f"{batch.rows} rows were written for BigQuery and it read {job.output_rows}; nothing was loaded"
            )

    def _merge(self, table: Table, stage: bigquery.Table, read: Mapping[str, Kind], batch: Batch) -> None:
        values = [f"PARSE_JSON(`{n}`)" if k is Kind.JSON else f"`{n}`" for n, k in read.items()]
        values += [f"TIMESTAMP_MICROS(`{SEQUENCE}`)", "@batched_at"]
        columns = [*read, RECEIVED_AT, BATCHED_AT]
        names = ", ".join(f"`{name}`" for name in columns)
        parameters = [bigquery.ScalarQueryParameter("batched_at", "TIMESTAMP", batch.batched_at)]
        source = f"`{stage.reference}`"
        if not table.keys:
            self._query(
                f"INSERT INTO `{self._id(table)}` ({names}) SELECT {', '.join(values)} FROM {source}", parameters
            )
            return
        keys = ", ".join(f"`{key}`" for key in table.keys)
        rows = ", ".join(f"{value} AS `{name}`" for value, name in zip(values, columns, strict=True))
        on = [f"t.`{key}` = b.`{key}`" for key in table.keys]
        limits, more = self._limits(table, source)
        changes = ", ".join(f"`{name}` = b.`{name}`" for name in columns if name not in table.keys)
        self._query(
            f"MERGE INTO `{self._id(table)}` t USING (SELECT {rows} FROM {source} WHERE `{SEQUENCE}` IN "
            f"(SELECT MAX(`{SEQUENCE}`) FROM {source} GROUP BY {keys})) b ON {' AND '.join(on + limits)} "
            f"WHEN MATCHED THEN UPDATE SET {changes} "
            f"WHEN NOT MATCHED THEN INSERT ({names}) VALUES ({', '.join(f'b.`{name}`' for name in columns)})",
            parameters + more,
        )

    def _limits(self, table: Table, source: str) -> tuple[list[str], list[bigquery.ScalarQueryParameter]]:
        """Between which values a batch's keys lie: constants by which BigQuery skips blocks of the table."""
        keys = [key for key in _clustering(table) if table.columns[key] in _RANGES]
        if not keys:
            return [], []
        asked = ", ".join(f"MIN(`{k}`) AS low{i}, MAX(`{k}`) AS high{i}" for i, k in enumerate(keys))
        row = next(iter(self._query(f"SELECT {asked} FROM {source}").result(timeout=_JOB_SECONDS)))
        limits = [f"t.`{key}` BETWEEN @low{i} AND @high{i}" for i, key in enumerate(keys)]
        parameters = [
            bigquery.ScalarQueryParameter(f"{end}{i}", _TYPES[table.columns[key]], row[f"{end}{i}"])
            for i, key in enumerate(keys)
            for end in ("low", "high")
        ]
        return limits, parameters

    def _id(self, table: Table) -> str:
        return f"{self._client.project}.{table.schema}.{table.name}"

    # Jobs and requests

    def _query(self, sql: str, parameters: list[bigquery.ScalarQueryParameter] | None = None) -> bigquery.QueryJob:
        config = bigquery.QueryJobConfig(query_parameters=parameters or [])
        return self._finish(
            lambda job_id: self._client.query(
                sql,
                job_config=config,
                job_id=job_id,
                location=self._location,
                retry=retrying(),
                timeout=request_timeout,
                job_retry=None,
            )
        )

    def _finish(self, send: Callable[[str], _J]) -> _J:
        """Run a job to its end, again under a new id if BigQuery itself failed and so did nothing."""
        self._jobs += 1
        for attempt in range(1, _ATTEMPTS + 1):
            job_id = f"talat_{self._run}_{self._jobs}_{attempt}"
            job = self._call(partial(self._send_once, send, job_id))
            try:
                self._call(partial(job.result, retry=retrying(), timeout=_JOB_SECONDS))
            except WarehouseError:
                reason = (job.error_result or {}).get("reason")
                if attempt == _ATTEMPTS or reason not in _TRY_AGAIN:
                    raise
            else:
                break
        return job

    def _send_once(self, send: Callable[[str], _J], job_id: str) -> _J:
        try:
            return send(job_id)
        except Conflict:
            # An answer got lost and the request was sent again: the job is there already.
            return cast(
                "_J",
                self._client.get_job(job_id, location=self._location, retry=retrying(), timeout=request_timeout),
            )

    def _call(self, call: Callable[[], _T]) -> _T:
        try:
            return call()
        except NotFound:
            raise
        except (GoogleAPICallError, GoogleAuthError, RetryError, RequestException, TimeoutError) as error:
            # BigQuery quotes values, which may be a person's.
            message = str(getattr(error, "message", error)).partition("; reason:")[0]
            message = re.sub(r"""(['"])(?:(?!\1).)+\1""", "'…'", message.partition("\n")[0])
            raise WarehouseError(f"BigQuery did not do it ({type(error).__name__}: {message[:300]})") from error

    def json_text(self, raw: bytes) -> str:
        """See Engine: BigQuery's JSON has 64-bit numbers, so wider ones are kept as text."""
        return exact_in_64_bits(raw)

    def interrupt(self) -> None:
        """See Engine: a job goes on at Google, and the staging table of one that is left alone expires."""

    def close(self) -> None:
        """See Engine."""
        self._client.close()  # type: ignore[no-untyped-call]


def _fields(columns: Mapping[str, Kind]) -> list[bigquery.SchemaField]:
    return [bigquery.SchemaField(name, _TYPES[kind]) for name, kind in columns.items()]


def _clustering(table: Table) -> list[str]:
    return [key for key in table.keys if table.columns[key] in _CLUSTER_BY][:4]


class TargetBigQuery(WarehouseTarget):
    """Loads Singer streams into a BigQuery dataset, losing nothing."""

    name = "target-bigquery"
    package_name = "talat-warehouse"
    state_seconds = 60.0  # a load is a job and a MERGE, which costs; and so a day has fewer than 1,500

    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property(
            "project",
            th.StringType,
            required=True,
            title="Project",
            description="The Google Cloud project that the dataset is in and that pays for the jobs.",
        ),
        th.Property(
            "dataset",
            th.StringType,
            required=True,
            title="Dataset",
            description="The dataset of all tables; it is made if it is not there.",
        ),
        th.Property(
            "location",
            th.StringType,
            default="asia-southeast1",
            title="Location",
            description="Where a dataset is made; one that is there stays where it is.",
        ),
        th.Property(
            "credentials_path",
            th.StringType,
            title="Credentials file",
            description="The key file of a service account. Without this and `credentials_json`, Google's "
            "application default credentials.",
        ),
        th.Property(
            "credentials_json",
            th.StringType,
            secret=True,
            title="Credentials",
            description="The key of a service account, as JSON text.",
        ),
        th.Property(
            "batch_size_rows",
            th.IntegerType(minimum=1),
            default=100_000,
            title="Rows in a batch",
            description="Rows of one stream that are merged at once, at most 32 MB; each batch is one load job and "
            "one MERGE, of which BigQuery allows 1,500 a day for a table.",
        ),
        th.Property(
            "validate_records",
            th.BooleanType,
            default=False,
            title="Validate records",
            description="Check each record against its whole JSON schema, at many times the cost. Types are "
            "checked in any case.",
        ),
    ).to_dict()

    def open_engine(self) -> BigQueryEngine:
        """Sign in and find the dataset; raises WarehouseError."""
        config = self.config
        if not re.fullmatch(r"[A-Za-z0-9_]{1,1024}", config["dataset"]):
            raise WarehouseError(
                f"The dataset '{config['dataset']}' is no name that BigQuery allows; use letters, digits and '_'."
            )
        client = open_client(config["project"], config.get("credentials_path"), config.get("credentials_json"))
        return BigQueryEngine(client, config["dataset"], config["location"])

    def stream_place(self, stream: str) -> tuple[str, str]:
        """The dataset, and the stream's name."""
        return self.config["dataset"], stream
