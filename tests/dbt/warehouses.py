"""Puts raw records into a warehouse as the loaders do: types from the taps' own JSON schemas."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
from google.cloud import bigquery

from tap_ga4.reports import DATA, read_reports
from tap_google_ads.gaql import READY_MADE
from tap_google_ads.streams import GoogleAdsStream
from tap_line_ads.streams import LEVELS, Daily
from tap_tiktok_ads.streams import REPORTS as TIKTOK_REPORTS

ROOT = Path(__file__).parents[2]
PLATFORMS = (
    "shopee",
    "facebook_ads",
    "line_shop",
    "tiktok_shop",
    "lazada",
    "exchange_rates",
    "google_ads",
    "tiktok_ads",
    "line_ads",
    "shopee_ads",
    "lazada_ads",
    "ga4",
)
SCHEMAS = {
    platform: (
        ROOT / f"taps/tap-{platform.replace('_', '-')}/tap_{platform}/schemas",
        ROOT / "taps/toolkit/tap_toolkit/schemas",
    )
    for platform in PLATFORMS
}
# One schema serves all of a platform's reports.
REPORTS = {
    "facebook_ads": ("insights", ("daily_account", "daily_campaign", "daily_adset", "daily_ad")),
    "tiktok_ads": ("insights", tuple(TIKTOK_REPORTS.data["default"])),
}
LOADER_COLUMNS = {
    "_sdc_extracted_at": "TIMESTAMP",
    "_sdc_received_at": "TIMESTAMP",
    "_sdc_batched_at": "TIMESTAMP",
    "_sdc_sequence": "INTEGER",
}
DUCKDB_TYPES = {
    "JSON": "JSON",
    "INTEGER": "BIGINT",
    "NUMERIC": "DECIMAL(38, 9)",
    "FLOAT": "DOUBLE",
    "BOOLEAN": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMP",
    "DATE": "DATE",
    "STRING": "VARCHAR",
}

Raw = Mapping[str, Sequence[Mapping[str, Any]]]


def column_type(schema: Mapping[str, Any]) -> str:
    """BigQuery type of a JSON schema's property."""
    declared = schema["type"]
    kinds = [kind for kind in ([declared] if isinstance(declared, str) else declared) if kind != "null"]
    if len(kinds) > 1 or kinds[0] in ("object", "array"):
        return "JSON"
    if kinds[0] == "number":
        return "NUMERIC" if schema.get("x-sql-datatype") == "decimal" else "FLOAT"
    if kinds[0] == "string":
        return {"date-time": "TIMESTAMP", "date": "DATE"}.get(schema.get("format", ""), "STRING")
    return kinds[0].upper()


def raw_tables(platform: str) -> dict[str, dict[str, str]]:
    """Columns and BigQuery types of every raw table of a platform; personal fields never arrive."""
    tables = {}
    for name, schema in _schemas(platform).items():
        columns = {name: column_type(it) for name, it in schema["properties"].items() if it.get("x-pii") != "drop"}
        tables[name] = columns | LOADER_COLUMNS
    return tables


def _schemas(platform: str) -> dict[str, Mapping[str, Any]]:
    """JSON schemas of a platform's tables: files, or what its tap makes of the table of its reports."""
    paths = (path for folder in SCHEMAS[platform] for path in sorted(folder.glob("*.json")))
    found: dict[str, Mapping[str, Any]] = {path.stem: json.loads(path.read_text()) for path in paths}
    if platform in REPORTS:
        schema, reports = REPORTS[platform]
        found |= dict.fromkeys(reports, found.pop(schema))
    match platform:
        case "google_ads":
            del found["fields"]
            found |= {report.name: GoogleAdsStream.of(report).full_schema() for report in READY_MADE}
        case "line_ads":
            del found["performance"]
            found |= {name: Daily.of(name, timedelta()).full_schema() for name in LEVELS}
        case "ga4":
            found |= {report.name: report.schema() for report in read_reports({"reports": list(DATA["reports"])})[0]}
    return found


def rows(raw: Raw, table: str, loaded: str) -> list[dict[str, Any]]:
    """Records of one table with the loader's own columns."""
    stamps = {name: loaded for name, kind in LOADER_COLUMNS.items() if kind == "TIMESTAMP"}
    return [{**record, **stamps, "_sdc_sequence": 1} for record in raw.get(table, ())]


def load_duckdb(path: Path, platforms: Mapping[str, Raw], loaded: str) -> None:
    """Create every raw table of these platforms in a DuckDB file and fill it."""
    lines = path.with_suffix(".ndjson")
    with duckdb.connect(str(path)) as connection:
        for platform, raw in platforms.items():
            connection.execute(f"create schema raw_{platform}")
            for table, columns in raw_tables(platform).items():
                types = {name: DUCKDB_TYPES[kind] for name, kind in columns.items()}
                typed = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
                connection.execute(f"create table raw_{platform}.{table} ({typed})")
                records = rows(raw, table, loaded)
                lines.write_text("".join(json.dumps(record) + "\n" for record in records))
                if records:
                    connection.execute(
                        f"insert into raw_{platform}.{table} select * from "
                        "read_json(?, columns = ?, format = 'newline_delimited')",
                        [str(lines), types],
                    )
    lines.unlink()


def load_bigquery(client: bigquery.Client, platforms: Mapping[str, Raw], loaded: str, prefix: str = "") -> None:
    """Create every raw table of these platforms in BigQuery datasets and fill it."""
    for platform, raw in platforms.items():
        dataset = f"{prefix}raw_{platform}"
        client.create_dataset(dataset, timeout=30)
        for table, columns in raw_tables(platform).items():
            fields = [bigquery.SchemaField(name, kind) for name, kind in columns.items()]
            reference = f"{client.project}.{dataset}.{table}"
            client.create_table(bigquery.Table(reference, schema=fields), timeout=30)
            if records := rows(raw, table, loaded):
                config = bigquery.LoadJobConfig(schema=fields, source_format="NEWLINE_DELIMITED_JSON")
                # Without a size the client uploads resumably; the emulator refuses multipart uploads.
                lines = io.BytesIO("".join(json.dumps(record) + "\n" for record in records).encode())
                client.load_table_from_file(lines, reference, job_config=config, timeout=30).result(timeout=60)
