"""What a Singer tap can do besides reading."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tap_toolkit.testing import Run, discover, executable, run, run_tap, selecting

Config = dict[str, Any]
Reader = Callable[..., Run]


def test_singer_capabilities(only: Reader, full: Run, tmp_path: Path) -> None:
    about = json.loads(run(executable("tap-tiktok-shop"), "--about", "--format=json").stdout)
    wanted = {"about", "catalog", "discover", "state", "stream-maps", "schema-flattening", "batch"}
    assert wanted | {"structured-logging"} <= set(about["capabilities"])
    settings = about["settings"]["properties"]
    assert {name for name, declared in settings.items() if declared.get("secret")} == {
        "app_secret",
        "refresh_tokens",
        "pii_salt",
    }
    mapped = only("shops", stream_maps={"shops": {"shop_id": "shop_id", "title": "name.upper()", "__else__": None}})
    assert {tuple(sorted(row)) for row in mapped.records("shops")} == {("shop_id", "title")}
    flat = only("shop_performance", flattening_enabled=True, flattening_max_depth=1)
    assert all("gmv__amount" in row for row in flat.records("shop_performance"))
    batches = only(
        "orders",
        batch_config={
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": f"file://{tmp_path}", "prefix": "b-"},
        },
    )
    lines = [
        json.loads(line)
        for message in batches.messages
        if message["type"] == "BATCH"
        for path in message["manifest"]
        for line in gzip.decompress(Path(path.removeprefix("file://")).read_bytes()).splitlines()
    ]
    assert {order["id"] for order in lines} == {order["id"] for order in full.records("orders")}


def test_ids_keep_their_digits_and_money_its_text(full: Run, config: Config) -> None:
    schemas = {s["tap_stream_id"]: s["schema"]["properties"] for s in discover("tap-tiktok-shop", config)["streams"]}
    for stream, properties in schemas.items():
        for name, declared in properties.items():
            if (name == "id" or name.endswith("_id")) and stream not in ("sync_windows", "rejected_records"):
                assert "string" in declared["type"], (stream, name)
            if name.endswith("_amount") and "object" not in declared["type"]:
                assert declared["x-sql-datatype"] == "decimal", (stream, name)
    assert all(int(order["id"]) > 2**53 for order in full.records("orders"))


def test_fields_can_be_left_out_by_the_catalog(config: Config) -> None:
    catalog = selecting(discover("tap-tiktok-shop", config), ["orders"])
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "payment"]:
                entry["metadata"]["selected"] = False
    done = run_tap("tap-tiktok-shop", config, catalog=catalog)
    assert done.records("orders")
    assert not any("payment" in order for order in done.records("orders"))


def test_test_says_in_a_sentence_whether_the_credentials_work(config: Config) -> None:
    works = run_tap("tap-tiktok-shop", config, "--test")
    assert works.exit_code == 0, works.log
    assert works.stdout.splitlines() == [
        "shop 7490000000000000001: the credentials work (Baan Talat, TH).",
        "shop 7490000000000000002: the credentials work (Siam Outdoor, TH).",
    ]
    wrong = run_tap("tap-tiktok-shop", {**config, "app_secret": "x" * 40}, "--test")
    assert wrong.exit_code == 1
    assert "106001" in wrong.log
    assert "Traceback" not in wrong.log
    assert "x" * 40 not in wrong.log
