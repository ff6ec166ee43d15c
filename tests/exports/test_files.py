"""Exported files through the published tap, the loader and dbt into staging: from a folder, from S3, and in trouble."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest

from tests.dbt.conftest import Done
from tests.exports.conftest import FILES, Project, sources


def test_orders_are_what_the_files_say(project: Project, built: Done) -> None:
    found = project.rows(
        "select order_id, ordered_at, order_date, status, is_sale, total_amount, refund_amount, currency, buyer_key "
        "from staging.stg_orders where platform = 'web_shop' order by order_id"
    )

    def at(*clock: int) -> datetime:
        return datetime(*clock)

    october, third = date(2026, 10, 1), date(2026, 10, 3)
    assert found == [
        # Half past midnight in Bangkok is the day before in London; ids keep their zeros.
        ("00071", at(2026, 9, 30, 17, 30), october, "completed", True, Decimal("1234.50"), 0, "THB", "7"),
        # Cash on delivery is a sale before it is paid; a guest has no id.
        ("00072", at(2026, 10, 1, 2, 15, 30), october, "pending", True, Decimal("99.25"), 0, "THB", None),
        # Refunded without a sum: all of it.
        ("00073", at(2026, 10, 2, 16, 59, 59), date(2026, 10, 2), "refunded", True, 500, 500, "THB", "8"),
        # November's file says what October's did not know yet.
        ("00074", at(2026, 10, 3, 3), third, "completed", True, Decimal("400.10"), Decimal("100.10"), "THB", "9"),
        # A status and a number that nobody knows: pending and empty, each with a warning.
        ("00075", at(2026, 10, 3, 4), third, "pending", False, None, 0, "THB", "8"),
        ("00080", at(2026, 11, 1, 1), date(2026, 11, 1), "cancelled", False, 80, 0, "THB", "9"),
        # From Excel, where numbers and times have types.
        ("00090", at(2026, 11, 5, 3), date(2026, 11, 5), "completed", True, Decimal("1490.10"), 0, "THB", "7"),
        ("91", at(2026, 11, 6, 3), date(2026, 11, 6), "completed", True, Decimal("0.30"), 0, "THB", "7"),
    ]
    statuses = built.statuses()
    assert statuses["warn_unknown_order_status"] == "warn"
    assert statuses["warn_web_shop_orders_unread"] == "warn"
    assert statuses["warn_export_lines_left_out"] == "pass"


def test_lines_products_and_shops_are_what_the_files_say(project: Project, built: Done) -> None:
    of_shop = "where platform = 'web_shop' order by all"

    assert project.rows(
        "select order_id, line_number, product_id, variant_id, sku, product_name, quantity, line_value "
        f"from staging.stg_order_items {of_shop}"
    ) == [
        ("00071", 1, "501", "601", "TEE-R", 'เสื้อยืด "ช้าง", แดง', 2, 1000),
        ("00071", 2, "502", "0", "MUG", "แก้วกาแฟ", 1, Decimal("234.50")),
        ("00072", 1, "502", "0", "MUG", "แก้วกาแฟ", 1, Decimal("99.25")),
        ("00073", 1, "502", "0", "MUG", "แก้วกาแฟ", 2, 500),
        ("00074", 1, "501", "602", "TEE-B", "เสื้อยืด น้ำเงิน", 1, Decimal("400.10")),
    ]
    assert project.rows(
        "select product_id, variant_id, product_name, is_listed, original_price, current_price, available_stock "
        f"from staging.stg_products {of_shop}"
    ) == [
        ("501", "601", "เสื้อยืด แดง", True, 550, 500, 12),
        ("501", "602", "เสื้อยืด น้ำเงิน", True, 550, 550, 0),
        ("502", "0", "แก้วกาแฟ", False, 250, 250, 7),
    ]
    assert project.rows(f"select shop_id, time_zone, currency from staging.stg_shops {of_shop}") == [
        ("main", "Asia/Bangkok", "THB")
    ]
    assert project.rows("select user_id, registered_at from staging.stg_web_shop__users order by 1") == [
        ("7", datetime(2026, 9, 30, 16)),
        ("8", datetime(2026, 8, 1, 5)),
        ("9", None),
    ]


def test_reports_of_ads_are_what_the_files_say(project: Project, built: Done) -> None:
    def report(name: str, split: str) -> list[tuple[Any, ...]]:
        return project.rows(
            f"select platform, account_id, campaign_id, {split}, date, currency, spend, impressions, clicks, "
            f"conversions, conversion_value from staging.stg_ads_exports__{name} order by all"
        )

    first = date(2026, 10, 1)
    google, meta = ("google_ads", "1234567890", "0091"), ("facebook_ads", "1010035716096099", "120208877665544")
    of_meta = ("THB", Decimal("321.09"), 4567, 89, 3, Decimal("1500.50"))
    whole = ("THB", 1235, 12010, 341, Decimal("4.5"), 9000)
    # Two networks of a day are added up; the total below the report is no campaign.
    assert report("campaigns", "campaign_name") == [
        (*meta, "ลดราคา", first, *of_meta),
        (*google, "ค้นหา", first, *whole),
        (*google, "ค้นหา", date(2026, 10, 2), "THB", 100, 900, 20, None, 0),
    ]
    assert report("devices", "device") == [
        (*meta, "iphone", first, *of_meta),
        (*google, "Computers", first, "THB", 235, 2010, 41, Decimal("0.5"), 1000),
        (*google, "Mobile phones", first, "THB", 1000, 10000, 300, 4, 8000),
    ]
    assert report("locations", "location") == [
        (*meta, "Chiang Mai", first, *of_meta),
        (*google, "กรุงเทพมหานคร", first, *whole),
    ]
    assert report("keywords", "keyword, match_type, ad_group_id") == [
        (*google, "เสื้อยืด ช้าง", "Exact match", "77", first, "THB", Decimal("1234.56"), 12000, 340, Decimal("4.5"), 9000)
    ]


def personal_texts() -> set[str]:
    """Every name, e-mail, telephone number and address in the files."""
    personal = re.compile("e-?mail|phone|address|first.?name|last.?name|username")
    found = set()
    for path in FILES.glob("web_shop/*.csv"):
        for row in csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))):
            for header, value in row.items():
                if value and personal.search(header.lower()):
                    found.add(value)
    return found | {"somsri@example.com"}


def test_no_personal_text_reaches_the_warehouse(project: Project, built: Done) -> None:
    texts = personal_texts()
    assert len(texts) > 20

    tables = project.rows("select table_schema, table_name from information_schema.tables")
    held = "\n".join(str(project.rows(f"select t::varchar from {schema}.{table} t")) for schema, table in tables)

    assert "เสื้อยืด" in held, "Thai must be found as it is"
    assert [text for text in texts if text in held] == []
    assert "example.com" not in held


@pytest.fixture(scope="module")
def first_loaded(project: Project) -> set[tuple[str, str, str]]:
    """Stream, file and hash of each line of the web shop's files as they were first."""
    found = set()
    for stream in sources("web_shop"):
        loaded = project.rows(f"select _sdc_filename, row_hash from raw_web_shop.{stream}")
        found |= {(stream, name.rpartition("/")[2], row_hash) for name, row_hash in loaded}
    return found


def serve_s3(port: int) -> subprocess.Popen[bytes]:
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        assert server.poll() is None
        time.sleep(0.1)
    raise AssertionError("the S3 server did not start")


@pytest.fixture
def bucket() -> Iterator[str]:
    """A local S3's address, with the files in its bucket ``talat`` below ``shop/``."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    server, address = serve_s3(port), f"http://127.0.0.1:{port}"
    try:
        client = boto3.client(
            "s3",
            endpoint_url=address,
            aws_access_key_id="key",
            aws_secret_access_key="secret",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket="talat")
        for path in FILES.rglob("*.*"):
            name = path.relative_to(FILES).as_posix()
            client.put_object(Bucket="talat", Key=f"shop/exports/{name}", Body=path.read_bytes())
        yield address
    finally:
        server.terminate()
        server.wait(20)


def test_the_same_files_come_from_s3(project: Project, first_loaded: set[tuple[str, str, str]], bucket: str) -> None:
    settings = {
        "EXPORTS_ROOT": "s3://talat/shop/",
        "S3_ENDPOINT_URL": bucket,
        "S3_ACCESS_KEY_ID": "key",
        "S3_SECRET_ACCESS_KEY": "secret",
    }
    env = project.folder / ".env"
    env.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    try:
        remote = project.lines("tap-web-shop") | project.lines("tap-web-shop-excel")
    finally:
        env.unlink()

    assert {stream for stream, _, _ in remote} == {"users", "orders", "order_items", "products"}
    assert remote == first_loaded


def test_a_changed_file_replaces_what_it_said_and_a_lacking_column_is_named(project: Project, built: Done) -> None:
    path = project.exports / "web_shop/orders-2026-11.csv"
    before = path.read_text("utf-8-sig")
    lines = before.splitlines(keepends=True)
    products = project.exports / "web_shop/products_late.csv"
    try:
        # One order is taken out, one is told twice in two ways.
        path.write_text(lines[0] + lines[1] + lines[1].replace("400.10", "400.20"), "utf-8")
        later = time.time() + 5
        os.utime(path, (later, later))
        # Copied from a backup, older than all that was read: read all the same. It has no names.
        products.write_text("ID,Type,SKU\n900,simple,OLD\n")
        os.utime(products, (1, 1))
        project.load("tap-web-shop")
        done = project.build("+stg_web_shop__orders", "+stg_web_shop__products")
    finally:
        path.write_text(before, "utf-8")
        products.unlink(missing_ok=True)

    orders = project.rows(
        "select order_id, total_amount from staging.stg_web_shop__orders "
        "where order_id between '00074' and '00080' order by order_id"
    )
    assert [order for order, _ in orders] == ["00074", "00075"]
    assert orders[0][1] in (Decimal("400.10"), Decimal("400.20"))
    assert done.statuses()["warn_web_shop_orders_key_twice"] == "warn"
    # What its file no longer has is gone; a line that another file has stays with the first.
    assert ("900",) in project.rows("select product_id from staging.stg_web_shop__products")
    assert "products_late.csv has no product_name" in done.output


def test_what_cannot_be_read_stops_the_run_and_what_is_not_there_does_not(project: Project) -> None:
    aside = project.folder / "aside"
    project.exports.rename(aside)
    try:
        done = project.meltano("invoke", "tap-web-shop")
        assert done.exit_code == 0
        assert "No csv files found for exports/web_shop/orders*.csv" in done.log

        thai = project.exports / "web_shop/orders.csv"
        thai.parent.mkdir(parents=True)
        thai.write_bytes("order_id,status,created_at,total\n1,ส่งแล้ว,2026-10-01,5\n".encode("cp874"))
        done = project.meltano("run", "tap-web-shop", "target-duckdb")
        assert done.exit_code != 0
        assert "UnicodeDecodeError: 'utf-8' codec can't decode" in done.stdout + done.log
    finally:
        shutil.rmtree(project.exports, ignore_errors=True)
        aside.rename(project.exports)
