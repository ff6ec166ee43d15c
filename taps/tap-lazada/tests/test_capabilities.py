"""What a Singer tap can do besides reading."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from talat_sandbox.testing import Sandbox
from tap_toolkit.testing import Run, discover, executable, run, run_tap, selecting

Config = dict[str, Any]
Reader = Callable[..., Run]


def test_singer_capabilities(config: Config, only: Reader, full: Run, tmp_path: Any) -> None:
    about = json.loads(run(executable("tap-lazada"), "--about", "--format=json").stdout)
    assert {
        "about",
        "catalog",
        "discover",
        "state",
        "stream-maps",
        "schema-flattening",
        "batch",
        "structured-logging",
    } <= set(about["capabilities"])
    settings = about["settings"]["properties"]
    assert settings["app_secret"]["secret"]
    for name in ("app_key", "app_secret", "seller_ids", "start_date", "token_store", "pii_salt"):
        assert settings[name]["title"]
        assert settings[name]["description"]
        assert settings[name]["type"]
    renamed = {"seller_id": "seller_id", "title": "name.upper()", "__else__": None}
    mapped = only("seller", stream_maps={"seller": renamed})
    assert {tuple(sorted(r)) for r in mapped.records("seller")} == {("seller_id", "title")}
    wrong = only("seller", stream_maps={"seller": {"title": "name.upper()", "__else__": None}})
    assert wrong.exit_code == 1
    assert "Setting stream_maps cannot be used" in wrong.last_line
    assert "Traceback" not in wrong.log
    flat = only("reverse_orders", flattening_enabled=True, flattening_max_depth=1)
    assert all("product__product_id" in r for r in flat.records("reverse_orders"))
    batches = only(
        "orders",
        batch_config={
            "encoding": {"format": "jsonl", "compression": "gzip"},
            "storage": {"root": f"file://{tmp_path}", "prefix": "b-"},
        },
    )
    manifests = [m for m in batches.messages if m["type"] == "BATCH"]
    lines = [
        json.loads(line)
        for message in manifests
        for path in message["manifest"]
        for line in gzip.decompress(Path(path.removeprefix("file://")).read_bytes()).splitlines()
    ]
    assert {r["order_id"] for r in lines} == {o["order_id"] for o in full.records("orders")}
    assert batches.state == only("orders").state


def test_fields_can_be_left_out_by_the_catalog(config: Config) -> None:
    catalog = selecting(discover("tap-lazada", config), ["orders"])
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == ["properties", "payment_method"]:
                entry["metadata"]["selected"] = False
    done = run_tap("tap-lazada", config, catalog=catalog)
    assert done.records("orders")
    assert not any("payment_method" in o for o in done.records("orders"))


def test_test_says_in_a_sentence_whether_the_credentials_work(config: Config, sandbox: Sandbox) -> None:
    works = run_tap("tap-lazada", config, "--test")
    assert works.exit_code == 0
    assert works.stdout.count("the credentials work (") == 3
    wrong = run_tap("tap-lazada", {**config, "app_secret": "x" * 48}, "--test")
    assert wrong.exit_code == 1
    assert "IncompleteSignature" in wrong.log
    assert "Traceback" not in wrong.log


def test_structured_logs_carry_the_progress(only: Reader) -> None:
    assert "windows done" in only("orders").log
    assert "seconds throttled" in only("orders").log
